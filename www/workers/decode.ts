// A decode worker: the bytes of one frame → stored values. Nothing else.
import { decodeFrame, initSync } from '../../pkg/viewer/negatoscope_viewer.js';
import type { FromDecode, ToDecode } from '../shared/protocol.ts';
import { type Decode, decoder, startCodec } from './codecs.ts';

declare const self: DedicatedWorkerGlobalScope;

const say = (message: FromDecode, transfer: Transferable[] = []) => self.postMessage(message, transfer);
/** By the name of a codec in a module of its own; the viewer's own codecs have none. */
const doors = new Map<string | undefined, Decode>();

self.onmessage = ({ data }: MessageEvent<ToDecode>) => {
  if ('module' in data) {
    const module = data.module as WebAssembly.Module;
    if (data.codec) doors.set(data.codec, startCodec(data.codec, module));
    else {
      initSync({ module });
      doors.set(undefined, decoder({ decodeFrame }));
    }
    return;
  }
  const { id, codec, job, bytes } = data;
  try {
    const decode = doors.get(codec);
    if (!decode) throw new Error(`no codec ${codec}`);
    const [answer, values] = decode(job, bytes);
    say({ id, answer, bytes: values }, [values.buffer]);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error; // this instance is dead: its owner starts another
    say({ id });
  }
};
