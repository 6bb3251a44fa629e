// The way of a study into the page: drops and file choices, the reading of heads with progress, and cancelling.
import type { Catalogue, DroppedFile, Notice } from '../shared/protocol.ts';
import { filesOfDrop } from './dropped.ts';
import type { Work } from './status-line.ts';
import type { StudyClient } from './study-client.ts';

/** What the viewer does at each turn. */
interface Listener {
  changed(): void;
  /** Files were taken: what was open is forgotten. */
  closing(): Promise<void>;
  progress(notice: Notice): void;
  /** Some heads are read, and there is something to see. */
  previewed(catalogue: Catalogue): Promise<void>;
  /** Every head is read. */
  opened(catalogue: Catalogue): Promise<void>;
  /** A drop of files. */
  dropped(take: () => Promise<DroppedFile[]>): void;
  /** The sentence for a drop without files. */
  nothing(): string;
}

export class Opening {
  /** What is going on, for the progress bar. */
  work: Work | null = null;
  /** A drag is over the page. */
  lit = false;

  #cancel: AbortController | null = null;
  /** Some of a study is shown whose heads are not all read. */
  #previewed = false;
  /** When the newest reading has ended. */
  #over: Promise<void> = Promise.resolve();
  #dark: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private client: StudyClient,
    private to: Listener,
  ) {}

  /** Takes files and reads their heads; a newer call or `stop` ends it. */
  read(take: () => Promise<DroppedFile[]>, outer?: AbortSignal): Promise<Catalogue> {
    const run = this.#read(take, outer);
    const over = () => {};
    this.#over = run.then(over, over);
    return run;
  }

  /** Waits until nothing is being read, however that ends. */
  async idle(): Promise<void> {
    while (this.work) await this.#over;
  }

  async #read(take: () => Promise<DroppedFile[]>, outer?: AbortSignal): Promise<Catalogue> {
    this.#cancel?.abort();
    const cancel = new AbortController();
    this.#cancel = cancel;
    outer?.addEventListener('abort', () => cancel.abort(), { once: true });
    this.#show({ stage: 'take', done: 0, total: 0 });
    try {
      const files = await take();
      cancel.signal.throwIfAborted();
      if (files.length === 0) throw new RangeError(this.to.nothing());
      await this.to.closing();
      this.#previewed = false;
      const onNotice = (notice: Notice) => {
        if (this.#cancel !== cancel) return;
        if (notice.kind === 'preview') {
          this.#previewed = true;
          void this.to.previewed(notice.catalogue);
        }
        if (notice.kind !== 'progress') return;
        this.#show(notice);
        this.to.progress(notice);
      };
      const { signal } = cancel;
      const catalogue = await this.client.ask('catalogue', this.client.reading, { files, signal, onNotice });
      signal.throwIfAborted();
      this.#previewed = false;
      await this.to.opened(catalogue);
      return catalogue;
    } catch (error) {
      if (this.#previewed && this.#cancel === cancel) {
        // What was shown of it, or of one before it that this one has ended, is not open.
        this.#previewed = false;
        await this.to.closing();
      }
      throw error;
    } finally {
      if (this.#cancel === cancel) {
        this.#cancel = null;
        this.#show(null);
      }
    }
  }

  /** Ends what is being read. */
  stop(): void {
    this.#cancel?.abort();
  }

  /** The heads are read; what follows needs no bar. */
  done(): void {
    this.#show(null);
  }

  #show(work: Work | null): void {
    this.work = work;
    this.to.changed();
  }

  /** Lit while a drag is over it. Enter and leave of inner parts don't pair up; that `dragover` stops always tells. */
  drag(event: DragEvent): void {
    event.preventDefault();
    clearTimeout(this.#dark);
    this.#dark = setTimeout(() => this.#light(false), 500);
    this.#light(true);
  }

  drop(event: DragEvent): void {
    event.preventDefault();
    clearTimeout(this.#dark);
    this.#light(false);
    if (!event.dataTransfer) return;
    const files = filesOfDrop(event.dataTransfer); // now: after this the list is empty
    this.to.dropped(() => files);
  }

  #light(lit: boolean): void {
    if (this.lit === lit) return;
    this.lit = lit;
    this.to.changed();
  }
}
