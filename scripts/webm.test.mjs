// The WebM file that a video is kept in: elements within elements, each with the length that it says, pictures where they belong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './typescript.mjs';

const { webm } = await load('www/element/webm.ts');

/** Elements of a range: identifier, where the content begins and ends. */
function* elements(bytes, from, to) {
  for (let at = from; at < to; ) {
    const idLength = Math.clz32(bytes[at]) - 23;
    const id = bytes.subarray(at, at + idLength).reduce((n, b) => n * 256 + b, 0);
    const length = bytes.subarray(at + idLength + 1, at + idLength + 8).reduce((n, b) => n * 256 + b, 0);
    assert.equal(bytes[at + idLength], 1, 'lengths have eight bytes');
    const begin = at + idLength + 8;
    at = begin + length;
    assert.ok(at <= to, 'it ends inside of what holds it');
    yield { id, begin, end: at };
  }
}

const picture = (n, key, ms) => ({ data: Uint8Array.of(n, n, n), key, ms });

test('pictures stand in clusters that begin with a key picture, at their times', async () => {
  const pictures = [picture(1, true, 0), picture(2, false, 40), picture(3, true, 80), picture(4, false, 31_000)];
  const bytes = new Uint8Array(await webm('V_VP9', 64, 48, 25, pictures).arrayBuffer());
  const [head, segment] = [...elements(bytes, 0, bytes.length)];
  assert.deepEqual([head.id, segment.id], [0x1a45dfa3, 0x18538067]);
  const inside = [...elements(bytes, segment.begin, segment.end)];
  assert.deepEqual(
    inside.map(({ id }) => id),
    [0x1549a966, 0x1654ae6b, 0x1f43b675, 0x1f43b675, 0x1f43b675],
  );
  const info = [...elements(bytes, inside[0].begin, inside[0].end)];
  const duration = info.find(({ id }) => id === 0x4489);
  assert.equal(new DataView(bytes.buffer).getFloat64(duration.begin), 31_040);
  const found = inside.slice(2).flatMap(({ begin, end }) => {
    const [time, ...blocks] = [...elements(bytes, begin, end)];
    const from = bytes.subarray(time.begin, time.end).reduce((n, b) => n * 256 + b, 0);
    return blocks.map((block) => {
      const [track, high, low, flags, ...data] = bytes.subarray(block.begin, block.end);
      assert.equal(track, 0x81);
      return [from + high * 256 + low, flags === 0x80, data[0]];
    });
  });
  assert.deepEqual(found, [
    [0, true, 1],
    [40, false, 2],
    [80, true, 3],
    [31_000, false, 4],
  ]);
});
