// usage: node benches/inference.mjs --models DIR --rivals DIR [--only REGEX] [--rounds N] [--seconds N] [--threads 1|2] [--node] [--self] [--json FILE] [--write]
//
// Networks in Chromium, ours beside onnxruntime-web's WebAssembly backend: same files, same tensors, same number of threads, turn by turn in one page,
// each in a worker of its own. Prints the Markdown of docs/PERFORMANCE.md; --write puts it there (two marks: one thread, two).
//
// --models DIR: what benches/inference/models.py wrote. --rivals DIR: a folder in which `npm install onnxruntime-web` was run.
// Ours is pkg/model, as scripts/build.mjs made it. --only: of the lines "NAME KIND", say 'unet|meshnet.* qdq'. --rounds: turns of each side (9);
// --seconds: no further round of a line after these (90), but three at least, or two of runs above 10 s. --threads 2: two inputs, in two workers of ours
// beside onnxruntime-web with two threads, and in two workers of it: throughput. --node: a quick look by CPU time in this process instead
// (inference/node.mjs). --self: onnxruntime-web in our place as well, by its default settings; what then differs from 1 is noise.
//
// onnxruntime-web gets its best: its smallest build for WebAssembly, all graph optimisations, a page that is cross-origin isolated, and of
// the settings in inference/ort.mjs the one that is fastest for the line. Outputs are compared every time; the run fails when they are apart.
import { createReadStream, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { cpus, loadavg } from 'node:os';
import { extname, join, normalize, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumEnv, findChromium } from '../scripts/chromium.mjs';
import { compressed } from '../scripts/compress.mjs';
import { ask, fail, flag, option, root, usage } from '../scripts/lib.mjs';
import { firstLine, types } from './browser.mjs';
import { inNode } from './inference/node.mjs';
import { settings } from './inference/ort.mjs';
import { markdown, ratioOf } from './inference/table.mjs';
import { into, median } from './table.mjs';

usage(
  'usage: node benches/inference.mjs --models DIR --rivals DIR [--only REGEX] [--rounds N] [--seconds N] [--threads 1|2] [--node] [--self] [--json FILE] [--write]',
  ['help', 'models', 'rivals', 'only', 'rounds', 'seconds', 'threads', 'node', 'self', 'json', 'write'],
);
const models = resolve(option('models') ?? fail('--models DIR is needed'));
const rivals = resolve(option('rivals') ?? fail('--rivals DIR is needed'));
const theirs = join(rivals, 'node_modules/onnxruntime-web');
if (!existsSync(theirs)) fail(`no onnxruntime-web in ${rivals}: npm install onnxruntime-web`);
const threads = Number(option('threads', '1'));
if (threads !== 1 && threads !== 2) fail('--threads 1 or 2');
const rounds = Number(option('rounds', '9'));
const limit = Number(option('seconds', '90')) * 1000;
const only = new RegExp(option('only', ''));
const lines = JSON.parse(readFileSync(join(models, 'table.json'), 'utf8')).filter(({ name, kind }) =>
  only.test(`${name} ${kind}`),
);
if (lines.length === 0) fail('--only names no line of table.json');
const version = JSON.parse(readFileSync(join(theirs, 'package.json'), 'utf8')).version;
const our = flag('self') ? { engine: 'ort', base: '/theirs/' } : { engine: 'ours', base: '/ours/' };
if (!flag('self') && !existsSync(join(root, 'pkg/model')))
  console.error('pkg/model is not there (node scripts/build.mjs --wasm-only): onnxruntime-web alone');
const log = (...words) => console.error(...words);
const loads = [];

/** Outputs further apart than this are not the same network: of float32 the largest difference, of integers (whose last bits go their own ways) the mean one. */
const bound = { f32: ({ worst }) => worst <= 1e-3, qdq: ({ mean }) => mean <= 0.1, qop: ({ mean }) => mean <= 0.1 };

const results = flag('node')
  ? await inNode({ lines, models, theirs: join(theirs, 'dist/'), rounds, limit, self: flag('self'), log })
  : await inChromium();
const far = results.filter(({ kind, off }) => off && !bound[kind](off));
if (option('json')) writeFileSync(option('json'), `${JSON.stringify(results, null, 1)}\n`);
const text = markdown({ about: about(), results, threads, sizes: flag('node') ? undefined : await sizes() });
console.log(text);
if (flag('write')) {
  if (flag('node') || flag('self') || option('only')) fail('--write is for a whole run in Chromium');
  const file = join(root, 'docs/PERFORMANCE.md');
  const mark = threads === 1 ? 'benches/inference.mjs' : 'benches/inference.mjs 2';
  const whole = into(readFileSync(file, 'utf8'), mark, text);
  writeFileSync(file, whole ?? fail(`${file} has no place for it`));
}
for (const { name, kind, off } of far)
  log(`${name} ${kind}: outputs are apart by ${off.worst} at most, ${off.mean} in the mean`);
process.exit(far.length > 0 ? 1 : 0);

/** The bench's folders on loopback, cross-origin isolated, kept by nobody. */
function serve() {
  const folders = {
    bench: join(root, 'benches/inference'),
    ours: join(root, 'pkg'),
    theirs: join(theirs, 'dist'),
    models,
  };
  const headers = {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  };
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent((request.url ?? '/').split('?')[0]));
    if (path === '/') {
      response.writeHead(200, { ...headers, 'content-type': 'text/html' });
      return response.end(
        '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/bench/page.mjs"></script>',
      );
    }
    const [, folder, ...rest] = path.split('/');
    const file = join(folders[folder] ?? '', ...rest);
    if (!folders[folder] || !existsSync(file) || !statSync(file).isFile())
      return response.writeHead(404, headers).end();
    const type = extname(file) === '.wasm' ? 'application/wasm' : (types[extname(file)] ?? 'application/octet-stream');
    response.writeHead(200, { ...headers, 'content-type': type, 'content-length': statSync(file).size });
    return createReadStream(file).pipe(response);
  });
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => done({ server, url: `http://127.0.0.1:${server.address().port}/` }));
  });
}

