// One walk from end to end, three times: by mouse, by touch, by keys alone. A study is opened, measured on, reformatted and measured again,
// laid beside its prior, saved, and opened again with what was saved.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settled } from './helpers.mjs';
import { all, count, drawn, hu, painted, place, stack } from './made-stack.mjs';

export const limitMs = 420_000;

/** Chooses files as the button of the start screen asks for them. */
async function choose(page, press, paths) {
  const chooser = page.waitForEvent('filechooser');
  await press();
  await (await chooser).setFiles(paths);
  await page.waitForFunction(
    () => document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport')?.shown,
    undefined,
    { timeout: 60_000 },
  );
  await settled(page);
}

async function download(page, act) {
  const coming = page.waitForEvent('download', { timeout: 30_000 });
  await act();
  return readFileSync(await (await coming).path());
}

/** Presses Tab until the focus is where it is wanted; fails after a hundred. */
async function tabTo(page, wanted, key = 'Tab') {
  for (let n = 0; n < 120; n += 1) {
    const there = await page.evaluate((wanted) => {
      let at = document.activeElement;
      while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
      return Boolean(at?.matches(wanted));
    }, wanted);
    if (there) return;
    await page.keyboard.press(key);
  }
  throw new Error(`no ${wanted} is reached by ${key}`);
}

/** What each way does: the same steps, by other means. */
const ways = {
  mouse: {
    options: {},
    open: (page, paths) => choose(page, () => page.locator('.start .first').click(), paths),
    async measure(page, n, from, to) {
      await page.locator('.tools [data-menu=measure]').click();
      await page.locator('.panel [data-kind=length]').click();
      await page.mouse.move(...(await place(page, n, ...from)));
      await page.mouse.down();
      await page.mouse.move(...(await place(page, n, ...to)), { steps: 4 });
      await page.mouse.up();
    },
    volume: (page) => page.locator('.tools').getByRole('button', { name: 'Planes and 3-D' }).click(),
    compare: (page) => page.locator('.tools').getByRole('button', { name: 'Compare', exact: false }).click(),
    curtain: (page) => page.locator('.compare [data-mode=curtain]').click(),
    shut: (page) => page.locator('.compare .shut').click(),
    async picture(page) {
      await page.locator('.tools [data-menu=more]').click();
      await page.locator('.panel').getByRole('button', { name: 'Save picture' }).first().click();
      const dialog = page.locator('negatoscope-save-picture');
      await dialog.locator('img').waitFor();
      return download(page, () => dialog.locator('button.first').click());
    },
    async report(page) {
      await page.locator('.tools [data-menu=measure]').click();
      await page.locator('.panel').getByRole('button', { name: /^List/ }).click();
      await page.locator('negatoscope-measures .files summary').click();
      return download(page, () => page.locator('negatoscope-measures [data-form=sr]').click());
    },
  },
  touch: {
    options: { phone: true },
    open: (page, paths) => choose(page, () => page.locator('.start .first').tap(), paths),
    async measure(page, n, from, to) {
      await page.locator('.dock [data-menu=measure]').tap();
      await page.locator('.panel [data-kind=length]').tap();
      for (const at of [from, to]) {
        const [x, y] = await place(page, n, ...at);
        await page.touchscreen.tap(x, y);
      }
    },
    async volume(page) {
      await page.locator('.dock [data-menu=more]').tap();
      await page.locator('.panel').getByRole('button', { name: 'Planes and 3-D' }).tap();
    },
    async compare(page) {
      await page.locator('.dock [data-menu=more]').tap();
      await page.locator('.panel').getByRole('button', { name: 'Compare with a prior' }).tap();
    },
    curtain: (page) => page.locator('.compare [data-mode=curtain]').tap(),
    shut: (page) => page.locator('.compare .shut').tap(),
    async picture(page) {
      await page.locator('.dock [data-menu=more]').tap();
      await page.locator('.panel').getByRole('button', { name: 'Save picture' }).first().tap();
      const dialog = page.locator('negatoscope-save-picture');
      await dialog.locator('img').waitFor();
      return download(page, () => dialog.locator('button.first').tap());
    },
    async report(page) {
      await page.locator('.dock [data-menu=measure]').tap();
      await page.locator('.panel').getByRole('button', { name: /^List/ }).tap();
      await page.locator('negatoscope-measures .files summary').tap();
      return download(page, () => page.locator('negatoscope-measures [data-form=sr]').tap());
    },
  },
  keys: {
    options: {},
    open: (page, paths) =>
      choose(
        page,
        async () => {
          await tabTo(page, '.start .first');
          await page.keyboard.press('Enter');
        },
        paths,
      ),
    async measure(page, n) {
      if (n > 0) {
        await page.keyboard.press('ArrowRight'); // the cross-hair goes, too: the plane is another one
        await settled(page, 400);
      }
      await page.keyboard.press('d');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Shift+ArrowRight');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
    },
    volume: (page) => page.keyboard.press('q'),
    compare: (page) => page.keyboard.press('e'),
    async curtain(page) {
      await tabTo(page, '[data-mode=curtain]');
      await page.keyboard.press('Enter');
    },
    shut: (page) => page.keyboard.press('e'),
    async picture(page) {
      await page.keyboard.press('p');
      await page.locator('negatoscope-save-picture img').waitFor();
      await tabTo(page, 'button.first');
      return download(page, () => page.keyboard.press('Enter'));
    },
    async report(page) {
      await page.keyboard.press('Shift+D');
      await page.locator('negatoscope-measures').waitFor();
      await tabTo(page, '.files summary');
      await page.keyboard.press('Enter');
      await tabTo(page, '[data-form=sr]');
      return download(page, () => page.keyboard.press('Enter'));
    },
  },
};

