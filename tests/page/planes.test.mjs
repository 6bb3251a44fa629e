// Measuring on the planes of a volume: values against a formula of the place in the patient, where a mark shows and where not, the keyboard,
// the list, files that are written and read back, sessions.
import { settled } from './helpers.mjs';
import { all, count, drawn, hu, inPatient, open, painted, place, saved, stack } from './made-stack.mjs';

export const limitMs = 420_000;

const words = (page, n) =>
  page.evaluate((n) => {
    const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport')[n];
    return [...pane.shadowRoot.querySelectorAll('.measures .words')].map((one) => one.textContent.trim());
  }, n);
const value = (one, name) => one.values.find((v) => v.name === name)?.value;
const away = (a, b) => Math.hypot(...a.map((v, i) => v - b[i]));

export default async function (t) {
  const files = stack();
  const page = await t.page('cpu');
  await open(page, files);
  await settled(page);
  await page.keyboard.press('q');
  await painted(page);
  await settled(page, 600);
  const drag = async (n, from, to) => {
    await page.mouse.move(...(await place(page, n, ...from)));
    await page.mouse.down();
    await page.mouse.move(...(await place(page, n, ...to)), { steps: 5 });
    await page.mouse.up();
  };

  await t.step('a length on the coronal plane, over the cross-hair', async () => {
    await page.keyboard.press('d');
    await drag(1, [10, 8], [38, 20]);
    await count(page, 1);
    const [one] = await all(page);
    const [a, b] = one.points.map((point) => inPatient(one.plane, point));
    t.equal([one.plane.base, one.spacing.from, one.values[0].unit], ['coronal', 'reformatted', 'mm'], 'it says so');
    t.near(value(one, 'length'), away(a, b), 1e-6, 'is the distance in the patient');
    t.near(value(one, 'length'), Math.hypot(28 * 1.5, 12 * 1.5), 1.2, 'to the pixel of the pointer');
    const [label] = await words(page, 1);
    t.ok(/mm \(reformatted\)/.test(label), `the label says where it comes from: ${label}`);
    t.equal([(await drawn(page, 0)).length, (await drawn(page, 2)).length], [0, 0], 'other planes do not show it');
  });

  await t.step('a rectangle on the sagittal plane has the values of its places', async () => {
    await page.keyboard.press('Shift+R');
    await drag(2, [20, 8], [30, 18]);
    await count(page, 2);
    const one = (await all(page))[1];
    const [[x0, y0], [x1, y1]] = one.points;
    const middle = inPatient(one.plane, [(x0 + x1) / 2, (y0 + y1) / 2]);
    const [s] = one.statistics;
    t.ok(s.count > 60 && s.unit === 'HU', `${s.count} samples`);
    t.near(s.mean, hu(middle), 4, `mean ${s.mean} at ${middle.map((v) => v.toFixed(1))}`);
    const corners = [
      [x0, y0],
      [x1, y0],
      [x0, y1],
      [x1, y1],
    ].map((at) => hu(inPatient(one.plane, at)));
    t.ok(
      s.min >= Math.min(...corners) - 4 && s.max <= Math.max(...corners) + 4,
      'and its ends are those of its corners',
    );
    t.near(value(one, 'area'), (x1 - x0) * (y1 - y0) * 2.25, 1e-6, 'mm² by the spacing of the plane');
  });
  await t.screenshot(page, 'planes-marks');

  await t.step('a mark shows on its plane only, and comes back with it', async () => {
    const [x, y] = await place(page, 1, 24, 12);
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, 100);
    await settled(page, 400);
    t.equal(await drawn(page, 1), [], 'gone on the next plane');
    await page.mouse.wheel(0, -100);
    await settled(page, 400);
    t.equal(await drawn(page, 1), ['length'], 'there again');
    await page.evaluate(() => {
      const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport')[0];
      pane.mpr.turn('axial', 0.5);
    });
    await settled(page, 500);
    t.equal(await drawn(page, 1), [], 'gone on a turned plane');
    await page.evaluate(() => {
      const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport')[0];
      pane.mpr.turn('axial', -0.5);
    });
    await settled(page, 500);
    t.equal(await drawn(page, 1), ['length'], 'and there when it is turned back');
  });

  await t.step('on an oblique plane too', async () => {
    await page.evaluate(() => {
      const viewer = document.querySelector('negatoscope-viewer');
      const pane = viewer.shadowRoot.querySelectorAll('negatoscope-viewport')[0];
      pane.mpr.turn('coronal', 0.4);
    });
    await settled(page, 500);
    await page.keyboard.press('Shift+V');
    await page.mouse.click(...(await place(page, 0, 30, 20)));
    await count(page, 3);
    const one = (await all(page))[2];
    const at = inPatient(one.plane, one.points[0]);
    t.near(one.statistics[0].mean, hu(at), 1.5, `the value at ${at.map((v) => v.toFixed(1))}`);
    t.ok(Math.abs(one.plane.row[2]) > 0.3, 'its plane leans');
    t.ok(/reformatted/.test((await words(page, 0)).join()), 'and the label says so');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.evaluate(() =>
      document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').mpr.reset(),
    );
    await settled(page, 500);
  });

  await t.step('by keys alone', async () => {
    await page.keyboard.press('d');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    for (let n = 0; n < 4; n += 1) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await count(page, 4);
    const one = (await all(page))[3];
    t.near(value(one, 'length'), 4 * one.plane.spacing_mm[1], 1e-9, 'four pixels of the plane');
    const said = await page.locator('negatoscope-viewer .live').textContent();
    t.ok(/Length.*reformatted/.test(said), `it is said: ${said}`);
    await page.keyboard.press('Escape');
  });

  await t.step('the list names the plane, and goes to it from the images', async () => {
    await page.keyboard.press('q');
    await settled(page, 500);
    t.equal(await drawn(page, 0), [], 'on images there is no mark of a plane');
    await page.keyboard.press('Shift+D');
    const list = page.locator('negatoscope-measures');
    await list.waitFor();
    const rows = await list.locator('.go').allTextContents();
    t.ok(/Coronal/.test(rows[0]) && /Sagittal/.test(rows[1]) && /Oblique \(Axial\)/.test(rows[2]), rows.join(' | '));
    await list.locator('.go').nth(2).click();
    await painted(page);
    await settled(page, 700);
    t.equal(await drawn(page, 0), ['probe'], 'the volume opens with the oblique plane');
    await list.locator('.go').nth(1).click();
    await settled(page, 700);
    t.equal(await drawn(page, 2), ['rectangle'], 'and the other one');
    const details = await list.locator('.details').textContent();
    t.ok(/interpolated between voxels/.test(details), 'with what its values are');
    await t.screenshot(page, 'planes-list');
    await page.keyboard.press('Shift+D');
  });

  await t.step('files: coordinates in the patient, and nothing that claims an image', async () => {
    const report = await saved(page, 'sr');
    const bytes = Buffer.from(report, 'base64');
    const times = (word) => bytes.toString('latin1').split(word).length - 1;
    t.ok(times('SCOORD3D') >= 4 && times('SCOORD3D') === times('SCOORD'), `${times('SCOORD3D')} × SCOORD3D`);
    const table = Buffer.from(await saved(page, 'csv'), 'base64').toString('utf8');
    t.ok(
      /plane coronal; position/.test(table) && !/2\.25\.981\.1\./.test(table),
      'the table names the plane and no image',
    );
    await page.keyboard.press('Shift+D');
    const list = page.locator('negatoscope-measures');
    await list.locator('.files summary').click();
    await list.locator('[data-form=gsps]').click();
    const toast = await page.locator('.toast').textContent();
    t.ok(/Left out.*Length/.test(toast), `a presentation state can't hold them: ${toast}`);

    const before = await all(page);
    const other = await t.page('cpu');
    await open(other, files, [report]);
    await count(other, 4);
    const after = await all(other);
    const same = (a, b) => a.uid === b.uid && JSON.stringify(a.plane) === JSON.stringify(b.plane);
    t.ok(
      before.every((one) => after.some((two) => same(one, two))),
      'all come back from the report, on their planes',
    );
    await settled(other);
    await other.keyboard.press('q');
    await painted(other);
    await settled(other, 700);
    t.ok((await drawn(other, 1)).includes('length'), 'and are drawn where they were');
    await other.close();
  });

  await t.step('a session', async () => {
    const state = await page.evaluate(() => document.querySelector('negatoscope-viewer').state);
    const other = await t.page('cpu');
    await open(other, files);
    await other.evaluate(
      (state) => {
        document.querySelector('negatoscope-viewer').state = state;
      },
      { ...state, viewports: [] },
    );
    await count(other, 4);
    await settled(other, 600);
    await other.evaluate(() => document.querySelector('negatoscope-viewer').volume());
    await settled(other, 600);
    const [length] = await all(other);
    t.near(value(length, 'length') ?? 0, value((await all(page))[0], 'length'), 1e-9, 'values come with the volume');
    await other.close();
  });
  await page.close();

  await t.step('on a phone, in Chinese, by finger', async () => {
    const phone = await t.page('cpu', { phone: true, lang: 'zh-CN' });
    await open(phone, files);
    await settled(phone);
    await phone.evaluate(() => document.querySelector('negatoscope-viewer').volume());
    await settled(phone, 800);
    await phone.locator('.dock [data-menu=measure]').click();
    await phone.locator('.panel [data-kind=length]').click();
    for (const at of [
      [12, 10],
      [36, 14],
    ]) {
      const [x, y] = await place(phone, 1, ...at);
      await phone.touchscreen.tap(x, y);
    }
    await count(phone, 1);
    t.ok(/重组平面/.test((await words(phone, 1)).join()), 'a length with its words');
    await t.screenshot(phone, 'planes-phone-zh');
    await phone.close();
  });
}
