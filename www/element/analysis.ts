// Runs models on what is shown, and keeps their findings as long as the study is open.
import type {
  Beside,
  DroppedFile,
  Failure,
  Finding,
  FrameSetInfo,
  GapInfo,
  InputFacts,
  Notice,
  Overlay,
  OverlayLook,
  SaveStamp,
} from '../shared/protocol.ts';
import { forget, keep, keptOnes, networksOf, type Own } from './brought.ts';
import { ModelClient } from './model-client.ts';
import { type Change, changesOf, listModels, type Model, modelNamed, modelOf } from './models.ts';
import { stamp } from './stamp.ts';
import { type StudyClient, StudyError } from './study-client.ts';
import type { SaveWish } from './wishes.ts';

/** What is analysed: a stack, and the place in it for models that take one frame. */
export interface Target {
  seriesUid: string;
  set: FrameSetInfo;
  index: number;
}

/** A finding and where it belongs. */
export interface Result {
  model: string;
  finding: Finding;
  /** The facts that the manifest could ask about. */
  facts: InputFacts;
  seriesUid: string;
  /** Key of the frame set. */
  frameSet: number;
  /** The frame that was analysed; -1: the whole stack. */
  index: number;
  /** Labels or cells, kept for a new study worker. */
  bytes: Uint8Array | null;
  /** When it was found, and what its files' UIDs are made from: saved twice, a file is the same. */
  stamp: SaveStamp;
  /** The kinds of files that it was saved as. */
  saved: Set<ResultKind>;
  /** What was asked besides: the same is asked again for the probabilities behind the labels, which are not kept. */
  wish: Pick<AnalyzeWish, 'float' | 'augment'>;
  /** The manifest by which a network that somebody brought was run, as it stood then; null: a model of the server. */
  manifest: string | null;
  /** The changes that copies were made by, where there are any; none where nobody knows. */
  changes: readonly Change[];
  /** The network says how sure it is of a label, not just which one it is. */
  probable: boolean;
}

/** Kinds of DICOM objects that a finding can be saved as. */
export const resultKinds = ['seg', 'fractional', 'labelmap', 'pm', 'sr', 'sc'] as const;
export type ResultKind = (typeof resultKinds)[number];

/** The kinds that a result has what it takes for. */
export function kindsOf({ finding, probable }: Pick<Result, 'finding' | 'probable'>): ResultKind[] {
  const { label_map, heatmap, scores = [] } = finding;
  const has = {
    seg: label_map,
    fractional: label_map && probable,
    labelmap: label_map,
    pm: heatmap,
    // Labels of a frame without lengths have no volumes.
    sr: scores.length > 0 || Object.keys(label_map?.volumes_ml ?? {}).length > 0,
    sc: label_map || heatmap,
  };
  return resultKinds.filter((kind) => has[kind]);
}

/** What runs now. */
export interface Run {
  model: string;
  stage: string;
  done: number;
  total: number;
}

/** What `analyze` takes. */
export interface AnalyzeWish {
  signal?: AbortSignal;
  onProgress?: (notice: Notice) => void;
  /** The float network instead of the quantized one: slower to fetch, a little more exact. */
  float?: boolean;
  /** The explanation by name; left out: the manifest's first one. */
  explain?: string | undefined;
  /** Changed copies of the frame, for the spread of its scores; left out: none. */
  augment?: number | undefined;
  /** Where heads are labelled; left out: as the viewer paints. `gpu` takes any graphics processor, `auto` a real one. */
  backend?: 'auto' | 'cpu' | 'gpu';
}

/** What the viewer is told. */
interface Listener {
  changed(): void;
  progress(notice: Notice): void;
  /** A result is laid over its stack; the look that it starts with. */
  laid(result: Result, look: OverlayLook): void;
}

/** A network that somebody brought has another description now, or is gone. */
const changed: Failure = {
  file: '',
  code: 'model-changed',
  cause: 'The model is no longer the one that gave this result',
  hint: 'Analyse again, then save.',
  detail: '',
};
/** A file that needs a run would end the one that goes on, which somebody waits for. */
const busy: Failure = {
  file: '',
  code: 'model-busy',
  cause: 'Another analysis is running',
  hint: 'Wait until it has ended, or cancel it, then save.',
  detail: '',
};

/** Memory that the runtime may use: a quarter of the machine's, as far as the browser tells, within 0.5 to 2 GiB. */
const budget = () => {
  const gib = (globalThis.navigator as Navigator & { deviceMemory?: number }).deviceMemory ?? 4;
  return Math.min(Math.max(gib / 4, 0.5), 2) * 2 ** 30;
};

