// What the page decides about a comparison without a browser: which prior belongs beside a stack, and how two stacks lie to each other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './typescript.mjs';

const { candidates, proposal, samePatient } = await load('www/element/priors.ts');
const { across, alongside, back, counterpart, given, holds, inverse3, layingOf, middleMatrix, moved, through } =
  await load('www/element/laying.ts');
const { plainLook } = await load('www/element/look.ts');

const near = (a, b, within = 1e-9, what = '') =>
  assert.ok(a.length === b.length && a.every((v, i) => Math.abs(v - b[i]) <= within), `${what} ${a} ${b}`);

// ---- Which prior ----

let keys = 0;
const set = (more = {}) => ({
  key: keys++,
  frames: 1,
  rows: 100,
  columns: 100,
  label: '',
  view: '',
  gaps: [],
  frames_per_second: null,
  spacing_mm: [1, 1],
  spacing_from: 'pixel-spacing',
  no_volume: { code: 'PIX-451' },
  frame_of_reference: '',
  line: null,
  ...more,
});
const series = (modality, body_part, sets, more = {}) => ({
  uid: `s${keys}`,
  modality,
  number: '1',
  description: '',
  body_part,
  frame_sets: sets,
  other_instances: 0,
  ...more,
});
const study = (patient_id, date, all, more = {}) => ({
  uid: `${patient_id}${date}`,
  patient_name: `Name ${patient_id}`,
  patient_id,
  date,
  description: '',
  series: all,
  ...more,
});
const catalogue = (...studies) => ({ files: 1, studies, repairs: [], remarks: [], errors: [] });

test('patients are told by their number; without one nothing is certain', () => {
  let studies = 0;
  const of = (patient_id, patient_name, uid = String(studies++)) => ({ patient_id, patient_name, uid });
  assert.equal(samePatient(of('1', 'A'), of('1', 'A')), 'same');
  assert.equal(samePatient(of(' 1', 'a '), of('1 ', 'A')), 'same');
  assert.equal(samePatient(of('1', 'A'), of('2', 'A')), 'other');
  assert.equal(samePatient(of('1', 'A'), of('1', 'B')), 'other', 'one number in two hospitals');
  assert.equal(samePatient(of('1', 'A'), of('1', '')), 'same');
  assert.equal(samePatient(of('', 'A'), of('', 'A')), 'unknown', 'names are shared');
  assert.equal(samePatient(of('', 'A'), of('1', 'B')), 'other');
  assert.equal(samePatient(of('', ''), of('1', 'B')), 'unknown');
  assert.equal(samePatient(of('', '', 'x'), of('', '', 'x')), 'same', 'one study');
});

test('the newest earlier study of the same modality and body part', () => {
  const own = set();
  const [old, newer, later, foot, ct] = [set(), set(), set(), set(), set()];
  const all = catalogue(
    study('1', '2024-05-01', [series('CR', 'CHEST', [newer])]),
    study('1', '2020-01-01', [series('DX', 'CHEST', [old])]),
    study('1', '2026-01-01', [series('DX', 'CHEST', [own]), series('DX', 'FOOT', [foot])]),
    study('1', '2026-02-01', [series('DX', 'CHEST', [later])]),
    study('1', '2025-12-31', [series('CT', 'CHEST', [ct])]),
  );
  assert.deepEqual(proposal(all, own.key), { current: own.key, prior: newer.key });
  assert.deepEqual(proposal(all, later.key), { current: later.key, prior: own.key });
  assert.deepEqual(
    proposal(all, old.key),
    { current: later.key, prior: old.key },
    'of the oldest the later is current',
  );
  assert.equal(proposal(all, foot.key), null, 'no other foot');
  assert.equal(proposal(all, ct.key), null, 'no other CT');
  assert.equal(proposal(all, 99_999), null);
  const order = candidates(all, own.key).map(({ set: { key } }) => key);
  assert.deepEqual(order.slice(0, 2), [newer.key, old.key]);
  assert.equal(order.length, 5, 'all others can be chosen');
});

test('another patient is never proposed, and stands last', () => {
  const [own, other, unnamed, own2] = [set(), set(), set(), set()];
  const all = catalogue(
    study('1', '2026-01-01', [series('DX', 'CHEST', [own])]),
    study('2', '2025-01-01', [series('DX', 'CHEST', [other])]),
    study('', '2025-06-01', [series('DX', 'CHEST', [unnamed])], { patient_name: '' }),
  );
  assert.equal(proposal(all, own.key), null);
  const found = candidates(all, own.key);
  assert.deepEqual(
    found.map(({ patient }) => patient),
    ['unknown', 'other'],
  );
  all.studies.push(study('1', '2019-01-01', [series('DX', 'CHEST', [own2])]));
  assert.deepEqual(proposal(all, own.key), { current: own.key, prior: own2.key });
});

