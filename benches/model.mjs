// usage: node benches/model.mjs --volume FOLDER [--model NAME] [--float] [--budget MIB] [--labels FILE.npy] [--out FILE.u8] [--rivals DIR]
//
// Seconds and peak memory of a model in the wasm runtime (pkg/model, made by scripts/build.mjs), in this Node, one thread.
// FOLDER holds volume.f32 and volume.json as scripts/oracles/meshnet_reference.py writes them. With --labels the label map is held
// against one that `negatoscope analyze --out` wrote; --out writes it (one byte a voxel, first index along a row), for
// scripts/oracles/meshnet_compare.py. --rivals DIR (a folder in which `npm install onnxruntime-web` was run): onnxruntime-web on the same box as
// a whole, its float network, one thread, and on how many voxels of it the labels differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, flag, option, root, usage } from '../scripts/lib.mjs';

usage(
  'usage: node benches/model.mjs --volume FOLDER [--model NAME] [--float] [--budget MIB] [--labels FILE.npy] [--out FILE.u8] [--rivals DIR]',
  ['help', 'volume', 'model', 'float', 'budget', 'labels', 'out', 'rivals'],
);
const folder = option('volume') ?? fail('--volume FOLDER is needed');
const model = option('model', 'brain-tissue-light');
const float = flag('float');
const budget = Number(option('budget', '768'));

const { default: init, Runtime } = await import('../pkg/model/negatoscope_model.js');
const start = performance.now();
const wasm = await init({ module_or_path: readFileSync(join(root, 'pkg/model/negatoscope_model_bg.wasm')) });
const loaded = performance.now() - start;
const about = JSON.parse(readFileSync(join(folder, 'volume.json'), 'utf8'));
const bytes = readFileSync(join(folder, 'volume.f32'));
const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
const request = {
  kind: 'analyze',
  model,
  input: folder,
  about: {
    facts: {
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
    },
    dims: about.dims,
    origin_mm: about.origin,
    steps_mm: about.steps,
    unsigned_bytes: about.bytes,
  },
  float,
  budget_bytes: budget * 2 ** 20,
};
const runtime = new Runtime(readFileSync(join(root, 'models', model, 'manifest.json')));
const network = readFileSync(join(root, 'models', model, runtime.file(float)));
let steps = 0;
const cpu = process.cpuUsage();
const reply = runtime.analyze(JSON.stringify(request), values, network, () => {
  steps += 1;
});
const { user, system } = process.cpuUsage(cpu);
const answer = JSON.parse(reply.json);
if (answer.kind !== 'found') fail(JSON.stringify(answer));
const { finding } = answer;
const labels = reply.takeBytes();
console.log(
  JSON.stringify({
    model,
    float,
    dims: about.dims,
    budget_mib: budget,
    wasm_load_ms: Math.round(loaded),
    seconds: finding.seconds,
    cpu_seconds: (user + system) / 1e6,
    peak_mb: Math.round(finding.peak_bytes / 1e6),
    memory_mb: Math.round(wasm.memory.buffer.byteLength / 1e6),
    notices: steps,
    volumes_ml: finding.label_map.volumes_ml,
    warnings: finding.warnings,
  }),
);
if (option('out')) writeFileSync(option('out'), labels);
const other = option('labels');
if (other) {
  const npy = readFileSync(other);
  const theirs = npy.subarray(10 + npy.readUInt16LE(8));
  let differ = labels.length === theirs.length ? 0 : Math.max(labels.length, theirs.length);
  for (let i = 0; i < labels.length && differ < labels.length; i += 1) differ += labels[i] === theirs[i] ? 0 : 1;
  console.log(`${differ} of ${labels.length} labels differ from ${other}`);
  process.exitCode = differ > labels.length / 1e5 ? 1 : 0;
}
const rivals = option('rivals');
if (rivals) await beside(resolve(rivals));

/** The box that the network sees, through onnxruntime-web as a whole. */
async function beside(folder) {
  const job = runtime.label(JSON.stringify(request), values, network, () => {});
  if (!job) fail(`${model} cannot be run plane by plane`);
  job.cut(undefined, () => {});
  const [d, h, w] = job.dims;
  const input = job.planes(0, d);
  const begun = performance.now();
  const own = job.label(0, d, () => {});
  const ours = performance.now() - begun;
  job.free();
  const memory = [];
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor(...given) {
      super(...given);
      memory.push(this);
    }
  };
  const { start } = await import('./inference/ort.mjs');
  const base = pathToFileURL(join(folder, 'node_modules/onnxruntime-web/dist/')).href;
  const rival = await start({ base, threads: 1, node: true });
  const shape = [1, 1, d, h, w];
  const bytes = readFileSync(join(root, 'models', model, runtime.floatFile));
  const before = process.cpuUsage();
  const from = performance.now();
  const output = await (await rival.load(new Uint8Array(bytes), shape)).run(input);
  const used = process.cpuUsage(before);
  const places = d * h * w;
  const channels = output.length / places;
  let differ = 0;
  for (let at = 0; at < places; at += 1) {
    let best = 0;
    for (let c = 1; c < channels; c += 1) if (output[c * places + at] > output[best * places + at]) best = c;
    differ += best === own[at] ? 0 : 1;
  }
  console.log(
    JSON.stringify({
      rival: 'onnxruntime-web, float32, one thread: load and run',
      box: [d, h, w],
      our_run_seconds: ours / 1000,
      seconds: (performance.now() - from) / 1000,
      cpu_seconds: (used.user + used.system) / 1e6,
      memory_mb: Math.round(memory.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) / 1e6),
      labels_that_differ: differ,
    }),
  );
}
