// Regions of the shown image: how they are searched, what was found, which one is chosen, and what is kept of them.
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Asked, FoundRegion, FoundRegions, FrameSetInfo, Look, Shown } from '../shared/protocol.ts';
import { fill, type Text } from '../text/index.ts';
import { placing } from './drawings.ts';
import { icons } from './icons.ts';
import { written, writtenValue } from './numbers.ts';
import { growthPanel, type RegionGrowth, type Seed, seedForm } from './region-growth.ts';

export type Way = 'otsu' | 'range' | 'canny' | 'seed';
const ways: readonly Way[] = ['otsu', 'range', 'canny', 'seed'];

/** A region that somebody chose, with what is needed to keep it: lengths in pixels, and in mm where those are known. */
export interface ChosenRegion {
  viewport: number;
  frameSet: number;
  /** 0-based place in the stack. */
  index: number;
  region: FoundRegion;
  /** Of the values in `region.statistics`. */
  unit: string;
  spacingFrom: string;
  /** The steps that led to it. */
  steps: string[];
}

/** What is looked at: a viewport, as far as regions need it. */
export interface RegionPane {
  number: number;
  shown: Shown | null;
  look: Look;
  /** The stack. */
  info: FrameSetInfo | null;
  /** Planes or a picture of a volume are shown instead of an image: there are no regions. */
  readonly view: object | null;
  contours(asked: Asked): Promise<FoundRegions>;
}

/** How many contours are asked for; more would be no help to anybody. */
const MOST = 300;

/** The search for regions in the active viewport. */
export class Regions {
  open = false;
  way: Way = 'otsu';
  /** `null`: not set yet, from the window. */
  low: number | null = null;
  high: number | null = null;
  cannyLow = 60;
  cannyHigh = 180;
  tolerance: number | null = null;
  diagonal = false;
  /** A seed grows through all slices. */
  through = false;
  smallest = 30;
  found: FoundRegions | null = null;
  /** Place in the list of what was found. */
  chosen = -1;
  /** A volume is shown, no image. */
  volume = false;
  kept: ChosenRegion[] = [];
  #changed: () => void;
  #failed: (error: unknown) => void;
  #keep: (region: ChosenRegion) => boolean;
  #pane: RegionPane | null = null;
  #seed: [number, number] | null = null;
  #of = '';
  #asking = false;
  #again = false;
  /** Counts questions of another kind: what was asked before the newest is no answer to it. */
  #question = 0;

  /** `keep`: true when somebody else keeps a region, a measuring tool. */
  constructor(
    to: { changed(): void; failed(error: unknown): void; keep(region: ChosenRegion): boolean },
    readonly growth: RegionGrowth,
  ) {
    this.#changed = to.changed;
    this.#failed = to.failed;
    this.#keep = to.keep;
  }

  toggle(pane: RegionPane | undefined, on = !this.open): void {
    this.open = on;
    if (on && pane) void this.follow(pane, true);
    else this.forget();
    this.#changed();
  }

  /** Nothing that was found stays; what was kept does. */
  forget(): void {
    this.found = null;
    this.chosen = -1;
    this.#seed = null;
    this.#of = '';
    this.#question += 1;
  }

  /** Searches another way. */
  by(way: Way): void {
    this.way = way;
    this.found = null;
    this.chosen = -1;
    this.#seed = null;
    this.#question += 1;
    void this.search();
  }

  /** Another study. */
  clear(): void {
    this.forget();
    this.growth.forget();
    this.kept = [];
    this.open = false;
  }

