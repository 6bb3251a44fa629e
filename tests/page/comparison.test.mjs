// Current beside prior, mixed, flickering, less each other, up to a curtain; pictures and series of known transforms; which prior is proposed,
// what is said of it, and what is said when there is no registration.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { file } from './dicom.mjs';
import { settled } from './helpers.mjs';

export const limitMs = 420_000;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// ---- Made images ----

/** Numbers that are always the same. */
function random(seed) {
  let s = seed >>> 0;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}

/** Smooth spots: a function of two places. */
function spots(seed, reach, count) {
  const next = random(seed);
  const all = Array.from({ length: count }, () => ({
    x: (next() - 0.5) * reach,
    y: (next() - 0.5) * reach,
    size: 3 + next() * 9,
    height: (next() - 0.35) * 900,
  }));
  return (x, y) => {
    let sum = 1500;
    for (const s of all) {
      const d = ((x - s.x) ** 2 + (y - s.y) ** 2) / s.size ** 2;
      if (d < 12) sum += s.height * Math.exp(-d);
    }
    return Math.min(Math.max(sum, 0), 4095);
  };
}

const [rows, columns] = [300, 260];

/** A film of a function of mm from its middle. */
function film({ patient, date, uid, spacing = 0.8, of, part = 'CHEST', view = 'PA', name = `Doe^${patient}` }) {
  const pixels = Buffer.alloc(rows * columns * 2);
  for (let r = 0; r < rows; r += 1)
    for (let c = 0; c < columns; c += 1) {
      const [x, y] = [(c - (columns - 1) / 2) * spacing, (r - (rows - 1) / 2) * spacing];
      pixels.writeUInt16LE(Math.round(of(x, y)), (r * columns + c) * 2);
    }
  return file([
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.1.1'],
    [0x00080018, 'UI', `2.25.70${uid}`],
    [0x00080020, 'DA', date],
    [0x00080060, 'CS', 'DX'],
    [0x00081030, 'LO', 'Thorax'],
    [0x00100010, 'PN', name],
    [0x00100020, 'LO', patient],
    [0x00180015, 'CS', part],
    [0x00185101, 'CS', view],
    [0x0020000d, 'UI', `2.25.71${uid}`],
    [0x0020000e, 'UI', `2.25.72${uid}`],
    [0x00200011, 'IS', '1'],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', rows],
    [0x00280011, 'US', columns],
    [0x00280030, 'DS', `${spacing}\\${spacing}`],
    [0x00280100, 'US', 16],
    [0x00280101, 'US', 12],
    [0x00280102, 'US', 11],
    [0x00280103, 'US', 0],
    [0x00281050, 'DS', '1500'],
    [0x00281051, 'DS', '1600'],
    [0x7fe00010, 'OW', pixels],
  ]);
}

const chest = spots(7, 230, 420);
/** The prior: turned by 4 degrees and moved by (9.6, -6.4) mm. */
const angle = (4 * Math.PI) / 180;
const there = (x, y) => {
  const [u, v] = [x - 9.6, y + 6.4];
  return chest(u * Math.cos(angle) + v * Math.sin(angle), -u * Math.sin(angle) + v * Math.cos(angle));
};
const films = [
  film({ patient: 'P1', date: '20260301', uid: 1, of: chest }),
  film({ patient: 'P1', date: '20240110', uid: 2, of: there }),
  // Pixel for pixel the current one.
  film({ patient: 'P1', date: '20200105', uid: 3, of: chest }),
  film({ patient: 'P1', date: '20250601', uid: 4, of: spots(99, 230, 400), part: 'FOOT', view: 'AP' }),
  film({ patient: 'P2', date: '20251224', uid: 5, of: chest, name: 'Roe^Other' }),
];
/** Of another thing: nothing can be found. */
const blank = film({ patient: 'P1', date: '20230101', uid: 6, of: () => 700 });

