// The page's side of an analysis, with a scripted model worker in the place of the real one: progress, cancelling, findings, legends,
// overlay controls by keyboard, a refusal, a worker that dies. What a real model finds is tested with the models.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { root } from '../../scripts/lib.mjs';
import { unzip } from './unzip.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Runs in the worker's place. `request.model` says what it does. */
function script() {
  const found = (request, more) => ({
    kind: 'found',
    finding: {
      input: request.input,
      model: { name: request.model, version: '1.0.0', sha256: '0'.repeat(64) },
      seconds: 1.5,
      peak_bytes: 64 * 2 ** 20,
      ...more,
    },
  });
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  self.onmessage = async ({ data: { id, request, bytes } }) => {
    const [columns, rows, frames] = request.about.dims;
    if (request.model === 'dies') {
      setTimeout(() => {
        throw new Error('the test ends this worker');
      });
      return;
    }
    if (request.model === 'refuses') {
      const answer = {
        kind: 'failed',
        file: '',
        code: 'MDL-006',
        cause: 'The input is none that this model was made for',
        hint: 'Choose a series that the model’s card names',
        detail: 'Modality: expected CT, found MR',
      };
      self.postMessage({ id, answer });
      return;
    }
    const total = request.model === 'slow' ? 1000 : 3;
    for (let done = 1; done <= total; done += 1) {
      self.postMessage({ id, notice: { kind: 'progress', stage: 'infer', done, total } });
      await pause(60);
    }
    if (request.model === 'chest-pneumonia') {
      const cells = [14, 14];
      const values = Float32Array.from({ length: 196 }, (_, i) => (i % 14) / 13 + Math.floor(i / 14) / 13 - 0.5);
      const method = request.explain ?? 'cam';
      const of = {
        cam: { unit: 'logit', runs: 0, shares: { border: 0.21, border_area: 0.34 } },
        occlusion: {
          unit: 'logit',
          runs: 169,
          parameters: [
            { name: 'patch', value: '16' },
            { name: 'baseline', value: 'mean' },
          ],
          shares: { border: 0.71, border_area: 0.34, field: [0.22, 0.4] },
        },
        'eigen-cam': { unit: 'feature', runs: 0, label: '' },
      };
      const heatmap = {
        label: 'report mentioned pneumonia',
        method,
        cells,
        extent: [-0.5, -0.5, columns - 0.5, rows - 0.5],
        range: [-0.5, 1.5],
        extremes: [-0.5, 1.5],
        ...of[method],
      };
      const part = (value) => ({ value, low: value - 0.1, high: value + 0.1 });
      const cost = { view: 'PA', sensitivity: part(0.7), specificity: part(0.8) };
      const spread = { copies: request.augment, mean: 0.64, sd: 0.08, low: 0.51, high: 0.74 };
      const score = {
        label: 'report mentioned pneumonia',
        value: 0.82,
        calibrated: 0.71,
        prior: 0.2,
        threshold: 0.54,
        cost,
      };
      const scores = [{ ...score, ...(request.augment > 0 && { spread }) }];
      self.postMessage({
        id,
        answer: found(request, {
          scores,
          heatmap,
          field: {
            model: { name: 'lung-field', version: '1.0.0', sha256: '1'.repeat(64) },
            label: 'lung field',
            area: 0.4,
            outline: [
              [
                [-0.5, 0.5],
                [columns / 2, 0.5],
                [columns / 2, rows / 2],
                [-0.5, rows / 2],
              ],
            ],
          },
          warnings: [
            { code: 'MDL-023', text: 'The lungs reach the edge of the picture (left, bottom)' },
            { code: 'MDL-100', text: `Age is not known (${bytes.length} bytes of input)` },
          ],
        }),
        bytes: new Uint8Array(values.buffer),
      });
    } else {
      const labels = new Uint8Array(columns * rows * frames);
      for (let i = 0; i < labels.length; i += 1)
        labels[i] = i % columns < columns / 3 ? 0 : i % columns < (columns * 2) / 3 ? 1 : 2;
      const label_map = {
        dims: [columns, rows, frames],
        names: ['background', 'White Matter', 'Grey Matter'],
        colours: [
          [0, 0, 0],
          [255, 255, 255],
          [205, 62, 78],
        ],
        volumes_ml: { 'White Matter': 512.25, 'Grey Matter': 688.5 },
      };
      // Behind the labels, where they are asked for, the probability of each but the background.
      const shares = request.fractions
        ? [1, 2].map((label) => labels.map((own) => (own === label ? 200 : 27 * label)))
        : [];
      const bytes = new Uint8Array(labels.length * (1 + shares.length));
      for (const [at, part] of [labels, ...shares].entries()) bytes.set(part, at * labels.length);
      self.postMessage({ id, answer: found(request, { label_map }), bytes });
    }
  };
}

