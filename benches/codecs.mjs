// usage: node benches/codecs.mjs --streams DIR [--rivals DIR] [--rounds N] [--json FILE] [--write]
//
// Decoding frames in Chromium, ours beside Cornerstone3D's wasm codecs, in one page and one thread, turn by turn. Best of N rounds (9), as
// both only get slower by what else the machine does. Prints the Markdown of docs/PERFORMANCE.md; --write puts it there.
//
// --streams DIR: what scripts/oracles/codec_streams.py wrote. --rivals DIR: a folder in which
//   npm install @cornerstonejs/codec-libjpeg-turbo-8bit @cornerstonejs/codec-charls @cornerstonejs/codec-openjpeg @cornerstonejs/codec-openjph jpeg-lossless-decoder-js
// was run. Ours is pkg/viewer, as scripts/build.mjs made it. Each side gets the bytes of a frame and gives its
// values, copied once out of the codec's memory, as Cornerstone3D's loader does; a stream that we decode otherwise than the encoder's source
// fails the run.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumEnv, findChromium } from '../scripts/chromium.mjs';
import { fail, flag, option, root, usage } from '../scripts/lib.mjs';
import { serveRivals } from './browser.mjs';
import { into } from './table.mjs';

usage('usage: node benches/codecs.mjs --streams DIR [--rivals DIR] [--rounds N] [--json FILE] [--write]', [
  'help',
  'streams',
  'rivals',
  'rounds',
  'json',
  'write',
]);
const streams = resolve(option('streams') ?? fail('--streams DIR is needed'));
const rivals = option('rivals') && resolve(option('rivals'));
const rounds = Number(option('rounds', '9'));
const listed = JSON.parse(readFileSync(join(streams, 'streams.json'), 'utf8'));

/** Who else decodes a kind: the package, its files, and how it is called. */
const others = {
  'JPEG 8-bit': ['codec-libjpeg-turbo-8bit', 'JPEGDecoder'],
  'JPEG-LS': ['codec-charls', 'JpegLSDecoder'],
  'JPEG 2000': ['codec-openjpeg', 'J2KDecoder'],
  HTJ2K: ['codec-openjph', 'HTJ2KDecoder'],
};
const otherOf = (kind) => others[kind.replace(/ (lossy|near \d+)$/, '')];

/** The script of a package that only decodes, where there is one, with its wasm. */
function scriptOf(name) {
  const dist = join(rivals, 'node_modules/@cornerstonejs', name, 'dist');
  if (!existsSync(dist)) return undefined;
  const pairs = readdirSync(dist).filter(
    (file) => file.endsWith('.js') && existsSync(join(dist, file.replace(/js$/, 'wasm'))),
  );
  const script = pairs.find((file) => file.includes('decode')) ?? pairs[0];
  return (
    script && {
      script: readFileSync(join(dist, script), 'utf8'),
      wasm: readFileSync(join(dist, script.replace(/js$/, 'wasm'))).toString('base64'),
    }
  );
}

