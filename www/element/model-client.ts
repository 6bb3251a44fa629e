// Speaks with the model worker: made on first use, ended to cancel, replaced when it dies, and ended when it has long been idle.
import type { Finding, FromModel, ModelRequest, Notice, ToModel } from '../shared/protocol.ts';
import { StudyError } from './study-client.ts';

/** A finding with its labels or cells. */
export interface Found {
  finding: Finding;
  bytes: Uint8Array | null;
}

export interface AnalyzeOptions {
  signal?: AbortSignal | undefined;
  onNotice?: ((notice: Notice) => void) | undefined;
}

interface Waiting {
  id: number;
  resolve(found: Found): void;
  reject(reason: unknown): void;
  onNotice: ((notice: Notice) => void) | undefined;
}

const startWorker = () => new Worker(new URL('../workers/model.ts', import.meta.url), { type: 'module' });
const aborted = () => new DOMException('cancelled', 'AbortError');
const lost = {
  file: '',
  code: 'model-lost',
  cause: 'The model stopped',
  hint: 'Memory may be short. The study is still open: analyse again.',
};
/** How long an idle worker keeps its memory, ms. */
const patience = 60_000;

export class ModelClient {
  #worker: Worker | null = null;
  #lastId = 0;
  #waiting: Waiting | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** Runs a model on values that are given away. One run at a time: a second one waits for the first. */
  analyze(request: ModelRequest, bytes: Uint8Array, options: AnalyzeOptions = {}): Promise<Found> {
    const run = this.#turn.then(() => this.#run(request, bytes, options));
    this.#turn = run.catch(() => {});
    return run;
  }

  /** Ends the worker and what runs in it. */
  end(): void {
    this.#end(aborted());
  }

  async #run(request: ModelRequest, bytes: Uint8Array, { signal, onNotice }: AnalyzeOptions): Promise<Found> {
    signal?.throwIfAborted();
    clearTimeout(this.#idle);
    const id = ++this.#lastId;
    const stop = () => {
      if (this.#waiting?.id === id) this.#end(aborted());
    };
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise<Found>((resolve, reject) => {
        this.#waiting = { id, resolve, reject, onNotice };
        const message: ToModel = { id, request, bytes };
        this.#start().postMessage(message, [bytes.buffer as ArrayBuffer]);
      });
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#waiting = null;
      this.#idle = setTimeout(() => this.#end(aborted()), patience);
    }
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = startWorker();
    worker.addEventListener('message', ({ data }: MessageEvent<FromModel>) => this.#take(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      if (this.#worker !== worker) return;
      this.#end(new StudyError({ ...lost, detail: event.message ?? '' }));
    });
    this.#worker = worker;
    return worker;
  }

  #take(message: FromModel): void {
    const waiting = this.#waiting;
    if (!waiting || message.id !== waiting.id) return;
    if ('notice' in message) waiting.onNotice?.(message.notice);
    else if (message.answer.kind === 'failed') waiting.reject(new StudyError(message.answer));
    else waiting.resolve({ finding: message.answer.finding, bytes: message.bytes ?? null });
  }

  #end(reason: unknown): void {
    clearTimeout(this.#idle);
    this.#worker?.terminate();
    this.#worker = null;
    this.#waiting?.reject(reason);
  }
}
