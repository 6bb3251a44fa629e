// A network that somebody brings: dropped or chosen, inspected, its manifest filled by a small form, run, and kept only if asked. The
// networks are those of tests/data/welcome (made, random weights); the runtime is the real one.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/lib.mjs';
import { file, film } from './dicom.mjs';

export const limitMs = 300_000;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const data = (name) => join(root, 'tests/data/welcome', name);
const panel = (page) => page.locator('negatoscope-findings');
const own = (page, name) => panel(page).locator('negatoscope-own-model', { hasText: name });
const opened = (page) => page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 60_000 });

async function open(page) {
  await page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    await document.querySelector('negatoscope-viewer').open([new File([bytes], 'film.dcm')]);
  }, film().toString('base64'));
  await opened(page);
}

/** A made CT series of 9 axial slices, 0.9 × 0.8 × 3 mm. */
function series() {
  const [columns, rows] = [20, 18];
  return Array.from({ length: 9 }, (_, k) => {
    const pixels = Buffer.alloc(columns * rows * 2);
    for (let at = 0; at < columns * rows; at += 1) {
      const [i, j] = [at % columns, Math.floor(at / columns)];
      const value = ((i * 37 + j * 101 + k * 211) % 257) * 2 + (i - 10) ** 2 * 3 - (j - 9) ** 2 + k * 20 - 400;
      pixels.writeInt16LE(value, at * 2);
    }
    return file([
      [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
      [0x00080018, 'UI', `2.25.70${k}`],
      [0x00080060, 'CS', 'CT'],
      [0x00101010, 'AS', '047Y'],
      [0x0020000d, 'UI', '2.25.71'],
      [0x0020000e, 'UI', '2.25.72'],
      [0x00200013, 'IS', String(k + 1)],
      [0x00200032, 'DS', `-10\\20\\${5 + 3 * k}`],
      [0x00200037, 'DS', '1\\0\\0\\0\\1\\0'],
      [0x00280002, 'US', 1],
      [0x00280004, 'CS', 'MONOCHROME2'],
      [0x00280010, 'US', rows],
      [0x00280011, 'US', columns],
      [0x00280030, 'DS', '0.8\\0.9'],
      [0x00280100, 'US', 16],
      [0x00280101, 'US', 16],
      [0x00280102, 'US', 15],
      [0x00280103, 'US', 1],
      [0x7fe00010, 'OW', pixels],
    ]);
  });
}

/** What lies in the browser's file system for this origin. */
const stored = (page) =>
  page.evaluate(async () => {
    const names = [];
    for await (const [name, handle] of (await navigator.storage.getDirectory()).entries()) {
      if (handle.kind !== 'directory') names.push(name);
      else for await (const inner of handle.keys()) names.push(`${name}/${inner}`);
    }
    return names.sort();
  });

/** A protobuf field of bytes; enough for a model of one node. */
const field = (number, bytes) => Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), Buffer.from(bytes)]);
function foreign() {
  const node = [field(1, 'x'), field(2, 'y'), field(4, 'Mine'), field(7, 'com.nobody')];
  const value = (name) => field(1, name);
  const input = Buffer.concat([value('x'), field(2, field(1, Buffer.from([8, 1])))]);
  const graph = Buffer.concat([field(1, Buffer.concat(node)), field(11, input), field(12, value('y'))]);
  return Buffer.concat([Buffer.from([8, 8]), field(7, graph), field(8, Buffer.from([16, 19]))]);
}

const bring = (page, name, bytes) =>
  page.evaluate(
    async ([name, text]) => {
      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      await document.querySelector('negatoscope-viewer').bring([new File([bytes], name)]);
    },
    [name, Buffer.from(bytes).toString('base64')],
  );

