// Small pictures of what each step of a chain of filters makes of the shown image: asked for one at a time, when nothing else is to be done.
import { filtersOf, type Step } from './filter-chain.ts';
import type { StudyClient } from './study-client.ts';
import type { NegatoscopeViewport } from './viewport.ts';

/** Sides, device pixels. */
const SIDE = 144;
/** Pictures that stay for when a step is moved back. */
const MOST = 32;
/** A slider rests for so long before pictures are made, ms. */
const REST = 220;

/** What is wanted of a chain: the picture before it, and one for each step that is on. */
export class ChainPictures {
  #urls = new Map<string, string>();
  #wanted: string[] = [];
  #stop: AbortController | null = null;

  constructor(
    private readonly client: StudyClient,
    private readonly changed: () => void,
  ) {}

  /** URLs by step, the one before the chain first; empty where there is none yet, or the step is off. What is missing is made. */
  of(pane: NegatoscopeViewport | undefined, steps: readonly Step[]): readonly string[] {
    const at = pane?.markPlace;
    if (!pane?.shown?.grey || !at) return [];
    const { place, plane } = at;
    const { window, auto, choice, invert, colour_map, presentation, subtract, quarter_turns, flip } = pane.look;
    const how = [place, plane, window, auto, choice, invert, colour_map, presentation, subtract, quarter_turns, flip];
    const keyOf = (filters: readonly string[]) => JSON.stringify([how, filters]);
    const filters = steps.map((step, i) => (step.on ? filtersOf(steps.slice(0, i + 1)) : null));
    const all: (string[] | null)[] = [[], ...filters];
    const keys = all.map((one) => (one ? keyOf(one) : ''));
    const missing = keys.filter((key) => key && !this.#urls.has(key));
    if (missing.join() !== this.#wanted.join()) {
      this.#wanted = missing;
      this.#stop?.abort();
      this.#stop = null;
      if (missing.length > 0) void this.#make(pane, at, all, keys);
    }
    return keys.map((key) => this.#urls.get(key) ?? '');
  }

  async #make(
    pane: NegatoscopeViewport,
    { place, plane }: NonNullable<NegatoscopeViewport['markPlace']>,
    all: readonly (string[] | null)[],
    keys: readonly string[],
  ): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    const { signal } = stop;
    const { look } = pane;
    await new Promise((resolve) => setTimeout(resolve, REST));
    for (const [i, filters] of all.entries()) {
      const key = keys[i];
      if (!filters || !key || this.#urls.has(key)) continue;
      try {
        await this.client.quiet();
        if (signal.aborted) return;
        const wish = { ...place, plane, look: { ...look, filters }, size: SIDE };
        const { bytes } = await this.client.ask('encoded', { kind: 'small', ...wish }, { signal });
        if (signal.aborted || !bytes) return;
        this.#keep(key, URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: 'image/png' })));
      } catch {
        if (signal.aborted) return; // else a step that is refused has no picture; the refusal is said where the image is
      }
    }
  }

  #keep(key: string, url: string): void {
    this.#urls.set(key, url);
    for (const [old, url] of this.#urls) {
      if (this.#urls.size <= MOST) break;
      this.#urls.delete(old);
      URL.revokeObjectURL(url);
    }
    this.#wanted = this.#wanted.filter((one) => one !== key);
    this.changed();
  }

  /** The chain is not looked at any more. */
  end(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.#wanted = [];
    for (const url of this.#urls.values()) URL.revokeObjectURL(url);
    this.#urls.clear();
  }
}
