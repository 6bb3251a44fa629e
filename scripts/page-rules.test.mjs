// What the page decides without a browser: windows by drag, scales with what has to be said of them, planes of a volume.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './typescript.mjs';

const { dragged } = await load('www/element/look.ts');
const { barOf, onImage, regionAt, scaleOf } = await load('www/element/scale.ts');
const { written, writtenValue, writtenWindow } = await load('www/element/numbers.ts');
const { textOf } = await load('www/text/index.ts');
const { meeting, nearestImage } = await load('www/element/places.ts');
const { Mpr, bases, outwards } = await load('www/element/mpr.ts');

test('a width never becomes negative, however far the drag', () => {
  for (const width of [4000, 1, 1e-3, 0, -50]) {
    let window = { center: 40, width };
    for (const dx of [-10, -100_000, -100_000, 3, -1]) {
      window = dragged(window, dx, 0);
      assert.ok(window.width > 0, `${width}: ${window.width}`);
    }
    // And it comes back.
    assert.ok(dragged(window, 512, 0).width > window.width);
  }
  const wider = dragged({ center: 40, width: 512 }, 10, -5);
  assert.deepEqual(wider, { width: 522, center: 35 });
});

/** A picture at two device pixels a pixel, from (100, 50). */
const shown = (more) => ({
  device_pixels_per_mm: [4, 4],
  spacing_from: 'pixel-spacing',
  magnification: 1,
  regions: [],
  to_canvas: [2, 0, 100, 0, 2, 50],
  ...more,
});

test('every origin of a spacing has its words, in both languages', () => {
  const en = {
    'pixel-spacing': '',
    fiducial: 'calibrated: fiducial',
    geometry: 'calibrated: geometry',
    calibrated: 'calibrated',
    unknown: 'calibration unknown',
    imager: 'at detector',
    magnified: 'est. magnification 1.07',
    film: 'film',
  };
  for (const [spacing_from, label] of Object.entries(en)) {
    const one = shown({ spacing_from, magnification: 1.066 });
    assert.deepEqual(scaleOf(one, textOf('en'), []), { perUnit: 4, unit: 'mm', label }, spacing_from);
    const zh = scaleOf(one, textOf('zh'), []).label;
    assert.equal(/\p{Script=Han}/u.test(zh), label !== '', `${spacing_from}: ${zh}`);
  }
  const none = shown({ spacing_from: 'none', device_pixels_per_mm: null });
  assert.equal(scaleOf(none, textOf('en'), []), textOf('en').scaleNone);
});

const tissue = { bounds: [0, 0, 99, 49], units: ['cm', 'cm'], steps: [0.02, 0.04] };
const doppler = { bounds: [0, 50, 99, 99], units: ['s', 'cm/s'], steps: [0.005, 1.5] };
const trace = { bounds: [0, 90, 99, 99], units: ['s', ''], steps: [0.005, 0] };

test('an ultrasound scale is that of the region under the pointer, else of the middle', () => {
  const text = textOf('en');
  const regions = [tissue, doppler, trace];
  const us = shown({ spacing_from: 'region', regions });
  const at = (...points) => scaleOf(us, text, points);
  const label = text.scale_region;
  assert.deepEqual(at([10, 10]), { perUnit: 2 / 0.4, unit: 'mm', label });
  assert.deepEqual(at([10, 60], [10, 10]), { perUnit: 2 / 1.5, unit: 'cm/s', label }, 'the pointer comes first');
  assert.deepEqual(at([500, 60], [10, 10]), at([10, 10]), 'a pointer beside all regions says nothing');
  assert.equal(at([10, 95]), text.scaleOutside, 'a trace without a unit');
  assert.equal(at([500, 60]), text.scaleOutside, 'not the scale of the whole picture');
  assert.equal(regionAt(regions, [10, 95]), trace, 'the smallest');
  assert.equal(regionAt(regions, [99.6, 10]), undefined);
  // After a quarter turn the columns' unit is upright.
  const turned = { ...us, to_canvas: [0, -2, 300, 2, 0, 50] };
  assert.deepEqual(scaleOf(turned, text, [[10, 60]]), { perUnit: 2 / 0.005, unit: 's', label });
  assert.deepEqual(onImage(turned, 280, 70), [10, 10]);
  assert.deepEqual(onImage(us, 120, 70), [10, 10]);
});

test('regions of a picture with a spacing of its own do not measure it', () => {
  const text = textOf('en');
  const one = shown({ spacing_from: 'pixel-spacing', regions: [tissue] });
  assert.deepEqual(scaleOf(one, text, [[500, 60]]), { perUnit: 4, unit: 'mm', label: '' });
  const none = shown({ spacing_from: 'none', device_pixels_per_mm: null, regions: [tissue] });
  assert.equal(scaleOf(none, text, [[500, 60]]), text.scaleOutside);
});

