// The models themselves, in the browser: a made film always, a real one where the larger corpus is there, and what is refused.
// The sample's brain takes minutes: NEGATOSCOPE_SLOW=1.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/lib.mjs';
import { film } from './dicom.mjs';
import { settled } from './helpers.mjs';

export const limitMs = 900_000;

const opened = (page) => page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 60_000 });
const analyze = (page, model, wish = {}) =>
  page.evaluate(
    async ([name, asked]) => {
      const viewer = document.querySelector('negatoscope-viewer');
      const stages = new Set();
      const steps = [];
      const onProgress = ({ stage, done, total }) => {
        stages.add(stage);
        if (stage === 'explain' && total > 1) steps.push([done, total]);
      };
      try {
        const line = await viewer.analyze(name, { ...asked, onProgress });
        return { line, stages: [...stages], steps };
      } catch (error) {
        return { code: error.code, detail: error.failure?.detail ?? String(error) };
      }
    },
    [model, wish],
  );
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

/** Shows the whole scale of a heatmap, not only what speaks for its label. */
const everything = (page) =>
  page.evaluate(() => {
    const viewer = document.querySelector('negatoscope-viewer');
    const [{ look }] = viewer.state.viewports;
    return viewer.view({ overlay: { ...look.overlay, threshold: -1e6 } });
  });

