// The list of marks without a browser: what a worker that answers late, under other keys, or not at all does to values and calibrations.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './typescript.mjs';

const { Measures } = await load('www/element/measures.ts');

/** A worker whose pixels are 0.5 mm wide, and half as high again. */
class Client extends EventTarget {
  fail = false;
  async ask(kind, request) {
    await null;
    if (kind === 'measured') {
      if (this.fail) throw new Error('lost');
      const user = request.user_mm;
      const step = user ?? 0.5;
      return {
        sop_uid: `s${request.frame_set}.${request.index}`,
        frame: 1,
        results: request.marks.map(({ points: [a, b] }) => ({
          values: [{ name: 'length', value: Math.hypot((b[0] - a[0]) * step, (b[1] - a[1]) * step * 1.5), unit: 'mm' }],
          origin: { from: user ? 'user' : 'pixel-spacing', factor: 1, label: '' },
          statistics: [],
          notes: [],
        })),
      };
    }
    if (kind === 'located') {
      if (this.gate) await this.gate;
      return { places: request.names.map(this.places) };
    }
    if (kind === 'saved-marks') return this.saved;
  }
}
const make = () => {
  const client = new Client();
  return [client, new Measures(client, { changed() {}, told() {} })];
};
test('a calibration goes by the pixels of its stack, and with the stack when its key changes', async () => {
  const [c, m] = make();
  const one = await m.add(
    {
      kind: 'length',
      points: [
        [0, 0],
        [0, 30],
      ],
      text: 'w',
    },
    { place: { frame_set: 0, index: 2 }, plane: null },
  );
  await m.calibrateBy(one.uid, 45);
  await m.settled(one.uid);
  assert.equal(m.items[0].computed.values[0].value, 45);
  assert.equal(m.calibrated.get(0), 1);
  c.places = ({ sop_uid }) => {
    const [f, i] = sop_uid.slice(1).split('.').map(Number);
    return { frame_set: f + 3, index: i + 4 };
  };
  let open;
  c.gate = new Promise((r) => {
    open = r;
  });
  const done = m.rebind();
  await m.add(
    {
      kind: 'length',
      points: [
        [0, 0],
        [10, 0],
      ],
      text: '',
    },
    { place: { frame_set: 9, index: 9 }, plane: null },
  );
  open();
  await done;
  c.gate = null;
  assert.deepEqual(
    m.items.map((x) => x.place),
    [
      { frame_set: 3, index: 6 },
      { frame_set: 9, index: 9 },
    ],
  );
  assert.deepEqual([...m.calibrated], [[3, 1]]);
  await m.settled(one.uid);
  assert.equal(m.items[0].computed.values[0].value, 45);
  const state = m.calibrations();
  assert.deepEqual(state, [{ sop_uid: 's3.6', sop_frame: 1, mm: 1 }]);
  m.clear();
  await m.recalibrate(state);
  assert.deepEqual([...m.calibrated], [[6, 1]]);
});
test('a mark that was measured under other keys is none', async () => {
  const [, m] = make();
  const adding = m.add(
    {
      kind: 'length',
      points: [
        [0, 0],
        [0, 30],
      ],
      text: '',
    },
    { place: { frame_set: 0, index: 2 }, plane: null },
  );
  void m.rebind();
  await assert.rejects(adding, { name: 'AbortError' });
});
test('a mark whose question fails has no value until somebody can say it', async () => {
  const [c, m] = make();
  const one = await m.add(
    {
      kind: 'length',
      points: [
        [0, 0],
        [10, 0],
      ],
      text: '',
    },
    { place: { frame_set: 0, index: 2 }, plane: null },
  );
  c.fail = true;
  m.change(one.uid, {
    points: [
      [0, 0],
      [20, 0],
    ],
  });
  await new Promise((r) => setTimeout(r, 50));
  assert.equal(m.items[0].computed, null);
  c.fail = false;
  await m.settled(one.uid);
  assert.equal(m.items[0].computed.values[0].value, 10);
});
test('marks that were saved as calibrated bring their calibration, or stay as a report says them', async () => {
  const [c, m] = make();
  const measurement = (uid, from, own, kind = 'length') => ({
    own,
    place: { frame_set: 1, index: 0 },
    measurement: {
      uid,
      sop_uid: 's1.0',
      frame: 1,
      mark: {
        kind,
        points: [
          [0, 0],
          [20, 0],
        ],
        text: '',
      },
      computed: {
        values: [{ name: 'length', value: 40, unit: 'mm' }],
        origin: { from, factor: 1, label: '' },
        statistics: [],
        notes: [],
      },
    },
  });
  c.saved = { found: [measurement('a', 'user', true), measurement('b', 'user', false)], left_out: [] };
  await m.restoreSaved();
  assert.deepEqual([...m.calibrated], [[1, 2]]);
  assert.deepEqual(
    m.items.map((x) => x.reported),
    [false, true],
  );
  await m.settled('a');
  assert.equal(m.items[0].computed.values[0].value, 40);
  const [c2, m2] = make();
  c2.saved = { found: [measurement('a', 'user', true, 'ellipse')], left_out: [] };
  await m2.restoreSaved();
  assert.deepEqual(
    m2.items.map((x) => x.reported),
    [true],
  );
});
