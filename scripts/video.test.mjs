// How www/workers/video.ts drives a decoder: one that is made here, which gives each picture back as a frame that names itself.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { load } from './typescript.mjs';

const { Videos } = await load('www/workers/video.ts');

/** What decoders were given, by decoder: `begin` where it was made; and how each behaves. */
let decoders;
let behaviour;

class FakeDecoder {
  static isConfigSupported = async () => ({ supported: true });
  state = 'unconfigured';
  decodeQueueSize = 0;
  fed = [];
  #waiting = [];

  constructor({ output, error }) {
    Object.assign(this, { output, error });
    decoders.push(this);
  }
  configure(config) {
    this.config = config;
    this.state = 'configured';
  }
  decode({ type, timestamp, data }) {
    if (this.state !== 'configured') throw new Error('InvalidStateError');
    if (this.fed.length === 0) assert.equal(type, 'key', 'a decoder begins with a key');
    this.fed.push({ type, timestamp, bytes: [...data] });
    this.decodeQueueSize += 1;
    setTimeout(() => {
      if (behaviour.stalls || this.state === 'closed') return;
      this.decodeQueueSize -= 1;
      this.ondequeue?.();
      if (timestamp < 0 || behaviour.lost?.has(timestamp)) return;
      this.#waiting.push(timestamp);
      if (this.#waiting.length > (behaviour.held ?? 0)) this.#out(this.#waiting.shift());
    });
  }
  async flush() {
    if (behaviour.stalls) await new Promise(() => {});
    while (this.decodeQueueSize > 0) await new Promise((resolve) => setTimeout(resolve));
    for (const timestamp of this.#waiting.splice(0)) this.#out(timestamp);
  }
  #out(timestamp) {
    const samples = new Uint8Array(behaviour.samples ?? 6).fill(timestamp);
    this.output({
      timestamp,
      codedWidth: 2,
      codedHeight: 2,
      visibleRect: { width: 2, height: 2 },
      format: 'I420',
      colorSpace: behaviour.space ?? { matrix: null, fullRange: null },
      allocationSize: () => samples.length,
      copyTo: async (to) => {
        if (behaviour.broken?.has(timestamp)) throw new Error('no memory');
        to.set(samples);
      },
      close() {},
    });
  }
  close() {
    this.state = 'closed';
  }
}

const before = {};
beforeEach(() => {
  decoders = [];
  behaviour = {};
  for (const name of ['VideoDecoder', 'EncodedVideoChunk']) before[name] = globalThis[name];
  globalThis.VideoDecoder = FakeDecoder;
  globalThis.EncodedVideoChunk = class {
    constructor(init) {
      Object.assign(this, init);
    }
  };
});
afterEach(() => Object.assign(globalThis, before));

const [KEY, OPEN, LEADING] = [1, 2, 3];
/** A stream of one byte a picture, which is its number; `kinds` by place, all others follow. */
const about = (count, kinds, more = {}) => ({
  codec: 'made',
  size: [2, 2],
  matrix: 'bt2020-ncl',
  said: true,
  fullRange: true,
  frames: count,
  pictures: Array.from({ length: count }, (_, n) => [n, 1, kinds[n] ?? 0, n]),
  sets: [],
  ...more,
});
const stream = (count) => Uint8Array.from({ length: count }, (_, n) => n);
const opened = (videos, told, number = 0) =>
  videos.of(number, () => ({ json: JSON.stringify(told), bytes: stream(told.pictures.length) }));
/** The number of the picture that is given for a frame. */
const shown = async (video, frame, urgent = true) => (await video.frame(frame, urgent))?.samples[0] ?? null;
const fed = (at) => decoders[at].fed.map(({ timestamp }) => timestamp);
const code = (refusal) => JSON.parse(refusal)[0];

test('a frame before where the decoder began does not decode what is behind it', async () => {
  const video = opened(new Videos(), about(200, { 0: KEY, 100: KEY }));
  assert.equal(await shown(video, 101), 101);
  const { length } = fed(0);
  assert.equal(await shown(video, 3), 3);
  assert.equal(fed(0).length, length, `the first decoder went on to ${fed(0).at(-1)}`);
  assert.equal(fed(1)[0], 0);
  // What lies ahead needs no new one.
  assert.equal(await shown(video, 20), 20);
  assert.equal(decoders.length, 2);
});

test('a frame that never comes out ends the search when later ones have come', async () => {
  behaviour.lost = new Set([5]);
  const video = opened(new Videos(), about(500, { 0: KEY }));
  const refusal = await video.frame(5, true).catch((refusal) => refusal);
  assert.equal(code(refusal), 'PIX-004');
  assert.equal(decoders.length, 1);
  assert.ok(fed(0).length < 60, `${fed(0).length} of 500 pictures were decoded`);
  // The others are had.
  assert.equal(await shown(video, 6), 6);
});

test('a picture that cannot be copied ends the search at once', async () => {
  behaviour.broken = new Set([5]);
  const video = opened(new Videos(), about(500, { 0: KEY }));
  assert.equal(code(await video.frame(5, true).catch((refusal) => refusal)), 'PIX-004');
  assert.ok(fed(0).length < 16, `${fed(0).length} of 500 pictures were decoded`);
  assert.equal(decoders.length, 1);
});

test('pictures that a decoder holds back come out, to the last one', async () => {
  behaviour.held = 6;
  const video = opened(new Videos(), about(30, { 0: KEY }));
  for (const frame of [0, 10, 29, 28]) assert.equal(await shown(video, frame), frame);
});

test('forgetting all ends what is under way, and what waits', async () => {
  behaviour.stalls = true;
  const videos = new Videos();
  const video = opened(videos, about(50, { 0: KEY }));
  const waiting = [video.frame(3, true), video.frame(4, false)];
  await new Promise((resolve) => setTimeout(resolve, 20));
  videos.clear();
  assert.deepEqual(await Promise.all(waiting), [null, null]);
  assert.equal(decoders[0].state, 'closed');
});

test('a decoder that does nothing is not waited for', async () => {
  behaviour.stalls = true;
  const video = opened(new Videos(30), about(50, { 0: KEY }));
  const refusal = await video.frame(3, true).catch((refusal) => refusal);
  assert.deepEqual(JSON.parse(refusal), ['PIX-004', 'video, TimeoutError']);
  // The end of a stream, too.
  const short = opened(new Videos(30), about(2, { 0: KEY }));
  assert.equal(code(await short.frame(1, true).catch((refusal) => refusal)), 'PIX-004');
});

test('who waits comes before what may be wanted', async () => {
  const video = opened(new Videos(), about(300, { 0: KEY }));
  const ahead = [250, 251, 252].map((frame) => video.frame(frame, false));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await shown(video, 40), 40);
  assert.ok(Math.max(...decoders.flatMap(({ fed }) => fed.map(({ timestamp }) => timestamp))) < 250);
  assert.deepEqual(await Promise.all(ahead), [null, null, null]);
  assert.equal(await shown(video, 41, false), 41, 'and what is asked for later is had');
});

