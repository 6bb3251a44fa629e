// The element as a page around it uses it: attributes, calls, events, several at once, in two languages.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/lib.mjs';
import { settled } from './helpers.mjs';
import { unzip } from './unzip.mjs';

/** Replaces the page's own viewer by one with these attributes. */
const put = (page, attributes) =>
  page.evaluate((given) => {
    document.body.replaceChildren();
    const viewer = document.createElement('negatoscope-viewer');
    for (const [name, value] of Object.entries(given)) viewer.setAttribute(name, value);
    viewer.style.height = '600px';
    globalThis.events = [];
    for (const name of ['study-open', 'repair', 'error', 'finding']) {
      viewer.addEventListener(name, ({ detail }) => globalThis.events.push([name, detail?.code ?? '']));
    }
    document.body.append(viewer);
  }, attributes);

const painted = (page, count = 1) =>
  page.waitForFunction(
    (n) =>
      [
        ...(document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport') ?? []),
      ].filter((pane) => pane.shown).length >= n,
    count,
    { timeout: 60_000 },
  );
const windowOf = (page) =>
  page.evaluate(
    () => document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').shown.window,
  );

const files = [...unzip(readFileSync(join(root, 'www/public/sample/t1-brain.zip')))]
  .filter(([name]) => name.endsWith('.dcm'))
  .map(([, bytes]) => bytes);

/** The file with Window Center 300 and Width 777, in front of its pixel data's group (explicit little-endian). */
function withWindow(bytes) {
  const element = (e, value) =>
    Buffer.concat([Buffer.from([0x28, 0, e, 0x10]), Buffer.from('DS'), Buffer.from([4, 0]), Buffer.from(value)]);
  const before = Buffer.from([0x28, 0, 0x03, 0x01]); // Pixel Representation, the last of its group here
  const at = bytes.indexOf(before) + 10;
  return Buffer.concat([bytes.subarray(0, at), element(0x50, '300 '), element(0x51, '777 '), bytes.subarray(at)]);
}

export default async function (t) {
  const page = await t.page('cpu');
  await t.step('src, layout, tools and lang', async () => {
    await put(page, { src: './sample/t1-brain.zip', layout: '1x2', tools: 'scroll zoom more nonsense', lang: 'zh' });
    await painted(page);
    t.equal(await page.locator('negatoscope-viewport').count(), 2, 'two viewports');
    t.equal(
      await page.locator('.tools button').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label'))),
      ['翻页', '缩放', '更多'],
      'the tools that are wished for, in Chinese',
    );
    t.equal(await page.locator('.tools .on').getAttribute('aria-label'), '翻页', 'the first of them is in hand');
    t.equal((await page.evaluate(() => globalThis.events))[0], ['study-open', ''], 'the study is announced');
    await page.evaluate(() => document.querySelector('negatoscope-viewer').setAttribute('layout', '2x2'));
    await settled(page);
    t.equal(await page.locator('negatoscope-viewport').count(), 4, 'another layout at any time');
    await page.evaluate(() => document.querySelector('negatoscope-viewer').setAttribute('layout', 'nonsense'));
    await settled(page);
    t.equal(await page.locator('negatoscope-viewport').count(), 1, 'and one viewport for what is not known');
  });

  await t.step('keys 0 and 1: automatic window, and the one of the file', async () => {
    await put(page, {});
    const catalogue = await page.evaluate(async (text) => {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      return document.querySelector('negatoscope-viewer').open([new File([bytes], 'windowed.dcm')]);
    }, withWindow(files[60]).toString('base64'));
    t.equal([catalogue.errors, catalogue.repairs], [[], []], 'a file with a window of its own opens');
    await painted(page);
    const file = await windowOf(page);
    t.equal(file, { center: 300, width: 777 }, 'and is shown with it');
    const pane = page.locator('negatoscope-viewport .picture');
    await pane.click();
    await page.keyboard.press('0');
    await page.waitForFunction(
      (w) =>
        document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').shown.window
          .width !== w,
      file.width,
    );
    const auto = await windowOf(page);
    t.ok(auto.width > 0 && auto.width !== file.width, `${file.width} became ${auto.width}`);
    t.ok(/Automatic/.test(await page.locator('.bottom-left').textContent()), 'and the corner says so');
    const values = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      const { size } = viewer.shadowRoot.querySelector('negatoscope-viewport').shown;
      const values = [];
      for (let row = 0; row < size[0]; row += 12)
        for (let column = 0; column < size[1]; column += 12)
          values.push((await viewer.probe(column, row))?.modality ?? 0);
      return values.sort((a, b) => a - b);
    });
    const high = auto.center + auto.width / 2;
    const place = values.filter((v) => v <= high).length / values.length;
    t.ok(place > 0.95 && place <= 1, `its upper end has ${(place * 100).toFixed(1)} % of the values below it`);
    await page.keyboard.press('1');
    await page.waitForFunction(
      (w) =>
        document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').shown.window
          .width === w,
      file.width,
    );
    t.equal(await windowOf(page), file, '1 gives back what the file says');
    await page.evaluate(() => document.querySelector('negatoscope-viewer').window('auto'));
    t.equal(await windowOf(page), auto, 'a page can ask for it too');
    await page.evaluate(() => document.querySelector('negatoscope-viewer').window(null));
    t.equal(await windowOf(page), file, 'and give it back');
  });

  await t.step('a repaired file is announced', async () => {
    const bytes = files[0].subarray(132); // without preamble and mark
    await put(page, {});
    const catalogue = await page.evaluate(async (text) => {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      return document.querySelector('negatoscope-viewer').open([new File([bytes], 'bare.dcm')]);
    }, Buffer.from(bytes).toString('base64'));
    t.equal([catalogue.files, catalogue.errors.length, catalogue.repairs.length > 0], [1, 0, true], 'it is read');
    const repairs = (await page.evaluate(() => globalThis.events)).filter(([name]) => name === 'repair');
    t.ok(
      repairs.some(([, code]) => code === 'DCM-100'),
      `with its code: ${JSON.stringify(repairs)}`,
    );
  });

  await t.step('strict and limits are attributes', async () => {
    const open = (bytes) =>
      page.evaluate(async (text) => {
        const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        const viewer = document.querySelector('negatoscope-viewer');
        return viewer.open([new File([bytes], 'one.dcm')]).catch((error) => ({ refused: error.code }));
      }, Buffer.from(bytes).toString('base64'));
    const error = async (attributes, bytes) => {
      await put(page, attributes);
      const { errors, refused } = await open(bytes);
      return refused ?? errors.map(({ code, detail }) => `${code} ${detail}`).join();
    };
    const bare = files[0].subarray(132);
    t.ok(/^IO-003 .*DCM-100/.test(await error({ strict: '' }, bare)), 'strict refuses what would be repaired');
    t.equal(await error({ strict: '' }, files[0]), '', 'and reads what has no defect');
    t.equal(await error({}, bare), '', 'without it the defect is repaired');
    const few = await error({ limits: '{"frame_samples": 10}' }, files[0]);
    t.ok(/^PIX-024 .*limit frame_samples/.test(few), `a refusal names its limit: ${few}`);
    t.equal(await error({ limits: '{"frame_sample": 10}' }, files[0]), 'IO-092', 'a limit that there is not');
    t.equal(await error({ limits: 'ten' }, files[0]), 'IO-092', 'and what is none');
  });

  await t.step('small pictures never stand in the way of an image', async () => {
    // Twelve series of one image each: the same file under other UIDs.
    const copies = Array.from({ length: 12 }, (_, i) => {
      const bytes = Buffer.from(files[60]);
      const at = bytes.indexOf(Buffer.from([0x20, 0, 0x0e, 0, 0x55, 0x49]));
      bytes.set(Buffer.from(`1.2.3.${i + 10}.`.padEnd(bytes.readUInt16LE(at + 6), '1')), at + 8);
      return bytes.toString('base64');
    });
    await put(page, {});
    const said = await page.evaluate(async (texts) => {
      const viewer = document.querySelector('negatoscope-viewer');
      const { client } = viewer;
      const ask = client.ask.bind(client);
      let waiting = 0;
      const said = { images: 0, pictures: 0, early: 0 };
      client.ask = async (kind, request, beside) => {
        if (request.kind === 'thumbnail') {
          said.pictures += 1;
          said.early += waiting > 0 ? 1 : 0;
        }
        if (request.kind !== 'show') return ask(kind, request, beside);
        waiting += 1;
        try {
          return await ask(kind, request, beside);
        } finally {
          waiting -= 1;
          said.images += 1;
        }
      };
      const given = texts.map((text, i) => new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], `${i}.dcm`));
      const { studies } = await viewer.open(given);
      const series = studies.flatMap((study) => study.series);
      // As a user does who scrolls on and on: the next image is asked for when the last one is there.
      for (let i = 0; said.pictures < series.length && i < 600; i += 1) {
        await viewer.show({ seriesUid: series[i % series.length].uid });
        if (i % 8 === 7) await new Promise((resolve) => setTimeout(resolve, 30));
      }
      return { ...said, series: series.length };
    }, copies);
    t.equal([said.series, said.pictures, said.early], [12, 12, 0], `${said.images} images were shown meanwhile`);
  });

  await t.step('what cannot be opened ends in an error with a sentence', async () => {
    await put(page, { src: './sample/nothing.zip' });
    await page.locator('.message').waitFor({ timeout: 10_000 });
    t.ok(/could not be loaded/.test(await page.locator('.message').textContent()), 'on the page');
    t.equal((await page.evaluate(() => globalThis.events)).at(-1)?.[0], 'error', 'and as an event');
    t.allowErrors(/nothing\.zip/);
  });

  await t.step('two elements on one page', async () => {
    await put(page, { src: './sample/t1-brain.zip', lang: 'zh' });
    await page.evaluate(() => {
      const other = document.createElement('negatoscope-viewer');
      other.setAttribute('lang', 'en');
      other.setAttribute('src', './sample/t1-brain.zip');
      other.style.height = '600px';
      document.body.append(other);
    });
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll('negatoscope-viewer')].filter(
          (viewer) => viewer.shadowRoot.querySelector('negatoscope-viewport')?.shown,
        ).length === 2,
      undefined,
      { timeout: 60_000 },
    );
    const [one, two] = await page.evaluate(() =>
      [...document.querySelectorAll('negatoscope-viewer')].map((viewer) =>
        viewer.shadowRoot.querySelector('.tools button').getAttribute('aria-label'),
      ),
    );
    t.equal([one, two], ['窗宽窗位', 'Window'], 'each in its own language');
    const frames = await page.evaluate(async () => {
      const [first, second] = document.querySelectorAll('negatoscope-viewer');
      const before = second.state.viewports[0].frame;
      first.shadowRoot
        .querySelector('.root')
        .dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }));
      const moved = () => first.state.viewports[0].frame > before;
      for (let tries = 0; tries < 100 && !moved(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 50));
      return [first.state.viewports[0].frame > before, second.state.viewports[0].frame === before];
    });
    t.equal(frames, [true, true], 'keys go to one of them');
  });

  await t.step('inside a shadow root; its state is kept and given back', async () => {
    const states = await page.evaluate(async () => {
      document.body.replaceChildren();
      const host = document.createElement('section');
      document.body.append(host);
      const viewer = document.createElement('negatoscope-viewer');
      viewer.style.height = '600px';
      host.attachShadow({ mode: 'open' }).append(viewer);
      const sample = new File([await (await fetch('./sample/t1-brain.zip')).blob()], 'sample.zip');
      const { studies } = await viewer.open([sample]);
      await viewer.show({ seriesUid: studies[0].series[0].uid, frame: 7 });
      await viewer.view({ zoom: 2, quarter_turns: 1, invert: true });
      await viewer.window({ center: 100, width: 200 });
      const kept = JSON.parse(JSON.stringify(viewer.state));
      await viewer.view({ zoom: 1, quarter_turns: 0, invert: false, window: null });
      await viewer.show({ seriesUid: studies[0].series[0].uid, frame: 90 });
      viewer.state = kept;
      const pane = viewer.shadowRoot.querySelector('negatoscope-viewport');
      const there = () => pane.shown.index === kept.viewports[0].frame && pane.shown.window?.width === 200;
      for (let tries = 0; tries < 200 && !there(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 50));
      return { kept, now: viewer.state, window: pane.shown.window, index: pane.shown.index };
    });
    t.equal(states.now, states.kept, 'the same state');
    t.equal([states.window, states.index], [{ center: 100, width: 200 }, 7], 'and it is painted');
    t.ok(!/Jane|Hanke/.test(JSON.stringify(states.kept)), 'without a name in it');
  });

  await t.step('removing an element ends its workers', async () => {
    const before = page.workers().length;
    await page.evaluate(() => document.body.replaceChildren());
    for (let tries = 0; tries < 100 && page.workers().length > 0; tries += 1) await page.waitForTimeout(50);
    t.ok(before >= 1 && page.workers().length === 0, `${before} workers before, ${page.workers().length} after`);
  });
}
