// Sixty damaged files and some good ones in one drop: the page answers all the time, each file is shown, repaired or listed with a code.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/lib.mjs';
import { unzip } from './unzip.mjs';

export const limitMs = 300_000;

/** The same numbers in each run. */
function random(seed) {
  let s = seed;
  return (below) => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return Math.floor((s / 2 ** 32) * below);
  };
}

/** The place of an element's length field in an explicit little-endian file (short form), or -1. */
const find = (bytes, group, element) =>
  bytes.indexOf(Buffer.from([group & 255, group >> 8, element & 255, element >> 8]), 132);

/** [name, bytes] of the damaged files. Those whose name begins with `bad-` hold no image at all. */
function damaged(good, archive) {
  const next = random(20261125);
  const files = [];
  const put = (name, bytes) => files.push([name, Buffer.from(bytes)]);
  // Junk and other formats.
  put('bad-empty.dcm', []);
  put('bad-one-byte.dcm', [0]);
  put('bad-text.txt', 'no image\n'.repeat(50));
  put('bad-png.dcm', [137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82]);
  put('bad-preamble.dcm', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]));
  put('bad-zeroes.dcm', Buffer.alloc(100_000));
  put('bad-ones.dcm', Buffer.alloc(100_000, 255));
  put(
    'bad-dicm-junk.dcm',
    Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.from({ length: 4000 }, () => next(256))]),
  );
  for (let i = 0; i < 6; i += 1)
    put(
      `bad-noise-${i}.dcm`,
      Buffer.from({ length: 1 + next(20_000) }, () => next(256)),
    );
  // Archives that end early, or are none.
  for (const part of [30, 1000, archive.length >> 1, archive.length - 10])
    put(`bad-archive-${part}.zip`, archive.subarray(0, part));
  put(
    'bad-archive-junk.zip',
    Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.from({ length: 3000 }, () => next(256))]),
  );
  // Files that end early.
  for (const part of [100, 131, 132, 140, 300]) put(`bad-cut-${part}.dcm`, good[0].subarray(0, part));
  for (const part of [0.3, 0.5, 0.9, 0.999])
    put(`cut-${part}.dcm`, good[1].subarray(0, Math.floor(good[1].length * part)));
  // Attributes that lie.
  const patch = (name, group, element, value, skip = 8) => {
    const bytes = Buffer.from(good[2]);
    const at = find(bytes, group, element);
    if (at > 0) bytes.set(value, at + skip);
    put(name, bytes);
  };
  patch('rows-65535.dcm', 0x0028, 0x0010, [255, 255]);
  patch('rows-0.dcm', 0x0028, 0x0010, [0, 0]);
  patch('columns-0.dcm', 0x0028, 0x0011, [0, 0]);
  patch('samples-7.dcm', 0x0028, 0x0002, [7, 0]);
  patch('bits-allocated-255.dcm', 0x0028, 0x0100, [255, 0]);
  patch('bits-stored-99.dcm', 0x0028, 0x0101, [99, 0]);
  patch('high-bit-200.dcm', 0x0028, 0x0102, [200, 0]);
  patch('photometric-junk.dcm', 0x0028, 0x0004, Buffer.from('QQQQQQQQ'));
  patch('length-lies.dcm', 0x0028, 0x0004, [255, 255], 6);
  patch('pixels-length-lies.dcm', 0x7fe0, 0x0010, [255, 255, 255, 127], 8);
  // Flipped bytes, in the head and anywhere.
  for (let i = 0; i < 12; i += 1) {
    const bytes = Buffer.from(good[3 + (i % 3)]);
    for (let n = 0; n <= i; n += 1) bytes[132 + next(i < 8 ? 1500 : bytes.length - 132)] = next(256);
    put(`flipped-${i}.dcm`, bytes);
  }
  // Parts twice, and in the middle of each other.
  put('twice.dcm', Buffer.concat([good[4], good[4]]));
  put('inside-out.dcm', Buffer.concat([good[5].subarray(0, 2000), good[5]]));
  put('no-preamble.dcm', good[6].subarray(132));
  return files;
}

