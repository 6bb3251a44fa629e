// The models that the page offers: a table of those that it has words for, and what the server's own list and manifests add.
import { explainMethods } from '../shared/generated/explain-methods.ts';
import type { TextKey } from '../text/index.ts';
import type { Own } from './brought.ts';

const here = import.meta.url;
/** Where models lie: beside `assets/` and `element/` in the built page; the development server has them at its root. */
const base = new URL(here.includes('/www/element/') ? '/models/' : '../models/', here);

/** A model as the page knows it before it has seen the manifest. */
interface Known {
  /** Folder in `models/`. */
  folder: string;
  /** The whole stack, or the shown frame. */
  task: 'volume' | 'frame';
  title: TextKey;
  purpose: TextKey;
  notFor: TextKey;
}

/** One line a model. A folder that is not here speaks through its manifest. */
const known: readonly Known[] = [
  {
    folder: 'chest-pneumonia',
    task: 'frame',
    title: 'model_chest',
    purpose: 'model_chest_purpose',
    notFor: 'model_chest_not_for',
  },
  {
    folder: 'brain-tissue-light',
    task: 'volume',
    title: 'model_tissue',
    purpose: 'model_tissue_purpose',
    notFor: 'model_brain_not_for',
  },
  {
    folder: 'brain-tissue',
    task: 'volume',
    title: 'model_tissue_accurate',
    purpose: 'model_tissue_accurate_purpose',
    notFor: 'model_brain_not_for',
  },
  {
    folder: 'brain-mask',
    task: 'volume',
    title: 'model_mask',
    purpose: 'model_mask_purpose',
    notFor: 'model_brain_not_for',
  },
  {
    folder: 'brain-regions-18',
    task: 'volume',
    title: 'model_regions_18',
    purpose: 'model_regions_18_purpose',
    notFor: 'model_brain_not_for',
  },
  {
    folder: 'brain-regions-104',
    task: 'volume',
    title: 'model_regions_104',
    purpose: 'model_regions_104_purpose',
    notFor: 'model_brain_not_for',
  },
  {
    folder: 'lung-field',
    task: 'frame',
    title: 'model_lung_field',
    purpose: 'model_lung_field_purpose',
    notFor: 'model_lung_field_not_for',
  },
  {
    folder: 'radiograph-orientation',
    task: 'frame',
    title: 'model_orientation',
    purpose: 'model_orientation_purpose',
    notFor: 'model_orientation_not_for',
  },
];

/** Changes of a frame that a manifest can say a network bears, in the order in which they are named. */
const changes = ['rotate_degrees', 'shift', 'zoom', 'gamma', 'flip'] as const;
export type Change = (typeof changes)[number];

/** What the page reads of a manifest. */
export interface Manifest {
  version: string;
  license: string;
  task: string;
  input?: { modality?: string[]; body_part?: string; preparation?: string; takes?: string; values?: string };
  explain?: { methods?: string[]; cam?: object | null; features?: string | null; attention?: object | null };
  output?: { activation?: string | null };
  augment?: Partial<Record<Change, unknown>> | null;
  not_for?: string[];
}

/** The changes that a manifest says the network bears. */
export const changesOf = (manifest: Manifest | undefined): Change[] =>
  changes.filter((one) => Boolean(manifest?.augment?.[one]));

/** A model that can be chosen. */
export interface Model {
  folder: string;
  task: 'volume' | 'frame';
  words: Known | undefined;
  manifest: Manifest | undefined;
  /** A network that somebody brought. */
  own?: Own;
}

/** The whole stack, or the shown frame. */
const taskOf = (manifest: Manifest | undefined): Model['task'] => {
  if (manifest?.input?.preparation === 'general') return manifest.input.takes === 'stack' ? 'volume' : 'frame';
  return manifest?.task === 'segmentation' ? 'volume' : 'frame';
};

/** A network that somebody brought, as a model; without a manifest that can be read it takes the frame. */
export function modelOf(own: Own): Model {
  const manifest = (() => {
    try {
      return JSON.parse(own.manifest) as Manifest;
    } catch {
      return undefined;
    }
  })();
  return { folder: own.folder, task: taskOf(manifest), words: undefined, manifest, own };
}

const json = async (path: string): Promise<unknown> => {
  const response = await fetch(new URL(path, base));
  if (!response.ok) throw new RangeError(`${path}: ${response.status}`);
  return response.json();
};

/** An explanation method of the table. */
export type Method = (typeof explainMethods)[number];

/** The methods that a manifest allows, its own first one first: the rule of `Method::valid` in src/model/explain. */
export function methodsOf(manifest: Manifest | undefined): Method[] {
  if (manifest?.task !== 'classification' || taskOf(manifest) === 'volume') return [];
  const { methods: listed = [], cam, features, attention } = manifest.explain ?? {};
  const has = { head: Boolean(cam || features), features: true, attention: Boolean(attention), nothing: true };
  const valid = explainMethods.filter(
    ({ name, needs }) => has[needs] && (needs === 'nothing' || listed.includes(name)),
  );
  const first = listed.find((name) => valid.some((one) => one.name === name));
  return valid.sort((a, b) => Number(b.name === first) - Number(a.name === first));
}

/** The models that the server has, with their manifests; without its list, those of the table. Never fails. */
export async function listModels(): Promise<Model[]> {
  const list = await json('index.json').catch(() => known.map(({ folder }) => folder));
  const folders = Array.isArray(list) ? list.filter((name) => typeof name === 'string') : [];
  const models = await Promise.all(
    folders.map(async (folder): Promise<Model> => {
      const words = known.find((one) => one.folder === folder);
      const manifest = (await json(`${folder}/manifest.json`).catch(() => undefined)) as Manifest | undefined;
      const task = words?.task ?? taskOf(manifest);
      return { folder, task, words, manifest };
    }),
  );
  const place = ({ folder }: Model) =>
    (known.findIndex((one) => one.folder === folder) + known.length + 1) % (known.length + 1);
  return models.sort((a, b) => place(a) - place(b));
}

/** A model by its folder, whether the list has come or not. */
export const modelNamed = (folder: string, models: readonly Model[] = []): Model =>
  models.find((one) => one.folder === folder) ?? {
    folder,
    task: known.find((one) => one.folder === folder)?.task ?? 'frame',
    words: known.find((one) => one.folder === folder),
    manifest: undefined,
  };
