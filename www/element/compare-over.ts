// The canvas over the current image of a comparison. The study worker paints the prior, or the difference, on it.
import type { Compare } from './compare.ts';
import { overNumber } from './over-painter.ts';
import type { StudyClient } from './study-client.ts';

/** How it is seen: as opaque, from which share of the width on. */
export interface OverView {
  opacity: number;
  from: number;
}

export class NegatoscopeOver extends HTMLElement {
  client!: StudyClient;
  compare!: Compare;
  backend: 'auto' | 'cpu' | 'gpu' = 'auto';
  size: readonly [number, number] = [1, 1];
  #ends = new AbortController();

  set view({ opacity, from }: OverView) {
    this.style.opacity = String(opacity);
    this.style.clipPath = from > 0 ? `inset(0 0 0 ${(from * 100).toFixed(3)}%)` : '';
  }

  connectedCallback(): void {
    this.#ends = new AbortController();
    const { signal } = this.#ends;
    const lost = (event: Event) => {
      if ((event as CustomEvent<number>).detail === overNumber) void this.#attach();
    };
    this.client.addEventListener('canvas-lost', lost, { signal });
    void this.#attach();
  }

  disconnectedCallback(): void {
    this.#ends.abort();
    this.compare.detached();
  }

  /** Hands the worker a canvas; it takes the size of the image below when it is painted. */
  async #attach(): Promise<void> {
    const { signal } = this.#ends;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = this.size;
    this.replaceChildren(canvas);
    const offscreen = canvas.transferControlToOffscreen();
    try {
      await this.client.ask(
        'done',
        { kind: 'attach', viewport: overNumber },
        { canvas: offscreen, backend: this.backend },
      );
    } catch {
      return; // the worker is gone, and the comparison with it
    }
    if (!signal.aborted) this.compare.attached();
  }
}

customElements.define('negatoscope-over', NegatoscopeOver);
