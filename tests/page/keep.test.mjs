// What leaves the page: pictures in every format with their figures, copies without identity as a ZIP, key images saved and read back, and
// the report page that is printed.
import { readFileSync } from 'node:fs';
import { file } from './dicom.mjs';
import { settled } from './helpers.mjs';
import { unzip } from './unzip.mjs';

const side = 64;
/** A slice of a made study; everything about the patient is in capitals that begin with ZQ. `of`: another patient's study. */
const slice = (n, of = '') =>
  file([
    [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2'],
    [0x00080018, 'UI', `1.9.99.1.${n}${of && '.9'}`],
    [0x00080020, 'DA', '20240229'],
    [0x00080060, 'CS', 'CT'],
    [0x00080080, 'LO', 'ZQHOSPITAL'],
    [0x0008103e, 'LO', 'ZQ HEAD'],
    [0x00100010, 'PN', of ? `ZQ${of}` : 'ZQDOE^JANE'],
    [0x00100020, 'LO', of ? `ZQ${of}1` : 'ZQ4711'],
    [0x00180015, 'CS', 'HEAD'],
    [0x0020000d, 'UI', `1.9.99.2${of && '.9'}`],
    [0x0020000e, 'UI', `1.9.99.3${of && '.9'}`],
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

  await t.step('a report names the patient of its pictures, and nobody where they are of several', async () => {
    const two = await t.page('cpu', { init });
    await openFiles(two, [...study, ['other.dcm', slice(1, 'OTHER')]]);
    await settled(two);
    const show = (seriesUid) =>
      two.evaluate(
        (seriesUid) => document.querySelector('negatoscope-viewer').show({ seriesUid, frame: 0 }),
        seriesUid,
      );
    const keys = two.locator('negatoscope-key-images');
    await two.evaluate(() => {
      const append = document.body.append.bind(document.body);
      document.body.append = (...nodes) => {
        append(...nodes);
        for (const node of nodes) if (node.contentWindow) node.contentWindow.print = () => {};
      };
    });
    const report = async () => {
      await keys.getByRole('button', { name: 'Print report, or PDF' }).click();
      const frame = await two.waitForFunction(
        () => document.querySelector('iframe.negatoscope-report')?.contentDocument.querySelector('footer') && true,
      );
      await frame.dispose();
      return two.evaluate(() => {
        const frame = document.querySelector('iframe.negatoscope-report');
        const text = frame.contentDocument.querySelector('body').textContent;
        frame.remove();
        return text;
      });
    };
    await show('1.9.99.3.9');
    await two.keyboard.press('k');
    await two.getByText('Key image 1 marked').waitFor();
    await menu(two, 'Key images and report');
    await keys.locator('.tick input').check();
    const one = await report();
    t.ok(one.includes('ZQOTHER') && !one.includes('ZQDOE'), 'the second patient’s picture, the second patient’s name');
    await keys.locator('button[aria-label=Close]').click();
    await show('1.9.99.3');
    await two.keyboard.press('k');
    await two.getByText('Key image 2 marked').waitFor();
    await menu(two, 'Key images and report');
    await keys.getByText('of several patients').waitFor();
    t.ok(await keys.locator('.tick input').isDisabled(), 'two patients: it says so, and asks for no name');
    t.ok(!(await report()).includes('ZQ'), 'and the report has none');
    await t.screenshot(two, 'keep-two-patients');
    // A row that goes leaves the keys in the dialog.
    const focused = () =>
      keys.evaluate((host) => host.shadowRoot.activeElement?.className || host.shadowRoot.activeElement?.localName);
    await keys.locator('.gone').first().click();
    t.equal(await focused(), 'gone', 'the focus goes to the next row');
    await keys.locator('.gone').first().click();
    t.equal(await focused(), 'textarea', 'and from the last one to the text');
    await keys.locator('button[aria-label=Close]').click();
    // Under other keys a key image stays with its frame.
    await show('1.9.99.3');
    await two.keyboard.press('k');
    await two.getByText('Key image 1 marked').waitFor();
    const places = await two.evaluate(async () => {
      const { keeping } = document.querySelector('negatoscope-viewer');
      const plain = () => keeping.keyImages.all.map(({ frameSet, index, title }) => ({ frameSet, index, title }));
      const before = plain();
      keeping.keyImages.all = keeping.keyImages.all.map((one) => ({ ...one, frameSet: 77, index: 5, title: '' }));
      await keeping.renew();
      return [before, plain()];
    });
    t.equal(places[0].length, 1, 'an image is marked');
    t.equal(places[1], places[0], 'and is found again by its name');
    await two.close();
  });

  await t.step('copies into a folder: what a cancel leaves is said, and the keys stay in the dialog', async () => {
    const own = await t.page('cpu', {
      init: 'delete window.showSaveFilePicker; window.showDirectoryPicker = async () => (await navigator.storage.getDirectory()).getDirectoryHandle("copies", { create: true });',
    });
    await openFiles(own, study);
    await settled(own);
    await menu(own, 'Save de-identified copy');
    const copies = own.locator('negatoscope-deidentify');
    // Cancelled when the third copy comes: by then the first is whole, and the second has not been closed.
    await own.evaluate(() => {
      const { client } = document.querySelector('negatoscope-viewer');
      const { ask } = client;
      let names = 0;
      client.ask = async (kind, request, ...more) => {
        const answer = await ask.call(client, kind, request, ...more);
        if (request.kind === 'deidentify-next' && answer.name !== null) {
          names += 1;
          if (names === 3)
            document
              .querySelector('negatoscope-viewer')
              .shadowRoot.querySelector('negatoscope-deidentify')
              .shadowRoot.querySelector('.foot button')
              .click();
        }
        return answer;
      };
    });
    await copies.getByRole('button', { name: 'Save into a folder' }).click();
    await copies.locator('.left').filter({ hasText: 'in the folder: 1.' }).waitFor();
    const inside = () => copies.evaluate((host) => Boolean(host.shadowRoot.activeElement?.closest('.foot')));
    t.ok(await inside(), 'the focus is on a button of the dialog');
    const files = await own.evaluate(async () => {
      let files = 0;
      const walk = async (directory) => {
        for await (const handle of directory.values())
          if (handle.kind === 'directory') await walk(handle);
          else files += 1;
      };
      await walk(await (await navigator.storage.getDirectory()).getDirectoryHandle('copies'));
      return files;
    });
    t.equal(files, 1, 'no more than it says, and no empty one');
    await copies.getByRole('button', { name: 'Save into a folder' }).click();
    await copies.getByText('3 files').first().waitFor();
    t.ok(await inside(), 'and at the end too');
    await own.close();
  });

  await t.step('a run that was left does not end the next one', async () => {
    const copies = page.locator('negatoscope-deidentify');
    await menu(page, 'Save de-identified copy');
    // The first run waits where its piece is written, until the second has begun.
    await page.evaluate(() => {
      const { client } = document.querySelector('negatoscope-viewer');
      const { ask } = client;
      let first = true;
      client.ask = async (kind, request, ...more) => {
        const answer = await ask.call(client, kind, request, ...more);
        if (request.kind === 'deidentify-next' && first) {
          first = false;
          await new Promise((resolve) => {
            globalThis.goOn = resolve;
          });
        }
        if (request.kind === 'deidentify') globalThis.goOn?.();
        return answer;
      };
    });
    await copies.getByRole('button', { name: 'Save as ZIP' }).click();
    await page.waitForFunction(() => globalThis.goOn);
    await copies.locator('.head button').click();
    await copies.waitFor({ state: 'detached' });
    await menu(page, 'Save de-identified copy');
    const { bytes } = await download(page, () => copies.getByRole('button', { name: 'Save as ZIP' }).click());
    t.equal(unzip(bytes).size, 4, 'three copies and the report');
    await copies.getByRole('button', { name: 'Close' }).last().click();
  });

  await t.step('a stack as a video that plays', async () => {
    await menu(page, 'Save cine');
    const cine = page.locator('negatoscope-save-cine');
    await cine.locator('option[value=webm]:not([disabled])').waitFor({ state: 'attached' });
    const { name, bytes } = await download(page, () => cine.locator('button.first').click());
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