test('side and view', () => {
  const views = ['R CC', 'L CC', 'R MLO', 'L MLO'];
  const [now, before] = [views.map((view) => set({ view })), views.map((view) => set({ view }))];
  const all = catalogue(
    study('1', '2026-01-01', [series('MG', 'BREAST', now)]),
    study('1', '2024-01-01', [series('MG', 'BREAST', before)]),
  );
  for (const [i, { key }] of now.entries())
    assert.deepEqual(proposal(all, key), { current: key, prior: before[i].key }, views[i]);
  const [pa, ap, lateral] = ['PA', 'AP', 'LATERAL'].map((view) => set({ view }));
  const chest = catalogue(
    study('1', '2026-01-01', [series('DX', 'CHEST', [pa])]),
    study('1', '2025-01-01', [series('DX', 'CHEST', [lateral, ap])]),
  );
  assert.deepEqual(proposal(chest, pa.key), { current: pa.key, prior: ap.key }, 'from the front is from the front');
  assert.equal(proposal(chest, lateral.key), null);
});

test('without a body part the words have to agree', () => {
  const [brain, knee, brain2] = [set(), set(), set()];
  const all = catalogue(
    study('1', '2026-01-01', [series('MR', '', [brain], { description: 't1 sag' })], { description: 'MRT Kopf' }),
    study('1', '2025-01-01', [series('MR', '', [knee], { description: 'pd cor' })], { description: 'Knie links' }),
    study('1', '2022-01-01', [series('MR', '', [brain2], { description: 't1 tra' })], { description: 'MRT Kopf' }),
  );
  assert.deepEqual(proposal(all, brain.key), { current: brain.key, prior: brain2.key });
  const line = (normal) => ({ origin_mm: [0, 0, 0], normal, places_mm: [0, 5] });
  const [own, across_, along, scout] = [
    set({ line: line([0, 0, 1]), no_volume: null, frames: 40 }),
    set({ line: line([1, 0, 0]), no_volume: null, frames: 40 }),
    set({ line: line([0, 0, -1]), no_volume: null, frames: 30 }),
    set({ view: 'LOCALIZER' }),
  ];
  const ct = catalogue(
    study('1', '2026-01-01', [series('CT', 'CHEST', [own])]),
    study('1', '2025-01-01', [series('CT', 'CHEST', [scout, across_, along])]),
  );
  assert.deepEqual(proposal(ct, own.key), { current: own.key, prior: along.key }, 'planes of the same direction');
});

// ---- How they lie ----

const [cos, sin] = [Math.cos(0.3), Math.sin(0.3)];
/** Turned about z by 0.3, and moved. */
const motion = [
  [cos, -sin, 0, 10],
  [sin, cos, 0, -5],
  [0, 0, 1, 7],
  [0, 0, 0, 1],
];
const plane = (z, spacing = [1, 1], position = [-50, -50]) => ({
  position_mm: [...position, z],
  row: [1, 0, 0],
  column: [0, 1, 0],
  spacing_mm: spacing,
  step_mm: 5,
});
const stack = (frames, more = {}) =>
  set({
    frames,
    no_volume: null,
    frame_of_reference: '1.2',
    line: { origin_mm: [-50, -50, 0], normal: [0, 0, 1], places_mm: Array.from({ length: frames }, (_, i) => 5 * i) },
    ...more,
  });
const seen = (index, more = {}) => ({
  size: [101, 101],
  index,
  to_canvas: [4, 0, 10, 0, 4, 20],
  plane: plane(5 * index),
  ...more,
});

test('motions and matrices come back', () => {
  const place = [3, -8, 21];
  near(moved(back(motion), moved(motion, place)), place);
  const m = [
    [1.1, 0.2, 5],
    [-0.1, 0.9, 3],
    [1e-4, -2e-4, 1],
  ];
  near(through(inverse3(m), through(m, [30, 70])), [30, 70]);
});

test('what files say: one frame of reference, else middle on middle', () => {
  const [a, b] = [stack(10), stack(10)];
  assert.deepEqual(given(a, b), { kind: 'reference' });
  assert.deepEqual(given(a, { ...b, frame_of_reference: '1.3' }), { kind: 'middle', mm: true });
  assert.deepEqual(given({ ...a, frame_of_reference: '' }, { ...b, frame_of_reference: '' }), {
    kind: 'middle',
    mm: true,
  });
  assert.deepEqual(given(set(), set({ spacing_mm: null })), { kind: 'middle', mm: false });
  // A fine picture on a coarse one: the middles meet, ten mm stay ten mm.
  const fine = set({ rows: 400, columns: 200, spacing_mm: [0.5, 0.25] });
  const matrix = middleMatrix(fine, set({ rows: 100, columns: 80, spacing_mm: [1, 1] }));
  near(through(matrix, [99.5, 199.5]), [39.5, 49.5]);
  near(through(matrix, [99.5 + 40, 199.5 + 20]), [39.5 + 10, 49.5 + 10]);
  near(through(middleMatrix(fine, set({ rows: 100, columns: 80, spacing_mm: null })), [100.5, 200.5]), [40.5, 50.5]);
});

