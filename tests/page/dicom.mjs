// DICOM files of a few elements, made in memory: explicit VR, little-endian (PS3.5 7.1, PS3.10 7.1).
const long = new Set(['OB', 'OW', 'SQ', 'UN', 'UT']);
const binary = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8 };

/** The bytes of a value: text, numbers for a binary VR, a list of data sets for SQ, or bytes as they are. */
function bytesOf(vr, value) {
  if (vr === 'SQ') return Buffer.concat(value.map((item) => element([0xfffe, 0xe000], '', dataSet(item))));
  if (Buffer.isBuffer(value)) return value;
  const size = binary[vr];
  if (!size) return Buffer.from(String(value));
  const all = [value].flat();
  const bytes = Buffer.alloc(all.length * size);
  for (const [i, n] of all.entries()) {
    if (vr === 'FL') bytes.writeFloatLE(n, i * size);
    else if (vr === 'FD') bytes.writeDoubleLE(n, i * size);
    else bytes[`write${vr.startsWith('S') ? '' : 'U'}Int${size * 8}LE`](n, i * size);
  }
  return bytes;
}

function element([group, number], vr, body) {
  const padded = body.length % 2 ? Buffer.concat([body, Buffer.from(['UI', 'OB'].includes(vr) ? '\0' : ' ')]) : body;
  const head = Buffer.alloc(vr && !long.has(vr) ? 8 : vr ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4);
  if (vr && !long.has(vr)) head.writeUInt16LE(padded.length, 6);
  else head.writeUInt32LE(padded.length, vr ? 8 : 4);
  return Buffer.concat([head, padded]);
}

/** Elements as [tag, VR, value], the tag a number such as 0x00100010; sorted here. */
export const dataSet = (elements) =>
  Buffer.concat(
    [...elements]
      .sort(([a], [b]) => a - b)
      .map(([tag, vr, value]) => element([tag >>> 16, tag & 0xffff], vr, bytesOf(vr, value))),
  );

/** A whole file. With `frames` its pixel data is encapsulated in the transfer syntax that is named, a fragment each (PS3.5 A.4). */
export function file(elements, { syntax = '1.2.840.10008.1.2.1', frames } = {}) {
  const meta = dataSet([
    [0x00020001, 'OB', Buffer.from([0, 1])],
    [0x00020010, 'UI', syntax],
  ]);
  const length = dataSet([[0x00020000, 'UL', meta.length]]);
  const parts = [Buffer.alloc(128), Buffer.from('DICM'), length, meta, dataSet(elements)];
  if (frames) {
    const head = element([0x7fe0, 0x0010], 'OB', Buffer.alloc(0));
    head.fill(0xff, 8, 12); // a length that is not said
    const items = [Buffer.alloc(0), ...frames].map((frame) => element([0xfffe, 0xe000], '', frame));
    parts.push(head, ...items, element([0xfffe, 0xe0dd], '', Buffer.alloc(0)));
  }
  return Buffer.concat(parts);
}
