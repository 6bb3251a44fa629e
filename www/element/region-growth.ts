// A region that grows through all slices from a place in an image: its way there, what has grown, and what is laid over the stack.
import { html, nothing, type TemplateResult } from 'lit';
import type { FrameSetInfo, GrownInfo } from '../shared/protocol.ts';
import { fill, type Text } from '../text/index.ts';
import { written, writtenValue } from './numbers.ts';
import { saveAs } from './saving.ts';
import { stamp } from './stamp.ts';
import { type StudyClient, StudyError } from './study-client.ts';

/** Column, row and 0-based place in the stack. */
export type Seed = [column: number, row: number, index: number];

export interface GrowthHost {
  changed(): void;
  failed(error: unknown): void;
  /** A region lies over a stack now: it is to be seen. */
  laid(frameSet: number): void;
  /** It does no more: what lay there before may come back. */
  lifted(frameSet: number): void;
}

interface Way {
  tolerance: number;
  diagonal: boolean;
}

export class RegionGrowth {
  /** Images of the volume that are there, and all; null while none is put together. */
  coming: { done: number; total: number } | null = null;
  running = false;
  /** What has grown, or grows. */
  info: GrownInfo | null = null;
  seed: Seed | null = null;
  frameSet = -1;
  /** Kinds of files that it was saved as: a report names the segmentation that was saved before it. */
  readonly #saved = new Set<string>();
  #stamp = stamp();
  #stop: AbortController | null = null;

  constructor(
    private readonly client: StudyClient,
    private readonly host: GrowthHost,
  ) {
    // The new worker has neither the volume nor the region.
    client.addEventListener('replaced', () => this.forget());
  }

  /** Nothing of it stays; what was laid goes with its study. */
  forget(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.coming = null;
    this.running = false;
    this.info = null;
    this.seed = null;
    this.frameSet = -1;
    this.host.changed();
  }

  cancel(): void {
    this.#stop?.abort();
  }

  /** Takes the region away. */
  async remove(): Promise<void> {
    const { frameSet, info } = this;
    this.forget();
    if (!info?.done) return;
    const wish = { kind: 'grow' as const, frame_set: frameSet, tolerance: 0, diagonal: false, save: null };
    await this.client.ask('done', { ...wish, seed: null, stop: true });
    await this.client.ask('done', { kind: 'overlay', frame_set: frameSet, overlay: null });
    this.host.lifted(frameSet);
  }

