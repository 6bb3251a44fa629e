// One network of one model folder on one volume, in a process of its own, so that its memory is its own: what scripts/cards.mjs starts.
// usage: node scripts/cards-run.mjs FOLDER T1.nii.gz LABELS.u8 [--float]      → a line of JSON; the labels, one byte a voxel
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root } from './lib.mjs';

const [folder, t1, out] = process.argv.slice(2);
const float = process.argv.includes('--float');

/** A NIfTI-1 file of unsigned bytes: values, columns fastest; origin and steps in mm, LPS. */
export function nifti(path) {
  const raw = gunzipSync(readFileSync(path));
  const dims = [1, 2, 3].map((axis) => raw.readInt16LE(40 + 2 * axis));
  if (raw.readInt32LE(0) !== 348 || raw.readInt16LE(70) !== 2) throw new Error(`${path}: no NIfTI-1 file of bytes`);
  const row = (r) => [0, 1, 2, 3].map((c) => raw.readFloatLE(280 + 16 * r + 4 * c) * (r < 2 ? -1 : 1));
  const affine = [row(0), row(1), row(2)];
  const column = (c) => affine.map((r) => r[c]);
  const start = raw.readFloatLE(108);
  const values = Float32Array.from(raw.subarray(start, start + dims[0] * dims[1] * dims[2]));
  return { dims, origin_mm: column(3), steps_mm: [0, 1, 2].map(column), values };
}

const { values, ...grid } = nifti(t1);
const { default: init, Runtime } = await import('../pkg/model/negatoscope_model.js');
const wasm = await init({ module_or_path: readFileSync(join(root, 'pkg/model/negatoscope_model_bg.wasm')) });
const facts = {
  modality: 'MR',
  body_part: 'HEAD',
  view: '',
  age_years: 40,
  descriptions: ['T1'],
  scanning_sequence: '',
  echo_time_ms: null,
  repetition_time_ms: null,
  inversion_time_ms: null,
  grey: true,
  regular: true,
  irregular_because: '',
  burned_in: false,
};
const request = {
  kind: 'analyze',
  model: folder,
  input: 't1',
  about: { facts, ...grid, unsigned_bytes: true },
  float,
  budget_bytes: 1536 * 2 ** 20,
};
const runtime = new Runtime(readFileSync(join(folder, 'manifest.json')));
const network = readFileSync(join(folder, runtime.file(float)));
// A model that crops by another one's mask is given that one as well.
if (runtime.cropModel) {
  const beside = [dirname(folder), join(root, 'models')]
    .map((parent) => join(parent, runtime.cropModel))
    .find((path) => existsSync(join(path, 'manifest.json')));
  const manifest = readFileSync(join(beside, 'manifest.json'));
  const other = new Runtime(manifest);
  runtime.setCropModel(manifest, readFileSync(join(beside, other.floatFile)));
}
const cpu = process.cpuUsage();
const reply = runtime.analyze(JSON.stringify(request), values, network, () => {});
const { user, system } = process.cpuUsage(cpu);
const answer = JSON.parse(reply.json);
if (answer.kind !== 'found') throw new Error(JSON.stringify(answer));
writeFileSync(out, reply.takeBytes());
console.log(
  JSON.stringify({
    bytes: network.length,
    cpu_seconds: (user + system) / 1e6,
    seconds: answer.finding.seconds,
    memory_bytes: wasm.memory.buffer.byteLength,
    volumes_ml: answer.finding.label_map.volumes_ml,
  }),
);