async function inChromium() {
  const served = await serve();
  const executablePath = findChromium() ?? fail('no Chromium: node scripts/setup.mjs');
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox'],
    env: { ...process.env, ...chromiumEnv(executablePath) },
  });
  /** A page in a context, and so a process, of its own: nothing is compiled there yet. */
  const fresh = async () => {
    const page = await (await browser.newContext()).newPage();
    page.on('pageerror', (error) => log(error.message));
    await page.goto(served.url);
    await page.waitForFunction(() => globalThis.bench && crossOriginIsolated);
    return page;
  };
  const session = await browser.newBrowserCDPSession();
  const cpu = async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return 1000 * processInfo.filter(({ type }) => type === 'renderer').reduce((sum, one) => sum + one.cpuTime, 0);
  };
  const found = [];
  for (const line of lines) {
    const page = await fresh();
    const one = await measure(page, fresh, cpu, line).catch((error) => ({ failed: firstLine(error.message) }));
    await page.context().close();
    found.push({ name: line.name, kind: line.kind, ...one });
    log(said(found.at(-1)));
    if (option('json')) writeFileSync(option('json'), `${JSON.stringify(found, null, 1)}\n`);
  }
  await browser.close();
  served.server.close();
  return found;
}

/** A side of a line: what its workers are told. */
function sideOf({ file, values, shape }, more) {
  return { threads: 1, workers: 1, file: `/models/${file}`, input: `/models/${values}`, shape, ...more };
}

