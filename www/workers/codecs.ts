// Codecs in wasm modules of their own: loaded by the worker that first meets a frame of theirs, and by nobody before.
import * as jpegXl from '../../pkg/jpeg-xl/negatoscope_jpeg_xl.js';

/** What every such module exports (src/web/decode.rs). */
interface Door {
  initSync(module: { module: WebAssembly.Module }): unknown;
  decodeFrame(job: string, bytes: Uint8Array): { json: string; bytes(): Uint8Array; free(): void };
}

/** By the name that the table of src/codec/registry.rs gives them, a line each. */
const codecs: Record<string, { door: Door; wasm: URL }> = {
  'jpeg-xl': {
    door: jpegXl,
    wasm: new URL('../../pkg/jpeg-xl/negatoscope_jpeg_xl_bg.wasm', import.meta.url),
  },
};

/** Fetches and compiles a wasm module. */
export async function compile(url: URL): Promise<WebAssembly.Module> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status}`);
  // A host that does not know the type of wasm: compile it from its bytes.
  return response.headers.get('content-type')?.startsWith('application/wasm')
    ? WebAssembly.compileStreaming(response)
    : WebAssembly.compile(await response.arrayBuffer());
}

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** A codec's module, compiled once; a failure is forgotten, so that the next one who asks tries again. */
export function compiledCodec(name: string): Promise<WebAssembly.Module> {
  const url = codecs[name]?.wasm;
  if (!url) return Promise.reject(new Error(`no codec ${name}`));
  let module = compiled.get(name);
  if (!module) {
    module = compile(url);
    module.catch(() => compiled.delete(name));
    compiled.set(name, module);
  }
  return module;
}

/** Decodes a frame; throws a refusal as JSON text. */
export type Decode = (job: string, bytes: Uint8Array) => [answer: string, values: Uint8Array];

/** How the exports of any module that decodes are called. */
export const decoder =
  ({ decodeFrame }: Pick<Door, 'decodeFrame'>): Decode =>
  (job, bytes) => {
    const reply = decodeFrame(job, bytes);
    const values = reply.bytes();
    const { json } = reply;
    reply.free();
    return [json, values];
  };

/** Starts a codec's compiled module in this worker. */
export function startCodec(name: string, module: WebAssembly.Module): Decode {
  const door = codecs[name]?.door;
  if (!door) throw new Error(`no codec ${name}`);
  door.initSync({ module });
  return decoder(door);
}
