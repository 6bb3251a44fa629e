// Speaks with the study worker: ids, promises, cancelling, and a new worker when the old one is dead.
import type { Answer, DroppedFile, Failure, FromStudy, Notice, Request, ToStudy } from '../shared/protocol.ts';

/** A failure with a stable code, as an exception. */
export class StudyError extends Error {
  readonly code: string;
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.cause || failure.code);
    this.name = 'StudyError';
    this.code = failure.code;
    this.failure = failure;
  }
}

/** What may travel beside a request. */
export interface Beside {
  files?: DroppedFile[];
  /** `files` are in the order in which they were read before. */
  kept?: boolean;
  canvas?: OffscreenCanvas;
  backend?: 'auto' | 'cpu' | 'gpu';
  bytes?: Uint8Array;
  signal?: AbortSignal;
  onNotice?: (notice: Notice) => void;
}

type Named<K extends Answer['kind']> = Extract<Answer, { kind: K }>;
/** An answer with the bytes that came beside it. */
export type Answered<K extends Answer['kind']> = Named<K> & { bytes?: Uint8Array };

interface Waiting {
  /** Asks a new worker for the same: an `open` that the old one never came to. */
  again?: ((worker: Worker) => void) | undefined;
  resolve(answer: Answer & { bytes?: Uint8Array }): void;
  reject(reason: unknown): void;
  onNotice?: ((notice: Notice) => void) | undefined;
}

/** Files in one message: naming a file to another thread for the first time takes a millisecond. */
const HANDFUL = 32;
const turn = () => new Promise((resolve) => setTimeout(resolve));

const isLater = (file: unknown): file is () => Promise<File> => typeof file === 'function';

/** The file in the middle first, as a stack is shown from its middle: that is a picture at once. */
function middleFirst(files: DroppedFile[]): DroppedFile[] {
  const middle = Math.floor((files.length - 1) / 2);
  return [...files.slice(middle, middle + 1), ...files.slice(0, middle), ...files.slice(middle + 1)];
}

const startWorker = () => new Worker(new URL('../workers/study.ts', import.meta.url), { type: 'module' });
/** How long a worker may take to hear a cancel, ms. */
const patience = 1500;
const aborted = () => new DOMException('cancelled', 'AbortError');

/** Events: `replaced` (a new worker has re-read the files), `canvas-lost` (detail: viewport). */
export class StudyClient extends EventTarget {
  /** How studies are read: limits as a JSON object, and whether a defect is refused. */
  reading: Extract<Request, { kind: 'open' }> = { kind: 'open', limits: '', strict: false };
  #worker: Worker | null = null;
  #lastId = 0;
  #waiting = new Map<number, Waiting>();
  #kept: DroppedFile[] | null = null;
  #deaths: number[] = [];
  #quiet: (() => void)[] = [];

  /** The files of the study that is open, as they were taken. */
  get files(): readonly DroppedFile[] {
    return this.#kept ?? [];
  }