export default async function (t) {
  const folder = mkdtempSync(join(tmpdir(), 'negatoscope-walk-'));
  const written = (name, files) =>
    files.map((bytes, n) => {
      const path = join(folder, `${name}-${n}.dcm`);
      writeFileSync(path, bytes);
      return path;
    });
  const paths = written('current', stack({ more: [[0x00080020, 'DA', '20260301']] }));
  // Where the current one has its values, the prior has less by 50 HU.
  const prior = stack({
    study: '2.25.982',
    value: (at) => hu(at) - 50,
    more: [[0x00080020, 'DA', '20240110']],
  });
  paths.push(...written('prior', prior));
  const init = 'delete window.showSaveFilePicker; delete window.showDirectoryPicker;';
  try {
    for (const [name, way] of Object.entries(ways))
      await t.step(`by ${name}`, async () => {
        const page = await t.page('cpu', { init, ...way.options });
        await way.open(page, paths);
        await way.measure(page, 0, [10, 12], [34, 20]);
        await count(page, 1);
        t.ok((await drawn(page, 0)).includes('length'), `${name}: a length on an image`);
        if (name === 'keys') await page.keyboard.press('Escape'); // the tool is put away
        await way.volume(page);
        await painted(page);
        await settled(page, 800);
        const n = name === 'keys' ? 0 : 1;
        await way.measure(page, n, [10, 8], [34, 14]);
        await count(page, 2);
        const [image, plane] = await all(page);
        t.equal([image.plane, plane.spacing.from], [null, 'reformatted'], `${name}: another one on a plane`);
        t.equal(await drawn(page, n), ['length'], `${name}: and the plane shows its own`);
        await t.screenshot(page, `walk-${name}`);
        if (name === 'keys') await page.keyboard.press('Escape');
        await way.volume(page);
        await settled(page, 400);
        await way.compare(page);
        await page.locator('.compare .relation').waitFor();
        await page.locator('.chip').nth(1).waitFor();
        const compared = (page) => page.evaluate(() => document.querySelector('negatoscope-viewer').comparisonState);
        t.equal((await compared(page))?.mode, 'side', `${name}: beside its prior`);
        t.equal(
          (await page.locator('.chip').allTextContents()).map((words) => words.replaceAll(/\s+/g, ' ')),
          ['Current 2026-03-01', 'Prior 2024-01-10'],
          `${name}: and each says when it was taken`,
        );
        await way.curtain(page);
        await settled(page, 400);
        t.equal((await compared(page))?.mode, 'curtain', `${name}: up to a curtain`);
        await t.screenshot(page, `walk-${name}-compared`);
        await way.shut(page);
        await settled(page, 400);
        t.equal(await compared(page), null, `${name}: and alone again`);
        const png = await way.picture(page);
        t.equal(
          [...png.subarray(1, 4)].map((c) => String.fromCharCode(c)).join(''),
          'PNG',
          `${name}: a picture is saved`,
        );
        const report = await way.report(page);
        t.ok(report.subarray(128, 132).toString() === 'DICM', `${name}: and a report`);
        await page.close();

        const path = join(folder, `report-${name}.dcm`);
        writeFileSync(path, report);
        const again = await t.page('cpu', { init, ...way.options });
        await way.open(again, [...paths, path]);
        await count(again, 2);
        const after = await all(again);
        const value = (list, on) => list.find((one) => Boolean(one.plane) === on)?.values[0]?.value;
        for (const on of [false, true])
          t.near(
            value(after, on),
            value([image, plane], on),
            1e-9,
            `${name}: ${on ? 'the plane' : 'the image'} has it again`,
          );
        await again.close();
      });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
