// A stack as a volume: three planes with a cross-hair and a picture, by mouse, keys and touch; what is refused; lines of reference; linked viewports.
import { file } from './dicom.mjs';
import { settled } from './helpers.mjs';

export const limitMs = 420_000;

const side = 48;
/** Values are a formula of the place in the patient, so that every plane can be checked anywhere. */
const hu = ([x, y, z]) => x + 2 * y - 3 * z;

/** One CT image: rows and columns of 1.5 mm along `row` and `column` from `position`. */
function image({ series, number, position, row, column, frame = '2.25.900', more = [] }) {
  const pixels = Buffer.alloc(side * side * 2);
  for (let r = 0; r < side; r += 1) {
    for (let c = 0; c < side; c += 1) {
      const at = position.map((p, axis) => p + 1.5 * (c * row[axis] + r * column[axis]));
      pixels.writeInt16LE(Math.round(hu(at)), (r * side + c) * 2);
    }
  }
  return file([
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
    [0x00080018, 'UI', `2.25.9${series}${number}`],
    [0x00080060, 'CS', 'CT'],
    [0x0008103e, 'LO', `series ${series}`],
    [0x00100010, 'PN', 'Volume'],
    [0x0020000d, 'UI', '2.25.91'],
    [0x0020000e, 'UI', `2.25.92${series}`],
    [0x00200011, 'IS', `${series}`],
    [0x00200013, 'IS', `${number}`],
    [0x00200032, 'DS', position.join('\\')],
    [0x00200037, 'DS', [...row, ...column].join('\\')],
    [0x00200052, 'UI', frame],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', side],
    [0x00280011, 'US', side],
    [0x00280030, 'DS', '1.5\\1.5'],
    [0x00280100, 'US', 16],
    [0x00280101, 'US', 16],
    [0x00280102, 'US', 15],
    [0x00280103, 'US', 1],
    [0x00281050, 'DS', '0'],
    [0x00281051, 'DS', '400'],
    [0x00281052, 'DS', '0'],
    [0x00281053, 'DS', '1'],
    [0x7fe00010, 'OW', pixels],
    ...more,
  ]);
}

const axial = Array.from({ length: 20 }, (_, n) =>
  image({ series: 1, number: n + 1, position: [-36, -36, -20 + 2 * n], row: [1, 0, 0], column: [0, 1, 0] }),
);
const sagittal = Array.from({ length: 9 }, (_, n) =>
  image({ series: 2, number: n + 1, position: [-16 + 4 * n, -36, 36], row: [0, 1, 0], column: [0, 0, -1] }),
);
/** Parallel to the first, of other distances. */
const coarse = Array.from({ length: 5 }, (_, n) =>
  image({ series: 3, number: n + 1, position: [-36, -36, -20 + 9 * n], row: [1, 0, 0], column: [0, 1, 0] }),
);

const open = (page, files) =>
  page.evaluate(
    async (texts) => {
      const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const viewer = document.querySelector('negatoscope-viewer');
      await viewer.open(texts.map((text, n) => new File([bytes(text)], `${n}.dcm`)));
    },
    files.map((one) => one.toString('base64')),
  );

/** What the viewports show. */
const panes = (page) =>
  page.evaluate(() =>
    [...document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport')].map(
      ({ shown, mpr, view, index }) => ({
        letters: shown?.letters,
        plane: shown?.plane,
        index,
        place: shown?.index,
        frames: shown?.frames,
        base: view?.base,
        kind: view?.kind,
        centre: mpr?.centre,
        turned: mpr?.turned,
        thickness: mpr?.thickness,
        slab: mpr?.slab,
        azimuth: mpr?.cast.azimuth,
        complete: shown?.complete,
        backend: shown?.backend,
      }),
    ),
  );

/** What lies under the cross-hair in each of the three planes. */
const underCross = (page) =>
  page.evaluate(async () => {
    const viewer = document.querySelector('negatoscope-viewer');
    const found = [];
    for (const [n, pane] of [...viewer.shadowRoot.querySelectorAll('negatoscope-viewport')].slice(0, 3).entries()) {
      const { plane } = pane.shown;
      const way = pane.mpr.centre.map((x, axis) => x - plane.position_mm[axis]);
      const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
      const column = Math.round(dot(way, plane.row) / plane.spacing_mm[1]);
      const row = Math.round(dot(way, plane.column) / plane.spacing_mm[0]);
      const probe = await viewer.probe(column, row, n);
      found.push({ value: probe?.modality, at: probe?.patient_mm, unit: probe?.unit });
    }
    return found;
  });

