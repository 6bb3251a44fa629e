// Runs models on what is shown, and keeps their findings as long as the study is open.
import type { Failure, Finding, FrameSetInfo, InputFacts, Notice, Overlay, OverlayLook } from '../shared/protocol.ts';
import { ModelClient } from './model-client.ts';
import { listModels, type Model, modelNamed } from './models.ts';
import { type StudyClient, StudyError } from './study-client.ts';

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
}

/** What the viewer is told. */
interface Listener {
  changed(): void;
  progress(notice: Notice): void;
  /** A result is laid over its stack; the look that it starts with. */
  laid(result: Result, look: OverlayLook): void;
}

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

  readonly #client = new ModelClient();
  #overlaid = new Map<number, Result>();
  #cancel: AbortController | null = null;
  #listing: Promise<void> | null = null;

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
    this.#listing ??= listModels().then((models) => {
      this.models = models;
      this.to.changed();
    });
    return this.#listing;
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
    const { signal, onProgress } = wish;
    this.#cancel?.abort();
    const cancel = new AbortController();
    this.#cancel = cancel;
    const stop = () => cancel.abort();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    this.refusal = null;
    const tell = (notice: Notice) => {
      if (this.#cancel !== cancel || notice.kind !== 'progress') return;
      this.running = { model, stage: notice.stage, done: notice.done, total: notice.total };
      this.to.changed();
      this.to.progress(notice);
      onProgress?.(notice);
    };
    try {
      tell({ kind: 'progress', stage: 'model-input', done: 0, total: 0 });
      const found = await this.#found(model, target, wish, cancel.signal, tell);
      await this.#keep(found);
      return found.finding;
    } catch (error) {
      if (this.#cancel === cancel && error instanceof StudyError) this.refusal = { model, failure: error.failure };
      throw error;
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
    { seriesUid, set, index }: Target,
    { float = false, explain, augment = 0 }: AnalyzeWish,
    signal: AbortSignal,
    onNotice: (notice: Notice) => void,
  ): Promise<Result> {
    const volume = modelNamed(model, this.models ?? []).task === 'volume';
    const {
      bytes,
      kind: _,
      ...about
    } = await this.study.ask(
      'model-input',
      { kind: 'model-input', frame_set: set.key, index, volume },
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
        budget_bytes: budget(),
        limits,
      },
      bytes ?? new Uint8Array(),
      { signal, onNotice },
    );
    const { facts } = about;
    return { model, ...found, facts, seriesUid, frameSet: set.key, index: volume ? -1 : index };
  }

  async #keep(result: Result): Promise<void> {
    const { model, frameSet, index } = result;
    const same = (one: Result) => one.model === model && one.frameSet === frameSet && one.index === index;
    this.results = [...this.results.filter((one) => !same(one)), result];
    await this.lay(result);
  }

  /** Lays a result over its stack. */
  async lay(result: Result): Promise<void> {
    if (!result.bytes || !overlayOf(result)) return;
    await this.#send(result);
    this.#overlaid.set(result.frameSet, result);
    this.to.laid(result, firstLook(result.finding));
    this.to.changed();
  }

  async #send(result: Result): Promise<void> {
    const { frameSet: frame_set, bytes } = result;
    const overlay = overlayOf(result);
    if (overlay && bytes) await this.study.ask('done', { kind: 'overlay', frame_set, overlay }, { bytes });
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
  if (label_map) return { kind: 'labels', map: label_map };
  return heatmap ? { kind: 'heatmap', index: Math.max(index, 0), map: heatmap } : null;
}
