// By keyboard alone: every control is reached by Tab and seen to be; and a drag under a VOI LUT, whose name is in the corner.
import { file } from './dicom.mjs';
import { settled } from './helpers.mjs';

const words = (...values) => Buffer.from(Uint16Array.from(values).buffer);
const side = 32;
const entries = Array.from({ length: 256 }, (_, i) => (i < 64 ? 0 : i > 191 ? 255 : (i - 64) * 2));

/** Values 0 to 255 across; a VOI LUT and nothing else. */
const image = file([
  [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.1'],
  [0x00080018, 'UI', '2.25.81'],
  [0x00080060, 'CS', 'CR'],
  [0x00100010, 'PN', 'Table'],
  [0x0020000d, 'UI', '2.25.82'],
  [0x0020000e, 'UI', '2.25.83'],
  [0x00280002, 'US', 1],
  [0x00280004, 'CS', 'MONOCHROME2'],
  [0x00280010, 'US', side],
  [0x00280011, 'US', side],
  [0x00280100, 'US', 8],
  [0x00280101, 'US', 8],
  [0x00280102, 'US', 7],
  [0x00280103, 'US', 0],
  [
    0x00283010,
    'SQ',
    [
      [
        [0x00283002, 'US', [256, 0, 8]],
        [0x00283003, 'LO', 'BONE'],
        [0x00283006, 'OW', words(...entries)],
      ],
    ],
  ],
  [0x7fe00010, 'OB', Buffer.from(Uint8Array.from({ length: side * side }, (_, i) => (i % side) * 8))],
]);

const shown = (page) =>
  page.evaluate(() => {
    const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport');
    return pane?.shown ? { window: pane.shown.window, begin: pane.shown.begin } : null;
  });

export default async function (t) {
  const page = await t.page('cpu');
  await page.evaluate((text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return document.querySelector('negatoscope-viewer').open([new File([bytes], 'table.dcm')]);
  }, image.toString('base64'));
  await page.waitForFunction(
    () => document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport')?.shown,
  );
  await settled(page);

  await t.step('a VOI LUT', async () => {
    t.equal((await shown(page)).window, null, 'is in force');
    t.ok(/VOI LUT\s+BONE/.test(await page.locator('.bottom-left').first().textContent()), 'and named in the corner');
    const { begin } = await shown(page);
    const box = await page.locator('negatoscope-viewport .picture').first().boundingBox();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.keyboard.press('w');
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 40, y, { steps: 4 });
    await page.mouse.up();
    await settled(page);
    const { window } = await shown(page);
    t.ok(window && Math.abs(window.center - begin.center) < begin.width, 'a drag goes on from the nearest window');
    t.ok(window && window.width !== begin.width, 'and changes it');
    await page.keyboard.press('1');
    await settled(page);
    t.equal((await shown(page)).window, null, 'key 1 gives the table back');
  });

  await t.step('every control by Tab', async () => {
    const all = await page.evaluate(() => {
      const seen = [];
      const walk = (root) => {
        for (const one of root.querySelectorAll('*')) {
          if (one.shadowRoot) walk(one.shadowRoot);
          if (!/^(BUTTON|SELECT|INPUT)$/.test(one.tagName) || one.disabled || one.tabIndex < 0) continue;
          const { width, height } = one.getBoundingClientRect();
          if (width > 0 && height > 0 && one.checkVisibility({ visibilityProperty: true })) seen.push(one);
        }
      };
      walk(document);
      globalThis.controls = seen;
      document.body.focus();
      return seen.length;
    });
    t.ok(all > 8, `${all} controls`);
    const reached = new Set();
    const bare = new Set();
    for (let i = 0; i < all + 12; i += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        let one = document.activeElement;
        while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
        const ring = (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
        return [globalThis.controls.indexOf(one), ring, one.getAttribute('aria-label') ?? one.textContent.trim()];
      });
      if (at[0] < 0) continue;
      reached.add(at[0]);
      if (!at[1]) bare.add(at[2]);
    }
    t.equal(reached.size, all, 'all are reached');
    t.equal([...bare], [], 'and each shows that it has the keys');
  });
}
