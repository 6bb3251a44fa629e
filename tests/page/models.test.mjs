// The models themselves, in the browser: the sample's brain, a chest film where the larger corpus is there, and what is refused.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/lib.mjs';

export const limitMs = 900_000;

const opened = (page) => page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 60_000 });
const analyze = (page, model) =>
  page.evaluate(async (name) => {
    const viewer = document.querySelector('negatoscope-viewer');
    const stages = new Set();
    try {
      const line = await viewer.analyze(name, { onProgress: ({ stage }) => stages.add(stage) });
      return { line, stages: [...stages] };
    } catch (error) {
      return { code: error.code, detail: error.failure?.detail ?? String(error) };
    }
  }, model);
/** Pixels of the canvas that have a colour. */
const coloured = (page) =>
  page.evaluate(async () => {
    const png = await document.querySelector('negatoscope-viewer').save('png');
    const bitmap = await createImageBitmap(png);
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4)
      if (Math.abs(data[i] - data[i + 1]) + Math.abs(data[i + 1] - data[i + 2]) > 12) count += 1;
    return count;
  });

export default async function (t) {
  for (const name of ['brain-mask', 'brain-tissue-light'])
    if (!existsSync(join(root, 'models', name, 'model.onnx'))) t.skip(`${name} is not here`);
  const page = await t.page('cpu');
  await page.locator('negatoscope-viewer .sample').click();
  await opened(page);

  await t.step('white and grey matter of the sample', async () => {
    t.equal(await coloured(page), 0, 'the image is grey');
    const { line, stages, code, detail } = await analyze(page, 'brain-tissue-light');
    if (!t.ok(line, `it ends in a finding ${code ?? ''} ${detail ?? ''}`)) return;
    const { names, volumes_ml, dims } = line.label_map;
    console.log(
      `  ${JSON.stringify(volumes_ml)}, ${line.seconds.toFixed(1)} s, ${(line.peak_bytes / 2 ** 20).toFixed(0)} MB, stages ${stages}`,
    );
    t.equal(names.length, 3, 'background and two tissues');
    t.equal(dims[2], 128, 'on the grid of the stack');
    const all = Object.values(volumes_ml).reduce((sum, v) => sum + v, 0);
    t.ok(all > 700 && all < 1700, `an adult brain has about 1.2 litres: ${all.toFixed(0)} ml`);
    t.ok(stages.includes('infer'), 'with progress');
    t.ok((await coloured(page)) > 1000, 'its colours lie over the image');
    await page.locator('negatoscope-viewport .legend.labels').waitFor();
    const box = await page.locator('negatoscope-viewport').boundingBox();
    // Along the middle row there is a tissue somewhere: the pointer says which.
    const said = new Set();
    for (let part = 0.3; part < 0.7; part += 0.02) {
      await page.mouse.move(box.x + box.width * part, box.y + box.height / 2);
      await page.waitForTimeout(60);
      const text =
        (await page
          .locator('negatoscope-viewport .probe')
          .textContent()
          .catch(() => '')) ?? '';
      said.add(/White matter|Grey matter/.exec(text)?.[0] ?? '');
    }
    t.ok(said.has('White matter') || said.has('Grey matter'), 'the pointer names them');
    await page.locator('negatoscope-viewport .picture').click();
    await page.keyboard.press('o');
    await page.waitForTimeout(500);
    t.equal(await coloured(page), 0, 'O takes them away');
    await t.screenshot(page, 'models-tissue');
  });

  await t.step('a new study worker gets the overlay again', async () => {
    t.allowErrors(/the test ends this worker/);
    await page.keyboard.press('o');
    await page.waitForTimeout(500);
    const before = await coloured(page);
    t.ok(before > 1000, 'the colours are there');
    await page.evaluate(() => {
      const viewer = document.querySelector('negatoscope-viewer');
      viewer.client.addEventListener('replaced', () => {
        viewer.addEventListener('view-change', () => {
          globalThis.again = true;
        });
      });
    });
    await page
      .workers()
      .find((worker) => /study/.test(worker.url()))
      .evaluate(() =>
        setTimeout(() => {
          throw new Error('the test ends this worker');
        }),
      );
    await page.waitForFunction(() => globalThis.again, undefined, { timeout: 60_000 });
    t.equal(await coloured(page), before, 'and again');
  });

  await t.step('a model for films refuses the brain', async () => {
    const { code, detail } = await analyze(page, 'chest-pneumonia');
    t.ok(/^MDL-\d{3}$/.test(code ?? '') && /MR/.test(detail), `${code}: ${detail}`);
  });

  await t.step('a chest film: score and heatmap', async () => {
    const film = t.needCorpus('chest');
    if (!existsSync(join(root, 'models/chest-pneumonia/model.onnx'))) t.skip('chest-pneumonia is not here');
    const other = await t.page('cpu');
    await t.drop(other, [film]);
    await opened(other);
    const { line, code, detail } = await analyze(other, 'chest-pneumonia');
    if (!t.ok(line, `it ends in a finding ${code ?? ''} ${detail ?? ''}`)) return;
    const [score] = line.scores;
    console.log(
      `  ${JSON.stringify(score)}, ${line.seconds.toFixed(2)} s, cells ${line.heatmap.cells}, range ${line.heatmap.range}`,
    );
    t.ok(score.value >= 0 && score.value <= 1, 'a score');
    t.ok(line.heatmap.cells[0] > 1 && line.heatmap.range[0] < line.heatmap.range[1], 'a heatmap with its scale');
    await other.evaluate(() => {
      const viewer = document.querySelector('negatoscope-viewer');
      const [{ look }] = viewer.state.viewports;
      return viewer.view({ overlay: { ...look.overlay, threshold: -1e6 } });
    });
    t.ok((await coloured(other)) > 1000, 'its colours lie over the film');
    const refusal = await analyze(other, 'brain-mask');
    t.ok(/^MDL-\d{3}$/.test(refusal.code ?? ''), `a brain model refuses it: ${refusal.code} ${refusal.detail}`);
    await t.screenshot(other, 'models-chest');
  });
}
