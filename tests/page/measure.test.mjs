// Measuring on the page: by mouse, by finger, by keys; exact values and where their spacing comes from; undoing, the list, files and sessions.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { file } from './dicom.mjs';
import { settled } from './helpers.mjs';

export const limitMs = 420_000;

const side = 64;
const words = Buffer.from(
  Uint16Array.from({ length: side * side }, (_, i) => Math.floor(i / side) * 10 + (i % side)).buffer,
);
const picture = (modality, more, n = 1) =>
  file([
    [0x00080016, 'UI', modality === 'CT' ? '1.2.840.10008.5.1.4.1.1.2' : '1.2.840.10008.5.1.4.1.1.6.1'],
    [0x00080018, 'UI', `2.25.900${n}`],
    [0x00080060, 'CS', modality],
    [0x00100010, 'PN', 'Doe^Jane'],
    [0x00100020, 'LO', 'P1'],
    [0x0020000d, 'UI', '2.25.901'],
    [0x0020000e, 'UI', '2.25.902'],
    [0x00200011, 'IS', 4],
    [0x00200013, 'IS', n],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', side],
    [0x00280011, 'US', side],
    [0x00280100, 'US', 16],
    [0x00280101, 'US', 16],
    [0x00280102, 'US', 15],
    [0x00280103, 'US', 0],
    [0x7fe00010, 'OW', words],
    ...more,
  ]);