const painted = (page) =>
  page.waitForFunction(
    () => {
      const all = [...document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport')];
      return all.length === 4 && all.every(({ shown, mpr }) => mpr && shown);
    },
    undefined,
    { timeout: 60_000 },
  );

async function formula(t, page, what) {
  const found = await underCross(page);
  const good = found.every(({ value, at }) => at && Math.abs(value - hu(at)) < 1.1);
  t.ok(good && found.length === 3, `${what}: ${JSON.stringify(found.map(({ value, at }) => [value, at && hu(at)]))}`);
}

async function planes(t) {
  const page = await t.page('cpu');
  await open(page, axial);
  await settled(page);
  await page.keyboard.press('q');
  await painted(page);
  await settled(page, 800);

  let all = await panes(page);
  t.equal(
    all.map(({ base, kind }) => base || kind),
    ['axial', 'coronal', 'sagittal', 'cast'],
    'three planes and a picture',
  );
  t.equal(
    all.map(({ letters }) => letters.join('')),
    ['ALPR', 'HLFR', 'HPFA', 'HLFR'],
    'with the letters of the patient',
  );
  await formula(t, page, 'values in all planes are those of their places');
  const line = await page.evaluate(() =>
    [...document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport')].map(
      (pane) => pane.shadowRoot.querySelectorAll('.cross .seen').length,
    ),
  );
  t.equal(line, [4, 4, 4, 0], 'each plane shows the lines of the other two');
  await t.screenshot(page, 'volume-made');

  await t.step('keys', async () => {
    const before = all[0].centre;
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowDown');
    await settled(page);
    all = await panes(page);
    t.near(all[0].centre[0] - before[0], 1.5, 1e-6, 'an arrow moves the cross-hair by a voxel');
    t.near(all[0].centre[1] - before[1], 15, 1e-6, 'with Shift by ten');
    await formula(t, page, 'and the planes follow');
    for (let n = 0; n < 4; n += 1) await page.keyboard.press(']');
    await page.keyboard.press('b');
    await settled(page, 500);
    all = await panes(page);
    t.equal([all[0].thickness, all[0].slab], [2, 'minip'], 'a slab becomes thicker, and goes to the next kind');
    t.ok(/MinIP 2 mm/.test(await page.locator('.bottom-left').first().textContent()), 'which stands in the corner');
    for (let n = 0; n < 5; n += 1) await page.keyboard.press('[');
    await settled(page);
    t.equal((await panes(page))[0].thickness, 0, 'and thinner, never below nothing');
  });

  await t.step('mouse', async () => {
    const box = await page.locator('negatoscope-viewport .picture').nth(0).boundingBox();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const before = (await panes(page))[0];
    await page.mouse.move(x + 30, y + 20);
    await page.mouse.down();
    await page.mouse.move(x + 50, y + 40, { steps: 3 });
    await page.mouse.up();
    await settled(page);
    all = await panes(page);
    t.ok(
      all[0].centre[0] !== before.centre[0] && all[0].centre[1] !== before.centre[1],
      'the cross-hair goes to the pointer',
    );
    t.near(all[0].centre[2], before.centre[2], 1e-9, 'within its plane');
    await formula(t, page, 'where the values are right');
    await page.mouse.wheel(0, 100);
    await settled(page);
    const after = (await panes(page))[0];
    t.near(Math.abs(after.centre[2] - all[0].centre[2]), 2, 1e-6, 'the wheel goes along the normal, an image');
    t.ok(after.place !== all[0].place, 'and the rail follows');

    const knob = await page.locator('negatoscope-viewport').nth(0).locator('.cross circle.hold').first().boundingBox();
    const [kx, ky] = [knob.x + knob.width / 2, knob.y + knob.height / 2];
    await page.mouse.move(kx, ky);
    await page.mouse.down();
    await page.mouse.move(kx + 18, ky + 18, { steps: 4 });
    await page.mouse.up();
    await settled(page);
    all = await panes(page);
    t.ok(all[1].turned, 'a handle turns the planes');
    const [row, column] = [all[1].plane.row, all[1].plane.column];
    t.near(row[0] * column[0] + row[1] * column[1] + row[2] * column[2], 0, 1e-9, 'which stay at right angles');
    await formula(t, page, 'oblique planes have the values of their places');
    await page.screenshot();
    await t.screenshot(page, 'volume-oblique');
    await page.keyboard.press('Escape');
    await settled(page);
    t.equal((await panes(page))[1].turned, false, 'Esc puts them back');
  });

  await t.step('the ends of the volume', async () => {
    await page.keyboard.press('End');
    await settled(page);
    all = await panes(page);
    t.equal([all[0].place, all[0].frames], [19, 20], 'End is the last plane');
    const box = await page.locator('negatoscope-viewport .picture').nth(0).boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    for (let n = 0; n < 30; n += 1) await page.mouse.wheel(0, 100);
    await settled(page, 600);
    const { place: end, centre } = (await panes(page))[0];
    t.ok([0, 19].includes(end), `the wheel stays within: ${end}`);
    t.near(Math.abs(centre[2] + 1), 19, 1e-6, 'and so does the cross-hair');
    await page.mouse.wheel(0, -100);
    await settled(page);
    t.equal(Math.abs((await panes(page))[0].place - end), 1, 'so that one step back is one image back');
    await formula(t, page, 'with values in all planes');
    await page.keyboard.press('Home');
    await settled(page);
    t.equal((await panes(page))[0].place, 0, 'Home is the first plane');
    await page.keyboard.press('End');
    await page.keyboard.press('Escape');
    await settled(page);
  });

  await t.step('planes turn by keys', async () => {
    await page.keyboard.press('.');
    await page.keyboard.press('.');
    await settled(page);
    all = await panes(page);
    t.near(Math.abs(all[1].plane.row[1]), Math.sin((4 * Math.PI) / 180), 1e-6, 'two degrees each');
    t.equal(all[0].plane.row, [1, 0, 0], 'about the normal of the one that is active');
    await formula(t, page, 'with the values of their places');
    await page.keyboard.press(',');
    await page.keyboard.press(',');
    await settled(page);
    t.near(Math.abs((await panes(page))[1].plane.row[1]), 0, 1e-6, 'and back');
    await page.keyboard.press('?');
    t.ok(/turns the other two/.test(await page.locator('table.keys').textContent()), 'the table of keys says so');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await settled(page);
  });

  await t.step('a label map that comes later, and another one', async () => {
    /** A label in all voxels; what the axial plane has in its middle. */
    const laid = (label, colours) =>
      page.evaluate(
        async ([label, colours, side]) => {
          const viewer = document.querySelector('negatoscope-viewer');
          const pane = viewer.shadowRoot.querySelector('negatoscope-viewport');
          const map = { dims: [side, side, 20], names: colours.map((_, n) => `label ${n}`), colours, volumes_ml: {} };
          const overlay = { kind: 'labels', index: null, map };
          const bytes = new Uint8Array(side * side * 20).fill(label);
          const frame_set = pane.info.key;
          await pane.client.ask('done', { kind: 'overlay', frame_set, overlay: label ? overlay : null }, { bytes });
          await pane.paint();
          const [rows, columns] = pane.shown.size;
          return (await viewer.probe(columns >> 1, rows >> 1, 0)).label ?? null;
        },
        [label, colours, side],
      );
    const colours = [
      [0, 0, 0],
      [255, 0, 0],
      [0, 255, 0],
    ];
    t.equal(await laid(1, colours), 1, 'it lies over planes that are shown already');
    t.equal(await laid(2, colours), 2, 'the next one takes its place');
    t.equal(await laid(0, colours), null, 'and without one there is none');
  });

  await t.step('regions are of images', async () => {
    await page.locator('.tools .regions').click();
    await page.locator('.panel.regions .note').waitFor();
    t.ok(/images/.test(await page.locator('.panel.regions .note').textContent()), 'the panel says so');
    const code = await page.evaluate(() =>
      document
        .querySelector('negatoscope-viewer')
        .regions({ threshold: 'otsu' })
        .then(
          () => 'found',
          (error) => error.code,
        ),
    );
    t.equal(code, 'FLT-005', 'and the call, too');
    await page.locator('.tools .regions').click();
  });

  await t.step('the picture', async () => {
    const box = await page.locator('negatoscope-viewport .picture').nth(3).boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 - 60, box.y + box.height / 2 + 10, { steps: 3 });
    await page.mouse.up();
    await settled(page, 600);
    all = await panes(page);
    t.near(all[3].azimuth, 30, 1e-6, 'is turned by a drag');
    t.ok(all[3].letters[1].includes('L') && all[3].letters[1].includes('P'), `and says from where: ${all[3].letters}`);
    const presets = page.locator('.mprbar button[aria-haspopup]').first();
    await presets.click();
    await page.locator('.pop.presets img').nth(5).waitFor({ timeout: 30_000 });
    t.equal(await page.locator('.pop.presets button').count(), 6, 'presets have pictures');
    await page.locator('.pop.presets button').nth(5).click();
    await settled(page, 600);
    await t.screenshot(page, 'volume-mip');
  });

  await t.step('back to the images', async () => {
    const png = await page.evaluate(async () => (await document.querySelector('negatoscope-viewer').save('png')).size);
    t.ok(png > 500, 'a plane or picture is saved as PNG');
    await page.keyboard.press('q');
    await settled(page, 500);
    t.equal(
      (await panes(page)).map(({ kind }) => kind ?? null),
      [null],
      'the same key leaves the volume',
    );
    const probe = await page.evaluate(() => document.querySelector('negatoscope-viewer').probe(10, 10));
    t.ok(probe?.stored.length === 1, 'and images are images again');
  });
  await page.close();
}

