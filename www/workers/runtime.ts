// The model runtimes: one wasm module for each, fetched when it is needed.
import * as plain from '../../pkg/model/negatoscope_model.js';

/** What every runtime exports (src/web/model.rs). */
export type Door = Pick<typeof plain, 'default' | 'Runtime' | 'PlaneLabels'>;

/** A module of two functions, of which one holds an instruction of relaxed SIMD: valid where the browser has it. */
const probe = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15,
  253, 128, 2, 11,
]);

/** Our own kernels, in the form that this browser runs fastest. Their results may differ in the last bits. */
export const own = async (): Promise<Door> => {
  const door = WebAssembly.validate(probe)
    ? ((await import('../../pkg/model-relaxed/negatoscope_model_relaxed.js')) as unknown as Door)
    : plain;
  await door.default();
  return door;
};

/** tract, which knows many more operators. */
export const large = async (): Promise<Door> => {
  const door = (await import('../../pkg/model-tract/negatoscope_model_tract.js')) as unknown as Door;
  await door.default();
  return door;
};
