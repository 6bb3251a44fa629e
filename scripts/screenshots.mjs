// usage: node scripts/screenshots.mjs [NAME…]      makes docs/images/NAME.webp, the pictures of README, from the built page
//
// Needs a built page (npm run build) and Chromium. Pictures of whole series and of the chest film need the larger corpus,
// those with findings need the models; what is not there is said and left out. NEGATOSCOPE_IMAGES: another folder.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { closeBrowsers, corpus, Fixture } from '../tests/page/helpers.mjs';
import { unzip } from '../tests/page/unzip.mjs';
import { isMain, root } from './lib.mjs';
import { serve } from './serve.mjs';

const out = resolve(root, process.env.NEGATOSCOPE_IMAGES ?? 'docs/images');
const limit = 250_000; // bytes

const viewer = 'negatoscope-viewer';
const settled = async (page) => {
  await page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 120_000 });
  await page.waitForTimeout(2500); // small pictures
};
const sample = async (page) => {
  await page.locator(`${viewer} .sample`).click();
  await settled(page);
};
const drop = async (t, page, paths) => {
  await t.drop(page, paths);
  await settled(page);
};
/** Runs a model by its button and waits for its finding. */
const analyse = async (page, folder) => {
  await page.evaluate((name) => document.querySelector(name).renderRoot.querySelector('.analysis').click(), viewer);
  const run = page.locator(`negatoscope-findings [data-model=${folder}] .run`);
  await run.click({ timeout: 20_000 });
  const outcome = page.locator('negatoscope-findings .result, negatoscope-findings .refused').first();
  await outcome.waitFor({ timeout: 900_000 });
  if (await page.locator('negatoscope-findings .refused').count()) throw new Error(await outcome.textContent());
  await page.waitForTimeout(1200);
};
/** Where the brain is largest in the sample. */
const higher = async (page) => {
  await page.evaluate((name) => {
    const element = document.querySelector(name);
    return element.renderRoot.querySelector('negatoscope-viewport').setIndex(100);
  }, viewer);
  await page.waitForTimeout(600);
};
const need = (path) => {
  const found = corpus(path);
  if (!found) throw new Error(`${path} of the larger corpus is not on this machine`);
  return found;
};

/** A folder with good, damaged and foreign files. */
function mixed() {
  const folder = join(mkdtempSync(join(tmpdir(), 'negatoscope-')), 'CD');
  mkdirSync(folder);
  const good = [...unzip(readFileSync(join(root, 'www/public/sample/t1-brain.zip')))].filter(([name]) =>
    name.endsWith('.dcm'),
  );
  for (const [i, [, bytes]] of good.entries())
    writeFileSync(join(folder, `IM${String(i + 1).padStart(4, '0')}`), bytes);
  const [first, second, third] = good.slice(60).map(([, bytes]) => bytes);
  writeFileSync(join(folder, 'AUTORUN.INF'), '[autorun]\nopen=viewer.exe\n');
  writeFileSync(join(folder, 'viewer.exe'), Buffer.concat([Buffer.from('MZ'), Buffer.alloc(4000, 7)]));
  writeFileSync(join(folder, 'IM0901'), first.subarray(0, 140));
  writeFileSync(join(folder, 'IM0902'), second.subarray(132));
  writeFileSync(join(folder, 'IM0903'), third.subarray(0, Math.floor(third.length * 0.6)));
  writeFileSync(join(folder, 'empty'), '');
  return folder;
}

