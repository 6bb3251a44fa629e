// usage: node scripts/fuzz.mjs [TARGET…] [--seconds N] [--jobs N] [--seeds DIR] [--list]
//
// Coverage-guided fuzzing on stable Rust: builds fuzz/ with the compiler's coverage counters and runs each target (all) for N seconds (60).
// What is found lies in fuzz/artifacts/TARGET; make it a named test before mending it. --seeds: a folder of files to begin with.
// Needs a C++ compiler once, for libFuzzer.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail, flag, option, root, run, usage } from './lib.mjs';

usage('usage: node scripts/fuzz.mjs [TARGET…] [--seconds N] [--jobs N] [--seeds DIR] [--list]', [
  'help',
  'seconds',
  'jobs',
  'seeds',
  'list',
]);
const dir = join(root, 'fuzz');
const all = readdirSync(join(dir, 'fuzz_targets')).map((file) => file.replace(/\.rs$/, ''));
if (flag('list')) {
  console.log(all.join('\n'));
  process.exit(0);
}
const values = ['--seconds', '--jobs', '--seeds'];
const asked = process.argv.slice(2).filter((one, i, line) => !one.startsWith('--') && !values.includes(line[i - 1]));
for (const target of asked) if (!all.includes(target)) fail(`no target ${target}: ${all.join(', ')}`);
const seconds = Number(option('seconds', '60'));
const triple = 'x86_64-unknown-linux-gnu';
const passes = [
  '-sanitizer-coverage-level=4',
  '-sanitizer-coverage-inline-8bit-counters',
  '-sanitizer-coverage-pc-table',
];
const flags = ['--cfg fuzzing', '-Cpasses=sancov-module', ...passes.map((one) => `-Cllvm-args=${one}`)];
const built = await run('cargo', ['build', '--release', '--quiet', '--target', triple], {
  cwd: dir,
  env: { RUSTFLAGS: [...flags, '-Ccodegen-units=1', '-Cdebug-assertions=on', '-Coverflow-checks=on'].join(' ') },
});
if (built.code !== 0) fail('fuzz/ was not built');
const target = process.env.CARGO_TARGET_DIR ?? join(dir, 'target');
let failed = 0;
for (const name of asked.length > 0 ? asked : all) {
  const corpus = join(dir, 'corpus', name);
  const artifacts = join(dir, 'artifacts', name);
  for (const folder of [corpus, artifacts]) mkdirSync(folder, { recursive: true });
  const seeds = option('seeds');
  if (seeds && !existsSync(seeds)) fail(`no folder ${seeds}`);
  console.log(`\n== ${name}, ${seconds} s`);
  const { code } = await run(join(target, triple, 'release', name), [
    corpus,
    ...(seeds ? [seeds] : []),
    `-artifact_prefix=${artifacts}/`,
    `-max_total_time=${seconds}`,
    `-jobs=${option('jobs', '0')}`,
    '-max_len=65536',
    '-timeout=5',
    '-rss_limit_mb=1024',
    '-print_final_stats=1',
  ]);
  failed += code === 0 ? 0 : 1;
}
process.exit(failed === 0 ? 0 : 1);
