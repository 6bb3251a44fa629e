// A head's labels by the graphics processor are those of the processor; which of them made them is said; a device that fails costs nothing.
// The head is made, and small: SwiftShader computes here.
import { file } from './dicom.mjs';

export const limitMs = 600_000;

const [columns, rows, slices] = [26, 28, 20];

/** A sagittal slice, 2 mm in all directions, of balls in a ball; says that it is a T1 of an adult's head. */
function slice(k) {
  const pixels = Buffer.alloc(2 * columns * rows);
  for (let j = 0; j < rows; j += 1) {
    for (let i = 0; i < columns; i += 1) {
      const [x, y, z] = [i - columns / 2 + 0.5, j - rows / 2 + 0.5, k - slices / 2 + 0.5].map((v) => 2 * v);
      const r = Math.hypot(x, y, z);
      const fold = 120 * Math.sin(x / 3) * Math.cos(y / 4) * Math.sin(z / 5);
      const value = r < 8 ? 900 : r < 13 ? 620 + fold : r < 17 ? 380 + fold : 0;
      pixels.writeUInt16LE(Math.round(value), 2 * (j * columns + i));
    }
  }
  return file([
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.4'],
    [0x00080018, 'UI', `2.25.77${k}`],
    [0x00080060, 'CS', 'MR'],
    [0x0008103e, 'LO', 'T1 MPRAGE'],
    [0x00101010, 'AS', '044Y'],
    [0x00180015, 'CS', 'HEAD'],
    [0x0020000d, 'UI', '2.25.3'],
    [0x0020000e, 'UI', '2.25.4'],
    [0x00200013, 'IS', k + 1],
    [0x00200032, 'DS', `${2 * k}\\-28\\28`],
    [0x00200037, 'DS', '0\\1\\0\\0\\0\\-1'],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', rows],
    [0x00280011, 'US', columns],
    [0x00280030, 'DS', '2\\2'],
    [0x00280100, 'US', 16],
    [0x00280101, 'US', 16],
    [0x00280102, 'US', 15],
    [0x00280103, 'US', 0],
    [0x7fe00010, 'OW', pixels],
  ]);
}

const open = async (page) => {
  const all = Array.from({ length: slices }, (_, k) => slice(k).toString('base64'));
  await page.evaluate(async (all) => {
    const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const files = all.map((text, k) => new File([bytes(text)], `${k}.dcm`));
    await document.querySelector('negatoscope-viewer').open(files);
  }, all);
  await page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 60_000 });
};

/** Runs a model; its labels are kept in the page under `keep`. */
const analyze = (page, keep, model, wish) =>
  page.evaluate(
    async ([keep, model, wish]) => {
      const viewer = document.querySelector('negatoscope-viewer');
      const notices = [];
      const onProgress = ({ stage, done, total }) => notices.push([stage, done, total]);
      try {
        const line = await viewer.analyze(model, { ...wish, onProgress });
        globalThis.labels ??= {};
        globalThis.labels[keep] = viewer.analysis.results.at(-1).bytes;
        const infer = notices.filter(([stage]) => stage === 'infer');
        return { ...line, infer, prepare: notices.filter(([stage, , total]) => stage === 'prepare' && total > 1) };
      } catch (error) {
        return { code: error.code ?? String(error), detail: error.failure?.detail };
      }
    },
    [keep, model, wish],
  );

/** Voxels whose labels differ, and voxels of each label. */
const compare = (page, a, b) =>
  page.evaluate(
    ([a, b]) => {
      const [one, two] = [globalThis.labels[a], globalThis.labels[b]];
      const counts = {};
      for (const label of one) counts[label] = (counts[label] ?? 0) + 1;
      return { differ: one.reduce((n, v, i) => n + (v === two[i] ? 0 : 1), Math.abs(one.length - two.length)), counts };
    },
    [a, b],
  );

export default async function (t) {
  const page = await t.page('gpu', { size: { width: 1100, height: 760 } });
  const module = () => t.requests.filter((url) => /model_gpu/.test(url)).length;
  await open(page);
  await t.step('a graphics processor in software is not taken by itself', async () => {
    const line = await analyze(page, 'cpu', 'brain-mask', {});
    t.equal([line.backend, line.code], ['cpu', undefined], `the processor labels (${line.seconds?.toFixed(1)} s)`);
    t.equal(module(), 0, 'nothing of the other module is fetched');
  });
  await t.step('asked for, it gives the same labels: int8', async () => {
    const line = await analyze(page, 'gpu', 'brain-mask', { backend: 'gpu' });
    t.equal(
      [line.backend, line.gpu_refused, line.code],
      ['gpu', undefined, undefined],
      `the graphics processor labels (${line.seconds?.toFixed(1)} s)`,
    );
    t.ok(module() > 0, 'its module is fetched');
    const { differ, counts } = await compare(page, 'gpu', 'cpu');
    t.ok(Object.keys(counts).length > 1, `labels ${JSON.stringify(counts)}`);
    t.equal(differ, 0, 'no label differs');
    t.ok(line.infer.length > 1, `${line.infer.length} notices of progress`);
    t.equal(line.infer.at(-1)[1], line.infer.at(-1)[2], 'to the end');
  });
  await t.step('float32', async () => {
    const cpu = await analyze(page, 'cpu', 'brain-mask', { float: true, backend: 'cpu' });
    const gpu = await analyze(page, 'gpu', 'brain-mask', { float: true, backend: 'gpu' });
    t.equal(
      [cpu.backend, gpu.backend],
      ['cpu', 'gpu'],
      `${cpu.seconds?.toFixed(1)} s and ${gpu.seconds?.toFixed(1)} s`,
    );
    t.equal((await compare(page, 'gpu', 'cpu')).differ, 0, 'no label differs');
  });
  await t.step('the panel says what it ran on', async () => {
    await page.keyboard.press('a');
    const chip = page.locator('negatoscope-findings .result .backend');
    await chip.first().waitFor({ timeout: 20_000 });
    t.equal(await chip.first().textContent(), 'on the GPU', 'in words');
    await t.screenshot(page, 'graphics-networks');
  });
  await t.step('a device that is lost meanwhile: the processor goes on', async () => {
    await analyze(page, 'light', 'brain-tissue-light', { float: true, backend: 'cpu' });
    t.allowErrors(/GPU|gpu|context|device/i); // the browser itself reports the ended process
    await page.evaluate(() => {
      const viewer = document.querySelector('negatoscope-viewer');
      globalThis.begun = new Promise((resolve) => {
        viewer.addEventListener('progress', ({ detail }) => detail.stage === 'infer' && resolve());
      });
    });
    const run = analyze(page, 'lost', 'brain-tissue-light', { float: true, backend: 'gpu' });
    await page.evaluate(() => globalThis.begun);
    const session = await page.context().browser().newBrowserCDPSession();
    await session.send('Browser.crashGpuProcess');
    await session.detach().catch(() => {});
    const line = await run;
    t.equal([line.backend, line.code], ['cpu', undefined], 'the finding is there');
    t.ok(/^GPU-0/.test(line.gpu_refused), `and says why: ${line.gpu_refused}`);
    t.equal((await compare(page, 'lost', 'light')).differ, 0, 'with the same labels');
  });
}
