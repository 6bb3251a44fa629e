// The study that is kept on the device when asked, and erased; the display's own check: patterns level by level, luminances against the standard.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { file } from './dicom.mjs';
import { outDir, settled } from './helpers.mjs';

const side = 16;
const image = (n) =>
  file([
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'],
    [0x00080018, 'UI', `2.25.92${n}`],
    [0x00080060, 'CS', 'OT'],
    [0x00100010, 'PN', 'Comes^Back'],
    [0x0020000d, 'UI', '2.25.9202'],
    [0x0020000e, 'UI', `2.25.920${n}`],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', side],
    [0x00280011, 'US', side],
    [0x00280100, 'US', 8],
    [0x00280101, 'US', 8],
    [0x00280102, 'US', 7],
    [0x00280103, 'US', 0],
    [0x7fe00010, 'OB', Buffer.from(Uint8Array.from({ length: side * side }, (_, i) => (i * n) % 256))],
  ]);

const shown = (page) =>
  page.waitForFunction(
    () => document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport')?.shown,
    undefined,
    { timeout: 30_000 },
  );
const onDisk = (page) =>
  page.evaluate(async () => {
    const names = [];
    const walk = async (directory, path) => {
      for await (const [name, handle] of directory.entries())
        if (handle.kind === 'directory') await walk(handle, `${path}${name}/`);
        else names.push(path + name);
    };
    await walk(await navigator.storage.getDirectory(), '');
    return names.sort();
  });

