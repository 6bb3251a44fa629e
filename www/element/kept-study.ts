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

const root = () => navigator.storage.getDirectory();
const fileOf = async ({ file }: DroppedFile) => (typeof file === 'function' ? await file() : file) as File;

/** Puts files away. `onProgress`: bytes so far, bytes in all. What was there before goes first; after a failure or a cancel nothing is left. */
export async function keepStudy(
  dropped: readonly DroppedFile[],
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<Kept> {
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

/** What lies there, or null. Never fails; what an interruption left is taken away. */
export async function keptStudy(): Promise<Kept | null> {
  try {
    const [, all] = await lines();
    return all.length > 0 ? { files: all.length, bytes: all.reduce((sum, { size }) => sum + size, 0) } : null;
  } catch {
    await forgetStudy();
    return null;
  }
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