export default async function (t) {
  const archive = readFileSync(join(root, 'www/public/sample/t1-brain.zip'));
  const good = [...unzip(archive)].filter(([name]) => name.endsWith('.dcm')).map(([, bytes]) => bytes);
  t.ok(good.length > 20, `the sample has ${good.length} images`);
  const bad = damaged(good, archive);
  t.ok(bad.length >= 50, `${bad.length} damaged files`);
  const folder = mkdtempSync(join(tmpdir(), 'negatoscope-hostile-'));
  try {
    mkdirSync(join(folder, 'good'));
    mkdirSync(join(folder, 'damaged'));
    for (const [i, bytes] of good.slice(10, 20).entries()) writeFileSync(join(folder, 'good', `${i}.dcm`), bytes);
    for (const [name, bytes] of bad) writeFileSync(join(folder, 'damaged', name), bytes);
    const page = await t.page('cpu');
    await page.evaluate(() => {
      const viewer = document.querySelector('negatoscope-viewer');
      viewer.addEventListener('study-open', ({ detail }) => {
        globalThis.opened = detail;
      });
      // How long the page itself was deaf, at worst.
      globalThis.deaf = 0;
      let last = performance.now();
      setInterval(() => {
        const now = performance.now();
        globalThis.deaf = Math.max(globalThis.deaf, now - last);
        last = now;
      }, 50);
    });
    await t.drop(page, [folder]);
    await page.waitForFunction(() => globalThis.opened, undefined, { timeout: 120_000 });
    const { files, studies, errors, repairs } = await page.evaluate(() => globalThis.opened);
    t.ok(files >= bad.length + 10, `${files} files were taken`);
    t.ok(
      errors.every(({ code }) => /^[A-Z]+-\d{3}$/.test(code)),
      `${errors.length} are listed, each with a code`,
    );
    // Noise can look like a data set that ends early: that is a repair.
    const listed = new Set([...errors, ...repairs].map(({ file }) => file.split('/').at(-1)));
    const silent = bad
      .map(([name]) => name)
      .filter((name) => name.startsWith('bad-') && ![...listed].some((one) => one.startsWith(name)));
    t.equal(silent, [], 'every file without an image is among them');
    const frames = studies
      .flatMap((s) => s.series)
      .flatMap((s) => s.frame_sets)
      .reduce((sum, set) => sum + set.frames, 0);
    t.ok(frames >= 10, `${frames} images can be chosen`);

    const outcomes = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      const late = (ms) => new Promise((resolve) => setTimeout(() => resolve('late'), ms));
      const outcomes = {};
      for (const { series } of globalThis.opened.studies) {
        for (const { uid, frame_sets } of series) {
          for (const [frameSet, { frames }] of frame_sets.entries()) {
            for (let frame = 0; frame < frames; frame += 1) {
              const shown = viewer.show({ seriesUid: uid, frameSet, frame }).then(
                () => 'shown',
                (error) => error.code ?? String(error),
              );
              const outcome = await Promise.race([shown, late(20_000)]);
              outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
            }
          }
        }
      }
      return outcomes;
    });
    t.ok(outcomes.shown >= 10, `images were shown: ${JSON.stringify(outcomes)}`);
    t.equal(
      Object.keys(outcomes).filter((outcome) => outcome !== 'shown' && !/^[A-Z]+-\d{3}$/.test(outcome)),
      [],
      'every other image is refused with a code; none hangs, no worker dies',
    );
    t.ok((await page.evaluate(() => globalThis.deaf)) < 3000, 'the page answered all the time');
    await page.locator('footer .errors').click();
    t.equal(await page.locator('dialog .problem').first().isVisible(), true, 'the list opens');
    await t.screenshot(page, 'hostile-list');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
