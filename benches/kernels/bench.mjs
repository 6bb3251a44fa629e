// The kernels beside onnxruntime-web (one thread), layer by layer, interleaved in one process; CPU time, minimum of several.
// usage, in a folder where `npm install onnxruntime-web` was run and models.py has written models/ (needs onnx, numpy):
//   RUSTFLAGS=-Ctarget-feature=+simd128 cargo build --release --target wasm32-unknown-unknown     in door/
//   node REPOSITORY/benches/kernels/bench.mjs WASM [f32|q8|both] [filter] [lanes] [noort]
import fs from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const here = process.cwd();
const web = join(here, 'node_modules/onnxruntime-web/dist/');
const ort = await import(pathToFileURL(`${web}ort.node.min.mjs`).href);
const dir = join(here, 'models/');
const [wasm, what = 'both', filter = '', lanes = '0', noOrt = ''] = process.argv.slice(2);
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';
ort.env.wasm.wasmPaths = pathToFileURL(web).href;
const table = JSON.parse(fs.readFileSync(`${dir}table.json`));
const bytes = fs.readFileSync(wasm);
const module = await WebAssembly.compile(bytes);
const cpu = () => {
  const u = process.cpuUsage();
  return u.user / 1e3 + u.system / 1e3;
};
const _out = [];
// Compilers work on other threads for seconds after the start, and their CPU time would be counted: wait for them.
if (!noOrt)
  for (const kind of ['f32', 'q8']) {
    const t = table[1],
      session = await ort.InferenceSession.create(`${dir}1.${kind}.onnx`, { executionProviders: ['wasm'] });
    const x = new ort.Tensor(
      kind === 'f32' ? 'float32' : 'uint8',
      kind === 'f32' ? new Float32Array(64 * 56 * 56) : new Uint8Array(64 * 56 * 56),
      t.dims,
    );
    for (const end = Date.now() + 2000; Date.now() < end; ) await session.run({ x });
    await session.release();
  }
await new Promise((r) => setTimeout(r, 4000));
for (const kind of what === 'both' ? ['f32', 'q8'] : [what])
  for (const [i, t] of table.entries()) {
    if (filter && !new RegExp(filter).test(t.name)) continue;
    const { exports: x } = await WebAssembly.instantiate(module, {});
    const put = (b) => {
      const at = x.alloc(b.byteLength);
      new Uint8Array(x.memory.buffer, at, b.byteLength).set(new Uint8Array(b.buffer, b.byteOffset, b.byteLength));
      return at;
    };
    const file = (n) => put(fs.readFileSync(`${dir}${i}.${n}.bin`));
    const places = t.extent[0] * t.extent[1] * t.extent[2],
      n = places * t.ci;
    const outPlaces = t.output[0] * t.output[1] * t.output[2],
      m = outPlaces * t.co;
    const f = kind === 'f32';
    const planar = f ? new Float32Array(n) : new Uint8Array(n);
    let seed = 1;
    for (let j = 0; j < n; j++) {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      planar[j] = f ? seed / 0x40000000 - 1 : (seed >> 16) & 255;
    }
    const last = f ? new Float32Array(n) : new Uint8Array(n);
    for (let c = 0; c < t.ci; c++) for (let p = 0; p < places; p++) last[p * t.ci + c] = planar[c * places + p];
    const input = put(last),
      output = x.alloc(m * (f ? 4 : 1));
    const p = Uint32Array.from(t.p);
    p[21] = +lanes;
    const w = f ? file('w') : file('q'),
      b = f ? file('b') : file('qb'),
      s = file('qs'),
      pp = put(p);
    const job = x.make(f ? 0 : 1, pp, w, b, s, 0);
    const engines = {
      own: async () => {
        if (!x.run(job, input, n, output, m)) throw 'not run';
      },
    };
    let session;
    if (!noOrt) {
      session = await ort.InferenceSession.create(`${dir}${i}.${kind}.onnx`, { executionProviders: ['wasm'] });
      const feed = { x: new ort.Tensor(f ? 'float32' : 'uint8', planar, t.dims) };
      engines.ort = async () => (await session.run(feed)).y;
    }
    if (f && /meshnet/.test(t.name)) {
      const old = x.make(2, pp, w, b, s, 0),
        in2 = put(planar),
        out2 = x.alloc(m * 4);
      engines.old = async () => x.run(old, in2, n, out2, m);
    }
    const best = {},
      _each = {},
      inner = {};
    for (const [name, run] of Object.entries(engines)) {
      let from = cpu();
      await run();
      let one = cpu() - from;
      for (let k = 0; k < 3 && one < 1500; k++) {
        from = cpu();
        await run();
        one = Math.min(one, cpu() - from);
      }
      inner[name] = Math.max(1, Math.min(200, Math.ceil(25 / one)));
      best[name] = one;
      // Tier-up of the compiler.
      for (let k = 0; k < 400 && one * k < 150; k++) await run();
      await new Promise((r) => setTimeout(r, 100));
    }
    const rounds = Math.max(...Object.values(best)) > 1000 ? 2 : 9;
    for (let r = 0; r < rounds; r++)
      for (const [name, run] of Object.entries(engines)) {
        const from = cpu();
        for (let k = 0; k < inner[name]; k++) await run();
        best[name] = Math.min(best[name], (cpu() - from) / inner[name]);
      }
    let off = '';
    if (session) {
      const y = (await engines.ort()).data,
        own = f ? new Float32Array(x.memory.buffer, output, m) : new Uint8Array(x.memory.buffer, output, m);
      let worst = 0,
        count = 0;
      for (let c = 0; c < t.co; c++)
        for (let q = 0; q < outPlaces; q++) {
          const d = Math.abs(y[c * outPlaces + q] - own[q * t.co + c]);
          if (d > worst || Number.isNaN(d)) worst = d;
          if (d) count++;
        }
      off = f ? worst.toExponential(1) : `${worst} in ${((count / m) * 100).toFixed(4)}%`;
      await session.release();
    }
    const rate = (name) => (best[name] ? (2 * t.macs) / best[name] / 1e6 : 0);
    const row =
      `${kind.padEnd(4)}${t.name.padEnd(30)} own ${rate('own').toFixed(1).padStart(6)}  ort ${rate('ort').toFixed(1).padStart(6)}  own/ort ${(best.ort / best.own).toFixed(2).padStart(6)}` +
      (best.old ? `  old ${rate('old').toFixed(1).padStart(6)} own/old ${(best.old / best.own).toFixed(2)}` : '') +
      `  off ${off}`;
    console.log(row);
  }