  /** The region as a segmentation or a report; a name that names nobody. */
  async save(what: 'seg' | 'sr'): Promise<void> {
    const { frameSet: frame_set, info } = this;
    if (!info?.done) return;
    const beside = [...this.#saved].filter((one) => one !== what);
    const save = { what, beside, stamp: this.#stamp };
    const wish = { kind: 'grow' as const, frame_set, seed: null, tolerance: 0, diagonal: false, stop: false, save };
    try {
      const { bytes = new Uint8Array(), end } = await this.client.ask('saved', wish);
      this.#saved.add(what);
      saveAs(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/dicom' }), `negatoscope-${end}`);
    } catch (error) {
      this.host.failed(error);
    }
  }

  /** Grows from a place; the region of before is replaced when this one is complete. */
  async grow(set: FrameSetInfo, seed: Seed, { tolerance, diagonal }: Way): Promise<void> {
    this.#stop?.abort();
    const stop = new AbortController();
    this.#stop = stop;
    const { signal } = stop;
    const before = { info: this.info, seed: this.seed, frameSet: this.frameSet };
    this.running = true;
    this.host.changed();
    try {
      if (set.no_volume) throw new StudyError(set.no_volume);
      this.coming = { done: 0, total: set.frames };
      await this.client.ask(
        'volume',
        { kind: 'assemble', frame_set: set.key },
        {
          signal,
          onNotice: (notice) => {
            if (notice.kind !== 'progress' || this.#stop !== stop) return;
            this.coming = { done: notice.done, total: notice.total };
            this.host.changed();
          },
        },
      );
      this.coming = null;
      this.frameSet = set.key;
      this.seed = seed;
      const wish = { kind: 'grow' as const, frame_set: set.key, tolerance, diagonal, stop: false, save: null };
      let from: Seed | null = seed;
      for (;;) {
        const info = await this.client.ask('grown', { ...wish, seed: from });
        from = null;
        if (signal.aborted) {
          if (!info.done) await this.client.ask('done', { ...wish, seed: null, stop: true });
          else if (this.#stop === stop) this.info = info; // it was complete already
          break;
        }
        this.info = info;
        this.host.changed();
        if (info.done) break;
      }
      if (this.info?.done) {
        this.#saved.clear();
        this.#stamp = stamp();
        this.host.laid(set.key);
      }
    } catch (error) {
      if (this.#stop === stop) Object.assign(this, before);
      if (!signal.aborted) this.host.failed(error);
    } finally {
      if (this.#stop === stop) {
        if (signal.aborted && !this.info?.done) Object.assign(this, before.info?.done ? before : { info: null });
        this.#stop = null;
        this.running = false;
        this.coming = null;
        this.host.changed();
      }
    }
  }
}

/** How far it is, and what has grown. */
export function growthPanel(growth: RegionGrowth, text: Text): TemplateResult {
  const { coming, running, info } = growth;
  const volume = (ml: number) => `${written(ml, ml < 10 ? 2 : 1)} mL`;
  const row = (name: string, value: string) => html`<dt>${name}</dt><dd>${value}</dd>`;
  const measures = (found: GrownInfo) => html`<dl class="grown">
      ${row(text.grow_volume, volume(found.ml))}
      ${row(text.grow_voxels, `${found.voxels}`)}
      ${row(text.grow_slices, `${found.slices[0] + 1} – ${found.slices[1] + 1}`)}
      ${row(text.regions_values, `${written(found.mean, 1)} ± ${written(found.sd, 1)} ${found.unit}`)}
      ${row(text.regions_between, `${writtenValue(found.ends[0])}, ${writtenValue(found.ends[1])} ${found.unit}`)}
    </dl>
    ${found.reduced > 1 ? html`<p class="note">${fill(text.grow_reduced, { count: found.reduced })}</p>` : nothing}`;
  if (running)
    return html`<p class="note" role="status">${coming ? fill(text.mprComing, coming) : fill(text.grow_so_far, { volume: volume(info?.ml ?? 0) })}</p>
      ${coming ? html`<progress max=${coming.total} value=${coming.done}></progress>` : html`<progress></progress>`}
      <button type="button" @click=${() => growth.cancel()}>${text.cancel}</button>`;
  if (!info?.done) return html``;
  return html`<p class="note" role="status"><i class="swatch"></i>${fill(text.grow_done, { volume: volume(info.ml) })}</p>
    ${measures(info)}
    <p class="note">${text.grow_check}</p>
    <div class="acts">
      <button type="button" @click=${() => void growth.save('seg')}>${text.grow_seg}</button>
      <button type="button" @click=${() => void growth.save('sr')}>${text.grow_sr}</button>
      <button type="button" @click=${() => void growth.remove()}>${text.grow_remove}</button>
    </div>`;
}

/** A seed by its numbers, for the keyboard. */
export function seedForm(
  at: Seed,
  [rows, columns]: readonly [number, number],
  text: Text,
  grow: (seed: Seed) => void,
): TemplateResult {
  const submit = (event: Event) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget as HTMLFormElement);
    const number = (name: string) => Math.round(Number(fields.get(name)));
    const seed: Seed = [number('column'), number('row'), at[2]];
    if (seed.every((one) => Number.isFinite(one) && one >= 0)) grow(seed);
  };
  const field = (name: 'column' | 'row', value: number, most: number) =>
    html`<label>${name === 'column' ? 'x' : 'y'}<input name=${name} type="number" min="0" max=${most - 1} .value=${String(value)} aria-label=${text[`grow_${name}`]} /></label>`;
  return html`<form class="seed" @submit=${submit}>
    ${field('column', at[0], columns)}${field('row', at[1], rows)}<button type="submit">${text.grow_here}</button></form>`;
}
