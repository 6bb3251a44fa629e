// How the bench calls onnxruntime-web: its WebAssembly backend alone, in its smallest build (the one that its own documentation names for that).

/** The settings that are tried for a kind of network; the fastest is what it is measured with. */
export const settings = {
  f32: { default: {} },
  // Its rewriting to integer operators is a loss where its integer kernels are slow (3-D, depthwise): without it the network runs in float.
  // (enable_quant_qdq_cleanup beside it is 10 % faster still and wrong: the clamp of QuantizeLinear, into which the quantizer folds ReLU, goes with it.)
  qdq: { default: {}, 'in float': { extra: { session: { disable_quant_qdq: '1' } } } },
  qop: { default: {} },
};

/** Starts it below `base`, onnxruntime-web's dist/; `node` takes its build for Node. */
export async function start({ base, threads, node = false }) {
  const ort = await import(`${base}${node ? 'ort.node.min.mjs' : 'ort.wasm.bundle.min.mjs'}`);
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = node ? base : { wasm: `${base}ort-wasm-simd-threaded.wasm` };
  return {
    async load(bytes, shape, more) {
      const session = await ort.InferenceSession.create(bytes, {
        executionProviders: ['wasm'],
        graphOptimizationLevel: 'all',
        ...more,
      });
      const run = async (values) => {
        const found = await session.run({ [session.inputNames[0]]: new ort.Tensor('float32', values, shape) });
        const outputs = session.outputNames.map((name) => found[name].data);
        if (outputs.length === 1) return outputs[0];
        const all = new Float32Array(outputs.reduce((sum, { length }) => sum + length, 0));
        let at = 0;
        for (const one of outputs) {
          all.set(one, at);
          at += one.length;
        }
        return all;
      };
      return { run, free: () => session.release() };
    },
  };
}
