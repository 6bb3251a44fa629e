// One engine with one network, in a worker of its own. Answers {id, kind, …} with {id, …} or {id, failed}.

// Every memory that WebAssembly gets in this worker, made outside (onnxruntime-web) or inside (ours): what was reserved at the most, since it never shrinks.
const memories = new Set();
const { Memory, instantiate, instantiateStreaming } = WebAssembly;
WebAssembly.Memory = class extends Memory {
  constructor(...given) {
    super(...given);
    memories.add(this);
  }
};
const watch = (found) => {
  for (const one of Object.values((found.instance ?? found).exports)) if (one instanceof Memory) memories.add(one);
  return found;
};
WebAssembly.instantiate = (...given) => instantiate.call(WebAssembly, ...given).then(watch);
WebAssembly.instantiateStreaming = (...given) => instantiateStreaming.call(WebAssembly, ...given).then(watch);

let network;
let values;

/** Fetches a file as bytes. */
async function bytes(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

const work = {
  /** Starts the engine and reads the network. */
  async load({ engine, base, threads, file, shape, input, settings }) {
    values = new Float32Array((await bytes(input)).buffer);
    const begin = performance.now();
    const [{ start }, model] = await Promise.all([import(`./${engine}.mjs`), bytes(file)]);
    const engineStarted = await start({ base, threads });
    network = await engineStarted.load(model, shape, settings);
    return { ms: performance.now() - begin };
  },
  /** Runs, and gives what came out. */
  async output() {
    const begin = performance.now();
    const output = await network.run(values);
    const ms = performance.now() - begin;
    // Never a view of the engine's memory.
    return { ms, output: Float32Array.from(output) };
  },
  /** Runs at least `least` times and until `ms` have passed; gives the time of each. */
  async run({ ms, least }) {
    const times = [];
    const begin = performance.now();
    while (times.length < least || performance.now() - begin < ms) {
      const from = performance.now();
      await network.run(values);
      times.push(performance.now() - from);
    }
    return { times };
  },
  memory: () => ({ bytes: [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength, 0) }),
};

addEventListener('message', async ({ data }) => {
  if (data?.id === undefined) return;
  try {
    postMessage({ id: data.id, ...(await work[data.kind](data)) });
  } catch (error) {
    postMessage({ id: data.id, failed: String(error?.message ?? error).split('\n')[0] });
  }
});
