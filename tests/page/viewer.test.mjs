// The sample opens and is painted; keys and the wheel scroll it; Chinese has its own words; a file that is no DICOM is listed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/lib.mjs';
import { settled } from './helpers.mjs';

const live = (page) => page.locator('negatoscope-viewer .live');
const index = async (page) => Number(/\d+/.exec((await live(page).textContent()) ?? '')?.[0]);
const becomes = async (page, wanted) => {
  await page.waitForFunction(
    (n) =>
      /\d+/.exec(document.querySelector('negatoscope-viewer').shadowRoot.querySelector('.live').textContent)?.[0] ===
      String(n),
    wanted,
    { timeout: 20_000 },
  );
};

/** The brightest and darkest sample of the middle of the picture, from a screenshot: 0 to 255. */
async function range(page) {
  const box = await page.locator('negatoscope-viewport').first().boundingBox();
  const clip = {
    x: box.x + box.width * 0.3,
    y: box.y + box.height * 0.3,
    width: box.width * 0.4,
    height: box.height * 0.4,
  };
  const png = (await page.screenshot({ clip })).toString('base64');
  return page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    let [low, high] = [255, 0];
    for (let i = 0; i < data.length; i += 4) {
      low = Math.min(low, data[i]);
      high = Math.max(high, data[i]);
    }
    return { low, high };
  }, png);
}

async function openSample(page) {
  await page.locator('negatoscope-viewer .sample').click();
  await page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 60_000 });
}

export default async function (t) {
  const page = await t.page('cpu');
  await t.step('the sample opens', () => openSample(page));
  await t.step('the first picture is painted', async () => {
    const { low, high } = await range(page);
    t.ok(high - low > 40, `it has dark and bright parts (${low} to ${high})`);
  });
  await t.step('keys scroll', async () => {
    await page.keyboard.press('Home');
    await becomes(page, 1);
    await page.keyboard.press('ArrowDown');
    await becomes(page, 2);
    await page.keyboard.press('Shift+ArrowDown');
    await becomes(page, 12);
    await page.keyboard.press('ArrowUp');
    await becomes(page, 11);
  });
  await t.step('one notch of the wheel is one image', async () => {
    const box = await page.locator('negatoscope-viewport').first().boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.wheel(0, 100);
    await becomes(page, 12);
  });
  await t.step('a drag along the rail goes through the stack', async () => {
    const box = await page.locator('negatoscope-viewport .rail').first().boundingBox();
    await page.mouse.move(box.x + 5, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + 5, box.y + box.height + 40, { steps: 4 });
    await becomes(page, 128);
    await page.mouse.move(box.x + 5, box.y, { steps: 4 });
    await becomes(page, 1);
    await page.mouse.up();
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('ArrowDown');
    await becomes(page, 12);
    const middle = await page.locator('negatoscope-viewport').first().boundingBox();
    await page.mouse.move(middle.x + middle.width / 2, middle.y + middle.height / 2);
  });
  await t.step('the value under the pointer is shown', async () => {
    await page.locator('negatoscope-viewport .probe').waitFor({ timeout: 10_000 });
    t.ok(/x \d+ +y \d+ +-?\d/.test(await page.locator('negatoscope-viewport .probe').textContent()), 'place and value');
  });
  await t.step('a drag changes the window, a reset gives it back', async () => {
    const bottom = page.locator('negatoscope-viewport .corner.bottom-left');
    const before = /W \S+ +L \S+/.exec(await bottom.textContent())?.[0];
    await page.mouse.down();
    await page.mouse.move(700, 300, { steps: 5 });
    await page.mouse.up();
    await settled(page, 500);
    const after = /W \S+ +L \S+/.exec(await bottom.textContent())?.[0];
    t.ok(before && after && before !== after, `${before} became ${after}`);
    await page.keyboard.press('Escape');
    await settled(page, 500);
    t.equal(/W \S+ +L \S+/.exec(await bottom.textContent())?.[0], before, 'Esc gives it back');
  });
  await t.step('identity can be hidden', async () => {
    await page.keyboard.press('x');
    const top = await page.locator('negatoscope-viewport .corner.top-left').textContent();
    t.ok(top.includes('••••••'), 'dots instead of names');
    await page.keyboard.press('x');
  });
  await t.step('a page around it can drive it', async () => {
    const said = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      const events = [];
      viewer.addEventListener('view-change', (event) => events.push(event.detail));
      const { viewports } = viewer.state;
      await viewer.window({ center: 300, width: 500 });
      await viewer.view({ zoom: 2, quarter_turns: 1 });
      const probe = await viewer.probe(120, 100);
      const png = await viewer.save('png');
      const head = [...new Uint8Array(await png.slice(0, 4).arrayBuffer())];
      await viewer.window(null);
      await viewer.view({ zoom: 1, quarter_turns: 0 });
      return { events: events.length, frame: viewports[0].frame, probe, head };
    });
    t.ok(said.events >= 4, 'an event for each change');
    t.equal(said.frame, 11, 'its state names the frame');
    t.equal([said.probe?.column, said.probe?.row], [120, 100], 'a pixel is found where it lies, turned and zoomed');
    t.equal(said.head, [137, 80, 78, 71], 'PNG is saved');
  });
  await t.step('a dialog gives the keys back', async () => {
    await page.keyboard.press('?');
    await page.locator('dialog .keys').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Home');
    await becomes(page, 1);
  });
  await t.step('four images at once', async () => {
    await page.locator('.tools [data-menu=layout]').click();
    await page.locator('.panel').getByRole('button', { name: 'Four', exact: true }).click();
    t.equal(await page.locator('negatoscope-viewport').count(), 4, 'four viewports');
  });
  await t.screenshot(page, 'viewer-four');

  const chinese = await t.page('cpu', { lang: 'zh-CN' });
  t.equal(await chinese.locator('html').getAttribute('lang'), 'zh-CN', 'the page says that it is Chinese');
  t.ok((await chinese.locator('.start').textContent()).includes('把检查拖到这里'), 'the start screen is Chinese');
  await chinese.locator('main button[slot=end]').click();
  t.ok((await chinese.locator('.start').textContent()).includes('Drop a study here'), 'and English on a click');

  const folder = mkdtempSync(join(tmpdir(), 'negatoscope-'));
  try {
    writeFileSync(join(folder, 'notes.txt'), 'this is no DICOM file\n'.repeat(20));
    const mixed = await t.page('cpu');
    await t.drop(mixed, [join(root, 'www/public/sample/t1-brain.zip'), folder]);
    await t.step('a junk file is listed, and the rest is shown', async () => {
      await mixed.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 60_000 });
      await mixed.locator('footer .others').click();
      const list = await mixed.locator('dialog .problem').allTextContents();
      t.ok(
        list.some((line) => line.includes('notes.txt')),
        'by its name',
      );
      t.ok(/^[A-Z]+-\d{3}$/.test(await mixed.locator('dialog .problem code').first().textContent()), 'with a code');
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  t.ok((await index(page)) > 0, 'a screen reader hears which image it is');
}
