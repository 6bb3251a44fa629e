// The decode workers of a study worker: started when there is something to decode, replaced when one dies.
import type { FromDecode, ToDecode } from '../shared/protocol.ts';

/** A decoded frame: what it is, as JSON, and its values. Null: it could not be decoded. */
export type DecodedFrame = { answer: string; bytes: Uint8Array } | null;

interface Hand {
  worker: Worker;
  resolve: ((decoded: DecodedFrame) => void) | null;
}

/** One core is for the study worker and the page. */
const most = Math.min(Math.max((globalThis.navigator.hardwareConcurrency ?? 2) - 1, 1), 6);
/** A pool whose workers die more often than this decodes nothing any more. */
const mostDeaths = 4;

export class Pool {
  #hands: Hand[] = [];
  #queue: { name: string; job: string; bytes: Uint8Array; resolve: (decoded: DecodedFrame) => void }[] = [];
  #deaths = 0;

  constructor(private module: WebAssembly.Module) {}

  /** Somebody waits for this one: it is begun next. */
  promote(name: string): void {
    const at = this.#queue.findIndex((work) => work.name === name);
    if (at > 0) this.#queue.unshift(...this.#queue.splice(at, 1));
  }

  /** Decodes a frame; frames are begun in the order of the calls. */
  decode(name: string, job: string, bytes: Uint8Array): Promise<DecodedFrame> {
    if (this.#deaths > mostDeaths) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#queue.push({ name, job, bytes, resolve });
      this.#next();
    });
  }

  #next(): void {
    let free = this.#hands.find(({ resolve }) => !resolve);
    if (!free && this.#hands.length < most && this.#queue.length > 0) free = this.#start();
    const work = free && this.#queue.shift();
    if (!free || !work) return;
    free.resolve = work.resolve;
    free.worker.postMessage({ id: 0, job: work.job, bytes: work.bytes } satisfies ToDecode, [work.bytes.buffer]);
    this.#next();
  }

  #start(): Hand {
    const worker = new Worker(new URL('./decode.ts', import.meta.url), { type: 'module' });
    const hand: Hand = { worker, resolve: null };
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