test('the image at the same place, by the files and by what was found', () => {
  const [current, prior] = [stack(20), stack(10)];
  const from = { set: current, shown: seen(6) };
  assert.equal(counterpart({ kind: 'reference' }, from, prior, true), 6);
  assert.equal(
    counterpart({ kind: 'reference' }, { set: current, shown: seen(19) }, prior, true),
    null,
    'beyond its end',
  );
  // b_to_a: the prior's z is 7 mm below the current one's, so z = 30 lies at 23 there.
  const found = { kind: 'volume', found: { b_to_a: motion } };
  assert.equal(counterpart(found, from, prior, true), 5);
  assert.equal(counterpart(found, { set: prior, shown: seen(5) }, current, false), 6, 'and back');
  // Middle on middle: 20 images to 10 of the same distance.
  const nothing = { kind: 'middle', mm: true };
  assert.equal(counterpart(nothing, { set: current, shown: seen(10) }, prior, true), 5);
  assert.equal(counterpart(nothing, { set: current, shown: seen(0) }, prior, true), 0);
  const points = { kind: 'points', current: 6, prior: 2, found: { a_to_b_px: [] } };
  assert.equal(counterpart(points, from, prior, true), 2);
  assert.equal(counterpart(points, { set: prior, shown: seen(2) }, current, false), 6);
  assert.ok(!holds(points, { set: current, shown: seen(7) }, prior) && holds(points, from, prior));
});

test('pixels beside each other, and what is laid on what', () => {
  const [current, prior] = [stack(20), stack(10, { spacing_mm: [2, 2] })];
  const from = { set: current, shown: seen(6) };
  const to = { set: prior, shown: seen(5, { plane: plane(23, [2, 2], [-60, -40]) }) };
  near(across({ kind: 'reference' }, from, to, true)([50, 50]), [30, 20], 1e-9, 'the same place');
  const found = { kind: 'volume', found: { b_to_a: motion } };
  const there = across(found, from, to, true)([70, 20]);
  near(across(found, to, from, false)(there), [70, 20], 1e-9, 'and back');
  const [x, y] = moved(back(motion), [20, -30, 30]);
  near(there, [(x + 60) / 2, (y + 40) / 2]);
  const laid = layingOf(found, from, prior);
  assert.equal(laid.by, 'volume');
  near(moved(laid.matrix, [20, -30, 30]), moved(back(motion), [20, -30, 30]));
  assert.equal(
    layingOf(found, from, { ...prior, no_volume: { code: 'PIX-451' } }).by,
    'frame',
    'no volume has no planes',
  );
  assert.deepEqual(layingOf({ kind: 'middle', mm: true }, from, prior).matrix, middleMatrix(current, prior));
});

test('a picture goes along: the same place in the middle, at the same scale', () => {
  const look = plainLook();
  const lead = { shown: seen(6), look, canvas: [400, 400] };
  const other = { shown: seen(6, { to_canvas: [1, 0, 30, 0, 1, -10] }), look, canvas: [600, 300] };
  const map = ([column, row]) => [2 * column + 8, 2 * row - 4];
  const part = alongside(lead, other, map);
  // Two pixels there are one here, at 4 device pixels: 2 device pixels each, twice of what is.
  assert.equal(part.zoom, 2);
  const centre = [600 / 2, 300 / 2];
  // The zoom is about the middle of the image's own place, which the pan moves.
  const middle = map([(200 - 10) / 4, (200 - 20) / 4]);
  const place = [0, 1].map((n) => 2 * ([30, -10][n] + middle[n] - centre[n] - look.pan[n]) + centre[n] + part.pan[n]);
  near(place, centre);
  const settled = {
    shown: seen(6, { to_canvas: [2, 0, centre[0] - 2 * middle[0], 0, 2, centre[1] - 2 * middle[1]] }),
    look: { ...look, ...part },
    canvas: [600, 300],
  };
  assert.equal(alongside(lead, settled, map), null, 'once there it stays');
  assert.deepEqual(Object.keys(alongside({ ...lead, look: { ...look, flip: true } }, settled, map)).sort(), [
    'flip',
    'pan',
    'quarter_turns',
    'zoom',
  ]);
});