/** A head of 3 mm voxels, after a motion of the patient. */
function head(study, date, [angle, ...move]) {
  const next = random(11);
  const lumps = Array.from({ length: 60 }, () => ({
    at: [(next() - 0.5) * 120, (next() - 0.5) * 140, (next() - 0.5) * 90],
    size: 5 + next() * 11,
    height: (next() - 0.4) * 500,
  }));
  const value = (x, y, z) => {
    const shell = Math.sqrt((x / 75) ** 2 + (y / 88) ** 2 + (z / 70) ** 2);
    if (shell > 1) return -1000;
    if (shell > 0.92) return 900;
    let sum = 30;
    for (const { at, size, height } of lumps) {
      const d = ((x - at[0]) ** 2 + (y - at[1]) ** 2 + (z - at[2]) ** 2) / size ** 2;
      if (d < 9) sum += height * Math.exp(-d);
    }
    return sum;
  };
  const side = 64;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return Array.from({ length: 44 }, (_, n) => {
    const pixels = Buffer.alloc(side * side * 2);
    const z = (n - 21.5) * 3.5;
    for (let r = 0; r < side; r += 1)
      for (let c = 0; c < side; c += 1) {
        const [x, y] = [(c - 31.5) * 3.2 - move[0], (r - 31.5) * 3.2 - move[1]];
        pixels.writeInt16LE(Math.round(value(x * cos + y * sin, -x * sin + y * cos, z - move[2])), (r * side + c) * 2);
      }
    return file([
      [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
      [0x00080018, 'UI', `2.25.80${study}${n + 1}`],
      [0x00080020, 'DA', date],
      [0x00080060, 'CS', 'CT'],
      [0x0008103e, 'LO', 'Head'],
      [0x00100010, 'PN', 'Doe^Head'],
      [0x00100020, 'LO', 'H1'],
      [0x00180015, 'CS', 'HEAD'],
      [0x0020000d, 'UI', `2.25.81${study}`],
      [0x0020000e, 'UI', `2.25.82${study}`],
      [0x00200011, 'IS', '1'],
      [0x00200013, 'IS', `${n + 1}`],
      [0x00200032, 'DS', `${-31.5 * 3.2}\\${-31.5 * 3.2}\\${z}`],
      [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
      [0x00200052, 'UI', `2.25.83${study}`],
      [0x00280002, 'US', 1],
      [0x00280004, 'CS', 'MONOCHROME2'],
      [0x00280010, 'US', side],
      [0x00280011, 'US', side],
      [0x00280030, 'DS', '3.2\\3.2'],
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
  });
}

// ---- What is on the page ----

const open = (page, files) =>
  page.evaluate(
    async (texts) => {
      const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const viewer = document.querySelector('negatoscope-viewer');
      const { studies } = await viewer.open(texts.map((text, n) => new File([bytes(text)], `${n}.dcm`)));
      // By date: keys of the first stacks.
      return Object.fromEntries(
        studies.map(({ date, patient_id, series }) => [
          patient_id === 'P2' ? 'other' : date.slice(0, 4),
          { key: series[0].frame_sets[0].key, uid: series[0].uid },
        ]),
      );
    },
    files.map((one) => one.toString('base64')),
  );

const show = (page, uid, frame) =>
  page.evaluate(
    ([seriesUid, frame]) => document.querySelector('negatoscope-viewer').show({ seriesUid, frame }),
    [uid, frame],
  );

/** A call of `compare`: its state, or the code of the refusal. */
const compare = (page, wish) =>
  page.evaluate(async (wish) => {
    const viewer = document.querySelector('negatoscope-viewer');
    try {
      return { state: await viewer.compare(wish) };
    } catch (error) {
      return { code: error.code && error.name === 'StudyError' ? error.code : error.name, message: error.message };
    }
  }, wish);

const state = (page) => page.evaluate(() => document.querySelector('negatoscope-viewer').comparisonState);

const panes = (page) =>
  page.evaluate(() =>
    [...document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport')].map(
      ({ info, index, look, shown, canvasSize }) => ({
        key: info?.key,
        index,
        look,
        canvas: canvasSize,
        to_canvas: shown?.to_canvas,
        perMm: shown?.device_pixels_per_mm,
        window: shown?.window,
      }),
    ),
  );

/** Grey levels of a part of a PNG, as the browser decodes it. */
const levels = (page, base64, [left, top, width, height]) =>
  page.evaluate(
    async ([text, left, top, width, height]) => {
      const blob = new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], { type: 'image/png' });
      const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none' });
      const context = new OffscreenCanvas(width, height).getContext('2d');
      context.drawImage(bitmap, -left, -top);
      return [...context.getImageData(0, 0, width, height).data];
    },
    [base64, left, top, width, height],
  );

/** What is seen in the middle of the first viewport, free of texts. */
async function seen(page) {
  const box = await page.locator('negatoscope-viewport .picture').first().boundingBox();
  const [x, y] = [box.x + box.width / 2 - 90, box.y + box.height / 2 - 90].map(Math.round);
  const shot = await page.screenshot({ clip: { x, y, width: 180, height: 180 } });
  return levels(page, shot.toString('base64'), [0, 0, 180, 180]);
}

const apart = (a, b) => a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0);

/** Differences at places of the first viewport's image, as they stand under the pointer. */
const left = (page, places) =>
  page.evaluate(async (places) => {
    const viewer = document.querySelector('negatoscope-viewer');
    const m = viewer.shadowRoot.querySelector('negatoscope-viewport').shown.to_canvas;
    const found = [];
    for (const [c, r] of places) {
      const at = { x: m[0] * c + m[1] * r + m[2], y: m[3] * c + m[4] * r + m[5] };
      const { value } = await viewer.client.ask('probe', { kind: 'probe', viewport: 16, ...at });
      found.push(value ? [value.modality, value.unit] : null);
    }
    return found;
  }, places);

const rms = (all) => Math.sqrt(all.reduce((sum, [v]) => sum + v * v, 0) / all.length);

const grid = (from, to, step) => {
  const all = [];
  for (let r = from; r <= to; r += step) for (let c = from; c <= to; c += step) all.push([c, r]);
  return all;
};

async function nothingFound(t, page, where) {
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }),
  );
  const said = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
  t.equal(said, [], `${where}: axe-core finds nothing`);
}

