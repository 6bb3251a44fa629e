// A made CT whose values are a formula of the place in the patient: every plane through it can be checked anywhere.
import { file } from './dicom.mjs';

export const side = 48;
export const hu = ([x, y, z]) => x + 2 * y - 3 * z;
/** Pixels of 1.5 mm, slices 2 mm apart. */
export const pixelMm = 1.5;
export const sliceMm = 2;

/** One axial image at z; `value` of a place. */
export function slice(number, z, { value = hu, study = '2.25.981', more = [] } = {}) {
  const pixels = Buffer.alloc(side * side * 2);
  for (let r = 0; r < side; r += 1)
    for (let c = 0; c < side; c += 1)
      pixels.writeInt16LE(Math.round(value([-36 + pixelMm * c, -36 + pixelMm * r, z])), (r * side + c) * 2);
  return file([
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
    [0x00080018, 'UI', `${study}.1.${number}`],
    [0x00080060, 'CS', 'CT'],
    [0x0008103e, 'LO', 'made'],
    [0x00100010, 'PN', 'ZQDOE^JANE'],
    [0x00100020, 'LO', 'ZQ4711'],
    [0x0020000d, 'UI', study],
    [0x0020000e, 'UI', `${study}.2`],
    [0x00200011, 'IS', '7'],
    [0x00200013, 'IS', `${number}`],
    [0x00200032, 'DS', `-36\\-36\\${z}`],
    [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
    [0x00200052, 'UI', `${study}.3`],
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
    [0x00281054, 'LO', 'HU'],
    [0x7fe00010, 'OW', pixels],
    ...more,
  ]);
}

/** Twenty slices from z = −20 mm. */
export const stack = (options) => Array.from({ length: 20 }, (_, n) => slice(n + 1, -20 + sliceMm * n, options));

/** Opens files that a test made, and files that the page made (as base64). */
export const open = (page, files, more = []) =>
  page.evaluate(
    async ([files, more]) => {
      const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      const all = [...files, ...more].map((text, i) => new File([bytes(text)], `${i}.dcm`));
      await document.querySelector('negatoscope-viewer').open(all);
    },
    [files.map((one) => one.toString('base64')), more],
  );

export const all = (page) => page.evaluate(() => document.querySelector('negatoscope-viewer').measurements);

export const count = (page, n) =>
  page.waitForFunction((n) => document.querySelector('negatoscope-viewer').measurements.length === n, n, {
    timeout: 20_000,
  });

/** All four viewports of a volume are painted. */
export const painted = (page) =>
  page.waitForFunction(
    () => {
      const all = [...document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport')];
      return all.length === 4 && all.every(({ shown, mpr }) => mpr && shown);
    },
    undefined,
    { timeout: 60_000 },
  );

/** Where a pixel of what viewport `n` shows lies on the page. */
export const place = (page, n, column, row) =>
  page.evaluate(
    ([n, column, row]) => {
      const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport')[n];
      const m = pane.shown.to_canvas;
      const box = pane.shadowRoot.querySelector('.picture').getBoundingClientRect();
      const at = (a, b, c) => (a * column + b * row + c) / devicePixelRatio;
      return [box.left + at(m[0], m[1], m[2]), box.top + at(m[3], m[4], m[5])];
    },
    [n, column, row],
  );

/** Marks that viewport `n` draws: their kinds. */
export const drawn = (page, n) =>
  page.evaluate((n) => {
    const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport')[n];
    return [...pane.shadowRoot.querySelectorAll('.measures .mark')].map((mark) => mark.dataset.kind);
  }, n);

/** Measurements as a file's bytes, base64. */
export const saved = (page, form) =>
  page.evaluate(async (form) => {
    const [blob] = await document.querySelector('negatoscope-viewer').saveMeasurements(form);
    let text = '';
    for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte);
    return btoa(text);
  }, form);

/** The place in the patient of a pixel of a mark's plane. */
export const inPatient = ({ position_mm, row, column, spacing_mm }, [c, r]) =>
  position_mm.map((p, axis) => p + row[axis] * c * spacing_mm[1] + column[axis] * r * spacing_mm[0]);