async function refusals(t) {
  const page = await t.page('cpu');
  await open(page, axial.slice(0, 2));
  await settled(page);
  await page.keyboard.press('q');
  await page.locator('.toast').waitFor();
  t.ok(/PIX-451/.test(await page.locator('.toast').textContent()), 'two images are refused, with the reason');
  const code = await page.evaluate(() =>
    document
      .querySelector('negatoscope-viewer')
      .volume()
      .then(
        () => 'no',
        (error) => error.code,
      ),
  );
  t.equal(code, 'PIX-451', 'also by the call');
  await page.close();

  const reduced = await t.page('cpu');
  await reduced.evaluate(() => {
    document.querySelector('negatoscope-viewer').limits = '{"volume_bytes": 30000}';
  });
  await open(reduced, axial);
  const info = await reduced.evaluate(() => document.querySelector('negatoscope-viewer').volume());
  t.equal(
    [info.dims, info.remarks.map(({ code }) => code)],
    [[24, 24, 20], ['PIX-461']],
    'what does not fit is coarser, and says so',
  );
  await reduced.close();
}

async function linked(t) {
  const page = await t.page('cpu');
  await open(page, [...axial, ...sagittal, ...coarse]);
  await page.evaluate(() => {
    document.querySelector('negatoscope-viewer').layout = '1x3';
  });
  await settled(page, 600);
  const indices = async () => (await panes(page)).map(({ index }) => index);
  const before = await indices();
  const line = await page.evaluate(() =>
    [...document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport')].map(
      (pane) => pane.shadowRoot.querySelectorAll('.reference line').length,
    ),
  );
  t.equal(line, [0, 1, 0], 'the active image is a line over the one that it cuts, not over a parallel one');
  await page.keyboard.press('Shift+ArrowDown');
  await settled(page);
  t.equal((await indices())[2], before[2], 'viewports go alone at first');
  await page.keyboard.press('j');
  await page.keyboard.press('ArrowUp');
  await settled(page);
  const [first, , third] = await indices();
  t.equal(third, Math.round((2 * first) / 9), 'linked, a parallel stack goes to the same place in the patient');
  t.equal((await indices())[1], before[1], 'and one of another direction stays');
  await page.evaluate(() => document.querySelector('negatoscope-viewer').window({ center: 33, width: 222 }));
  await settled(page);
  const windows = await page.evaluate(() =>
    [...document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport')].map(
      ({ shown }) => shown.window?.center,
    ),
  );
  t.equal(windows, [33, 33, 33], 'windows too');
  await t.screenshot(page, 'volume-linked');
  await page.evaluate(() => {
    document.querySelector('negatoscope-viewer').layout = '3x3';
  });
  await settled(page, 600);
  t.equal((await panes(page)).length, 9, 'nine viewports');
  await page.close();
}

