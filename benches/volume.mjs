// usage: node benches/volume.mjs [--rivals DIR] [--rounds N] [--slices N] [--only open] [--json FILE]      planes, slabs and pictures of a volume, in one Chromium
//
// Opens a made CT of 512 × 512 × N pixels (300; no patient) in the built page and takes the time from the call to the painted canvas:
// three planes that meet at a cross-hair which moves (MPR), a plane alone, slabs of 10 mm, and pictures of the volume while it is turned and
// standing still. Without a graphics device (--mode cpu is the only one: what is measured is the CPU's path). Rounds are interleaved with those of
// the rivals, of which each is a folder below DIR (or DIR/dist) whose page sets window.viewer with mpr {open(), show(step)} as benches/README.md
// says, and for slabs and pictures mpr.slab(mm), mpr.axial(step), cast {open({width, height}), show(n)} where it has them; CPU is what all processes of the browser spent for each step: the steadiest figure on a busy machine.
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumEnv, findChromium } from '../scripts/chromium.mjs';
import { root } from '../scripts/lib.mjs';
import { serve } from '../scripts/serve.mjs';
import { file } from '../tests/page/dicom.mjs';

const options = {};
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].slice(2)] = process.argv[i + 1];
const rounds = Number(options.rounds ?? 3);
const slices = Number(options.slices ?? 300);
const side = 512;
/** What one of four viewports has here, device pixels. */
const picture = { width: 404, height: 365 };
const flags = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const unbound = ['--disable-frame-rate-limit', '--disable-gpu-vsync'];