/** How a result is first shown: labels half clear; of a heatmap what clearly speaks for its label (0 is neutral), in cells. */
export function firstLook({ heatmap }: Finding): OverlayLook {
  const [low, high] = heatmap?.range ?? [0, 1];
  const threshold = Math.max(low, 0) + (high - Math.max(low, 0)) / 4;
  return { visible: true, opacity: 0.5, outline: false, threshold, colour_map: 'viridis', smooth: false };
}

export class Analysis {
  /** null: not asked for yet. */
  models: readonly Model[] | null = null;
  running: Run | null = null;
  /** Why the last run gave nothing; it stays until the next run or until it is put away. */
  refusal: { model: string; failure: Failure } | null = null;
  results: readonly Result[] = [];
  /** Networks that somebody brought, the newest first. */
  brought: readonly Own[] = [];

  readonly #client = new ModelClient();
  #overlaid = new Map<number, Result>();
  #cancel: AbortController | null = null;
  #listing: Promise<void> | null = null;
  #recalling: Promise<void> | null = null;
  #lastOwn = 0;

  constructor(
    private study: StudyClient,
    private to: Listener,
  ) {
    study.addEventListener('replaced', () => {
      for (const result of this.#overlaid.values()) void this.#send(result).catch(() => {});
    });
  }

  /** Asks the server for its models, once. */
  list(): Promise<void> {
    this.#listing ??= Promise.all([listModels(), this.#recall()]).then(([models]) => {
      this.models = models;
      this.to.changed();
    });
    return this.#listing;
  }

  #name = () => `own-${++this.#lastOwn}`;

  /** The networks that were kept on this device, once; each is looked at as when it was brought. */
  #recall(): Promise<void> {
    this.#recalling ??= keptOnes().then((kept) => {
      const fresh = kept.map((own) => ({ ...own, folder: this.#name() }));
      this.brought = [...this.brought, ...fresh];
      this.to.changed();
      for (const own of fresh) void this.#look(own);
    });
    return this.#recalling;
  }

  async #look({ folder, name, file, manifest }: Own): Promise<void> {
    const beside = { manifest: null, metadata: null, inference: null };
    const request = { kind: 'inspect', name, limits: this.study.reading.limits, beside } as const;
    try {
      const { inspection } = await this.#client.ask('inspected', request, { network: file });
      this.#change(folder, { inspection, gaps: (await this.#lacks(manifest)) ?? inspection.gaps });
    } catch (error) {
      const found = error instanceof StudyError ? (error.failure.detail ?? error.failure.code) : String(error);
      this.#change(folder, { gaps: [{ field: 'file', expected: 'an ONNX network', found }] });
    }
  }

  /** What a manifest lacks; null where nobody could say. */
  #lacks(manifest: string): Promise<readonly GapInfo[] | null> {
    const unread = (found: string) => [{ field: 'manifest', expected: 'JSON', found }];
    return this.#client.ask('gaps', { kind: 'gaps', manifest }).then(
      ({ gaps }) => gaps,
      (error: unknown) => (error instanceof StudyError ? unread(error.failure.detail ?? '') : null),
    );
  }

  /** Looks at the networks among files; those that can be read are in the list afterwards. How many, and why the first of the others is not. */
  async bring(files: readonly DroppedFile[]): Promise<{ read: number; error?: unknown }> {
    // Else one that is kept here would be taken for a new one, and its manifest lost.
    await this.#recall();
    const errors: unknown[] = [];
    let read = 0;
    for (const { file, beside } of await networksOf(files)) {
      try {
        await this.#bring(file, beside);
        read += 1;
      } catch (error) {
        errors.push(error);
      }
    }
    return { read, ...(errors.length > 0 && { error: errors[0] }) };
  }

  async #bring(file: File, beside: Beside): Promise<void> {
    const request = { kind: 'inspect', name: file.name, limits: this.study.reading.limits, beside } as const;
    const { inspection } = await this.#client.ask('inspected', request, { network: file });
    const { sha256 } = inspection;
    const before = this.brought.find((own) => own.sha256 === sha256);
    // What somebody has filled in stays, unless another manifest lies with the file.
    const written = beside.manifest === null ? before?.manifest : undefined;
    const manifest = written ?? inspection.manifest;
    const gaps = (written === undefined ? null : await this.#lacks(written)) ?? inspection.gaps;
    const own = { name: file.name, file, sha256, inspection, manifest, gaps, kept: before?.kept ?? false };
    const others = this.brought.filter((one) => one.sha256 !== sha256);
    const fresh = { ...own, folder: before?.folder ?? this.#name() };
    this.brought = [fresh, ...others];
    this.to.changed();
    if (fresh.kept && before?.manifest !== manifest) await keep(fresh);
  }

  #change(folder: string, part: Partial<Own>): Own | undefined {
    this.brought = this.brought.map((own) => (own.folder === folder ? { ...own, ...part } : own));
    this.to.changed();
    return this.brought.find((own) => own.folder === folder);
  }

  /** Writes a manifest on, and asks what it lacks. */
  async write(folder: string, manifest: string): Promise<void> {
    const own = this.#change(folder, { manifest });
    if (own?.kept) await keep(own);
    const gaps = await this.#lacks(manifest);
    // Written on meanwhile: a later answer comes.
    if (gaps && this.brought.find((one) => one.folder === folder)?.manifest === manifest)
      this.#change(folder, { gaps });
  }

  /** Keeps a network on this device, or no more. */
  async keep(folder: string, kept: boolean): Promise<void> {
    const own = this.brought.find((one) => one.folder === folder);
    if (!own) return;
    await (kept ? keep(own) : forget(own));
    this.#change(folder, { kept });
  }

  /** Takes a network out of the list and off this device. */
  async remove(folder: string): Promise<void> {
    const own = this.brought.find((one) => one.folder === folder);
    if (!own) return;
    this.brought = this.brought.filter((one) => one !== own);
    this.to.changed();
    await forget(own);
  }

  /** A model by its folder, the server's or somebody's own. */
  named(folder: string): Model {
    const own = this.brought.find((one) => one.folder === folder);
    return own ? modelOf(own) : modelNamed(folder, this.models ?? []);
  }

  /** The result that lies over a stack. */
  overlaid(frameSet: number | undefined): Result | undefined {
    return frameSet === undefined ? undefined : this.#overlaid.get(frameSet);
  }

  /** The results of a stack, the newest first. */
  of(frameSet: number | undefined): Result[] {
    return this.results.filter((result) => result.frameSet === frameSet).reverse();
  }

  /** Study → values → model → overlay. Ends with the finding, an AbortError, or an error with a code. */
  async run(model: string, target: Target, wish: AnalyzeWish = {}): Promise<Finding> {
    this.refusal = null;
    const { seriesUid, set, index } = target;
    try {
      return await this.#working(model, wish, async (signal, tell) => {
        const found = await this.#found(model, { seriesUid, frameSet: set.key, index }, wish, signal, tell);
        // Ended, or the study closed, while the answer was on its way.
        signal.throwIfAborted();
        await this.#keep(found);
        return found.finding;
      });
    } catch (error) {
      // Of a run that another one ended there is nothing to say.
      if (!this.running && error instanceof StudyError) {
        this.refusal = { model, failure: error.failure };
        this.to.changed();
      }
      throw error;
    }
  }

  /** Work of one model that is shown as running and can be ended; what ran before is ended. */
  async #working<T>(
    model: string,
    { signal, onProgress }: AnalyzeWish,
    work: (signal: AbortSignal, tell: (notice: Notice) => void) => Promise<T>,
  ): Promise<T> {
    this.#cancel?.abort();
    const cancel = new AbortController();
    this.#cancel = cancel;
    const stop = () => cancel.abort();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    const tell = (notice: Notice) => {
      if (this.#cancel !== cancel || notice.kind !== 'progress') return;
      this.running = { model, stage: notice.stage, done: notice.done, total: notice.total };
      this.to.changed();
      this.to.progress(notice);
      onProgress?.(notice);
    };
    try {
      tell({ kind: 'progress', stage: 'model-input', done: 0, total: 0 });
      return await work(cancel.signal, tell);
    } finally {
      signal?.removeEventListener('abort', stop);
      if (this.#cancel === cancel) {
        this.#cancel = null;
        this.running = null;
        this.to.changed();
      }
    }
  }

  async #found(
    model: string,
    { seriesUid, frameSet, index }: Pick<Result, 'seriesUid' | 'frameSet' | 'index'>,
    { float = false, explain, augment = 0, backend = 'auto' }: AnalyzeWish,
    signal: AbortSignal,
    onNotice: (notice: Notice) => void,
    fractions = false,
  ): Promise<Result> {
    const { task, manifest, own } = this.named(model);
    const volume = task === 'volume';
    const modality = manifest?.input?.values === 'modality';
    const {
      bytes,
      kind: _,
      ...about
    } = await this.study.ask(
      'model-input',
      { kind: 'model-input', frame_set: frameSet, index: Math.max(index, 0), volume, modality },
      { signal, onNotice },
    );
    const input = volume ? seriesUid : `${seriesUid}/${index + 1}`;
    onNotice({ kind: 'progress', stage: 'model-load', done: 0, total: 0 });
    const { limits } = this.study.reading;
    const found = await this.#client.analyze(
      {
        kind: 'analyze',
        model,
        input,
        about,
        float,
        explain: explain ?? null,
        augment,
        fractions,
        budget_bytes: budget(),
        limits,
        manifest: own?.manifest ?? null,
      },
      bytes ?? new Uint8Array(),
      { signal, onNotice, network: own?.file, backend },
    );
    const { facts } = about;
    const place = { facts, seriesUid, frameSet, index: volume ? -1 : index };
    const probable = manifest?.output?.activation !== 'argmax';
    const asked = { wish: { float, augment }, manifest: own?.manifest ?? null, changes: changesOf(manifest) };
    return { model, ...found, ...place, ...asked, stamp: stamp(), saved: new Set(), probable };
  }

  async #keep(result: Result): Promise<void> {
    const { model, frameSet, index } = result;
    const same = (one: Result) => one.model === model && one.frameSet === frameSet && one.index === index;
    this.results = [...this.results.filter((one) => !same(one)), result];
    await this.lay(result);
  }

  /** Lays a result over its stack. */
  async lay(result: Result): Promise<void> {
    // Boxes are drawn by the page itself; all else is painted.
    if (!result.finding.boxes && !(result.bytes && overlayOf(result))) return;
    await this.#send(result);
    // Its study was closed meanwhile: another stack may have its key now.
    if (!this.results.includes(result)) return;
    this.#overlaid.set(result.frameSet, result);
    this.to.laid(result, firstLook(result.finding));
    this.to.changed();
  }

  async #send(result: Result): Promise<void> {
    const { frameSet: frame_set, bytes } = result;
    const overlay = overlayOf(result);
    if (overlay && bytes) await this.study.ask('done', { kind: 'overlay', frame_set, overlay }, { bytes });
  }

  /** A result as a DICOM file, and how its name should end. A report refers to what was saved of the same result before. Probabilities take a run
   * of the network, which is refused while another one goes on. */
  async save(result: Result, kind: ResultKind, wish: SaveWish = {}): Promise<{ blob: Blob; end: string }> {
    const { signal } = wish;
    const { finding, frameSet: frame_set, index: at, stamp, saved } = result;
    const index = at < 0 ? null : at;
    const beside = resultKinds.filter((one) => one !== kind && saved.has(one));
    const own = kind === 'fractional' ? await this.#probabilities(result, wish) : result.bytes;
    const { bytes = new Uint8Array(), end } = await this.study.ask(
      'saved',
      { kind: 'save', what: kind, frame_set, index, finding, beside, stamp },
      { bytes: own ?? new Uint8Array(), ...(signal && { signal }) },
    );
    saved.add(kind);
    return { blob: new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/dicom' }), end };
  }

  /** The labels and behind them the probability of each, from the network once more: of a head they would take hundreds of megabytes. */
  async #probabilities(result: Result, { signal, onProgress }: SaveWish): Promise<Uint8Array | null> {
    const { model, finding, wish, manifest, bytes } = result;
    if (this.#cancel && !this.#cancel.signal.aborted) throw new StudyError(busy);
    // One that was taken out of the list is none of the server's.
    const now = this.brought.find(({ folder }) => folder === model)?.manifest ?? null;
    if (now !== manifest) throw new StudyError(changed);
    const told = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
    return this.#working(model, told, async (signal, tell) => {
      const again = await this.#found(model, result, { ...wish, backend: 'cpu' }, signal, tell, true);
      signal.throwIfAborted();
      const same = ({ model, label_map }: Finding) => JSON.stringify([model, label_map?.names, label_map?.dims]);
      // Labels of a graphics processor may differ from these here and there.
      const labelled = manifest === null || finding.backend === 'gpu' || begins(again.bytes, bytes);
      if (again.manifest !== manifest || same(again.finding) !== same(finding) || !labelled)
        throw new StudyError(changed);
      return again.bytes;
    });
  }

  /** Ends what runs. */
  cancel(): void {
    this.#cancel?.abort();
  }

  /** Puts the reason of a refusal away. */
  dismiss(): void {
    this.refusal = null;
    this.to.changed();
  }

  /** Forgets all findings: the study is closed. */
  clear(): void {
    this.cancel();
    this.results = [];
    this.refusal = null;
    this.#overlaid.clear();
    this.to.changed();
  }

  /** Ends the worker too. */
  end(): void {
    this.clear();
    this.#client.end();
  }
}

function overlayOf({ finding: { label_map, heatmap }, index }: Result): Overlay | null {
  if (label_map) return { kind: 'labels', index: index < 0 ? null : index, map: label_map };
  return heatmap ? { kind: 'heatmap', index: Math.max(index, 0), map: heatmap } : null;
}

/** Whether bytes begin with others. */
function begins(bytes: Uint8Array | null, first: Uint8Array | null): boolean {
  return (
    bytes !== null && first !== null && bytes.length >= first.length && first.every((one, at) => one === bytes[at])
  );
}