/** Pixels 0.5 mm wide and 0.75 mm high; values are HU. */
const slice = (n) =>
  picture(
    'CT',
    [
      [0x00200032, 'DS', `0\\0\\${n * 2}`],
      [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
      [0x00200052, 'UI', '2.25.903'],
      [0x00280030, 'DS', '0.75\\0.5'],
      [0x00281050, 'DS', '300'],
      [0x00281051, 'DS', '700'],
      [0x00281052, 'DS', '-100'],
      [0x00281053, 'DS', '1'],
      [0x00281054, 'LO', 'HU'],
    ],
    n,
  );
const region = (format, [left, top, right, bottom], units, steps) => [
  [0x00186012, 'US', format],
  [0x00186014, 'US', 1],
  [0x00186018, 'UL', left],
  [0x0018601a, 'UL', top],
  [0x0018601c, 'UL', right],
  [0x0018601e, 'UL', bottom],
  [0x00186024, 'US', units[0]],
  [0x00186026, 'US', units[1]],
  [0x0018602c, 'FD', steps[0]],
  [0x0018602e, 'FD', steps[1]],
];

/** Opens files made here; `more`: as base64, made in the page. */
const open = (page, files, more = []) =>
  page.evaluate(
    async ([files, more]) => {
      const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const all = [...files, ...more].map((text, i) => new File([bytes(text)], `${i}.dcm`));
      await document.querySelector('negatoscope-viewer').open(all);
    },
    [files.map((one) => one.toString('base64')), more],
  );
const all = (page) => page.evaluate(() => document.querySelector('negatoscope-viewer').measurements);
/** Where an image point lies on the page. */
const place = (page, column, row) =>
  page.evaluate(
    ([column, row]) => {
      const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport');
      const m = pane.shown.to_canvas;
      const box = pane.shadowRoot.querySelector('.picture').getBoundingClientRect();
      const at = (a, b, c) => (a * column + b * row + c) / devicePixelRatio;
      return [box.left + at(m[0], m[1], m[2]), box.top + at(m[3], m[4], m[5])];
    },
    [column, row],
  );
const until = (page, test, what) => page.waitForFunction(test, what, { timeout: 20_000 });
const count = (page, n) =>
  until(page, (n) => document.querySelector('negatoscope-viewer').measurements.length === n, n);
const value = (one, name) => one?.values.find((v) => v.name === name)?.value ?? Number.NaN;
const say = (page) => page.locator('negatoscope-viewer .live').textContent();

export default async function (t) {
  const page = await t.page('cpu');
  const drag = async (from, to, steps = 6) => {
    await page.mouse.move(...(await place(page, ...from)));
    await page.mouse.down();
    await page.mouse.move(...(await place(page, ...to)), { steps });
    await page.mouse.up();
  };
  const click = async (...at) => page.mouse.click(...(await place(page, ...at)));

  await t.step('by mouse: a length by a drag and by two clicks, an angle, regions', async () => {
    await open(page, [slice(1), slice(2), slice(3)]);
    await page.locator('negatoscope-viewport .corner').first().waitFor();
    await page.keyboard.press('d');
    await drag([10, 10], [22, 18]);
    await count(page, 1);
    const [length] = await all(page);
    t.near(value(length, 'length'), Math.hypot(12 * 0.5, 8 * 0.75), 0.25, 'a length to the pixel of the pointer');
    t.equal([length.spacing.from, length.values[0].unit], ['pixel-spacing', 'mm'], 'in mm of the patient');
    const exact = Math.hypot(
      (length.points[1][0] - length.points[0][0]) * 0.5,
      (length.points[1][1] - length.points[0][1]) * 0.75,
    );
    t.near(value(length, 'length'), exact, 1e-9, 'and exactly what its handles say');
    t.ok(/Length, \d+\.\d mm/.test(await say(page)), `it is said: ${await say(page)}`);
    await click(5, 40);
    await click(25, 40);
    await count(page, 2);
    t.near(value((await all(page))[1], 'length'), 10, 0.2, 'two clicks do too');
    await page.keyboard.press('Shift+A');
    await click(50, 10);
    await click(40, 10);
    await click(40, 20);
    await count(page, 3);
    t.near(value((await all(page))[2], 'angle'), 90, 1.5, 'three clicks are an angle');
    await page.keyboard.press('Shift+R');
    await drag([30, 30], [40, 36]);
    await count(page, 4);
    const box = (await all(page))[3];
    const [[x0, y0], [x1, y1]] = box.points;
    t.near(value(box, 'area'), (x1 - x0) * (y1 - y0) * 0.375, 1e-9, 'a rectangle has its area');
    const [s] = box.statistics;
    t.ok(
      s.unit === 'HU' && s.count > 40 && s.count < 80 && s.sd > 0,
      `and its values: ${s.count} pixels, ${s.mean} ${s.unit}`,
    );
    t.near(s.mean, s.median, 3, 'of a ramp mean and median are near');
    await page.keyboard.press('Shift+E');
    await drag([8, 48], [24, 60]);
    await count(page, 5);
    const round = (await all(page))[4];
    t.near(
      value(round, 'area'),
      (Math.PI / 4) * value(round, 'long-axis') * value(round, 'short-axis'),
      1e-9,
      'an ellipse',
    );
    await page.keyboard.press('Shift+P');
    await click(45, 45);
    await click(60, 45);
    await click(60, 58);
    await page.keyboard.press('Enter');
    await count(page, 6);
    t.equal((await all(page))[5].points.length, 3, 'Enter ends a polygon');
    await page.keyboard.press('Shift+F');
    const [cx, cy] = await place(page, 52, 25);
    await page.mouse.move(cx + 40, cy);
    await page.mouse.down();
    for (let k = 1; k <= 40; k += 1)
      await page.mouse.move(cx + 40 * Math.cos((k / 40) * 6.1), cy + 40 * Math.sin((k / 40) * 6.1));
    await page.mouse.up();
    await count(page, 7);
    const stroke = (await all(page))[6];
    t.ok(
      stroke.points.length > 8 && stroke.points.length < 41 && value(stroke, 'area') > 0,
      `a stroke: ${stroke.points.length} points`,
    );
    await page.keyboard.press('Shift+V');
    await click(7, 5);
    await count(page, 8);
    const probe = (await all(page))[7];
    t.equal([probe.statistics[0].mean, probe.statistics[0].unit], [5 * 10 + 7 - 100, 'HU'], 'a point has its value');
    await page.keyboard.press('Shift+W');
    await drag([20, 25], [26, 28]);
    await page.locator('dialog input[name=words]').fill('here');
    await page.keyboard.press('Enter');
    await count(page, 9);
    t.equal((await all(page))[8].text, 'here', 'an arrow has words');
    await t.screenshot(page, 'measure');
  });

  await t.step('a handle is moved live; undo and redo', async () => {
    await page.keyboard.press('Escape');
    const before = (await all(page))[0];
    await click(...before.points[0].map((v, i) => (v + before.points[1][i]) / 2));
    await page.locator('negatoscope-viewport .handle').first().waitFor();
    t.equal(await page.locator('negatoscope-viewport .handle').count(), 2, 'a mark that is clicked shows its handles');
    const finger = await page.locator('negatoscope-viewport .handle .finger').first().boundingBox();
    t.ok(finger.width >= 44 && finger.height >= 44, 'each has room for a finger');
    await drag(before.points[1], [40, 18]);
    await settled(page);
    const after = (await all(page))[0];
    t.near(after.points[1][0], 40, 0.3, 'a handle follows the pointer');
    t.near(value(after, 'length'), Math.hypot((after.points[1][0] - 10) * 0.5, 6), 0.3, 'and its value with it');
    await page.keyboard.press('Control+z');
    await settled(page);
    t.equal((await all(page))[0].points, before.points, 'undone in one step');
    await page.keyboard.press('Control+Shift+Z');
    await settled(page);
    t.equal((await all(page))[0].points, after.points, 'and done again');
    await page.keyboard.press('Delete');
    await count(page, 8);
    await page.keyboard.press('Control+z');
    await count(page, 9);
  });

  await t.step('marks follow the image, and stay on theirs', async () => {
    const on = () => page.locator('negatoscope-viewport .mark').count();
    t.equal(await on(), 9, 'all are drawn');
    await page.keyboard.press('r');
    await page.keyboard.press('h');
    await page.keyboard.press('+');
    await settled(page);
    const wrong = await page.evaluate(() => {
      const viewer = document.querySelector('negatoscope-viewer');
      const pane = viewer.shadowRoot.querySelector('negatoscope-viewport');
      const [one] = viewer.measurements;
      const m = pane.shown.to_canvas;
      const [x, y] = one.points[0];
      const at = [(m[0] * x + m[1] * y + m[2]) / devicePixelRatio, (m[3] * x + m[4] * y + m[5]) / devicePixelRatio];
      const drawn = pane.shadowRoot
        .querySelector('.mark .line')
        .getAttribute('d')
        .match(/-?[\d.]+/g)
        .map(Number);
      return Math.hypot(at[0] - drawn[0], at[1] - drawn[1]);
    });
    t.ok(wrong < 0.02, 'turned, mirrored and enlarged with the image');
    await page.keyboard.press('ArrowDown');
    await settled(page);
    t.equal(await on(), 0, 'the next image has none');
    await page.evaluate(() =>
      document.querySelector('negatoscope-viewer').view({ zoom: 1, pan: [0, 0], quarter_turns: 0, flip: false }),
    );
  });

  await t.step('the list jumps, names, copies and saves', async () => {
    await page.keyboard.press('Shift+D');
    const panel = page.locator('negatoscope-measures');
    await panel.locator('.one').first().waitFor();
    t.equal(await panel.locator('.one').count(), 9, 'every mark is in the list');
    await panel.locator('.go').nth(3).click();
    await settled(page);
    t.equal(
      await page.evaluate(() => document.querySelector('negatoscope-viewer').state.viewports[0].frame),
      1,
      'it goes to the image',
    );
    t.ok(/Standard deviation/.test(await panel.locator('.details').textContent()), 'with its statistics');
    t.equal((await panel.locator('.histogram rect').count()) > 10, true, 'and their histogram');
    await panel.locator('.details input').first().fill('Liver, segment 7');
    await panel.locator('.details input').first().press('Enter');
    await settled(page);
    t.equal((await all(page))[3].text, 'Liver, segment 7', 'it can be named');
    await t.screenshot(page, 'measure-list');
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await page.evaluate(axe);
    const found = await page.evaluate(() =>
      globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }),
    );
    t.equal(
      found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`),
      [],
      'axe-core finds nothing',
    );
    const csv = await page.evaluate(async () =>
      (await document.querySelector('negatoscope-viewer').saveMeasurements('csv'))[0].text(),
    );
    t.ok(csv.includes('rectangle,"Liver, segment 7",area,') && csv.includes(',angle,'), 'a table');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await panel.locator('.copy').click();
    await panel.locator('.files .chip', { hasText: 'Copied' }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    t.ok(/^Se 4 {2}Im 2\/3: Length, \d+\.\d mm$/m.test(copied), `copied as text: ${copied.split('\n')[0]}`);
    t.equal(copied.split('\n').length, 9, 'a line for each');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      (async () => {
        await panel.locator('.files summary').click();
        await panel.locator('[data-form=sr]').click();
      })(),
    ]);
    t.equal(
      download.suggestedFilename(),
      'negatoscope-measures.sr.dcm',
      'a report is saved under a name that names nobody',
    );
  });

  await t.step('reports and presentation states come back as marks that can be moved', async () => {
    const before = await all(page);
    for (const form of ['sr', 'sr3d', 'gsps']) {
      const saved = await page.evaluate(async (form) => {
        const blobs = await document.querySelector('negatoscope-viewer').saveMeasurements(form);
        const texts = [];
        for (const blob of blobs) {
          const bytes = new Uint8Array(await blob.arrayBuffer());
          texts.push(btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join('')));
        }
        return texts;
      }, form);
      await open(page, [slice(1), slice(2), slice(3)], saved);
      await count(page, before.length);
      await settled(page);
      const after = await all(page);
      const plain = (list) =>
        list.map(({ uid, kind, points, text, values }) => ({
          uid,
          kind,
          points: kind === 'ellipse' ? [] : points,
          text,
          values,
        }));
      t.equal(plain(after), plain(before), `${form}: the same marks, names and values`);
      t.equal(
        after.map(({ frame }) => frame),
        before.map(({ frame }) => frame),
        `${form}: on the same images`,
      );
    }
  });

  await t.step('words that somebody has typed are hidden with the identity', async () => {
    const words = () => page.locator('negatoscope-viewport .words').allTextContents();
    await page.evaluate(() => document.querySelector('negatoscope-viewer').show({ seriesUid: '2.25.902', frame: 1 }));
    t.ok((await words()).join().includes('Liver'), 'a name is shown');
    await page.keyboard.press('x');
    await settled(page);
    t.ok(!(await words()).join().includes('Liver'), 'and hidden');
    const told = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      const named = viewer.measurements.find(({ text }) => text.includes('Liver'));
      const event = new Promise((resolve) =>
        viewer.addEventListener('measurement-changed', ({ detail }) => resolve(JSON.stringify(detail)), { once: true }),
      );
      viewer.measures.change(named.uid, { points: named.points });
      const tables = [];
      for (const form of ['csv', 'json']) tables.push(await (await viewer.saveMeasurements(form))[0].text());
      return [await event, ...tables];
    });
    t.ok(
      told.every((one) => one.length > 100 && !one.includes('Liver')),
      'in events and tables too',
    );
    await page.keyboard.press('x');
  });

  await t.step('a state of ours draws nothing twice', async () => {
    const saved = await page.evaluate(async () => {
      const [blob] = await document.querySelector('negatoscope-viewer').saveMeasurements('gsps');
      return [btoa(Array.from(new Uint8Array(await blob.arrayBuffer()), (b) => String.fromCharCode(b)).join(''))];
    });
    await open(page, [slice(1), slice(2), slice(3)], saved);
    await count(page, 9);
    const drawn = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      await viewer.show({ seriesUid: '2.25.902', frame: 1 });
      const pane = viewer.shadowRoot.querySelector('negatoscope-viewport');
      await viewer.view({ presentation: pane.shown.presentations[0].uid });
      return { drawings: pane.shown.drawings.length, marks: pane.shadowRoot.querySelectorAll('.mark').length };
    });
    t.equal(drawn, { drawings: 0, marks: 9 }, 'marks, and no drawings under them');
    await page.evaluate(() => document.querySelector('negatoscope-viewer').view({ presentation: null }));
  });

  await t.step('a session is one JSON without the patient', async () => {
    const before = await all(page);
    const [state, named] = await page.evaluate(() => {
      const viewer = document.querySelector('negatoscope-viewer');
      return [JSON.stringify(viewer.state), JSON.stringify(viewer.session({ patient: true }))];
    });
    t.ok(!/Doe|P1|2\.25\./.test(state), 'no name, number or identifier in it');
    t.ok(/Doe/.test(named) && /2\.25\.901/.test(named), 'unless they are asked for');
    for (const one of [state, named]) {
      await open(page, [slice(1), slice(2), slice(3)]);
      t.equal((await all(page)).length, 0, 'a study that is opened anew has none');
      await page.evaluate((text) => {
        document.querySelector('negatoscope-viewer').state = JSON.parse(text);
      }, one);
      await count(page, before.length);
      const plain = (list) =>
        list.map(({ kind, points, text, values, frame }) => ({ kind, points, text, values, frame }));
      t.equal(plain(await all(page)), plain(before), 'it is all there again');
    }
  });

  await t.step('by keys alone', async () => {
    await open(page, [slice(1), slice(2), slice(3)]);
    await page.keyboard.press('d');
    await page.keyboard.press('Enter');
    for (const key of ['ArrowLeft', 'ArrowLeft', 'Shift+ArrowUp']) await page.keyboard.press(key);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowDown');
    await t.screenshot(page, 'measure-keys');
    await page.keyboard.press('Enter');
    await count(page, 1);
    const [one] = await all(page);
    t.equal(
      one.points[1].map((v, i) => v - one.points[0][i]),
      [10, 10],
      'arrow keys place by whole pixels',
    );
    t.near(value(one, 'length'), Math.hypot(5, 7.5), 1e-9, 'exactly');
    await page.locator('negatoscope-viewport .handle').nth(1).focus();
    await page.keyboard.press('ArrowRight');
    await settled(page);
    t.near(
      value((await all(page))[0], 'length'),
      Math.hypot(5.5, 7.5),
      1e-9,
      'a handle that has the focus is moved by them',
    );
    await until(page, () =>
      /9\.3 mm/.test(document.querySelector('negatoscope-viewer').shadowRoot.querySelector('.live').textContent),
    );
    t.ok(true, `and the value is said: ${await say(page)}`);
    await page.evaluate(() => document.querySelector('negatoscope-viewer').shadowRoot.querySelector('.root').focus());
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    t.equal((await all(page)).length, 1, 'Escape leaves what was begun');
    await page.keyboard.press('Escape');
    t.ok(!(await page.locator('.tools [data-menu=measure]').getAttribute('class')).includes('on'), 'and then the tool');
  });

  await t.step('for a page around: calls and events', async () => {
    const told = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      const told = [];
      for (const name of ['added', 'changed', 'removed'])
        viewer.addEventListener(`measurement-${name}`, ({ detail }) => told.push(`${name} ${detail.kind}`));
      const one = await viewer.measure(
        'length',
        [
          [0, 0],
          [3, 4],
        ],
        { text: 'mine' },
      );
      const two = await viewer.addRegion([
        [1, 1],
        [9, 1],
        [9, 9],
      ]);
      viewer.removeMeasurement(one.uid);
      const wrong = await viewer.measure('length', [[0, 0]]).catch((error) => error.code);
      return { told, length: one.values[0].value, area: two.values[0].value, wrong };
    });
    t.equal(told.told, ['added length', 'added polygon', 'removed length'], 'events');
    t.near(told.length, Math.hypot(1.5, 3), 1e-9, 'a length');
    t.near(told.area, 32 * 0.375, 1e-9, 'a ready outline');
    t.equal(told.wrong, 'PIX-402', 'a wrong one is refused with its code');
  });

  await t.step('a calibration goes by the pixels of its own stack, shown or not', async () => {
    const other = picture('OT', [], 8).toString('latin1').replaceAll('2.25.902', '2.25.908');
    await open(page, [slice(1), slice(2), slice(3), Buffer.from(other, 'latin1')]);
    const got = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      await viewer.show({ seriesUid: '2.25.902', frame: 1 });
      const down = await viewer.measure('length', [
        [20, 10],
        [20, 40],
      ]);
      await viewer.show({ seriesUid: '2.25.908' });
      await viewer.calibrate(down.uid, 45);
      await viewer.measures.settled(down.uid);
      return viewer.measurements[0];
    });
    t.near(value(got, 'length'), 45, 1e-9, 'what was said is what it says');
  });

  await t.step('a question that fails leaves no value of before, and is asked again', async () => {
    await open(page, [slice(1), slice(2), slice(3)]);
    const values = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      const { client, measures } = viewer;
      const { uid } = await viewer.measure('length', [
        [0, 0],
        [10, 0],
      ]);
      const { ask } = client;
      client.ask = (kind, ...more) =>
        kind === 'measured' ? Promise.reject(new Error('lost')) : ask.call(client, kind, ...more);
      measures.change(uid, {
        points: [
          [0, 0],
          [20, 0],
        ],
      });
      await new Promise((resolve) => setTimeout(resolve, 200));
      const between = viewer.measurements[0].values.length;
      client.ask = ask;
      await measures.settled(uid);
      return [between, viewer.measurements[0].values[0]?.value];
    });
    t.equal(values, [0, 10], 'none while nobody can say it, then that of where it is');
  });

  await t.step('a study that comes while words are asked for leaves measuring as it was', async () => {
    await open(page, [slice(1), slice(2), slice(3)]);
    await settled(page);
    await page.evaluate(() => document.querySelector('negatoscope-viewer').hands.take('text'));
    await click(20, 20);
    await page.locator('negatoscope-viewer dialog.asks').waitFor();
    await open(page, [slice(1), slice(2), slice(3)]);
    await page.locator('negatoscope-viewer dialog.asks').waitFor({ state: 'detached' });
    await settled(page);
    t.equal((await all(page)).length, 0, 'no text without words');
    await page.evaluate(() => document.querySelector('negatoscope-viewer').hands.take('length'));
    await drag([10, 10], [22, 18]);
    await count(page, 1);
    await page.evaluate(() => document.querySelector('negatoscope-viewer').hands.leave());
    // A dialog of its own has the keys.
    await page.evaluate(() => document.querySelector('negatoscope-viewer').hands.take('length'));
    await page.evaluate(() => document.querySelector('negatoscope-viewer').keeping.show('keys'));
    await page.locator('negatoscope-key-images dialog').waitFor();
    await page.keyboard.press('Enter');
    const begun = await page.evaluate(
      () => document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').hand.draft,
    );
    t.equal(begun, null, 'Enter in a dialog begins no mark under it');
    await page.keyboard.press('Escape');
    await page.evaluate(() => document.querySelector('negatoscope-viewer').hands.leave());
  });

  await t.step(
    'ultrasound: within one region, in its units; without a spacing: pixels, until it is calibrated',
    async () => {
      const regions = [region(1, [0, 0, 63, 31], [3, 3], [0.02, 0.02]), region(3, [0, 32, 63, 63], [4, 7], [0.01, -2])];
      await open(page, [picture('US', [[0x00186011, 'SQ', regions]])]);
      const of = (kind, points) =>
        page.evaluate(
          ([kind, points]) => document.querySelector('negatoscope-viewer').measure(kind, points),
          [kind, points],
        );
      const tissue = await of('length', [
        [10, 10],
        [20, 10],
      ]);
      t.equal(
        [value(tissue, 'length'), tissue.values[0].unit, tissue.spacing.from],
        [2, 'mm', 'region'],
        'a length in tissue',
      );
      const flow = await of('length', [
        [10, 40],
        [35, 50],
      ]);
      t.near(value(flow, 'velocity'), 20, 1e-9, 'a velocity');
      t.near(value(flow, 'time'), 0.25, 1e-9, 'and a time in the spectrum');
      const across = await of('length', [
        [10, 10],
        [10, 40],
      ]);
      t.equal(
        [value(across, 'length'), across.values[0].unit, across.spacing.from],
        [30, '{pixels}', 'outside'],
        'across both: pixels',
      );
      await open(page, [picture('OT', [])]);
      const plain = await of('length', [
        [10, 10],
        [40, 50],
      ]);
      t.equal([value(plain, 'length'), plain.values[0].unit], [50, '{pixels}'], 'no spacing: pixels');
      await settled(page);
      t.ok(
        /50\.0 px \(no spacing in the file\)/.test(
          await page.locator('negatoscope-viewport .words').first().textContent(),
        ),
        'and it says so',
      );
      await page.evaluate((uid) => document.querySelector('negatoscope-viewer').calibrate(uid, 25), plain.uid);
      await until(page, () => document.querySelector('negatoscope-viewer').measurements[0].values[0].unit === 'mm');
      const [now] = await all(page);
      t.equal(
        [value(now, 'length'), now.spacing.from],
        [25, 'user'],
        'calibrated by a length that is known, and it says so',
      );
      // Saved and read back, and moved then: it is calibrated still. So is a session.
      const [saved, session] = await page.evaluate(async () => {
        const viewer = document.querySelector('negatoscope-viewer');
        const [blob] = await viewer.saveMeasurements('sr');
        const bytes = new Uint8Array(await blob.arrayBuffer());
        return [btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join('')), JSON.stringify(viewer.session())];
      });
      const half = [
        [10, 10],
        [25, 30],
      ];
      const moved = () =>
        page.evaluate(async (points) => {
          const { measures } = document.querySelector('negatoscope-viewer');
          const [{ uid }] = measures.items;
          measures.change(uid, { points });
          await measures.settled(uid);
        }, half);
      await open(page, [picture('OT', [])], [saved]);
      await count(page, 1);
      await moved();
      const [back] = await all(page);
      t.near(value(back, 'length'), 12.5, 1e-6, 'a report brings its calibration back');
      t.equal(back.spacing.from, 'user', 'and it says so');
      // The stack has another place in the catalogue now.
      const other = picture('CT', [[0x00280030, 'DS', '1\\1']], 7)
        .toString('latin1')
        .replaceAll('2.25.902', '2.25.100');
      await open(page, [Buffer.from(other, 'latin1'), picture('OT', [])]);
      await page.evaluate((text) => {
        document.querySelector('negatoscope-viewer').state = JSON.parse(text);
      }, session);
      await count(page, 1);
      await moved();
      t.near(value((await all(page))[0], 'length'), 12.5, 1e-6, 'and a session finds its stack by name');
    },
  );

  await t.step('by finger on a phone, in Chinese', async () => {
    const phone = await t.page('cpu', { phone: true, lang: 'zh' });
    await open(phone, [slice(1), slice(2), slice(3)]);
    await phone.locator('negatoscope-viewport .corner').first().waitFor();
    await phone.locator('.dock [data-menu=measure]').tap();
    await t.screenshot(phone, 'measure-phone-menu');
    await phone.locator('.panel [data-kind=length]').tap();
    const session = await phone.context().newCDPSession(phone);
    const touch = async (from, to) => {
      const [a, b] = [await place(phone, ...from), await place(phone, ...to)];
      const at = (part) => [{ id: 0, x: a[0] + (b[0] - a[0]) * part, y: a[1] + (b[1] - a[1]) * part }];
      await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0) });
      for (let k = 1; k <= 6; k += 1)
        await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(k / 6) });
      await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
      await settled(phone);
    };
    await touch([15, 20], [45, 20]);
    await count(phone, 1);
    t.near(value((await all(phone))[0], 'length'), 15, 0.6, 'a finger draws a length');
    // 20 pixels beside the handle: a finger still takes it.
    const [hx, hy] = await place(phone, ...(await all(phone))[0].points[1]);
    const before = (await all(phone))[0].points[1];
    await session.send('Input.dispatchTouchEvent', {
      type: 'touchStart',
      touchPoints: [{ id: 0, x: hx + 14, y: hy + 14 }],
    });
    for (let k = 1; k <= 6; k += 1)
      await session.send('Input.dispatchTouchEvent', {
        type: 'touchMove',
        touchPoints: [{ id: 0, x: hx + 14, y: hy + 14 + k * 10 }],
      });
    await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await settled(phone);
    t.ok(
      (await all(phone)).length === 1 && (await all(phone))[0].points[1][1] > before[1] + 4,
      'and takes a handle from beside it',
    );
    await phone.evaluate(() =>
      document.querySelector('negatoscope-viewer').measure('ellipse', [
        [12, 44],
        [36, 44],
        [24, 36],
        [24, 52],
      ]),
    );
    await settled(phone);
    await t.screenshot(phone, 'measure-phone');
    await phone.locator('.dock [data-menu=measure]').tap();
    await phone.locator('.panel button', { hasText: '列表' }).tap();
    await phone.locator('negatoscope-measures .one').nth(1).locator('.go').tap();
    await settled(phone);
    await t.screenshot(phone, 'measure-phone-list');
    const small = await phone.evaluate(() => {
      const panel = document
        .querySelector('negatoscope-viewer')
        .shadowRoot.querySelector('negatoscope-measures').shadowRoot;
      return [...panel.querySelectorAll('button')]
        .filter((b) => b.offsetParent && b.getBoundingClientRect().height < 44)
        .map((b) => b.className);
    });
    t.equal(small, [], 'every button of the list has room for a finger');
  });
}
