// A folder of files: the first picture comes before the last head is read, and frames that were decoded ahead, by other workers, are the
// same as those that were decoded when they were asked for.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { root } from '../../scripts/lib.mjs';
import { unzip } from './unzip.mjs';

/** Notes when a picture comes and when the study is open; at the first picture `then` is called. */
const watch = (page) =>
  page.evaluate(() => {
    const viewer = document.querySelector('negatoscope-viewer');
    globalThis.seen = [];
    viewer.addEventListener('view-change', () => globalThis.seen.push('picture'));
    viewer.addEventListener('study-open', () => globalThis.seen.push('open'));
    viewer.addEventListener('progress', ({ detail }) => globalThis.seen.push(detail.done));
  });

/** The sums of some values of each frame, visited in steps of `step`. */
const sums = (page, step) =>
  page.evaluate(async (by) => {
    const viewer = document.querySelector('negatoscope-viewer');
    const pane = viewer.shadowRoot.querySelector('negatoscope-viewport');
    const { frames } = pane.info;
    const found = [];
    for (let k = 0, frame = 0; k < frames; k += 1, frame = (frame + by) % frames) {
      await viewer.show({ seriesUid: pane.seriesUid, frame });
      let sum = 0;
      for (const at of [0.3, 0.45, 0.5, 0.6])
        sum += (await viewer.probe(Math.round(pane.info.columns * at), Math.round(pane.info.rows * at))).stored[0];
      found[frame] = sum;
    }
    return found;
  }, step);

export default async function (t) {
  const folder = mkdtempSync(join(tmpdir(), 'negatoscope-early-'));
  const inner = join(folder, 'series');
  mkdirSync(inner);
  try {
    let count = 0;
    for (const [name, bytes] of unzip(readFileSync(join(root, 'www/public/sample/t1-brain.zip')))) {
      if (!name.endsWith('.dcm')) continue;
      writeFileSync(join(inner, basename(name)), bytes);
      count += 1;
    }
    const page = await t.page('cpu');
    await watch(page);
    await t.drop(page, [inner]);
    await page.waitForFunction(() => globalThis.seen.includes('open'), undefined, { timeout: 60_000 });
    const seen = await page.evaluate(() => globalThis.seen);
    const first = seen.indexOf('picture');
    t.ok(first >= 0 && !seen.slice(0, first).includes(count), `a picture before the last of ${count} heads is read`);
    await page.waitForFunction(() => globalThis.seen.at(-1) === 'picture');
    const { index, frames } = await page.evaluate(() => {
      const { index, info } = document
        .querySelector('negatoscope-viewer')
        .shadowRoot.querySelector('negatoscope-viewport');
      return { index, frames: info.frames };
    });
    t.equal([index, frames], [Math.floor((count - 1) / 2), count], 'then the middle of the whole stack');

    await page.waitForTimeout(1500); // some frames come from the decode workers, the others are decoded when they are shown
    const onwards = await sums(page, 1);
    t.equal(onwards.length, count, 'every frame is there');
    t.ok(new Set(onwards).size > count / 2, 'frames differ');
    const other = await t.page('cpu');
    await watch(other);
    await t.drop(other, [inner]);
    await other.waitForFunction(() => globalThis.seen.includes('open'), undefined, { timeout: 60_000 });
    t.equal(await sums(other, 37), onwards, 'the same values in whatever order they are asked for');

    const third = await t.page('cpu');
    await watch(third);
    await third.evaluate(() => {
      document
        .querySelector('negatoscope-viewer')
        .addEventListener('progress', () =>
          document.querySelector('negatoscope-viewer').shadowRoot.querySelector('.work button')?.click(),
        );
    });
    await t.drop(third, [inner]);
    await third.waitForFunction(() => globalThis.seen.length > 0);
    await third.locator('negatoscope-viewport').waitFor({ state: 'detached', timeout: 20_000 });
    await third.locator('negatoscope-viewer .sample').waitFor({ timeout: 20_000 });
    await third.waitForTimeout(500);
    t.ok(!(await third.evaluate(() => globalThis.seen.includes('open'))), 'a cancel while a picture is shown');
    t.equal(await third.locator('negatoscope-viewport').count(), 0, 'ends at the start screen');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
