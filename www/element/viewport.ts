// One image with its texts, letters, scale bar and rail. The picture is painted by the study worker.
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type {
  Asked,
  Fact,
  FoundRegions,
  FrameSetInfo,
  Look,
  OverlayLook,
  Probe,
  Shown,
  TagLine,
} from '../shared/protocol.ts';
import { fill, maybe, type Text } from '../text/index.ts';
import { firstLook, type Result } from './analysis.ts';
import { crossHair, placeAt } from './cross-hair.ts';
import { boxes, drawings, fieldLine } from './drawings.ts';
import { listen, type Tool } from './gestures.ts';
import { imageLegend, labelName, overlayValue } from './legend.ts';
import { dragged, onCanvas, plainLook, zoomed } from './look.ts';
import { MeasureHand } from './measure-hand.ts';
import { measureLayer } from './measure-layer.ts';
import { type MarkPlace, placeShown, seenBy } from './measure-places.ts';
import type { Measure, MeasureKind, Measures } from './measures.ts';
import { rail, scaleBar } from './marks.ts';
import type { Mpr, VolumeView } from './mpr.ts';
import { written, writtenValue, writtenWindow } from './numbers.ts';
import { contourDrawing, type Regions } from './regions.ts';
import { compareStyles } from './compare.css.ts';
import type { Reference } from './places.ts';
import { referenceLine } from './reference-lines.ts';
import { onImage, scaleOf } from './scale.ts';
import type { StudyClient } from './study-client.ts';
import { viewportStyles } from './viewport.css.ts';

const corners = ['top-left', 'top-right', 'bottom-right', 'bottom-left'] as const;

export class NegatoscopeViewport extends LitElement {
  static override styles = [viewportStyles, compareStyles];

  @property({ attribute: false }) client!: StudyClient;
  @property({ attribute: false }) text!: Text;
  @property({ attribute: false }) tool: Tool = 'window';
  @property({ attribute: false }) backend: 'auto' | 'cpu' | 'gpu' = 'auto';
  @property({ attribute: false }) results: { overlaid(frameSet: number | undefined): Result | undefined } | null = null;
  @property({ attribute: false }) regions: Regions | null = null;
  @property({ attribute: false }) measures: Measures | null = null;
  /** The measuring tool, where `tool` is measuring. */
  @property({ attribute: false }) kind: MeasureKind | '' = '';
  /** Changes with the list of measurements: they are drawn anew. */
  @property({ attribute: false }) measured = 0;
  /** Asks for the words of a text or an arrow. */
  @property({ attribute: false }) words: (kind: MeasureKind) => Promise<string | null> = async () => '';
  @property({ type: Number }) number = 0;
  @property({ type: Boolean }) anonymous = false;
  @property({ type: Boolean }) texts = true;
  /** The volume whose plane or picture is shown here instead of a stack. */
  @property({ attribute: false }) mpr: Mpr | null = null;
  /** The image of the active viewport, whose line is drawn over this one. */
  @property({ attribute: false }) reference: Reference | null = null;

  /** What a comparison lays over the picture, below all that is written. */
  @property({ attribute: false }) over: TemplateResult | typeof nothing = nothing;
  /** What that says of a point of the canvas, device pixels. */
  @property({ attribute: false }) overValue: ((x: number, y: number) => Promise<string>) | null = null;

  @state() shown: Shown | null = null;
  @state() private overProbed = '';
  @state() private probed: Probe | null = null;
  @state() private hovering = false;

  info: FrameSetInfo | null = null;
  seriesUid = '';
  index = 0;
  look: Look = plainLook();

  /** Places marks and moves them. */
  readonly hand = new MeasureHand({
    shown: () => (this.markPlace ? this.shown : null),
    place: () => this.markPlace,
    seen: (one, points) => this.seen(one, points),
    kind: () => (this.tool === 'measure' ? this.kind : ''),
    marks: () => this.measures,
    changed: () => this.requestUpdate(),
    done: (one: Measure) => this.#tell('measure-done', one),
    failed: (error) => this.#tell('pane-error', error),
    words: (kind) => this.words(kind),
  });

