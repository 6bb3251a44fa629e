// How the bench calls Negatoscope's model module. Nothing else in benches/ knows its door; the same file works in a worker and in Node.

/** What was thrown, a failure as JSON text, as an error with one sentence. */
function sentence(thrown) {
  try {
    const { code, cause, detail } = JSON.parse(thrown);
    return new Error([code, cause, detail].filter(Boolean).join(': '));
  } catch {
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}

/** Calls, and says in a sentence what failed. */
function tell(work) {
  try {
    return work();
  } catch (thrown) {
    throw sentence(thrown);
  }
}

/** Valid where there is relaxed SIMD, as www/workers/runtime.ts asks. */
const probe = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 128, 2, 11,
]);

/** Starts the module below `base`, the one that the page would take; in Node `binary` has the WebAssembly's bytes. */
export async function start({ base, binary }) {
  const relaxed = !binary && WebAssembly.validate(probe);
  const folder = binary ? base : `${base}${relaxed ? 'model-relaxed' : 'model'}/`;
  const name = relaxed ? 'negatoscope_model_relaxed' : 'negatoscope_model';
  const { default: init, RawNetwork } = await import(`${folder}${name}.js`);
  if (!RawNetwork) throw new Error('pkg/model has no RawNetwork');
  await init({ module_or_path: binary ?? `${folder}${name}_bg.wasm` });
  return {
    /** A network for inputs of one shape. `run` takes float32 values and gives those of all outputs, one after the other. */
    load(bytes, shape) {
      const network = tell(() => new RawNetwork(bytes, Uint32Array.from(shape)));
      return { run: (values) => tell(() => network.run(values)), free: () => network.free() };
    },
  };
}

/**
 * One input on several workers at once, when the module can share a run: (workers, values) → values. Until then undefined, and what two workers
 * do is measured as throughput.
 */
export const split = undefined;