async function phone(t) {
  const page = await t.page('cpu', { phone: true, lang: 'zh-CN' });
  await open(page, axial);
  await settled(page);
  await page.evaluate(() => document.querySelector('negatoscope-viewer').volume());
  await settled(page, 800);
  t.ok(/轴位/.test(await page.locator('.bottom-left').first().textContent()), 'in Chinese');
  const small = await page.evaluate(() =>
    [...document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('.mprbar button')]
      .map((button) => button.getBoundingClientRect().height)
      .filter((height) => height < 44),
  );
  t.equal(small, [], 'buttons are large enough for fingers');
  await t.screenshot(page, 'volume-phone-zh');
  await page.close();
}

async function sample(t) {
  const page = await t.page('cpu');
  await page.getByRole('button', { name: 'Sample study' }).click();
  await page.waitForFunction(
    () => document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport')?.shown,
    undefined,
    { timeout: 60_000 },
  );
  await settled(page);
  await page.keyboard.press('q');
  await painted(page);
  await settled(page, 2500);
  await t.screenshot(page, 'volume-sample');
  for (const { complete } of await panes(page)) t.ok(complete !== undefined, 'painted');
  await page.close();
}

async function gpu(t) {
  const page = await t.page('gpu');
  await open(page, axial);
  await settled(page);
  await page.keyboard.press('q');
  await painted(page);
  await settled(page, 1500);
  const all = await panes(page);
  t.equal(
    all.map(({ backend }) => backend),
    ['gpu', 'gpu', 'gpu', 'gpu'],
    'a device paints all four',
  );
  await formula(t, page, 'values in planes that a device paints are those of their places');
  await t.screenshot(page, 'volume-gpu');
  await page.close();
}

export default async function (t) {
  await t.step('planes', () => planes(t));
  await t.step('refusals', () => refusals(t));
  await t.step('linked', () => linked(t));
  await t.step('phone', () => phone(t));
  await t.step('sample', () => sample(t));
  await t.step('gpu', () => gpu(t));
}
