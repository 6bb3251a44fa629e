// What leaves the page: pictures in every format with their figures, copies without identity as a ZIP, key images saved and read back, and
// the report page that is printed.
import { readFileSync } from 'node:fs';
import { file } from './dicom.mjs';
import { settled } from './helpers.mjs';
import { unzip } from './unzip.mjs';

const side = 64;
/** A slice of a made study; everything about the patient is in capitals that begin with ZQ. */
const slice = (n) =>
  file([
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
    [0x00080018, 'UI', `1.9.99.1.${n}`],
    [0x00080020, 'DA', '20240229'],
    [0x00080060, 'CS', 'CT'],
    [0x00080080, 'LO', 'ZQHOSPITAL'],
    [0x0008103e, 'LO', 'ZQ HEAD'],
    [0x00100010, 'PN', 'ZQDOE^JANE'],
    [0x00100020, 'LO', 'ZQ4711'],
    [0x00180015, 'CS', 'HEAD'],
    [0x0020000d, 'UI', '1.9.99.2'],
    [0x0020000e, 'UI', '1.9.99.3'],
    [0x00200011, 'IS', '1'],
    [0x00200013, 'IS', `${n}`],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', side],
    [0x00280011, 'US', side],
    [0x00280100, 'US', 16],
    [0x00280101, 'US', 12],
    [0x00280102, 'US', 11],
    [0x00280103, 'US', 0],
    [
      0x7fe00010,
      'OW',
      Buffer.from(Uint16Array.from({ length: side * side }, (_, i) => ((i % side) * 40 + n * 90) & 4095).buffer),
    ],
  ]);

/** The element opens files that a test made. */
const openFiles = (page, files) =>
  page.evaluate(
    async (files) => {
      const viewer = document.querySelector('negatoscope-viewer');
      await viewer.open(files.map(({ name, bytes }) => new File([new Uint8Array(bytes)], name)));
      const [series] = viewer.catalogue?.studies?.[0]?.series ?? [];
      if (series) await viewer.show({ seriesUid: series.uid, frame: 0 });
    },
    files.map(([name, bytes]) => ({ name, bytes: [...bytes] })),
  );

const study = [1, 2, 3].map((n) => [`${n}.dcm`, slice(n)]);

async function download(page, act) {
  const coming = page.waitForEvent('download');
  await act();
  const got = await coming;
  return { name: got.suggestedFilename(), bytes: readFileSync(await got.path()) };
}

const run = (page, label) => page.locator('negatoscope-viewer').getByRole('button', { name: label }).first().click();

async function menu(page, label) {
  await page.locator('negatoscope-viewer .tools [data-menu=more]').click();
  await run(page, label);
}

