// The codecs as the page has them: WebAssembly with its vectors, which no native test runs. Streams and values are those of the native tests.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../scripts/lib.mjs';

const pkg = join(root, 'pkg/viewer');
const { decodeFrame, initSync } = await import(join(pkg, 'negatoscope_viewer.js'));
initSync({ module: readFileSync(join(pkg, 'negatoscope_viewer_bg.wasm')) });
const data = (...path) => join(root, 'tests/data', ...path);

/** The values of a stream, as bytes. */
function decode(syntax, stream, { rows, columns, samples, bits, photometric }) {
  const layout = {
    rows,
    columns,
    samples_per_pixel: samples,
    bits_allocated: bits > 8 ? 16 : 8,
    bits_stored: bits,
    high_bit: bits - 1,
    kind: 'Unsigned',
    planar: false,
    photometric: photometric ?? (samples === 3 ? 'Rgb' : 'Monochrome2'),
  };
  const job = JSON.stringify({ transfer_syntax: syntax, limits: {}, layout });
  const reply = decodeFrame(job, stream);
  const bytes = reply.bytes();
  const { repairs } = JSON.parse(reply.json);
  reply.free();
  return { bytes, repairs };
}

/** Values of 16 bits, little-endian, of bytes that hold `bits` each. */
const wide = (bytes, bits) => (bits > 8 ? Buffer.from(bytes) : Buffer.from(Uint16Array.from(bytes).buffer));

for (const file of readdirSync(data('dct')).filter((name) => name.endsWith('.jpg'))) {
  test(`JPEG ${file}`, () => {
    const [, kind, bits] = /^(grey|colour)(\d+)/.exec(file);
    const about = { rows: 29, columns: 37, samples: kind === 'grey' ? 1 : 3, bits: Number(bits) };
    // Colours as they are in the stream.
    if (kind === 'colour') about.photometric = 'YbrFull';
    const { bytes } = decode('1.2.840.10008.1.2.4.51', readFileSync(data('dct', file)), about);
    const expected = readFileSync(data('dct', file.replace(/jpg$/, 'u16')));
    assert.deepEqual(wide(bytes, about.bits), expected);
  });
}

test('JPEG-LS, every kind', () => {
  const all = JSON.parse(readFileSync(data('jpegls.json')));
  let exact = 0;
  for (const one of all) {
    if (one.bits < 2 || one.bits > 16) continue;
    const { bytes } = decode('1.2.840.10008.1.2.4.80', Buffer.from(one.stream, 'hex'), one);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), one.sha256, one.name);
    exact += 1;
  }
  assert.ok(exact >= 18, `${exact} streams`);
});

for (const [name, most] of [
  ['ht_lossy', 1],
  ['lossy', 1],
  ['ht_refined', 0],
]) {
  test(`JPEG 2000 ${name}`, () => {
    const expected = readFileSync(data('j2k', `${name}.bin`));
    const [rows, columns] = [33, 40];
    const samples = expected.length / (rows * columns);
    const about = { rows, columns, samples, bits: 8 };
    const { bytes } = decode('1.2.840.10008.1.2.4.90', readFileSync(data('j2k', `${name}.j2k`)), about);
    assert.equal(bytes.length, expected.length);
    // The reference is plane by plane.
    for (let at = 0; at < bytes.length; at += 1) {
      const other = expected[(at % samples) * rows * columns + Math.floor(at / samples)];
      assert.ok(Math.abs(bytes[at] - other) <= most, `sample ${at}: ${bytes[at]}, ${other}`);
    }
  });
}