test('videos that are not looked at keep their streams only', async () => {
  const videos = new Videos();
  const told = about(4, { 0: KEY });
  for (let number = 0; number < 30; number += 1) {
    const video = opened(videos, told, number);
    assert.equal(await shown(video, 1), 1);
  }
  assert.equal(decoders.filter(({ state }) => state !== 'closed').length, 4);
  // The first one is open still: nothing is taken again.
  const first = videos.of(0, () => assert.fail('taken twice'));
  assert.equal(first.size, 4, 'no picture is kept');
  assert.equal(await shown(first, 2), 2);
});

test('a decoder that begins later gets the parameter sets in force there, once', async () => {
  const sets = [
    [0, 1, 0x800],
    [1, 1, 0x700],
    [9, 1, 0x800],
    [15, 1, 0x700],
  ];
  const video = opened(new Videos(), about(40, { 0: KEY, 12: KEY, 30: KEY }, { sets }));
  assert.equal(await shown(video, 13), 13);
  assert.deepEqual(decoders[0].fed[0].bytes, [1, 9, 12], 'kinds that others refer to first; the last of each');
  assert.deepEqual(decoders[0].fed[1].bytes, [13]);
  for (const frame of [20, 27, 29, 31]) await shown(video, frame);
  const key = decoders.flatMap(({ fed }) => fed).find(({ timestamp }) => timestamp === 30);
  assert.ok(key.bytes.length === 1 || decoders.length > 1, 'under way they are in the stream');
});

test('an open picture is a place to begin, but not for those that lead it', async () => {
  const kinds = { 0: KEY, 20: OPEN, 21: LEADING, 22: LEADING, 40: OPEN };
  const video = opened(new Videos(), about(60, kinds));
  assert.equal(await shown(video, 45), 45);
  assert.equal(fed(0)[0], 40);
  behaviour.lost = new Set([21, 22]); // as a decoder that begins at 20 does
  assert.equal(await shown(video, 25), 25);
  assert.equal(fed(1)[0], 20);
  behaviour.lost = undefined;
  assert.equal(await shown(video, 22), 22);
  assert.equal(fed(2)[0], 0);
});

test('what a decoder does not say of its colours is what the stream says', async () => {
  const first = await opened(new Videos(), about(4, { 0: KEY })).frame(0, true);
  assert.deepEqual([first.matrix, first.fullRange, first.format], ['bt2020-ncl', true, 'I420']);
  behaviour.space = { matrix: 'bt709', fullRange: false };
  const second = await opened(new Videos(), about(4, { 0: KEY })).frame(0, true);
  assert.deepEqual([second.matrix, second.fullRange], ['bt709', false]);
  assert.equal(decoders[0].config.colorSpace, undefined);
  // Where the stream says nothing, the decoder is told what is taken.
  await opened(new Videos(), about(4, { 0: KEY }, { said: false, matrix: 'smpte170m' })).frame(0, true);
  assert.equal(decoders.at(-1).config.colorSpace.matrix, 'smpte170m');
});

test('frames without a picture are refused by their cause', async () => {
  const told = about(4, { 0: KEY }, { frames: 6, pictures: [0, 1, 2, 3].map((n) => [n, 1, n ? 0 : KEY, n + 2]) });
  const video = opened(new Videos(), told);
  const codeOf = (frame) => video.frame(frame, true).then(() => 'there', code);
  assert.equal(await codeOf(1), 'PIX-004', 'lost before the first key');
  assert.equal(await codeOf(6), 'PIX-011', 'behind the end');
  assert.equal(await codeOf(2), 'there');
});