export default async function (t) {
  // A test cannot answer the browser's own dialogs: downloads instead.
  const init = 'delete window.showSaveFilePicker; delete window.showDirectoryPicker;';
  const page = await t.page('cpu', { init });
  await openFiles(page, study);
  await settled(page);
  const dialog = page.locator('negatoscope-save-picture');

  await t.step('a picture in each format, with its size before it is saved', async () => {
    await page.keyboard.press('p');
    const figures = dialog.locator('.figures');
    await dialog.locator('img').waitFor();
    const magic = { png: [0x89, 0x50], jpg: [0xff, 0xd8], webp: [0x52, 0x49], 'webp-lossy': [0x52, 0x49] };
    for (const [format, [a, b]] of Object.entries(magic)) {
      if (!(await dialog.count())) await page.keyboard.press('p');
      await dialog.locator('select').first().selectOption(format);
      const lossy = format === 'jpg' || format === 'webp-lossy';
      await figures.getByText(lossy ? 'SSIM' : 'nothing is lost').waitFor();
      if (lossy) {
        const [, db] = /PSNR ([\d.]+) dB/.exec((await figures.textContent()).replace(/\s+/g, ' ')) ?? [];
        t.ok(Number(db) > 30, `${format}: PSNR ${db} dB`);
        await t.screenshot(page, `keep-${format}`);
      }
      const { name, bytes } = await download(page, () => dialog.locator('button.first').click());
      await dialog.waitFor({ state: 'detached' });
      t.ok(bytes[0] === a && bytes[1] === b, `${format}: its magic`);
      t.ok(/^negatoscope-1\.(png|jpg|webp)$/.test(name), `${format}: ${name} names nobody`);
    }
  });

  await t.step('less quality is fewer bytes', async () => {
    await page.keyboard.press('p');
    await dialog.locator('select').first().selectOption('webp-lossy');
    const size = async (quality) => {
      await dialog.locator('input[type=range]').fill(String(quality));
      await dialog
        .locator('.foot .said:has-text("…")')
        .waitFor({ timeout: 2000 })
        .catch(() => {});
      await dialog.locator('button.first:not([disabled])').waitFor();
      return (await dialog.locator('button.first').textContent()).trim();
    };
    const [low, high] = [await size(5), await size(100)];
    const bytes = (text) => Number(/([\d.]+) kB/.exec(text)?.[1]);
    t.ok(bytes(low) < bytes(high), `${low} < ${high}`);
    await dialog.locator('button[aria-label=Close]').click();
  });

  await t.step('copies without identity, as a ZIP', async () => {
    await menu(page, 'Save de-identified copy');
    const copies = page.locator('negatoscope-deidentify');
    await t.screenshot(page, 'keep-deidentify');
    const { name, bytes } = await download(page, () => copies.getByRole('button', { name: 'Save as ZIP' }).click());
    t.equal(name, 'negatoscope-deidentified.zip', 'the name names nobody');
    const files = unzip(bytes);
    t.equal(files.size, 4, 'three copies and the report');
    t.ok(
      !bytes.includes('ZQ') && !bytes.includes('1.9.99.') && !bytes.includes('20240229'),
      'nothing of the patient is left',
    );
    const [first] = files.values();
    const pixels = (bytes) => bytes.subarray(-side * side * 2);
    t.ok(
      [1, 2, 3].some((n) => pixels(first).equals(pixels(slice(n)))),
      'pixels are the same',
    );
    await copies.getByText('3 files').first().waitFor();
    t.ok(await copies.getByText('face').first().isVisible(), 'it says that a head may be recognised');
    await t.screenshot(page, 'keep-deidentified');
    await copies.getByRole('button', { name: 'Close' }).last().click();
    const again = [...files].filter(([path]) => path.endsWith('.dcm'));
    const other = await t.page('cpu', { init });
    await openFiles(other, again);
    const names = await other.evaluate(() =>
      document.querySelector('negatoscope-viewer').catalogue.studies.map((s) => [s.patient_name, s.series.length]),
    );
    t.equal(names.length, 1, 'one study still');
    t.ok(/Anonymous/.test(names[0][0]), names[0][0]);
    await other.close();
  });

  await t.step('key images: marked, saved, read back, printed', async () => {
    await page.keyboard.press('k');
    await page.getByText('Key image 1 marked').waitFor();
    await page.keyboard.press('ArrowDown');
    await settled(page);
    await page.keyboard.press('k');
    await page.getByText('Key image 2 marked').waitFor();
    await menu(page, 'Key images and report');
    const keys = page.locator('negatoscope-key-images');
    await keys.locator('input[type=text]').first().fill('a grey ramp');
    await t.screenshot(page, 'keep-keys');
    const { bytes } = await download(page, () => keys.getByRole('button', { name: 'Save key object (DICOM)' }).click());
    t.ok(
      bytes.includes('1.9.99.1.1') && bytes.includes('1.9.99.1.2') && !bytes.includes('1.9.99.1.3'),
      'the two images',
    );
    // The page that would be printed.
    await page.evaluate(() => {
      window.printed = 0;
      const append = document.body.append.bind(document.body);
      document.body.append = (...nodes) => {
        append(...nodes);
        for (const node of nodes)
          if (node.contentWindow)
            node.contentWindow.print = () => {
              window.printed += 1;
            };
      };
    });
    await keys.getByRole('button', { name: 'Print report, or PDF' }).click();
    await page.waitForFunction(() => window.printed === 1);
    const report = await page.evaluate(() => {
      const inner = document.querySelector('iframe.negatoscope-report').contentDocument;
      const sheets = inner.adoptedStyleSheets.length + inner.styleSheets.length;
      return {
        text: inner.body.textContent,
        pictures: [...inner.images].every((i) => i.naturalWidth > 0),
        count: inner.images.length,
        sheets,
      };
    });
    t.equal(report.count, 2, 'two pictures');
    t.ok(report.pictures && report.sheets > 0, 'they are there, and a style');
    t.ok(report.text.includes('a grey ramp') && report.text.includes('Not for diagnostic use'), 'words and notice');
    t.ok(!report.text.includes('ZQ'), 'it names nobody unless asked');
    await keys.locator('button[aria-label=Close]').click();
    const other = await t.page('cpu', { init });
    await openFiles(other, [...study, ['ko.dcm', bytes]]);
    await other.locator('negatoscope-viewer .tools [data-menu=more]').click();
    await run(other, 'Key images and report');
    t.equal(await other.locator('negatoscope-key-images .keys li').count(), 2, 'the document is read back');
    await other.close();
  });

  await t.step('a stack as a video that plays', async () => {
    const { name, bytes } = await download(page, () => menu(page, 'Save cine as video'));
    t.equal(name, 'negatoscope-cine.webm', 'the name names nobody');
    // Our own page is forbidden to play anything: another one does it.
    const player = await page.context().newPage();
    const played = await player.evaluate(
      async (bytes) => {
        const video = document.createElement('video');
        video.src = URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: 'video/webm' }));
        await new Promise((resolve, reject) => {
          video.onloadeddata = resolve;
          video.onerror = () => reject(new Error(video.error?.message));
        });
        return { seconds: video.duration, width: video.videoWidth };
      },
      [...bytes],
    );
    t.near(played.seconds, 0.3, 0.02, 'three images at ten a second');
    t.ok(played.width > 100, `${played.width} pixels wide`);
  });

  await t.step('on a phone, in Chinese', async () => {
    const phone = await t.page('cpu', { init, phone: true, lang: 'zh' });
    await openFiles(phone, study);
    await settled(phone);
    await phone.keyboard.press('p');
    await phone.locator('negatoscope-save-picture img').waitFor();
    await t.screenshot(phone, 'keep-phone-zh');
    const small = await phone
      .locator('negatoscope-save-picture')
      .evaluate(
        (host) =>
          [...host.shadowRoot.querySelectorAll('button, select')].filter((b) => b.getBoundingClientRect().height < 44)
            .length,
      );
    t.equal(small, 0, 'every control is 44 pixels high');
    await phone.close();
  });
}
