// With WebGPU the same picture as without it, plain and through every filter, and a lost device costs a moment, not the study.
const looks = {
  plain: {},
  'narrow window, inverted': { window: { center: 400, width: 350 }, invert: true },
  'zoomed, turned, mirrored': { zoom: 2.7, pan: [31, -12], quarter_turns: 1, flip: true },
  'nearest pixels': { smooth: false, zoom: 3 },
  gaussian: { filters: ['gaussian:sigma=2'] },
  unsharp: { filters: ['unsharp:sigma=2,amount=2'] },
  median: { filters: ['median:radius=2'] },
  clahe: { filters: ['clahe'] },
  'two filters': { filters: ['median', 'unsharp'] },
};

async function openSample(page) {
  await page.locator('negatoscope-viewer .sample').click();
  await page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 60_000 });
}

const backend = (page) =>
  page.evaluate(
    () =>
      document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').shown?.backend ??
      '',
  );

/**
 * Paints a look and keeps what is on the canvas under its name. The worker's canvas reaches the page some frames later: waits until the
 * picture is another one than the last, or like the one named, for at most `frames` frames.
 */
const paint = (page, keep, look, { like = '', frames = 90 } = {}) =>
  page.evaluate(
    async ([keep, look, like, frames]) => {
      const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport');
      const plain = { zoom: 1, pan: [0, 0], quarter_turns: 0, flip: false, invert: false, window: null, smooth: true };
      await pane.setLook({ ...plain, filters: [], ...look });
      globalThis.kept ??= {};
      const near = (a, b) =>
        a && a.width === b.width && a.height === b.height && a.data.every((v, i) => Math.abs(v - b.data[i]) <= 1);
      for (let i = 0; i < frames; i += 1) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const canvas = pane.shadowRoot.querySelector('.picture canvas');
        const context = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
        context.drawImage(canvas, 0, 0);
        const picture = context.getImageData(0, 0, canvas.width, canvas.height);
        globalThis.kept[keep] = picture;
        const there = like ? near(globalThis.kept[like], picture) : !near(globalThis.last, picture);
        if (i >= 4 && there) break;
      }
      globalThis.last = globalThis.kept[keep];
    },
    [keep, look, like, frames],
  );

/** Largest difference of two kept pictures, how many samples differ, and the range of the first. */
const compare = (page, a, b) =>
  page.evaluate(
    ([a, b]) => {
      const [one, two] = [globalThis.kept[a], globalThis.kept[b]];
      if (one.width !== two.width || one.height !== two.height) return { worst: 255, differing: -1 };
      let [worst, differing, low, high] = [0, 0, 255, 0];
      for (let i = 0; i < one.data.length; i += 1) {
        const d = Math.abs(one.data[i] - two.data[i]);
        worst = Math.max(worst, d);
        differing += d > 0 ? 1 : 0;
        if (i % 4 === 0) {
          low = Math.min(low, one.data[i]);
          high = Math.max(high, one.data[i]);
        }
      }
      return { worst, differing: differing / one.data.length, low, high };
    },
    [a, b],
  );

const switchTo = async (page, name) => {
  await page.evaluate((name) => {
    document.querySelector('negatoscope-viewer').backend = name;
  }, name);
  await page.waitForFunction(
    (name) =>
      document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').shown?.backend ===
      name,
    name,
    { timeout: 20_000 },
  );
};

export default async function (t) {
  const page = await t.page('gpu', { size: { width: 900, height: 640 } });
  await t.step('the sample opens', () => openSample(page));
  t.equal(await backend(page), 'gpu', 'WebGPU paints where it is there');
  for (const [name, look] of Object.entries(looks)) await paint(page, `gpu ${name}`, look);

  await t.step('the user can switch to the reference', () => switchTo(page, 'cpu'));
  for (const [name, look] of Object.entries(looks)) await paint(page, `cpu ${name}`, look, { like: `gpu ${name}` });
  for (const name of Object.keys(looks)) {
    const { worst, differing, low, high } = await compare(page, `gpu ${name}`, `cpu ${name}`);
    t.ok(high - low > 40, `${name}: something is painted (${low} to ${high})`);
    t.ok(
      worst <= 1,
      `${name}: both painters agree within 1 of 255 (${worst}; ${(differing * 100).toFixed(3)} % differ)`,
    );
  }
  for (const name of ['gaussian', 'unsharp', 'median', 'clahe']) {
    const { worst } = await compare(page, 'cpu plain', `cpu ${name}`);
    t.ok(worst > 10, `${name} changes the picture (${worst})`);
  }

  await t.step('and back', () => switchTo(page, 'gpu'));
  await paint(page, 'before', looks.plain, { like: 'cpu plain' });
  await t.step('the graphics process is ended; the study stays and is painted again', async () => {
    const session = await page.context().browser().newBrowserCDPSession();
    await page.evaluate(() => {
      const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport');
      globalThis.oldCanvas = pane.shadowRoot.querySelector('.picture canvas');
    });
    await session.send('Browser.crashGpuProcess');
    await session.detach().catch(() => {});
    await page.waitForFunction(
      () => {
        const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport');
        return pane.shadowRoot.querySelector('.picture canvas') !== globalThis.oldCanvas;
      },
      undefined,
      { timeout: 20_000 },
    );
    await paint(page, 'after', looks.plain, { like: 'before' });
    const { worst } = await compare(page, 'before', 'after');
    t.ok(worst <= 1, `the same picture as before (${worst}), now by ${await backend(page)}`);
  });
  await t.step('scrolling goes on', async () => {
    await page.keyboard.press('Home');
    await page.waitForFunction(
      () =>
        document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').shown?.index ===
        0,
      undefined,
      { timeout: 20_000 },
    );
  });
  t.allowErrors(/GPU|gpu|context|device/i); // the browser itself reports the ended process
}
