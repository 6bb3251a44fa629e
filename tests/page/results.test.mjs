// Findings saved as DICOM objects from the page: by a click and by the element's call, the same file each time; a report that names the
// segmentation that was saved before it; and every pixel of a saved object, opened again in the same page. What outside readers say of such
// files: scripts/oracles/exports.py. The model worker is scripted, as in analysis.test.mjs.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open } from './analysis.test.mjs';

const panel = (page) => page.locator('negatoscope-findings');

/** The value of a short text element (explicit VR, little-endian); the first one with this tag. */
function text(bytes, group, element) {
  const tag = Buffer.from([group & 255, group >> 8, element & 255, element >> 8]);
  const at = bytes.indexOf(tag, 132);
  return at < 0
    ? undefined
    : bytes
        .subarray(at + 8, at + 8 + bytes.readUInt16LE(at + 6))
        .toString('latin1')
        .replace(/[\0 ]+$/, '');
}

/** Saves by the element's call; the file stays in the page. Here come its hash and its head: some are large. */
async function save(page, kind) {
  const [hash, head] = await page.evaluate(async (kind) => {
    const blob = await document.querySelector('negatoscope-viewer').save(kind);
    if (blob.type !== 'application/dicom') throw new Error(blob.type);
    globalThis.kept = { ...globalThis.kept, [kind]: blob };
    const hash = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
    const head = await blob.slice(0, 16_384).arrayBuffer();
    return [hash, head].map((buffer) => Array.from(new Uint8Array(buffer)));
  }, kind);
  return { hash: Buffer.from(hash).toString('hex'), head: Buffer.from(head) };
}

