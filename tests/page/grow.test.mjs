// A region that grows through all slices: its volume against a ball of known size, by a click and by keys, given up, taken away.
import { readFileSync } from 'node:fs';
import { settled } from './helpers.mjs';
import { open, place, slice, stack } from './made-stack.mjs';

export const limitMs = 240_000;

/** A ball of 12 mm around a place, and another one that touches nothing of it. */
const ball = ([x, y, z]) => {
  const near = Math.hypot(x - 6, y + 4, z - 2) <= 12;
  const other = Math.hypot(x + 24, y - 20, z) <= 6;
  return near || other ? 300 : -100;
};
/** Voxels of the first ball, counted here. */
function voxels() {
  let n = 0;
  for (let k = 0; k < 20; k += 1)
    for (let r = 0; r < 48; r += 1)
      for (let c = 0; c < 48; c += 1)
        if (Math.hypot(-36 + 1.5 * c - 6, -36 + 1.5 * r + 4, -20 + 2 * k - 2) <= 12) n += 1;
  return n;
}

const overlay = (page, column, row) =>
  page.evaluate(
    ([c, r]) =>
      document
        .querySelector('negatoscope-viewer')
        .probe(c, r)
        .then((probe) => probe?.label),
    [column, row],
  );

/** One voxel has grown; what is begun after it and given up leaves it as it was: its numbers, its files, the way to take it away. */
async function keeps(t, page, panel) {
  const begin = () => panel.getByRole('button', { name: 'Grow', exact: true }).click();
  const cancel = async () => {
    await panel.getByRole('button', { name: 'Cancel' }).click();
    await panel.getByRole('button', { name: 'Cancel' }).waitFor({ state: 'detached', timeout: 30_000 });
  };
  const voxelsSaid = () => panel.locator('dl.grown dd').nth(1).textContent();
  const saved = async (name) => {
    const coming = page.waitForEvent('download');
    await panel.getByRole('button', { name }).click();
    return readFileSync(await (await coming).path());
  };
  const show = (other) =>
    page.evaluate(async (other) => {
      const viewer = document.querySelector('negatoscope-viewer');
      const all = viewer.catalogue.studies.flatMap(({ series }) => series.map(({ uid }) => uid));
      globalThis.first ??= viewer.panes[0].seriesUid;
      const seriesUid = other ? all.find((uid) => uid !== globalThis.first) : globalThis.first;
      await viewer.show({ seriesUid, frame: 100 });
    }, other);
  await show(false);
  await settled(page);
  const diagonal = panel.locator('input[type=checkbox]').nth(1);
  // Voxels of the board touch over their edges alone: without those one voxel is all.
  await diagonal.uncheck();
  await begin();
  await panel.locator('dl.grown').waitFor({ timeout: 30_000 });
  t.equal(await voxelsSaid(), '1', 'one voxel has grown to its end');
  t.ok(await panel.getByText('holds the patient’s name and number').isVisible(), 'it says whom its files name');
  const [column, row] = [24, 24];
  t.equal(await overlay(page, column, row), 1, 'it lies there');
  const seg = await saved('Save segmentation (SEG)');
  t.ok(seg.includes('ZQ4711'), 'as they do');
  const at = seg.indexOf(Buffer.from([0x08, 0, 0x18, 0, 0x55, 0x49]), 132);
  const uid = seg
    .subarray(at + 8, at + 8 + seg.readUInt16LE(at + 6))
    .toString('latin1')
    .replace(/\0$/, '');

  await diagonal.check();
  await begin();
  await panel.getByText(/so far/).waitFor({ timeout: 30_000 });
  // Another one before that has ended.
  await panel.getByLabel('Column of the seed').fill('22');
  await begin();
  await page.waitForFunction(() => {
    const { seed, info } = document.querySelector('negatoscope-viewer').regionGrowth;
    return seed?.[0] === 22 && info;
  });
  await cancel();
  t.equal(await voxelsSaid(), '1', 'two that were given up leave the first one');
  t.equal(await overlay(page, column, row), 1, 'over its images');
  const report = await saved('Save report (SR)');
  t.ok(
    report.includes(uid) && report.includes('Seed: column 25, row 25'),
    'its report, of the segmentation saved before',
  );

  // In the other series, given up while its first piece is on its way.
  await page.evaluate(() => {
    const { client } = document.querySelector('negatoscope-viewer');
    const ask = client.ask.bind(client);
    client.ask = async (kind, request, more) => {
      const answer = await ask(kind, request, more);
      if (kind === 'grown' && request.seed) await new Promise((resolve) => setTimeout(resolve, 2000));
      return answer;
    };
  });
  await show(true);
  await settled(page);
  await begin();
  await panel.getByText(/so far/).waitFor({ timeout: 30_000 });
  await cancel();
  t.equal(await voxelsSaid(), '1', 'one that was given up in another series leaves it, too');
  const second = await saved('Save report (SR)');
  t.ok(
    second.includes(uid) && second.includes('Seed: column 25, row 25'),
    'with its own seed and its own segmentation',
  );
  await show(false);
  await settled(page);
  t.equal(await overlay(page, column, row), 1, 'it lies where it lay');

  // One that is complete in the other series takes its place.
  await show(true);
  await settled(page);
  await diagonal.uncheck();
  await begin();
  await panel.getByText(/so far/).waitFor({ timeout: 30_000 });
  await panel.locator('dl.grown').waitFor({ timeout: 30_000 });
  await show(false);
  await settled(page);
  t.equal((await overlay(page, column, row)) ?? null, null, 'what nobody could take away any more is lifted');
  await panel.getByRole('button', { name: 'Take it away' }).click();
  await settled(page);
  await show(true);
  await settled(page);
  t.equal((await overlay(page, column, row)) ?? null, null, 'and the other one by its button');
  t.equal(await panel.locator('dl.grown').count(), 0, 'then nothing is left');
}