const lossless = rivals && join(rivals, 'node_modules/jpeg-lossless-decoder-js/release/lossless.js');
const server = await serveRivals(join(root, 'pkg'));
const executablePath = findChromium() ?? fail('no Chromium: node scripts/setup.mjs');
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox'],
  env: { ...process.env, ...chromiumEnv(executablePath) },
});
const page = await browser.newPage();
page.on('pageerror', (error) => console.error(error.message));
await page.route('**/start.html', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
await page.goto(`${server.url}start.html`);
await page.evaluate(async () => {
  const ours = await import('/viewer/negatoscope_viewer.js');
  await ours.default({ module_or_path: '/viewer/negatoscope_viewer_bg.wasm' });
  globalThis.ours = ours;
  globalThis.rivals = {};
});
for (const [name, decoder] of rivals ? Object.values(others) : []) {
  const found = scriptOf(name);
  if (!found) continue;
  await page.evaluate(
    async ({ name, decoder, script, wasm }) => {
      const module = { exports: {} };
      new Function('module', 'exports', 'require', script)(module, module.exports, undefined);
      const factory = module.exports.default ?? module.exports;
      const wasmBinary = Uint8Array.from(atob(wasm), (c) => c.charCodeAt(0));
      const made = await factory({ wasmBinary });
      globalThis.rivals[name] = (bytes) => {
        const one = new made[decoder]();
        one.getEncodedBuffer(bytes.length).set(bytes);
        one.decode();
        const values = new Uint8Array(one.getDecodedBuffer()); // a copy out of its memory, as Cornerstone3D's loader makes
        one.delete();
        return values;
      };
    },
    { name, decoder, ...found },
  );
}
if (lossless && existsSync(lossless)) {
  await page.evaluate(
    async (code) => {
      globalThis.lossless = await import(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
    },
    readFileSync(lossless, 'utf8'),
  );
}

const results = [];
for (const stream of listed) {
  const name = otherOf(stream.kind)?.[0] ?? '';
  const found = await page.evaluate(
    async ({ stream, name, rounds, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const colour = stream.samples === 3;
      const job = JSON.stringify({
        transfer_syntax: stream.uid,
        limits: {},
        layout: {
          rows: stream.rows,
          columns: stream.columns,
          samples_per_pixel: stream.samples,
          bits_allocated: stream.bits,
          bits_stored: stream.bits,
          high_bit: stream.bits - 1,
          kind: stream.signed ? 'Signed' : 'Unsigned',
          planar: false,
          photometric: colour ? 'Rgb' : 'Monochrome2',
        },
      });
      let values;
      const us = () => {
        const reply = globalThis.ours.decodeFrame(job, bytes);
        values = reply.bytes();
        reply.free();
      };
      let them = globalThis.rivals[name] && (() => globalThis.rivals[name](bytes));
      if (stream.kind === 'JPEG lossless' && globalThis.lossless)
        them = () => new globalThis.lossless.Decoder().decode(bytes.buffer, 0, bytes.length);
      const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      let refused = '';
      for (let round = 0; round < rounds + 2; round += 1) {
        for (const [i, work] of [us, them].entries()) {
          if (!work || (i === 1 && refused)) continue;
          const start = performance.now();
          try {
            work();
          } catch (error) {
            if (i === 0) throw error;
            refused = String(error?.message ?? error);
          }
          if (round > 1) best[i] = Math.min(best[i], performance.now() - start);
        }
        await new Promise((go) => setTimeout(go));
      }
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', values));
      return {
        ours: best[0],
        theirs: best[1],
        refused,
        sha256: [...digest].map((b) => b.toString(16).padStart(2, '0')).join(''),
      };
    },
    { stream, name, rounds, base64: readFileSync(join(streams, stream.file)).toString('base64') },
  );
  if (stream.sha256 && stream.sha256 !== found.sha256)
    fail(`${stream.picture}, ${stream.kind}: other values than the source's`);
  results.push({ ...stream, ...found, theirs: Number.isFinite(found.theirs) ? found.theirs : null });
  console.error(stream.picture, stream.kind, found.ours.toFixed(1), found.theirs.toFixed(1), found.refused);
}
await browser.close();
server.server.close();
if (option('json')) writeFileSync(option('json'), JSON.stringify(results, null, 1));

const ratios = results.filter(({ theirs }) => theirs).map(({ ours, theirs }) => theirs / ours);
const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
const pictures = [...new Set(results.map(({ picture }) => picture))];
const kinds = [...new Set(results.map(({ kind }) => kind))];
const cell = (kind, picture) => {
  const one = results.find((result) => result.kind === kind && result.picture === picture);
  if (!one) return '–';
  const speed = `${(one.bytes / 1000 / one.ours).toFixed(0)} MB/s`;
  return one.theirs ? `${speed}, **${(one.theirs / one.ours).toFixed(2)}**` : speed;
};
const text = [
  `Best of ${rounds}; Chromium, one thread; ${createHash('sha256').update(JSON.stringify(listed)).digest('hex').slice(0, 8)} names the streams. MB/s of decoded values, and how many times as fast as the rival (above 1 ours is faster). Geometric mean of ${ratios.length}: **${mean.toFixed(2)}**; least ${Math.min(...ratios).toFixed(2)}.`,
  '',
  `| | ${pictures.map((name) => ({ ct: 'CT, 512 × 512, 16 bits', dx: 'radiograph, 2000 × 2128', us: 'ultrasound, 640 × 480, RGB' })[name] ?? name).join(' | ')} |`,
  `| --- |${' --- |'.repeat(pictures.length)}`,
  ...kinds.map((kind) => `| ${kind} | ${pictures.map((picture) => cell(kind, picture)).join(' | ')} |`),
].join('\n');
console.log(text);
if (flag('write')) {
  const doc = join(root, 'docs/PERFORMANCE.md');
  const whole = into(readFileSync(doc, 'utf8'), 'benches/codecs.mjs', text);
  writeFileSync(doc, whole ?? fail(`${doc} has no place for it`));
}
