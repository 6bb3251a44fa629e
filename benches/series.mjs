// What the benches open: real series when the larger corpus is on this machine, else made ones of the same shape.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { corpus } from '../tests/page/helpers.mjs';
import { clip, slice, sorted } from './repeat.mjs';

/** The sets by name. `real`: below the corpus; else `files` images of `rows` × `columns` are made. `window`: centre, width. */
export const sets = {
  mr384: {
    real: 'series/t1-brain',
    files: 384,
    rows: 384,
    columns: 274,
    window: [120, 240],
    say: '384 files, 274 × 384',
  },
  ct512: { real: 'series/ct-lung', files: 64, rows: 512, columns: 512, window: [-400, 1500], say: '64 files, 512²' },
  ct2k: { files: 8, rows: 2048, columns: 2048, window: [40, 800], say: '8 files, 2048²' },
  mr3000: {
    real: 'series/t1-brain',
    repeat: true,
    files: 3000,
    rows: 384,
    columns: 274,
    window: [120, 240],
    say: '3,000 files, 274 × 384, the real series again and again',
  },
  'ct512-jls': { like: 'ct512', say: '64 files, 512², JPEG-LS' },
  'ct512-j2k': { like: 'ct512', say: '64 files, 512², JPEG 2000' },
  'ct512-htj2k': { like: 'ct512', say: '64 files, 512², HTJ2K' },
  'mr384-jls': { like: 'mr384', say: '384 files, 274 × 384, JPEG-LS' },
  us500: {
    clip: 'pydicom-data/color3d_jpeg_baseline.dcm',
    frames: 500,
    cine: 10,
    say: 'one file of 500 frames, 640 × 480 RGB, JPEG baseline',
  },
};
for (const set of Object.values(sets)) if (set.like) set.window = sets[set.like].window;

/** Those that are measured when nothing is said: the long ones need real images, minutes and half a gigabyte of disk. */
export const usual = ['mr384', 'ct512', 'ct2k'];

/** The folder of a set, made below `scratch` when there is no real one; `encoded`: where scripts/oracles/compressed_series.py wrote. Gives {path, made}. */
export function folderOf(name, scratch, encoded) {
  const set = sets[name];
  if (set.like) {
    if (!encoded || !existsSync(join(encoded, name)))
      throw new Error(`${name} needs --encoded DIR, with a folder of that name`);
    return { path: join(encoded, name), made: false };
  }
  const real = set.real && corpus(set.real);
  if (real && !set.repeat) return { path: real, made: false };
  const path = join(scratch, name);
  mkdirSync(path, { recursive: true });
  if (set.clip) {
    const file = corpus(set.clip);
    if (!file) throw new Error(`${name} needs ${set.clip} of the larger corpus`);
    writeFileSync(join(path, 'clip.dcm'), clip(readFileSync(file), set.frames));
    return { path, made: false };
  }
  if (real) {
    const files = sorted(readdirSync(real).map((file) => readFileSync(join(real, file))));
    for (let i = 0; i < set.files; i += 1)
      writeFileSync(join(path, `${String(i + 1).padStart(4, '0')}.dcm`), slice(files, i));
    return { path, made: false };
  }
  if (readdirSync(path).length !== set.files)
    for (let i = 0; i < set.files; i += 1)
      writeFileSync(join(path, `${String(i + 1).padStart(4, '0')}.dcm`), image(name, set, i));
  return { path, made: true };
}

const long = new Set(['OB', 'OW', 'SQ', 'UN', 'UT']);

/** One element in Explicit VR Little Endian. */
function element(group, number, vr, value) {
  let bytes = value;
  if (typeof value === 'string') bytes = Buffer.from(value.length % 2 ? value + (vr === 'UI' ? '\0' : ' ') : value);
  if (typeof value === 'number') {
    bytes = Buffer.alloc(vr === 'US' ? 2 : 4);
    if (vr === 'US') bytes.writeUInt16LE(value);
    else bytes.writeUInt32LE(value);
  }
  const head = Buffer.alloc(long.has(vr) ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4, 'latin1');
  if (long.has(vr)) head.writeUInt32LE(bytes.length, 8);
  else head.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([head, bytes]);
}

