// What a file draws over its image, and what a presentation state says of it: offered, applied, drawn, taken away.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { file } from './dicom.mjs';
import { settled } from './helpers.mjs';

const side = 64;
const ct = '1.2.840.10008.5.1.4.1.1.2';

/** An image whose values are all 100; an overlay plane along its row 32 (from 0); a circular shutter. */
const image = file([
  [0x00080016, 'UI', ct],
  [0x00080018, 'UI', '2.25.11'],
  [0x00080060, 'CS', 'CT'],
  [0x00100010, 'PN', 'Wang^XiaoDong=王^小东'],
  [0x00080005, 'CS', 'ISO_IR 192'],
  [0x00181600, 'CS', 'CIRCULAR'],
  [0x00181610, 'IS', '32\\32'],
  [0x00181612, 'IS', '30'],
  [0x0020000d, 'UI', '2.25.3'],
  [0x0020000e, 'UI', '2.25.4'],
  [0x00280002, 'US', 1],
  [0x00280004, 'CS', 'MONOCHROME2'],
  [0x00280010, 'US', side],
  [0x00280011, 'US', side],
  [0x00280100, 'US', 8],
  [0x00280101, 'US', 8],
  [0x00280102, 'US', 7],
  [0x00280103, 'US', 0],
  [0x00281050, 'DS', '128'],
  [0x00281051, 'DS', '256'],
  [0x60000010, 'US', side],
  [0x60000011, 'US', side],
  [0x60000040, 'CS', 'G'],
  [0x60000050, 'SS', [1, 1]],
  [0x60000100, 'US', 1],
  [0x60000102, 'US', 0],
  [
    0x60003000,
    'OW',
    Buffer.concat([Buffer.alloc((side * side) / 16), Buffer.alloc(8, 0xff), Buffer.alloc((side * side) / 16 - 8)]),
  ],
  [0x7fe00010, 'OW', Buffer.alloc(side * side, 100)],
]);

const reference = [
  [0x00081150, 'UI', ct],
  [0x00081155, 'UI', '2.25.11'],
];
const state = file([
  [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.11.1'],
  [0x00080018, 'UI', '2.25.12'],
  [0x00080060, 'CS', 'PR'],
  [
    0x00081115,
    'SQ',
    [
      [
        [0x00081140, 'SQ', [reference]],
        [0x0020000e, 'UI', '2.25.4'],
      ],
    ],
  ],
  [0x00100010, 'PN', 'Wang^XiaoDong=王^小东'],
  [0x00080005, 'CS', 'ISO_IR 192'],
  [0x0020000d, 'UI', '2.25.3'],
  [0x0020000e, 'UI', '2.25.5'],
  [
    0x00283110,
    'SQ',
    [
      [
        [0x00281050, 'DS', '50'],
        [0x00281051, 'DS', '100'],
      ],
    ],
  ],
  [
    0x00700001,
    'SQ',
    [
      [
        [0x00700002, 'CS', 'L1'],
        [
          0x00700009,
          'SQ',
          [
            [
              [0x00700005, 'CS', 'PIXEL'],
              [0x00700020, 'US', 2],
              [0x00700021, 'US', 2],
              [0x00700022, 'FL', [0, 0, 64, 32]],
              [0x00700023, 'CS', 'POLYLINE'],
              [0x00700024, 'CS', 'N'],
            ],
          ],
        ],
      ],
    ],
  ],
  [0x00700080, 'CS', 'NODULE'],
  [0x00700081, 'LO', '结节'],
  [0x20500020, 'CS', 'INVERSE'],
]);

const pane = (page) => page.locator('negatoscope-viewport').first();
const shown = (page) =>
  page.evaluate(() => {
    const { shown, look } = document
      .querySelector('negatoscope-viewer')
      .shadowRoot.querySelector('negatoscope-viewport');
    return { ...shown, look };
  });

/** The colour of a pixel of the image, from the saved picture. */
const colour = (page, column, row) =>
  page.evaluate(
    async ([x, y]) => {
      const viewer = document.querySelector('negatoscope-viewer');
      const { to_canvas: m } = viewer.shadowRoot.querySelector('negatoscope-viewport').shown;
      const picture = await createImageBitmap(await viewer.save('png'));
      const canvas = new OffscreenCanvas(picture.width, picture.height);
      const context = canvas.getContext('2d');
      context.drawImage(picture, 0, 0);
      const at = [m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]].map(Math.round);
      return [...context.getImageData(...at, 1, 1).data].slice(0, 3);
    },
    [column, row],
  );

export default async function (t) {
  const folder = mkdtempSync(join(tmpdir(), 'negatoscope-graphics-'));
  try {
    mkdirSync(join(folder, 'cd'));
    writeFileSync(join(folder, 'cd/1'), image);
    writeFileSync(join(folder, 'cd/2'), state);
    for (const mode of ['cpu', 'gpu']) {
      const page = await t.page(mode);
      await t.drop(page, [join(folder, 'cd')]);
      await pane(page).locator('.corner').first().waitFor({ timeout: 60_000 });
      await settled(page);
      const first = await shown(page);
      t.equal(
        [first.presentations, first.graphics],
        [[{ uid: '2.25.12', name: 'NODULE · 结节' }], true],
        `${mode}: the state is offered`,
      );
      t.ok(
        (await pane(page).locator('.corner').first().textContent()).includes('王小东'),
        `${mode}: the name as its owner writes it`,
      );
      t.equal(await colour(page, 32, 32), [255, 214, 10], `${mode}: the plane is drawn`);
      t.equal(await colour(page, 32, 20), [100, 100, 100], `${mode}: the image beside it`);
      t.equal(await colour(page, 1, 1), [0, 0, 0], `${mode}: nothing outside of the shutter`);
      await page.keyboard.press('g');
      await settled(page);
      t.equal(await colour(page, 32, 32), [100, 100, 100], `${mode}: G takes the drawing away`);
      t.equal(await colour(page, 1, 1), [100, 100, 100], `${mode}: and the shutter`);
      await page.keyboard.press('g');

      await page.locator('.tools button', { hasText: 'Presets' }).click();
      await page.locator('.panel button', { hasText: 'NODULE' }).click();
      await settled(page);
      const after = await shown(page);
      t.equal(
        [after.window.center, after.window.width, after.drawings.length],
        [50, 100, 1],
        `${mode}: its window, its drawing`,
      );
      t.equal(await colour(page, 32, 20), [0, 0, 0], `${mode}: inverted by its window`);
      t.equal(await colour(page, 32, 32), [0, 0, 0], `${mode}: no plane, as the state activates none`);
      const line = await pane(page).locator('.drawings path').getAttribute('d');
      const ends = line
        .slice(1)
        .split('L')
        .map((point) => point.split(' ').map(Number));
      const [m, ratio] = [after.to_canvas, await page.evaluate(() => devicePixelRatio)];
      const place = (x, y) => [(m[0] * x + m[1] * y + m[2]) / ratio, (m[3] * x + m[4] * y + m[5]) / ratio];
      const off = [place(-0.5, -0.5), place(63.5, 31.5)].flatMap((p, i) => p.map((v, k) => Math.abs(v - ends[i][k])));
      t.ok(Math.max(...off) < 0.02, `${mode}: from corner to corner of the pixels that it names`);
      await page.keyboard.press('g');
      await settled(page);
      t.equal(await pane(page).locator('.drawings').count(), 0, `${mode}: G takes it away`);
      await page.keyboard.press('Escape');
      await settled(page);
      t.equal((await shown(page)).look.presentation, null, `${mode}: Esc gives back what the file says`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
