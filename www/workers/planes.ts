// A worker that labels some planes of a box for the model worker that made it. It does nothing else, and ends with that worker.
import type { Failure } from '../shared/protocol.ts';
import { own } from './runtime.ts';

declare const self: DedicatedWorkerGlobalScope;

/** Model worker → this one, once. */
export interface ToPlanes {
  manifest: Uint8Array;
  network: Uint8Array;
  /** D, H, W of the part and its values. */
  dims: Uint32Array;
  input: Float32Array;
  /** Planes of the part. */
  from: number;
  to: number;
}

/** This one → model worker: progress, then labels or what failed. */
export type FromPlanes = { done: number } | { labels: Uint8Array } | { failure: Failure };

const say = (message: FromPlanes, transfer: Transferable[] = []) => self.postMessage(message, transfer);

self.onmessage = async ({ data }: MessageEvent<ToPlanes>) => {
  try {
    const { PlaneLabels } = await own();
    const work = new PlaneLabels(data.manifest, data.network);
    const progress = (notice: string) => say({ done: JSON.parse(notice).done });
    const labels = work.label(data.dims, data.input, data.from, data.to, progress);
    say({ labels }, [labels.buffer]);
  } catch (error) {
    if (typeof error === 'string') say({ failure: JSON.parse(error) });
    else
      setTimeout(() => {
        throw error;
      });
  }
};