export default async function (t) {
  const page = await t.page('cpu');
  await open(page, stack({ value: ball }));
  await settled(page);
  await page.locator('.tools .regions').click();
  const panel = page.locator('negatoscope-viewer .panel.regions');
  await panel.locator('select').selectOption('seed');
  await panel.locator('input[name=through]').check();
  t.ok(await panel.getByText('joined to that place through the slices').isVisible(), 'it says what a click does');

  await t.step('a click grows the ball through its slices', async () => {
    await page.mouse.click(...(await place(page, 0, 28, 21)));
    await panel.locator('dl.grown').waitFor({ timeout: 30_000 });
    const said = (await panel.locator('dl.grown').textContent()).replace(/\s+/g, ' ');
    const n = voxels();
    t.ok(said.includes(`${n}`), `${n} voxels: ${said}`);
    const ml = Number(/([\d.]+) mL/.exec(said)?.[1]);
    t.near(ml, (n * 4.5) / 1000, 0.05, `${ml} mL of 4.5 mm³ each`);
    t.near(ml, ((4 / 3) * Math.PI * 12 ** 3) / 1000, 0.3, 'about that of the ball');
    const [, from, to] = /(\d+) – (\d+)/.exec(said) ?? [];
    // At 12 mm above and below there is no pixel within the ball.
    t.equal(to - from + 1, 11, 'from the first to the last of its images');
    await settled(page, 300);
    t.equal(
      [await overlay(page, 28, 21), await overlay(page, 8, 37)],
      [1, 0],
      'it lies over the images, the other ball is none of it',
    );
    const orange = await page.evaluate(async () => {
      const blob = await document.querySelector('negatoscope-viewer').save('png');
      const bitmap = await createImageBitmap(blob);
      const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
      let n = 0;
      for (let i = 0; i < data.length; i += 4) if (data[i] > data[i + 2] + 40) n += 1;
      return n;
    });
    t.ok(orange > 500, `${orange} pixels in its colour`);
    await t.screenshot(page, 'grow-ball');
  });

  await t.step('it is saved as a segmentation and as a report of it', async () => {
    const saved = async (name) => {
      const coming = page.waitForEvent('download');
      await panel.getByRole('button', { name }).click();
      const file = await coming;
      return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
    };
    const seg = await saved('Save segmentation (SEG)');
    t.equal(seg.name, 'negatoscope-region.seg.dcm', 'a name that names nobody');
    t.ok(seg.bytes.includes('1.2.840.10008.5.1.4.1.1.66.4') && seg.bytes.includes('SEMIAUTOMATIC'), 'a segmentation');
    const at = seg.bytes.indexOf(Buffer.from([0x08, 0, 0x18, 0, 0x55, 0x49]), 132);
    const uid = seg.bytes
      .subarray(at + 8, at + 8 + seg.bytes.readUInt16LE(at + 6))
      .toString('latin1')
      .replace(/\0$/, '');
    const bits = seg.bytes.subarray(-(11 * 48 * 48) / 8);
    let n = 0;
    for (const byte of bits) for (let k = 0; k < 8; k += 1) n += (byte >> k) & 1;
    t.equal(n, voxels(), 'every voxel of the ball, in its eleven images');
    const sr = await saved('Save report (SR)');
    t.ok(
      sr.bytes.includes('1.2.840.10008.5.1.4.1.1.88.34') && sr.bytes.includes(uid),
      'the report names the segmentation',
    );
    t.ok(sr.bytes.includes('Seed: column 29, row 22') && sr.bytes.includes('[hnsf'), 'how it grew, and its unit');
    await t.screenshot(page, 'grow-saved');
  });

  await t.step('by keys: another seed, another region', async () => {
    await panel.getByLabel('Column of the seed').fill('8');
    await panel.getByLabel('Row of the seed').fill('37');
    await panel.getByRole('button', { name: 'Grow', exact: true }).press('Enter');
    await page.waitForFunction(
      (n) => {
        const found = document.querySelector('negatoscope-viewer').shadowRoot.querySelector('dl.grown');
        return found && !found.textContent.includes(`${n}`);
      },
      voxels(),
      { timeout: 30_000 },
    );
    await settled(page, 300);
    t.equal([await overlay(page, 28, 21), await overlay(page, 8, 37)], [0, 1], 'the new one takes its place');
  });

  await t.step('it is taken away', async () => {
    await panel.getByRole('button', { name: 'Take it away' }).click();
    await settled(page, 300);
    t.equal(await overlay(page, 8, 37), null, 'nothing lies there');
    t.equal(await panel.locator('dl.grown').count(), 0, 'and nothing is said');
  });
  await page.close();

  await t.step('one that is large is looked at while it grows, and given up', async () => {
    const long = await t.page('cpu');
    // A board of chess in three directions, joined over edges: each voxel is a run of its own, and all take several pieces.
    const board = ([x, y, z]) => (((x + 36) / 1.5 + (y + 36) / 1.5 + z) % 2 === 0 ? 0 : 1000);
    const files = ['2.25.981', '2.25.982'].flatMap((study) =>
      Array.from({ length: 800 }, (_, n) => slice(n + 1, n, { value: board, study })),
    );
    await open(long, files);
    await settled(long);
    await long.evaluate(() => {
      // Somebody looks at each piece.
      const { client } = document.querySelector('negatoscope-viewer');
      const ask = client.ask.bind(client);
      client.ask = async (kind, request, more) => {
        if (kind === 'grown' && !request.seed) await new Promise((resolve) => setTimeout(resolve, 3000));
        return ask(kind, request, more);
      };
    });
    await long.locator('.tools .regions').click();
    const own = long.locator('negatoscope-viewer .panel.regions');
    await own.locator('select').selectOption('seed');
    await own.locator('input[name=through]').check();
    await own.locator('input[type=checkbox]').nth(1).check();
    await own.getByRole('button', { name: 'Grow', exact: true }).click();
    await own.getByText(/so far/).waitFor({ timeout: 30_000 });
    await own.getByRole('button', { name: 'Cancel' }).click();
    await own.getByText(/so far/).waitFor({ state: 'detached' });
    t.equal(await own.locator('dl.grown').count(), 0, 'nothing is left of it');
    t.equal((await overlay(long, 24, 24)) ?? null, null, 'and nothing lies over the images');
    await keeps(t, long, own);
    await long.close();
  });

  await t.step('what is no volume says so', async () => {
    const two = await t.page('cpu');
    await open(two, stack().slice(0, 2));
    await settled(two);
    await two.locator('.tools .regions').click();
    const own = two.locator('negatoscope-viewer .panel.regions');
    await own.locator('select').selectOption('seed');
    t.ok(await own.locator('input[name=through]').isDisabled(), 'two images are no volume');
    await two.close();
  });

  const phone = await t.page('cpu', { phone: true, lang: 'zh-CN' });
  await open(phone, stack({ value: ball }));
  await settled(phone);
  await phone.locator('.dock [data-menu=more]').click();
  await phone.locator('.panel').getByRole('button', { name: '区域', exact: true }).click();
  const own = phone.locator('negatoscope-viewer .panel.regions');
  await own.locator('select').selectOption('seed');
  await own.locator('input[name=through]').check();
  const [x, y] = await place(phone, 0, 28, 21);
  await phone.touchscreen.tap(x, y);
  await own.locator('dl.grown').waitFor({ timeout: 30_000 });
  t.ok(/体积/.test(await own.textContent()), 'by finger, in Chinese');
  await t.screenshot(phone, 'grow-phone-zh');
  await phone.close();
}
