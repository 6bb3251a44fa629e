// A decode worker: the bytes of one frame → stored values. Nothing else.
import { decodeFrame, initSync } from '../../pkg/viewer/negatoscope_viewer.js';
import type { FromDecode, ToDecode } from '../shared/protocol.ts';

declare const self: DedicatedWorkerGlobalScope;

const say = (message: FromDecode, transfer: Transferable[] = []) => self.postMessage(message, transfer);

self.onmessage = ({ data }: MessageEvent<ToDecode>) => {
  if ('module' in data) {
    initSync({ module: data.module as WebAssembly.Module });
    return;
  }
  const { id, job, bytes } = data;
  try {
    const reply = decodeFrame(job, bytes);
    const values = reply.bytes();
    const { json } = reply;
    reply.free();
    say({ id, answer: json, bytes: values }, [values.buffer]);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error; // this instance is dead: its owner starts another
    say({ id });
  }
};
