// The chain of filters shows what each of its steps makes of the image: small pictures, made late, a bounded number, given up when not wanted.
import { settled } from './helpers.mjs';
import { open, stack } from './made-stack.mjs';

const pictures = (page) => page.locator('negatoscope-viewer .panel img.after');

export default async function (t) {
  const page = await t.page('cpu');
  const noisy = ([x, y, z]) => x + 2 * y - 3 * z + ((x * 37 + y * 91 + z * 13) % 60);
  await open(page, stack({ value: noisy }));
  await settled(page);
  await page.locator('.tools [data-menu=filter]').click();
  const panel = page.locator('negatoscope-viewer .panel');
  t.equal(await pictures(page).count(), 0, 'no steps, no pictures');

  await t.step('a picture before the chain and after each step', async () => {
    await panel.locator('[data-filter=gaussian]').click();
    await panel.locator('[data-filter=sobel]').click();
    await page.waitForFunction(
      () => document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('.panel img.after').length === 3,
      undefined,
      { timeout: 20_000 },
    );
    const looked = await pictures(page).evaluateAll(async (all) => {
      const found = [];
      for (const img of all) {
        await img.decode();
        const context = new OffscreenCanvas(img.naturalWidth, img.naturalHeight).getContext('2d');
        context.drawImage(img, 0, 0);
        const { data } = context.getImageData(0, 0, img.naturalWidth, img.naturalHeight);
        let rough = 0;
        for (let i = 4; i < data.length; i += 4) rough += Math.abs(data[i] - data[i - 4]);
        found.push({ alt: img.alt, rough, wide: img.naturalWidth });
      }
      return found;
    });
    t.equal(
      looked.map(({ alt }) => alt),
      ['Before', 'After Smooth (Gauss)', 'After Gradient (Sobel)'],
      'each with its name',
    );
    t.ok(looked[1].rough < looked[0].rough * 0.8, `smoothed: ${looked[0].rough} → ${looked[1].rough}`);
    t.ok(looked[2].rough !== looked[1].rough && looked[0].wide <= 160, 'and then its edges, all small');
    await t.screenshot(page, 'chain-pictures');
  });

  await t.step('a step that is off has none; another value makes another one', async () => {
    await panel.locator('.chain li').nth(1).getByRole('button', { name: /off/i }).click();
    await settled(page, 600);
    t.equal(await pictures(page).count(), 2, 'the step that is off has no picture');
    const before = await pictures(page).nth(1).getAttribute('src');
    await panel.locator('.chain li').first().locator('input[type=range]').first().fill('5');
    await page.waitForFunction(
      (before) => {
        const [, after] = document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('.panel img.after');
        return after && after.src !== before;
      },
      before,
      { timeout: 20_000 },
    );
    t.ok(true, 'the slider changes it');
  });

  await t.step('they go with the menu', async () => {
    const src = await pictures(page).nth(0).getAttribute('src');
    await page.keyboard.press('Escape');
    await settled(page, 300);
    const gone = await page.evaluate(
      (src) =>
        new Promise((resolve) => {
          const img = new Image();
          img.onload = () => resolve(false);
          img.onerror = () => resolve(true);
          img.src = src;
        }),
      src,
    );
    t.ok(gone, 'nothing of them stays');
  });
  t.allowErrors(/blob:/); // the test has asked for one that is gone
  await page.close();

  const phone = await t.page('cpu', { phone: true, lang: 'zh-CN' });
  await open(phone, stack({ value: noisy }));
  await settled(phone);
  await phone.locator('.dock [data-menu=more]').click();
  await phone.locator('.panel [data-filter=median]').click();
  await phone.locator('.panel img.after').nth(1).waitFor({ timeout: 20_000 });
  t.equal(await phone.locator('.panel img.after').nth(0).getAttribute('alt'), '处理前', 'in Chinese on a phone');
  await phone.locator('.panel img.after').nth(1).scrollIntoViewIfNeeded();
  await t.screenshot(phone, 'chain-phone-zh');
  await phone.close();
}
