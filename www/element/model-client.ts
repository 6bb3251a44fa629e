// Speaks with the model worker: made on first use, ended to cancel, replaced when it dies, and ended when it has long been idle.
import type { Finding, FromModel, ModelAnswer, ModelRequest, Notice, ToModel } from '../shared/protocol.ts';
import { StudyError } from './study-client.ts';

/** A finding with its labels or cells. */
export interface Found {
  finding: Finding;
  bytes: Uint8Array | null;
}

export interface AnalyzeOptions {
  signal?: AbortSignal | undefined;
  onNotice?: ((notice: Notice) => void) | undefined;
  /** A network that somebody brought. */
  network?: Blob | undefined;
  /** Where to compute. */
  backend?: ToModel['backend'];
}

type Answered = Exclude<ModelAnswer, { kind: 'failed' }>;
interface Reply {
  answer: Answered;
  bytes: Uint8Array | null;
}

interface Waiting {
  id: number;
  resolve(reply: Reply): void;
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
  async analyze(request: ModelRequest, bytes: Uint8Array, options: AnalyzeOptions = {}): Promise<Found> {
    const reply = await this.#queue(request, bytes, options);
    if (reply.answer.kind !== 'found') throw new TypeError(reply.answer.kind);
    return { finding: reply.answer.finding, bytes: reply.bytes };
  }

  /** Asks about a network or a manifest: what it is, what it lacks. Waits for a run, and is cancelled as one. */
  async ask<K extends Answered['kind']>(
    kind: K,
    request: ModelRequest,
    options: AnalyzeOptions = {},
  ): Promise<Extract<Answered, { kind: K }>> {
    const { answer } = await this.#queue(request, new Uint8Array(), options);
    if (answer.kind !== kind) throw new TypeError(answer.kind);
    return answer as Extract<Answered, { kind: K }>;
  }

  #queue(request: ModelRequest, bytes: Uint8Array, options: AnalyzeOptions): Promise<Reply> {
    const run = this.#turn.then(() => this.#run(request, bytes, options));
    this.#turn = run.catch(() => {});
    return run;
  }

  /** Ends the worker and what runs in it. */
  end(): void {
    this.#end(aborted());
  }

  async #run(request: ModelRequest, bytes: Uint8Array, options: AnalyzeOptions): Promise<Reply> {
    const { signal, onNotice, network, backend } = options;
    signal?.throwIfAborted();
    clearTimeout(this.#idle);
    const id = ++this.#lastId;
    const stop = () => {
      if (this.#waiting?.id === id) this.#end(aborted());
    };
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.#waiting = { id, resolve, reject, onNotice };
        const message: ToModel = { id, request, bytes, ...(network && { network }), ...(backend && { backend }) };
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
    else waiting.resolve({ answer: message.answer, bytes: message.bytes ?? null });
  }

  #end(reason: unknown): void {
    clearTimeout(this.#idle);
    this.#worker?.terminate();
    this.#worker = null;
    this.#waiting?.reject(reason);
  }
}
