// What page tests share: a served page, a Chromium for each mode, trusted drops, recorded requests. See ../README.md.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumEnv, findChromium } from '../../scripts/chromium.mjs';
import { root } from '../../scripts/lib.mjs';

export const always = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** `cpu`: navigator.gpu gives no adapter. `gpu`: WebGPU by SwiftShader, without a graphics card. */
export const modes = {
  cpu: [],
  gpu: [
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-features=Vulkan',
    '--use-vulkan=swiftshader',
    '--use-angle=swiftshader',
  ],
};
export const outDir = resolve(root, process.env.NEGATOSCOPE_PAGE_OUT ?? 'tests/page/out');

const browsers = new Map();

/** The browser of a mode, started once. */
export async function browser(mode) {
  if (!modes[mode]) throw new Error(`no mode ${mode}: ${Object.keys(modes).join(', ')}`);
  if (!browsers.has(mode)) {
    const executablePath = findChromium();
    if (!executablePath) throw new Error('no Chromium: node scripts/setup.mjs');
    const env = { ...process.env, ...chromiumEnv(executablePath) };
    browsers.set(mode, chromium.launch({ executablePath, args: [...always, ...modes[mode]], env }));
  }
  return browsers.get(mode);
}

/** Ends the browsers that were started. */
export async function closeBrowsers() {
  for (const started of browsers.values()) await (await started.catch(() => undefined))?.close();
  browsers.clear();
}

/** Where the larger corpus lies, or undefined: tests that need it then say that they were skipped. */
export function corpus(path = '') {
  const shared = process.env.NEGATOSCOPE_SHARED ?? resolve(root, '../shared');
  const cache = process.env.NEGATOSCOPE_CORPUS_CACHE ?? join(homedir(), '.cache/negatoscope-corpus');
  return [join(cache, path), join(shared, 'corpus', path), join(shared, path)].find((one) => existsSync(one));
}

/** Waits a little, and then until no viewer of the page waits for an answer: on a slow machine that is later. */
export async function settled(page, ms = 300) {
  await page.waitForTimeout(ms);
  await page.evaluate(() =>
    Promise.all([...document.querySelectorAll('negatoscope-viewer')].map((viewer) => viewer.client?.quiet())),
  );
}

export class Skip extends Error {}

/** The fixture of one test file. */
export class Fixture {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** Every request of every page of this test, as URLs. */
  requests = [];
  #contexts = [];
  #complaints = [];
  #allowed = [];

  constructor(name, url) {
    this.name = name;
    this.url = url;
    this.origin = new URL(url).origin;
  }

