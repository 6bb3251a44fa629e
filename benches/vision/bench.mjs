// usage: node benches/vision/bench.mjs WASM --rivals DIR [--rounds N] [--side N] [--node]
//
// The classical operators on a radiograph of 2048 × 2048 levels in one Chromium, in one page and one thread, turn by turn, ours beside
// OpenCV.js. Best of N rounds (15). Results are compared: a line whose pictures (or numbers of contours and points) differ fails the run.
//
// WASM: in benches/vision/door: RUSTFLAGS=-Ctarget-feature=+simd128 cargo build --release --target wasm32-unknown-unknown
// --node: in Node, and CPU time instead of the clock's: what does not change with what else the machine does.
// DIR: a folder in which `npm install @techstark/opencv-js` was run.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumEnv, findChromium } from '../../scripts/chromium.mjs';
import { fail, flag, option } from '../../scripts/lib.mjs';

const wasm = readFileSync(process.argv[2] ?? fail('WASM is needed'));
const script = join(option('rivals') ?? fail('--rivals DIR'), 'node_modules/@techstark/opencv-js/dist/opencv.js');
const [rounds, side] = [Number(option('rounds', '15')), Number(option('side', '2048'))];

/** Both sides, line by line: `globalThis.cv`, `globalThis.ours` and `globalThis.clock` are there. */
const work = async ({ rounds, side }) => {
  let { cv } = globalThis;
  if (cv instanceof Promise) cv = await cv;
  else if (!cv.Mat)
    await new Promise((done) => {
      cv.onRuntimeInitialized = done;
    });
  const { instance } = await globalThis.ours();
  const us = instance.exports;
  const n = side * side;
  // A chest of a kind: a bright middle, two dark fields, ribs, noise; the same each time.
  let state = 7;
  const noise = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const levels = new Uint8Array(n);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [u, v] = [x / side - 0.5, y / side - 0.5];
      const lung = Math.hypot((Math.abs(u) - 0.22) / 0.15, v / 0.33) < 1;
      const rib = Math.sin(v * 60 + Math.cos(u * 6) * 4) > 0.55;
      const bone = Math.abs(u) < 0.05;
      const value =
        150 + 40 * Math.cos(u * 3) - (lung ? 90 : 0) + (rib && !bone ? 28 : 0) + (bone ? 45 : 0) + noise() * 14;
      levels[y * side + x] = Math.max(0, Math.min(255, value));
    }
  const mask = levels.map((v) => (v > 127 ? 255 : 0));
  const place = (bytes) => {
    const at = us.alloc(n);
    new Uint8Array(us.memory.buffer, at, n).set(bytes);
    return at;
  };
  const ours = [place(levels), place(mask)];
  const mat = (bytes) => {
    const m = new cv.Mat(side, side, cv.CV_8UC1);
    m.data.set(bytes);
    return m;
  };
  const theirs = [mat(levels), mat(mask)];
  const out = new cv.Mat();
  const rect = cv.Mat.ones(5, 5, cv.CV_8U);
  const ellipse = cv.getStructuringElement(cv.MORPH_ELLIPSE, new cv.Size(5, 5));
  const large = cv.Mat.ones(31, 31, cv.CV_8U);
  const anchor = new cv.Point(-1, -1);
  const contours = (mode) => {
    const [found, tree] = [new cv.MatVector(), new cv.Mat()];
    cv.findContours(theirs[1], found, tree, mode, cv.CHAIN_APPROX_SIMPLE);
    const give = () => {
      let count = found.size();
      for (let i = 0; i < found.size(); i++) {
        const one = found.get(i);
        count += one.rows;
        one.delete();
      }
      return count;
    };
    return {
      give,
      free: () => {
        found.delete();
        tree.delete();
      },
    };
  };
  const [labels, stats, centres] = [new cv.Mat(), new cv.Mat(), new cv.Mat()];
  const lines = [
    ['Gaussian 5 × 5', 0, 0, () => cv.GaussianBlur(theirs[0], out, new cv.Size(5, 5), 0)],
    ['Canny 50/150, aperture 3', 1, 0, () => cv.Canny(theirs[0], out, 50, 150, 3, false)],
    ['Canny 50/150, aperture 5, L2', 8, 0, () => cv.Canny(theirs[0], out, 50, 150, 5, true)],
    ['Otsu', 2, 0, () => cv.threshold(theirs[0], out, 0, 255, cv.THRESH_OTSU)],
    ['erode 5 × 5, rectangle', 3, 0, () => cv.erode(theirs[0], out, rect)],
    ['open 5 × 5, ellipse', 4, 0, () => cv.morphologyEx(theirs[0], out, cv.MORPH_OPEN, ellipse)],
    ['dilate 31 × 31, rectangle', 9, 0, () => cv.dilate(theirs[0], out, large, anchor, 1)],
    ['contours, list', 5, 1, () => contours(cv.RETR_LIST)],
    ['contours, tree', 6, 1, () => contours(cv.RETR_TREE)],
    ['components with statistics', 7, 1, () => cv.connectedComponentsWithStats(theirs[1], labels, stats, centres, 8)],
  ];
  const results = [];
  for (const [name, what, on, them] of lines) {
    const best = [Infinity, Infinity];
    let differ = 0;
    for (let round = 0; round < rounds + 2; round++) {
      let start = globalThis.clock();
      const count = us.run(what, ours[on], side, side);
      const mine = globalThis.clock() - start;
      start = globalThis.clock();
      const given = them();
      const other = globalThis.clock() - start;
      if (round > 1) {
        best[0] = Math.min(best[0], mine);
        best[1] = Math.min(best[1], other);
      }
      if (round === 0) {
        if (given?.give) differ = Math.abs(count - given.give());
        else if (what === 7) differ = Math.abs(count + 1 - given);
        else {
          const a = new Uint8Array(us.memory.buffer, us.last(), n);
          const b = out.data;
          for (let i = 0; i < n; i++) differ += a[i] !== b[i];
        }
      }
      given?.free?.();
      await new Promise((go) => setTimeout(go));
    }
    results.push({ name, ours: best[0], theirs: best[1], differ });
  }
  const version = /OpenCV ([\d.]+\S*)/.exec(cv.getBuildInformation?.() ?? '')?.[1];
  const simd = /CPU\/HW features:[\s\S]{0,200}/.exec(cv.getBuildInformation?.() ?? '')?.[0] ?? '';
  return { results, version, simd };
};

