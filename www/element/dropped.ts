// Files out of a drop or a file input, with their paths. Folders are walked to their end.
import type { DroppedFile } from '../shared/protocol.ts';

const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject));
const someOf = (reader: FileSystemDirectoryReader) =>
  new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));

/** The files below an entry, in the order in which the folders give them; siblings are walked at once. */
async function walk(entry: FileSystemEntry): Promise<DroppedFile[]> {
  const path = entry.fullPath.replace(/^\//, '');
  // Unreadable: it is listed as not read, not lost in silence.
  const nothing = () => new File([], entry.name);
  // Asked for when it is wanted: a thousand files at once would keep the first one waiting.
  if (entry.isFile) return [{ path, file: () => fileOf(entry as FileSystemFileEntry).catch(nothing) }];
  try {
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    const children: Promise<DroppedFile[]>[] = [];
    // readEntries gives at most 100 at a time, and an empty list at the end.
    for (let some = await someOf(reader); some.length > 0; some = await someOf(reader))
      children.push(...some.map(walk));
    return (await Promise.all(children)).flat();
  } catch {
    return [{ path, file: nothing() }];
  }
}

/** All files of a drop. The entries are taken before the first await: afterwards the browser has emptied the list. */
export function filesOfDrop(transfer: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...transfer.items].map((item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null));
  const plain = [...transfer.files];
  return (async () => {
    const files = (await Promise.all(entries.map((entry) => (entry ? walk(entry) : [])))).flat();
    return files.length > 0 ? files : filesOfList(plain);
  })();
}

/** The files of an input or a list, named by their place in the chosen folder. */
export const filesOfList = (list: Iterable<File>): DroppedFile[] =>
  [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** All files below a directory handle. */
export async function filesOfHandle(handle: FileSystemDirectoryHandle, path = handle.name): Promise<DroppedFile[]> {
  const files: DroppedFile[] = [];
  const children = handle as unknown as AsyncIterable<[string, FileSystemHandle]>;
  for await (const [name, child] of children) {
    const at = `${path}/${name}`;
    if (child.kind === 'file') files.push({ path: at, file: await (child as FileSystemFileHandle).getFile() });
    else files.push(...(await filesOfHandle(child as FileSystemDirectoryHandle, at)));
  }
  return files;
}

/** Lets the user choose files, or a folder. */
export function chooseFiles(folder: boolean, chosen: (files: DroppedFile[]) => void): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.webkitdirectory = folder;
  input.addEventListener('change', () => chosen(filesOfList(input.files ?? [])));
  input.click();
}

/** A file of the page's own origin. */
export async function fileOfUrl(url: URL, missing: string): Promise<DroppedFile[]> {
  const response = await fetch(url);
  if (!response.ok) throw new RangeError(missing);
  const name = url.pathname.split('/').at(-1) ?? '';
  return [{ path: name, file: new File([await response.blob()], name) }];
}
