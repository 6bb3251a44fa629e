// usage: node scripts/test.mjs [--check] [--only PART[,PART…]] [--skip PART[,PART…]] [--list]
//
// Installs what lacks and runs everything; every part runs even when one before it failed.
// The last line is `N passed, N failed`: tests where a part counts them, else one for the part.
// --check leaves out what takes long: builds, page tests.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { modules } from './build.mjs';
import { ask, flag, option, root, run, usage, wasmTarget, which } from './lib.mjs';
import { setup } from './setup.mjs';

usage('usage: npm test -- [--check] [--only PART,…] [--skip PART,…] [--list]', [
  'help',
  'check',
  'only',
  'skip',
  'list',
]);

const quiet = ['--quiet', '--locked'];
const strict = ['--', '-D', 'warnings'];
const node = (...args) => run('node', args);
const npx = (path, ...args) => node(join('node_modules', path), ...args);
const cargo = (args, options) => run('cargo', args, options);

/** Each part: its name, whether `--check` runs it, and the work, which gives {passed, failed} or {code}. */
const parts = [
  [
    'format',
    true,
    async () =>
      worst(
        await cargo(['fmt', '--check']),
        await cargo(['fmt', '--check', '--manifest-path', 'scripts/xtask/Cargo.toml']),
        await npx('@biomejs/biome/bin/biome', 'format', '.'),
      ),
  ],
  ['clippy', true, () => cargo(['clippy', ...quiet, '--all-targets', ...strict])],
  ['clippy-wasm', true, clippyWasm],
  ['rust', true, rust],
  [
    'rustdoc',
    true,
    () =>
      cargo(['doc', ...quiet, '--no-deps', '--document-private-items', '--lib'], {
        env: { RUSTDOCFLAGS: '-D warnings' },
      }),
  ],
  ['lint', true, () => npx('@biomejs/biome/bin/biome', 'lint', '--error-on-warnings', '.')],
  ['scripts', true, () => nodeTests('scripts')],
  ['wasm', false, () => node('scripts/build.mjs', '--wasm-only')],
  ['codecs', false, () => nodeTests('tests/wasm')], // after wasm: it runs pkg/
  ['types', false, () => npx('typescript/bin/tsc', '--build')], // after wasm: it reads the types of pkg/
  ['build', false, () => node('scripts/build.mjs')],
  ['size', false, () => node('scripts/size.mjs')],
  ['page', false, page],
];

const worst = (...results) => ({ code: Math.max(...results.map((result) => result.code)) });

async function clippyWasm() {
  const results = [];
  for (const { features } of modules) {
    const target = ['--target', 'wasm32-unknown-unknown', '--target-dir', wasmTarget];
    results.push(
      await cargo(['clippy', ...quiet, ...target, '--lib', '--no-default-features', '--features', features, ...strict]),
    );
  }
  return worst(...results);
}

/** Numbers that a pattern finds in a text, summed. */
const sum = (text, pattern) => [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);

async function rust() {
  const { code, text } = await cargo(['test', '--locked', '--no-fail-fast'], { capture: true });
  const passed = sum(text, /^test result: .*?(\d+) passed/gm);
  const failed = sum(text, /^test result: .*?(\d+) failed/gm);
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

async function nodeTests(folder) {
  const files = readdirSync(join(root, folder)).filter((name) => name.endsWith('.test.mjs'));
  const { code, text } = await run('node', ['--test', ...files.map((name) => join(folder, name))], {
    capture: true,
  });
  const failed = sum(text, /^[#ℹ] fail (\d+)/gm);
  return { passed: sum(text, /^[#ℹ] pass (\d+)/gm), failed: code !== 0 && failed === 0 ? 1 : failed };
}

async function page() {
  // Below HTTP: a network namespace with nothing but loopback in it, where the machine allows one.
  const runner = ['node', 'tests/page/run.mjs'];
  const cut = [
    'unshare',
    process.getuid?.() === 0 ? '-n' : '-rn',
    'bash',
    '-c',
    `ip link set lo up && exec ${runner.join(' ')}`,
  ];
  const can = which('unshare') && which('ip') && ask(cut[0], [cut[1], 'ip', 'link', 'set', 'lo', 'up']) !== undefined;
  console.log(can ? 'the network is cut: loopback only' : 'the network could not be cut here (needs unshare and ip)');
  const [command, ...args] = can ? cut : runner;
  const { code, text } = await run(command, args, { capture: true });
  const failed = sum(text, /^page tests: .*?(\d+) failed/gm);
  return { passed: sum(text, /^page tests: (\d+) passed/gm), failed: code !== 0 && failed === 0 ? 1 : failed };
}

const names = (value) => value?.split(',').filter(Boolean);
const only = names(option('only'));
const skip = names(option('skip')) ?? [];
const chosen = parts.filter(
  ([name, check]) => (only ? only.includes(name) : !flag('check') || check) && !skip.includes(name),
);
for (const name of [...(only ?? []), ...skip]) {
  if (!parts.some(([known]) => known === name)) {
    console.error(`no part ${name}: ${parts.map(([known]) => known).join(', ')}`);
    process.exit(2);
  }
}
if (flag('list')) {
  for (const [name, check] of parts) console.log(`${name}${check ? '' : '  (not in --check)'}`);
  process.exit(0);
}

await setup({ browser: chosen.some(([name]) => name === 'page') });
if (!existsSync(join(root, 'Cargo.lock'))) throw new Error('Cargo.lock is not there');
const totals = { passed: 0, failed: 0 };
const lines = [];
const begun = performance.now();
for (const [name, , work] of chosen) {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const result = await work();
  const passed = result.passed ?? (result.code === 0 ? 1 : 0);
  const failed = result.failed ?? (result.code === 0 ? 0 : 1);
  totals.passed += passed;
  totals.failed += failed;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  lines.push(
    `${failed === 0 ? 'passed' : 'FAILED'}  ${name.padEnd(12)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${seconds.padStart(8)} s`,
  );
}
console.log(`\n${lines.join('\n')}\n${((performance.now() - begun) / 60_000).toFixed(1)} minutes`);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 ? 0 : 1;
