// The cards of the shipped models say what their figures.json says, of the files that are there; and what --check takes for a difference.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { agreement, differences, marked, measured, words } from './cards.mjs';
import { root } from './lib.mjs';

test('every card says what its figures say', () => {
  const names = measured();
  assert.ok(names.length >= 2);
  for (const name of names) {
    const read = (file) => readFileSync(join(root, 'models', name, file));
    const figures = JSON.parse(read('figures.json'));
    const card = read('CARD.md').toString();
    assert.equal(marked(card, words(figures)), card, name);
    const { file, file_float: float, output } = JSON.parse(read('manifest.json'));
    assert.equal(figures.networks.float32.bytes, read((float ?? file).name).length);
    assert.equal(figures.networks.int8?.bytes, float && read(file.name).length);
    assert.deepEqual(
      Object.keys(figures.volumes_ml),
      output.labels.slice(1).map((l) => l.name),
    );
  }
});

test('agreement counts what either labels', () => {
  const found = agreement([0, 0, 1, 1, 2, 0], [0, 1, 1, 1, 1, 0], ['none', 'a', 'b', 'c']);
  assert.deepEqual(found, { voxels_equal: 0.5, dice: { a: 0.6667, b: 0, c: null } });
});

test('a figure beyond its tolerance is a difference', () => {
  const said = {
    networks: { int8: { bytes: 10, cpu_seconds: 3, memory_mb: 100 } },
    volumes_ml: { a: { int8: 50 } },
    agreement: { voxels_equal: 0.99, dice: { a: 0.95 } },
  };
  const cases = [
    [0, () => {}],
    [0, (f) => Object.assign(f.networks.int8, { cpu_seconds: 300 })],
    [0, (f) => Object.assign(f.networks.int8, { memory_mb: 105 })],
    [1, (f) => Object.assign(f.networks.int8, { memory_mb: 125 })],
    [1, (f) => Object.assign(f.networks.int8, { bytes: 11 })],
    [0, (f) => Object.assign(f.volumes_ml.a, { int8: 50.4 })],
    [1, (f) => Object.assign(f.volumes_ml.a, { int8: 51 })],
    [1, (f) => Object.assign(f.agreement, { voxels_equal: 0.985 })],
    [0, (f) => Object.assign(f.agreement.dice, { a: 0.945 })],
    [1, (f) => Object.assign(f.agreement.dice, { a: 0.93 })],
    [1, (f) => Object.assign(f, { agreement: undefined })],
  ];
  for (const [count, change] of cases) {
    const found = structuredClone(said);
    change(found);
    assert.equal(differences(said, found).length, count, String(change));
  }
});
