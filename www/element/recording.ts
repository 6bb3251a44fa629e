// The shown stack as a video at its own rate: begun, told of, saved; asked again, it stops.
import { fill } from '../text/index.ts';
import { record } from './record.ts';
import { saveAs } from './saving.ts';
import type { ViewerHost } from './viewer-host.ts';

export class Recording {
  #running: AbortController | null = null;

  constructor(private host: ViewerHost) {}

  stop(): void {
    this.#running?.abort();
  }

  async toggle(): Promise<void> {
    const { host } = this;
    const { pane, text } = host;
    if (!pane?.shown) return;
    if (this.#running) return this.stop();
    const running = new AbortController();
    this.#running = running;
    try {
      const rate = Math.min(60, Math.max(1, pane.info?.frames_per_second ?? 10));
      const said = (done: number, total: number) => host.tell(fill(text.rec_working, { done, total }));
      const video = await record(pane, rate, said, running.signal);
      if (video) {
        saveAs(video, 'negatoscope-cine.webm'); // a name that names nobody
        host.tell(fill(text.rec_done, { size: (video.size / 1e6).toFixed(2) }));
      } else host.tell(text.rec_cannot);
    } catch (error) {
      host.say(error);
    } finally {
      this.#running = null;
    }
  }
}
