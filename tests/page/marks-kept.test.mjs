// Measurements in what is kept: saved pictures, key images, the report page; and pictures without them, which are what they were.
import { readFileSync } from 'node:fs';
import { settled } from './helpers.mjs';
import { all, count, open, painted, place, stack } from './made-stack.mjs';

export const limitMs = 300_000;

/** Width, height, how many pixels have the green of marks, and a sum over all bytes, of a picture file. */
const looked = (page, bytes) =>
  page.evaluate(
    async (bytes) => {
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      let [green, sum] = [0, 0];
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 1] > data[i] + 30 && data[i + 1] > data[i + 2] + 30) green += 1;
        sum = (sum * 31 + data[i] + 3 * data[i + 1] + 7 * data[i + 2]) % 1_000_000_007;
      }
      return { width: bitmap.width, height: bitmap.height, green, sum };
    },
    [...bytes],
  );

/** Green pixels of a picture on the page. */
async function greenOf(img) {
  await img.decode();
  const context = new OffscreenCanvas(img.naturalWidth, img.naturalHeight).getContext('2d');
  context.drawImage(img, 0, 0);
  const { data } = context.getImageData(0, 0, img.naturalWidth, img.naturalHeight);
  let green = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i + 1] > data[i] + 30 && data[i + 1] > data[i + 2] + 30) green += 1;
  return green;
}

async function download(page, act) {
  const coming = page.waitForEvent('download');
  await act();
  return readFileSync(await (await coming).path());
}

const snapshot = async (page) =>
  Buffer.from(
    await page.evaluate(async () =>
      Array.from(new Uint8Array(await (await document.querySelector('negatoscope-viewer').save('png')).arrayBuffer())),
    ),
  );

async function menu(page, label) {
  await page.locator('negatoscope-viewer .tools [data-menu=more]').click();
  await page.locator('negatoscope-viewer .panel').getByRole('button', { name: label }).first().click();
}

/** The report that would be printed. */
async function report(page, act) {
  await page.evaluate(() => {
    window.printed = 0;
    window.appended ??= document.body.append.bind(document.body);
    document.body.append = (...nodes) => {
      window.appended(...nodes);
      for (const node of nodes)
        if (node.contentWindow)
          node.contentWindow.print = () => {
            window.printed += 1;
          };
    };
  });
  await act();
  await page.waitForFunction(() => window.printed === 1);
  return page.evaluate(() => {
    const frame = [...document.querySelectorAll('iframe.negatoscope-report')].at(-1);
    const inner = frame.contentDocument;
    const found = {
      text: inner.body.textContent.replace(/\s+/g, ' '),
      images: [...inner.images].map((one) => ({ wide: one.naturalWidth, alt: one.alt })),
    };
    return found;
  });
}

