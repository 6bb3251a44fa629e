// What the page decides about measuring without a browser: how handles move, strokes are thinned, numbers are written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './typescript.mjs';

const { ellipseIn, moved, pathOf, simplified } = await load('www/element/measure-shapes.ts');
const { labelLines, numberOf, originOf, spoken } = await load('www/element/measure-words.ts');
const { actionOf } = await load('www/element/keys.ts');
const { textOf } = await load('www/text/index.ts');

const near = (a, b, what) => assert.ok(Math.abs(a - b) < 1e-9, `${what ?? ''} ${a} ${b}`);
const middle = ([a, b], [c, d]) => [(a + c) / 2, (b + d) / 2];

test('the axes of an ellipse keep their middle and stay at right angles, whichever end is moved', () => {
  for (const at of [0, 1, 2, 3]) {
    let ends = ellipseIn([10, 20], [50, 40]);
    for (const to of [
      [90, 70],
      [-30, 12],
      [30, -80],
      [31, 31],
    ]) {
      const before = ends;
      ends = moved('ellipse', ends, at, to);
      near(ends[at][0], to[0]);
      near(ends[at][1], to[1]);
      const [a, b, c, d] = ends;
      for (const k of [0, 1]) {
        near(middle(a, b)[k], 30, 'middle');
        near(middle(c, d)[k], 30, 'middle');
      }
      near((b[0] - a[0]) * (d[0] - c[0]) + (b[1] - a[1]) * (d[1] - c[1]), 0, 'right angle');
      const other = at < 2 ? [2, 3] : [0, 1];
      const long = (all) => Math.hypot(...all[other[1]].map((v, k) => v - all[other[0]][k]));
      near(long(ends), long(before), 'the other axis keeps its length');
    }
  }
  assert.deepEqual(
    moved(
      'length',
      [
        [0, 0],
        [1, 1],
      ],
      1,
      [5, 6],
    ),
    [
      [0, 0],
      [5, 6],
    ],
  );
});

test('a stroke keeps its shape with few points', () => {
  const circle = Array.from({ length: 400 }, (_, i) => [50 + 40 * Math.cos(i / 63), 50 + 40 * Math.sin(i / 63)]);
  const few = simplified(circle, 0.5);
  assert.ok(few.length < 60 && few.length > 12, few.length);
  // No point of the stroke is farther from the line than was asked for.
  for (const [x, y] of circle) {
    const far = few.slice(1).map((b, i) => {
      const a = few[i];
      const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
      const t = Math.min(Math.max(((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy), 0), 1);
      return Math.hypot(a[0] + t * dx - x, a[1] + t * dy - y);
    });
    assert.ok(Math.min(...far) <= 0.5 + 1e-9);
  }
  assert.deepEqual(
    simplified(
      [
        [1, 1],
        [2, 2],
      ],
      1,
    ),
    [
      [1, 1],
      [2, 2],
    ],
  );
});

test('what is drawn', () => {
  assert.equal(
    pathOf('length', [
      [0, 0],
      [3, 4],
    ]),
    'M0.00 0.00L3.00 4.00',
  );
  assert.ok(
    pathOf('polygon', [
      [0, 0],
      [3, 4],
      [5, 0],
    ]).endsWith('Z'),
  );
  // The borders of the heart are let down on the line of the thorax at right angles.
  assert.ok(
    pathOf('cardiothoracic', [
      [2, 1],
      [6, 2],
      [0, 9],
      [10, 9],
    ]).includes('M2.00 1.00L2.00 9.00'),
  );
  for (const kind of ['ellipse', 'cobb', 'cardiothoracic', 'arrow', 'probe', 'text']) pathOf(kind, [[1, 1]]);
  assert.equal(pathOf('length', []), '');
});

test('numbers and where their spacing comes from, in both languages', () => {
  for (const [value, unit, want] of [
    [23.44, 'mm', '23.4'],
    [0.5, 'mm', '0.500'],
    [123.4, 'mm2', '123'],
    [41.27, 'deg', '41.3'],
    [0.514, '1', '0.51'],
    [-1000.2, 'HU', '-1000.2'],
    [3.149, 'g/ml', '3.15'],
  ])
    assert.equal(numberOf(value, unit), want);
  const origins = [
    'fiducial',
    'geometry',
    'calibrated',
    'unknown',
    'imager',
    'magnified',
    'region',
    'film',
    'user',
    'none',
    'outside',
    'report',
  ];
  for (const from of origins) {
    const origin = { from, factor: 1.066, label: '?' };
    assert.ok(!originOf(textOf('en'), origin).includes('?'), from);
    assert.ok(/\p{Script=Han}/u.test(originOf(textOf('zh'), origin)), from);
  }
  assert.equal(originOf(textOf('en'), { from: 'pixel-spacing', factor: 1, label: '' }), '');
  const computed = {
    values: [{ name: 'length', value: 5, unit: 'mm' }],
    origin: { from: 'imager', factor: 1, label: 'at detector' },
    statistics: [],
    notes: [],
  };
  assert.deepEqual(labelLines(textOf('en'), { kind: 'length', text: '', computed }), ['5.0 mm (at detector)']);
  assert.equal(spoken(textOf('zh'), { kind: 'length', text: '肝', computed }), '长度, 肝, 5.0 mm (探测器平面)');
});

test('keys: tools, undoing; what has Ctrl is otherwise the browser’s', () => {
  const key = (key, more = {}) =>
    actionOf({ key, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, ...more });
  assert.equal(key('d'), 'measure-length');
  assert.equal(key('D', { shiftKey: true }), 'measurements');
  assert.equal(key('z', { ctrlKey: true }), 'undo');
  assert.equal(key('Z', { ctrlKey: true, shiftKey: true }), 'redo');
  assert.equal(key('y', { metaKey: true }), 'redo');
  assert.equal(key('c', { ctrlKey: true }), undefined);
  assert.equal(key('z'), 'tool-zoom');
  assert.equal(key('l'), 'rotate-left');
});
