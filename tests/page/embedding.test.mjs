// Inside of other people's pages: no isolation, styles that hit everything, one study after another, thousands of files, few workers.
import { file } from './dicom.mjs';
import { settled } from './helpers.mjs';

export const limitMs = 240_000;

const SAMPLE = './sample/t1-brain.zip';
const pane = (page) => page.locator('negatoscope-viewport').first();
const picture = (page) =>
  page.waitForFunction(
    () => document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport')?.shown,
    undefined,
    { timeout: 60_000 },
  );
const patient = (page) => pane(page).locator('.top-left').textContent();

/** A made CT slice of 16 × 16: patient, study, number, position. */
const slice = (who, study, number, side = 16) =>
  file([
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
    [0x00080018, 'UI', `2.25.${study}.${number + 10}`],
    [0x00080060, 'CS', 'CT'],
    [0x00100010, 'PN', who],
    [0x00100020, 'LO', who],
    [0x0020000d, 'UI', `2.25.${study}.1`],
    [0x0020000e, 'UI', `2.25.${study}.2`],
    [0x00200013, 'IS', String(number + 1)],
    [0x00200032, 'DS', `0\\0\\${number}`],
    [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', side],
    [0x00280011, 'US', side],
    [0x00280030, 'DS', '1\\1'],
    [0x00280100, 'US', 16],
    [0x00280101, 'US', 16],
    [0x00280102, 'US', 15],
    [0x00280103, 'US', 0],
    [0x7fe00010, 'OW', Buffer.from(Uint16Array.from({ length: side * side }, (_, i) => i + number).buffer)],
  ]);

/** Opens files made here, by the element's own call. */
const open = (page, files) =>
  page.evaluate(
    (texts) =>
      document.querySelector('negatoscope-viewer').open(
        texts.map((text, i) => {
          const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          return new File([bytes], `${i}.dcm`);
        }),
      ),
    files.map((bytes) => bytes.toString('base64')),
  );

/** Opens `count` copies of a slice at places of their own, made in the page: they share the bytes of their pixels. Gives the frames of the stack. */
const many = (page, bytes, count) =>
  page.evaluate(
    async ([text, files]) => {
      const whole = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const encoder = new TextEncoder();
      const find = (what) => {
        const wanted = encoder.encode(what);
        const at = whole.findIndex((_, from) => wanted.every((b, i) => whole[from + i] === b));
        if (at < 0) throw new Error(`no ${what}`);
        return at;
      };
      // Only what tells slices apart is written anew: the last digits of the instance, and the position in another length.
      const number = whole.findIndex((b, at) => b === 0x08 && whole[at + 2] === 0x18 && whole[at + 4] === 0x55);
      const length = whole[number + 6];
      const place = find('0\\0\\0');
      const rest = new Blob([whole.slice(place + 6)]);
      const list = Array.from({ length: files }, (_, i) => {
        const head = whole.slice(0, place);
        head.set(encoder.encode(`2.25.${i + 1}`.padEnd(length, '0')), number + 8);
        const position = encoder.encode(`0\\0\\${String(i).padStart(6, '0')}`);
        head[place - 2] = position.length;
        return new File([head, position, rest], `${i}.dcm`);
      });
      const report = await document.querySelector('negatoscope-viewer').open(list);
      return report.studies[0].series[0].frame_sets[0].frames;
    },
    [bytes.toString('base64'), count],
  );

export default async function (t) {
  await t.step('a page without isolation', async () => {
    const page = await t.page('cpu', { load: false });
    await page.route('**/*', async (route) => {
      const response = await route.fetch();
      const kept = Object.entries(response.headers()).filter(([name]) => !name.startsWith('cross-origin'));
      await route.fulfill({ response, headers: Object.fromEntries(kept) });
    });
    await page.goto(t.url);
    t.equal(
      await page.evaluate(() => [crossOriginIsolated, typeof SharedArrayBuffer]),
      [false, 'undefined'],
      'there is no shared memory',
    );
    await page.evaluate((src) => document.querySelector('negatoscope-viewer').setAttribute('src', src), SAMPLE);
    await picture(page);
    await page.evaluate(() => document.querySelector('negatoscope-viewer').window({ center: 100, width: 150 }));
    t.ok((await patient(page)).length > 0, 'a study opens and is windowed all the same');
  });

  await t.step('styles of the page around', async () => {
    const page = await t.page('cpu');
    const boxes = async () => {
      await page.evaluate((src) => {
        document.body.replaceChildren();
        const viewer = document.createElement('negatoscope-viewer');
        viewer.setAttribute('src', src);
        viewer.style.cssText = 'height: 600px; width: 900px; position: absolute; left: 0; top: 0';
        document.body.append(viewer);
      }, SAMPLE);
      await picture(page);
      await settled(page);
      return page.evaluate(() => {
        const inner = document.querySelector('negatoscope-viewer').shadowRoot;
        const of = (one) => {
          const { left, top, width, height } = one.getBoundingClientRect();
          return [left, top, width, height].map(Math.round);
        };
        const all = [...inner.querySelectorAll('button, header, canvas, negatoscope-viewport, .tools')];
        return all.map((one) => [one.tagName, ...of(one), getComputedStyle(one).color, getComputedStyle(one).fontSize]);
      });
    };
    const plain = await boxes();
    t.ok(plain.length > 5, `${plain.length} parts are looked at`);
    await page.evaluate(
      (rules) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(rules);
        document.adoptedStyleSheets = [sheet];
      },
      `* { color: lime; font: italic 31px/3 serif; letter-spacing: 9px; text-transform: uppercase; visibility: visible }
      button, canvas, div, svg, span, header, input { display: none !important; margin: 7px; transform: rotate(20deg); width: 3px }`,
    );
    t.equal(await boxes(), plain, 'change nothing inside');
  });

  await t.step('one study after another', async () => {
    const page = await t.page('cpu');
    await open(
      page,
      [0, 1, 2].map((n) => slice('First^Patient', 71, n)),
    );
    await picture(page);
    t.ok(/First/.test(await patient(page)), 'the first is there');
    // Both at once: the second call is the one that counts.
    const other = [0, 1, 2, 3].map((n) => slice('Second^Patient', 72, n));
    await open(page, other);
    await page.waitForFunction(() =>
      /Second/.test(
        document
          .querySelector('negatoscope-viewer')
          .shadowRoot.querySelector('negatoscope-viewport')
          .shadowRoot.querySelector('.top-left').textContent,
      ),
    );
    await settled(page);
    const frames = await page.evaluate(
      () => document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').info.frames,
    );
    t.equal(frames, 4, 'the second has its own frames');
    t.ok(!/First/.test(await patient(page)), 'and nothing of the first');
  });

  await t.step('2,500 files', async () => {
    const page = await t.page('cpu');
    t.equal(await many(page, slice('Many^Files', 73, 0), 2500), 2500, 'are one stack');
    await picture(page);
    const workers = page.workers().map((worker) => worker.url());
    const cores = await page.evaluate(() => navigator.hardwareConcurrency);
    t.ok(
      workers.length <= 2 + Math.min(Math.max(cores - 1, 1), 6),
      `${workers.length} workers on ${cores} cores, not one a file`,
    );
  });

  await t.step('a series larger than the cache', async () => {
    const page = await t.page('cpu');
    t.equal(await many(page, slice('Large^Series', 75, 0, 512), 500), 500, '500 slices of half a megabyte');
    await picture(page);
    const shown = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      const { seriesUid, info } = viewer.shadowRoot.querySelector('negatoscope-viewport');
      let count = 0;
      for (let frame = 0; frame < info.frames; frame += 1) {
        const { index } = await viewer.show({ seriesUid, frame });
        if (index === frame) count += 1;
      }
      return count;
    });
    t.equal(shown, 500, 'every one is shown');
    const { renderer } = await t.peaks();
    if (renderer) t.ok(renderer < 600e6, `within ${(renderer / 1e6).toFixed(0)} MB`);
  });

  await t.step('colours of a file, on the canvas', async () => {
    const page = await t.page('cpu');
    const words = (...values) => Buffer.from(Uint16Array.from(values).buffer);
    const table = (tag, value) => [
      [tag, 'US', [2, 0, 16]],
      [tag + 0x100, 'OW', words(0, value << 8)],
    ];
    const cases = {
      RGB: [3, [200, 40, 10], 0, [], [200, 40, 10]],
      'RGB, by plane': [3, [200, 40, 10], 1, [], [200, 40, 10], 'RGB'],
      YBR_FULL: [3, [76, 85, 255], 0, [], [254, 0, 0]],
      'PALETTE COLOR': [
        1,
        [1],
        0,
        [0x00281101, 0x00281102, 0x00281103].flatMap((tag, i) => table(tag, [12, 130, 250][i])),
        [12, 130, 250],
      ],
    };
    for (const [name, [samples, pixel, planar, more, expected, term = name]] of Object.entries(cases)) {
      const side = 16;
      const at = (i) => (planar ? pixel[Math.floor(i / (side * side))] : pixel[i % samples]);
      const bytes = file([
        [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'],
        [0x00080018, 'UI', '2.25.74.1'],
        [0x00080060, 'CS', 'OT'],
        [0x00100010, 'PN', 'Colour'],
        [0x0020000d, 'UI', '2.25.74.2'],
        [0x0020000e, 'UI', '2.25.74.3'],
        [0x00280002, 'US', samples],
        [0x00280004, 'CS', term],
        ...(samples === 3 ? [[0x00280006, 'US', planar]] : []),
        [0x00280010, 'US', side],
        [0x00280011, 'US', side],
        [0x00280100, 'US', 8],
        [0x00280101, 'US', 8],
        [0x00280102, 'US', 7],
        [0x00280103, 'US', 0],
        ...more,
        [0x7fe00010, 'OB', Buffer.from(Uint8Array.from({ length: side * side * samples }, (_, i) => at(i)))],
      ]);
      await open(page, [bytes]);
      await picture(page);
      await settled(page);
      const box = await pane(page).boundingBox();
      const clip = { x: box.x + box.width / 2 - 8, y: box.y + box.height / 2 - 8, width: 4, height: 4 };
      const shot = (await page.screenshot({ clip })).toString('base64');
      const seen = await page.evaluate(async (text) => {
        const png = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([png], { type: 'image/png' }));
        const context = new OffscreenCanvas(4, 4).getContext('2d');
        context.drawImage(bitmap, 0, 0);
        return [...context.getImageData(1, 1, 1, 1).data].slice(0, 3);
      }, shot);
      t.equal(seen, expected, name);
    }
  });
}
