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

/** A file that says that it is a chest film, PA, of an adult: bright in the middle and below, with noise. No anatomy. */
export function film() {
  const [rows, columns] = [320, 300];
  const parts = [];
  const put = (group, element, vr, value) => {
    const bytes = Buffer.isBuffer(value)
      ? value
      : Buffer.from(value.length % 2 ? `${value}${vr === 'UI' ? '\0' : ' '}` : value);
    const head = Buffer.alloc(vr === 'OW' ? 12 : 8);
    head.writeUInt16LE(group, 0);
    head.writeUInt16LE(element, 2);
    head.write(vr, 4);
    if (vr === 'OW') head.writeUInt32LE(bytes.length, 8);
    else head.writeUInt16LE(bytes.length, 6);
    parts.push(head, bytes);
  };
  const short = (n) => Buffer.from([n & 255, n >> 8]);
  const pixels = Buffer.alloc(rows * columns * 2);
  for (let r = 0, s = 7; r < rows; r += 1) {
    for (let c = 0; c < columns; c += 1) {
      s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
      const lung = Math.exp(-(((Math.abs(c - 150) - 70) / 45) ** 2) - ((r - 150) / 90) ** 2);
      pixels.writeUInt16LE(Math.round(3000 - 2200 * lung + (s >>> 24)), (r * columns + c) * 2);
    }
  }
  const meta = '1.2.840.10008.1.2.1\0';
  put(0x0002, 0x0010, 'UI', Buffer.from(meta));
  put(0x0008, 0x0016, 'UI', '1.2.840.10008.5.1.4.1.1.1');
  put(0x0008, 0x0018, 'UI', '1.2.3.4.5.1');
  put(0x0008, 0x0060, 'CS', 'CR');
  put(0x0010, 0x1010, 'AS', '061Y');
  put(0x0018, 0x0015, 'CS', 'CHEST');
  put(0x0018, 0x5101, 'CS', 'PA');
  put(0x0020, 0x000d, 'UI', '1.2.3.4.5');
  put(0x0020, 0x000e, 'UI', '1.2.3.4.5.6');
  put(0x0028, 0x0002, 'US', short(1));
  put(0x0028, 0x0004, 'CS', 'MONOCHROME2');
  put(0x0028, 0x0010, 'US', short(rows));
  put(0x0028, 0x0011, 'US', short(columns));
  for (const [element, value] of [
    [0x0100, 16],
    [0x0101, 12],
    [0x0102, 11],
    [0x0103, 0],
  ])
    put(0x0028, element, 'US', short(value));
  put(0x7fe0, 0x0010, 'OW', pixels);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), ...parts]);
}
