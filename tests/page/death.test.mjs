// The study worker dies, and a canvas is lost: the study is still open, and its frame is shown again.
const start = async (page) => {
  await page.locator('negatoscope-viewer .sample').click();
  await page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 60_000 });
};
const studyWorker = (page) => page.workers().find((worker) => /study/.test(worker.url()));
/** Frame, canvas and what is said, after the worker has answered all that was asked. */
const look = (page) =>
  page.evaluate(() => {
    const viewer = document.querySelector('negatoscope-viewer');
    const pane = viewer.shadowRoot.querySelector('negatoscope-viewport');
    return {
      frame: viewer.state.viewports[0].frame,
      shown: pane.shown?.index,
      toast: viewer.shadowRoot.querySelector('.toast')?.textContent,
    };
  });
const bright = (page) =>
  page.evaluate(async () => {
    const png = await document.querySelector('negatoscope-viewer').save('png');
    const bitmap = await createImageBitmap(png);
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    return context
      .getImageData(0, 0, bitmap.width, bitmap.height)
      .data.reduce((sum, v, i) => sum + (i % 4 === 0 ? v : 0), 0);
  });

export default async function (t) {
  t.allowErrors(/the test ends this worker/);
  const page = await t.page('cpu');
  await start(page);
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+ArrowDown');
  await page.waitForFunction(
    () =>
      document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').shown?.index === 10,
  );
  const before = await bright(page);
  const first = studyWorker(page);
  await t.step('a dead study worker is replaced', async () => {
    const next = page.waitForEvent('worker', { timeout: 30_000 });
    await page.evaluate(() => {
      const viewer = document.querySelector('negatoscope-viewer');
      viewer.client.addEventListener('replaced', () => {
        globalThis.replaced = performance.now();
      });
      viewer.addEventListener('view-change', () => {
        globalThis.painted = performance.now();
      });
    });
    await first.evaluate(() =>
      setTimeout(() => {
        throw new Error('the test ends this worker');
      }),
    );
    await next;
    await page.waitForFunction(() => globalThis.painted > globalThis.replaced, undefined, { timeout: 60_000 });
    t.ok(studyWorker(page) !== first, 'another worker runs');
  });
  await t.step('the study is open, the frame is shown again, and the page says so', async () => {
    await page.waitForFunction(
      () =>
        /started again/.test(
          document.querySelector('negatoscope-viewer').shadowRoot.querySelector('.toast')?.textContent,
        ),
      undefined,
      { timeout: 10_000 },
    );
    const now = await look(page);
    t.equal([now.frame, now.shown], [10, 10], 'the same frame');
    t.equal(await bright(page), before, 'with the same picture');
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(
      () =>
        document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').shown?.index ===
        11,
    );
    t.ok(true, 'keys scroll it');
  });
  await t.step('a worker that dies while an image is asked for', async () => {
    const second = studyWorker(page);
    const said = await page.evaluate(() => {
      globalThis.replaced = 0;
      globalThis.codes = [];
      const viewer = document.querySelector('negatoscope-viewer');
      viewer.addEventListener('error', ({ detail }) => globalThis.codes.push(detail.code));
      return typeof viewer.client.ask;
    });
    t.equal(said, 'function', 'the client is there');
    await second.evaluate(() => {
      // Deaf from now on: the next request is never answered; then it dies.
      self.onmessage = () => {
        throw new Error('the test ends this worker');
      };
    });
    await page.keyboard.press('ArrowDown');
    await page.waitForFunction(() => globalThis.replaced, undefined, { timeout: 60_000 });
    await page.waitForFunction(
      () =>
        document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').shown?.index ===
        12,
    );
    t.equal(
      await page.evaluate(() => globalThis.codes),
      ['worker-lost'],
      'what was asked for failed with a code, once',
    );
  });
  await t.step('a lost canvas is replaced', async () => {
    const before = await bright(page);
    await page.evaluate(() => {
      const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport');
      globalThis.oldCanvas = pane.shadowRoot.querySelector('canvas');
    });
    await studyWorker(page).evaluate(() => self.postMessage({ id: 0, notice: { kind: 'canvas-lost', viewport: 0 } }));
    await page.waitForFunction(() => {
      const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport');
      const canvas = pane.shadowRoot.querySelector('canvas');
      return canvas && canvas !== globalThis.oldCanvas;
    });
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowDown');
    await page.waitForTimeout(500);
    t.equal((await look(page)).shown, 12, 'the frame is shown on the new one');
    t.equal(await bright(page), before, 'with the same picture');
  });
  await t.step('a request that is cancelled leaves the study open', async () => {
    const worker = studyWorker(page);
    const outcome = await page.evaluate(async () => {
      const { client } = document.querySelector('negatoscope-viewer');
      const stop = new AbortController();
      const asked = client.ask('picture', { kind: 'thumbnail', frame_set: 0, size: 160 }, { signal: stop.signal });
      stop.abort();
      return asked.then(
        () => 'done',
        (error) => error.name,
      );
    });
    t.equal(outcome, 'AbortError', 'it ends at once');
    await page.waitForTimeout(2200);
    t.ok(studyWorker(page) === worker, 'its worker lives on');
    await page.keyboard.press('ArrowUp');
    await page.waitForFunction(
      () =>
        document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').shown?.index ===
        11,
    );
  });
  await t.step('a worker that dies again and again is left alone', async () => {
    for (let i = 0; i < 3; i += 1) {
      const worker = studyWorker(page);
      if (!worker) break;
      await worker
        .evaluate(() =>
          setTimeout(() => {
            throw new Error('the test ends this worker');
          }),
        )
        .catch(() => {});
      await page.waitForTimeout(2500);
    }
    t.equal(await page.evaluate(() => document.title), 'Negatoscope', 'the page lives on');
  });
}