  /** Opens the page. `mode`: cpu or gpu; `phone`: 390 × 844 with touch; `lang`: the browser's language; `load: false` leaves it blank; `offline`:
   * its service worker may be installed. */
  async page(
    mode = 'cpu',
    {
      phone = false,
      lang = 'en-US',
      path = '',
      size = { width: 1280, height: 800 },
      load = true,
      init,
      offline = false,
    } = {},
  ) {
    const context = await (await browser(mode)).newContext({
      locale: lang,
      viewport: phone ? { width: 390, height: 844 } : size,
      ...(phone ? { hasTouch: true, isMobile: true, deviceScaleFactor: 2 } : {}),
      acceptDownloads: true,
      serviceWorkers: offline ? 'allow' : 'block', // else each test would download the program twice
    });
    this.#contexts.push(context);
    context.on('request', (request) => this.requests.push(request.url()));
    const page = await context.newPage();
    page.on('websocket', (socket) => this.requests.push(socket.url()));
    page.on('console', (message) => {
      if (message.type() === 'error') this.#complaints.push(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.#complaints.push(`uncaught: ${error.stack ?? error}`));
    page.on('crash', () => this.#complaints.push('the page crashed'));
    if (init) await page.addInitScript(init);
    if (load) await page.goto(this.url + path, { waitUntil: 'load' });
    return page;
  }

  /** Drops files and folders as a user does (trusted events), at the middle of the page or at `at`. */
  async drop(page, paths, at) {
    const { width, height } = page.viewportSize();
    const { x, y } = at ?? { x: width / 2, y: height / 2 };
    const files = paths.map((path) => resolve(path));
    for (const file of files) if (!existsSync(file)) throw new Error(`nothing to drop at ${file}`);
    const session = await page.context().newCDPSession(page);
    for (const type of ['dragEnter', 'dragOver', 'drop']) {
      await session.send('Input.dispatchDragEvent', { type, x, y, data: { items: [], files, dragOperationsMask: 1 } });
    }
    await session.detach();
  }

  /** Writes tests/page/out/NAME.png and gives its path. */
  async screenshot(page, name, options = {}) {
    mkdirSync(outDir, { recursive: true });
    const path = join(outDir, `${name}.png`);
    await page.screenshot({ path, ...options });
    return path;
  }

  /** Peak bytes of memory of the processes of a mode's browser, by kind (Linux): {renderer, 'GPU', browser}. */
  async peaks(mode = 'cpu') {
    const session = await (await browser(mode)).newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    const peaks = {};
    for (const { type, id } of processInfo) {
      const status = existsSync(`/proc/${id}/status`) ? readFileSync(`/proc/${id}/status`, 'utf8') : '';
      const bytes = 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
      peaks[type] = Math.max(peaks[type] ?? 0, bytes);
    }
    return peaks;
  }

  corpus(path) {
    return corpus(path);
  }

  /** As `corpus`, but skips the rest of the test when it is not there. */
  needCorpus(path) {
    return corpus(path) ?? this.skip(`${path} of the larger corpus is not on this machine`);
  }

  skip(why) {
    throw new Skip(why);
  }

  ok(condition, what) {
    if (condition) this.passed += 1;
    else this.failed += 1;
    console.log(`${condition ? 'ok' : 'not ok'} - ${this.name}: ${what}`);
    return Boolean(condition);
  }

  equal(actual, expected, what) {
    const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
    return this.ok(
      a === b,
      a === b ? what : `${what}\n  is       ${a?.slice(0, 2000)}\n  expected ${b?.slice(0, 2000)}`,
    );
  }

  near(actual, expected, tolerance, what) {
    const good = Math.abs(actual - expected) <= tolerance;
    return this.ok(good, good ? what : `${what}\n  is ${actual}, expected ${expected} ± ${tolerance}`);
  }

  /** A named part: an exception in it fails it and the test goes on. */
  async step(what, work) {
    try {
      await work();
      return this.ok(true, what);
    } catch (error) {
      if (error instanceof Skip) return this.#skip(what, error);
      return this.ok(false, `${what}\n  ${String(error.stack ?? error).replaceAll('\n', '\n  ')}`);
    }
  }

  /** Console errors that match are expected (say why in the test). */
  allowErrors(pattern) {
    this.#allowed.push(pattern);
  }

  /** Runs the whole test, then what every test must show: no foreign request, no error on the console. */
  async run(test, limitMs) {
    let timer;
    const late = new Promise((_, stop) => {
      timer = setTimeout(() => stop(new Error(`took longer than ${limitMs / 1000} s`)), limitMs);
    });
    try {
      await Promise.race([test(this), late]);
    } catch (error) {
      if (error instanceof Skip) this.#skip('', error);
      else this.ok(false, String(error.stack ?? error).replaceAll('\n', '\n  '));
    } finally {
      clearTimeout(timer);
    }
    if (this.requests.length > 0) {
      const foreign = this.requests.filter((url) => !/^(blob|data):/.test(url) && new URL(url).origin !== this.origin);
      this.equal(foreign, [], `${this.requests.length} requests, all to the own origin`);
    }
    if (this.#contexts.length > 0) {
      const complaints = this.#complaints.filter((text) => !this.#allowed.some((pattern) => pattern.test(text)));
      this.equal(complaints, [], 'no error on the console');
    }
    if (this.failed > 0) {
      const pages = this.#contexts.flatMap((context) => context.pages());
      for (const [i, page] of pages.entries())
        await this.screenshot(page, `failed-${this.name}-${i + 1}`, { timeout: 5000 }).catch(() => {});
    }
    for (const context of this.#contexts) await context.close().catch(() => {});
  }

  #skip(what, { message }) {
    this.skipped += 1;
    console.log(`skipped - ${this.name}: ${what ? `${what}: ` : ''}${message}`);
  }
}
