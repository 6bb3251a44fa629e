// A codec that is a wasm module of its own: fetched with the first frame of its kind and not before, right to the value, a clear failure.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/lib.mjs';
import { file } from './dicom.mjs';
import { settled } from './helpers.mjs';

const [rows, columns] = [29, 37];
const data = (name) => readFileSync(join(root, 'tests/data/jpeg_xl', name));
/** What libjxl gives (scripts/oracles/jpeg_xl.py), a sample a place. */
const samples = (name) => {
  const bytes = data(`${name}.u16`);
  return Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readUInt16LE(2 * at));
};

/** An image of `frames` of 12 bits. */
const image = (number, frames, syntax) =>
  file(
    [
      [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7.3'],
      [0x00080018, 'UI', `2.25.${number}`],
      [0x00080060, 'CS', 'OT'],
      [0x0020000d, 'UI', `2.25.${number}1`],
      [0x0020000e, 'UI', `2.25.${number}2`],
      [0x00280002, 'US', 1],
      [0x00280004, 'CS', 'MONOCHROME2'],
      [0x00280008, 'IS', frames.length],
      [0x00280010, 'US', rows],
      [0x00280011, 'US', columns],
      [0x00280100, 'US', 16],
      [0x00280101, 'US', 12],
      [0x00280102, 'US', 11],
      [0x00280103, 'US', 0],
      ...(syntax ? [] : [[0x7fe00010, 'OW', Buffer.concat(frames)]]),
    ],
    syntax ? { syntax, frames } : {},
  );

/** The stored values at some places of a frame, when it is shown; or the code of the refusal. */
const values = (page, series, frame, places) =>
  page.evaluate(
    async ({ seriesUid, frame, places }) => {
      const viewer = document.querySelector('negatoscope-viewer');
      try {
        await viewer.show({ seriesUid, frame });
        const found = [];
        for (const [column, row] of places) found.push((await viewer.probe(column, row))?.stored[0]);
        return found;
      } catch (error) {
        return error.code ?? String(error);
      }
    },
    { seriesUid: `2.25.${series}2`, frame, places },
  );

export default async function (t) {
  const dir = mkdtempSync(join(tmpdir(), 'negatoscope-codecs-'));
  const names = ['grey12', 'grey12_lossy', 'grey12'];
  const put = (name, bytes) => writeFileSync(join(dir, name), bytes);
  put('plain.dcm', image(1, [data('grey12.u16')]));
  put(
    'jxl.dcm',
    image(
      2,
      names.map((name) => data(`${name}.jxl`)),
      '1.2.840.10008.1.2.4.112',
    ),
  );
  put('cut.dcm', image(3, [data('grey12.jxl').subarray(0, 5)], '1.2.840.10008.1.2.4.110'));
  const places = [
    [0, 0],
    [18, 14],
    [36, 28],
    [36, 0],
    [0, 28],
    [7, 21],
  ];
  const of = (name) => {
    const all = samples(name);
    return places.map(([column, row]) => all[row * columns + column]);
  };
  const codec = (url) => /negatoscope_jpeg_xl.*\.wasm/.test(url);
  const fetched = () => t.requests.filter(codec).length;
  const opened = async (page, name, series) => {
    await t.drop(page, [join(dir, name)]);
    await page.waitForFunction(
      (uid) => {
        const viewer = document.querySelector('negatoscope-viewer');
        return viewer.catalogue?.studies[0]?.series[0]?.uid === uid;
      },
      `2.25.${series}2`,
      { timeout: 30_000 },
    );
    await settled(page);
  };

  await t.step('JPEG XL', async () => {
    const page = await t.page('cpu');
    await opened(page, 'plain.dcm', 1);
    t.equal(await values(page, 1, 0, places), of('grey12'), 'the same samples uncompressed');
    t.equal(fetched(), 0, 'other images fetch no codec');
    await opened(page, 'jxl.dcm', 2);
    for (const [frame, name] of names.entries()) {
      const found = await values(page, 2, frame, places);
      const off = of(name).map((value, at) => Math.abs(value - found[at]));
      t.ok(
        off.every((by) => by <= (name.includes('lossy') ? 1 : 0)),
        `frame ${frame + 1}, ${name}: ${found}`,
      );
    }
    t.equal(fetched(), 1, 'its codec is fetched once');
    await t.screenshot(page, 'jpeg-xl');
    await opened(page, 'cut.dcm', 3);
    t.equal(await values(page, 3, 0, places), 'PIX-004', 'a damaged frame says so by its code');
    await page.close();
  });

  await t.step('a codec that cannot be fetched', async () => {
    t.allowErrors(/Failed to load resource/); // what this is about
    const page = await t.page('cpu');
    await page.route(codec, (route) => route.abort());
    await opened(page, 'jxl.dcm', 2);
    t.equal(await values(page, 2, 1, places), 'PIX-009', 'is said by its code');
    t.ok(await page.getByText('could not be loaded').first().isVisible(), 'and in words');
    await page.unroute(codec);
    t.equal(await values(page, 2, 2, places), of('grey12'), 'and is asked for again by the next frame');
    await page.close();
  });
  rmSync(dir, { recursive: true });
}