/** One line: opened, warmed up, in turns, compared; then first uses, each in a fresh page. `cpu`: what the browser's pages have spent, ms. */
async function measure(page, fresh, cpu, line) {
  const call = (kind, ...given) => page.evaluate(([k, g]) => bench[k](...g), [kind, given]);
  // One thread: one input a run, timed where it runs. Two: two inputs, timed in the page until both are done.
  const turn = ({ name }, ms, least = 1) =>
    threads === 2 ? call('share', name, 2, ms, least) : call('turn', name, ms, least);
  /** Opened, run once, and then until the compiler has done its work. Not the latter where it is `slow`: hopeless. */
  const open = async (one, slow = () => false) => {
    await call('open', one.name, one.side);
    one.first = await call('output', one.name);
    if (!slow(one)) await turn(one, one.first > 3000 ? 0 : 1500, one.first > 3000 ? 1 : 3);
    return one;
  };

  const ways = threads === 1 ? { '': {} } : { 'two threads': { threads: 2 }, 'two workers': { workers: 2 } };
  const all = [];
  for (const [way, how] of Object.entries(ways)) {
    for (const [setting, given] of Object.entries(flag('self') ? { default: {} } : settings[line.kind])) {
      const side = sideOf(line, { engine: 'ort', base: '/theirs/', settings: given, ...how });
      const name = ['onnxruntime-web', way, setting].filter(Boolean).join(', ');
      const before = all.find((one) => one.way === way);
      const slow = ({ first }) => before && first > 4 * before.first;
      const one = await open({ name, way, setting, side }, slow);
      if (slow(one)) await call('close', name);
      else all.push(one);
    }
  }
  const mine = {
    name: 'Negatoscope',
    side: sideOf(line, { ...our, workers: threads }),
  };
  let refused;
  try {
    await open(mine);
    all.unshift(mine);
  } catch (error) {
    refused = firstLine(error.message);
    await call('close', mine.name);
  }

  const until = performance.now() + limit;
  const long = Math.max(...all.map(({ first }) => first));
  for (const one of all) Object.assign(one, { times: [], spent: 0 });
  for (let round = 0; round < rounds; round += 1) {
    if (performance.now() > until && round >= (long > 10_000 ? 2 : 3)) break;
    for (let i = 0; i < all.length; i += 1) {
      const one = all[(i + round) % all.length]; // nobody is always the first
      const before = await cpu();
      one.times.push(...(await turn(one, 300)));
      one.spent += (await cpu()) - before;
    }
    loads.push(loadavg()[0]);
  }
  // Of each way its best setting.
  const best = Object.keys(ways).map((way) =>
    all.filter((one) => one.way === way).reduce((a, b) => (median(a.times) <= median(b.times) ? a : b)),
  );
  const off = refused ? undefined : await call('compare', mine.name, best[0].name);
  const sides = refused ? best : [mine, ...best];
  for (const one of sides) one.memory = await call('memory', one.name);
  for (const { name } of all) await call('close', name);

  // A first use needs one worker, or onnxruntime-web's with its threads.
  const starters = sides.filter(({ way }) => way !== 'two workers');
  for (const one of starters) one.uses = [];
  for (let round = 0; round < (long > 5000 ? 1 : 3); round += 1) {
    for (let i = 0; i < starters.length; i += 1) {
      const one = starters[(i + round) % starters.length];
      const other = await fresh();
      one.uses.push(await other.evaluate((what) => bench.first(what), { ...one.side, workers: 1 }));
      await other.context().close();
    }
  }
  const summary = ({ name, way, setting, times, spent, memory, uses }) => ({
    name,
    way,
    setting,
    median: median(times),
    least: Math.min(...times),
    cpu: spent / times.length,
    runs: times.length,
    memory,
    first: uses && median(uses.map(({ all }) => all)),
    uses,
  });
  return { refused, off, ours: refused ? undefined : summary(mine), rivals: best.map(summary) };
}

/** What is downloaded, brotli at its best, bytes: WebAssembly and script of either side. */
async function sizes() {
  const sum = async (folder, files) => {
    let all = 0;
    for (const file of files) {
      if (!existsSync(join(folder, file))) return undefined;
      all += (await compressed(readFileSync(join(folder, file)), 'br')).length;
    }
    return all;
  };
  return {
    ours: await sum(join(root, 'pkg/model'), ['negatoscope_model_bg.wasm', 'negatoscope_model.js']),
    theirs: await sum(join(theirs, 'dist'), ['ort-wasm-simd-threaded.wasm', 'ort.wasm.bundle.min.mjs']),
  };
}

function said({ name, kind, failed, refused, off, ours, rivals: all }) {
  const head = `${name} ${kind}: `;
  if (failed) return `${head}FAILED: ${failed}`;
  const show = (one) =>
    `${one.name} ${one.median.toFixed(1)} ms (least ${one.least.toFixed(1)}, CPU ${one.cpu.toFixed(1)}, ${one.runs} runs), ${one.first ? `first ${one.first.toFixed(0)} ms, ` : ''}${one.memory ? `${(one.memory / 1e6).toFixed(0)} MB` : ''}`;
  const sides = [ours, ...all].filter(Boolean).map(show).join('; ');
  const ratio = ours
    ? `  ${ratioOf(ours, all[0]).toFixed(2)}×, apart ${off.worst.toExponential(1)} / ${off.mean.toExponential(1)}`
    : '';
  return `${head}${sides}${ratio}${refused ? `  ours: ${refused}` : ''}  load ${loadavg()[0].toFixed(1)}`;
}

/** The sentence above the tables. */
function about() {
  const chromiumPath = findChromium();
  const browser = flag('node')
    ? `Node ${process.version}, CPU time`
    : ((chromiumPath && ask(chromiumPath, ['--version', '--no-sandbox'])) ?? '').split('\n')[0].trim();
  const range = loads.length ? `, load ${Math.min(...loads).toFixed(1)}–${Math.max(...loads).toFixed(1)}` : '';
  return (
    `${rounds} interleaved rounds at most, medians; ${cpus().length} cores (${cpus()[0]?.model.trim()})${range}; ${browser}; ` +
    `onnxruntime-web ${version}; commit ${ask('git', ['rev-parse', '--short', 'HEAD']) ?? '?'}.`
  );
}
