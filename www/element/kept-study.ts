// The last study for the next visit, on this device, only when the user asks for it; one click takes it away again.
//
// It lies in the browser's own file system for this page's origin: no other page sees it, and nothing of it goes over a network.
import type { DroppedFile } from '../shared/protocol.ts';

/** What lies there. */
export interface Kept {
  files: number;
  bytes: number;
}

const folder = 'negatoscope-study';
/** Written last: without it the rest is what an interruption left. */
const list = 'list.json';
/** Held while a study is put away: other tabs of this origin see the same folder. */
const lock = 'negatoscope-study';

/** Does it while nobody else puts a study away; `busy` where somebody does. Where a browser has no locks, as if alone. */
function alone<T>(act: () => Promise<T>, busy: () => T | Promise<T>): Promise<T> {
  const { locks } = navigator as { locks?: LockManager };
  if (!locks) return act();
  return locks.request(lock, { ifAvailable: true }, (held) => (held ? act() : busy())) as Promise<T>;
}

const root = () => navigator.storage.getDirectory();
const fileOf = async ({ file }: DroppedFile) => (typeof file === 'function' ? await file() : file) as File;

interface Wish {
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** Puts files away. `onProgress`: bytes so far, bytes in all. What was there before goes first; after a failure or a cancel nothing is left.
 * Rejects with `NoModificationAllowedError` while another tab does the same. */
export function keepStudy(dropped: readonly DroppedFile[], wish: Wish = {}): Promise<Kept> {
  return alone(
    () => write(dropped, wish),
    () => {
      throw new DOMException('', 'NoModificationAllowedError');
    },
  );
}

async function write(dropped: readonly DroppedFile[], { signal, onProgress }: Wish): Promise<Kept> {
  await forgetStudy();
  const files = await Promise.all(dropped.map(async (one) => ({ path: one.path, file: await fileOf(one) })));
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  const { quota = Infinity, usage = 0 } = await navigator.storage.estimate();
  if (total > quota - usage) throw new DOMException('', 'QuotaExceededError');
  try {
    const directory = await (await root()).getDirectoryHandle(folder, { create: true });
    let done = 0;
    for (const [at, { file }] of files.entries()) {
      signal?.throwIfAborted();
      const handle = await directory.getFileHandle(String(at), { create: true });
      await file.stream().pipeTo(await handle.createWritable(), signal ? { signal } : {});
      done += file.size;
      onProgress?.(done, total);
    }
    const handle = await directory.getFileHandle(list, { create: true });
    const stream = await handle.createWritable();
    await stream.write(JSON.stringify(files.map(({ path, file }) => ({ path, size: file.size }))));
    await stream.close();
    // Asked, not relied upon: without it the browser may clear the origin when the disk is full.
    await navigator.storage.persist?.().catch(() => false);
    return { files: files.length, bytes: total };
  } catch (error) {
    await forgetStudy();
    throw error;
  }
}

type Line = { path: string; size: number };

async function lines(): Promise<[FileSystemDirectoryHandle, Line[]]> {
  const directory = await (await root()).getDirectoryHandle(folder);
  const text = await (await (await directory.getFileHandle(list)).getFile()).text();
  const all: unknown = JSON.parse(text);
  const good = (one: Line) => typeof one?.path === 'string' && Number.isFinite(one?.size);
  return [directory, Array.isArray(all) ? all.filter(good) : []];
}

async function found(): Promise<Kept> {
  const [, all] = await lines();
  if (all.length === 0) throw new DOMException('', 'NotFoundError');
  return { files: all.length, bytes: all.reduce((sum, { size }) => sum + size, 0) };
}

/** What lies there, or null. Never fails; what an interruption left is taken away, but not what another tab is writing now. */
export async function keptStudy(): Promise<Kept | null> {
  const forgotten = () => forgetStudy().then(() => null);
  // Looked for again when nobody writes: it may have been finished just now.
  const tidied = () =>
    alone<Kept | null>(
      () => found().catch(forgotten),
      () => null,
    );
  return found()
    .catch(tidied)
    .catch(() => null);
}

/** Its files, by the paths that they had. One that is gone is listed as not read. */
export async function filesOfKept(): Promise<DroppedFile[]> {
  const [directory, all] = await lines();
  const one = (at: number, path: string) => async () =>
    directory
      .getFileHandle(String(at))
      .then((handle) => handle.getFile())
      .then((file) => new File([file], path.split('/').at(-1) ?? path))
      .catch(() => new File([], path));
  return all.map(({ path }, at) => ({ path, file: one(at, path) }));
}

/** Takes it away from this device. Never fails. */
export async function forgetStudy(): Promise<void> {
  await root()
    .then((directory) => directory.removeEntry(folder, { recursive: true }))
    .catch(() => {});
}