/** A CT slice as a Part 10 file: a body with organs that change along the stack, and noise, so that no frame is like another. */
function image(name, { rows, columns }, at) {
  const uid = (last) => `2.25.${[...name].reduce((sum, c) => sum * 131 + c.charCodeAt(0), 7)}.${last}`;
  const sopClass = '1.2.840.10008.5.1.4.1.1.2';
  const meta = Buffer.concat([
    element(2, 1, 'OB', Buffer.from([0, 1])),
    element(2, 2, 'UI', sopClass),
    element(2, 3, 'UI', uid(at + 10)),
    element(2, 0x10, 'UI', '1.2.840.10008.1.2.1'),
    element(2, 0x12, 'UI', uid(9)),
  ]);
  const spacing = (360 / columns).toFixed(5);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(2, 0, 'UL', meta.length),
    meta,
    element(8, 8, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'),
    element(8, 0x16, 'UI', sopClass),
    element(8, 0x18, 'UI', uid(at + 10)),
    element(8, 0x20, 'DA', '20260101'),
    element(8, 0x60, 'CS', 'CT'),
    element(8, 0x103e, 'LO', `bench ${name}`),
    element(0x10, 0x10, 'PN', 'Bench^Made'),
    element(0x10, 0x20, 'LO', 'BENCH'),
    element(0x18, 0x50, 'DS', '2'),
    element(0x20, 0x0d, 'UI', uid(1)),
    element(0x20, 0x0e, 'UI', uid(2)),
    element(0x20, 0x11, 'IS', '1'),
    element(0x20, 0x13, 'IS', String(at + 1)),
    element(0x20, 0x32, 'DS', `-180\\-180\\${at * 2}`),
    element(0x20, 0x37, 'DS', '1\\0\\0\\0\\1\\0'),
    element(0x20, 0x52, 'UI', uid(3)),
    element(0x28, 2, 'US', 1),
    element(0x28, 4, 'CS', 'MONOCHROME2'),
    element(0x28, 0x10, 'US', rows),
    element(0x28, 0x11, 'US', columns),
    element(0x28, 0x30, 'DS', `${spacing}\\${spacing}`),
    element(0x28, 0x100, 'US', 16),
    element(0x28, 0x101, 'US', 12),
    element(0x28, 0x102, 'US', 11),
    element(0x28, 0x103, 'US', 0),
    element(0x28, 0x1050, 'DS', '40'),
    element(0x28, 0x1051, 'DS', '800'),
    element(0x28, 0x1052, 'DS', '-1024'),
    element(0x28, 0x1053, 'DS', '1'),
    element(0x7fe0, 0x10, 'OW', pixels(rows, columns, at)),
  ]);
}

/** [centre x, centre y, radius x, radius y, HU, how far it moves along the stack], in halves of the image. */
const organs = [
  [0, 0, 0.85, 0.7, 40, 0],
  [-0.4, -0.05, 0.3, 0.45, -850, 0.05],
  [0.4, -0.05, 0.3, 0.45, -850, 0.05],
  [0.05, -0.1, 0.2, 0.22, 120, 0.2],
  [0, 0.5, 0.1, 0.1, 700, 0.02],
];

function pixels(rows, columns, at) {
  const values = new Uint16Array(rows * columns);
  let noise = 12345 + at;
  for (let y = 0; y < rows; y += 1) {
    const v = (2 * y) / rows - 1;
    for (let x = 0; x < columns; x += 1) {
      const u = (2 * x) / columns - 1;
      let hu = -1000;
      for (const [cx, cy, rx, ry, inside, moves] of organs) {
        const [a, b] = [(u - cx - moves * Math.sin(at)) / rx, (v - cy) / ry];
        if (a * a + b * b < 1) hu = inside;
      }
      noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
      values[y * columns + x] = hu + 1024 + (noise >>> 27);
    }
  }
  return Buffer.from(values.buffer); // little-endian, as every machine that runs this
}
