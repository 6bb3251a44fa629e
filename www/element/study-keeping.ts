// The study that lies on this device for the next visit: looked for, put away with progress, taken away.
import { forgetStudy, type Kept, keepStudy, keptStudy } from './kept-study.ts';
import type { Work } from './status-line.ts';
import type { ViewerHost } from './viewer-host.ts';

export class StudyKeeping {
  kept: Kept | null = null;
  /** It is being put away. */
  work: Work | null = null;
  #stop: AbortController | null = null;

  constructor(private host: ViewerHost) {}

  async look(): Promise<void> {
    this.kept = await keptStudy();
    this.host.changed();
  }

  async forget(): Promise<void> {
    await forgetStudy();
    await this.look();
  }

  stop(): void {
    this.#stop?.abort();
  }

  /** Puts the open study away for the next visit, or takes away what lies there. */
  async toggle(): Promise<void> {
    const { host } = this;
    const { text } = host;
    if (this.work) return; // it is being put away already
    if (this.kept) {
      await this.forget();
      return host.tell(text.kept_forgotten);
    }
    this.#stop = new AbortController();
    this.#say(0, 0);
    try {
      this.kept = await keepStudy(host.client.files, {
        signal: this.#stop.signal,
        onProgress: (done, total) => this.#say(Math.round(done / 1e6), Math.round(total / 1e6)),
      });
      host.tell(text.kept_done);
    } catch (error) {
      const full = error instanceof DOMException && error.name === 'QuotaExceededError';
      const busy = error instanceof DOMException && error.name === 'NoModificationAllowedError';
      if (full) host.tell(text.kept_full);
      else if (busy) host.tell(text.kept_busy);
      else host.say(error);
    } finally {
      this.work = null;
      host.changed();
    }
  }

  #say(done: number, total: number): void {
    this.work = { stage: 'keep', done, total };
    this.host.changed();
  }
}