/** Clicks on a kind of the newest result and takes the download. */
async function clicked(page, kind) {
  const download = page.waitForEvent('download');
  await panel(page).locator(`.result [data-kind=${kind}]`).first().click();
  const file = await download;
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

/** Opens a kept object alone and probes its first frame: stored value and modality value by place. */
const reopened = (page, kind, places) =>
  page.evaluate(
    async ([kind, places]) => {
      const viewer = document.querySelector('negatoscope-viewer');
      const { studies, errors, repairs } = await viewer.open([new File([globalThis.kept[kind]], 'result.dcm')]);
      const [series] = studies[0].series;
      await viewer.show({ seriesUid: series.uid, frame: 0 });
      const values = [];
      for (const [column, row] of places) {
        const found = await viewer.probe(column, row);
        values.push([found.stored[0], found.modality]);
      }
      const [set] = series.frame_sets;
      return {
        modality: series.modality,
        sets: series.frame_sets.length,
        frames: set.frames,
        size: [set.columns, set.rows],
        errors,
        repairs,
        values,
      };
    },
    [kind, places],
  );

export default async function (t) {
  const page = await open(t, {});
  const stack = await page.evaluate(() => {
    const { catalogue, panes } = document.querySelector('negatoscope-viewer');
    const { key, frames, columns, rows } = panes[0].info;
    return { study: catalogue.studies[0].uid, key, frames, columns, rows };
  });
  const analyze = (model) =>
    page.evaluate((model) => document.querySelector('negatoscope-viewer').analyze(model), model);

  await t.step('before an analysis there is nothing to save', async () => {
    const refused = await page.evaluate(() =>
      document
        .querySelector('negatoscope-viewer')
        .save('seg')
        .catch((error) => `${error.name}: ${error.message}`),
    );
    t.equal(refused, 'RangeError: The shown stack has no result of this kind', 'and the call says so');
  });

  let segmentation;
  await t.step('a segmentation by a click, and the same by the call', async () => {
    await analyze('brain-tissue-light');
    await page.keyboard.press('a');
    const kinds = await panel(page).locator('.result').first().locator('details.dicom summary').click();
    t.equal(kinds, undefined, 'the list opens');
    const offered = await panel(page).locator('.result').first().locator('[data-kind]').allTextContents();
    t.equal(offered, ['Segmentation', 'Probabilities', 'Label map', 'Report', 'Picture'], 'what fits a label map');
    const { name, bytes } = await clicked(page, 'seg');
    t.equal(name, 'negatoscope-brain-tissue-light.seg.dcm', 'a name that names nobody');
    t.equal(bytes.subarray(128, 132).toString(), 'DICM', 'a Part 10 file');
    t.equal(text(bytes, 8, 0x16), '1.2.840.10008.5.1.4.1.1.66.4', 'Segmentation Storage');
    t.equal(text(bytes, 0x20, 0xd), stack.study, 'in the study of its source');
    const again = await save(page, 'seg');
    t.equal(createHash('sha256').update(bytes).digest('hex'), again.hash, 'byte for byte the same when saved again');
    segmentation = bytes;
  });

  await t.step('probabilities: the network runs once more, with progress, and can be ended', async () => {
    const button = panel(page).locator('.result').first().locator('[data-kind=fractional]');
    t.ok(/255 for certain/.test(await button.getAttribute('title')), 'what it holds is said');
    await button.click();
    await panel(page).locator('.running .cancel').click();
    await panel(page).locator('.running').waitFor({ state: 'detached' });
    t.equal(await panel(page).locator('.refused').count(), 0, 'ended: nothing is saved and nothing is refused');
    const { name, bytes } = await clicked(page, 'fractional');
    t.equal(name, 'negatoscope-brain-tissue-light.fractional.dcm', 'its name');
    t.equal(text(bytes, 8, 0x16), '1.2.840.10008.5.1.4.1.1.66.4', 'Segmentation Storage');
    t.equal([text(bytes, 0x62, 1), text(bytes, 0x62, 0x10)], ['FRACTIONAL', 'PROBABILITY'], 'of this kind');
    const most = bytes.indexOf(Buffer.from([0x62, 0, 0x0e, 0, 0x55, 0x53, 2, 0]));
    t.equal(bytes.readUInt16LE(most + 8), 255, 'Maximum Fractional Value');
    const again = await save(page, 'fractional');
    t.equal(createHash('sha256').update(bytes).digest('hex'), again.hash, 'byte for byte the same when saved again');
    t.equal(await panel(page).locator('.result').count(), 1, 'and it is the same result');
  });

  await t.step('while a network runs the call is refused and ends nothing; its caller can end it', async () => {
    const said = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      const caught = (promise) => promise.catch(({ failure, name }) => failure?.code ?? name);
      const slow = new AbortController();
      const { promise: begun, resolve } = Promise.withResolvers();
      const onProgress = ({ done }) => done > 1 && resolve();
      const run = caught(viewer.analyze('slow', { signal: slow.signal, onProgress }));
      await begun;
      const busy = await caught(viewer.save('fractional'));
      const other = (await viewer.save('seg')).size > 0;
      const still = await Promise.race([run, new Promise((resolve) => setTimeout(resolve, 500, 'runs'))]);
      slow.abort();
      const ended = await run;
      const own = new AbortController();
      const stages = [];
      const hear = ({ stage }) => {
        stages.push(stage);
        if (stage === 'infer') own.abort();
      };
      const saved = await caught(viewer.save('fractional', { signal: own.signal, onProgress: hear }));
      const late = await caught(viewer.save('seg', { signal: own.signal }));
      return { busy, other, still, ended, saved, heard: stages.includes('infer'), late };
    });
    const expected = { busy: 'model-busy', other: true, still: 'runs', ended: 'AbortError', saved: 'AbortError' };
    t.equal(
      said,
      { ...expected, heard: true, late: 'AbortError' },
      'what runs goes on, other kinds are saved beside it',
    );
    await panel(page).locator('.running').waitFor({ state: 'detached' });
    t.equal(await panel(page).locator('.result').count(), 1, 'and there is no other result');
  });

  await t.step('a report names the segmentation that was saved before it', async () => {
    const { name, bytes } = await clicked(page, 'sr');
    t.equal(name, 'negatoscope-brain-tissue-light.sr.dcm', 'its name');
    t.equal(text(bytes, 8, 0x16), '1.2.840.10008.5.1.4.1.1.88.34', 'Comprehensive 3D SR Storage');
    t.ok(bytes.includes(text(segmentation, 8, 0x18)), 'the UID of the segmentation is in it');
    t.ok(bytes.includes('512.25') && bytes.includes('688.5'), 'and so are the volumes');
  });

  await t.step('a picture with its notice', async () => {
    const { head } = await save(page, 'sc');
    t.equal(text(head, 8, 0x16), '1.2.840.10008.5.1.4.1.1.7.4', 'Multi-frame True Color Secondary Capture');
    const said = await page.evaluate(async () => {
      const bytes = new Uint8Array(await globalThis.kept.sc.arrayBuffer());
      const tag = [0x28, 0, 1, 3, 0x43, 0x53]; // Burned In Annotation, CS
      const at = bytes.findIndex((_, i) => tag.every((byte, j) => bytes[i + j] === byte));
      return String.fromCharCode(...bytes.slice(at + 8, at + 11));
    });
    t.equal(said, 'YES', 'Burned In Annotation');
  });

  await t.step('a heatmap as a parametric map', async () => {
    await analyze('chest-pneumonia');
    const offered = await panel(page).locator('.result').first().locator('[data-kind]').allTextContents();
    t.equal(offered, ['Heatmap', 'Report', 'Picture'], 'what fits a heatmap');
    const { head } = await save(page, 'pm');
    t.ok(head.includes('130402'), 'class activation, by its code');
  });

  await t.step('the printed report has the numbers of the panel', async () => {
    const told = await panel(page).evaluate((host) => {
      const all = [...host.shadowRoot.querySelectorAll('.result')];
      const clean = (node) => node.textContent.trim().replace(/\s+/g, ' ');
      return {
        values: all.flatMap((one) => [...one.querySelectorAll('.value b')].map(clean)),
        volumes: all.flatMap((one) => [...one.querySelectorAll('dd')].map(clean)).filter((said) => said.endsWith('ml')),
        names: all.flatMap((one) => [...one.querySelectorAll('.value span')].map(clean)),
      };
    });
    t.ok(told.values.length > 0 && told.volumes.length > 0, `${told.values}; ${told.volumes}`);
    const report = await page.evaluate(async () => {
      const append = document.body.append.bind(document.body);
      document.body.append = (...nodes) => {
        append(...nodes);
        for (const node of nodes) if (node.contentWindow) node.contentWindow.print = () => {};
      };
      const viewer = document.querySelector('negatoscope-viewer');
      viewer.shadowRoot.querySelector('.tools [data-menu=more]').click();
      await viewer.updateComplete;
      [...viewer.shadowRoot.querySelectorAll('.panel button')]
        .find((b) => b.textContent.includes('Key images and report'))
        .click();
      await viewer.updateComplete;
      const keys = viewer.shadowRoot.querySelector('negatoscope-key-images');
      await keys.updateComplete;
      [...keys.shadowRoot.querySelectorAll('button')].find((b) => b.textContent.includes('Print report')).click();
      for (;;) {
        const rows = document
          .querySelector('iframe.negatoscope-report')
          ?.contentDocument.querySelectorAll('td:last-child');
        if (rows?.length)
          return { values: [...rows].map((td) => td.textContent.trim()), text: rows[0].ownerDocument.body.textContent };
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
    for (const value of [...told.values, ...told.volumes])
      t.ok(report.values.includes(value), `${value} of ${report.values}`);
    for (const name of told.names) t.ok(report.text.includes(name), `${name}, by the same name`);
    await page.keyboard.press('Escape');
  });

  await t.step('saved objects open here again, with the values that were found', async () => {
    await save(page, 'labelmap');
    const third = Math.floor(stack.columns / 3);
    const columns = [0, third + 2, 2 * third + 2, stack.columns - 1];
    const labels = await reopened(
      page,
      'labelmap',
      columns.map((column) => [column, 3]),
    );
    t.equal([labels.modality, labels.frames], ['SEG', stack.frames], 'a label map of all frames');
    t.equal(labels.size, [stack.columns, stack.rows], 'on the grid of its source');
    t.equal(
      labels.values.map(([stored]) => stored),
      [0, 1, 2, 2],
      'its labels',
    );
    t.equal([labels.errors, labels.repairs], [[], []], 'without a defect');
    const shares = await reopened(
      page,
      'fractional',
      columns.map((column) => [column, 3]),
    );
    t.equal(
      [shares.modality, shares.sets, shares.frames],
      ['SEG', 2, stack.frames],
      'probabilities of both labels in all frames',
    );
    t.equal(
      shares.values.map(([stored]) => stored),
      [27, 200, 27, 27],
      'those of the first label in its first frame',
    );
    t.equal([shares.errors, shares.repairs], [[], []], 'without a defect');
    const places = [
      [0, 0],
      [13, 0],
      [5, 7],
      [13, 13],
    ];
    const cells = await reopened(page, 'pm', places);
    t.equal(cells.size, [14, 14], 'the cells of the heatmap, as many as there are');
    for (const [at, [column, row]] of places.entries())
      t.near(cells.values[at][1], column / 13 + row / 13 - 0.5, 1e-6, `cell ${column}, ${row}`);
  });
}
