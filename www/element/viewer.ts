// <negatoscope-viewer>: what it draws, and what its keys, tools and menus do. The interface for a page is in study-element.ts.
import { html, nothing, type PropertyValues } from 'lit';
import { state } from 'lit/decorators.js';
import type { Catalogue, Failure, FilterInfo, FrameSetInfo, Look, Shown } from '../shared/protocol.ts';
import { fill } from '../text/index.ts';
import type { Result, ResultKind } from './analysis.ts';
import { firstTool, layoutOf, toolsOf } from './attributes.ts';
import { listDialog, wordsDialog } from './dialog.ts';
import { chooseFiles, fileOfUrl, filesOfList } from './dropped.ts';
import { filtersOf, reachOf, type Step, stepsOf } from './filter-chain.ts';
import type { FindingsActions, FindingsState } from './findings.ts';
import type { Tool } from './gestures.ts';
import { actOnImage } from './image-actions.ts';
import { keyTable } from './key-table.ts';
import { type Action, actionOf } from './keys.ts';
import { filesOfKept, forgetStudy, type Kept, keepStudy, keptStudy } from './kept-study.ts';
import { plainLook } from './look.ts';
import type { MeasurePanelActions, MeasurePanelState } from './measure-panel.ts';
import { hidden, kindName, spoken } from './measure-words.ts';
import type { Measure, MeasureForm, MeasureKind } from './measures.ts';
import { menuPanel, placePanel } from './menu-panel.ts';
import { mprBar } from './mpr-bar.ts';
import type { Menu } from './menus.ts';
import { problemLists } from './problems.ts';
import { regionPanel } from './regions.ts';
import { copyText, saveAs } from './saving.ts';
import { settings } from './settings.ts';
import { nearestImage, type Reference } from './places.ts';
import { startScreen } from './start-screen.ts';
import { canRecord, record } from './record.ts';
import { progress, statusLine, type Work } from './status-line.ts';
import { StudyElement } from './study-element.ts';
import { tagTable } from './tag-table.ts';
import { dock, toolRow } from './tool-row.ts';
import { actOnVolume } from './volume-actions.ts';
import { cross, placeOf } from './vectors.ts';
import { viewerStyles } from './viewer.css.ts';
import './display-check.ts';
import './augment.ts';
import './deidentify.ts';
import './findings.ts';
import { type KeyImage, KeyImages } from './key-images.ts';
import './measure-panel.ts';
import './save-picture.ts';
import './series-list.ts';
import './settings-dialog.ts';
import './viewport.ts';

const phone = globalThis.matchMedia('(max-width: 700px)');

/** Keys that a focused control needs itself: text fields all, sliders and switches those that move them, buttons the space bar. */
function ownsKey(target: EventTarget | undefined, key: string): boolean {
  if (target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLInputElement)
    return !['range', 'checkbox'].includes(target.type) || key.length > 1 || key === ' ';
  return key === ' ' && target instanceof HTMLElement && ['BUTTON', 'SUMMARY'].includes(target.tagName);
}

export class NegatoscopeViewer extends StudyElement {
  static override styles = viewerStyles;

  @state() private tool: Tool = phone.matches ? 'scroll' : 'window';
  @state() private live = '';
  @state() private texts = true;
  @state() private maximised = false;
  @state() private tagFind = '';
  /** The study that lies on this device for the next visit. */
  @state() private kept: Kept | null = null;
  @state() private keepingStudy: Work | null = null;
  #stopKeeping: AbortController | null = null;
  @state() private kinds: readonly FilterInfo[] = [];
  /** Of each viewport, also the steps that are off. */
  #chains = new WeakMap<object, Step[]>();
  @state() private kind: MeasureKind | '' = '';
  @state() private copied = false;
  #toolBefore: Tool = 'window';
  #asked: ((words: string | null) => void) | null = null;
  @state() private asking: MeasureKind | '' = '';
  /** What is being kept: a dialog of its own. */
  @state() private keeping: '' | 'picture' | 'copies' | 'keys' | 'augment' = '';
  private readonly keyImages = new KeyImages(() => this.requestUpdate());

  // ---- Acting ----

