// The register worker: loads the wasm of key points and registration, passes messages. Nothing else. To cancel, the page ends the worker.
import init, { register } from '../../pkg/register/negatoscope_register.js';
import type { FromRegister, ToRegister } from '../shared/protocol.ts';

declare const self: DedicatedWorkerGlobalScope;

const ready = init();
const say = (message: FromRegister, transfer: Transferable[] = []) => self.postMessage(message, transfer);
const floats = (bytes: Uint8Array) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);

self.onmessage = async ({ data: { id, request, a, b } }: MessageEvent<ToRegister>) => {
  await ready;
  const progress = (notice: string) => say({ id, notice: JSON.parse(notice) });
  const reply = register(JSON.stringify(request), floats(a), floats(b), progress);
  const answer = JSON.parse(reply.json);
  const bytes = reply.takeBytes() as Uint8Array<ArrayBuffer>;
  reply.free();
  say({ id, answer, ...(bytes.length > 0 && { bytes }) }, bytes.length > 0 ? [bytes.buffer] : []);
};

// A trap inside of wasm ends the instance: let the page see an error and replace this worker.
self.addEventListener('unhandledrejection', (event) =>
  setTimeout(() => {
    throw event.reason;
  }),
);
