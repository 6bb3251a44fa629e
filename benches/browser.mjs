// One measured run: a fresh Chromium, one viewer, one set. See README.md for what each figure is.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumEnv, findChromium } from '../scripts/chromium.mjs';
import { always, modes } from '../tests/page/helpers.mjs';
import { adapt, answerInWorker, instrument, prepare } from './inside.mjs';

/** Side of the picture in pixels, the same for every viewer. */
export const side = 768;
export const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css' };
const isolated = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
};

/** Serves rivals' pages, each below its name: no policy of ours, which their build need not fit, but isolated as ours is. */
export function serveRivals(dir) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent((request.url ?? '/').split('?')[0]));
    const file = join(dir, path.endsWith('/') ? `${path}index.html` : path);
    if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
    const type = extname(file) === '.wasm' ? 'application/wasm' : (types[extname(file)] ?? 'application/octet-stream');
    response.writeHead(200, { ...isolated, 'content-type': type, 'cache-control': 'no-store' });
    return response.end(readFileSync(file));
  });
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => done({ server, url: `http://127.0.0.1:${server.address().port}/` }));
  });
}

/** `work`, or a failure that says what took longer than `seconds`. */
export function within(seconds, what, work) {
  let timer;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error(`${what} took longer than ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** What an error says, in one short line. */
export const firstLine = (text) =>
  String(text)
    .replace(/^[\w.]+: (Error: )?/, '')
    .split('\n')[0]
    .slice(0, 200);

/** Median and the rest of a list of times. */
export function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { p50: at(0.5), p95: at(0.95), max: at(1), n: sorted.length };
}

async function launch(mode, freeRate, seconds = 240) {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('no Chromium: node scripts/setup.mjs');
  const software = mode === 'gpu' ? ['--enable-unsafe-swiftshader'] : [];
  const rate = freeRate ? ['--disable-frame-rate-limit', '--disable-gpu-vsync'] : [];
  const browser = await chromium.launch({
    executablePath,
    env: { ...process.env, ...chromiumEnv(executablePath) },
    args: [...always, ...modes[mode], ...software, ...rate],
    ignoreDefaultArgs: ['--enable-unsafe-swiftshader', '--disable-gpu'],
  });
  // The last resort: closed under its page, everything that waits for it fails.
  const end = setTimeout(() => browser.close().catch(() => {}), seconds * 1000);
  browser.on('disconnected', () => clearTimeout(end));
  return browser;
}

/** Opens `viewer` = {name, url, ours?: backend} with its picture at `side` pixels, ready for a drop. */
async function load(browser, viewer, frame, complain) {
  const size = { width: side + frame[0], height: side + frame[1] };
  const context = await browser.newContext({ viewport: size, deviceScaleFactor: 1, locale: 'en-US' });
  const page = await context.newPage();
  page.on('pageerror', (error) => complain(`uncaught: ${error.message}`));
  page.on('crash', () => complain('the page crashed'));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/404/.test(message.text())) complain(`console: ${message.text()}`);
  });
  await page.addInitScript(instrument);
  if (viewer.ours) page.on('worker', (worker) => void worker.evaluate(answerInWorker).catch(() => {}));
  await page.goto(viewer.url, { waitUntil: 'load' });
  if (viewer.ours) await page.evaluate(adapt, viewer.ours);
  else await page.waitForFunction(() => globalThis.viewer, undefined, { timeout: 20_000 });
  await page.evaluate(prepare);
  await page.waitForTimeout(500); // nobody drops in the first instant; all viewers get the same
  return { page, size };
}

async function drop(page, { width, height }, folder) {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [folder], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'])
    await session.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data });
  await session.detach();
}

/** How much of the window is not picture in our page, [width, height]: found once, on an opened study. */
export async function frameOf(viewer, folder) {
  const browser = await launch('cpu', false);
  try {
    const { page, size } = await load(browser, viewer, [400, 200], () => {});
    await drop(page, size, folder);
    await within(
      60,
      'opening',
      page.evaluate(() => bench.opened),
    );
    const picture = await page.evaluate(() => {
      const { width, height } = viewer.picture().getBoundingClientRect();
      return [width, height];
    });
    return [Math.round(size.width - picture[0]), Math.round(size.height - picture[1])];
  } finally {
    await browser.close();
  }
}

/** Looks at the picture at a human rate, untimed: it has light and dark, and each step changes it. */
export async function prove({ viewer, frame, mode, folder, window, limits }) {
  const browser = await launch(mode, false);
  const errors = [];
  try {
    const { page, size } = await load(browser, viewer, frame, (text) => errors.push(text));
    await drop(page, size, folder);
    const { count } = await within(
      limits.open,
      'opening',
      page.evaluate(() => bench.opened),
    );
    const see = async (act, argument) => {
      await within(40, 'a step', page.evaluate(act, argument));
      await page.waitForTimeout(300);
      return (await page.screenshot({ timeout: 20_000, animations: 'disabled' })).toString('base64');
    };
    const shots = [
      await see(() => bench.painted()),
      await see((i) => viewer.showFrame(i).then(() => bench.painted()), count > 3 ? 1 : 0),
      window && (await see(([c, w]) => viewer.window(c, w).then(() => bench.painted()), [window[0], window[1] * 2.5])),
    ].filter(Boolean);
    const range = await page.evaluate(async (text) => {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      const { width, height } = bitmap;
      const { data } = context.getImageData(width * 0.35, height * 0.3, width * 0.3, height * 0.4);
      let [low, high] = [255, 0];
      for (let i = 0; i < data.length; i += 4) [low, high] = [Math.min(low, data[i]), Math.max(high, data[i])];
      return high - low;
    }, shots[0]);
    const seen = [
      range > 40 || 'the first picture is blank',
      count < 2 || shots[0] !== shots[1] || 'scrolling changed nothing',
      !window || shots[1] !== shots[2] || 'the window changed nothing',
    ].filter((one) => one !== true);
    return { seen: seen.length === 0, errors: [...seen, ...errors], shots };
  } catch (error) {
    return { seen: false, errors: [firstLine(error.message ?? error), ...errors], shots: [] };
  } finally {
    await within(10, 'closing', browser.close()).catch(() => {});
  }
}

const peak = (pid) => {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // not Linux, or the process has ended
  }
};

/** Measures one viewer with one set. Gives what it got, and `errors` for the rest. */
export async function measure({ viewer, frame, mode, rate, folder, window, limits, inputs, cine, trace }) {
  const errors = [];
  const complain = (text) => errors.length < 6 && errors.push(firstLine(text));
  const result = { errors };
  const browser = await launch(mode, rate === 'free');
  try {
    const { page, size } = await load(browser, viewer, frame, complain);
    const session = await browser.newBrowserCDPSession();
    const processes = async () => (await session.send('SystemInfo.getProcessInfo')).processInfo;
    const cpu = async () => (await processes()).reduce((sum, one) => sum + one.cpuTime, 0) * 1000;
    if (trace) await browser.startTracing(page, { path: trace, categories: traced });

    let before = await cpu();
    await drop(page, size, folder);
    Object.assign(
      result,
      await within(
        limits.open,
        'opening',
        page.evaluate(() => bench.opened),
      ),
    );
    result.openCpu = (await cpu()) - before;

    const pass = async (name, count, step, argument) => {
      before = await cpu();
      const times = await within(
        limits.step * 3 + 60,
        name,
        page.evaluate(step, [count, limits.step * 1000, argument]),
      );
      const total = times.reduce((sum, time) => sum + time, 0);
      result[name] = { ...summary(times), total, cpu: ((await cpu()) - before) / times.length };
    };
    if (window) await page.evaluate(([c, w]) => viewer.window(c, w).then(() => bench.painted()), window);
    if (result.count > 1) {
      const scroll = ([count, limit]) => bench.steps(count, (i) => viewer.showFrame(i), limit);
      await pass('scroll', result.count, scroll);
      await pass('again', Math.min(result.count, result.scroll.n), scroll);
      await page.evaluate((n) => viewer.showFrame(n >> 1).then(() => bench.painted()), result.count);
    }
    if (window)
      await pass(
        'window',
        60,
        ([count, limit, [c, w]]) =>
          bench.steps(count, (i) => viewer.window(c + (w / 400) * (i % 40), w * (0.6 + 0.01 * i)), limit),
        window,
      );
    if (inputs) await byInput(page, size, result, limits, Boolean(window));
    if (inputs && cine) result.cine = await played(page, cine);
    if (trace) await browser.stopTracing();
    result.path = await page.evaluate(() => viewer.path());
    const ended = await processes();
    const peaks = (type) => Math.max(0, ...ended.filter((one) => one.type === type).map((one) => peak(one.id)));
    result.bytes = { page: peaks('renderer'), gpu: peaks('GPU') };
  } catch (error) {
    result.failed = firstLine(error.message ?? error);
  } finally {
    await within(10, 'closing', browser.close()).catch(() => {});
  }
  return result;
}

const traced = [
  'devtools.timeline',
  'v8.execute',
  'disabled-by-default-v8.cpu_profiler',
  'blink.user_timing',
  'toplevel',
];

/** Plays for `seconds` by the key: how many frames a second were shown, and the 95th percentile of the time between two. Ours only. */
async function played(page, seconds) {
  await page.evaluate(() => {
    const element = document.querySelector('negatoscope-viewer');
    bench.times = [];
    element.addEventListener('view-change', () => bench.times.push(performance.now()));
  });
  await page.keyboard.press('c');
  await page.waitForTimeout(seconds * 1000);
  await page.keyboard.press('c');
  const times = await page.evaluate(() => bench.times);
  const gaps = times.slice(1).map((time, i) => time - times[i]);
  return { rate: (1000 * gaps.length) / (times.at(-1) - times[0]), ...summary(gaps) };
}

/** Trusted wheel notches and a trusted drag: from the event's own time stamp to painted. Ours only: rivals' pages have no tools. */
async function byInput(page, { width, height }, result, limits, drags) {
  const [x, y] = await page.evaluate(() => {
    const box = viewer.picture().getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  });
  const steps = async (count, kind, act) => {
    const times = [];
    const end = performance.now() + limits.step * 1000;
    for (let i = 0; i < count && performance.now() < end; i += 1) {
      await page.evaluate((name) => viewer.arm(name), kind);
      await act(i);
      times.push(
        await within(
          20,
          `${kind} to picture`,
          page.evaluate(() => viewer.inputMs),
        ),
      );
    }
    return summary(times);
  };
  await page.mouse.move(x, y);
  if (result.count > 2)
    result.wheel = await steps(Math.min(40, result.count - 2), 'wheel', (i) => page.mouse.wheel(0, i % 2 ? -100 : 100));
  if (!drags) return; // a picture in colour has no window
  await page.mouse.down();
  result.drag = await steps(40, 'pointermove', (i) => {
    const reach = Math.min(width, height) / 4;
    return page.mouse.move(x + reach * Math.sin(i / 5), y + reach * Math.cos(i / 5));
  });
  await page.mouse.up();
}
