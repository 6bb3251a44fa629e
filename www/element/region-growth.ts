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

/** A region that has grown to its end: the study worker keeps it until the next one is complete. */
interface Grown {
  info: GrownInfo;
  seed: Seed;
  frameSet: number;
}

export class RegionGrowth {
  /** Images of the volume that are there, and all; null while none is put together. */
  coming: { done: number; total: number } | null = null;
  running = false;
  /** What has grown, or grows. */
  info: GrownInfo | null = null;
  seed: Seed | null = null;
  /** What lies over its images, and comes back where the next one is given up. */
  #last: Grown | null = null;
  /** Kinds of files that it was saved as: a report names the segmentation that was saved before it. */
  readonly #saved = new Set<string>();
  #stamp = stamp();
  #stop: AbortController | null = null;
  /** Ends when what grew before has ended: two at once would take each other's pieces. */
  #turn: Promise<void> = Promise.resolve();
  /** Counts what was forgotten: a region of before is none of this study. */
  #era = 0;

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
    this.#last = null;
    this.#era += 1;
    this.host.changed();
  }

  cancel(): void {
    this.#stop?.abort();
  }

  /** Takes the region away. */
  async remove(): Promise<void> {
    const last = this.#last;
    this.forget();
    if (!last) return;
    const wish = { kind: 'grow' as const, frame_set: last.frameSet, tolerance: 0, diagonal: false, save: null };
    await this.client.ask('done', { ...wish, seed: null, stop: true });
    await this.#lift(last.frameSet);
  }

  async #lift(frameSet: number): Promise<void> {
    await this.client.ask('done', { kind: 'overlay', frame_set: frameSet, overlay: null });
    this.host.lifted(frameSet);
  }

  /** The region as a segmentation or a report; a name that names nobody. */
  async save(what: 'seg' | 'sr'): Promise<void> {
    const last = this.#last;
    if (!last) return;
    const frame_set = last.frameSet;
    const beside = [...this.#saved].filter((one) => one !== what);
    const save = { what, beside, stamp: this.#stamp };
    const wish = { kind: 'grow' as const, frame_set, seed: null, tolerance: 0, diagonal: false, stop: false, save };
    try {
      const { bytes = new Uint8Array(), end } = await this.client.ask('saved', wish);
      if (this.#last === last) this.#saved.add(what);
      saveAs(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/dicom' }), `negatoscope-${end}`);
    } catch (error) {
      this.host.failed(error);
    }
  }

  /** Grows from a place; the region of before is replaced when this one is complete, and stays where it is given up or fails. */
  grow(set: FrameSetInfo, seed: Seed, way: Way): Promise<void> {
    this.#stop?.abort();
    const stop = new AbortController();
    this.#stop = stop;
    this.running = true;
    this.host.changed();
    const run = () => this.#grow(set, seed, way, stop);
    this.#turn = this.#turn.then(run, run);
    return this.#turn;
  }

  async #grow(set: FrameSetInfo, seed: Seed, { tolerance, diagonal }: Way, stop: AbortController): Promise<void> {
    const { signal } = stop;
    const era = this.#era;
    try {
      signal.throwIfAborted();
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
      this.info = null;
      this.seed = seed;
      this.host.changed();
      const wish = { kind: 'grow' as const, frame_set: set.key, tolerance, diagonal, stop: false, save: null };
      let from: Seed | null = seed;
      let done = false;
      while (!done && !signal.aborted) {
        const info = await this.client.ask('grown', { ...wish, seed: from });
        from = null;
        done = info.done;
        if (era !== this.#era) break;
        // Complete is complete, also where it was given up meanwhile: it lies over the images now.
        if (done) await this.#replace({ info, seed, frameSet: set.key });
        else if (!signal.aborted) this.info = info;
        this.host.changed();
      }
      if (!done) await this.client.ask('done', { ...wish, seed: null, stop: true });
    } catch (error) {
      if (!signal.aborted) this.host.failed(error);
    } finally {
      if (this.#stop === stop) {
        const { info, seed } = this.#last ?? { info: null, seed: this.seed };
        Object.assign(this, { info, seed, running: false, coming: null });
        this.#stop = null;
        this.host.changed();
      }
    }
  }

  /** A region is complete: what lay over another stack is lifted, as nobody could save it or take it away any more. */
  async #replace(grown: Grown): Promise<void> {
    const before = this.#last;
    this.#last = grown;
    this.#saved.clear();
    this.#stamp = stamp();
    this.host.laid(grown.frameSet);
    if (before && before.frameSet !== grown.frameSet) await this.#lift(before.frameSet);
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
    <p class="note">${text.saveDicomNote}</p>
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
