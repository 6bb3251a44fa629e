// Whole series of real scanners, dropped as folders: the tree, the first picture, every image, and values of single pixels
// that pydicom has read (scripts/oracles/series_probes.py). Skipped where the larger corpus is not there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/lib.mjs';

export const limitMs = 600_000;

const { series: expected } = JSON.parse(readFileSync(join(root, 'tests/data/series_probes.json'), 'utf8'));
/** Stacks that a series must become: 13 volumes of 40 positions are no stack of 520. */
const stacks = { 't1-brain': [384], 'ct-lung': [64], 'mr-dwi': Array(13).fill(40), 'ct-head-tilt': [28] };

async function one(t, name) {
  const { files, modality, rows, columns, probes } = expected[name];
  const page = await t.page('cpu');
  await page.evaluate(() => {
    document.querySelector('negatoscope-viewer').addEventListener('study-open', ({ detail }) => {
      globalThis.opened = { detail, at: performance.now() };
    });
    globalThis.dropped = performance.now();
  });
  await t.drop(page, [t.needCorpus(`series/${name}`)]);
  await page.waitForFunction(() => globalThis.opened, undefined, { timeout: 120_000 });
  await page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 60_000 });
  const { detail, ms } = await page.evaluate(() => ({
    detail: globalThis.opened.detail,
    ms: Math.round(performance.now() - globalThis.dropped),
  }));
  t.ok(true, `${name}: first picture ${ms} ms after the drop`);
  t.equal([detail.files, detail.errors.length], [files, 0], `${name}: every file is read`);
  const all = detail.studies.flatMap((study) => study.series);
  t.equal([all.length, all[0]?.modality], [1, modality], `${name}: one series`);
  const sets = all[0].frame_sets;
  t.equal(
    sets.map(({ frames }) => frames),
    stacks[name],
    `${name}: its stacks`,
  );
  t.ok(
    sets.every((set) => set.rows === rows && set.columns === columns),
    `${name}: their size`,
  );
  t.equal(
    await page.evaluate(() => document.querySelector('negatoscope-viewer').state.viewports[0].frame),
    Math.floor((sets[0].frames - 1) / 2),
    `${name}: the first picture is the middle of the first stack`,
  );

  // Every image is shown once; where a probe lies in it, its value is asked for.
  const { shown, values, refused } = await page.evaluate(
    async ({ uid, sets, probes }) => {
      const viewer = document.querySelector('negatoscope-viewer');
      const bySop = Map.groupBy(probes, ({ sop }) => sop);
      let shown = 0;
      const values = [];
      const refused = [];
      const seen = new Set();
      for (const [frameSet, { frames }] of sets.entries()) {
        for (let frame = 0; frame < frames; frame += 1) {
          try {
            const told = await viewer.show({ seriesUid: uid, frameSet, frame });
            if (told.index === frame) shown += 1;
            const { lines } = await viewer.client.ask('tags', { kind: 'tags', viewport: 0 });
            const sop = lines.find(({ keyword }) => keyword === 'SOPInstanceUID').value;
            seen.add(sop);
            for (const probe of bySop.get(sop) ?? []) {
              const found = await viewer.probe(probe.column, probe.row);
              values.push([probe.sop, probe.column, probe.row, found?.stored, found?.modality]);
            }
          } catch (error) {
            refused.push(error.code ?? String(error));
          }
        }
      }
      return { shown: [shown, seen.size], values, refused };
    },
    { uid: all[0].uid, sets, probes },
  );
  t.equal(refused, [], `${name}: no image is refused`);
  t.equal(shown, [files, files], `${name}: every image is reached, each once`);
  const of = ([sop, column, row]) => `${sop} ${column} ${row}`;
  const found = new Map(values.map((value) => [of(value), value]));
  const stored = probes.filter((p) => found.get(of([p.sop, p.column, p.row]))?.[3]?.[0] === p.stored).length;
  const graded = probes.filter((p) => {
    const value = found.get(of([p.sop, p.column, p.row]))?.[4];
    // Padding has no modality value; f32 holds the others to 24 bits.
    return value === null || Math.abs(value - p.modality) <= Math.abs(p.modality) * 2 ** -23;
  }).length;
  t.equal(stored, probes.length, `${name}: stored values are pydicom's at ${probes.length} places`);
  t.equal(graded, probes.length, `${name}: modality values too`);
  await t.screenshot(page, `series-${name}`);
  await page.close();
}

export default async function (t) {
  for (const name of Object.keys(expected)) await t.step(name, () => one(t, name));
}
