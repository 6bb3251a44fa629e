// Plays a stack in a loop. A late frame is not caught up with: it never runs faster than its rate.
import type { FrameSetInfo } from '../shared/protocol.ts';

/** What cine needs of a viewport. */
interface Stack {
  info: FrameSetInfo | null;
  index: number;
  setIndex(index: number): Promise<void>;
}

export class Cine {
  playing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `changed` hears of starts and stops. */
  constructor(private changed: () => void) {}

  toggle(stack: Stack): void {
    if (this.playing) this.stop();
    else this.#start(stack);
  }

  stop(): void {
    clearTimeout(this.#timer);
    if (!this.playing) return;
    this.playing = false;
    this.changed();
  }

  #start(stack: Stack): void {
    const { info } = stack;
    if (!info || info.frames < 2) return;
    this.playing = true;
    this.changed();
    const pause = 1000 / (info.frames_per_second || 10);
    let due = performance.now() + pause;
    const step = async () => {
      if (!this.playing) return;
      if (stack.info !== info) {
        this.stop(); // another stack was chosen
        return;
      }
      await stack.setIndex((stack.index + 1) % info.frames).catch(() => this.stop());
      if (!this.playing) return;
      due = Math.max(due + pause, performance.now());
      this.#timer = setTimeout(step, due - performance.now());
    };
    this.#timer = setTimeout(step, pause);
  }
}