export default async function (t) {
  const init = 'delete window.showSaveFilePicker; delete window.showDirectoryPicker;';
  const page = await t.page('cpu', { init });
  await open(page, stack());
  await settled(page);
  const dialog = page.locator('negatoscope-save-picture');
  const save = () => download(page, () => dialog.locator('button.first').click());
  const plain = await looked(page, await snapshot(page));

  await t.step('a picture with its measurements, at any size, and without them', async () => {
    await page.evaluate(() =>
      document.querySelector('negatoscope-viewer').measure('length', [
        [8, 8],
        [40, 20],
      ]),
    );
    await page.evaluate(() =>
      document.querySelector('negatoscope-viewer').measure(
        'ellipse',
        [
          [10, 34],
          [30, 34],
          [20, 30],
          [20, 38],
        ],
        { text: 'ZQWORDS' },
      ),
    );
    await settled(page);
    await page.keyboard.press('p');
    await dialog.locator('img').waitFor();
    const tick = dialog.getByLabel('Measurements');
    t.ok(await tick.isChecked(), 'measurements are asked for at first');
    await t.screenshot(page, 'marks-picture');
    const one = await looked(page, await save());
    t.equal([one.width, one.height], [plain.width, plain.height], 'the size of the viewport');
    t.ok(one.green > 400 && plain.green === 0, `${one.green} green pixels`);
    await page.keyboard.press('p');
    await dialog.locator('select').nth(2).selectOption({ index: 2 });
    await dialog.locator('button.first:not([disabled])').waitFor();
    const two = await looked(page, await save());
    t.equal([two.width, two.height], [plain.width * 2, plain.height * 2], 'twice the size');
    t.ok(two.green > one.green * 2.5, `drawn at its resolution: ${two.green} green pixels`);
    await page.keyboard.press('p');
    await dialog.locator('img').waitFor();
    await tick.uncheck();
    await dialog.locator('button.first:not([disabled])').waitFor();
    const off = await looked(page, await save());
    t.equal(off, plain, 'without them every pixel is what it was');
    for (const format of ['jpg', 'webp', 'webp-lossy']) {
      await page.keyboard.press('p');
      await dialog.locator('select').first().selectOption(format);
      await dialog
        .locator('.figures')
        .getByText(format === 'webp' ? 'nothing is lost' : 'SSIM')
        .waitFor();
      const { green } = await looked(page, await save());
      t.ok(green > 300, `${format}: ${green} green pixels`);
    }
    await page.keyboard.press('p');
    await dialog.locator('select').nth(1).selectOption('whole');
    await dialog.locator('button.first:not([disabled])').waitFor();
    const whole = await looked(page, await save());
    t.equal([whole.width, whole.height], [48, 48], 'the whole image, pixel for pixel');
    t.ok(whole.green > 10, 'with them too');
  });

  await t.step('key images have them, and lose them by a tick', async () => {
    await page.keyboard.press('k');
    await page.getByText('Key image 1 marked').waitFor();
    await menu(page, 'Key images and report');
    const keys = page.locator('negatoscope-key-images');
    const seen = () => keys.locator('img').evaluate(greenOf);
    t.ok((await seen()) > 300, 'the picture shows them');
    await keys.locator('input[name=marks]').uncheck();
    t.ok((await seen()) < 20, 'and without the tick it does not');
    await keys.locator('input[name=marks]').check();
    await t.screenshot(page, 'marks-keys');
  });

  await t.step('the report lists them with value, unit, origin, place and a small picture', async () => {
    const keys = page.locator('negatoscope-key-images');
    const { text, images } = await report(page, () =>
      keys.getByRole('button', { name: 'Print report, or PDF' }).click(),
    );
    const [length] = await all(page);
    const mm = length.values[0].value.toFixed(1);
    t.ok(text.includes('Measurements') && text.includes('Length') && text.includes(`${mm} mm`), `Length ${mm} mm`);
    t.ok(text.includes('in the patient'), 'and where the spacing comes from');
    t.ok(/Se 7\s+Im 10/.test(text), 'the image that it lies on');
    t.ok(text.includes('ZQWORDS') && /HU/.test(text), 'names and values');
    t.equal(images.length, 2, 'the key image, and a small picture');
    t.ok(
      images.every(({ wide }) => wide > 200),
      'both are there',
    );
    const green = await page.evaluateHandle(
      () => [...document.querySelectorAll('iframe.negatoscope-report')].at(-1).contentDocument.images[1],
    );
    t.ok((await green.evaluate(greenOf)) > 100, 'with the marks on it');
    await keys.locator('button[aria-label=Close]').click();
  });

  await t.step('what the report looks like', async () => {
    const html = await page.evaluate(() => {
      const inner = [...document.querySelectorAll('iframe.negatoscope-report')].at(-1).contentDocument;
      const rules = [...inner.adoptedStyleSheets].flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText));
      const images = [...inner.images].map((img) => {
        const canvas = inner.createElement('canvas');
        [canvas.width, canvas.height] = [img.naturalWidth, img.naturalHeight];
        canvas.getContext('2d').drawImage(img, 0, 0);
        return canvas.toDataURL();
      });
      return { rules: rules.join('\n'), body: inner.body.innerHTML, images };
    });
    const paper = await page.context().newPage();
    await paper.setViewportSize({ width: 760, height: 1000 });
    await paper.setContent(`<style>${html.rules} body { padding: 20px }</style>${html.body}`);
    await paper.evaluate((images) => {
      for (const [i, img] of [...document.images].entries()) img.src = images[i];
    }, html.images);
    await paper.waitForTimeout(300);
    await t.screenshot(paper, 'marks-report');
    t.ok(true, 'drawn');
    await paper.close();
  });

  await t.step('anonymous: no words and nobody’s name', async () => {
    await page.keyboard.press('x');
    await menu(page, 'Key images and report');
    const keys = page.locator('negatoscope-key-images');
    t.ok(await keys.getByLabel('Name the patient in the report').isDisabled(), 'nobody can be named');
    const { text } = await report(page, () => keys.getByRole('button', { name: 'Print report, or PDF' }).click());
    t.ok(!text.includes('ZQ'), 'neither name nor words are on the page');
    await keys.locator('button[aria-label=Close]').click();
    await page.keyboard.press('x');
  });

  await t.step('planes and pictures of a volume are kept as they are seen', async () => {
    await page.keyboard.press('q');
    await painted(page);
    await settled(page, 800);
    await page.mouse.click(...(await place(page, 1, 4, 4)));
    await settled(page, 400);
    await page.evaluate(() =>
      document.querySelector('negatoscope-viewer').measure(
        'length',
        [
          [8, 8],
          [30, 12],
        ],
        { viewport: 1 },
      ),
    );
    await settled(page, 300);
    const seen = await looked(page, await snapshot(page));
    await page.keyboard.press('p');
    await dialog.locator('img').waitFor();
    const marked = await looked(page, await save());
    t.ok(marked.green > 100, 'the plane has its mark');
    await page.keyboard.press('p');
    await dialog.locator('img').waitFor();
    await dialog.getByLabel('Measurements').uncheck();
    await dialog.locator('button.first:not([disabled])').waitFor();
    const bare = await looked(page, await save());
    t.equal(bare, seen, 'and without it the picture is the plane, not an image of the stack');
    await page.keyboard.press('k');
    await page.getByText('Key image 2 marked').waitFor();
    await menu(page, 'Key images and report');
    const keys = page.locator('negatoscope-key-images');
    t.ok(/Coronal/.test(await keys.locator('.keys li').nth(1).textContent()), 'a plane is a key image with its name');
    const ko = await download(page, () => keys.getByRole('button', { name: 'Save key object (DICOM)' }).click());
    const named = ko.toString('latin1').match(/2\.25\.981\.1\.\d+/g) ?? [];
    t.equal(new Set(named).size, 1, `the document names the image only: ${named[0]}`);
    const { text, images } = await report(page, () =>
      keys.getByRole('button', { name: 'Print report, or PDF' }).click(),
    );
    t.ok(/reformatted/.test(text) && /Coronal/.test(text), 'the report says what was reformatted');
    t.equal(images.length, 4, 'two key images, and two places that were measured');
    await keys.locator('button[aria-label=Close]').click();
    await count(page, 3);
  });
  await page.close();
}
