// A stack as something that moves, in a browser that encodes no video: an animated PNG without loss, and a GIF with exact greys.
import { readFileSync } from 'node:fs';
import { settled } from './helpers.mjs';
import { open, stack } from './made-stack.mjs';

export const limitMs = 240_000;

async function dialogOf(page) {
  await page.locator('negatoscope-viewer .tools [data-menu=more]').click();
  await page.locator('negatoscope-viewer .panel').getByRole('button', { name: 'Save cine' }).click();
  const dialog = page.locator('negatoscope-save-cine');
  await dialog.locator('select').waitFor();
  return dialog;
}

/** Every picture of an animation as the browser decodes it: size and a sum of its pixels. */
const frames = (page, bytes, type) =>
  page.evaluate(
    async ([bytes, type]) => {
      const decoder = new ImageDecoder({ data: new Uint8Array(bytes), type });
      await decoder.tracks.ready;
      await decoder.completed;
      const found = [];
      for (let frameIndex = 0; frameIndex < decoder.tracks.selectedTrack.frameCount; frameIndex += 1) {
        const { image } = await decoder.decode({ frameIndex });
        const context = new OffscreenCanvas(image.displayWidth, image.displayHeight).getContext('2d');
        context.drawImage(image, 0, 0);
        const { data } = context.getImageData(0, 0, image.displayWidth, image.displayHeight);
        found.push({ data: data.reduce((sum, v) => (sum * 31 + v) % 1_000_000_007, 7), ms: image.duration / 1000 });
        image.close();
      }
      return found;
    },
    [[...bytes], type],
  );

/** The same sum of what the viewport shows at each image. */
const seen = (page) =>
  page.evaluate(async () => {
    const viewer = document.querySelector('negatoscope-viewer');
    const pane = viewer.shadowRoot.querySelector('negatoscope-viewport');
    const sums = [];
    for (let index = 0; index < pane.info.frames; index += 1) {
      await pane.setIndex(index);
      const bitmap = await createImageBitmap(await viewer.save('png'));
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      sums.push(data.reduce((sum, v) => (sum * 31 + v) % 1_000_000_007, 7));
    }
    return sums;
  });

export default async function (t) {
  const init = 'delete window.VideoEncoder; delete window.showSaveFilePicker; delete window.showDirectoryPicker;';
  const page = await t.page('cpu', { init, size: { width: 900, height: 560 } });
  await open(page, stack().slice(0, 6));
  await settled(page);
  const want = await seen(page);

  for (const [form, end, type] of [
    ['apng', 'png', 'image/png'],
    ['gif', 'gif', 'image/gif'],
  ])
    await t.step(`${form}: every picture is what was shown`, async () => {
      const dialog = await dialogOf(page);
      await dialog.getByText('encodes no video').waitFor();
      t.ok(await dialog.locator('option[value=webm]').isDisabled(), 'a video is not offered');
      await dialog.locator('select').selectOption(form);
      if (form === 'gif') await t.screenshot(page, 'cine-dialog');
      const coming = page.waitForEvent('download', { timeout: 60_000 });
      await dialog.locator('button.first').click();
      const got = await coming;
      t.equal(got.suggestedFilename(), `negatoscope-cine.${end}`, 'the name names nobody');
      const all = await frames(page, readFileSync(await got.path()), type);
      t.equal(
        all.map(({ data }) => data),
        want,
        'all of them, in order, without loss',
      );
      t.near(all[0].ms, 100, 1, 'ten a second');
      await dialog.waitFor({ state: 'detached' });
    });

  await t.step('with colours', async () => {
    await page.evaluate(() => document.querySelector('negatoscope-viewer').view({ colour_map: 'viridis' }));
    await settled(page);
    const coloured = await seen(page);
    const dialog = await dialogOf(page);
    await dialog.locator('select').selectOption('apng');
    const coming = page.waitForEvent('download', { timeout: 60_000 });
    await dialog.locator('button.first').click();
    const all = await frames(page, readFileSync(await (await coming).path()), 'image/png');
    t.equal(all.length, 6, 'six pictures');
    t.ok(all[0].data !== want[0] && coloured.includes(all[1].data), 'in their colours');
    await dialog.waitFor({ state: 'detached' });
  });

  await t.step('it is given up', async () => {
    const dialog = await dialogOf(page);
    await page.evaluate(() => {
      const { client } = document.querySelector('negatoscope-viewer');
      const ask = client.ask.bind(client);
      client.ask = async (kind, request, more) => {
        if (request.kind === 'moving') await new Promise((resolve) => setTimeout(resolve, 300));
        return ask(kind, request, more);
      };
    });
    await dialog.locator('button.first').click();
    await dialog.locator('progress').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.locator('progress').waitFor({ state: 'detached' });
    t.ok(await dialog.locator('button.first').isEnabled(), 'and can be begun again');
    await page.keyboard.press('Escape');
  });

  await t.step('another series that is shown meanwhile is not mixed in', async () => {
    await open(page, [...stack().slice(0, 6), ...stack({ study: '2.25.991' }).slice(0, 6)]);
    await settled(page);
    const dialog = await dialogOf(page);
    let saved = 0;
    page.on('download', () => {
      saved += 1;
    });
    await dialog.locator('button.first').click();
    await dialog.locator('progress').waitFor();
    const shown = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      await viewer.show({ seriesUid: '2.25.991.2', frame: 4 });
      const pane = viewer.shadowRoot.querySelector('negatoscope-viewport');
      return [pane.seriesUid, pane.index];
    });
    await dialog.getByText('Another image or series was shown').waitFor();
    t.equal(saved, 0, 'no file of both');
    const after = await page.evaluate(() => {
      const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport');
      return [pane.seriesUid, pane.index];
    });
    t.equal(after, shown, 'and what is shown now stays');
    await page.keyboard.press('Escape');
  });
  await page.close();
}
