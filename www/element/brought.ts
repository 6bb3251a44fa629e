// Networks that somebody brings: the files among a drop that belong to one, what is known of each, and keeping one on this device.
import type { Beside, DroppedFile, GapInfo, Inspection } from '../shared/protocol.ts';

/** A network that somebody brought. */
export interface Own {
  /** Its own name in the list of models. */
  folder: string;
  /** Name of its file. */
  name: string;
  file: Blob;
  sha256: string;
  /** What it is; null for one that was kept, until it is looked at. */
  inspection: Inspection | null;
  /** The manifest as it stands, as text. */
  manifest: string;
  /** What the manifest still has to say. */
  gaps: readonly GapInfo[];
  /** It lies on this device for the next visit. */
  kept: boolean;
}

/** Longest description that is read with a network. */
const longest = 4 * 2 ** 20;
/** The folder in the browser's own file system for this page's origin. */
const folder = 'negatoscope-models';

/** A file that may be a network. */
export const isNetwork = ({ path }: DroppedFile): boolean => /\.onnx$/i.test(path);

/** A file that only lies beside a network: descriptions, licences, weights in other forms. */
const besideNetwork = /(\.(json|ya?ml|md|txt|pt|ts|pth|py|conf|toml)|(^|\/)(licen[cs]e|notice))$/i;

/** What is left of files for a study when the networks and what lies beside them are taken out. */
export const studyOf = (files: readonly DroppedFile[]): DroppedFile[] =>
  files.filter((one) => !isNetwork(one) && !besideNetwork.test(one.path));

/** The file itself. */
async function fileOf({ file }: DroppedFile): Promise<File> {
  return (typeof file === 'function' ? await file() : file) as File;
}

/** The networks among files, each with the descriptions that lie with it. */
export async function networksOf(files: readonly DroppedFile[]): Promise<{ file: File; beside: Beside }[]> {
  const above = (path: string, steps: number) => path.split('/').slice(0, -steps).join('/');
  const text = async (path: string) => {
    const found = files.find((one) => one.path === path);
    const file = found && (await fileOf(found));
    return file && file.size <= longest ? file.text() : null;
  };
  const at = (folder: string, name: string) => (folder ? `${folder}/${name}` : name);
  return Promise.all(
    files.filter(isNetwork).map(async (one) => {
      const [here, bundle] = [above(one.path, 1), above(one.path, 2)];
      // A bundle's descriptions lie in `configs` beside `models`; chosen as single files they lie together.
      const config = async (name: string) =>
        (await text(at(bundle, `configs/${name}`))) ?? (await text(at(here, name)));
      const beside = {
        manifest: await text(at(here, 'manifest.json')),
        metadata: await config('metadata.json'),
        inference: await config('inference.json'),
      };
      return { file: await fileOf(one), beside };
    }),
  );
}

// ---- Kept on this device, for this origin, until it is removed ----

const kept = (create: boolean) =>
  navigator.storage.getDirectory().then((root) => root.getDirectoryHandle(folder, { create }));

async function write(directory: FileSystemDirectoryHandle, name: string, what: Blob | string): Promise<void> {
  const file = await directory.getFileHandle(name, { create: true });
  const stream = await file.createWritable();
  await stream.write(what);
  await stream.close();
}

/** Puts a network and its manifest away for the next visit. */
export async function keep({ sha256, name, file, manifest }: Own): Promise<void> {
  const directory = await kept(true);
  await write(directory, `${sha256}.onnx`, file);
  // Last: a description stands for a whole network.
  await write(directory, `${sha256}.json`, JSON.stringify({ name, manifest }));
}

/** Takes a network away from this device. */
export async function forget({ sha256 }: Own): Promise<void> {
  const directory = await kept(false).catch(() => null);
  for (const end of ['json', 'onnx']) await directory?.removeEntry(`${sha256}.${end}`).catch(() => {});
}

/** All that lie on this device. Never fails: what cannot be read is left out. */
export async function keptOnes(): Promise<Omit<Own, 'folder'>[]> {
  try {
    const directory = await kept(false);
    const names: string[] = [];
    for await (const name of (directory as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(name);
    const one = async (name: string) => {
      const sha256 = name.replace(/\.json$/, '');
      const about = await directory.getFileHandle(name).then((handle) => handle.getFile());
      const { name: file, manifest } = JSON.parse(await about.text());
      const network = await directory.getFileHandle(`${sha256}.onnx`).then((handle) => handle.getFile());
      return {
        name: String(file),
        file: network,
        sha256,
        inspection: null,
        manifest: String(manifest),
        gaps: [],
        kept: true,
      };
    };
    const found = await Promise.allSettled(names.filter((name) => name.endsWith('.json')).map(one));
    return found.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  } catch {
    return [];
  }
}