  /** Sends a request; the promise ends with its answer, an AbortError, or a StudyError. */
  async ask<K extends Answer['kind']>(kind: K, request: Request, beside: Beside = {}): Promise<Answered<K>> {
    const { signal, onNotice, kept, ...data } = beside;
    if (signal?.aborted) throw aborted();
    const files = data.files && (kept ? data.files : middleFirst(data.files));
    if (request.kind === 'open') this.#kept = null; // once it is open
    if (request.kind === 'close') this.#kept = null;
    const id = ++this.#lastId;
    const worker = this.#start();
    const answer = await new Promise<Answer & { bytes?: Uint8Array }>((resolve, reject) => {
      const again = files && ((other: Worker) => void this.#handOver(id, request, files, other));
      this.#waiting.set(id, { resolve, reject, onNotice, again });
      signal?.addEventListener('abort', () => this.#cancel(id, worker, request.kind === 'open'), { once: true });
      if (files) void this.#handOver(id, request, files, worker);
      else worker.postMessage({ id, request, ...data } satisfies ToStudy, data.canvas ? [data.canvas] : []);
    });
    if (answer.kind === 'failed') throw new StudyError(answer);
    if (files) this.#kept = files;
    if (answer.kind !== kind) throw new Error(`asked for ${kind}, got ${answer.kind}`);
    return answer as Answered<K>;
  }

  /** Sends the first file at once and the others in handfuls, as long as they are waited for. */
  async #handOver(id: number, request: Request, files: DroppedFile[], worker: Worker): Promise<void> {
    const found = async (from: number, to: number) => {
      const some = await Promise.all(
        files.slice(from, to).map(async ({ path, file }) => ({ path, file: await (isLater(file) ? file() : file) })),
      );
      files.splice(from, some.length, ...some); // a new worker gets them as they are
      return some;
    };
    const first = await found(0, 1);
    worker.postMessage({ id, request, files: first, total: files.length } satisfies ToStudy);
    for (let from = 1; from < files.length && this.#waiting.has(id); from += HANDFUL) {
      await turn();
      worker.postMessage({ id, more: await found(from, from + HANDFUL) } satisfies ToStudy);
    }
  }

  /** Resolves when nothing is asked for: small pictures wait for this, so that they never delay an image. */
  async quiet(): Promise<void> {
    while (this.#waiting.size > 0) await new Promise<void>((resolve) => this.#quiet.push(resolve));
  }

  #ended(): void {
    if (this.#waiting.size > 0) return;
    // A turn later: what is waiting in a viewport for its last image asks for its next one first.
    setTimeout(() => {
      for (const resolve of this.#quiet.splice(0)) resolve();
    });
  }

  /** Ends the worker; the next request starts a new one. */
  end(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#kept = null;
    this.#rejectAll(aborted());
  }

  /** Asks the worker to stop. One that reads on for too long is ended; any other request is only not waited for: the study stays open. */
  #cancel(id: number, worker: Worker, opening: boolean): void {
    worker.postMessage({ cancel: id } satisfies ToStudy);
    if (!opening) {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      waiting?.reject(aborted());
      this.#ended();
      return;
    }
    setTimeout(() => {
      if (this.#waiting.has(id) && this.#worker === worker) this.#giveUp(id);
    }, patience);
  }

  /** Ends a worker that does not hear a cancel; an `open` that waits behind it is asked of a new one. */
  #giveUp(id: number): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#kept = null;
    for (const [other, waiting] of [...this.#waiting]) {
      if (other !== id && waiting.again) continue;
      this.#waiting.delete(other);
      waiting.reject(aborted());
    }
    for (const { again } of this.#waiting.values()) again?.(this.#start());
    this.#ended();
  }

  /** Starts the worker, which loads its module, before the first request needs it. */
  begin(): void {
    this.#start();
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = startWorker();
    worker.addEventListener('message', (event: MessageEvent<FromStudy>) => this.#take(event.data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      if (this.#worker === worker) void this.#replace(event.message);
    });
    this.#worker = worker;
    return worker;
  }

  #take(message: FromStudy): void {
    if ('ready' in message) return;
    const waiting = this.#waiting.get(message.id);
    if ('notice' in message) {
      if (message.notice.kind === 'canvas-lost')
        this.dispatchEvent(new CustomEvent('canvas-lost', { detail: message.notice.viewport }));
      else waiting?.onNotice?.(message.notice);
      return;
    }
    this.#waiting.delete(message.id);
    this.#ended();
    if ('cancelled' in message) waiting?.reject(aborted());
    else waiting?.resolve(message.bytes ? { ...message.answer, bytes: message.bytes } : message.answer);
  }

  #rejectAll(reason: unknown): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiting of all) waiting.reject(reason);
    this.#ended();
  }

  /** The worker died: what waited fails, the files are read again, and listeners attach their canvases anew. */
  async #replace(message: string): Promise<void> {
    this.#worker?.terminate();
    this.#worker = null;
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((then) => now - then < 60_000), now];
    this.#rejectAll(
      new StudyError({ file: '', code: 'worker-lost', cause: 'The reader stopped.', hint: '', detail: message ?? '' }),
    );
    if (!this.#kept || this.#deaths.length > 3) return; // it dies of this study: not for ever
    try {
      await this.ask('catalogue', this.reading, { files: this.#kept, kept: true });
      this.dispatchEvent(new Event('replaced'));
    } catch {
      // Its own death has been told already; a refusal leaves the page as it is.
    }
  }
}
