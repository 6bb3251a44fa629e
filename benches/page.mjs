// usage: node benches/page.mjs [--rivals DIR] [--viewers NAME,…] [--ours BACKEND,…] [--sets NAME,…] [--rounds N]
//                              [--mode cpu|gpu] [--rate free|60] [--dir DIST] [--limit SECONDS] [--json FILE] [--write] [--no-proof] [--shots DIR] [--trace DIR]
//
// Measures the built page (node scripts/build.mjs) in Chromium, and rivals beside it in the same run: drop to first
// picture, scroll and window-drag steps, peak memory. Prints the Markdown of docs/PERFORMANCE.md; --write puts it there.
//
// --rivals DIR: one folder a viewer, each with an index.html that sets window.viewer. How to make it: benches/README.md.
// --viewers: which of them, in order; `name?query` opens it with that query (all). --ours: auto, cpu, gpu (auto).
// --sets: mr384, ct512, ct2k (these), mr3000, us500; ct512-jls, -j2k, -htj2k, mr384-jls of --encoded DIR (scripts/oracles/compressed_series.py). --limit: seconds a pass (8).
// --mode cpu: no GPU flags, what a machine without a graphics card gives; gpu: WebGPU too, all by SwiftShader (cpu).
// --rate free: no frame-rate limit, so that times are not rounded to 16.7 ms; 60: as on a screen. With --mode gpu it is 60,
// else free: a software GPU that composes as often as it can leaves nothing to the viewers.
// --mark NAME: --write puts the tables between the marks of that name (compressed, long) instead of the first ones.
// --json FILE: every run's figures, after each run; --from FILE: only prints (and writes) the tables of such a file.
// --shots DIR: the pictures of the proof. --trace DIR: one traced run of ours a set, untabled.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findChromium } from '../scripts/chromium.mjs';
import { ask, fail, flag, option, root, usage } from '../scripts/lib.mjs';
import { serve } from '../scripts/serve.mjs';
import { frameOf, measure, prove, serveRivals, side, within } from './browser.mjs';
import { folderOf, sets, usual } from './series.mjs';
import { into, markdown } from './table.mjs';

const known =
  'from mark encoded rivals viewers ours sets rounds mode rate dir limit json write no-proof shots trace help'.split(
    ' ',
  );
const said = readFileSync(import.meta.filename ?? new URL(import.meta.url), 'utf8')
  .split('\n')
  .slice(0, 15);
usage(said.map((line) => line.replace(/^\/\/ ?/, '')).join('\n'), known);

if (option('from')) {
  publish(JSON.parse(readFileSync(option('from'), 'utf8')));
  process.exit(0);
}
const rounds = Number(option('rounds', '5'));
const mode = option('mode', 'cpu');
const limit = Number(option('limit', '8'));
if (!Number.isInteger(rounds) || rounds < 1) fail('--rounds is a number from 1');
if (!['cpu', 'gpu'].includes(mode)) fail('--mode is cpu or gpu');
const rate = option('rate', mode === 'gpu' ? '60' : 'free');
if (!['free', '60'].includes(rate)) fail('--rate is free or 60');
const limits = { open: 90, step: limit };
const wanted = option('sets', usual.join(',')).split(',');
for (const name of wanted) if (!sets[name]) fail(`no set ${name}: ${Object.keys(sets).join(', ')}`);

