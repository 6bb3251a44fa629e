// Compares frames and registers stacks: asks the study worker for the values, and the register worker for the transform. That worker is made
// on first use, ended to cancel, replaced when it dies, and ended when it has long been idle.
import type {
  FromRegister,
  GridInfo,
  MatchInfo,
  Notice,
  RegisterAnswer,
  RegisterRequest,
  RegistrationInfo,
  ToRegister,
} from '../shared/protocol.ts';
import { type StudyClient, StudyError } from './study-client.ts';

/** A frame of a stack, by the stack's key and its place from 0. */
export interface FramePlace {
  frameSet: number;
  index: number;
}

export interface CompareWish {
  signal?: AbortSignal | undefined;
  onProgress?: ((notice: Notice) => void) | undefined;
  /** Of all that is drawn at random; left out: 0. */
  seed?: number | undefined;
}

export interface MatchWish extends CompareWish {
  /** What the transform may do; left out: similarity. */
  model?: 'translation' | 'rigid' | 'similarity' | 'affine' | 'homography' | undefined;
  /** Left out: SIFT. */
  descriptor?: 'sift' | 'binary' | undefined;
}

export interface RegisterWish extends CompareWish {
  normalised?: boolean | undefined;
  /** The moving stack on the fixed one's grid is wanted too. */
  resample?: boolean | undefined;
}

/** The motion, and where it was asked for the moving stack's values on the fixed grid (f32; NaN where there is nothing). */
export interface RegisteredStacks {
  registration: RegistrationInfo;
  values: Float32Array | null;
}

interface Reply {
  answer: Exclude<RegisterAnswer, { kind: 'failed' }>;
  bytes: Uint8Array | null;
}

interface Waiting {
  id: number;
  resolve(reply: Reply): void;
  reject(reason: unknown): void;
  onProgress: ((notice: Notice) => void) | undefined;
}

const startWorker = () => new Worker(new URL('../workers/register.ts', import.meta.url), { type: 'module' });
const aborted = () => new DOMException('cancelled', 'AbortError');
const lost = {
  file: '',
  code: 'register-lost',
  cause: 'The comparison stopped',
  hint: 'Memory may be short. The study is still open: try again.',
};
/** How long an idle worker keeps its memory, ms. */
const patience = 30_000;
const nothing = new Uint8Array();

/** Where values lie, without the values: these travel beside it. */
const bare = ({ dims, origin_mm, steps_mm, spacing_mm, spacing_known }: GridInfo): GridInfo => ({
  dims,
  origin_mm,
  steps_mm,
  spacing_mm,
  spacing_known,
});

export class RegisterClient {
  readonly #study: StudyClient;
  #worker: Worker | null = null;
  #lastId = 0;
  #waiting: Waiting | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(study: StudyClient) {
    this.#study = study;
  }

  /** The transform that takes places of a frame to those of another, by key points; a StudyError with a REG code where there is none. */
  async match(a: FramePlace, b: FramePlace, wish: MatchWish = {}): Promise<MatchInfo> {
    const { model = 'similarity', descriptor = 'sift', seed = 0 } = wish;
    const { answer } = await this.#queue(a, b, wish, (a, b) => ({ kind: 'match', a, b, model, descriptor, seed }));
    if (answer.kind !== 'matched') throw new TypeError(answer.kind);
    return answer;
  }

  /** The rigid motion that lays the moving stack on the fixed one, by mutual information; a StudyError where there is none. */
  async register(fixed: number, moving: number, wish: RegisterWish = {}): Promise<RegisteredStacks> {
    const { normalised = false, resample = false, seed = 0 } = wish;
    const { limits } = this.#study.reading;
    const [a, b] = [{ frameSet: fixed }, { frameSet: moving }];
    const reply = await this.#queue(a, b, wish, (a, b) => ({
      kind: 'volumes',
      a,
      b,
      normalised,
      resample,
      seed,
      limits,
    }));
    if (reply.answer.kind !== 'registered') throw new TypeError(reply.answer.kind);
    const values = reply.bytes && new Float32Array(reply.bytes.buffer, 0, reply.bytes.byteLength >> 2);
    return { registration: reply.answer, values };
  }

  /** Ends the worker and what runs in it. */
  end(): void {
    this.#end(aborted());
  }

  /** One comparison at a time: a second one waits for the first. */
  #queue(a: Partial<FramePlace>, b: Partial<FramePlace>, wish: CompareWish, of: Asked): Promise<Reply> {
    const run = this.#turn.then(async () => {
      wish.signal?.throwIfAborted();
      const [first, second] = [await this.#grid(a, wish), await this.#grid(b, wish)];
      return this.#run(of(bare(first), bare(second)), first.bytes ?? nothing, second.bytes ?? nothing, wish);
    });
    this.#turn = run.catch(() => {});
    return orAborted(run, wish.signal);
  }

  #grid({ frameSet = 0, index }: Partial<FramePlace>, { signal }: CompareWish) {
    return this.#study.ask(
      'grid',
      { kind: 'grid', frame_set: frameSet, index: index ?? null },
      { ...(signal && { signal }) },
    );
  }

  async #run(
    request: RegisterRequest,
    a: Uint8Array,
    b: Uint8Array,
    { signal, onProgress }: CompareWish,
  ): Promise<Reply> {
    signal?.throwIfAborted();
    clearTimeout(this.#idle);
    const id = ++this.#lastId;
    const stop = () => {
      if (this.#waiting?.id === id) this.#end(aborted());
    };
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.#waiting = { id, resolve, reject, onProgress };
        const message: ToRegister = { id, request, a, b };
        this.#start().postMessage(message, [a.buffer as ArrayBuffer, b.buffer as ArrayBuffer]);
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
    worker.addEventListener('message', ({ data }: MessageEvent<FromRegister>) => this.#take(data));
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      if (this.#worker !== worker) return;
      this.#end(new StudyError({ ...lost, detail: event.message ?? '' }));
    });
    this.#worker = worker;
    return worker;
  }

  #take(message: FromRegister): void {
    const waiting = this.#waiting;
    if (!waiting || message.id !== waiting.id) return;
    if ('notice' in message) waiting.onProgress?.(message.notice);
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

/** What is asked for, or an AbortError as soon as it is given up: also while it waits for its turn. */
function orAborted<T>(run: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return run;
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason ?? aborted());
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    run.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

type Grid = Extract<RegisterRequest, { kind: 'match' }>['a'];
type Asked = (a: Grid, b: Grid) => RegisterRequest;