  #onKey(event: KeyboardEvent): void {
    const target = event.composedPath()[0];
    if (this.catalogue && !this.dialog && !this.menu && !ownsKey(target, event.key) && this.tool === 'measure') {
      // On a button Enter is the button's.
      const button = target instanceof HTMLButtonElement && event.key === 'Enter';
      if (!button && this.pane?.hand.key(event)) {
        event.preventDefault();
        return;
      }
    }
    const action = actionOf(event, settings.now.keys);
    if (!action || ownsKey(target, event.key) || !this.catalogue || this.dialog || this.keeping) return;
    if (action === 'escape' && this.menu) {
      this.menu = '';
      return;
    }
    if (action === 'escape' && this.regionSearch.open) {
      this.#regions(false);
      return;
    }
    event.preventDefault();
    this.#act(action);
  }

  #act(action: Action): void {
    const pane = this.pane;
    if (!pane) return;
    if (action === 'escape' && this.volumes.coming) this.volumes.cancel();
    else if (action === 'escape' && this.cine.playing) this.cine.stop();
    else if (action === 'escape' && this.tool === 'measure') this.tool = this.#toolBefore;
    else if (action === 'escape' && this.measures.active) this.measures.select('');
    else if (action.startsWith('tool-')) this.tool = action.slice(5) as Tool;
    else if (action.startsWith('measure-')) this.#measureWith(action.slice(8) as MeasureKind);
    else if (action === 'measurements') this.#showMeasures(!this.measuring);
    else if (action === 'undo') this.measures.undo();
    else if (action === 'redo') this.measures.redo();
    else if (action === 'delete') this.#remove(this.measures.active);
    else if (action === 'previous-series') this.#otherSeries(-1);
    else if (action === 'next-series') this.#otherSeries(1);
    else if (action === 'cine') {
      if (!this.volumes.mpr) this.cine.toggle(pane); // planes have no rate
    } else if (action === 'texts') this.texts = !this.texts;
    else if (action === 'anonymous') this.anonymous = !this.anonymous;
    else if (action === 'tags') void this.#tags();
    else if (action === 'save') this.keeping = pane.shown ? 'picture' : '';
    else if (action === 'deidentify') this.keeping = 'copies';
    else if (action === 'augment') this.keeping = pane.shown ? 'augment' : '';
    else if (action === 'record') void this.#record();
    else if (action === 'key-image') void this.#mark();
    else if (action === 'key-images') this.keeping = 'keys';
    else if (action === 'keys') this.dialog = 'keys';
    else if (action === 'display') this.dialog = 'display';
    else if (action === 'settings') this.dialog = 'settings';
    else if (action === 'keep-study') void this.#keepStudy();
    else if (action === 'analysis') this.#showAnalysis(!this.analysing);
    else if (action === 'volume') this.#volume();
    else if (action === 'linked') this.linked = !this.linked;
    else if (action === 'references') this.references = !this.references;
    else if (!actOnVolume(pane, action)) actOnImage(pane, action);
    this.menu = '';
    this.requestUpdate();
  }

  #regions(on = !this.regionSearch.open): void {
    this.menu = '';
    this.regionSearch.toggle(this.pane, on);
    if (!on) this.root.focus({ preventScroll: true });
  }

  /** The chain of a viewport: what is kept of it, unless its filters were set from elsewhere. */
  #steps(): Step[] {
    const { pane } = this;
    if (!pane) return [];
    const kept = this.#chains.get(pane);
    const { filters } = pane.look;
    if (kept && filtersOf(kept).join(' ') === filters.join(' ')) return kept;
    return stepsOf(filters);
  }

  async #listFilters(): Promise<void> {
    if (this.kinds.length > 0) return;
    try {
      this.kinds = (await this.client.ask('filters', { kind: 'filters' })).kinds;
    } catch (error) {
      this.say(error);
    }
  }

  #recording: AbortController | null = null;

  /** The shown stack as a video at its own rate; asked again, it stops. */
  async #record(): Promise<void> {
    const { pane, text } = this;
    if (!pane?.shown) return;
    if (this.#recording) {
      this.#recording.abort();
      return;
    }
    this.cine.stop();
    const recording = new AbortController();
    this.#recording = recording;
    try {
      const rate = Math.min(60, Math.max(1, pane.info?.frames_per_second ?? 10));
      const said = (done: number, total: number) => this.tell(fill(text.rec_working, { done, total }));
      const video = await record(pane, rate, said, recording.signal);
      if (video) {
        saveAs(video, 'negatoscope-cine.webm'); // a name that names nobody
        this.tell(fill(text.rec_done, { size: (video.size / 1e6).toFixed(2) }));
      } else this.tell(text.rec_cannot);
    } catch (error) {
      this.say(error);
    } finally {
      this.#recording = null;
    }
  }

  /** Marks the shown image as a key image, as it is shown, or takes the mark away. */
  async #mark(): Promise<void> {
    const { pane, closings, text } = this;
    const { shown, info } = pane ?? {};
    if (!pane || !shown || !info) return;
    const { frame_set: frameSet, index } = shown;
    if (this.keyImages.has(frameSet, index)) {
      this.keyImages.remove(frameSet, index);
      this.tell(text.key_unmarked);
      return;
    }
    try {
      const wish = {
        viewport: pane.number,
        format: 'jpg',
        quality: 92,
        whole: false,
        scale: 1,
        overlay: true,
        graphics: true,
      };
      const { bytes } = await this.client.ask('encoded', { kind: 'picture', ...wish });
      if (closings !== this.closings) return;
      const picture = new Blob([new Uint8Array(bytes ?? [])], { type: 'image/jpeg' });
      this.keyImages.add({ frameSet, index, title: this.#titleOf(frameSet, index), picture, words: '' });
      this.tell(fill(text.key_marked, { count: this.keyImages.all.length }));
    } catch (error) {
      this.say(error);
    }
  }

  /** Planes and picture of the shown stack, or its images again. */
  #volume(): void {
    if (this.volumes.coming) {
      this.volumes.cancel();
      return;
    }
    const on = !this.volumes.mpr;
    this.maximised = false;
    this.volume(on)
      .then(() => {
        this.tool = on ? 'cross' : this.tool === 'cross' ? 'window' : this.tool;
      })
      .catch((error: unknown) => this.say(error));
  }

  #titleOf(frameSet: number, index: number): string {
    const all = (this.catalogue?.studies ?? []).flatMap((study) => study.series);
    const series = all.find((one) => one.frame_sets.some(({ key }) => key === frameSet));
    const name = [series?.modality, fill(this.text.seriesN, { number: series?.number || '–' })]
      .filter(Boolean)
      .join(' ');
    const frames = series?.frame_sets.find(({ key }) => key === frameSet)?.frames ?? 0;
    return `${name}, ${fill(this.text.image, { index: index + 1, count: frames })}`;
  }

  /** The marks of documents among the opened files. */
  async #selected(): Promise<void> {
    const { closings } = this;
    const { frames } = await this.client.ask('keys', { kind: 'keys' });
    if (closings !== this.closings) return;
    for (const [frameSet, index] of frames)
      if (!this.keyImages.has(frameSet, index))
        this.keyImages.add({ frameSet, index, title: this.#titleOf(frameSet, index), picture: null, words: '' });
  }

  protected override forgetWords(): void {
    super.forgetWords();
    this.#recording?.abort();
    this.keyImages.clear();
    this.keeping = '';
  }

  protected override async opened(catalogue: Catalogue): Promise<void> {
    await super.opened(catalogue);
    await this.#selected().catch(() => {}); // without them the study is open all the same
  }

  #otherSeries(by: number): void {
    const stacks = this.stacks();
    if (this.volumes.mpr) return; // a volume of one stack is shown
    const next = stacks[stacks.findIndex(({ set }) => set.key === this.pane?.info?.key) + by];
    if (next) this.pane?.setFrameSet(next.uid, next.set).catch(() => {});
  }

  async #tags(): Promise<void> {
    const { closings } = this;
    try {
      const lines = (await this.pane?.tags()) ?? [];
      if (closings !== this.closings) return; // of a study that is open no more
      this.tagLines = lines;
      this.tagFind = '';
      this.dialog = 'tags';
    } catch (error) {
      this.say(error);
    }
  }

  async #saveResult(result: Result, kind?: ResultKind): Promise<void> {
    const { model, finding } = result;
    const json = () => new Blob([`${JSON.stringify(finding)}\n`], { type: 'application/json' });
    const { blob, end } = kind ? await this.analysis.save(result, kind) : { blob: json(), end: 'json' };
    saveAs(blob, `negatoscope-${model}.${end}`); // a name that names nobody
  }

  async #lookForKept(): Promise<void> {
    this.kept = await keptStudy();
  }

  /** Puts the open study away for the next visit, or takes away what lies there. */
  async #keepStudy(): Promise<void> {
    if (this.kept) {
      await forgetStudy();
      await this.#lookForKept();
      return this.tell(this.text.kept_forgotten);
    }
    this.#stopKeeping = new AbortController();
    this.keepingStudy = { stage: 'keep', done: 0, total: 0 };
    try {
      const onProgress = (done: number, total: number) => {
        this.keepingStudy = { stage: 'keep', done: Math.round(done / 1e6), total: Math.round(total / 1e6) };
      };
      this.kept = await keepStudy(this.client.files, { signal: this.#stopKeeping.signal, onProgress });
      this.tell(this.text.kept_done);
    } catch (error) {
      const full = error instanceof DOMException && error.name === 'QuotaExceededError';
      if (full) this.tell(this.text.kept_full);
      else this.say(error);
    } finally {
      this.keepingStudy = null;
    }
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#lookForKept();
  }

  override disconnectedCallback(): void {
    this.#stopKeeping?.abort();
    super.disconnectedCallback();
  }

  /** Takes a measuring tool; the same again puts it away. */
  #measureWith(kind: MeasureKind): void {
    if (this.tool === 'measure' && this.kind === kind) {
      this.tool = this.#toolBefore;
      return;
    }
    if (this.tool !== 'measure') this.#toolBefore = this.tool;
    this.tool = 'measure';
    this.kind = kind;
    this.live = fill(this.text.measure_begun, { tool: kindName(this.text, kind) });
  }

  /** The handle or the button that had the focus goes with the mark: the keys stay with the image. */
  #remove(uid: string): void {
    this.measures.remove(uid);
    this.root.focus({ preventScroll: true });
  }

  #showMeasures(on: boolean): void {
    this.measuring = on;
    if (on) {
      this.analysing = false;
      void this.updateComplete.then(() => this.renderRoot.querySelector('negatoscope-measures')?.focus());
    } else this.root.focus({ preventScroll: true });
  }

  /** Words for a text or an arrow, asked for in a dialog; null when it was left. */
  #words = (kind: MeasureKind): Promise<string | null> =>
    new Promise((resolve) => {
      this.#asked?.(null);
      this.#asked = resolve;
      this.asking = kind;
      this.dialog = 'words';
    });

  #wordsGiven(words: string | null): void {
    const asked = this.#asked;
    this.#asked = null;
    this.asking = '';
    this.dialog = '';
    asked?.(words);
    // Not while the dialog is there: nothing beside it takes the focus.
    void this.updateComplete.then(() => this.root.focus({ preventScroll: true }));
  }

  #goTo(one: Measure): void {
    this.measures.select(one.uid);
    const stack = this.stacks().find(({ set }) => set.key === one.place.frame_set);
    const { pane } = this;
    if (!stack || !pane) return;
    const there = pane.info?.key === stack.set.key;
    const shown = there ? pane.setIndex(one.place.index) : pane.setFrameSet(stack.uid, stack.set, one.place.index);
    shown.catch(() => {});
    this.live = spoken(this.text, hidden(one, this.anonymous));
  }

  #where(one: Measure): string {
    const { text } = this;
    const all = (this.catalogue?.studies ?? []).flatMap((study) => study.series);
    const at = all.findIndex(({ frame_sets }) => frame_sets.some(({ key }) => key === one.place.frame_set));
    return `${text.fact_series} ${all[at]?.number || at + 1}  ${text.fact_image} ${one.place.index + 1}`;
  }

  #measureState(): MeasurePanelState {
    const { text, measures, copied, anonymous } = this;
    const { items, active, canUndo, canRedo, selected } = measures;
    const calibrated = selected ? (measures.calibrated.get(selected.place.frame_set) ?? null) : null;
    return { text, items, active, canUndo, canRedo, where: (one) => this.#where(one), calibrated, copied, anonymous };
  }

  #measureActions: MeasurePanelActions = {
    go: (one) => this.#goTo(one),
    rename: (one, text) => this.measures.change(one.uid, { text }),
    remove: (one) => this.#remove(one.uid),
    removeAll: () => this.measures.removeAll(),
    undo: () => this.measures.undo(),
    redo: () => this.measures.redo(),
    calibrate: (one, mm) => this.calibrate(one.uid, mm),
    copy: (form) => void this.#copy(form).catch((error: unknown) => this.say(error)),
    save: (form) => void this.#saveMeasures(form).catch((error: unknown) => this.say(error)),
    shut: () => this.#showMeasures(false),
  };

  async #copy(form: 'text' | 'csv'): Promise<void> {
    const lines = this.measures.items.map(
      (one) => `${this.#where(one)}: ${spoken(this.text, hidden(one, this.anonymous))}`,
    );
    const text = form === 'text' ? lines.join('\n') : await ((await this.saveMeasurements('csv'))[0] as Blob).text();
    await copyText(text.replace(/^\ufeff/, ''));
    this.copied = true;
    setTimeout(() => {
      this.copied = false;
    }, 3000);
  }

  async #saveMeasures(form: MeasureForm): Promise<void> {
    const { blobs, end } = await this.measures.save(form);
    for (const [i, blob] of blobs.entries()) saveAs(blob, `negatoscope-${blobs.length > 1 ? `${i + 1}.` : ''}${end}`); // a name that names nobody
  }

  #showAnalysis(on: boolean): void {
    this.analysing = on;
    if (on) this.measuring = false;
    if (on) {
      void this.analysis.list();
      void this.updateComplete.then(() => this.renderRoot.querySelector('negatoscope-findings')?.focus());
    } else this.root.focus({ preventScroll: true });
  }

  #paneChange(shown: Shown): void {
    if (shown.viewport === this.active)
      this.live = fill(this.text.image, { index: shown.index + 1, count: shown.frames });
    const fresh = (found: readonly Failure[], listed: readonly Failure[] = [], later: ReadonlyMap<string, Failure>) =>
      found
        .filter((one) => !listed.some((other) => other.file === one.file && other.code === one.code))
        .map((one) => [`${one.file}\n${one.code}`, one] as const)
        .filter(([key]) => !later.has(key));
    const repairs = fresh(shown.repairs, this.catalogue?.repairs, this.frameRepairs);
    const remarks = fresh(shown.remarks, this.catalogue?.remarks, this.frameRemarks);
    if (repairs.length > 0) this.frameRepairs = new Map([...this.frameRepairs, ...repairs]);
    if (remarks.length > 0) this.frameRemarks = new Map([...this.frameRemarks, ...remarks]);
    for (const repair of new Map(repairs).values()) this.emit('repair', repair);
    this.hush();
    const { pane } = this;
    if (pane?.number === shown.viewport) void this.regionSearch.follow(pane);
    this.requestUpdate();
    if (shown.viewport === this.active && this.volumes.mpr) this.#share();
    else if (shown.viewport === this.active && this.linked) this.#follow(shown);
    this.emit('view-change', { viewport: shown.viewport, frameSet: shown.frame_set, frame: shown.index });
  }

  /** The planes of a volume have one window, one colour map, the same filters. */
  #share(): void {
    const { pane } = this;
    if (pane?.view?.kind !== 'plane') return;
    const { window, choice, auto, invert, colour_map, smooth, filters, overlay } = pane.look;
    const part = { window, choice, auto, invert, colour_map, smooth, filters, overlay };
    const same = (other: Look) => Object.entries(part).every(([key, value]) => other[key as keyof Look] === value);
    for (const other of this.panes)
      if (other !== pane && other.view?.kind === 'plane' && !same(other.look)) other.setLook(part).catch(() => {});
  }

  /** The other viewports go where the active one is: the same place in the patient, its window where values have the same unit, its zoom. */
  #follow(shown: Shown): void {
    const { pane } = this;
    const { plane } = shown;
    const home = pane?.info?.frame_of_reference;
    if (!pane || !plane || !home) return;
    const place = placeOf({ ...shown, plane }, (shown.size[1] - 1) / 2, (shown.size[0] - 1) / 2);
    for (const other of this.panes) {
      if (other === pane || other.info?.frame_of_reference !== home) continue;
      const index = nearestImage(other.info, place, cross(plane.row, plane.column));
      if (index !== null) other.setIndex(index).catch(() => {});
      const { zoom, window, auto } = pane.look;
      const same = other.shown?.unit === shown.unit && other.shown?.modality === shown.modality;
      const part = { ...(zoom !== other.look.zoom && { zoom }), ...(same && { window, auto }) };
      const differs = part.zoom !== undefined || (same && (window !== other.look.window || auto !== other.look.auto));
      if (differs) other.setLook(part).catch(() => {});
    }
  }

  /** The line of the active image for another viewport. */
  #reference(number: number): Reference | null {
    const shown = this.pane?.shown;
    const there = this.panes[number];
    const home = this.pane?.info?.frame_of_reference;
    if (!this.references || this.volumes.mpr || number === this.active || !shown?.plane || !home) return null;
    return there?.info?.frame_of_reference === home ? { plane: shown.plane, size: shown.size } : null;
  }

  // ---- Drawing ----

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('tools')) this.tool = firstTool(toolsOf(this.tools), this.tool);
  }

  override updated(changed: PropertyValues): void {
    super.updated(changed);
    const dialog = this.renderRoot.querySelector('dialog');
    if (dialog && !dialog.open) dialog.showModal();
    if (changed.has('menu') && this.menu) placePanel(this, this.renderRoot, this.menu);
    if (changed.has('layout') && changed.get('layout') !== undefined) this.#relaid();
  }

  override render() {
    const { text } = this;
    return html`<div class=${this.opening.lit && this.catalogue ? 'root lit' : 'root'} part="root" tabindex="-1" lang=${this.lingua}
      @keydown=${this.#onKey}
      @dragenter=${(event: DragEvent) => this.opening.drag(event)}
      @dragover=${(event: DragEvent) => this.opening.drag(event)}
      @drop=${(event: DragEvent) => this.opening.drop(event)}>
      <header part="header"><slot name="start"></slot>${this.catalogue ? toolRow(this.#toolState(), this.#toolActions) : html`<span class="tools"></span>`}<slot name="end"></slot></header>
      ${
        this.catalogue
          ? this.#study(this.catalogue)
          : startScreen(text, this.opening.lit, phone.matches, this.message, this.kept, {
              reopen: () => this.quietOpen(filesOfKept),
              forget: () => void forgetStudy().then(() => this.#lookForKept()),
              files: () => chooseFiles(false, (files) => this.quietOpen(async () => files)),
              folder: () => chooseFiles(true, (files) => this.quietOpen(async () => files)),
              display: () => {
                this.dialog = 'display';
              },
              sample: () => this.quietOpen(() => fileOfUrl(new URL(this.sample, document.baseURI), text.sampleMissing)),
            })
      }
      ${this.catalogue && this.message ? html`<div class="toast" role="alert">${this.message}</div>` : nothing}
      ${this.opening.work ? progress(this.opening.work, Boolean(this.catalogue), text, () => this.opening.stop()) : nothing} ${this.catalogue && this.regionSearch.open ? regionPanel(this.regionSearch, this.pane?.shown ?? null, text, () => this.#regions(false)) : nothing}
      ${this.keepingStudy ? progress(this.keepingStudy, true, text, () => this.#stopKeeping?.abort()) : nothing} ${this.#panel()} ${this.#dialog()} ${this.#kept()}
      <div class="live" aria-live="polite">${this.live}</div>
    </div>`;
  }

  #toolState() {
    const { text, tool, menu, analysing, kind } = this;
    const regions = this.regionSearch.open;
    const volume = Boolean(this.volumes.mpr);
    return {
      text,
      tools: toolsOf(this.tools),
      tool,
      menu,
      playing: this.cine.playing,
      analysing,
      regions,
      volume,
      kind,
    };
  }

  #toolActions = {
    tool: (tool: Exclude<Tool, 'measure'>) => this.#act(`tool-${tool}`),
    cine: () => this.#act('cine'),
    analysis: () => this.#act('analysis'),
    regions: () => this.#regions(),
    volume: () => this.#act('volume'),
    menu: (menu: Menu) => {
      this.menu = menu;
      if (menu === 'filter' || menu === 'more') void this.#listFilters();
    },
  };

  #findingsState(): FindingsState {
    const { text, lingua, pane } = this;
    const { models, running, refusal } = this.analysis;
    return {
      text,
      language: lingua,
      models,
      brought: this.analysis.brought,
      running,
      refusal,
      results: this.analysis.of(pane?.info?.key),
      overlaid: this.analysis.overlaid(pane?.info?.key),
      overlay: (pane?.look ?? plainLook()).overlay,
      index: pane?.index ?? 0,
      ready: Boolean(pane?.shown),
    };
  }

  #findingsActions: FindingsActions = {
    run: (model, wish) => this.quietAnalyze(model, wish),
    cancel: () => this.analysis.cancel(),
    dismiss: () => this.analysis.dismiss(),
    overlay: (part) => {
      const { pane } = this;
      pane?.setLook({ overlay: { ...pane.look.overlay, ...part } }).catch(() => {});
      this.requestUpdate();
    },
    lay: (result: Result) => void this.analysis.lay(result).catch((error: unknown) => this.say(error)),
    go: (index) => void this.pane?.setIndex(index).catch(() => {}),
    save: (result, kind) => void this.#saveResult(result, kind).catch((error: unknown) => this.say(error)),
    bring: () => chooseFiles(false, (files) => this.#bring(() => this.bring(files))),
    write: (folder, manifest) => this.#bring(() => this.analysis.write(folder, manifest)),
    keep: (folder, on) => this.#bring(() => this.analysis.keep(folder, on)),
    remove: (folder) => this.#bring(() => this.analysis.remove(folder)),
    shut: () => this.#showAnalysis(false),
  };

  #bring(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.say(error));
  }

  #study(catalogue: Catalogue) {
    const { text } = this;
    return html`<div class=${this.analysing || this.measuring ? 'body analysing' : 'body'}>
        <negatoscope-series role="navigation" aria-label=${text.series} .client=${this.client} .text=${text} .catalogue=${catalogue}
          .anonymous=${this.anonymous} .current=${this.pane?.info?.key ?? -1}
          @choose=${({ detail }: CustomEvent<{ series: { uid: string }; set: FrameSetInfo }>) =>
            this.#choose(detail)}></negatoscope-series>
        <div class="middle">${this.#bar()}<div class=${`stage n${this.count}${this.maximised && this.count > 1 ? ' max' : ''}`}
          @dblclick=${() => {
            this.maximised = !this.maximised;
          }}
          @pane-select=${({ detail }: CustomEvent<number>) => {
            this.active = detail;
            if (!this.root.contains(this.shadowRoot?.activeElement ?? null)) this.root.focus({ preventScroll: true });
          }}
          @pane-change=${({ detail }: CustomEvent<Shown>) => this.#paneChange(detail)}
          @measure-done=${({ detail }: CustomEvent<Measure>) => {
            this.live = spoken(text, hidden(detail, this.anonymous));
          }}
          @measure-say=${({ detail }: CustomEvent<string>) => {
            this.live = detail;
          }}
          @pane-error=${({ detail }: CustomEvent<unknown>) => this.say(detail)}>
          ${Array.from(
            { length: this.count },
            (_, i) => html`<negatoscope-viewport role="group" aria-label=${fill(text.viewport, { number: i + 1 })}
            .client=${this.client} .text=${text} .tool=${this.tool} .backend=${this.backend} .number=${i}
            .reference=${this.#reference(i)} .regions=${this.regionSearch}
            .results=${this.analysis} .measures=${this.measures} .measured=${this.measured} .kind=${this.kind} .words=${this.#words} .anonymous=${this.anonymous} .texts=${this.texts} ?active=${this.count > 1 && this.active === i}></negatoscope-viewport>`,
          )}
        </div></div>
        ${
          this.analysing
            ? html`<negatoscope-findings role="complementary" aria-label=${text.analysis} .state=${this.#findingsState()} .act=${this.#findingsActions}></negatoscope-findings>`
            : nothing
        }
        ${
          this.measuring
            ? html`<negatoscope-measures role="complementary" aria-label=${text.measurements} .state=${this.#measureState()} .act=${this.#measureActions}></negatoscope-measures>`
            : nothing
        }
      </div>
      ${statusLine(
        {
          text,
          catalogue,
          later: this.frameRepairs.size,
          remarks: catalogue.remarks.length + this.frameRemarks.size,
          shown: this.pane?.shown ?? null,
          anonymous: this.anonymous,
        },
        () => {
          this.dialog = 'problems';
        },
      )}
      ${dock(this.#toolState(), this.#toolActions)}`;
  }

  /** A stack of the list: as images, or as a volume where one is shown. */
  #choose({ series, set }: { series: { uid: string }; set: FrameSetInfo }): void {
    if (!this.volumes.mpr) void this.pane?.setFrameSet(series.uid, set).catch(() => {});
    else
      this.leaveVolume()
        .then(() => this.pane?.setFrameSet(series.uid, set))
        .catch((error: unknown) => this.say(error));
  }

  /** The controls of a volume, or how far one is that is on its way. */
  #bar() {
    const { text, volumes } = this;
    const { mpr, coming, pictures, open } = volumes;
    if (coming)
      return html`<div class="mprbar coming" role="status"><span>${fill(text.mprComing, coming)}</span>
        <progress max=${coming.total} value=${coming.done}></progress>
        <button type="button" @click=${() => volumes.cancel()}>${text.cancel}</button></div>`;
    if (!mpr) return nothing;
    const labelled = Boolean(this.analysis.overlaid(mpr.set.key)?.finding.label_map);
    return mprBar(
      { text, mpr, pictures, open, labelled, cross: this.tool === 'cross' },
      {
        open: (what) => {
          volumes.open = what;
          this.requestUpdate();
          // The button that was pressed is gone: the keys stay with the images.
          if (!what) void this.updateComplete.then(() => this.root.focus({ preventScroll: true }));
        },
        shut: () => this.#volume(),
        cross: () => this.#act('tool-cross'),
      },
    );
  }

  #kept() {
    const { text, pane } = this;
    const shut = () => {
      this.keeping = '';
      // Not while the dialog is there: nothing beside it takes the focus.
      void this.updateComplete.then(() => this.root.focus({ preventScroll: true }));
    };
    if (this.keeping === 'picture' && pane?.shown)
      return html`<negatoscope-save-picture .client=${this.client} .text=${text} .viewport=${pane.number} .number=${pane.index + 1}
        .grey=${pane.shown.grey} @shut=${shut}></negatoscope-save-picture>`;
    if (this.keeping === 'keys' && this.catalogue) {
      const study = this.catalogue.studies[0];
      const patient = study
        ? [study.patient_name, study.patient_id, study.date, study.description].filter(Boolean)
        : [];
      const go = ({ detail }: CustomEvent<KeyImage>) => {
        const stack = this.stacks().find(({ set }) => set.key === detail.frameSet);
        if (stack) pane?.setFrameSet(stack.uid, stack.set, detail.index).catch(() => {});
      };
      return html`<negatoscope-key-images .client=${this.client} .text=${text} .language=${this.lingua} .keys=${this.keyImages}
        .findings=${this.analysis.results.map(({ finding }) => finding)} .patient=${patient} @go=${go} @shut=${shut}></negatoscope-key-images>`;
    }
    if (this.keeping === 'augment' && pane?.shown)
      return html`<negatoscope-augment .client=${this.client} .text=${text} .language=${this.lingua} .viewport=${pane.number} @shut=${shut}></negatoscope-augment>`;
    if (this.keeping === 'copies' && this.catalogue)
      return html`<negatoscope-deidentify .client=${this.client} .text=${text} .language=${this.lingua} @shut=${shut}></negatoscope-deidentify>`;
    return nothing;
  }

  #panel() {
    if (!this.menu) return nothing;
    const { text, pane } = this;
    const shown = pane?.shown;
    const shut = () => {
      this.menu = '';
      this.root.focus({ preventScroll: true });
    };
    return menuPanel(
      this.menu,
      text,
      {
        text,
        look: pane?.look ?? plainLook(),
        hounsfield: shown?.hounsfield ?? false,
        grey: shown?.grey ?? true,
        graphics: shown?.graphics ?? false,
        moving: (pane?.info?.frames ?? 0) > 1 && canRecord(),
        subtracted: shown?.subtracted ?? null,
        choices: shown?.choices ?? [],
        presentations: shown?.presentations ?? [],
        layout: layoutOf(this.layout),
        backend: this.backend,
        anonymous: this.anonymous,
        texts: this.texts,
        phone: phone.matches,
        kept: this.kept !== null,
        kinds: this.kinds,
        steps: this.#steps(),
        reach: reachOf(shown),
        regions: toolsOf(this.tools).has('regions'),
        volume: Boolean(this.volumes.mpr),
        linked: this.linked,
        references: this.references,
        kind: this.tool === 'measure' ? this.kind : '',
        measurements: this.measures.items.length,
      },
      {
        run: (action) => {
          this.#act(action);
          this.root.focus({ preventScroll: true });
        },
        look: (part) => {
          pane?.setLook(part).catch(() => {});
          shut();
        },
        steps: (steps) => {
          if (!pane) return;
          this.#chains.set(pane, steps);
          pane.setLook({ filters: filtersOf(steps) }).catch(() => {});
          this.requestUpdate();
          // A step that goes takes its button with it: the keys of the panel stay.
          void this.updateComplete.then(() => {
            const panel = this.renderRoot.querySelector('.panel');
            if (panel && !panel.contains(this.shadowRoot?.activeElement ?? null))
              panel.querySelector<HTMLElement>('button:not(:disabled)')?.focus();
          });
        },
        regions: () => this.#regions(true),
        layout: (layout) => {
          void this.leaveVolume();
          this.layout = layout;
          shut();
        },
        backend: (name) => {
          this.backend = name;
          shut();
        },
        measure: (kind) => {
          this.#measureWith(kind);
          shut();
        },
        open: () => {
          shut();
          void this.close();
        },
      },
      shut,
    );
  }

  /** After a change of the layout: empty viewports get the stacks that are not shown yet. */
  #relaid(): void {
    this.cine.stop();
    this.maximised = false;
    this.active = Math.min(this.active, this.count - 1);
    const stacks = this.stacks();
    for (const pane of this.panes.filter(({ info }) => !info)) {
      const used = new Set(this.panes.map(({ info }) => info?.key));
      const free = stacks.find(({ set }) => !used.has(set.key));
      if (free) pane.setFrameSet(free.uid, free.set).catch(() => {});
    }
  }

  #dialog() {
    if (!this.dialog) return nothing;
    const { text, anonymous } = this;
    const shut = () => {
      this.dialog = '';
      this.root.focus({ preventScroll: true }); // else the keys of the image would go to the page
    };
    if (this.dialog === 'settings')
      return listDialog(text, text.settings, html`<negatoscope-settings .text=${text}></negatoscope-settings>`, {
        shut,
      });
    if (this.dialog === 'display') {
      const check = html`<negatoscope-display-check .text=${text} .language=${this.lingua} .client=${this.client} .studyOpen=${this.catalogue !== null}
        @open-patterns=${({ detail }: CustomEvent<File[]>) => {
          shut();
          this.quietOpen(async () => filesOfList(detail));
        }}></negatoscope-display-check>`;
      return listDialog(text, text.display, check, { shut });
    }
    if (!this.catalogue) return nothing;
    if (this.dialog === 'tags') {
      const find = (wanted: string) => {
        this.tagFind = wanted;
      };
      const table = tagTable(this.tagLines, this.tagFind, anonymous, text);
      return listDialog(text, text.tags, table, { shut, find }, this.tagFind);
    }
    if (this.dialog === 'words') {
      return wordsDialog(text, kindName(text, this.asking), (words) => this.#wordsGiven(words));
    }
    if (this.dialog === 'keys') return listDialog(text, text.keys, keyTable(text), { shut });
    const repairs = [...this.catalogue.repairs, ...this.frameRepairs.values()];
    const remarks = [...this.catalogue.remarks, ...this.frameRemarks.values()];
    const found = { errors: this.catalogue.errors, repairs, remarks };
    const lists = problemLists(found, text, this.lingua, anonymous);
    return listDialog(text, text.problems, lists, { shut });
  }
}