const names = ['chest-pneumonia', 'brain-tissue-light', 'slow', 'refuses', 'dies'];
const manifest = (name) => ({
  name,
  version: '1.0.0',
  license: 'MIT',
  task: ['chest-pneumonia', 'refuses'].includes(name) ? 'classification' : 'segmentation',
  input: { modality: ['MR'], body_part: `for the test: ${name}` },
  output: { threshold: { value: 0.54, views: {} } },
  ...(name === 'chest-pneumonia' && {
    explain: { methods: ['cam', 'eigen-cam', 'rollout'], cam: { weights: [[1]] } },
    augment: { rotate_degrees: 5 },
  }),
  not_for: ['anything but this test'],
});

export async function open(t, options) {
  const page = await t.page('cpu', { ...options, load: false });
  const headers = { 'Cross-Origin-Embedder-Policy': 'require-corp', 'Content-Security-Policy': "default-src 'none'" };
  await page
    .context()
    .route(/\/assets\/model-[\w-]+\.js$/, (route) =>
      route.fulfill({ contentType: 'text/javascript', headers, body: `(${script})()` }),
    );
  await page.context().route('**/models/index.json', (route) => route.fulfill({ json: names }));
  await page
    .context()
    .route('**/models/*/manifest.json', (route) =>
      route.fulfill({ json: manifest(route.request().url().split('/').at(-2)) }),
    );
  await page.goto(t.url);
  await page.locator('negatoscope-viewer .sample').click();
  await page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 60_000 });
  return page;
}

const panel = (page) => page.locator('negatoscope-findings');
const overlayOf = (page) =>
  page.evaluate(() => document.querySelector('negatoscope-viewer').state.viewports[0].look.overlay);
const modelWorkers = (page) => page.workers().filter((worker) => /\/model-/.test(worker.url())).length;

