// Long series out of real ones: the same images again and again, as instances or frames of their own.

/** The top-level elements of a Part 10 file in little-endian: [{tag, from, value, to, length}], up to and with the pixels. */
function elements(bytes) {
  const found = [];
  let explicit = true;
  let at = 132;
  while (at + 8 <= bytes.length) {
    const from = at;
    const tag = (bytes.readUInt16LE(at) << 16) | bytes.readUInt16LE(at + 2);
    if (tag >>> 16 > 2 && found.at(-1)?.tag >>> 16 === 2) {
      const syntax = found.find((one) => one.tag === 0x00020010);
      explicit = !/^1\.2\.840\.10008\.1\.2\0*$/.test(bytes.toString('latin1', syntax.value, syntax.to));
    }
    const vr = bytes.toString('latin1', at + 4, at + 6);
    const long = explicit && /^(OB|OD|OF|OL|OV|OW|SQ|UC|UN|UR|UT|SV|UV)$/.test(vr);
    let length;
    if (!explicit) length = bytes.readUInt32LE(at + 4);
    else if (long) length = bytes.readUInt32LE(at + 8);
    else length = bytes.readUInt16LE(at + 6);
    const value = at + (long ? 12 : 8);
    at = length === 0xffffffff ? bytes.length : value + length;
    found.push({ tag, from, value, to: at, explicit, vr });
    if (tag === 0x7fe00010) break;
    if (length === 0xffffffff) throw new Error('a sequence of undefined length: not a file for this bench');
  }
  return found;
}

/** One element with another value, in the encoding of the old one. */
function changed(bytes, { from, explicit, vr }, text) {
  const value = Buffer.from(text.length % 2 ? text + (vr === 'UI' || /^[\d.]+$/.test(text) ? '\0' : ' ') : text);
  const head = Buffer.from(bytes.subarray(from, from + 8));
  if (explicit) head.writeUInt16LE(value.length, 6);
  else head.writeUInt32LE(value.length, 4);
  return Buffer.concat([head, value]);
}

/** A file with values of top-level elements replaced: `values` is [tag, text] of each. An element that is not there stays away. */
function rewritten(bytes, values) {
  const texts = new Map(values);
  const parts = [bytes.subarray(0, 132)];
  for (const one of elements(bytes))
    parts.push(texts.has(one.tag) ? changed(bytes, one, texts.get(one.tag)) : bytes.subarray(one.from, one.to));
  return Buffer.concat(parts);
}

const text = (bytes, tag) => {
  const one = elements(bytes).find((element) => element.tag === tag);
  return one ? bytes.toString('latin1', one.value, one.to).replace(/[\0 ]+$/, '') : '';
};
const position = (bytes) => text(bytes, 0x00200032).split('\\').map(Number);

/** Slice `at` of a series made longer: the image of one of `files` (Buffers in the order of their positions), one step further on. */
export function slice(files, at) {
  const bytes = files[at % files.length];
  const [from, next] = [position(files[0]), position(files[1])];
  const uid = `2.25.7.${at + 1}`;
  return rewritten(bytes, [
    [0x00020003, uid],
    [0x00080018, uid],
    [0x0020000e, '2.25.7.0'],
    [0x00200013, String(at + 1)],
    [0x00200032, from.map((v, i) => (v + at * (next[i] - v)).toFixed(4)).join('\\')],
  ]);
}

/** Buffers in the order of their positions. */
export function sorted(files) {
  const at = new Map(files.map((file) => [file, position(file)]));
  const [first, last] = [at.get(files[0]), at.get(files[files.length >> 1])];
  const way = first.map((v, i) => last[i] - v);
  const along = (file) => at.get(file).reduce((sum, v, i) => sum + v * way[i], 0);
  return [...files].sort((a, b) => along(a) - along(b));
}

/** A multi-frame file whose encapsulated frames, one fragment each, are repeated until there are `frames`. */
export function clip(bytes, frames) {
  const all = elements(bytes);
  const pixels = all.at(-1);
  const items = [];
  let at = pixels.value;
  while (at + 8 <= bytes.length && bytes.readUInt16LE(at + 2) === 0xe000) {
    const to = at + 8 + bytes.readUInt32LE(at + 4);
    items.push(bytes.subarray(at, to));
    at = to;
  }
  const [, ...fragments] = items; // the offset table comes first, and is left empty
  const table = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  const end = Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
  const head = rewritten(bytes.subarray(0, pixels.from), [[0x00280008, String(frames)]]);
  const body = Array.from({ length: frames }, (_, i) => fragments[i % fragments.length]);
  return Buffer.concat([head, bytes.subarray(pixels.from, pixels.value), table, ...body, end]);
}
