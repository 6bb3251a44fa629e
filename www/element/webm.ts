// Encoded pictures of VP8 or VP9 as a WebM file (Matroska, RFC 9559): one track, clusters that begin with a key picture.

/** A picture as an encoder gives it. */
export interface Encoded {
  data: Uint8Array<ArrayBuffer>;
  key: boolean;
  /** From the beginning. */
  ms: number;
}

type Bytes = Uint8Array<ArrayBuffer>;

function joined(parts: readonly Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const bigEndian = (number: number, length: number): Bytes =>
  Uint8Array.from({ length }, (_, i) => Math.floor(number / 256 ** (length - 1 - i)) % 256);

/** An identifier as its own bytes. */
const idOf = (id: number): Bytes => bigEndian(id, id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1);

/** An element: identifier, length in eight bytes, content. */
function element(id: number, content: Bytes | readonly Bytes[]): Bytes {
  const body = content instanceof Uint8Array ? content : joined(content);
  const length = bigEndian(body.length, 8);
  length[0] = 0x01;
  return joined([idOf(id), length, body]);
}

const whole = (id: number, number: number): Bytes => {
  let bytes = 1;
  while (number >= 256 ** bytes) bytes += 1;
  return element(id, bigEndian(number, bytes));
};
const text = (id: number, words: string): Bytes => element(id, new TextEncoder().encode(words) as Bytes);
const real = (id: number, number: number): Bytes => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, number);
  return element(id, bytes);
};

/** Longest cluster: a block says its time in 15 bits, ms. */
const longest = 30_000;

/** The file. */
export function webm(
  codec: 'V_VP8' | 'V_VP9',
  width: number,
  height: number,
  perSecond: number,
  pictures: readonly Encoded[],
): Blob {
  const step = 1000 / perSecond;
  const head = element(0x1a45dfa3, [
    whole(0x4286, 1),
    whole(0x42f7, 1),
    whole(0x42f2, 4),
    whole(0x42f3, 8),
    text(0x4282, 'webm'),
    whole(0x4287, 4),
    whole(0x4285, 2),
  ]);
  const info = element(0x1549a966, [
    whole(0x2ad7b1, 1_000_000),
    real(0x4489, (pictures.at(-1)?.ms ?? 0) + step),
    text(0x4d80, 'Negatoscope'),
    text(0x5741, 'Negatoscope'),
  ]);
  const tracks = element(0x1654ae6b, [
    element(0xae, [
      whole(0xd7, 1),
      whole(0x73c5, 1),
      whole(0x9c, 0),
      whole(0x83, 1),
      text(0x86, codec),
      whole(0x23e383, Math.round(step * 1e6)),
      element(0xe0, [whole(0xb0, width), whole(0xba, height)]),
    ]),
  ]);
  const clusters: Bytes[] = [];
  let blocks: Bytes[] = [];
  let from = 0;
  const close = () => {
    if (blocks.length > 0) clusters.push(element(0x1f43b675, [whole(0xe7, from), ...blocks]));
    blocks = [];
  };
  for (const { data, key, ms } of pictures) {
    const at = Math.round(ms);
    if (key || at - from > longest) {
      close();
      from = at;
    }
    blocks.push(element(0xa3, [Uint8Array.of(0x81), bigEndian(at - from, 2), Uint8Array.of(key ? 0x80 : 0), data]));
  }
  close();
  return new Blob([head, element(0x18538067, [info, tracks, ...clusters])], { type: 'video/webm' });
}
