// Videos: every frame in its place and with its colours, in each container, forwards and backwards; where the browser has no codec, that is said.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/lib.mjs';
import { file } from './dicom.mjs';
import { settled } from './helpers.mjs';

const data = (name) => readFileSync(join(root, 'tests/data/video', name));
/** What FFmpeg gives (scripts/oracles/video.py). */
const { size, places, streams } = JSON.parse(data('streams.json'));
const frames = 14;

const image = (number, syntax, stream, [columns, rows] = size, count = frames) =>
  file(
    [
      [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.77.1.1.1'],
      [0x00080018, 'UI', `2.25.${number}`],
      [0x00080060, 'CS', 'ES'],
      [0x0020000d, 'UI', `2.25.${number}1`],
      [0x0020000e, 'UI', `2.25.${number}2`],
      [0x00181063, 'DS', '40'],
      [0x00280002, 'US', 3],
      [0x00280004, 'CS', 'YBR_PARTIAL_420'],
      [0x00280006, 'US', 0],
      [0x00280008, 'IS', count],
      [0x00280010, 'US', rows],
      [0x00280011, 'US', columns],
      [0x00280100, 'US', 8],
      [0x00280101, 'US', 8],
      [0x00280102, 'US', 7],
      [0x00280103, 'US', 0],
    ],
    { syntax, frames: [stream] },
  );

/** The largest distance of each frame's values from what is expected, or the code of the refusal. */
const distances = (page, number, order, expected) =>
  page.evaluate(
    async ({ seriesUid, order, places, expected }) => {
      const viewer = document.querySelector('negatoscope-viewer');
      const far = [];
      for (const frame of order) {
        try {
          await viewer.show({ seriesUid, frame });
          let most = 0;
          for (const [at, [column, row]] of places.entries()) {
            const { stored } = await viewer.probe(column, row);
            for (const [i, value] of stored.entries()) most = Math.max(most, Math.abs(value - expected[frame][at][i]));
          }
          far.push(most);
        } catch (error) {
          far.push(error.code ?? String(error));
        }
      }
      return far;
    },
    { seriesUid: `2.25.${number}2`, order, places, expected },
  );

export default async function (t) {
  const dir = mkdtempSync(join(tmpdir(), 'negatoscope-video-'));
  const page = await t.page('cpu');
  const plays = (codec) =>
    page.evaluate(
      (codec) =>
        VideoDecoder.isConfigSupported({ codec }).then(
          ({ supported }) => supported === true,
          () => false,
        ),
      codec,
    );
  const opened = async (name, number, bytes) => {
    writeFileSync(join(dir, `${name}.dcm`), bytes);
    await t.drop(page, [join(dir, `${name}.dcm`)]);
    await page.waitForFunction(
      (uid) => document.querySelector('negatoscope-viewer').catalogue?.studies[0]?.series[0]?.uid === uid,
      `2.25.${number}2`,
      { timeout: 30_000 },
    );
    await settled(page);
  };
  const all = Array.from({ length: frames }, (_, frame) => frame);
  const kinds = [
    ['avc.mp4', '102', 'avc1.64000A'],
    ['avc.m2t', '103.1', 'avc1.64000A'],
    ['avc.h264', '104', 'avc1.64000A'],
    ['fields.m2t', '102', 'avc1.640015'],
    ['said.h264', '102', 'avc1.64000A'],
    ['said.h265', '107', 'hev1.1.6.L30.90'],
    ['hevc.mp4', '107', 'hev1.1.6.L30.90'],
    ['hevc.m2t', '107', 'hev1.1.6.L30.90'],
    ['hevc.h265', '108', 'hev1.1.6.L30.90'],
  ];
  for (const [at, [name, end, codec]] of kinds.entries()) {
    await t.step(name, async () => {
      await opened(name, 30 + at, image(30 + at, `1.2.840.10008.1.2.4.${end}`, data(name)));
      const { rgb } = streams[name];
      const [set] = await page.evaluate(
        () => document.querySelector('negatoscope-viewer').catalogue.studies[0].series[0].frame_sets,
      );
      t.equal([set.frames, set.frames_per_second], [frames, 25], "frames and their rate are the attributes'");
      if (!(await plays(codec))) {
        t.equal(
          await distances(page, 30 + at, [3], rgb),
          ['PIX-010'],
          `${codec} is not in this browser, which is said`,
        );
        t.ok(await page.getByText('no decoder for the video').first().isVisible(), 'in words');
        return;
      }
      const within = 4;
      const far = await distances(page, 30 + at, all, rgb);
      t.ok(
        far.every((by) => by <= within),
        `${codec}: frames are those of FFmpeg within ${within} levels: ${far}`,
      );
      await t.screenshot(page, `video-${name}`);
    });
  }
  await t.step('a video that is larger than what is kept', async () => {
    if (!(await plays('avc1.640028'))) t.skip('no H.264 in this browser');
    const count = 60;
    await opened('large', 49, image(49, '1.2.840.10008.1.2.4.102', data('large.mp4'), [1920, 1080], count));
    const expected = Array.from({ length: count }, (_, n) => places.map(() => Array(3).fill(20 + 3 * n)));
    const part = Array.from({ length: 20 }, (_, n) => 16 + n);
    for (const [order, what] of [
      [[59, 0, 24, 23, 47, 1], 'in jumps'],
      [[...part].reverse(), 'backwards'],
      [part, 'forwards'],
    ]) {
      const start = performance.now();
      const far = await distances(page, 49, order, expected);
      const ms = Math.round((performance.now() - start) / order.length);
      t.ok(
        far.every((by) => by <= 1), // frames are 3 levels apart
        `${what}: each frame is its own, ${ms} ms each: ${far}`,
      );
    }
  });
  await t.step('what is no such video', async () => {
    await opened('mpeg2', 50, image(50, '1.2.840.10008.1.2.4.100', data('avc.h264')));
    t.equal(await distances(page, 50, [0], []), ['PIX-002'], 'MPEG-2 is refused by its code');
    await opened('junk', 51, image(51, '1.2.840.10008.1.2.4.102', Buffer.alloc(4000, 0xa5)));
    t.equal(await distances(page, 51, [0], []), ['PIX-004'], 'a damaged stream, too');
  });
  await t.step('a video that ends early', async () => {
    if (!(await plays('avc1.64000A'))) t.skip('no H.264 in this browser');
    const { rgb } = streams['avc.h264'];
    const bytes = data('avc.h264');
    await opened('cut', 52, image(52, '1.2.840.10008.1.2.4.102', bytes.subarray(0, bytes.length >> 1)));
    const far = await distances(page, 52, [0, 1, 13], rgb);
    t.ok(far[0] <= 4 && far[1] <= 4, `what is there is shown: ${far}`);
    t.equal(far[2], 'PIX-011', 'a frame behind its end is refused');
    t.equal(
      await page.evaluate(() => document.querySelector('negatoscope-viewer').catalogue.errors.length),
      0,
      'the file is not',
    );
  });
  /** Opens files as an embedding page does. */
  const open = (...files) =>
    page.evaluate(
      async (texts) => {
        const files = texts.map((text, n) => new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], `${n}`));
        await document.querySelector('negatoscope-viewer').open(files);
      },
      files.map((bytes) => bytes.toString('base64')),
    );
  await t.step('another study takes its place', async () => {
    if (!(await plays('avc1.64000A'))) t.skip('no H.264 in this browser');
    const { rgb } = streams['avc.h264'];
    const bytes = data('avc.h264');
    // The same from its second key on: frame n is the other one's frame n + 6.
    const later = bytes.subarray(bytes.indexOf(Buffer.from([0, 0, 1, 0x67]), 4) - 1);
    const other = image(55, '1.2.840.10008.1.2.4.102', later, size, 8);
    for (const wait of [0, 2, 5, 10, 20, 40]) {
      await open(image(54, '1.2.840.10008.1.2.4.102', bytes));
      await page.evaluate(() => {
        // Not waited for: pictures are on their way when the next study comes.
        const viewer = document.querySelector('negatoscope-viewer');
        viewer.show({ seriesUid: '2.25.542', frame: 12 }).catch(() => {});
      });
      await page.waitForTimeout(wait);
      await open(other);
      const far = await distances(page, 55, [0, 1, 2, 3, 4, 5, 6, 7], rgb.slice(6));
      t.ok(
        far.every((by) => by <= 4),
        `after ${wait} ms each frame is the new study's: ${far}`,
      );
    }
  });
  await t.step('a video that says it has one frame', async () => {
    await open(image(59, '1.2.840.10008.1.2.4.102', data('avc.mp4'), size, 1));
    const counted = await page.evaluate(
      () => document.querySelector('negatoscope-viewer').catalogue.studies[0].series[0].frame_sets[0].frames,
    );
    t.equal(counted, frames, 'has as many as it has pictures');
  });
  await t.step('strict', async () => {
    if (!(await plays('avc1.64000A'))) t.skip('no H.264 in this browser');
    const strict = (on) =>
      page.evaluate((on) => {
        document.querySelector('negatoscope-viewer').strict = on;
      }, on);
    await strict(true);
    await open(image(56, '1.2.840.10008.1.2.4.104', data('avc.h264')));
    const far = await distances(page, 56, [3], streams['avc.h264'].rgb);
    await strict(false);
    t.ok(far[0] <= 4, `a stream that names no matrix has no defect: ${far}`);
  });
  await t.step('a state that subtracts more frames than are kept', async () => {
    if (!(await plays('avc1.640028'))) t.skip('no H.264 in this browser');
    const video = image(57, '1.2.840.10008.1.2.4.102', data('large.mp4'), [1920, 1080], 60);
    const reference = [
      [0x00081150, 'UI', '1.2.840.10008.5.1.4.1.1.77.1.1.1'],
      [0x00081155, 'UI', '2.25.57'],
    ];
    const subtracted = [
      [0x00286101, 'CS', 'AVG_SUB'],
      [0x00286110, 'US', Array.from({ length: 50 }, (_, n) => n + 1)],
    ];
    const series = [
      [0x00081140, 'SQ', [reference]],
      [0x0020000e, 'UI', '2.25.572'],
    ];
    const state = file([
      [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.11.1'],
      [0x00080018, 'UI', '2.25.58'],
      [0x00080060, 'CS', 'PR'],
      [0x00081115, 'SQ', [series]],
      [0x0020000d, 'UI', '2.25.571'],
      [0x0020000e, 'UI', '2.25.583'],
      [0x00286100, 'SQ', [subtracted]],
      [0x00700080, 'CS', 'MASKED'],
    ]);
    await open(video, state);
    await settled(page);
    const told = await page.evaluate(async () => {
      const pane = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport');
      if (pane.shown?.presentations[0]?.uid !== '2.25.58') return 'the state is not offered';
      const late = new Promise((resolve) => setTimeout(resolve, 60_000, 'it never came'));
      const shown = pane.setLook({ presentation: '2.25.58' }).then(() => pane.shown.look?.presentation ?? 'shown');
      return Promise.race([shown.catch((error) => error.code), late]);
    });
    t.ok(['shown', '2.25.58'].includes(told), `a video is no grey image, and is shown as it is: ${told}`);
  });
  for (const name of ['US_H264_High41.102', 'US_HEVC_Main51.107'])
    await t.step(name, async () => {
      await t.drop(page, [t.needCorpus(`derived/${name}.dcm`)]);
      await page.waitForFunction(
        () =>
          document.querySelector('negatoscope-viewer').catalogue?.studies[0]?.series[0]?.frame_sets[0]?.frames === 24,
        undefined,
        { timeout: 30_000 },
      );
      await settled(page);
      const told = await page.evaluate(async () => {
        const viewer = document.querySelector('negatoscope-viewer');
        const { uid } = viewer.catalogue.studies[0].series[0];
        const seen = [];
        for (let frame = 0; frame < 24; frame += 1) {
          try {
            seen.push((await viewer.show({ seriesUid: uid, frame })).size);
          } catch (error) {
            seen.push(error.code ?? String(error));
          }
        }
        return seen;
      });
      const one = told[0] === 'PIX-010' ? 'PIX-010' : [240, 320];
      t.equal(told, Array(24).fill(one), `24 frames: ${one}`);
      await t.screenshot(page, `video-${name}`);
    });
  rmSync(dir, { recursive: true });
}
