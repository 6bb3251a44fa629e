// The page of benches/inference.mjs: opens sides (an engine with a network, in one worker or several), and gives them their turns.

/** A worker that answers calls. */
function open() {
  const worker = new Worker('/bench/worker.mjs', { type: 'module' });
  const waiting = new Map();
  let last = 0;
  worker.onmessage = ({ data }) => {
    const { done, failed } = waiting.get(data.id) ?? {};
    waiting.delete(data.id);
    if (data.failed) failed?.(new Error(data.failed));
    else done?.(data);
  };
  worker.onerror = (event) => {
    for (const { failed } of waiting.values()) failed(new Error(event.message || 'the worker failed'));
    waiting.clear();
  };
  return {
    call: (kind, what) =>
      new Promise((done, failed) => {
        last += 1;
        waiting.set(last, { done, failed });
        worker.postMessage({ id: last, kind, ...what });
      }),
    end: () => worker.terminate(),
  };
}

const sides = new Map();
const outputs = new Map();

globalThis.bench = {
  /** Opens a side: `workers` of it, each with the engine and the network. */
  async open(name, { workers = 1, ...what }) {
    const all = Array.from({ length: workers }, open);
    sides.set(name, all);
    for (const one of all) await one.call('load', what);
  },

  /** A first use in a page that has seen nothing: a worker, the engine, the network, one run. Times in ms. */
  async first(what) {
    const begin = performance.now();
    const worker = open();
    const { ms: loaded } = await worker.call('load', what);
    const { ms: run } = await worker.call('output');
    const all = performance.now() - begin;
    worker.end();
    return { all, loaded, run };
  },

  /** Runs once and keeps what came out, from the side's last worker. */
  async output(name) {
    const { output, ms } = await sides.get(name).at(-1).call('output');
    outputs.set(name, output);
    return ms;
  },

  /** How far two outputs are apart: the largest difference and the root mean square of all, over the root mean square of the second. */
  compare(a, b) {
    const [x, y] = [outputs.get(a), outputs.get(b)];
    if (x.length !== y.length) throw new Error(`${a} gives ${x.length} values, ${b} ${y.length}`);
    let [worst, squares, size] = [0, 0, 0];
    for (let i = 0; i < x.length; i += 1) {
      const off = x[i] - y[i];
      if (!(Math.abs(off) <= worst)) worst = Math.abs(off); // a value that is no number stays
      squares += off * off;
      size += y[i] * y[i];
    }
    return { worst: worst / Math.sqrt(size / y.length), mean: Math.sqrt(squares / size) };
  },

  /** A turn of a side with one worker: each run's time. */
  async turn(name, ms, least = 1) {
    const { times } = await sides.get(name)[0].call('run', { ms, least });
    return times;
  },

  /** A turn of a side for `inputs` inputs, shared out among its workers, all at once: the time until the last is done, of each repetition. */
  async share(name, inputs, ms, least = 1) {
    const workers = sides.get(name);
    const times = [];
    const begin = performance.now();
    while (times.length < least || performance.now() - begin < ms) {
      const from = performance.now();
      await Promise.all(workers.map((one) => one.call('run', { ms: 0, least: inputs / workers.length })));
      times.push(performance.now() - from);
    }
    return times;
  },

  /** WebAssembly memory of a side's workers together, bytes. */
  async memory(name) {
    const all = await Promise.all(sides.get(name).map((one) => one.call('memory')));
    return all.reduce((sum, { bytes }) => sum + bytes, 0);
  },

  close(name) {
    for (const one of sides.get(name) ?? []) one.end();
    sides.delete(name);
    outputs.delete(name);
  },
};