const painted = (page) => settled(page, 400);
const mode = (page, name) => page.locator(`.compare [data-mode=${name}]`);

async function pictures(t) {
  const page = await t.page('cpu');
  const keys = await open(page, [...films, blank]);
  await painted(page);
  const at = (year) => keys[year].key;

  await t.step('the prior is proposed', async () => {
    await show(page, keys[2026].uid);
    await page.keyboard.press('e');
    await page.locator('.compare .relation').waitFor();
    await painted(page);
    const now = await state(page);
    t.equal([now.current, now.prior, now.mode], [at(2026), at(2024), 'side'], 'the newest of this chest, not the foot');
    t.equal(
      (await page.locator('.chip').allTextContents()).map((words) => words.replaceAll(/\s+/g, ' ')),
      ['Current 2026-03-01', 'Prior 2024-01-10'],
      'each says when it was taken',
    );
    t.ok(/Not registered/.test(await page.locator('.relation').textContent()), 'and that nothing is registered');
    await t.screenshot(page, 'compare-side');
    await nothingFound(t, page, 'side by side');
  });

  await t.step('zoom and pan go along', async () => {
    const box = await page.locator('negatoscope-viewport .picture').first().boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    await page.keyboard.press('m');
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 40, box.y + box.height / 2 - 25, { steps: 3 });
    await page.mouse.up();
    await painted(page);
    const [a, b] = await panes(page);
    t.near(a.perMm[0], b.perMm[0], 1e-6, 'ten mm are as long in both');
    t.ok(a.look.zoom > 1.4 && Math.abs(a.look.pan[0]) > 20, 'after zoom and pan');
    const middle = ({ to_canvas: m, canvas }) => [(canvas[0] / 2 - m[2]) / m[0], (canvas[1] / 2 - m[5]) / m[4]];
    t.ok(apart(middle(a), middle(b)) < 0.6, `the same pixel in the middle: ${middle(a)} ${middle(b)}`);
    await page.keyboard.press('Escape');
    await page.keyboard.press('w');
    await painted(page);
  });

  await t.step('registered by key points', async () => {
    await page.locator('.compare .register').click();
    await page.waitForFunction(
      () => document.querySelector('negatoscope-viewer').comparisonState?.relation.kind === 'points',
      undefined,
      { timeout: 60_000 },
    );
    await painted(page);
    const { relation } = await state(page);
    const { found } = relation;
    t.near(found.rotation_degrees, 4, 0.1, 'the turn is found');
    t.near(found.scale, 1, 0.005, 'nothing is larger');
    // The middle of the current image is 9.6 mm right and 6.4 mm up in the prior: pixels of 0.8 mm.
    const [u, v] = [0, 1].map(
      (n) => found.a_to_b_px[n][0] * 129.5 + found.a_to_b_px[n][1] * 149.5 + found.a_to_b_px[n][2],
    );
    t.ok(Math.hypot(u - 129.5 - 12, v - 149.5 + 8) < 0.3, `the move is found: ${u - 129.5}, ${v - 149.5}`);
    const words = await page.locator('.relation').textContent();
    t.ok(/Registered by \d+ of \d+ key points, residual 0\.\d+ mm/.test(words), words);
    const lines = await page.locator('svg.matches line').count();
    t.ok(lines >= 20, `${lines} lines between the pictures`);
    await t.screenshot(page, 'compare-matches');
    await page.locator('.compare .check input').uncheck();
    t.equal(await page.locator('svg.matches line').count(), 0, 'which can be hidden');
    const m = found.a_to_b_px;
    const middle = ({ to_canvas: m, canvas }) => [(canvas[0] / 2 - m[2]) / m[0], (canvas[1] / 2 - m[5]) / m[4]];
    let off = Infinity;
    // The bar has changed its height, and the pictures their size: both are painted again, and the prior once more.
    for (let n = 0; n < 20 && off >= 0.6; n += 1) {
      await painted(page);
      const [a, b] = await panes(page);
      const [x, y] = middle(a);
      off = apart(
        [0, 1].map((n) => m[n][0] * x + m[n][1] * y + m[n][2]),
        middle(b),
      );
    }
    t.ok(off < 0.6, `both show the same place in the middle: ${off.toFixed(2)} pixels`);
  });

  await t.step('the difference is near zero where nothing has changed', async () => {
    await mode(page, 'difference').click();
    await painted(page);
    await page.locator('.legend.left').waitFor();
    const places = grid(60, 200, 7);
    const registered = await left(page, places);
    t.ok(registered.every(Boolean), 'it has a value everywhere in the middle');
    t.ok(rms(registered) < 2, `registered: ${rms(registered).toFixed(2)} grey levels`);
    t.equal(registered[0]?.[1], '', 'levels have no unit');
    t.ok(/grey levels/.test(await page.locator('.legend.left').textContent()), 'which the legend says');
    await t.screenshot(page, 'compare-difference');
    await nothingFound(t, page, 'difference');
    await page.locator('.compare .forget').click();
    await painted(page);
    const not = await left(page, places);
    t.ok(rms(not) > 15, `not registered: ${rms(not).toFixed(2)} grey levels`);
    await t.screenshot(page, 'compare-difference-unregistered');
    const box = await page.locator('negatoscope-viewport .picture').first().boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.move(box.x + box.width / 2 + 4, box.y + box.height / 2 + 3);
    await page.locator('negatoscope-viewport .probe').first().waitFor();
    await painted(page);
    t.ok(
      /Δ [+−]?[\d.]+ grey levels/.test(await page.locator('.probe').first().textContent()),
      'and stands under the pointer',
    );
  });

  await t.step('a blend ends in both pictures', async () => {
    // The two as they are alone, at the same size.
    await compare(page, null);
    await page.evaluate(() => {
      document.querySelector('negatoscope-viewer').layout = '1';
    });
    await show(page, keys[2026].uid);
    await page.keyboard.press('Escape');
    await page.keyboard.press('e');
    await compare(page, { prior: at(2024), mode: 'curtain', share: 0 });
    await painted(page);
    const current = await seen(page);
    await compare(page, { mode: 'blend', share: 0 });
    await painted(page);
    t.equal(apart(await seen(page), current), 0, 'all of the current one');
    await compare(page, { share: 1 });
    await painted(page);
    const prior = await seen(page);
    t.ok(apart(prior, current) > 30, 'all of the prior, which is another picture');
    await compare(page, { share: 0.5 });
    await painted(page);
    const both = await seen(page);
    const mean = current.map((v, i) => (v + prior[i]) / 2);
    t.ok(apart(both, mean) <= 1.5, `in the middle the mean of both: ${apart(both, mean)}`);
    await t.screenshot(page, 'compare-blend');
    await nothingFound(t, page, 'blend');
    // Alone, the prior looks the same: same size, same spacing, middle on middle.
    await compare(page, { share: 1 });
    await painted(page);
    const laid = await seen(page);
    await compare(page, null);
    await show(page, keys[2024].uid);
    await page.keyboard.press('Escape');
    await compare(page, { current: at(2024), prior: at(2020), mode: 'blend', share: 0 });
    await painted(page);
    t.equal(apart(await seen(page), laid), 0, 'the prior in its place is the prior alone, pixel by pixel');
    await compare(page, { current: at(2026), prior: at(2020), mode: 'difference' });
    await painted(page);
    const none = await left(page, grid(5, 255, 25));
    t.ok(
      none.every((one) => one?.[0] === 0),
      'a copy leaves nothing',
    );
  });

  await t.step('flicker never beyond three changes a second', async () => {
    await compare(page, { prior: at(2024), mode: 'flicker', rate: 50 });
    t.equal((await state(page)).rate, 3, 'whatever is asked for');
    const changes = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      const over = viewer.shadowRoot.querySelector('negatoscope-viewport').shadowRoot.querySelector('negatoscope-over');
      let [count, last] = [0, over.style.opacity];
      const end = performance.now() + 2500;
      while (performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        if (over.style.opacity !== last) count += 1;
        last = over.style.opacity;
      }
      return count;
    });
    t.ok(changes >= 4 && changes <= 8, `${changes} changes in 2.5 s`);
    await page.locator('negatoscope-viewport').first().click();
    await page.keyboard.press('f');
    const first = await state(page);
    t.ok(first.paused, 'F stops it');
    await page.keyboard.press('f');
    const second = await state(page);
    t.ok(second.paused && second.front !== first.front, 'and again shows the other one');
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await mode(page, 'blend').click();
    await mode(page, 'flicker').click();
    await painted(page);
    t.ok((await state(page)).paused, 'it does not begin where less motion is wished for');
    await nothingFound(t, page, 'flicker');
    await page.emulateMedia({ reducedMotion: 'no-preference' });
  });

  await t.step('a curtain', async () => {
    await compare(page, { mode: 'curtain', share: 0.5 });
    await painted(page);
    const box = await page.locator('negatoscope-viewport .picture').first().boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 3);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 4, box.y + box.height / 3, { steps: 4 });
    await page.mouse.up();
    t.near((await state(page)).share, 0.75, 0.01, 'is drawn by its edge');
    await t.screenshot(page, 'compare-curtain');
  });

  await t.step('what cannot be registered says so, and stays', async () => {
    await compare(page, { prior: at(2023), mode: 'blend' });
    const before = await state(page);
    await page.locator('.compare .register').click();
    await page.locator('.said .failed').waitFor({ timeout: 60_000 });
    const words = await page.locator('.said .failed').textContent();
    t.ok(/REG-00[2-4]/.test(words) && words.length > 40, words);
    t.equal((await state(page)).relation, before.relation, 'the view is as it was');
    await t.screenshot(page, 'compare-failed');
    await nothingFound(t, page, 'a failure');
    const { code } = await compare(page, { register: 'points' });
    t.ok(/^REG-00[2-4]$/.test(code), `the call rejects: ${code}`);
    t.equal((await compare(page, { prior: 9999 })).code, 'RangeError', 'so it does for a stack that is not there');
  });

  await t.step('another patient is said', async () => {
    await page.locator('.compare .prior').click();
    const list = page.locator('.pop.priors');
    await list.waitFor();
    t.equal(
      await list.locator('h3').allTextContents(),
      ['Earlier, and it fits', 'Others of this patient', 'Other patients'],
      'in groups',
    );
    t.equal(await list.locator('button').count(), 5, 'all others');
    await t.screenshot(page, 'compare-priors');
    await nothingFound(t, page, 'the list of priors');
    await list.locator('button').first().focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await painted(page);
    const now = await state(page);
    t.equal([now.prior, now.patient], [at('other'), 'other'], 'chosen by keys');
    const warned = page.locator('.said .foreign');
    t.ok(
      /another patient/.test(await warned.textContent()) && (await warned.getAttribute('role')) === 'alert',
      'there is a warning',
    );
    await t.screenshot(page, 'compare-other-patient');
    await page.locator('.compare .shut').click();
    await painted(page);
    t.equal(await state(page), null, 'the comparison ends');
  });

  await t.step('layout and images come back', async () => {
    await page.evaluate(() => {
      document.querySelector('negatoscope-viewer').layout = '2x2';
    });
    await painted(page);
    const before = (await panes(page)).map(({ key }) => key);
    t.equal(before.length, 4, 'four');
    await compare(page, { mode: 'blend' });
    t.equal((await panes(page)).length, 1, 'one');
    await compare(page, null);
    await painted(page);
    t.equal(
      (await panes(page)).map(({ key }) => key),
      before,
      'the four of before',
    );
  });
}

