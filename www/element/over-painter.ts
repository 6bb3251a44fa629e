// Paints the prior of a comparison over the current image: of many wishes only the newest, and a volume first where one is needed.
import type { ComparedWish, Look, Notice, Shown } from '../shared/protocol.ts';
import { plainLook } from './look.ts';
import type { Stacked } from './priors.ts';
import { type StudyClient, StudyError } from './study-client.ts';

/** The canvas over the current image; the viewports of layouts have smaller numbers. */
export const overNumber = 16;

export interface Wanted {
  wish: ComparedWish;
  look: Look;
}

/** How a prior is shown on the current image: with the current window where its values mean the same, else with its own. */
export function overLook(prior: Stacked, shown: Shown, look: Look, own: Look): Look {
  const alike = prior.series.modality === shown.modality && (look.window !== null || look.auto);
  const { window, choice, auto } = alike ? look : own;
  const { invert, filters, smooth, subtract, colour_map } = look;
  return { ...plainLook(), window, choice, auto, invert, filters, smooth, subtract, colour_map };
}

export class OverPainter {
  #attached = false;
  #waiting: (() => void)[] = [];
  #assembled = -1;
  #running: Promise<Shown | null> | null = null;
  #again = false;

  constructor(private client: StudyClient) {}

  has(key: number): boolean {
    return this.#assembled === key;
  }

  /** Puts the prior together as a volume. */
  async assemble(key: number, signal: AbortSignal, onNotice: (notice: Notice) => void): Promise<void> {
    await this.client.ask('volume', { kind: 'assemble', frame_set: key }, { signal, onNotice });
    this.#assembled = key;
  }

  /** There is a canvas. */
  attach(): void {
    this.#attached = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  detach(): void {
    this.#attached = false;
  }

  /** Resolves when there is a canvas, or none is wanted any more. */
  async there(): Promise<void> {
    if (!this.#attached) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  clear(): void {
    this.attach();
    this.#attached = false;
    this.#assembled = -1;
  }

  #ready(wanted: Wanted | null): wanted is Wanted {
    return wanted !== null && (wanted.wish.laid.by !== 'volume' || this.has(wanted.wish.other));
  }

  /** Paints what is wanted when its turn comes; gives what was painted last. */
  paint(of: () => Wanted | null): Promise<Shown | null> {
    this.#again = true;
    this.#running ??= this.#paint(of).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #paint(of: () => Wanted | null): Promise<Shown | null> {
    let shown: Shown | null = null;
    while (this.#again) {
      this.#again = false;
      const wanted = of();
      if (!this.#attached || !this.#ready(wanted)) break;
      shown = await this.#ask(wanted);
    }
    return shown;
  }

  async #ask({ wish, look }: Wanted): Promise<Shown | null> {
    try {
      return await this.client.ask('shown', { kind: 'show-compared', viewport: overNumber, wish, look });
    } catch (error) {
      if (error instanceof StudyError) throw error;
      return null; // the image below is gone meanwhile
    }
  }

  async picture({ wish, look }: Wanted): Promise<Blob | null> {
    const request = { kind: 'show-compared', viewport: overNumber, wish: { ...wish, picture: true }, look } as const;
    if (!this.#ready({ wish, look })) return null;
    const { bytes } = await this.client.ask('shown', request);
    return bytes ? new Blob([new Uint8Array(bytes)], { type: 'image/png' }) : null;
  }
}