export default async function (t) {
  const page = await t.page('cpu');
  await t.step('a dropped network is inspected, and its gaps are asked for', async () => {
    await open(page);
    await t.drop(page, [data('frame.onnx')]);
    const section = own(page, 'frame.onnx');
    await section.waitFor({ timeout: 60_000 });
    t.ok(await page.locator('negatoscope-viewport .corner').first().isVisible(), 'the study stays open');
    t.ok(/Classification of pictures/.test(await section.locator('.seems').textContent()), 'what it seems to be');
    const facts = await section.locator('.facts').textContent();
    t.ok(/image: float32 \[1, 3, 16, 12\]/.test(facts), 'its input');
    t.ok(
      /1 × Conv/.test(facts) && /17/.test(facts) && /124 parameters/.test(facts),
      `operators, opset, size: ${facts}`,
    );
    t.equal(await section.locator('button.run').isDisabled(), true, 'it does not run before all is said');
    t.equal(await section.locator('.asks.lacks').count(), 4, 'labels, activation, channels and scaling are asked for');
    t.equal(await section.locator('[name="input.takes"]').inputValue(), 'frame', 'what the file tells is filled in');
    t.equal(await section.locator('[name="input.size"]').inputValue(), '16, 12', 'its size too');
    const size = section.locator('[name="input.size"]');
    await size.fill('16, wide');
    await page.keyboard.press('Tab');
    t.ok(/Numbers only/.test(await size.evaluate((input) => input.validationMessage)), 'what is no number is refused');
    t.ok(/"size": \[\s*16,\s*12\s*\]/.test(await section.locator('textarea').inputValue()), 'and not written');
    await size.fill('16, 9000');
    await page.keyboard.press('Tab');
    await section.locator('.warning', { hasText: '9000' }).waitFor({ timeout: 10_000 });
    t.ok(
      /Size: .*9000.* does not fit/.test(await section.locator('.warning').textContent()),
      'what does not fit is shown',
    );
    await size.fill('16, 12');
    await page.keyboard.press('Tab');
    await section.locator('.warning').waitFor({ state: 'detached' });
    await t.screenshot(page, 'own-form');
  });

  await t.step('the form by keyboard, then a finding', async () => {
    const section = own(page, 'frame.onnx');
    const choose = async (name, value) => {
      const select = section.locator(`select[name="${name}"]`);
      await select.focus();
      await select.selectOption(value);
    };
    await choose('input.channels', 'repeated');
    await choose('input.intensity', 'as-is');
    await choose('output.activation', 'softmax');
    await section.locator('input[name="output.labels"]').focus();
    await page.keyboard.type('one, two, three');
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      () =>
        document
          .querySelector('negatoscope-viewer')
          .shadowRoot.querySelector('negatoscope-findings')
          .shadowRoot.querySelector('negatoscope-own-model')
          .shadowRoot.querySelector('button.run').disabled === false,
      null,
      { timeout: 30_000 },
    );
    t.equal(await section.locator('.asks.lacks').count(), 0, 'nothing is lacking');
    await section.locator('button.run').focus();
    await page.keyboard.press('Enter');
    await panel(page).locator('section.result').waitFor({ timeout: 120_000 });
    const scores = await panel(page).locator('.score .value b').allTextContents();
    t.equal(scores.length, 3, `a score for each label: ${scores}`);
    t.near(
      scores.reduce((sum, text) => sum + Number(text), 0),
      1,
      0.02,
      'they are one of three',
    );
    t.ok(/three/.test(await panel(page).locator('section.result').textContent()), 'by their names');
    t.ok(
      /class activation|exact/i.test(await panel(page).locator('section.result .legend').textContent()),
      'its class activation map, which its maker exported no output for',
    );
    await t.screenshot(page, 'own-model');
  });

  await t.step('how steady it is: on copies, once somebody has said which changes it bears', async () => {
    const section = own(page, 'frame.onnx');
    t.equal(await section.locator('.augment').count(), 0, 'not offered while nobody has said of any');
    await section.locator('.bears summary').click();
    const turn = section.locator('[name="augment.rotate_degrees"]');
    await turn.fill('90');
    await page.keyboard.press('Tab');
    t.ok(
      !/augment/.test(await section.locator('textarea').inputValue()),
      'more than the manifest allows is not written',
    );
    await turn.fill('8');
    await page.keyboard.press('Tab');
    await section.locator('.augment').waitFor({ timeout: 10_000 });
    const written = JSON.parse(await section.locator('textarea').inputValue());
    t.equal(written.augment, { rotate_degrees: 8 }, 'nothing is mirrored unless that is said');
    await section.locator('.augment').focus();
    await page.keyboard.press('Space');
    await section.locator('button.run').focus();
    await page.keyboard.press('Enter');
    await panel(page).locator('section.result .spread').nth(2).waitFor({ timeout: 120_000 });
    const said = await panel(page).locator('section.result .spread').first().textContent();
    t.ok(/On 8 copies, changed a little \(turned\):/.test(said), `its spread, and by what: ${said}`);
    t.ok(/how steady the score is/.test(said), 'and what that means');
    // Still asked for, and can't be taken back any more: it is asked no more.
    await turn.fill('0');
    await page.keyboard.press('Tab');
    await section.locator('.augment').waitFor({ state: 'detached', timeout: 10_000 });
    await section.locator('button.run:not([disabled])').click();
    await panel(page).locator('section.result .spread').first().waitFor({ state: 'detached', timeout: 120_000 });
    t.equal(await panel(page).locator('.refused').count(), 0, 'without a bound it runs as before, and is not refused');
    await section.locator('[name="augment.flip"]').focus();
    await page.keyboard.press('Space');
    await section.locator('.augment').waitFor({ timeout: 10_000 });
    t.equal(await section.locator('.augment').isChecked(), true, 'with one it is asked for again');
    await section.locator('button.run:not([disabled])').click();
    await panel(page).locator('section.result .spread').nth(2).waitFor({ timeout: 120_000 });
    t.ok(
      /changed a little \(mirrored\):/.test(await panel(page).locator('section.result .spread').first().textContent()),
      'a mirrored copy is called one',
    );
    await section.locator('.augment').focus();
    await page.keyboard.press('Space');
  });

  await t.step('a bound of brightness stays in sight where the values take none, and can be cleared', async () => {
    const section = own(page, 'frame.onnx');
    const gamma = section.locator('[name="augment.gamma"]');
    await gamma.fill('10');
    await page.keyboard.press('Tab');
    await section.locator('summary', { hasText: 'manifest' }).click();
    const text = section.locator('textarea');
    await page.waitForFunction((area) => /"gamma": 0\.1/.test(area.value), await text.elementHandle());
    const before = await text.inputValue();
    const modality = JSON.parse(before);
    modality.input.values = 'modality';
    await text.fill(JSON.stringify(modality));
    await section.locator('.title').click();
    await section.locator('.bears .warning').waitFor({ timeout: 10_000 });
    t.equal(await gamma.inputValue(), '10', 'still shown, with what is wrong about it');
    await gamma.fill('0');
    await page.keyboard.press('Tab');
    await gamma.waitFor({ state: 'detached', timeout: 10_000 });
    t.equal(
      JSON.parse(await text.inputValue()).augment,
      { flip: true },
      'cleared by its own field, and then not offered',
    );
    const plain = JSON.parse(before);
    delete plain.augment;
    await text.fill(JSON.stringify(plain, null, 2));
    await section.locator('.title').click();
    await section.locator('.augment').waitFor({ state: 'detached', timeout: 10_000 });
    await section.locator('summary', { hasText: 'manifest' }).click();
  });

  await t.step('a brought network is explained by hiding patches, with what it costs', async () => {
    const section = own(page, 'frame.onnx');
    const ways = await section.locator('.method option').evaluateAll((all) => all.map((one) => one.value));
    t.equal(
      ways,
      ['cam', 'eigen-cam', 'score-cam', 'occlusion', 'rise'],
      'the ways that its graph allows, and those that need nothing',
    );
    await section.locator('.method').selectOption('occlusion');
    await section.locator('button.run').focus();
    await page.keyboard.press('Enter');
    await panel(page)
      .locator('section.result', { hasText: '165 further runs of the network' })
      .waitFor({ timeout: 120_000 });
    const legend = page.locator('negatoscope-viewport .legend.heat');
    t.ok(/12 × 16/.test(await legend.textContent()), 'the map lies over the image, in its own cells');
    await t.screenshot(page, 'own-explained');
  });

  await t.step('boxes by a manifest that is written by hand: drawn over the image, and in words', async () => {
    await t.drop(page, [data('boxes.onnx')]);
    const section = own(page, 'boxes.onnx');
    await section.waitFor({ timeout: 30_000 });
    await section.locator('select[name="input.intensity"]').selectOption('as-is');
    await section.locator('input[name="output.labels"]').fill('nodule');
    await page.keyboard.press('Enter');
    t.ok(/output\.boxes/.test(await section.locator('.warning').textContent()), 'what the form does not ask is named');
    await section.locator('summary', { hasText: 'manifest' }).click();
    const written = JSON.parse(await section.locator('textarea').inputValue());
    written.output.boxes = {
      outputs: ['boxes', 'scores'],
      form: 'xyxy',
      unit: 'pixels',
      score_threshold: 0.001,
      iou_threshold: 0.5,
    };
    await section.locator('textarea').fill(JSON.stringify(written));
    await section.locator('.title').click();
    await section.locator('button.run:not([disabled])').waitFor({ timeout: 30_000 });
    await section.locator('button.run').click();
    await panel(page).locator('.boxes li').first().waitFor({ timeout: 120_000 });
    const lines = await panel(page).locator('.boxes li').allTextContents();
    // The tensor of 16 × 20 lies over 300 × 320 pixels; the first box is 2, 3, 10, 9 of it.
    t.ok(/nodule .* columns 38–188, rows 48–144/.test(lines[0]), lines.join('; '));
    t.equal(await page.locator('negatoscope-viewport .found path').count(), lines.length, 'each is drawn');
    await page.locator('negatoscope-viewport .picture').click();
    await page.keyboard.press('o');
    await page.locator('negatoscope-viewport .found').waitFor({ state: 'detached' });
    await section.locator('button.remove').click();
  });

  await t.step('a MONAI bundle is dropped as a folder and runs by windows over the whole stack', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'negatoscope-bundle-'));
    try {
      for (const name of ['configs', 'models']) mkdirSync(join(folder, name));
      for (const name of ['metadata.json', 'inference.json'])
        cpSync(join(root, 'tests/data/bundle', name), join(folder, 'configs', name));
      cpSync(data('volume.onnx'), join(folder, 'models/model.onnx'));
      const other = await t.page('cpu');
      await other.evaluate(
        (texts) => {
          const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          const files = texts.map((text, k) => new File([bytes(text)], `${k}.dcm`));
          return document.querySelector('negatoscope-viewer').open(files);
        },
        series().map((one) => Buffer.from(one).toString('base64')),
      );
      await opened(other);
      await t.drop(other, [folder]);
      const section = own(other, 'model.onnx');
      await section.waitFor({ timeout: 60_000 });
      t.equal(await section.locator('.lacks').count(), 0, 'its own description says all');
      t.equal(await section.locator('[name="input.spacing"]').inputValue(), '1.5, 1.2, 2', 'read from its transforms');
      await section.locator('button.run').click();
      await panel(other).locator('section.result').waitFor({ timeout: 120_000 });
      const { counts, labels } = JSON.parse(readFileSync(data('expected.json'), 'utf8')).volume;
      const line = JSON.parse(
        await other.evaluate(async () => (await document.querySelector('negatoscope-viewer').save('json')).text()),
      );
      for (const [label, name] of [
        [1, 'one'],
        [2, 'two'],
      ])
        t.near(line.label_map.volumes_ml[name], (counts[label] * 3.6) / 1000, 1e-6, `ml of ${name}, as NumPy has it`);
      // Each pixel of the shown slice has the label of the computation.
      const index = await other.evaluate(() => document.querySelector('negatoscope-viewer').state.viewports[0].frame);
      let same = 0;
      for (const [i, j] of [
        [0, 0],
        [3, 5],
        [10, 9],
        [19, 17],
        [7, 12],
        [15, 2],
      ]) {
        const probe = await other.evaluate(
          ([i, j]) => document.querySelector('negatoscope-viewer').probe(i, j),
          [i, j],
        );
        same += Number(probe?.label === Number(labels[(index * 18 + j) * 20 + i]));
      }
      t.equal(same, 6, 'labels under the pointer');
      await t.screenshot(other, 'own-bundle');

      // Its probabilities, from the network once more: only while it is what gave the labels.
      const fractional = () =>
        other.evaluate(() =>
          document
            .querySelector('negatoscope-viewer')
            .save('fractional')
            .then(
              async (blob) => {
                const hash = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
                return [...new Uint8Array(hash)].join(' ');
              },
              ({ code, message }) => code ?? message,
            ),
        );
      const first = await fractional();
      t.equal(first.split(' ').length, 32, `saved while nothing is changed: ${first}`);
      const text = section.locator('textarea');
      await section.locator('summary', { hasText: 'manifest' }).click();
      const before = await text.inputValue();
      const write = async (manifest) => {
        await text.fill(manifest);
        await section.locator('.title').click();
        await section.locator('button.run:not([disabled])').waitFor({ timeout: 30_000 });
      };
      await section.locator('select[name="output.activation"]').selectOption('sigmoid');
      t.equal(await fractional(), 'model-changed', 'another activation: refused, not saved under the old finding');
      await write(before);
      const wider = JSON.parse(before);
      wider.input.intensity[0].high = 900;
      await write(JSON.stringify(wider));
      t.equal(
        await fractional(),
        'model-changed',
        'another scaling: refused too, though names and network are the same',
      );
      await panel(other).locator('.result details.dicom summary').click();
      await panel(other).locator('.result [data-kind=fractional]').click();
      await other.locator('negatoscope-viewer .toast', { hasText: 'model-changed' }).waitFor({ timeout: 10_000 });
      await write(before);
      t.equal(await fractional(), first, 'as it was it saves again, the same file');
      const flip = () =>
        other.evaluate(() => {
          document.querySelector('negatoscope-viewer').analysis.results[0].bytes[0] ^= 1;
        });
      await flip();
      t.equal(await fractional(), 'model-changed', 'labels that are not those of the finding are none of its file');
      await flip();
      await section.locator('button.remove').click();
      await section.waitFor({ state: 'detached' });
      t.equal(await fractional(), 'model-changed', 'a network that is gone can say nothing more');
      t.ok(!t.requests.some((url) => /\/models\/own-/.test(url)), 'and is asked of no server');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  await t.step('axe-core finds nothing in the form', async () => {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
      globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }),
    );
    for (const { id, nodes } of violations)
      console.log(`  ${id}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`);
    t.equal(violations.length, 0, 'no violation');
  });

  await t.step('it is kept when asked, and gone by one click', async () => {
    t.equal((await stored(page)).length, 0, 'nothing is kept unasked');
    const keep = own(page, 'frame.onnx').locator('input.keep');
    await keep.check();
    await page.waitForTimeout(500);
    const names = await stored(page);
    t.equal(names.length, 2, `network and manifest: ${names}`);
    await page.reload();
    await open(page);
    await page.keyboard.press('a');
    const again = own(page, 'frame.onnx');
    await again.waitFor({ timeout: 30_000 });
    await again.locator('button.run:not([disabled])').waitFor({ timeout: 30_000 });
    t.ok(await again.locator('.seems').isVisible(), 'it is looked at again');
    await bring(page, 'frame.onnx', readFileSync(data('frame.onnx')));
    t.equal(
      await again.locator('[name="output.labels"]').inputValue(),
      'one, two, three',
      'brought again, what was filled in stays',
    );
    t.equal(await again.locator('button.run').isDisabled(), false, 'and it can run');
    await again.locator('button.run').click();
    await panel(page).locator('section.result').waitFor({ timeout: 120_000 });
    t.equal(await panel(page).locator('.score').count(), 3, 'and gives its finding');
    await again.locator('button.remove').click();
    await again.waitFor({ state: 'detached' });
    await page.waitForTimeout(300);
    t.equal((await stored(page)).length, 0, 'nothing is left');
  });

  await t.step('operators that nobody has are named, and other files are refused', async () => {
    await bring(page, 'foreign.onnx', foreign());
    const section = own(page, 'foreign.onnx');
    await section.waitFor({ timeout: 30_000 });
    const warning = await section.locator('.warning').textContent();
    t.ok(/com\.nobody\.Mine/.test(warning) && /opset 19/.test(warning), warning);
    t.equal(await section.locator('button.run').isDisabled(), true, 'and it does not run');
    const code = await page.evaluate(() =>
      document
        .querySelector('negatoscope-viewer')
        .bring([new File(['no network'], 'none.onnx')])
        .catch((error) => error.code),
    );
    t.equal(code, 'MDL-004', 'what is no network');
    const both = await page.evaluate(
      (text) => {
        const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        const files = [new File(['no network'], 'none.onnx'), new File([bytes], 'slices.onnx')];
        return document
          .querySelector('negatoscope-viewer')
          .bring(files)
          .catch((error) => error.code);
      },
      readFileSync(data('slices.onnx')).toString('base64'),
    );
    t.equal(both, 'MDL-004', 'one of two is said to be none');
    t.equal(await own(page, 'slices.onnx').count(), 1, 'and the other is there');
    const large = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      viewer.limits = { model_bytes: 100 };
      await viewer.open([new File([], 'nothing.dcm')]).catch(() => {});
      return viewer.bring([new File([new Uint8Array(1000)], 'large.onnx')]).catch((error) => error.code);
    });
    t.equal(large, 'MDL-002', 'and one beyond the limit, before it is read');
  });

  await t.step('a network that never ends is ended, and the page lives on', async () => {
    const other = await t.page('cpu', { lang: 'zh-CN' });
    // A study that comes with it is opened.
    await t.drop(other, [data('hang.onnx'), join(root, 'tests/data/made/bits_12_of_16_signed.dcm')]);
    await opened(other);
    // The panel with the network opens by itself.
    const section = own(other, 'hang.onnx');
    await section.waitFor({ timeout: 30_000 });
    t.ok(/分割/.test(await section.locator('.seems').textContent()), 'in Chinese too');
    await section.locator('select[name="input.intensity"]').selectOption('as-is');
    await section.locator('select[name="input.takes"]').selectOption('frame');
    await section.locator('select[name="output.activation"]').selectOption('softmax');
    await section.locator('input[name="input.size"]').fill('512, 512');
    await section.locator('input[name="output.labels"]').fill('a，b');
    await other.keyboard.press('Enter');
    await section.locator('button.run:not([disabled])').waitFor({ timeout: 30_000 });
    await section.locator('button.run').click();
    await panel(other).locator('.running').waitFor();
    await other.waitForTimeout(3000);
    // The page answers while the network runs.
    const began = Date.now();
    await other.keyboard.press('i');
    await other.evaluate(() => document.querySelector('negatoscope-viewer').save('png'));
    t.ok(Date.now() - began < 5000, `the image can be handled meanwhile (${Date.now() - began} ms)`);
    await panel(other).locator('.running .cancel').click();
    await panel(other).locator('.running').waitFor({ state: 'detached', timeout: 5000 });
    t.ok(await section.locator('button.run').isEnabled(), 'cancelled at once, and it could run again');
    await section.locator('input[name="input.size"]').fill('8000, 8000');
    await other.keyboard.press('Enter');
    await section.locator('button.run:not([disabled])').waitFor({ timeout: 30_000 });
    await section.locator('button.run').click();
    await panel(other).locator('.refused').waitFor({ timeout: 60_000 });
    const said = (await panel(other).locator('.refused').textContent()).replaceAll(/\s+/g, ' ');
    t.ok(/MDL-008/.test(said), `more memory than its budget is refused, not taken: ${said}`);
    await other.evaluate(() => document.querySelector('negatoscope-viewer').save('png'));
  });
}