test('no value is written so short that nothing is left of it', () => {
  assert.deepEqual(
    [0.0007, -0.00123, 0.85, 4.236, 1234.5, 0, 1e-7].map((value) => written(value, 2)),
    ['0.000700', '-0.00123', '0.850', '4.24', '1234.50', '0.00', '1.00e-7'],
  );
  assert.deepEqual([376, 0.0007, 2.34567, -31.25].map(writtenValue), ['376', '0.000700', '2.346', '-31.3']);
  const window = (center, width) => [writtenWindow(width, width), writtenWindow(center, width)];
  assert.deepEqual(window(40, 400), ['400', '40']);
  assert.deepEqual(window(0.5, 1), ['1.00', '0.50']);
  assert.deepEqual(window(0.00125, 0.0025), ['0.00250', '0.00125']);
});

test('bars have round lengths and say their unit', () => {
  const bar = (perUnit, unit, ratio = 1) => barOf({ perUnit, unit, label: '' }, ratio, 220);
  assert.deepEqual(bar(4, 'mm'), { height: 200, name: '5 cm' });
  assert.deepEqual(bar(4, 'mm', 2), { height: 200, name: '10 cm' });
  assert.deepEqual(bar(100, 'mm'), { height: 200, name: '2 mm' });
  assert.deepEqual(bar(400, 's'), { height: 200, name: '0.5 s' });
  assert.deepEqual(bar(2, 'cm/s'), { height: 200, name: '100 cm/s' });
  assert.equal(bar(1e9, 'mm'), undefined);
});

const axial = {
  plane: { position_mm: [-50, -50, 10], row: [1, 0, 0], column: [0, 1, 0], spacing_mm: [1, 1], step_mm: 2 },
  size: [101, 101],
};
const sagittal = { position_mm: [5, -80, 90], row: [0, 1, 0], column: [0, 0, -1], spacing_mm: [1, 1], step_mm: 2 };

test('an image cuts a plane along its own width, and no parallel one', () => {
  const ends = meeting(axial, sagittal);
  assert.deepEqual(
    ends?.map((end) => end.map(Math.round)).sort((a, b) => a[1] - b[1]),
    [
      [5, -50, 10],
      [5, 51, 10],
    ],
  );
  assert.equal(meeting(axial, { ...axial.plane, position_mm: [0, 0, 90] }), null);
  // An image that ends before the plane.
  assert.equal(meeting(axial, { ...sagittal, position_mm: [80, 0, 0] }), null);
});

test('the image of another stack at the same place, if there is one', () => {
  const line = { origin_mm: [0, 0, -20], normal: [0, 0, 1], places_mm: [0, 9, 18, 27] };
  const at = (z, normal = [0, 0, 1]) => nearestImage({ line }, [3, 4, z], normal);
  assert.deepEqual([at(-20), at(-12), at(-15), at(6.9)], [0, 1, 1, 3]);
  assert.equal(at(7, [0, 0, -1]), 3, 'from the other side');
  assert.equal(at(7, [1, 0, 0]), null, 'of another direction');
  assert.equal(at(60), null, 'far beyond its end');
  assert.equal(nearestImage({ line: null }, [0, 0, 0], [0, 0, 1]), null);
});

test('planes of a volume stay at right angles, however they are turned', () => {
  const info = { centre_mm: [1, 2, 3], voxel_mm: 0.5, dims: [10, 10, 10], suited: 'mr' };
  const told = [];
  const mpr = new Mpr({}, { key: 0 }, '', info, (what) => told.push(what));
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  for (let n = 0; n < 200; n += 1) mpr.turn(bases[n % 3], 0.11 * (n + 1));
  const normals = bases.map((base) => mpr.lies(base).normal);
  for (const [n, normal] of normals.entries()) {
    assert.ok(Math.abs(dot(normal, normal) - 1) < 1e-9);
    assert.ok(Math.abs(dot(normal, normals[(n + 1) % 3])) < 1e-6);
  }
  assert.ok(mpr.turned && told.length === 200);
  mpr.reset();
  assert.ok(!mpr.turned);
  mpr.nudge('coronal', 2, 4);
  assert.deepEqual(mpr.centre, [2, 2, 1], 'down in a coronal plane is towards the feet');
  mpr.moveTo([1e9, 2, 3]);
  assert.ok(Math.abs(mpr.centre[0]) < 100, 'never far away from the volume');
  mpr.setSlab('mean', -5);
  assert.equal(mpr.thickness, 0);
  mpr.orbit(-60, 500);
  assert.deepEqual([mpr.cast.azimuth, mpr.cast.elevation], [30, 90]);
  mpr.end();
});

test('a picture is computed from its middle outwards, every row once', () => {
  assert.deepEqual(outwards(200, 48), [96, 48, 144, 0, 192]);
  assert.deepEqual(outwards(10, 48), [0]);
});