/** A body of shells and rods, with noise: bone, soft tissue, lung and air where a CT has them. */
function slice(k) {
  const pixels = Buffer.alloc(side * side * 2);
  let s = 7 + k * 977;
  const z = k / slices - 0.5;
  for (let r = 0; r < side; r += 1) {
    for (let c = 0; c < side; c += 1) {
      s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
      const [x, y] = [c / side - 0.5, r / side - 0.5];
      const body = Math.hypot(x / 0.44, y / 0.34);
      const lung = Math.min(Math.hypot((x - 0.18) / 0.13, y / 0.22), Math.hypot((x + 0.18) / 0.13, y / 0.22));
      const spine = Math.hypot(x, y - 0.24);
      const rib = Math.abs(body - 0.86) < 0.03 && Math.sin(z * 60 + Math.abs(x) * 9) > 0.35;
      let value = -1000;
      if (body < 1) value = body > 0.93 ? -90 : 45;
      if (lung < 1 && Math.abs(z) < 0.4) value = -850 + 60 * Math.sin(40 * x) * Math.cos(35 * y + 20 * z);
      if (rib || (spine < 0.06 && Math.sin(z * 80) > -0.7)) value = 700;
      pixels.writeInt16LE(Math.round(value + ((s >>> 24) / 255 - 0.5) * 40), (r * side + c) * 2);
    }
  }
  return file([
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
    [0x00080018, 'UI', `2.25.77${k}`],
    [0x00080060, 'CS', 'CT'],
    [0x00100010, 'PN', 'Bench^Made'],
    [0x0020000d, 'UI', '2.25.771'],
    [0x0020000e, 'UI', '2.25.772'],
    [0x00200011, 'IS', '1'],
    [0x00200013, 'IS', `${k + 1}`],
    [0x00200032, 'DS', `-179.2\\-179.2\\${k - slices / 2}`],
    [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
    [0x00200052, 'UI', '2.25.773'],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', side],
    [0x00280011, 'US', side],
    [0x00280030, 'DS', '0.7\\0.7'],
    [0x00280100, 'US', 16],
    [0x00280101, 'US', 16],
    [0x00280102, 'US', 15],
    [0x00280103, 'US', 1],
    [0x00281050, 'DS', '40'],
    [0x00281051, 'DS', '400'],
    [0x00281052, 'DS', '0'],
    [0x00281053, 'DS', '1'],
    [0x7fe00010, 'OW', pixels],
  ]);
}

const median = (all) => [...all].sort((a, b) => a - b)[all.length >> 1];
const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm', '.css': 'text/css' };

/** A rival's folder on loopback. */
async function host(folder) {
  const server = http.createServer(({ url }, answer) => {
    const path = join(
      folder,
      normalize(decodeURIComponent(url.split('?')[0])),
      url.split('?')[0].endsWith('/') ? 'index.html' : '',
    );
    if (!existsSync(path) || !statSync(path).isFile()) return answer.writeHead(404).end();
    answer.writeHead(200, {
      'content-type': types[extname(path)] ?? 'application/octet-stream',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    createReadStream(path).pipe(answer);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

async function inBrowser(work) {
  const executablePath = findChromium();
  const env = { ...process.env, ...chromiumEnv(executablePath) };
  const browser = await chromium.launch({ executablePath, args: [...flags, ...unbound], env });
  try {
    const page = await (await browser.newContext({ viewport: { width: 1060, height: 800 } })).newPage();
    page.on('pageerror', (error) => console.error(String(error)));
    const session = await browser.newBrowserCDPSession();
    const cpu = async () => {
      const { processInfo } = await session.send('SystemInfo.getProcessInfo');
      return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
    };
    const lines = await work(page, cpu);
    // The page's process and that of graphics: the largest that they were (Linux only).
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const peaks = processInfo
      .filter(({ type }) => type !== 'browser')
      .map(({ id }) => {
        if (!existsSync(`/proc/${id}/status`)) return 0;
        return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) / 1024;
      });
    lines['largest processes, MB'] = {
      ms: peaks
        .sort((a, b) => b - a)
        .slice(0, 2)
        .reduce((a, b) => a + b, 0),
    };
    return lines;
  } finally {
    await browser.close();
  }
}

async function ours(url, paths) {
  return inBrowser(async (page, cpu) => {
    await page.goto(url);
    await page.evaluate(() => {
      const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true, id: 'bench' });
      document.body.append(input);
    });
    await page.locator('#bench').setInputFiles(paths);
    const found = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      const start = performance.now();
      await viewer.open([...document.querySelector('#bench').files]);
      const opened = performance.now() - start;
      const info = await viewer.volume();
      globalThis.bench = {
        viewer,
        ask: (viewport, plane) =>
          viewer.client.ask('shown', {
            kind: 'show-plane',
            viewport,
            frame_set: info.frame_set,
            plane: {
              base: 'axial',
              place_mm: info.centre_mm,
              row: [1, 0, 0],
              column: [0, 1, 0],
              slab: '',
              thickness_mm: 0,
              coarse: false,
              ...plane,
            },
            look: viewer.shadowRoot.querySelector('negatoscope-viewport').look,
          }),
        cast: (cast) =>
          viewer.client.ask('shown', {
            kind: 'show-cast',
            viewport: 3,
            frame_set: info.frame_set,
            cast: {
              preset: 'ct-bone',
              azimuth: 0,
              elevation: 0,
              zoom: 1.3,
              pan: [0, 0],
              shift: 0,
              clip: [
                [0, 1],
                [0, 1],
                [0, 1],
              ],
              labels: false,
              coarse: true,
              rows: [0, 5000],
              ...cast,
            },
          }),
        centre: info.centre_mm,
        shift: (n) => info.centre_mm.map((x) => x + (n % 20) * 1.3),
      };
      return { opened, volume: performance.now() - start, dims: info.dims };
    });
    await page.waitForTimeout(3000); // pictures of the presets
    const lines = {
      'open, all heads': { ms: found.opened },
      'open, volume complete and painted': { ms: found.volume },
    };
    if (options.only === 'open') return lines;
    const r = Math.SQRT1_2;
    const oblique = { row: [r, r, 0], column: [0.5, -0.5, -r] };
    const time = async (name, steps, source) => {
      const before = await cpu();
      const all = await page.evaluate(`(async () => {
        const { bench } = globalThis;
        const all = [];
        for (let n = 0; n < ${steps}; n += 1) {
          const start = performance.now();
          await ${source};
          all.push(performance.now() - start);
        }
        return all;
      })()`);
      lines[name] = { ms: median(all), cpu: ((await cpu()) - before) / steps };
    };
    const text = (plane) => JSON.stringify(plane);
    const coronal = { base: 'coronal', row: [1, 0, 0], column: [0, 0, -1] };
    const sagittal = { base: 'sagittal', row: [0, 1, 0], column: [0, 0, -1] };
    const moved = (viewport, plane) => `bench.ask(${viewport}, {...${text(plane)}, place_mm: bench.shift(n)})`;
    await time('MPR: three planes', 40, `Promise.all([${moved(0, {})}, ${moved(1, coronal)}, ${moved(2, sagittal)}])`);
    await time('axial plane', 20, moved(0, {}));
    await time('coronal plane', 20, moved(1, coronal));
    await time('sagittal plane', 20, moved(2, sagittal));
    await time('oblique plane', 20, moved(0, { ...oblique, base: '' }));
    for (const slab of ['mip', 'mean'])
      await time(`${slab} slab of 10 mm, axial`, 8, moved(0, { slab, thickness_mm: 10 }));
    await time(
      'MPR: three mip slabs of 10 mm',
      8,
      `Promise.all([${[{}, coronal, sagittal].map((plane, n) => moved(n, { ...plane, slab: 'mip', thickness_mm: 10 })).join()}])`,
    );
    await time('mip slab of 300 mm, axial', 4, moved(0, { slab: 'mip', thickness_mm: 300 }));
    await time('mip slab of 10 mm, oblique', 6, moved(0, { ...oblique, base: '', slab: 'mip', thickness_mm: 10 }));
    for (const preset of ['ct-bone', 'ct-soft', 'ct-lung', 'mip']) {
      await time(`picture, turning, ${preset}`, 6, `bench.cast({preset: '${preset}', azimuth: 20 + 7 * n})`);
      await time(
        `picture in full, ${preset}`,
        2,
        `bench.cast({preset: '${preset}', azimuth: 20 + 7 * n, coarse: false})`,
      );
    }
    return lines;
  });
}

async function rival(url, paths) {
  return inBrowser(async (page, cpu) => {
    await page.addInitScript(() => {
      globalThis.contexts = new Set();
      for (const kind of [HTMLCanvasElement, OffscreenCanvas]) {
        const own = kind.prototype.getContext;
        kind.prototype.getContext = function (name, ...more) {
          const context = own.call(this, name, ...more);
          if (context && /^webgl/.test(name)) globalThis.contexts.add(context);
          return context;
        };
      }
    });
    await page.goto(url);
    await page.waitForFunction(() => globalThis.viewer);
    await page.evaluate(async () => {
      await globalThis.viewer.ready;
      const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true, id: 'bench' });
      document.body.append(input);
    });
    await page.locator('#bench').setInputFiles(paths);
    const opened = await page.evaluate(async () => {
      const start = performance.now();
      await globalThis.viewer.open([...document.querySelector('#bench').files], { onFirst: () => {} });
      await globalThis.viewer.mpr.open();
      return performance.now() - start;
    });
    const lines = { 'open, volume complete and painted': { ms: opened } };
    if (options.only === 'open') return lines;
    const time = async (name, steps, source) => {
      const before = await cpu();
      const all = await page.evaluate(`(async () => {
        const { viewer } = globalThis;
        const pixel = new Uint8Array(4);
        const all = [];
        for (let n = 0; n < ${steps}; n += 1) {
          const start = performance.now();
          await ${source};
          for (const gl of globalThis.contexts)
            if (!gl.isContextLost()) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
          all.push(performance.now() - start);
        }
        return all;
      })()`);
      lines[name] = { ms: median(all), cpu: ((await cpu()) - before) / steps };
    };
    const has = (what) => page.evaluate(`Boolean(globalThis.viewer.${what})`);
    await time('MPR: three planes', 15, 'viewer.mpr.show(1)');
    if (await has('mpr.axial')) await time('axial plane', 10, 'viewer.mpr.axial(1)');
    if (await has('mpr.slab')) {
      await page.evaluate(() => globalThis.viewer.mpr.slab(10));
      await time('MPR: three mip slabs of 10 mm', 8, 'viewer.mpr.show(1)');
      await time('mip slab of 10 mm, axial', 8, 'viewer.mpr.axial(1)');
      await page.evaluate(() => globalThis.viewer.mpr.slab(300));
      await time('mip slab of 300 mm, axial', 3, 'viewer.mpr.axial(1)');
    }
    if (await has('cast')) {
      await page.evaluate((size) => globalThis.viewer.cast.open(size), picture);
      await time('picture, turning, ct-bone', 6, 'viewer.cast.show(n)');
    }
    return lines;
  });
}