export default async function (t) {
  const page = await t.page('cpu');
  await t.step('a made film: score, heatmap, overlay', async () => {
    if (!existsSync(join(root, 'models/chest-pneumonia/model.onnx'))) t.skip('chest-pneumonia is not here');
    await page.evaluate(async (text) => {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      await document.querySelector('negatoscope-viewer').open([new File([bytes], 'film.dcm')]);
    }, film().toString('base64'));
    await opened(page);
    t.equal(await coloured(page), 0, 'the image is grey');
    const { line, stages, code, detail } = await analyze(page, 'chest-pneumonia');
    if (!t.ok(line, `it ends in a finding ${code ?? ''} ${detail ?? ''}`)) return;
    const [score] = line.scores;
    t.ok(score.value > 0 && score.value < 1 && score.threshold > 0, `a score ${score.value.toFixed(3)}`);
    t.ok(line.heatmap.cells[0] > 1 && line.heatmap.range[0] < line.heatmap.range[1], `cells ${line.heatmap.cells}`);
    t.ok(line.model.sha256.length === 64 && stages.includes('infer'), 'which network, and progress');
    await everything(page);
    t.ok((await coloured(page)) > 1000, 'its colours lie over the film');
    const box = await page.locator('negatoscope-viewport').boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await settled(page, 500);
    t.ok(
      /CAM, exact −?\d/.test(await page.locator('negatoscope-viewport .probe').textContent()),
      'the pointer says the value of its cell',
    );
    await page.locator('negatoscope-viewport .picture').click();
    await page.keyboard.press('o');
    await settled(page, 500);
    t.equal(await coloured(page), 0, 'O takes them away');
    await page.keyboard.press('o');
    await settled(page, 500);
  });

  await t.step('the same film, explained by hiding patches, with the spread of its score', async () => {
    if (!existsSync(join(root, 'models/chest-pneumonia/model.onnx'))) t.skip('chest-pneumonia is not here');
    const wish = { explain: 'occlusion', augment: 2 };
    const { line, steps, code, detail } = await analyze(page, 'chest-pneumonia', wish);
    if (!t.ok(line, `it ends in a finding ${code ?? ''} ${detail ?? ''}`)) return;
    const { method, runs, cells, shares } = line.heatmap;
    t.equal(line.field?.model.name, 'lung-field', 'the lungs were looked for');
    if (shares.field) t.near(shares.field[1], line.field.area, 0.01, `by chance: the lungs’ part ${line.field.area}`);
    t.equal([method, runs, cells], ['occlusion', 169, [14, 14]], `in ${line.seconds.toFixed(1)} s`);
    t.ok(shares.border_area > 0.3 && shares.border_area < 0.4, 'the border’s share by chance');
    t.ok(steps.length > 160 && steps.at(-1)[0] === steps.at(-1)[1], `${steps.length} steps of progress, to the end`);
    const [{ spread, cost, calibrated }] = line.scores;
    t.ok(spread.copies === 2 && spread.low <= calibrated && calibrated <= spread.high, 'a spread around the score');
    t.equal(cost.view, 'PA', 'what the threshold costs in this view');
    const other = await analyze(page, 'chest-pneumonia', { explain: 'rollout' });
    t.equal(other.code, 'MDL-021', `a method that is not valid is refused: ${other.detail}`);
    await analyze(page, 'chest-pneumonia');
    await everything(page);
    await settled(page, 500);
  });

  await t.step('without the network that finds the lungs the film is analysed all the same', async () => {
    if (!existsSync(join(root, 'models/chest-pneumonia/model.onnx'))) t.skip('chest-pneumonia is not here');
    t.allowErrors(/404/);
    const gone = /\/models\/lung-field\/model/;
    await page.context().route(gone, (route) => route.fulfill({ status: 404 }));
    const { line, code, detail } = await analyze(page, 'chest-pneumonia');
    await page.context().unroute(gone);
    if (!t.ok(line, `it ends in a finding ${code ?? ''} ${detail ?? ''}`)) return;
    t.ok(!line.field && line.scores.length === 1, 'a score, and no lungs');
    t.ok(
      line.warnings.some((one) => one.code === 'MDL-012' && /lung-field/.test(one.text)),
      'and it says so',
    );
    await analyze(page, 'chest-pneumonia');
    await everything(page);
    await settled(page, 500);
  });

  await t.step('a new study worker gets the overlay again', async () => {
    t.allowErrors(/the test ends this worker/);
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

  await page.evaluate(() => document.querySelector('negatoscope-viewer').close());
  await page.locator('negatoscope-viewer .sample').click();
  await opened(page);

  await t.step('a model for films refuses the brain', async () => {
    const { code, detail } = await analyze(page, 'chest-pneumonia');
    t.ok(/^MDL-\d{3}$/.test(code ?? '') && /MR/.test(detail), `${code}: ${detail}`);
  });

  await t.step('white and grey matter of the sample', async () => {
    if (!process.env.NEGATOSCOPE_SLOW) t.skip('it takes minutes; NEGATOSCOPE_SLOW=1 runs it');
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
    await settled(page, 500);
    t.equal(await coloured(page), 0, 'O takes them away');
    await t.screenshot(page, 'models-tissue');
  });

  await t.step('a chest film: score and heatmap', async () => {
    const real = t.needCorpus('chest');
    if (!existsSync(join(root, 'models/chest-pneumonia/model.onnx'))) t.skip('chest-pneumonia is not here');
    const other = await t.page('cpu');
    await t.drop(other, [real]);
    await opened(other);
    const { line, code, detail } = await analyze(other, 'chest-pneumonia');
    if (!t.ok(line, `it ends in a finding ${code ?? ''} ${detail ?? ''}`)) return;
    const [score] = line.scores;
    console.log(
      `  ${JSON.stringify(score)}, ${line.seconds.toFixed(2)} s, cells ${line.heatmap.cells}, range ${line.heatmap.range}`,
    );
    t.ok(score.value >= 0 && score.value <= 1, 'a score');
    t.ok(line.heatmap.cells[0] > 1 && line.heatmap.range[0] < line.heatmap.range[1], 'a heatmap with its scale');
    await everything(other);
    t.ok((await coloured(other)) > 1000, 'its colours lie over the film');
    const refusal = await analyze(other, 'brain-mask');
    t.ok(/^MDL-\d{3}$/.test(refusal.code ?? ''), `a brain model refuses it: ${refusal.code} ${refusal.detail}`);
    await t.screenshot(other, 'models-chest');
  });

  await t.step('the limits of the element hold for models too', async () => {
    if (!existsSync(join(root, 'models/chest-pneumonia/model.onnx'))) t.skip('chest-pneumonia is not here');
    const other = await t.page('cpu');
    await other.evaluate(async (text) => {
      const viewer = document.querySelector('negatoscope-viewer');
      viewer.limits = { model_bytes: 1000 };
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      await viewer.open([new File([bytes], 'film.dcm')]);
    }, film().toString('base64'));
    await opened(other);
    const { code, detail } = await analyze(other, 'chest-pneumonia');
    t.equal(code, 'MDL-002', `a network beyond them is refused: ${detail}`);
  });
}
