// What the page decides without a browser: windows by drag, and scales with what has to be said of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './typescript.mjs';

const { dragged } = await load('www/element/look.ts');
const { barOf, onImage, regionAt, scaleOf } = await load('www/element/scale.ts');
const { written, writtenValue, writtenWindow } = await load('www/element/numbers.ts');
const { textOf } = await load('www/text/index.ts');

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
