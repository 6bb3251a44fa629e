// How the bench calls Negatoscope's model module. Nothing else in benches/ knows its door; the same file works in a worker and in Node.

/** Starts the module below `base`; in Node `binary` has the WebAssembly's bytes. */
export async function start({ base, binary }) {
  const { default: init, RawNetwork } = await import(`${base}negatoscope_model.js`);
  if (!RawNetwork) throw new Error('pkg/model has no RawNetwork');
  await init({ module_or_path: binary ?? `${base}negatoscope_model_bg.wasm` });
  return {
    /** A network for inputs of one shape. `run` takes float32 values and gives those of all outputs, one after the other. */
    load(bytes, shape) {
      const network = new RawNetwork(bytes, Uint32Array.from(shape));
      return { run: (values) => network.run(values), free: () => network.free() };
    },
  };
}

/**
 * One input on several workers at once, when the module can share a run: (workers, values) → values. Until then undefined, and what two workers
 * do is measured as throughput.
 */
export const split = undefined;