  #looks = new Map<number, Look>();
  #attached = false;
  #size: [number, number] = [0, 0];
  #wanted: { resolve(): void; reject(reason: unknown): void }[] = [];
  #busy = false;
  #hover: [number, number] | null = null;
  #probing = false;
  #rest = 0;
  #ends = new AbortController();
  #observer: ResizeObserver | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#ends = new AbortController();
    const { signal } = this.#ends;
    this.client.addEventListener(
      'canvas-lost',
      (event) => {
        if ((event as CustomEvent<number>).detail === this.number) this.attachAnew();
      },
      { signal },
    );
    this.client.addEventListener('replaced', () => this.attachAnew(), { signal });
    void this.updateComplete.then(() => {
      const host = this.#host;
      if (!host || signal.aborted) return;
      this.hand.listen(host, signal);
      listen(host, this.#intentions, signal);
      this.#observer = new ResizeObserver((entries) => this.#resized(entries.at(-1)));
      this.#observer.observe(host);
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#ends.abort();
    this.#observer?.disconnect();
    this.#attached = false;
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('backend') && changed.get('backend') !== undefined) this.attachAnew();
    if (changed.has('tool') || changed.has('kind')) this.hand.cancel();
  }

  /** Width and height of the canvas, device pixels. */
  get canvasSize(): [number, number] {
    return this.#size;
  }

  get #host(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('.picture');
  }

  /** What is shown of the volume. */
  get view(): VolumeView | null {
    return this.mpr?.views[this.number] ?? null;
  }

  /** Where a mark that is placed now would lie. */
  get markPlace(): MarkPlace | null {
    return this.shown && placeShown(this.shown, this.view, this.mpr);
  }

  /** What is shown, in the pixels of a mark's own image or plane. */
  seen(one: MarkPlace, points: readonly (readonly [number, number])[], shown = this.shown): Shown | null {
    return shown && seenBy(shown, this.view, one, points);
  }

  /** Shows planes or a picture of a volume from now on, or images again. */
  setVolume(mpr: Mpr | null): void {
    if (this.mpr === mpr) return;
    if (mpr && this.info) this.#looks.set(this.info.key, this.look);
    this.mpr = mpr;
    this.probed = null;
    if (!mpr) return;
    const { window, choice, auto, invert, colour_map } = this.#looks.get(mpr.set.key) ?? plainLook();
    this.info = mpr.set;
    this.seriesUid = mpr.seriesUid;
    this.look = { ...plainLook(), window, choice, auto, invert, colour_map, overlay: this.look.overlay };
  }

  /** Shows a stack from a place in it; its look of before comes back. */
  setFrameSet(seriesUid: string, info: FrameSetInfo, index = Math.floor((info.frames - 1) / 2)): Promise<void> {
    if (this.info && !this.mpr) this.#looks.set(this.info.key, this.look);
    this.mpr = null;
    this.info = info;
    this.seriesUid = seriesUid;
    const result = this.results?.overlaid(info.key);
    this.look = this.#looks.get(info.key) ?? { ...plainLook(), ...(result && { overlay: firstLook(result.finding) }) };
    this.index = Math.min(Math.max(index, 0), info.frames - 1);
    return this.paint();
  }

  /** Shows another image of the stack. */
  setIndex(index: number): Promise<void> {
    if (!this.info) return Promise.resolve();
    if (this.view) {
      const steps = Math.round(index) - (this.shown?.index ?? 0);
      if (steps !== 0) this.view.step(steps, this.shown?.plane?.step_mm);
      return Promise.resolve();
    }
    const next = Math.min(Math.max(Math.round(index), 0), this.info.frames - 1);
    if (next === this.index) return Promise.resolve();
    this.index = next;
    return this.paint();
  }

  /** Changes how the image is shown. */
  setLook(part: Partial<Look>): Promise<void> {
    this.look = { ...this.look, ...part };
    return this.paint();
  }