const scratch = mkdtempSync(join(tmpdir(), 'negatoscope-bench-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true })); // also when it is interrupted
const dist = resolve(root, option('dir', 'dist'));
const page = await serve({ dir: dist }).catch((error) => fail(error.message));
const viewers = option('ours', 'auto')
  .split(',')
  .map((backend) => ({
    name: backend === 'auto' ? 'Negatoscope' : `Negatoscope ${backend}`,
    url: page.url,
    ours: backend,
  }));
const ours = viewers.map(({ name }) => name);
let rivalPages;
if (option('rivals')) {
  const given = resolve(option('rivals'));
  const dir = existsSync(join(given, 'dist')) ? join(given, 'dist') : given;
  if (!existsSync(dir)) fail(`no rivals at ${dir}`);
  const all = readdirSync(dir).filter((name) => existsSync(join(dir, name, 'index.html')));
  if (all.length === 0) fail(`no folder below ${dir} has an index.html`);
  rivalPages = await serveRivals(dir);
  for (const asked of option('viewers', all.sort().join(',')).split(',')) {
    const [name, query] = asked.split('?');
    if (!all.includes(name)) fail(`no rival ${name}: ${all.join(', ')}`);
    viewers.push({ name: asked, url: `${rivalPages.url}${name}/${query ? `?${query}` : ''}` });
  }
}
const log = (...words) => console.error(...words);
const results = [];
const unseen = {};
const loads = [];
/** What is known so far. */
const report = () => ({
  about: about(),
  names: viewers.map(({ name }) => name),
  ours,
  made: wanted.filter((name) => sets[name].made),
  unseen,
  results,
});

try {
  const folders = Object.fromEntries(
    wanted.map((name) => [name, folderOf(name, scratch, option('encoded') && resolve(option('encoded')))]),
  );
  for (const name of wanted) sets[name].made = folders[name].made;
  log('finding the size of our page …');
  const mine = await frameOf(viewers[0], folders[wanted[0]].path);
  const jobFor = (set, viewer) => ({
    viewer,
    frame: viewer.ours ? mine : [32, 32],
    mode,
    rate,
    folder: folders[set].path,
    window: sets[set].window,
    limits,
    inputs: Boolean(viewer.ours),
    cine: sets[set].cine,
  });
  if (option('trace')) await trace(jobFor);
  if (!flag('no-proof')) await proof(jobFor);
  for (let round = 0; round < rounds; round += 1) {
    for (const set of wanted) {
      for (let i = 0; i < viewers.length; i += 1) {
        const viewer = viewers[(i + round) % viewers.length]; // nobody is always the first
        const job = measure(jobFor(set, viewer));
        const one = await within(300, 'the run', job).catch((error) => ({ failed: error.message, errors: [] }));
        const load = loadavg()[0];
        loads.push(load);
        results.push({ round, set, viewer: viewer.name, load, ...one });
        log(line(results.at(-1)));
        if (option('json')) writeFileSync(option('json'), `${JSON.stringify(report(), null, 1)}\n`);
      }
    }
  }
  publish(report());
} finally {
  page.server.close();
  rivalPages?.server.close();
}
// Our own page must have been measured; a rival that fails is a note below its table.
process.exit(results.some(({ viewer, failed }) => failed && ours.includes(viewer)) ? 1 : 0);

/** Prints the tables; with --write they go into the document. */
function publish(found) {
  const text = markdown(found);
  console.log(text);
  if (!flag('write')) return;
  const file = join(root, 'docs/PERFORMANCE.md');
  const mark = option('mark') ? `benches/page.mjs ${option('mark')}` : 'benches/page.mjs';
  const whole = into(readFileSync(file, 'utf8'), mark, text);
  writeFileSync(file, whole ?? fail(`${file} has no place for it`));
}

/** The paragraph above the tables. */
function about() {
  const chromium = findChromium();
  const version = chromium ? ask(chromium, ['--version', '--no-sandbox']) : '';
  const range = loads.length ? `${Math.min(...loads).toFixed(1)}–${Math.max(...loads).toFixed(1)}` : '?';
  const how = mode === 'gpu' ? 'WebGPU and WebGL by SwiftShader' : 'no GPU';
  return (
    `${rounds} interleaved ${rounds === 1 ? 'round' : 'rounds'}, medians (least–most); ${cpus().length} cores (${cpus()[0]?.model.trim()}), ` +
    `load ${range}; ${(version ?? '').split('\n')[0].trim()}, ${how}, ${rate === 'free' ? 'no frame-rate limit' : '60 Hz'}; picture ${side} × ${side}; commit ${ask('git', ['rev-parse', '--short', 'HEAD']) ?? '?'}.`
  );
}

function line({ round, set, viewer, first, scroll, again, window, bytes, wheel, drag, path, load, errors, failed }) {
  const ms = (one) => one?.p50?.toFixed(1) ?? '-';
  const mb = bytes ? ((bytes.page + bytes.gpu) / 1e6).toFixed(0) : '-';
  return `${round + 1}/${rounds} ${set} ${viewer}: first ${first?.toFixed(0) ?? '-'}  scroll ${ms(scroll)} / ${ms(again)}  window ${ms(window)}  wheel ${ms(wheel)}  drag ${ms(drag)}  MB ${mb}  ${path ?? ''}  load ${load.toFixed(1)}${failed ? `  FAILED: ${failed}` : ''}${errors.length ? `  said: ${errors[0]}` : ''}`;
}

/** Each picture is looked at once, untimed, before anything is measured. */
async function proof(jobFor) {
  for (const set of wanted) {
    for (const viewer of viewers) {
      const job = within(200, 'the proof', prove(jobFor(set, viewer)));
      const { seen, errors, shots } = await job.catch((error) => ({ seen: false, errors: [error.message], shots: [] }));
      if (!seen) unseen[`${set} ${viewer.name}`] = errors[0] ?? 'unknown';
      log(`proof ${set} ${viewer.name}: ${seen ? 'seen' : `NOT seen: ${errors.join(' | ')}`}`);
      if (!option('shots')) continue;
      mkdirSync(option('shots'), { recursive: true });
      for (const [i, shot] of shots.entries()) {
        const name = `${set}-${viewer.name.replaceAll(/\W/g, '_')}-${i + 1}.png`;
        writeFileSync(join(option('shots'), name), Buffer.from(shot, 'base64'));
      }
    }
  }
}

/** One run of ours a set with the browser's tracing on, for looking where the time goes (chrome://tracing, Perfetto). */
async function trace(jobFor) {
  const dir = option('trace');
  mkdirSync(dir, { recursive: true });
  for (const set of wanted) {
    const one = await measure({ ...jobFor(set, viewers[0]), trace: join(dir, `${set}.json`) });
    log(`traced ${set}: ${line({ round: 0, set, viewer: viewers[0].name, load: loadavg()[0], ...one })}`);
  }
}
