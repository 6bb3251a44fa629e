// Filters as a chain of steps, and regions: found by a threshold, by edges or from a click, measured, chosen and kept.
import { settled } from './helpers.mjs';

const openSample = async (page) => {
  await page.locator('negatoscope-viewer .sample').click();
  await page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 60_000 });
  await settled(page);
};
const shown = (page) =>
  page.evaluate(() => {
    const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport');
    return { ...pane.shown, filters: pane.look.filters };
  });
const until = (page, what, wanted) =>
  page.waitForFunction(
    ([what, wanted]) => {
      const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport');
      const value = what === 'filters' ? pane.look.filters.join(' ') : pane.shown?.[what];
      return value === wanted;
    },
    [what, wanted],
    { timeout: 20_000 },
  );

export const limitMs = 300_000;

export default async function (t) {
  const page = await t.page('cpu');
  await openSample(page);
  const menu = page.locator(".tools [data-menu='filter']");
  const add = (name) => page.locator(`.panel [data-filter='${name}']`).click();

  await t.step('steps are added, set, moved, switched off and removed', async () => {
    await menu.click();
    await page.locator(".panel [data-filter='canny']").waitFor();
    t.equal(await page.locator('.panel [data-filter]').count(), 13, 'every filter of the list is offered');
    await add('canny');
    await until(page, 'gives', 'levels');
    t.equal((await shown(page)).filters.join(), 'canny', 'Canny is on');
    await add('gaussian');
    await until(page, 'filters', 'canny gaussian');
    await page
      .locator('.chain li')
      .nth(1)
      .getByRole('button', { name: /^Earlier/ })
      .click();
    await until(page, 'filters', 'gaussian canny');
    const low = page.locator('.chain li').nth(1).locator('input[type=range]').first();
    await low.focus();
    await page.keyboard.press('ArrowRight');
    await until(page, 'filters', 'gaussian canny:low=51');
    t.ok(true, 'a slider moves by the keys of the arrows');
    await page.locator('.chain li').nth(1).locator('select').first().selectOption('5');
    await until(page, 'filters', 'gaussian canny:low=51,aperture=5');
    await settled(page);
    await t.screenshot(page, 'chain');
    await page
      .locator('.chain li')
      .first()
      .getByRole('button', { name: /^Switch off/ })
      .click();
    await until(page, 'filters', 'canny:low=51,aperture=5');
    t.equal(await page.locator('.chain li').count(), 2, 'a step that is off keeps its place');
    await page
      .locator('.chain li')
      .nth(1)
      .getByRole('button', { name: /^Remove/ })
      .click();
    await until(page, 'gives', 'values');
    await page.locator('.panel > button', { hasText: 'None' }).click();
    t.equal(await page.locator('.chain li').count(), 0, 'and all of them go');
    await page.keyboard.press('Escape');
  });

  await t.step('gradients have a window of their own, edges are as they are', async () => {
    const by = async (filters) => {
      await page.evaluate((filters) => document.querySelector('negatoscope-viewer').filter(filters), filters);
      return shown(page);
    };
    const plain = await by([]);
    const sobel = await by(['sobel']);
    t.ok(sobel.gives === 'other' && sobel.begin === null, 'of a gradient');
    t.ok(sobel.window.width !== plain.window.width, `window ${sobel.window.width}, not ${plain.window.width}`);
    const canny = await by(['grey', 'canny']);
    t.equal(canny.window.width, plain.window.width, 'edges follow the window of the image');
    await by([]);
  });

  await t.step('regions are found, chosen, measured and kept', async () => {
    await page.evaluate(() => {
      globalThis.kept = [];
      document
        .querySelector('negatoscope-viewer')
        .addEventListener('region', ({ detail }) => globalThis.kept.push(detail));
    });
    await page.locator('.tools .regions').click();
    await page.locator('.contours path').first().waitFor({ timeout: 20_000 });
    const box = await page.locator('negatoscope-viewport').first().boundingBox();
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.locator('.contours .chosen').waitFor();
    const area = await page.locator('.panel.regions dd').first().textContent();
    t.ok(/^[\d.]+ [cm]m²$/.test(area), `an area with its unit: ${area}`);
    await t.screenshot(page, 'regions');
    await page.locator('.keep').click();
    await page.locator('negatoscope-viewport .measures .line').first().waitFor();
    const measured = () => page.evaluate(() => document.querySelector('negatoscope-viewer').measurements);
    const [polygon] = await measured();
    t.ok(polygon.kind === 'polygon' && /mm|cm/.test(JSON.stringify(polygon)), 'it is a measurement from now on');
    const [kept] = await page.evaluate(() => globalThis.kept);
    t.ok(kept.region.points.length > 3 && kept.region.statistics.count > 0, 'the event says what was kept');
    t.equal(kept.spacingFrom, 'pixel-spacing', 'and where its spacing comes from');
    const own = await page.evaluate(() => document.querySelector('negatoscope-viewer').regions({ threshold: 'otsu' }));
    t.ok(own.regions.length > 0 && own.threshold > 0, `the element tells them, too: ${own.regions.length}`);
    await page.evaluate(() => {
      document.querySelector('negatoscope-viewer').addEventListener('region', (event) => event.preventDefault());
    });
    await page.locator('.keep').click();
    await settled(page);
    t.equal((await measured()).length, 1, 'whoever takes a region keeps it');
    await page.evaluate(() => document.querySelector('negatoscope-viewer').removeMeasurement());
  });

  await t.step('a region grows from a click', async () => {
    await page.locator('.panel.regions select').selectOption('seed');
    const box = await page.locator('negatoscope-viewport').first().boundingBox();
    await page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.42);
    await page.locator('.contours .chosen').waitFor();
    const before = await page.locator('.panel.regions dd').nth(1).textContent();
    const slider = page.locator('.panel.regions input[type=range]').first();
    await slider.focus();
    for (let i = 0; i < 12; i += 1) await page.keyboard.press('ArrowRight');
    await page.waitForFunction(
      (before) =>
        document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('.panel.regions dd')[1]
          ?.textContent !== before,
      before,
      { timeout: 20_000 },
    );
    await t.screenshot(page, 'regions-grown');
    t.ok(true, 'and follows the tolerance');
    await page.keyboard.press('Escape');
    t.equal(await page.locator('.panel.regions').count(), 0, 'Escape shuts the panel');
  });

  await t.step('an answer of another way is none of a seed', async () => {
    await page.locator('.tools .regions').click();
    await page.locator('.panel.regions select').selectOption('otsu');
    await page.locator('.contours path').first().waitFor({ timeout: 20_000 });
    // The slider asks; before it is answered, the way changes.
    await page.evaluate(() => {
      const panel = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('.panel.regions');
      const slider = panel.querySelector('input[type=range]');
      slider.value = '31';
      slider.dispatchEvent(new Event('input'));
      const ways = panel.querySelector('select');
      ways.value = 'seed';
      ways.dispatchEvent(new Event('change'));
    });
    await settled(page, 1500);
    t.equal(await page.locator('.contours path').count(), 0, 'nothing is chosen before a click');
    await page.keyboard.press('Escape');
  });

  await t.step('sliders go over what gradients are', async () => {
    await page.evaluate(() => document.querySelector('negatoscope-viewer').filter(['sobel']));
    await settled(page);
    await page.locator('.tools .regions').click();
    await page.locator('.panel.regions select').selectOption('range');
    // The image that the filter makes comes after the panel that was asked for.
    await page.waitForFunction(() => document.querySelector('negatoscope-viewer').pane.shown.gives === 'other');
    await settled(page);
    const { window } = await shown(page);
    const [low, high] = await page
      .locator('.panel.regions input[type=range]')
      .first()
      .evaluate((slider) => [Number(slider.min), Number(slider.max)]);
    t.near(high - low, 2 * window.width, 2, `${low} to ${high}: twice the window of the gradient`);
    await page.locator('.tools .regions').click();
    await page.evaluate(() => document.querySelector('negatoscope-viewer').filter([]));
  });

  await t.step('on a phone, in Chinese', async () => {
    const phone = await t.page('cpu', { phone: true, lang: 'zh' });
    await openSample(phone);
    await phone.locator(".dock [data-menu='more']").tap();
    await phone.locator('.panel button', { hasText: '区域' }).tap();
    await phone.locator('.contours path').first().waitFor({ timeout: 20_000 });
    const small = await phone
      .locator('.panel.regions button, .panel.regions select, .panel.regions input')
      .evaluateAll((all) => all.filter((one) => one.offsetParent && one.offsetHeight < 24).length);
    t.equal(small, 0, 'nothing is too small for a finger');
    await phone.locator('.panel.regions .sign').last().tap();
    await t.screenshot(phone, 'regions-phone');
    const words = await phone.locator('.panel.regions').textContent();
    t.ok(!/[a-z]{5}/i.test(words.replace(/Otsu|Canny/g, '')), `no English: ${words.trim().slice(0, 80)}`);
  });
}