/** One line a picture. Each gets a fresh page; `phone` is 390 × 844. */
const pictures = [
  { name: 'start', run: async () => {} },
  { name: 'start-zh', lang: 'zh-CN', run: async () => {} },
  { name: 'start-phone', phone: true, run: async () => {} },
  { name: 'sample', run: (_, page) => sample(page) },
  { name: 'sample-phone-zh', phone: true, lang: 'zh-CN', run: (_, page) => sample(page) },
  {
    name: 'ct-chest',
    run: async (t, page) => {
      await drop(t, page, [need('series/ct-lung')]);
      await page.keyboard.press('3'); // lung window
      await page.mouse.move(640, 420);
      await page.waitForTimeout(600);
    },
  },
  { name: 'chest', run: (t, page) => drop(t, page, [need('chest')]) },
  { name: 'ct-chest-phone', phone: true, run: (t, page) => drop(t, page, [need('series/ct-lung')]) },
  {
    name: 'layout',
    run: async (t, page) => {
      await drop(
        t,
        page,
        ['ct-lung', 'ct-head-tilt', 't1-brain', 'mr-dwi'].map((name) => need(`series/${name}`)),
      );
      await page.evaluate(async (name) => {
        const element = document.querySelector(name);
        element.layout = '2x2';
        await element.updateComplete;
        const { studies } = await new Promise((resolve) => setTimeout(() => resolve(element.catalogue), 500));
        const all = studies.flatMap((study) => study.series);
        for (const [viewport, { uid }] of all.slice(0, 4).entries()) await element.show({ viewport, seriesUid: uid });
      }, viewer);
      await page.waitForTimeout(1500);
    },
  },
  {
    name: 'volume',
    run: async (_, page) => {
      await sample(page);
      await page.keyboard.press('q');
      await page.waitForTimeout(12_000); // the picture is there in full
    },
  },
  {
    name: 'measure',
    run: async (_, page) => {
      await sample(page);
      await higher(page);
      await page.evaluate(async (name) => {
        const element = document.querySelector(name);
        await element.measure('length', [
          [95, 150],
          [178, 150],
        ]);
        await element.measure('ellipse', [
          [112, 205],
          [142, 205],
          [127, 188],
          [127, 222],
        ]);
        await element.measure('angle', [
          [100, 100],
          [137, 120],
          [175, 98],
        ]);
      }, viewer);
      await page.keyboard.press('Shift+D');
      await page.waitForTimeout(900);
    },
  },
  {
    name: 'label-map',
    run: async (_, page) => {
      await sample(page);
      await analyse(page, 'brain-tissue-light');
      await higher(page);
    },
  },
  {
    name: 'label-map-phone-zh',
    phone: true,
    lang: 'zh-CN',
    run: async (_, page) => {
      await sample(page);
      await analyse(page, 'brain-mask');
      await higher(page);
    },
  },
  {
    name: 'heatmap',
    run: async (t, page) => {
      await drop(t, page, [need('chest')]);
      await analyse(page, 'chest-pneumonia');
    },
  },
  {
    name: 'heatmap-zh',
    lang: 'zh-CN',
    run: async (t, page) => {
      await drop(t, page, [need('chest')]);
      await analyse(page, 'chest-pneumonia');
    },
  },
  {
    name: 'refused',
    run: async (t, page) => {
      await drop(t, page, [need('series/ct-lung')]);
      await page.keyboard.press('a');
      await page.locator('negatoscope-findings [data-model=brain-tissue-light] .run').click();
      await page.locator('negatoscope-findings .refused').waitFor({ timeout: 60_000 });
    },
  },
  {
    name: 'problems',
    run: async (t, page) => {
      const folder = mixed();
      try {
        await drop(t, page, [folder]);
        await page.locator('footer .errors').click();
        await page.waitForTimeout(400);
      } finally {
        rmSync(dirname(folder), { recursive: true, force: true });
      }
    },
  },
  {
    name: 'menu',
    run: async (t, page) => {
      await drop(t, page, [need('series/ct-lung')]);
      await page.locator('.tools [data-menu=presets]').click();
    },
  },
];

/** PNG → WebP of less than the limit, by the browser. */
async function webp(page, png) {
  const text = await page.evaluate(
    async ([given, most]) => {
      const bytes = Uint8Array.from(atob(given), (c) => c.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext('2d').drawImage(bitmap, 0, 0);
      for (const quality of [0.9, 0.8, 0.65, 0.5]) {
        const blob = await canvas.convertToBlob({ type: 'image/webp', quality });
        if (blob.size > most && quality > 0.5) continue;
        return btoa(Array.from(new Uint8Array(await blob.arrayBuffer()), (byte) => String.fromCharCode(byte)).join(''));
      }
      return '';
    },
    [png.toString('base64'), limit],
  );
  return Buffer.from(text, 'base64');
}

async function main(wanted) {
  mkdirSync(out, { recursive: true });
  const served = await serve();
  const t = new Fixture('screenshots', served.url);
  let failed = 0;
  for (const { name, run, phone = false, lang = 'en-US' } of pictures) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const page = await t.page('cpu', { phone, lang, size: { width: 1440, height: 900 } });
    try {
      await run(t, page);
      writeFileSync(join(out, `${name}.webp`), await webp(page, await page.screenshot()));
      console.log(`${name}.webp  ${statSync(join(out, `${name}.webp`)).size} bytes`);
    } catch (error) {
      failed += 1;
      console.log(`left out: ${name}: ${String(error.message).split('\n')[0]}`);
      if (process.env.NEGATOSCOPE_DEBUG) await t.screenshot(page, `screenshot-${name}`);
    }
    await page.context().close();
  }
  await closeBrowsers();
  served.server.closeAllConnections();
  served.server.close();
  console.log(`${readdirSync(out).length} pictures in ${out}; ${failed} left out`);
}

if (isMain(import.meta)) await main(process.argv.slice(2));