export default async function (t) {
  await t.screenshot(await t.page('cpu', { lang: 'zh-CN' }), 'comfort-start-zh');
  const page = await t.page('cpu');
  const paths = [1, 3].map((n) => join(outDir, `comes-back-${n}.dcm`));
  for (const [i, n] of [1, 3].entries()) writeFileSync(paths[i], image(n));
  await t.drop(page, paths);
  await shown(page);
  t.equal(await onDisk(page), [], 'nothing is kept unasked');

  await t.step('a study is kept when asked, opens again, and is erased', async () => {
    await page.locator('.tools [data-menu=more]').click();
    await page.getByRole('button', { name: 'Keep this study on this device' }).click();
    await page.waitForFunction(() =>
      /next visit/.test(
        document.querySelector('negatoscope-viewer').shadowRoot.querySelector('.toast')?.textContent ?? '',
      ),
    );
    t.equal(
      await onDisk(page),
      ['0', '1', 'list.json'].map((name) => `negatoscope-study/${name}`),
      'two files and their list',
    );
    await page.reload();
    const kept = page.locator('.kept');
    await kept.waitFor();
    t.ok(/2 files/.test(await kept.textContent()), 'the start screen says what there is');
    await t.screenshot(page, 'comfort-kept');
    await kept.locator('.reopen').click();
    await shown(page);
    await settled(page);
    t.equal(await page.locator('negatoscope-series button').count(), 2, 'both series are there again');
    await page.reload();
    await page.locator('.kept .forget').click();
    await page.locator('.kept').waitFor({ state: 'detached' });
    t.equal(await onDisk(page), [], 'and erased for good');
  });

  await t.step('what an interruption left is taken away', async () => {
    await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle('negatoscope-study', { create: true });
      await folder.getFileHandle('0', { create: true });
    });
    await page.reload();
    await page.locator('.sample').waitFor();
    await page.waitForTimeout(500);
    t.equal(await onDisk(page), [], 'half a study is no study');
    t.equal(await page.locator('.kept').count(), 0, 'and not offered');
  });

  await t.step('what another tab is writing stays', async () => {
    await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle('negatoscope-study', { create: true });
      await folder.getFileHandle('0', { create: true });
      navigator.locks.request('negatoscope-study', () => new Promise((resolve) => (globalThis.written = resolve)));
    });
    const tab = await page.context().newPage();
    await tab.goto(page.url());
    await tab.locator('.sample').waitFor();
    await tab.waitForTimeout(500);
    t.equal(await onDisk(page), ['negatoscope-study/0'], 'a visit takes nothing of it away');
    await tab.locator('.sample').click();
    await shown(tab);
    await tab.locator('.tools [data-menu=more]').click();
    await tab.getByRole('button', { name: 'Keep this study on this device' }).click();
    await tab.getByText('Another tab is putting a study away').waitFor();
    t.equal(await onDisk(page), ['negatoscope-study/0'], 'nor does a study of its own');
    await page.evaluate(() => globalThis.written());
    await tab.reload();
    await tab.locator('.sample').waitFor();
    await tab.waitForTimeout(500);
    t.equal(await onDisk(page), [], 'what it left half done goes when it has ended');
    await tab.close();
  });

  await t.step('the test patterns open like a study, one to one', async () => {
    await page.locator('.start .display').click();
    await page.locator('negatoscope-display-check').waitFor();
    await t.screenshot(page, 'comfort-display');
    await page.locator('negatoscope-display-check .first').click();
    await shown(page);
    await settled(page);
    t.equal(await page.locator('negatoscope-series button').count(), 3, 'three patterns');
    await page.keyboard.press('*');
    await settled(page);
    const zoom = await page.evaluate(
      () => document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').shown.zoom,
    );
    t.near(zoom, 1, 1e-9, 'a device pixel for each');
    await t.screenshot(page, 'comfort-pattern');
    const levels = await page.evaluate(async () => {
      const viewer = document.querySelector('negatoscope-viewer');
      const at = async (row) => (await viewer.probe(60, row))?.stored[0];
      return Promise.all([128, 200, 383].map(at));
    });
    t.equal(levels, [0, 72, 255], 'the ramp has its levels under the pointer');
  });

  await t.step('luminances against the standard', async () => {
    await page.locator('.tools [data-menu=more]').click();
    await page.getByRole('button', { name: 'Check this display' }).click();
    const check = page.locator('negatoscope-display-check');
    const type = async (levels) => {
      await check
        .locator('.levels input')
        .first()
        .evaluate((input, text) => {
          const data = new DataTransfer();
          data.setData('text', text);
          input.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
        }, levels.join('\n'));
    };
    // A display of gamma 2.2 is none by the standard; one by its table is (PS3.14, JND 72 to 828 in equal steps).
    const gamma = Array.from({ length: 18 }, (_, n) => (1 + 399 * (n / 17) ** 2.2).toFixed(4));
    await type(gamma);
    await check.locator('.bad b').waitFor();
    t.equal(await check.locator('circle').count(), 17, 'a step from each level to the next');
    const wanted = await page.evaluate(async (measured) => {
      const client = document.querySelector('negatoscope-viewer').client;
      return (await client.ask('luminance', { kind: 'luminance', measured: measured.map(Number), ambient: 0 })).wanted;
    }, gamma);
    await type(wanted.map((one) => one.toFixed(6)));
    await check.locator('.good b').waitFor();
    await t.screenshot(page, 'comfort-luminance');
    await type([3, 2, 1]);
    await check.locator('.bad').waitFor();
    t.ok(
      /brighter than the one before/.test(await check.locator('.bad').textContent()),
      'a column upside down is refused with a hint',
    );
  });

  await t.step('keys, presets and hanging can be changed, and stay changed', async () => {
    const own = await t.page('cpu');
    await own.locator('.sample').click();
    await shown(own);
    const open = async () => {
      await own.locator('.tools [data-menu=more]').click();
      await own.getByRole('button', { name: 'Settings' }).click();
      await own.locator('negatoscope-settings').waitFor();
    };
    await open();
    t.equal(await own.evaluate(() => localStorage.length), 0, 'nothing is stored until something is changed');
    await own.locator('[data-action=invert]').click();
    await own.keyboard.press('k');
    await own.locator('[data-action=cine]').click();
    await own.keyboard.press('ArrowUp');
    t.ok(
      /keeps its meaning/.test(await own.locator('negatoscope-settings [role=status]').textContent()),
      'an arrow stays an arrow',
    );
    await t.screenshot(own, 'comfort-settings');
    await own.locator('negatoscope-settings .gone').first().focus();
    await own.keyboard.press('Enter');
    await own.waitForTimeout(100);
    const focused = await own
      .locator('negatoscope-settings')
      .evaluate((host) => host.shadowRoot.activeElement?.className);
    t.equal(focused, 'gone', 'a row that goes leaves the keys in its table');
    await own.keyboard.press('Escape');
    await own.reload();
    await own.locator('.sample').click();
    await shown(own);
    const inverted = () =>
      own.evaluate(
        () => document.querySelector('negatoscope-viewer').shadowRoot.querySelector('negatoscope-viewport').look.invert,
      );
    await own.keyboard.press('n');
    await settled(own);
    t.equal(await inverted(), false, 'the old key does nothing');
    await own.keyboard.press('k');
    await settled(own);
    t.equal(await inverted(), true, 'the new one inverts');
    await open();
    await own.locator('negatoscope-settings .reset').click();
    t.equal(await own.evaluate(() => localStorage.length), 0, 'reset: nothing stays in the browser');
  });

  await t.step('a mammogram hangs by side and view', async () => {
    const views = [
      ['L', 'MLO'],
      ['R', 'MLO'],
      ['L', 'CC'],
      ['R', 'CC'],
    ];
    const files = views.map(([laterality, view], n) =>
      file([
        [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.1.2'],
        [0x00080018, 'UI', `2.25.93${n}`],
        [0x00080060, 'CS', 'MG'],
        [0x00185101, 'CS', view],
        [0x0020000d, 'UI', '2.25.9302'],
        [0x0020000e, 'UI', `2.25.930${n}`],
        [0x00200011, 'IS', String(n + 1)],
        [0x00200062, 'CS', laterality],
        [0x00280002, 'US', 1],
        [0x00280004, 'CS', 'MONOCHROME2'],
        [0x00280010, 'US', side],
        [0x00280011, 'US', side],
        [0x00280100, 'US', 8],
        [0x00280101, 'US', 8],
        [0x00280102, 'US', 7],
        [0x00280103, 'US', 0],
        [0x7fe00010, 'OB', Buffer.alloc(side * side, n)],
      ]).toString('base64'),
    );
    const breast = await t.page('cpu');
    await breast.evaluate((all) => {
      const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
      return document
        .querySelector('negatoscope-viewer')
        .open(all.map((text, n) => new File([bytes(text)], `${n}.dcm`)));
    }, files);
    await settled(breast);
    const hung = await breast.evaluate(() =>
      [...document.querySelector('negatoscope-viewer').shadowRoot.querySelectorAll('negatoscope-viewport')].map(
        (pane) => pane.info?.view,
      ),
    );
    t.equal(hung, ['R CC', 'L CC', 'R MLO', 'L MLO'], 'four viewports, in the usual order');
  });
}