  /** How the overlay of a stack is shown, now or when the stack is shown here again. */
  setOverlay(frameSet: number, overlay: OverlayLook): void {
    if (this.info?.key === frameSet) this.#quietly({ overlay });
    else this.#looks.set(frameSet, { ...(this.#looks.get(frameSet) ?? plainLook()), overlay });
  }

  /** The stacks have new keys. `key`: the stack that keeps the look of what is shown. */
  renew(key: number | undefined): void {
    this.hand.cancel(); // what is being placed is placed by the old keys
    this.#looks.clear();
    if (key !== undefined) this.#looks.set(key, this.look);
    this.info = null;
  }

  /** Forgets the study. */
  clear(): void {
    this.hand.cancel();
    this.info = null;
    this.shown = null;
    this.probed = null;
    this.#looks.clear();
    this.look = plainLook();
    this.#host?.replaceChildren();
    this.#attached = false;
  }

  /** Resolves when what is wanted now is on the canvas. Of many wishes only the newest is asked for. */
  paint(): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.#wanted.push({ resolve, reject }));
    done.catch((error: unknown) => this.#tell('pane-error', error));
    void this.#work();
    return done;
  }

  async #work(): Promise<void> {
    if (this.#busy || !this.info) return;
    if (!this.#attached && !this.#attach()) return; // the first size starts it again
    this.#busy = true;
    try {
      while (this.#wanted.length > 0 && this.info) {
        const waiting = this.#wanted;
        this.#wanted = [];
        try {
          const { info, index, look, number } = this;
          const current = () => this.#wanted.length === 0;
          const { view } = this;
          this.shown = await (view
            ? view.show(number, look, this.#size, current)
            : this.client.ask('shown', { kind: 'show', viewport: number, frame_set: info.key, index, look }));
          for (const { resolve } of waiting) resolve();
          this.#tell('pane-change', this.shown);
          this.#probe();
        } catch (error) {
          for (const { reject } of waiting) reject(error);
        }
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Hands the worker a canvas; false while there is no size. */
  #attach(): boolean {
    const host = this.#host;
    const [width, height] = this.#size;
    if (!host || width === 0 || height === 0) return false;
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    host.replaceChildren(canvas);
    const offscreen = canvas.transferControlToOffscreen();
    const { number: viewport, backend } = this;
    // The worker takes things in order: what is shown next need not wait for the answers.
    this.#attached = true;
    Promise.all([
      this.client.ask('done', { kind: 'attach', viewport }, { canvas: offscreen, backend }),
      this.client.ask('done', { kind: 'resize', viewport, width, height }),
    ]).catch((error: unknown) => {
      this.#attached = false;
      for (const { reject } of this.#wanted.splice(0)) reject(error);
    });
    return true;
  }

  /** Gives the worker a new canvas: the old one or its worker is gone. */
  attachAnew(): void {
    this.#attached = false;
    if (this.info) this.paint().catch(() => {});
  }

  #resized(entry: ResizeObserverEntry | undefined): void {
    if (!entry) return;
    const ratio = globalThis.devicePixelRatio;
    const exact = entry.devicePixelContentBoxSize?.[0];
    // Scale bar and pointer go by the ratio, so the canvas does too: an exact size that contradicts it (an emulated screen) is not taken.
    const pixels = (size: number, exactly = Number.NaN) =>
      Math.abs(exactly - size * ratio) <= 2 ? exactly : Math.round(size * ratio);
    const width = pixels(entry.contentRect.width, exact?.inlineSize);
    const height = pixels(entry.contentRect.height, exact?.blockSize);
    if (width === 0 || height === 0 || (width === this.#size[0] && height === this.#size[1])) return;
    this.#size = [width, height];
    if (!this.info) return;
    if (this.#attached)
      this.client.ask('done', { kind: 'resize', viewport: this.number, width, height }).catch(() => {});
    this.paint().catch(() => {});
  }

  #intentions = {
    tool: () => (this.tool === 'cross' && this.view?.kind !== 'plane' ? 'pan' : this.tool),
    down: () => this.#tell('pane-select', this.number),
    window: (dx: number, dy: number) => {
      if (this.#orbit(dx, dy)) return;
      const window = this.look.window ?? this.shown?.begin;
      // Gradients and the like have a window of their own.
      if (window && this.shown?.begin) this.#quietly({ window: dragged(window, dx, dy) });
    },
    scrollBy: (dy: number) => {
      if (this.#orbit(0, dy)) return;
      const frames = (this.view ? this.shown?.frames : this.info?.frames) ?? 1;
      // The height of the pane is the whole stack, but no image needs more than 12 pixels of way.
      this.#rest += (dy * frames) / Math.max(Math.min(this.clientHeight, frames * 12), 1);
      const whole = Math.trunc(this.#rest);
      this.#rest -= whole;
      if (whole !== 0) this.#go(whole);
    },
    step: (images: number) => {
      this.#tell('pane-select', this.number);
      this.#go(images);
    },
    cross: (x: number, y: number) => {
      const place = this.shown && placeAt(this.shown, x, y);
      if (place && this.view?.kind === 'plane') this.mpr?.moveTo(place);
    },
    zoom: (factor: number, x: number, y: number) => {
      const ratio = globalThis.devicePixelRatio;
      if (this.mpr && this.view?.kind === 'cast') {
        this.mpr.setCast({ zoom: Math.min(Math.max(this.mpr.cast.zoom * factor, 0.1), 20) });
        return;
      }
      this.#quietly(zoomed(this.look, factor, x * ratio, y * ratio));
    },
    pan: (dx: number, dy: number) => {
      const ratio = globalThis.devicePixelRatio;
      if (this.mpr && this.view?.kind === 'cast') {
        // With the main button the picture is turned; the middle one moves it, as everywhere.
        if (this.tool !== 'pan' && this.#orbit(dx, dy)) return;
        const [x, y] = this.mpr.cast.pan;
        this.mpr.setCast({ pan: [x + dx * ratio, y + dy * ratio] });
        return;
      }
      this.#quietly({ pan: [this.look.pan[0] + dx * ratio, this.look.pan[1] + dy * ratio] });
    },
    hover: (x: number, y: number) => {
      this.hovering = true;
      this.#hover = [x * globalThis.devicePixelRatio, y * globalThis.devicePixelRatio];
      this.#probe();
    },
    tap: (x: number, y: number) => {
      const { shown } = this;
      const ratio = globalThis.devicePixelRatio;
      if (shown) this.regions?.click(onImage(shown, x * ratio, y * ratio), this);
    },
    leave: () => {
      this.hovering = false;
      this.#hover = null;
      this.probed = null;
    },
  };

  /** Goes through the stack, or along the normal of a plane. */
  #go(images: number): void {
    if (this.view) this.view.step(images, this.shown?.plane?.step_mm);
    else this.setIndex(this.index + images).catch(() => {});
  }

  /** Turns the picture of a volume, where that is what is shown. */
  #orbit(dx: number, dy: number): boolean {
    if (!this.mpr || this.view?.kind !== 'cast') return false;
    this.mpr.orbit(dx, dy);
    return true;
  }

  #quietly(part: Partial<Look>): void {
    if (this.info) this.setLook(part).catch(() => {});
  }

  #probe(): void {
    if (this.#probing || !this.#hover || !this.shown || this.view?.kind === 'cast') return;
    const [x, y] = this.#hover;
    this.#probing = true;
    this.client
      .ask('probe', { kind: 'probe', viewport: this.number, x, y })
      .then(
        ({ value }) => {
          if (this.#hover) this.probed = value;
          return this.overValue?.(x, y);
        },
        () => '',
      )
      .then(
        (said = '') => {
          this.overProbed = this.#hover ? said : '';
        },
        () => {},
      )
      .finally(() => {
        this.#probing = false;
        if (this.#hover && (this.#hover[0] !== x || this.#hover[1] !== y)) this.#probe();
      });
  }

  /** The value of a pixel, counted from 0; null where the canvas does not show it. */
  async probePixel(column: number, row: number): Promise<Probe | null> {
    const { shown, number: viewport } = this;
    if (!shown) return null;
    const [x, y] = onCanvas(shown, column, row);
    const { value } = await this.client.ask('probe', { kind: 'probe', viewport, x, y });
    return value?.column === column && value.row === row ? value : null;
  }

  /** The picture as PNG. */
  async snapshot(): Promise<Blob> {
    const { bytes } = await this.client.ask('picture', { kind: 'snapshot', viewport: this.number });
    return new Blob([bytes ? new Uint8Array(bytes) : ''], { type: 'image/png' });
  }

  /** The regions of the shown frame. */
  async contours(asked: Asked): Promise<FoundRegions> {
    return this.client.ask('contours', { kind: 'contours', viewport: this.number, asked });
  }

  /** Every element of the shown frame's data set. */
  async tags(): Promise<TagLine[]> {
    return (await this.client.ask('tags', { kind: 'tags', viewport: this.number })).lines;
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }

  override render() {
    const { shown, text } = this;
    return html`
      <div class="picture"></div>${shown ? this.over : nothing}
      ${
        shown
          ? html`${this.view ? nothing : this.#marks()}${drawings(shown, this.anonymous)}${this.#boxes(shown)}${this.#field(shown)}${referenceLine(shown, this.reference)}${this.#cross(shown)}${this.view ? this.#marks() : nothing}${this.regions ? contourDrawing(shown, this.regions, text) : nothing}${this.texts ? corners.map((corner) => this.#corner(corner, shown)) : this.#corner('bottom-left', shown)}
            ${shown.letters.map((letter, i) => (letter ? html`<b class="letter ${['top', 'right', 'bottom', 'left'][i]}">${letter}</b>` : nothing))}
            ${scaleBar(this.#scale(shown))} ${this.#legend(shown)} ${rail(
              shown,
              this.view ? null : this.info,
              text,
              (index) => {
                this.#tell('pane-select', this.number);
                this.setIndex(index).catch(() => {});
              },
            )}`
          : html`<p class="empty">${text.emptyViewport}</p>`
      }
    `;
  }

  /** The scale of the place under the pointer, else of the middle of the canvas; or why there is none. */
  #scale(shown: Shown) {
    const { probed } = this;
    const middle = onImage(shown, this.#size[0] / 2, this.#size[1] / 2);
    return scaleOf(shown, this.text, probed ? [[probed.column, probed.row], middle] : [middle]);
  }

  /** Something lies over the shown stack, and is seen. */
  get overlaid(): boolean {
    return this.look.overlay.visible && Boolean(this.shown && this.results?.overlaid(this.shown.frame_set));
  }

  /** The result that lies over the shown frame. */
  #overlaid(shown: Shown): Result | undefined {
    const result = this.results?.overlaid(shown.frame_set);
    return result && (result.index < 0 || result.index === shown.index) ? result : undefined;
  }

  #cross(shown: Shown) {
    const { mpr, view, text } = this;
    return mpr && view?.base ? crossHair(mpr, view.base, shown, this.#size, text, this.tool === 'measure') : nothing;
  }

  /** What is measured on the shown frame. */
  #marks() {
    const { measures: marks, text, hand, anonymous } = this;
    if (!marks) return nothing;
    const ratio = globalThis.devicePixelRatio;
    const say = (words: string) => this.#tell('measure-say', words);
    const seen = (one: MarkPlace, points: readonly (readonly [number, number])[]) => this.seen(one, points);
    return measureLayer({ seen, text, marks, hand, anonymous, say }, [this.#size[0] / ratio, this.#size[1] / ratio]);
  }

  #boxes(shown: Shown) {
    if (this.mpr) return nothing;
    const found = this.#overlaid(shown)?.finding.boxes;
    return found && this.look.overlay.visible ? boxes(shown, found, (label) => labelName(this.text, label)) : nothing;
  }

  /** The outline of the organ, where it is wanted. */
  #field(shown: Shown) {
    const { overlay } = this.look;
    const field = this.#overlaid(shown)?.finding.field;
    return field && overlay.visible && overlay.outline ? fieldLine(shown, field.outline) : nothing;
  }

  #legend(shown: Shown) {
    const result = this.#overlaid(shown);
    return result ? imageLegend(result.finding, this.look.overlay, this.text) : nothing;
  }

  #corner(corner: (typeof corners)[number], shown: Shown) {
    const facts = this.texts ? shown.facts.filter((fact) => fact.corner === corner) : [];
    const probe = corner === 'bottom-left' && this.hovering ? this.#probeLine(shown) : '';
    return html`<div class="corner ${corner}">
      ${facts.map((fact) => html`<div data-key=${fact.key}>${this.#fact(fact)}</div>`)}
      ${corner === 'bottom-left' && this.texts ? this.#display(shown).map((line) => html`<div>${line}</div>`) : nothing}
      ${probe ? html`<div class="probe">${probe}</div>` : nothing}
    </div>`;
  }

  /** Window, zoom and what changes the picture, unless the facts have said it. */
  #display(shown: Shown): string[] {
    const { text, look } = this;
    const told = new Set(shown.facts.map((fact) => fact.key));
    const lines: string[] = [];
    if (this.mpr && this.view) lines.push(this.#volumeLine(this.mpr, this.view));
    if (shown.window && !told.has('window')) {
      const { width, center } = shown.window;
      const auto = !look.window && (look.auto || shown.choices.length === 0) ? `  ${text.presetAuto}` : '';
      lines.push(`W ${writtenWindow(width, width)}  L ${writtenWindow(center, width)}${auto}`);
    }
    const table = !shown.window && shown.grey && shown.choices[look.choice];
    const named = table !== 'VOI LUT' && !(this.anonymous && look.presentation); // a state's own words
    if (table) lines.push(named ? `VOI LUT  ${table}` : 'VOI LUT');
    if (!told.has('zoom')) lines.push(`${text.fact_zoom} ${(shown.zoom * 100).toFixed(0)} %`);
    const scale = this.#scale(shown);
    if (typeof scale === 'string') lines.push(scale);
    if (look.colour_map !== 'grey') lines.push(look.colour_map);
    for (const filter of look.filters) {
      const name = filter.split(':')[0] ?? filter;
      lines.push(fill(text.filterOn, { name: maybe(text, `filter_${name}`, name) }));
    }
    return lines;
  }

  /** Which plane or picture it is, and how thick. */
  #volumeLine(mpr: Mpr, { base }: VolumeView): string {
    const { text } = this;
    if (!base) return maybe(text, `render_${mpr.cast.preset.replaceAll('-', '_')}`, mpr.cast.preset);
    const name = mpr.turned ? fill(text.planeTurned, { plane: text[`plane_${base}`] }) : text[`plane_${base}`];
    return mpr.thickness > 0 ? `${name}  ${text[`slab_${mpr.slab}`]} ${fill(text.mm, { value: mpr.thickness })}` : name;
  }

  #fact(fact: Fact): string {
    const value = this.anonymous && fact.identifies ? '••••••' : fact.value;
    const label = maybe(this.text, `fact_${fact.key.replaceAll('-', '_')}`, '');
    return label ? `${label} ${value}` : value;
  }

  #probeLine(shown: Shown): string {
    const probe = this.probed;
    if (!probe) return '';
    const values = probe.modality === null ? probe.stored : [probe.modality];
    if (this.mpr && values.length === 0) return ''; // beside the volume
    const mm = probe.patient_mm ? `   (${probe.patient_mm.map((v) => v.toFixed(1)).join(', ')}) mm` : '';
    const over = overlayValue(probe, this.#overlaid(shown)?.finding, this.text);
    const more = probe.quantities.map(({ name, value, unit }) => `   ${name} ${written(value, 2)} ${unit}`).join('');
    return fill(`x {x}  y {y}   {value} {unit}{more}{over}{left}{mm}`, {
      more,
      left: this.overProbed && `   ${this.overProbed}`,
      x: probe.column,
      y: probe.row,
      value: values.map(writtenValue).join(' '),
      unit: probe.unit, // none for what is no value of the image: padding, or a colour
      over: over && `   ${over}`,
      mm,
    });
  }
}

customElements.define('negatoscope-viewport', NegatoscopeViewport);