async function inChromium() {
  const opencv = readFileSync(script);
  const server = createServer((request, response) => {
    const files = {
      '/ours.wasm': [wasm, 'application/wasm'],
      '/opencv.js': [opencv, 'text/javascript; charset=utf-8'],
    };
    const [body, type] = files[request.url] ?? ['<!doctype html>', 'text/html'];
    response.writeHead(200, { 'content-type': type }).end(body);
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const executablePath = findChromium() ?? fail('no Chromium: node scripts/setup.mjs');
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox'],
    env: { ...process.env, ...chromiumEnv(executablePath) },
  });
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error.message));
  await page.addInitScript(() => {
    globalThis.ours = () => WebAssembly.instantiateStreaming(fetch('/ours.wasm'), {});
    globalThis.clock = () => performance.now();
  });
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.addScriptTag({ url: '/opencv.js' });
  const told = await page.evaluate(work, { rounds, side });
  await browser.close();
  server.close();
  return told;
}

async function inNode() {
  globalThis.cv = createRequire(import.meta.url)(script);
  globalThis.ours = () => WebAssembly.instantiate(wasm, {});
  globalThis.clock = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  return work({ rounds, side });
}

const told = await (flag('node') ? inNode() : inChromium());
console.log(
  `${side} × ${side}, 8 bits; best of ${rounds}; OpenCV.js ${told.version}, one thread, ${flag('node') ? 'Node, CPU time' : 'one Chromium'}.\n`,
);
console.log('| | ours, ms | OpenCV.js, ms | times as fast | pixels (contours) that differ |');
console.log('| --- | ---: | ---: | ---: | ---: |');
for (const { name, ours, theirs, differ } of told.results)
  console.log(
    `| ${name} | ${ours.toFixed(2)} | ${theirs.toFixed(2)} | **${(theirs / ours).toFixed(2)}** | ${differ} |`,
  );
if (told.results.some(({ differ }) => differ > 0)) process.exitCode = 1;
process.exit();