export default async function (t) {
  t.allowErrors(/the test ends this worker/);
  const page = await open(t, {});
  t.equal(modelWorkers(page), 0, 'no model worker before it is asked for');
  t.ok(!t.requests.some((url) => url.includes('/models/')), 'and nothing of a model is fetched');

  await t.step('the panel opens by its key and lists the models', async () => {
    await page.keyboard.press('a');
    await panel(page).locator('.model').nth(4).waitFor();
    t.ok(/Chest: pneumonia/.test(await panel(page).locator('.model').first().textContent()), 'by name');
    t.ok(/1\.0\.0 · MIT/.test(await panel(page).locator('.model').first().textContent()), 'version and licence');
    t.equal(
      await panel(page).locator('details', { hasText: 'Must not be used for' }).count(),
      5,
      'what each must not be used for',
    );
    t.equal(
      (await panel(page).locator('.scroll').textContent()).match(/Not a medical device/g)?.length,
      1,
      'no medical device, once',
    );
  });

  await t.step('a classification: score, threshold, heatmap with its legend', async () => {
    await panel(page).locator('[data-model=chest-pneumonia] .run').click();
    await panel(page).locator('.result').waitFor({ timeout: 20_000 });
    const said = await panel(page).locator('.result').textContent();
    t.ok(
      /0\.71/.test(said) && /threshold 0\.54/.test(said) && /0\.82/.test(said),
      'calibrated value, threshold, raw value',
    );
    t.ok(/Calibrated as if 20 % of all images were positive/.test(said), 'and the prior that the manifest says');
    t.ok(/14 × 14 cells/.test(said) && /exact/.test(said), 'true resolution and method');
    t.ok(/Age is not known/.test(said), 'what the manifest wants said');
    t.ok(/−0\.50|−0\.5/.test(said) && /1\.5/.test(said), 'the ends of the fixed scale');
    const legend = page.locator('negatoscope-viewport .legend.heat');
    t.ok(/1\.50?.*−0\.50?.*14 × 14/s.test(await legend.textContent()), 'the small legend stands on the image');
    const box = await legend.boundingBox();
    const pane = await page.locator('negatoscope-viewport').boundingBox();
    t.ok(box.x > pane.x && box.x + box.width < pane.x + pane.width && box.y > pane.y, 'inside of it');
    const at = await page.evaluate(() => document.querySelector('negatoscope-viewer').state.viewports[0].frame);
    await page.locator('negatoscope-viewport .picture').click();
    await page.keyboard.press('ArrowDown');
    await legend.waitFor({ state: 'detached' });
    t.ok(
      /Found in image/.test(await panel(page).locator('.scroll').textContent()),
      'on another image there is none, and the panel says where it belongs',
    );
    await panel(page).getByText('Show it').click();
    await legend.waitFor();
    t.equal(
      await page.evaluate(() => document.querySelector('negatoscope-viewer').state.viewports[0].frame),
      at,
      'a click leads back',
    );
  });

  await t.screenshot(page, 'analysis-heatmap');

  await t.step('another explanation, chosen with its cost, and how steady the score is', async () => {
    const model = panel(page).locator('[data-model=chest-pneumonia]');
    const offered = await model.locator('.method option').allTextContents();
    t.equal(
      offered.map((one) => one.split(' · ')[0]),
      ['Class activation map, exact for this network', 'Eigen-CAM, of no label', 'Occlusion', 'RISE, random masks'],
      'what the manifest allows: no rollout without attention, no Score-CAM that it does not list',
    );
    t.ok(/169 further runs/.test(offered[2]) && /no further run/.test(offered[0]), 'with what each costs');
    t.equal(
      await panel(page)
        .locator('[data-model=refuses] .method option')
        .evaluateAll((all) => all.map((one) => [one.value, one.selected])),
      [
        ['', true],
        ['occlusion', false],
        ['rise', false],
      ],
      'a classification that lists none makes none unless asked; two ways need nothing of it',
    );
    await model.locator('.method').selectOption('occlusion');
    await model.locator('.augment').focus();
    await page.keyboard.press('Space');
    await model.locator('.run').click();
    await panel(page).locator('.result .spread').waitFor({ timeout: 20_000 });
    const said = await panel(page).locator('.result').first().textContent();
    t.ok(/Occlusion/.test(said) && /169 further runs of the network/.test(said), 'the method and what it took');
    t.ok(/patch, pixels of the input: 16 · hidden by: the mean/.test(said), 'what it depends on');
    t.ok(/Attention on the border.*71 %; by chance it would be 34 %/s.test(said), 'how much of it is on the border');
    t.ok(
      /Attention inside of “Lung field” 22 %; by chance it would be 40 %/.test(said),
      'and in the lungs, where they are known',
    );
    t.ok(/Lung field: 40 % of the picture/.test(said), 'and who found those');
    const at = (words) => said.indexOf(words);
    t.ok(
      at('(left, bottom)') > 0 && at('(left, bottom)') < at('0.71') && at('0.71') < at('Age is not known'),
      'how the picture is framed is said before the score, all else after it',
    );
    t.ok(
      /On 8 copies, changed a little \(turned\): 0\.51 to 0\.74, mean 0\.64, standard deviation 0\.08/.test(said),
      'the spread, and what was changed: what the manifest names, nothing else',
    );
    t.ok(/take it as undecided/.test(said), 'which crosses the threshold');
    t.ok(/in PA images, it finds 70 of 100 positives \(60–80\) and flags 20/.test(said), 'what the threshold costs');
    const line = page.locator('negatoscope-viewport .drawings.field path');
    t.equal(await line.count(), 0, 'no outline of the lungs before it is wanted');
    await panel(page).locator('.field-outline').focus();
    await page.keyboard.press('Space');
    await line.waitFor({ state: 'attached' });
    t.ok(/^M(-?[\d.]+ -?[\d.]+L?){4}Z$/.test(await line.getAttribute('d')), 'then it lies over the image');
    await t.screenshot(page, 'analysis-occlusion');
    await page.keyboard.press('Space');
    await line.waitFor({ state: 'detached' });
    await model.locator('.method').selectOption('eigen-cam');
    await model.locator('.augment').focus();
    await page.keyboard.press('Space');
    await model.locator('.run').click();
    await panel(page).locator('.legend', { hasText: 'whatever they speak for' }).waitFor({ timeout: 20_000 });
    const heat = page.locator('negatoscope-viewport .legend.heat', { hasText: 'Eigen-CAM' });
    await heat.waitFor({ timeout: 20_000 });
    const legend = await heat.textContent();
    t.ok(/Eigen-CAM/.test(legend) && !/pneumonia/.test(legend), 'a map of no label bears none');
    t.equal(await panel(page).locator('.spread').count(), 0, 'no spread that nobody asked for');
    await model.locator('.method').selectOption('cam');
    await model.locator('.run').click();
    await panel(page).locator('.legend', { hasText: 'exact for this network' }).waitFor({ timeout: 20_000 });
  });

  await t.step('the overlay is controlled by keys alone', async () => {
    const control = async (name, ...keys) => {
      await panel(page).locator(name).focus();
      for (const key of keys) await page.keyboard.press(key);
      await page.waitForTimeout(100);
      return overlayOf(page);
    };
    t.near((await control('.opacity', 'End')).opacity, 1, 1e-6, 'opacity');
    t.near((await control('.threshold', 'Home')).threshold, -0.5, 1e-6, 'threshold, in the map’s own unit');
    await panel(page).locator('.colour-map').selectOption('jet');
    t.equal((await overlayOf(page)).colour_map, 'jet', 'colour map');
    t.equal((await control('.pair button:last-child', 'Enter')).smooth, true, 'smooth between cells');
    t.equal((await control('.pair button:first-child', 'Enter')).smooth, false, 'cells as they are');
    t.equal((await control('.visible', 'Space')).visible, false, 'off');
    t.equal(await page.locator('negatoscope-viewport .legend').count(), 0, 'and its legend with it');
    await page.locator('negatoscope-viewport .picture').click();
    await page.keyboard.press('o');
    await page.waitForTimeout(100);
    t.equal((await overlayOf(page)).visible, true, 'O puts it on again');
    await page.keyboard.press('Escape');
    await page.waitForTimeout(100);
    t.equal((await overlayOf(page)).colour_map, 'jet', 'a reset of the view leaves it');
  });

  await t.step('a segmentation: volumes and colours', async () => {
    await panel(page).locator('[data-model=brain-tissue-light] .run').click();
    await page.locator('negatoscope-viewport .legend.labels').waitFor({ timeout: 30_000 });
    const said = await panel(page).locator('.result').first().textContent();
    await t.screenshot(page, 'analysis-labels');
    t.ok(/White matter\s*512 ml/.test(said) && /Grey matter\s*689 ml/.test(said), 'in millilitres');
    await panel(page).locator('.outline').focus();
    await page.keyboard.press('Space');
    await page.waitForTimeout(100);
    t.equal((await overlayOf(page)).outline, true, 'outlines');
    await page.keyboard.press('Tab');
    await panel(page).getByText('Lay over the image').click();
    await page.locator('negatoscope-viewport .legend.heat').waitFor();
    t.ok(true, 'the earlier finding can be laid over again');
  });

  await t.step('axe-core finds nothing in the panel', async () => {
    await page.evaluate(axe);
    const found = await page.evaluate(() =>
      globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }),
    );
    t.equal(
      found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`),
      [],
      'nothing',
    );
  });

  await t.step('a refusal is said with its cause, in the panel', async () => {
    await panel(page).locator('[data-model=refuses] .run').click();
    await panel(page).locator('.refused').waitFor({ timeout: 20_000 });
    const said = await panel(page).locator('.refused').textContent();
    t.ok(/found MR/.test(said) && /MDL-006/.test(said), 'cause, what was found, code');
    t.equal(await page.locator('.toast').count(), 0, 'nowhere else');
    await panel(page).locator('.refused button').click();
    t.equal(await panel(page).locator('.refused').count(), 0, 'and it can be put away');
  });

  await t.step('a long run is cancelled', async () => {
    await panel(page).locator('[data-model=slow] .run').click();
    await page.waitForFunction(() =>
      /[5-9] \/ 1000/.test(
        document
          .querySelector('negatoscope-viewer')
          .shadowRoot.querySelector('negatoscope-findings')
          .shadowRoot.querySelector('.running')?.textContent,
      ),
    );
    t.equal(modelWorkers(page), 1, 'one model worker runs');
    t.equal(await panel(page).locator('.run:disabled').count(), 5, 'no second run can be started');
    await panel(page).locator('.cancel').click();
    await panel(page).locator('.running').waitFor({ state: 'detached', timeout: 2000 });
    await page.waitForTimeout(200);
    t.equal(modelWorkers(page), 0, 'its worker is ended');
    t.equal(await panel(page).locator('.refused').count(), 0, 'a cancel is no failure');
  });

  await t.step('a model worker that dies is told and replaced', async () => {
    await panel(page).locator('[data-model=dies] .run').click();
    await panel(page).locator('.refused').waitFor({ timeout: 20_000 });
    t.ok(/model-lost/.test(await panel(page).locator('.refused').textContent()), 'with a code');
    const line = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      const stages = new Set();
      const events = [];
      viewer.addEventListener('finding', ({ detail }) => events.push(detail.model.name));
      const line = await viewer.analyze('chest-pneumonia', { onProgress: ({ stage }) => stages.add(stage) });
      return { keys: Object.keys(line), stages: [...stages], events };
    });
    t.ok(
      ['input', 'model', 'scores', 'heatmap', 'seconds', 'peak_bytes'].every((key) => line.keys.includes(key)),
      'the next run gives its line',
    );
    t.ok(line.stages.includes('infer'), `with progress: ${line.stages}`);
    t.equal(line.events, ['chest-pneumonia'], 'and an event');
    const outcome = await page.evaluate(async () => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 300);
      return document
        .querySelector('negatoscope-viewer')
        .analyze('slow', { signal: stop.signal })
        .then(
          () => 'done',
          (error) => error.name,
        );
    });
    t.equal(outcome, 'AbortError', 'a page can cancel too');
  });
  await t.step('the focus stays in the panel when its button goes', async () => {
    const focused = () =>
      page.evaluate(() => {
        let at = document.activeElement;
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        return at?.className ?? '';
      });
    await panel(page).locator('[data-model=slow] .run').focus();
    await page.keyboard.press('Enter');
    await panel(page).locator('.running .cancel').waitFor();
    await page.waitForTimeout(200);
    t.equal(await focused(), 'cancel', 'from Analyze to Cancel');
    await page.keyboard.press('Enter');
    await panel(page).locator('.running').waitFor({ state: 'detached' });
    await page.waitForTimeout(200);
    t.equal(await focused(), 'scroll', 'from Cancel to the list');
  });

  await t.step('an analysis that is asked for while a folder is read waits for its stacks', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'negatoscope-reading-'));
    try {
      for (const [name, bytes] of unzip(readFileSync(join(root, 'www/public/sample/t1-brain.zip'))))
        if (name.endsWith('.dcm')) writeFileSync(join(folder, basename(name)), bytes);
      await page.evaluate(() => {
        const viewer = document.querySelector('negatoscope-viewer');
        globalThis.order = [];
        viewer.addEventListener('study-open', () => globalThis.order.push('open'), { once: true });
        const ask = () => {
          if (globalThis.asked) return;
          globalThis.asked = viewer.analyze('chest-pneumonia').then(() => globalThis.order.push('found'));
        };
        // Most heads are not read then.
        viewer.addEventListener('progress', ask, { once: true });
      });
      await t.drop(page, [folder]);
      await page.waitForFunction(() => globalThis.order.length === 2, undefined, { timeout: 60_000 });
      t.equal(await page.evaluate(() => globalThis.order), ['open', 'found'], 'first the study, then the finding');
      await page.locator('negatoscope-viewport .legend.heat').waitFor({ timeout: 20_000 });
      t.equal(await panel(page).locator('.result').count(), 1, 'which belongs to the stack that is shown');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  await t.screenshot(page, 'analysis');

  const phone = await open(t, { phone: true, lang: 'zh-CN' });
  await t.step('on a phone it is a sheet below the image, in Chinese', async () => {
    await phone.locator('.dock .analysis').tap();
    await panel(phone).locator('[data-model=chest-pneumonia] .run').tap();
    await panel(phone).locator('.result').waitFor({ timeout: 20_000 });
    t.ok(/报告提及肺炎/.test(await panel(phone).locator('.scroll').textContent()), 'Chinese');
    const [sheet, image] = [
      await panel(phone).boundingBox(),
      await phone.locator('negatoscope-viewport').boundingBox(),
    ];
    t.ok(sheet.y >= image.y + image.height - 1 && sheet.width === 390, 'below the image, over the whole width');
    t.ok(image.height > 200, 'the image stays in sight');
    const small = await panel(phone)
      .locator('button, select')
      .evaluateAll((all) => all.filter((one) => one.offsetParent && one.offsetHeight < 44).length);
    t.equal(small, 0, 'every target is 44 pixels high');
    t.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 390, 'nothing sticks out');
  });
  await t.screenshot(phone, 'analysis-phone');
}