  /** An image is shown: what was found in another one is gone, and it is searched anew. */
  async follow(pane: RegionPane, anew = false): Promise<void> {
    this.#pane = pane;
    const { shown, look } = pane;
    const { volume } = this;
    this.volume = pane.view !== null;
    if (this.volume) {
      this.forget();
      if (!volume) this.#changed();
      return;
    }
    if (!this.open || !shown) return;
    const { window, filters, presentation, subtract } = look;
    const of = JSON.stringify([
      pane.number,
      shown.frame_set,
      shown.index,
      filters,
      presentation,
      subtract,
      this.way === 'canny' || filters.length > 0 ? window : 0,
    ]);
    if (of === this.#of && !anew) return;
    if (of !== this.#of) this.forget();
    this.#of = of;
    await this.search();
  }

  /** What is wanted now. Of many wishes only the newest is asked for. */
  async search(): Promise<void> {
    const pane = this.#pane;
    const { shown } = pane ?? {};
    if (!pane || !shown?.grey || this.throughSlices || this.volume) {
      this.#changed(); // what was set is seen all the same
      return;
    }
    if (this.#asking) {
      this.#again = true;
      return;
    }
    const by = this.#by(shown);
    if (!by) {
      this.#changed();
      return;
    }
    this.#asking = true;
    const question = this.#question;
    try {
      const found = await pane.contours({
        filters: pane.look.filters,
        by,
        smallest: this.way === 'seed' ? 1 : this.smallest,
        most: MOST,
      });
      if (question === this.#question && this.open) {
        this.found = found;
        this.chosen = found.regions.length > 0 && this.way === 'seed' ? 0 : -1;
      }
    } catch (error) {
      if (question === this.#question) this.#failed(error);
    } finally {
      this.#asking = false;
    }
    this.#changed();
    if (this.#again) {
      this.#again = false;
      await this.search();
    }
  }

  #by(shown: Shown): Asked['by'] | null {
    if (this.way === 'seed') {
      if (!this.#seed) return null;
      const tolerance = this.tolerance ?? this.reach(shown).tolerance;
      return { kind: 'seed', at: this.#seed, tolerance, diagonal: this.diagonal };
    }
    const { low, high } = this.range(shown);
    const texts = {
      otsu: 'otsu',
      range: `${low}..${high}`,
      canny: `canny:low=${this.cannyLow},high=${this.cannyHigh}`,
    };
    return { kind: 'threshold', text: texts[this.way] };
  }

  /** A seed grows through all slices of the stack that is shown. */
  get throughSlices(): boolean {
    return this.way === 'seed' && this.through && !this.#pane?.view && Boolean(this.#pane?.info);
  }

  /** Grows from a place through all slices. */
  grow(seed: Seed): void {
    const { info, shown } = this.#pane ?? {};
    if (!info || !shown) return;
    const tolerance = this.tolerance ?? this.reach(shown).tolerance;
    void this.growth.grow(info, seed, { tolerance, diagonal: this.diagonal });
  }

  /** The place that is offered to the keyboard: the last one, or the middle of the image. */
  get seedOffered(): Seed {
    const { shown } = this.#pane ?? {};
    const [rows, columns] = shown?.size ?? [1, 1];
    const [column, row] = this.growth.seed ?? [Math.floor(columns / 2), Math.floor(rows / 2)];
    return [column, row, shown?.index ?? 0];
  }

  /** What sliders of values go over. */
  reach(shown: Shown): { low: number; high: number; tolerance: number } {
    // Gradients and the like have a window of their own.
    const window = shown.gives === 'levels' ? null : (shown.begin ?? shown.window);
    if (!window) return { low: 0, high: 255, tolerance: 16 };
    const whole = (value: number) => (window.width > 20 ? Math.round(value) : value);
    return {
      low: whole(window.center - window.width),
      high: whole(window.center + window.width),
      tolerance: whole(window.width / 8),
    };
  }

  /** The stack that is looked at; null over a volume. */
  get stack(): FrameSetInfo | null {
    return this.#pane && !this.#pane.view ? this.#pane.info : null;
  }

  range(shown: Shown): { low: number; high: number } {
    const reach = this.reach(shown);
    return { low: this.low ?? (reach.low + reach.high) / 2, high: this.high ?? reach.high };
  }

  /** A click at a place of the image: a seed, or the choice of a region. True when it was for this. */
  click([column, row]: readonly [number, number], pane: RegionPane): boolean {
    const size = pane.shown?.size;
    if (!this.open || !size || pane.view) return false;
    const at: [number, number] = [Math.round(column), Math.round(row)];
    if (at[0] < 0 || at[1] < 0 || at[0] >= size[1] || at[1] >= size[0]) return false;
    this.#pane = pane;
    if (this.throughSlices) {
      this.grow([at[0], at[1], pane.shown?.index ?? 0]);
      return true;
    }
    if (this.way === 'seed') {
      void this.follow(pane).then(() => {
        this.#seed = at;
        this.#question += 1;
        void this.search();
      });
      return true;
    }
    const regions = this.found?.regions ?? [];
    // The innermost that holds the point: children stand after their parents.
    this.chosen = regions.findLastIndex((region) => holds(region, column, row));
    this.#changed();
    return true;
  }

  step(by: number): void {
    const count = this.found?.regions.length ?? 0;
    if (count > 0) this.chosen = (Math.max(this.chosen, by > 0 ? -1 : 0) + by + count) % count;
    this.#changed();
  }

  keep(): void {
    const { found, chosen } = this;
    const region = found?.regions[chosen];
    const shown = this.#pane?.shown;
    if (!found || !region || !shown) return;
    const { viewport, frame_set: frameSet, index } = shown;
    const { unit, spacing_from: spacingFrom, steps } = found;
    const one: ChosenRegion = { viewport, frameSet, index, region, unit, spacingFrom, steps };
    if (!this.#keep(one)) this.kept = [...this.kept, one];
    this.#changed();
  }

  drop(): void {
    this.kept = this.kept.slice(0, -1);
    this.#changed();
  }

  /** What lies over a viewport: what was found there, and what is kept of its image. */
  over(shown: Shown): { found: readonly FoundRegion[]; chosen: number; kept: readonly ChosenRegion[] } {
    const pane = this.#pane?.shown;
    const here =
      this.open &&
      !this.volume &&
      pane?.viewport === shown.viewport &&
      pane.frame_set === shown.frame_set &&
      pane.index === shown.index;
    return {
      found: here ? (this.found?.regions ?? []) : [],
      chosen: this.chosen,
      kept: this.kept.filter(
        ({ frameSet, index }) => !this.volume && frameSet === shown.frame_set && index === shown.index,
      ),
    };
  }
}

/** Whether a point lies inside of a contour, or within half a pixel of it. */
function holds({ points, bounds: [left, top, right, bottom] }: FoundRegion, x: number, y: number): boolean {
  if (x < left - 0.5 || x > right + 0.5 || y < top - 0.5 || y > bottom + 0.5) return false;
  let inside = false;
  let near = false;
  for (const [i, [bx, by]] of points.entries()) {
    const [ax, ay] = points.at(i - 1) ?? [bx, by];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    const length = (bx - ax) ** 2 + (by - ay) ** 2;
    const t = length > 0 ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length)) : 0;
    if (Math.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)) <= 0.75) near = true;
  }
  return inside || near;
}

// ---- Words ----

/** The area of a region: mm² or cm² where lengths are known, else pixels. */
export function areaText({ area_mm2: area, pixels }: FoundRegion, text: Text): string {
  if (area === null) return fill(text.regions_pixels, { count: pixels });
  return area >= 1000 ? `${written(area / 100, 2)} cm²` : `${written(area, 2)} mm²`;
}

const lengthText = (mm: number | null, pixels: number, text: Text) =>
  mm === null ? fill(text.regions_pixels, { count: written(pixels, 1) }) : `${written(mm, 1)} mm`;

const valuesText = ({ statistics: s }: FoundRegion, unit: string) =>
  s ? `${written(s.mean, 1)} ± ${written(s.sd, 1)} ${unit}` : '–';

// ---- Drawing ----

/** The contours over an image, the chosen one filled, kept ones with their measures. */
export function contourDrawing(shown: Shown, regions: Regions, text: Text): TemplateResult | typeof nothing {
  const { found, chosen, kept } = regions.over(shown);
  if (found.length === 0 && kept.length === 0) return nothing;
  const place = placing(shown);
  const path = (points: readonly (readonly [number, number])[]) => {
    const placed = points.map((point) =>
      place(point)
        .map((v) => v.toFixed(1))
        .join(' '),
    );
    // A single pixel has a length, too, else nothing would be seen of it.
    return placed.length === 1 ? `M${placed[0]}h0.01` : `M${placed.join('L')}Z`;
  };
  // What is chosen is filled, its holes are not.
  const filled = (region: FoundRegion, at: number) =>
    at === chosen ? [region, ...found.filter(({ parent, hole }) => hole && parent === at)] : [region];
  const one = (region: FoundRegion, at: number) =>
    svg`<path class=${`${region.hole ? 'hole' : ''} ${at === chosen ? 'chosen' : ''}`} d=${filled(region, at)
      .map(({ points }) => path(points as [number, number][]))
      .join('')} />`;
  const mark = ({ region, unit }: ChosenRegion) => {
    const [x, y] = place(region.centroid);
    return svg`<path class="kept" d=${path(region.points as [number, number][])} />
      <text x=${x} y=${y - 2}>${areaText(region, text)}</text>
      ${region.statistics ? svg`<text x=${x} y=${y + 13}>${valuesText(region, unit)}</text>` : nothing}`;
  };
  return html`<svg class="drawings contours" aria-hidden="true">${found.map(one)}${kept.map(mark)}</svg>`;
}

// ---- Panel ----

/** The panel beside the image: how to search, what was found, the measures of the chosen region. */
export function regionPanel(regions: Regions, shown: Shown | null, text: Text, shut: () => void): TemplateResult {
  const again = (set: () => void) => {
    set();
    void regions.search();
  };
  const slider = (
    label: string,
    value: number,
    [min, max]: readonly [number, number],
    set: (value: number) => void,
    unit = '',
  ) => html`<label class="set">${label}
    <input type="range" min=${min} max=${max} step=${max - min > 20 ? 1 : (max - min) / 200} .value=${String(value)} @input=${(event: Event) => again(() => set(Number((event.target as HTMLInputElement).value)))}>
    <output>${writtenValue(value)} ${unit}</output></label>`;
  const settings = () => {
    if (!shown) return nothing;
    const reach = regions.reach(shown);
    const { low, high } = regions.range(shown);
    const ends = [reach.low, reach.high] as const;
    const unit = shown.gives === 'values' ? shown.unit : '';
    switch (regions.way) {
      case 'range':
        return html`${slider(
          text.regions_low,
          low,
          ends,
          (v) => {
            regions.low = v;
            regions.high = Math.max(high, v);
          },
          unit,
        )}
          ${slider(
            text.regions_high,
            high,
            ends,
            (v) => {
              regions.high = v;
              regions.low = Math.min(low, v);
            },
            unit,
          )}`;
      case 'canny':
        return html`${slider(text.key_low, regions.cannyLow, [0, 600], (v) => {
          regions.cannyLow = v;
        })}
          ${slider(text.key_high, regions.cannyHigh, [0, 1000], (v) => {
            regions.cannyHigh = v;
          })}`;
      case 'seed':
        return html`<label class="set"><span>${text.grow_through}</span><input type="checkbox" name="through" .checked=${regions.through} ?disabled=${!regions.stack || Boolean(regions.stack.no_volume)} @change=${(
          event: Event,
        ) =>
          again(() => {
            regions.through = (event.target as HTMLInputElement).checked;
            regions.forget();
          })}></label>
          <p class="note">${regions.throughSlices ? text.grow_click : text.regions_click}</p>
          ${slider(
            text.regions_tolerance,
            regions.tolerance ?? reach.tolerance,
            [0, Math.max((reach.high - reach.low) / 2, 1)],
            (v) => {
              regions.tolerance = v;
            },
            unit,
          )}
          <label class="set"><span>${text.regions_diagonal}</span><input type="checkbox" .checked=${regions.diagonal} @change=${(
            event: Event,
          ) =>
            again(() => {
              regions.diagonal = (event.target as HTMLInputElement).checked;
            })}></label>`;
      default:
        return nothing;
    }
  };
  return html`<div class="panel regions" role="dialog" aria-label=${text.regions} @keydown=${(event: KeyboardEvent) => {
    if (event.key === 'Escape') shut();
    event.stopPropagation();
  }}>
    <div class="bar"><h3>${text.regions}</h3><button type="button" class="sign" aria-label=${text.close} title=${text.close} @click=${shut}>${icons.close}</button></div>
    ${
      regions.volume || (shown && !shown.grey)
        ? html`<p class="note">${regions.volume ? text.regions_images_only : text.regions_grey_only}</p>`
        : html`<label class="set">${text.regions_by}
        <select @change=${(event: Event) => regions.by((event.target as HTMLSelectElement).value as Way)}>${ways.map((way) => html`<option value=${way} ?selected=${way === regions.way}>${text[`regions_${way}`]}</option>`)}</select></label>
      ${settings()}
      ${
        regions.way === 'seed'
          ? nothing
          : slider(text.regions_smallest, regions.smallest, [1, 2000], (v) => {
              regions.smallest = v;
            })
      }
      ${regions.throughSlices && shown ? html`${seedForm(regions.seedOffered, shown.size as [number, number], text, (seed) => regions.grow(seed))}${growthPanel(regions.growth, text)}` : results(regions, text)}`
    }
    ${
      regions.kept.length > 0
        ? html`<div class="bar"><p class="note">${fill(text.regions_kept, { count: regions.kept.length })}</p>
          <button type="button" @click=${() => regions.drop()}>${text.regions_drop}</button></div>`
        : nothing
    }
  </div>`;
}

function results(regions: Regions, text: Text): TemplateResult | typeof nothing {
  const { found, chosen } = regions;
  if (!found) return nothing;
  const { regions: list, unit } = found;
  const count = list.length;
  const region = list[chosen];
  const holes = list.filter(({ hole }) => hole).length;
  const said = [
    count === 0 ? text.regions_none : fill(text.regions_count, { count: count - holes, holes }),
    found.left_out > 0 ? fill(text.regions_left_out, { count: found.left_out }) : '',
    regions.way === 'otsu' && found.threshold !== null
      ? fill(text.regions_taken, {
          value: writtenValue(found.threshold),
          unit: found.steps.length > 1 ? '' : unit,
        }).trim()
      : '',
  ].filter(Boolean);
  return html`<p class="note" role="status">${said.join(' · ')}</p>
    ${
      count > 0
        ? html`<div class="bar"><button type="button" class="sign" aria-label=${text.regions_previous} @click=${() => regions.step(-1)}>‹</button>
          <b>${region ? fill(region.hole ? text.regions_hole : text.regions_of, { number: chosen + 1, count }) : text.regions_choose}</b>
          <button type="button" class="sign" aria-label=${text.regions_next} @click=${() => regions.step(1)}>›</button></div>`
        : nothing
    }
    ${region ? measures(region, unit, text) : nothing}
    ${region ? html`<button type="button" class="keep" @click=${() => regions.keep()}>${text.regions_keep}</button>` : nothing}`;
}

function measures(region: FoundRegion, unit: string, text: Text): TemplateResult {
  const { statistics: s, ellipse, centroid } = region;
  const row = (name: string, value: string) => html`<dt>${name}</dt><dd>${value}</dd>`;
  return html`<dl>
    ${row(text.regions_area, areaText(region, text))}
    ${region.area_mm2 === null ? nothing : row('', fill(text.regions_pixels, { count: region.pixels }))}
    ${row(text.regions_around, lengthText(region.perimeter_mm, region.perimeter, text))}
    ${row(text.regions_values, valuesText(region, unit))}
    ${s ? row(text.regions_between, `${writtenValue(s.min)}, ${writtenValue(s.max)} ${unit}`) : nothing}
    ${row(text.regions_center, `x ${written(centroid[0], 1)}  y ${written(centroid[1], 1)}`)}
    ${row(text.regions_axes, fill(text.regions_pixels, { count: `${written(ellipse.size[0], 1)} × ${written(ellipse.size[1], 1)}` }))}
  </dl>`;
}
