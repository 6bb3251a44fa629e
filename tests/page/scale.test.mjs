// The scale bar on the screen: of a region of an ultrasound picture, of a film at the detector, and none where there is none.
import { file } from './dicom.mjs';

const side = 200;
const picture = (modality, more) =>
  file([
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.6.1'],
    [0x00080018, 'UI', '1.2.3.4.9'],
    [0x00080060, 'CS', modality],
    [0x00100010, 'PN', 'Doe^Jane'],
    [0x00100020, 'LO', 'P1'],
    [0x0020000d, 'UI', '1.2.3.4'],
    [0x0020000e, 'UI', '1.2.3.4.1'],
    [0x00200013, 'IS', 1],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', side],
    [0x00280011, 'US', side],
    [0x00280100, 'US', 8],
    [0x00280101, 'US', 8],
    [0x00280102, 'US', 7],
    [0x00280103, 'US', 0],
    [0x7fe00010, 'OW', Buffer.alloc(side * side, 90)],
    ...more,
  ]);
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

export default async function (t) {
  const page = await t.page('cpu');
  const open = (bytes) =>
    page.evaluate(async (text) => {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      await document.querySelector('negatoscope-viewer').open([new File([bytes], 'one.dcm')]);
    }, bytes.toString('base64'));
  const scale = () => page.locator('.scale').allTextContents();
  const corner = () => page.locator('.corner.bottom-left').textContent();

  await t.step('ultrasound: the region under the pointer, else under the middle', async () => {
    // Tissue above, a velocity over time below; a strip at the bottom has neither.
    const regions = [
      region(1, [0, 0, 199, 119], [3, 3], [0.02, 0.02]),
      region(3, [0, 120, 199, 189], [4, 7], [0.01, -1]),
    ];
    await open(picture('US', [[0x00186011, 'SQ', regions]]));
    await page.locator('.scale').waitFor();
    t.ok(/[cm]m\s*in this region/.test((await scale()).join()), `a length in the middle: ${await scale()}`);
    const box = await page.locator('negatoscope-viewport .picture').boundingBox();
    const at = (part) => page.mouse.move(box.x + box.width / 2, box.y + box.height * part);
    await at(0.8);
    await page.waitForFunction(() => {
      const viewer = document.querySelector('negatoscope-viewer').shadowRoot;
      return viewer
        .querySelector('negatoscope-viewport')
        .shadowRoot.querySelector('.scale')
        ?.textContent.includes('cm/s');
    });
    t.ok(true, 'a velocity under the pointer');
    await page.evaluate(() => document.querySelector('negatoscope-viewer').view({ quarter_turns: 2 }));
    await at(0.2);
    await page.waitForFunction(() => {
      const viewer = document.querySelector('negatoscope-viewer').shadowRoot;
      return viewer
        .querySelector('negatoscope-viewport')
        .shadowRoot.querySelector('.scale')
        ?.textContent.includes('cm/s');
    });
    t.ok(true, 'also where the picture is turned');
    await page.mouse.move(0, 0); // off the picture: the middle counts
    await page.evaluate(() => document.querySelector('negatoscope-viewer').view({ zoom: 8, pan: [0, -1e4] }));
    t.equal(await scale(), [], 'no bar beside the picture');
    t.ok(/No scale here/.test(await corner()), `and the corner says why: ${await corner()}`);
  });

  await t.step('pixels that are not square', async () => {
    const tall = [
      [0x00280030, 'DS', '2\\1'],
      [0x00200032, 'DS', '10\\20\\30'],
      [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
    ];
    await open(picture('CT', tall));
    const [m, mm] = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      const { shown } = viewer.shadowRoot.querySelector('negatoscope-viewport');
      return [shown.to_canvas, (await viewer.probe(3, 5)).patient_mm];
    });
    t.near(m[4] / m[0], 2, 1e-9, 'each is twice as high as wide');
    const box = await page.locator('negatoscope-viewport .picture').boundingBox();
    t.near(m[4] * side, box.height, 2, 'and the picture fits by its height');
    t.equal(mm, [13, 30, 30], 'column 3 is 3 mm to the left, row 5 is 10 mm further back');
  });

  await t.step('no place in the patient where pixels have no spacing there', async () => {
    const lies = [
      [0x00200032, 'DS', '10\\20\\30'],
      [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
    ];
    const at = () =>
      page.evaluate(async () => {
        const probe = await document.querySelector('negatoscope-viewer').probe(3, 5);
        return [probe !== null, probe?.patient_mm ?? null];
      });
    await open(picture('CT', lies));
    t.equal(await at(), [true, null], 'nobody says how far its pixels are apart');
    await open(picture('DX', [...lies, [0x00181164, 'DS', '0.15\\0.15']]));
    t.equal(await at(), [true, null], 'at the detector they are not in the patient');
  });

  await t.step('a film says that its scale is the detector’s, and a photograph that it has none', async () => {
    await open(picture('DX', [[0x00181164, 'DS', '0.15\\0.15']]));
    t.ok(/at detector/.test((await scale()).join()), `at the detector: ${await scale()}`);
    await open(
      picture('DX', [
        [0x00181164, 'DS', '0.15\\0.15'],
        [0x00181114, 'DS', '1.5'],
      ]),
    );
    t.ok(/est\. magnification 1\.50/.test((await scale()).join()), `corrected: ${await scale()}`);
    await open(picture('XC', []));
    t.equal(await scale(), [], 'no bar');
    t.ok(/No scale in the file/.test(await corner()), 'and the corner says so');
  });
}