const scratch = mkdtempSync(join(tmpdir(), 'negatoscope-volume-'));
const folder = join(scratch, 'ct');
mkdirSync(folder);
const paths = Array.from({ length: slices }, (_, k) => join(folder, `${String(k).padStart(4, '0')}.dcm`));
for (const [k, path] of paths.entries()) writeFileSync(path, slice(k));
const home = await serve({ dir: join(root, 'dist'), port: 0 });
const viewers = [{ name: 'ours', run: () => ours(home.url, paths) }];
const rivals = [];
if (options.rivals) {
  const dir = existsSync(join(options.rivals, 'dist')) ? join(options.rivals, 'dist') : options.rivals;
  for (const name of readdirSync(resolve(dir))) {
    if (name === 'blank' || !existsSync(join(dir, name, 'index.html'))) continue;
    const there = await host(resolve(dir, name));
    rivals.push(there);
    viewers.push({ name, run: () => rival(there.url, paths) });
  }
}
const results = {};
try {
  for (let round = 0; round < rounds; round += 1) {
    for (let n = 0; n < viewers.length; n += 1) {
      const { name, run } = viewers[(n + round) % viewers.length];
      try {
        for (const [what, { ms, cpu }] of Object.entries(await run())) {
          results[what] ??= {};
          results[what][name] ??= { ms: [], cpu: [] };
          results[what][name].ms.push(ms);
          if (cpu !== undefined) results[what][name].cpu.push(cpu);
        }
      } catch (error) {
        console.error(`${name}: ${error.message.split('\n')[0]}`);
      }
    }
  }
} finally {
  for (const there of rivals) there.close();
  home.server.close();
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`512 × 512 × ${slices}, 16 bits; ${rounds} rounds; median ms (CPU ms a step)\n`);
console.log(`| | ${viewers.map(({ name }) => name).join(' | ')} |\n| --- |${' --- |'.repeat(viewers.length)}`);
for (const [what, of] of Object.entries(results)) {
  const cell = ({ name }) => {
    const all = of[name];
    if (!all) return '–';
    return all.cpu.length > 0
      ? `${median(all.ms).toFixed(1)} (${median(all.cpu).toFixed(0)})`
      : median(all.ms).toFixed(0);
  };
  console.log(`| ${what} | ${viewers.map(cell).join(' | ')} |`);
}
if (options.json) writeFileSync(options.json, JSON.stringify(results));
