// The decode workers of a study worker: started when there is something to decode, replaced when one dies.
import type { FromDecode, ToDecode } from '../shared/protocol.ts';
import { compiledCodec } from './codecs.ts';

/** A decoded frame: what it is, as JSON, and its values. Null: it could not be decoded. */
export type DecodedFrame = { answer: string; bytes: Uint8Array } | null;

interface Hand {
  worker: Worker;
  /** Codecs in modules of their own that it has. */
  codecs: Set<string>;
  resolve: ((decoded: DecodedFrame) => void) | null;
}

/** One core is for the study worker and the page. */
const most = Math.min(Math.max((globalThis.navigator.hardwareConcurrency ?? 2) - 1, 1), 6);
/** A pool whose workers die more often than this decodes nothing any more. */
const mostDeaths = 4;

interface Work {
  name: string;
  codec?: { name: string; module: WebAssembly.Module };
  job: string;
  bytes: Uint8Array;
  resolve: (decoded: DecodedFrame) => void;
}

export class Pool {
  #hands: Hand[] = [];
  #queue: Work[] = [];
  #deaths = 0;

  constructor(private module: WebAssembly.Module) {}

  /** Somebody waits for this one: it is begun next. */
  promote(name: string): void {
    const at = this.#queue.findIndex((work) => work.name === name);
    if (at > 0) this.#queue.unshift(...this.#queue.splice(at, 1));
  }

  /** Decodes a frame, by a codec in a module of its own where one is named; frames are begun in the order of the calls. */
  async decode(name: string, job: string, bytes: Uint8Array, codec?: string | null): Promise<DecodedFrame> {
    const module = codec ? await compiledCodec(codec).catch(() => null) : undefined;
    if (module === null || this.#deaths > mostDeaths) return null;
    return new Promise((resolve) => {
      this.#queue.push({ name, job, bytes, resolve, ...(codec && module && { codec: { name: codec, module } }) });
      this.#next();
    });
  }

  #next(): void {
    let free = this.#hands.find(({ resolve }) => !resolve);
    if (!free && this.#hands.length < most && this.#queue.length > 0) free = this.#start();
    const work = free && this.#queue.shift();
    if (!free || !work) return;
    free.resolve = work.resolve;
    const { codec, job, bytes } = work;
    if (codec && !free.codecs.has(codec.name)) {
      free.codecs.add(codec.name);
      free.worker.postMessage({ codec: codec.name, module: codec.module } satisfies ToDecode);
    }
    const message: ToDecode = { id: 0, ...(codec && { codec: codec.name }), job, bytes };
    free.worker.postMessage(message, [bytes.buffer]);
    this.#next();
  }

  #start(): Hand {
    const worker = new Worker(new URL('./decode.ts', import.meta.url), { type: 'module' });
    const hand: Hand = { worker, codecs: new Set(), resolve: null };
    const end = (decoded: DecodedFrame) => {
      const { resolve } = hand;
      hand.resolve = null;
      resolve?.(decoded);
      this.#next();
    };
    worker.addEventListener('message', ({ data }: MessageEvent<FromDecode>) =>
      end(data.answer && data.bytes ? { answer: data.answer, bytes: data.bytes } : null),
    );
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#deaths += 1;
      worker.terminate();
      this.#hands = this.#hands.filter((one) => one !== hand);
      if (this.#deaths > mostDeaths) for (const { resolve } of this.#queue.splice(0)) resolve(null);
      end(null);
    });
    worker.postMessage({ module: this.module } satisfies ToDecode);
    this.#hands.push(hand);
    return hand;
  }
}
