// Networks on the graphics processor: its wasm module is fetched where there is one that is worth it.
import type * as door from '../../pkg/model-gpu/negatoscope_model_gpu.js';
import type { ToModel } from '../shared/protocol.ts';
import { isSoftware } from './adapter.ts';

export type Networks = door.GpuNetworks;

/** Whether there is a graphics processor to be asked. Who asks for it by name gets any. */
async function worthIt(backend: ToModel['backend']): Promise<boolean> {
  if (backend === 'cpu') return false;
  const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) return false;
  return backend === 'gpu' || !isSoftware(adapter);
}

let held: Networks | undefined;

/** The device, where there is one. */
export async function networks(backend: ToModel['backend']): Promise<Networks | undefined> {
  if (!(await worthIt(backend).catch(() => false))) return;
  const { default: init, GpuNetworks } = await import('../../pkg/model-gpu/negatoscope_model_gpu.js');
  await init();
  held ??= await GpuNetworks.request();
  return held;
}

/** A device that failed is asked no more. */
export function forget(): void {
  const device = held;
  held = undefined;
  try {
    device?.free();
  } catch {
    // One that trapped cannot be freed either.
  }
}
