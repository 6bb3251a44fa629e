// Two frames laid on each other by their key points, two stacks by mutual information: in the register worker, from the element's calls. Said
// why not, cancelled, and asked again.

/** Opens the sample and gives the key and number of frames of its stack. */
const opened = (page) =>
  page.evaluate(async () => {
    const viewer = document.querySelector('negatoscope-viewer');
    const sample = await (await fetch('./sample/t1-brain.zip')).blob();
    const { studies } = await viewer.open([new File([sample], 't1-brain.zip')]);
    const [set] = studies[0].series[0].frame_sets;
    return { key: set.key, frames: set.frames };
  });

/** What a call of the element gives, or the code of its refusal; and the progress that it told. */
const asked = (page, name, ...args) =>
  page.evaluate(
    async ([name, args]) => {
      const told = [];
      const [a, b, wish = {}] = args;
      const { abortAfter, ...rest } = wish;
      const abort = new AbortController();
      const onProgress = (notice) => {
        told.push(notice.stage);
        if (told.length === abortAfter) abort.abort();
      };
      try {
        const viewer = document.querySelector('negatoscope-viewer');
        const found = await viewer[name](a, b, { ...rest, onProgress, signal: abort.signal });
        return { found: found.registration ?? found, values: found.values?.length, told };
      } catch (error) {
        return { code: error.code && error.name === 'StudyError' ? error.code : error.name, told };
      }
    },
    [name, args],
  );

export const limitMs = 300_000;

export default async function (t) {
  const page = await t.page('cpu');
  const { key, frames } = await opened(page);
  const middle = Math.floor(frames / 2);
  const [a, b] = [middle, middle + 1].map((index) => ({ frameSet: key, index }));

  await t.step('neighbouring slices by key points', async () => {
    for (const descriptor of ['sift', 'binary']) {
      const { found, code } = await asked(page, 'match', a, b, { descriptor, model: 'rigid' });
      t.equal(code, undefined, `${descriptor}: found`);
      t.ok(found.pairs.length >= 15, `${descriptor}: ${found.pairs.length} of ${found.matches} agree`);
      t.near(found.rotation_degrees, 0, 2, `${descriptor}: not turned, ${found.rotation_degrees.toFixed(2)} degrees`);
      t.near(found.scale, 1, 1e-6, `${descriptor}: rigid in mm`);
      t.ok(found.residual_mm[0] < 3, `${descriptor}: residual ${found.residual_mm[0].toFixed(2)} mm`);
    }
  });

  await t.step('a stack on itself by mutual information', async () => {
    const { found, values, told, code } = await asked(page, 'register', key, key, { resample: true });
    t.equal(code, undefined, 'found');
    const off = found.b_to_a.flatMap((row, r) => row.map((v, c) => Math.abs(v - (r === c ? 1 : 0))));
    t.ok(Math.max(...off) < 0.5, `the matrix is the identity within ${Math.max(...off).toFixed(3)}`);
    t.ok(values > 0 && values % frames === 0, 'and the resampled values came');
    t.ok(told.includes('register'), 'progress was told');
  });

  await t.step('cancelled, and asked again', async () => {
    const { code } = await asked(page, 'register', key, key, { abortAfter: 1 });
    t.equal(code, 'AbortError', 'a cancelled registration ends');
    const again = await asked(page, 'match', a, a);
    t.ok(again.found?.pairs.length > 50, 'another worker answers');
  });

  await t.step('one that waits for its turn is cancelled at once', async () => {
    const order = await page.evaluate(
      async ([key, a, b]) => {
        const viewer = document.querySelector('negatoscope-viewer');
        const ended = [];
        const abort = new AbortController();
        const first = viewer.register(key, key, {}).then(
          () => ended.push('first'),
          ({ name }) => ended.push(`first ${name}`),
        );
        const second = viewer.match(a, b, { signal: abort.signal }).then(
          () => ended.push('second'),
          ({ name }) => ended.push(name),
        );
        await new Promise((resolve) => setTimeout(resolve, 200));
        abort.abort();
        await second;
        await first;
        return ended;
      },
      [key, a, b],
    );
    t.equal(order, ['AbortError', 'first'], 'and the one before it goes on');
  });

  await t.step('what cannot be found says why', async () => {
    const { code } = await asked(page, 'match', a, { frameSet: key, index: frames - 1 });
    t.ok(/^REG-00[2-6]$/.test(code ?? ''), `the last slice is another part: ${code}`);
    const none = await asked(page, 'match', a, { frameSet: 99, index: 0 });
    t.equal(none.code, 'IO-091', 'there is no such stack');
  });
}
