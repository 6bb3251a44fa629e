// The page without a network: opens, reads a study, and has kept nothing of it. A server of its own, which really goes away.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serve } from '../../scripts/serve.mjs';
import { file } from './dicom.mjs';
import { outDir } from './helpers.mjs';

const side = 16;
const study = file([
  [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'],
  [0x00080018, 'UI', '2.25.9101'],
  [0x00080060, 'CS', 'OT'],
  [0x00100010, 'PN', 'Nobody^Kept'],
  [0x0020000d, 'UI', '2.25.9102'],
  [0x0020000e, 'UI', '2.25.9103'],
  [0x00280002, 'US', 1],
  [0x00280004, 'CS', 'MONOCHROME2'],
  [0x00280010, 'US', side],
  [0x00280011, 'US', side],
  [0x00280100, 'US', 8],
  [0x00280101, 'US', 8],
  [0x00280102, 'US', 7],
  [0x00280103, 'US', 0],
  [0x7fe00010, 'OB', Buffer.from(Uint8Array.from({ length: side * side }, (_, i) => i))],
]);

const shown = (page) =>
  page.waitForFunction(
    () => document.querySelector('negatoscope-viewer')?.shadowRoot.querySelector('negatoscope-viewport')?.shown,
    undefined,
    { timeout: 30_000 },
  );

export default async function (t) {
  const { server, url } = await serve();
  t.origin = new URL(url).origin;
  const page = await t.page('cpu', { load: false, offline: true });
  await page.goto(url);
  t.equal(
    await page.evaluate(async () => {
      const { name, icons, display } = await (await fetch(document.querySelector('link[rel=manifest]').href)).json();
      const found = await Promise.all(icons.map(async ({ src }) => (await fetch(src)).ok));
      return [name, display, found.every(Boolean)];
    }),
    ['Negatoscope', 'standalone', true],
    'the page can be installed: a name, icons, a window of its own',
  );
  await page.evaluate(() => navigator.serviceWorker.ready.then(({ active }) => active.state));
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  t.allowErrors(/ERR_CONNECTION_REFUSED|Failed to load resource/); // the server is gone: that is the point

  await t.step('the page opens without its server, and reads a study', async () => {
    await page.reload();
    const path = join(outDir, 'nobody.dcm');
    await t.screenshot(page, 'offline-start'); // makes the folder
    writeFileSync(path, study);
    await t.drop(page, [path]);
    await shown(page);
    t.ok(await page.evaluate(() => crossOriginIsolated), 'isolated as before');
    await page.goto(`${url}?lang=zh`);
    await page.locator('negatoscope-viewer .sample').waitFor();
    t.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN', 'in the other language too');
  });

  await t.step('what is kept on the device is the program, and nothing of a study', async () => {
    const kept = await page.evaluate(async () => {
      const urls = [];
      let patient = 0;
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) {
          urls.push(request.url);
          const text = await (await cache.match(request)).text();
          if (text.includes('Nobody^Kept')) patient += 1;
        }
      }
      const root = await navigator.storage.getDirectory();
      const files = [];
      for await (const name of root.keys()) files.push(name);
      return {
        urls,
        patient,
        files,
        stored: localStorage.length + sessionStorage.length,
        bases: await indexedDB.databases(),
      };
    });
    t.ok(kept.urls.length > 8, `${kept.urls.length} files`);
    t.equal(
      kept.urls.filter(
        (one) => !/^\/(|[\w-]+\.(svg|png|webmanifest)|(assets|element|models)\/.+)$/.test(one.slice(url.length - 1)),
      ),
      [],
      'all of the program',
    );
    t.equal([kept.patient, kept.files, kept.stored, kept.bases], [0, [], 0, []], 'no name, no file, no store');
  });
}
