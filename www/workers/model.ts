// The model worker: fetches a model from the page's own origin, loads the runtime's wasm, passes messages. Nothing else.
// To cancel, the page ends the worker.
import * as small from '../../pkg/model/negatoscope_model.js';
import type { Failure, FromModel, ToModel } from '../shared/protocol.ts';

declare const self: DedicatedWorkerGlobalScope;

const here = import.meta.url;
/** Where models lie: beside `assets/` in the built page; the development server has them at its root. */
const base = new URL(here.includes('/www/workers/') ? '/models/' : '../models/', here);
const say = (message: FromModel, transfer: Transferable[] = []) => self.postMessage(message, transfer);

/** What wasm throws is a failure as JSON text; what `fetched` throws is one as an object. */
class Failed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.cause);
  }
}

/** What both runtimes export (src/web/model.rs). */
type Door = Pick<typeof small, 'default' | 'Runtime'>;

/** Networks with operators that the small runtime lacks come here: tract, which knows many more, fetched when the first of them is met. */
const LACKS = 'MDL-013';
const large = () => import('../../pkg/model-tract/negatoscope_model_tract.js') as Promise<Door>;

const ready = small.default();

async function fetched(path: string): Promise<Uint8Array> {
  const failure = {
    file: path,
    code: 'MDL-012',
    cause: 'The model could not be fetched',
    hint: 'Look whether the page is still served, then try again',
  };
  const response = await fetch(new URL(path, base)).catch((error) => {
    throw new Failed({ ...failure, detail: String(error) });
  });
  if (!response.ok) throw new Failed({ ...failure, detail: `${response.status}` });
  return new Uint8Array(await response.arrayBuffer());
}

async function analyze({ id, request, bytes }: ToModel): Promise<void> {
  const folder = encodeURIComponent(request.model);
  const json = JSON.stringify(request);
  const [manifest] = await Promise.all([fetched(`${folder}/manifest.json`), ready]);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const progress = (notice: string) => say({ id, notice: JSON.parse(notice) });
  let network: Uint8Array | undefined;
  const run = async ({ Runtime }: Door) => {
    const runtime = new Runtime(manifest);
    try {
      // What the manifest excludes costs no network.
      runtime.check(json);
      network ??= await fetched(`${folder}/${encodeURIComponent(runtime.file(request.float))}`);
      const reply = runtime.analyze(json, values, network, progress);
      const answer = JSON.parse(reply.json);
      const overlay = reply.takeBytes();
      reply.free();
      return { answer, overlay };
    } finally {
      runtime.free();
    }
  };
  let { answer, overlay } = await run(small);
  if (answer.code === LACKS) {
    const door = await large();
    await door.default();
    ({ answer, overlay } = await run(door));
  }
  say({ id, answer, ...(overlay.length > 0 && { bytes: overlay }) }, overlay.length > 0 ? [overlay.buffer] : []);
}

self.onmessage = async ({ data }: MessageEvent<ToModel>) => {
  try {
    await analyze(data);
  } catch (error) {
    const failure: Failure | undefined =
      error instanceof Failed ? error.failure : typeof error === 'string' ? JSON.parse(error) : undefined;
    // A trap inside of wasm ends the instance: the page must see an error and replace this worker.
    if (!failure) {
      setTimeout(() => {
        throw error;
      });
      return;
    }
    say({ id: data.id, answer: { kind: 'failed', ...failure } });
  }
};