async function series(t) {
  const page = await t.page('cpu');
  const keys = await open(page, [...head(1, '20260301', [0, 0, 0, 0]), ...head(2, '20230405', [0.09, 9, -7, 8])]);
  await show(page, keys[2026].uid, 22);
  await page.keyboard.press('e');
  await painted(page);
  t.equal((await state(page)).prior, keys[2023].key, 'the prior series is proposed');

  await t.step('registered in space, with progress', async () => {
    await page.locator('.compare .register').click();
    await page.locator('.said progress').waitFor();
    await page.waitForFunction(
      () => document.querySelector('negatoscope-viewer').comparisonState?.relation.kind === 'volume',
      undefined,
      { timeout: 120_000 },
    );
    await painted(page);
    const { found } = (await state(page)).relation;
    // The prior's places → the current ones: turned back by 0.09, after the move is taken back.
    const [cos, sin] = [Math.cos(0.09), Math.sin(0.09)];
    const worst = Math.max(
      ...[
        [40, 30, 20],
        [-50, 10, -30],
        [10, -60, 35],
      ].map((p) => {
        const was = [p[0] * cos - p[1] * sin + 9, p[0] * sin + p[1] * cos - 7, p[2] + 8];
        const is = found.b_to_a.slice(0, 3).map((row) => row[0] * was[0] + row[1] * was[1] + row[2] * was[2] + row[3]);
        return Math.hypot(is[0] - p[0], is[1] - p[1], is[2] - p[2]);
      }),
    );
    t.ok(worst < 1.6, `places are found again within half a voxel: ${worst.toFixed(2)} mm`);
    const words = await page.locator('.relation').textContent();
    t.ok(/Registered in space: repeated within [\d.]+ mm and [\d.]+°, \d+ % overlap/.test(words), words);
    await t.screenshot(page, 'compare-series');
  });

  await t.step('both scroll by the place in the patient', async () => {
    await page.evaluate(() =>
      document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').setIndex(14),
    );
    await painted(page);
    const [a, b] = await panes(page);
    // 8 mm further up is two images of 3.5 mm and a bit.
    t.equal([a.index, b.index], [14, 16], 'the prior goes along');
    await page.evaluate(() =>
      document
        .querySelector('negatoscope-viewer')
        .shadowRoot.querySelectorAll('negatoscope-viewport')[1]
        .dispatchEvent(new CustomEvent('pane-select', { detail: 1, bubbles: true })),
    );
    await page.keyboard.press('ArrowDown');
    await painted(page);
    t.equal(
      (await panes(page)).map(({ index }) => index),
      [15, 17],
      'and leads when it is chosen',
    );
  });

  await t.step('difference in HU, and the window', async () => {
    await mode(page, 'difference').click();
    await page.locator('.legend.left').waitFor({ timeout: 60_000 });
    await painted(page);
    const inner = grid(26, 38, 2);
    const registered = await left(page, inner);
    t.ok(
      registered.every((one) => one?.[1] === 'HU'),
      'values have their unit',
    );
    t.ok(/HU/.test(await page.locator('.legend.left').textContent()), 'and so has the legend');
    await t.screenshot(page, 'compare-series-difference');
    const before = rms(registered);
    await compare(page, { mode: 'blend' });
    await page.locator('.compare .forget').click();
    await mode(page, 'difference').click();
    await painted(page);
    const not = rms(await left(page, inner));
    t.ok(before < 12 && not > 3 * before, `registered ${before.toFixed(1)} HU, not registered ${not.toFixed(1)} HU`);
  });

  await t.step('given up', async () => {
    await mode(page, 'side').click();
    await page.locator('.compare .register').click();
    await page.locator('.said button').click();
    await painted(page);
    t.equal(await page.locator('.said progress').count(), 0, 'nothing goes on');
    t.equal((await state(page)).relation.kind, 'middle', 'nothing was found');
  });
}

async function elsewhere(t) {
  for (const [name, options] of [
    ['zh', { lang: 'zh-CN' }],
    ['phone', { phone: true }],
    ['phone-zh', { phone: true, lang: 'zh-CN' }],
  ]) {
    const page = await t.page('cpu', options);
    const keys = await open(page, films);
    await show(page, keys[2026].uid);
    const { state: first } = await compare(page, { register: 'points' });
    t.equal(first?.relation.kind, 'points', `${name}: registered`);
    await painted(page);
    await t.screenshot(page, `compare-${name}-side`);
    await compare(page, { mode: 'difference' });
    await painted(page);
    await t.screenshot(page, `compare-${name}-difference`);
    await nothingFound(t, page, name);
    await page.locator('.compare .prior').click();
    await page.locator('.pop.priors').waitFor();
    await t.screenshot(page, `compare-${name}-priors`);
    if (options.lang)
      t.ok(
        !/[A-Za-z]{4,}/.test((await page.locator('.said').textContent()).replaceAll(/REG-\d+/g, '')),
        'no English words',
      );
    await page.close();
  }
}

export default async function (t) {
  await pictures(t);
  await series(t);
  await elsewhere(t);
}
