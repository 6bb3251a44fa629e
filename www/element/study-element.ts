// What the viewer is for a page around it: its attributes, its calls, its events. What it draws is in viewer.ts.
import { LitElement, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import type {
  Asked,
  Catalogue,
  DroppedFile,
  Failure,
  Finding,
  FoundRegions,
  FrameSetInfo,
  Look,
  MatchInfo,
  Probe,
  Shown,
  TagLine,
  VolumeInfo,
  Window,
} from '../shared/protocol.ts';
import { errorText, type Language, languageFor, type Text, textOf } from '../text/index.ts';
import { Analysis, type AnalyzeWish, kindsOf, type ResultKind, type Target } from './analysis.ts';
import { type Layout, layoutFor, layoutOf, type ViewportCount, viewportsIn } from './attributes.ts';
import { isNetwork, studyOf } from './brought.ts';
import { Cine } from './cine.ts';
import { Compare } from './compare.ts';
import type { CompareWishes, ComparisonState } from './compare-types.ts';
import { fileOfUrl, filesOfHandle, filesOfList } from './dropped.ts';
import { Volumes } from './volumes.ts';
import { type Going, goTo, holdable } from './measure-places.ts';
import { infoOf, isKind, type Measure, type MeasureForm, type MeasureInfo, Measures } from './measures.ts';
import type { Menu } from './menus.ts';
import { Opening } from './opening.ts';
import { RegionGrowth } from './region-growth.ts';
import { type ChosenRegion, Regions } from './regions.ts';
import {
  type FramePlace,
  type MatchWish,
  RegisterClient,
  type RegisteredStacks,
  type RegisterWish,
} from './register-client.ts';
import type { NegatoscopeSeries } from './series-list.ts';
import { hangWindow, hung, ruleFor, settings } from './settings.ts';
import { StudyClient, StudyError } from './study-client.ts';
import type { ViewerDialog } from './viewer-dialogs.ts';
import type { NegatoscopeViewport } from './viewport.ts';
import { patientsIn, studiesOf } from './whose.ts';
import type { MeasureWish, NamedState, RegionWish, SaveWish, ShowWish, ViewerState } from './wishes.ts';

const isAbort = (error: unknown) => error instanceof DOMException && error.name === 'AbortError';

/** All of the viewer but what it draws and how it is handled. */
export class StudyElement extends LitElement {
  /** Language: `en`, `zh`, …; else the browser's. */
  @property({ attribute: 'lang' }) language = '';
  /** A study of the page's own server (a ZIP or a file), opened at once. */
  @property() src = '';
  /** A model that analyses the first image of each study that is opened: its folder in `models/`. */
  @property() model = '';
  /** `1`, `1x2`, `1x3`, `2x2`, `2x3` or `3x3` viewports. */
  @property() layout: Layout = '1';
  /** The tools to offer, by name; all of them where nothing is said. */
  @property() tools = '';
  /** Where the sample study lies. */
  @property() sample = './sample/t1-brain.zip';
  @property({ type: Boolean }) anonymous = false;
  /** Refuse what would otherwise be repaired. */
  @property({ type: Boolean }) strict = false;
  /** Limits that differ from the defaults, as an object or as its JSON: `{"frame_samples": 1000000}`. */
  @property() limits: string | Record<string, number> | null = '';

  @state() protected catalogue: Catalogue | null = null;
  /** What paints, and where heads are labelled. */
  @state() protected backend: 'auto' | 'cpu' | 'gpu' = 'auto';
  @state() protected active = 0;
  @state() protected menu: Menu = '';
  @state() protected message = '';
  @state() protected analysing = false;
  @state() protected measuring = false;
  /** Counts changes of the list of measurements. */
  @state() protected measured = 0;
  /** Networks were brought before a study was there: the panel with them opens with the study. */
  #networksWait = false;
  @state() protected dialog: ViewerDialog = '';
  @state() protected frameRepairs = new Map<string, Failure>();
  @state() protected frameRemarks = new Map<string, Failure>();
  @state() protected tagLines: TagLine[] = [];
  /** Viewports go along when one does: place in the patient, window, zoom. */
  @state() protected linked = false;
  /** The plane of the active viewport is drawn as a line over the others. */
  @state() protected references = true;

  @query('.root') protected root!: HTMLElement;
  @query('negatoscope-series') protected seriesList!: NegatoscopeSeries | null;

  readonly client = new StudyClient();
  protected readonly comparing = new RegisterClient(this.client);
  protected readonly cine = new Cine(() => this.requestUpdate());
  protected readonly opening = new Opening(this.client, {
    changed: () => this.requestUpdate(),
    closing: () => this.close(),
    progress: (notice) => this.emit('progress', notice),
    previewed: (catalogue) => this.previewed(catalogue),
    opened: (catalogue) => this.opened(catalogue),
    dropped: (take) => this.quietOpen(take),
    nothing: () => this.text.noFiles,
  });
  protected readonly analysis = new Analysis(this.client, {
    changed: () => this.requestUpdate(),
    progress: (notice) => this.emit('progress', notice),
    laid: ({ frameSet }, overlay) => {
      for (const pane of this.panes) pane.setOverlay(frameSet, overlay);
    },
  });

  /** A region that grows through slices. */
  protected readonly regionGrowth = new RegionGrowth(this.client, {
    changed: () => this.requestUpdate(),
    failed: (error) => this.say(error),
    laid: (frameSet) => {
      for (const pane of this.panes) pane.setOverlay(frameSet, { ...pane.look.overlay, visible: true });
    },
    lifted: (frameSet) => {
      const result = this.analysis.overlaid(frameSet);
      if (result) this.analysis.lay(result).catch((error: unknown) => this.say(error));
      for (const pane of this.panes) if (pane.info?.key === frameSet) pane.paint().catch(() => {});
    },
  });

  /** Regions of the active viewport; `region` is emitted for each that is kept: a measurement, unless somebody prevents it. */
  protected readonly regionSearch = new Regions(
    {
      changed: () => {
        this.requestUpdate();
        for (const pane of this.panes) pane.requestUpdate();
      },
      failed: (error) => this.say(error),
      keep: (region: ChosenRegion) => {
        if (this.dispatchEvent(new CustomEvent<ChosenRegion>('region', { detail: region, cancelable: true })))
          this.addRegion(region.region.points, { viewport: region.viewport }).catch((error: unknown) =>
            this.say(error),
          );
        return true;
      },
    },
    this.regionGrowth,
  );

  protected readonly volumes = new Volumes(this.client, {
    changed: () => this.requestUpdate(),
    panes: () => this.panes,
  });

  protected readonly comparison = new Compare(this.client, this.comparing, {
    panes: () => this.panes,
    catalogue: () => this.catalogue,
    active: () => this.active,
    activate: (number) => {
      this.active = number;
    },
    layout: () => layoutOf(this.layout),
    lay: async (layout) => {
      this.layout = layout;
      await this.updateComplete;
    },
    leaveVolume: () => this.leaveVolume(),
    nothingShown: () => this.text.nothingShown,
    noPrior: () => this.text.compare_nothing,
    changed: () => this.requestUpdate(),
    told: (state) => this.emit('compare', state),
    say: (error) => this.say(error),
  });

  readonly measures = new Measures(this.client, {
    changed: () => {
      this.measured += 1;
    },
    // Words may say anything about anybody.
    told: (event, info) => this.emit(event, this.anonymous ? { ...info, text: '' } : info),
  });

  private toldUntil = 0;
  /** How many studies were closed: what was asked of one is not shown over another. */
  protected closings = 0;

  constructor() {
    super();
    this.client.addEventListener('replaced', () => {
      void this.leaveVolume(); // the new worker has no volume
      void this.comparison.leave();
      this.tell(this.text.workerLost);
    });
    this.client.addEventListener('canvas-lost', () => this.tell(this.text.canvasLost));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.client.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.cine.stop();
    this.opening.stop();
    this.volumes.close();
    this.comparison.clear();
    this.analysis.end();
    this.comparing.end();
    this.client.end();
    this.catalogue = null;
    this.forgetWords();
  }

  protected get lingua(): Language {
    return languageFor(this.language || globalThis.navigator.language);
  }
  protected get text(): Text {
    return textOf(this.lingua);
  }
  protected get count(): ViewportCount {
    return this.volumes.mpr ? 4 : viewportsIn(layoutOf(this.layout));
  }
  protected get panes(): NegatoscopeViewport[] {
    return [...this.renderRoot.querySelectorAll<NegatoscopeViewport>('negatoscope-viewport')];
  }
  protected get pane(): NegatoscopeViewport | undefined {
    return this.panes[this.active] ?? this.panes[0];
  }

  // ---- The interface for a page ----

  /** Reads a study; resolves with its catalogue when every head is read. */
  async open(
    from: readonly File[] | FileSystemDirectoryHandle | File | readonly DroppedFile[],
    options: { signal?: AbortSignal } = {},
  ): Promise<Catalogue> {
    return this.read(async () => {
      if (from instanceof File) return filesOfList([from]);
      if (from instanceof FileSystemDirectoryHandle) return filesOfHandle(from);
      return from.map((one) => (one instanceof File ? (filesOfList([one])[0] as DroppedFile) : one));
    }, options.signal);
  }

  /** Shows a frame; resolves when it is on the canvas. */
  async show({ viewport = this.active, seriesUid, frameSet = 0, frame }: ShowWish): Promise<Shown | null> {
    await this.leaveVolume();
    this.comparison.clear('stay');
    if (viewport >= this.count) {
      this.layout = layoutFor(viewport);
      await this.updateComplete;
    }
    const series = this.catalogue?.studies.flatMap((study) => study.series).find((one) => one.uid === seriesUid);
    const set = series?.frame_sets[frameSet];
    const pane = this.panes[viewport];
    if (!series || !set || !pane) throw new RangeError('no such series, frame set or viewport');
    await pane.setFrameSet(series.uid, set, frame);
    return pane.shown;
  }

  /** The value of a pixel of the shown frame, both counted from 0; null outside of what the canvas shows. */
  probe(column: number, row: number, viewport = this.active): Promise<Probe | null> {
    return this.panes[viewport]?.probePixel(column, row) ?? Promise.resolve(null);
  }

  /** Sets the window; null gives back what the file says, `auto` takes it from the image's own values. */
  async window(window: Window | 'auto' | null): Promise<void> {
    await this.pane?.setLook({ window: window === 'auto' ? null : window, auto: window === 'auto' });
  }

  /** Shows the active viewport's stack as a volume: three planes and a picture, or as images again. Resolves when all are on their canvases;
   * rejects with `PIX-451` where the stack is no volume. */
  async volume(on = true, options: { signal?: AbortSignal } = {}): Promise<VolumeInfo | null> {
    if (!on) {
      await this.leaveVolume();
      return null;
    }
    const { info, seriesUid } = this.pane ?? {};
    if (!info || seriesUid === undefined) throw new RangeError(this.text.nothingShown);
    this.cine.stop();
    await this.comparison.leave();
    const mpr = await this.volumes.assemble(info, seriesUid, options.signal);
    this.active = 0;
    await this.updateComplete;
    await this.volumes.hang(mpr);
    this.measures.volumeThere(info.key);
    return mpr.info;
  }

  /** Images again, in the layout of before. */
  protected async leaveVolume(): Promise<void> {
    const { mpr } = this.volumes;
    if (!mpr) return;
    this.volumes.close();
    this.active = Math.min(this.active, this.count - 1);
    await this.updateComplete;
    const stacks = this.stacks();
    await Promise.allSettled(
      this.panes.map((pane, i) => {
        const stack = i === 0 ? { uid: mpr.seriesUid, set: mpr.set } : stacks[i];
        return stack ? pane.setFrameSet(stack.uid, stack.set) : undefined;
      }),
    );
  }

  /** Changes how the image is shown. */
  async view(look: Partial<Look>): Promise<void> {
    await this.pane?.setLook(look);
  }

  /** Sets the filters, `name:key=value`, in order. */
  async filter(filters: string[]): Promise<void> {
    await this.pane?.setLook({ filters });
  }

  /**
   * The regions of the shown frame with their measures: by a threshold (`otsu`, a number, `A..B`, or a filter such as `canny:low=50,high=150`)
   * after filters, or grown from a pixel.
   */
  async regions({
    threshold = 'otsu',
    seed,
    tolerance = 0,
    diagonal = false,
    filters = this.pane?.look.filters ?? [],
    smallest = 1,
    most = 2000,
  }: RegionWish = {}): Promise<FoundRegions> {
    if (!this.pane?.shown) throw new RangeError(this.text.nothingShown);
    const by: Asked['by'] = seed
      ? { kind: 'seed', at: seed, tolerance, diagonal }
      : { kind: 'threshold', text: String(threshold) };
    return this.pane.contours({ filters, by, smallest, most });
  }

  /** Runs a model (its folder in `models/`) on the shown stack or frame; resolves with the line of `analyze --json`, laid over it. */
  async analyze(model: string, wish: AnalyzeWish = {}): Promise<Finding> {
    // While heads are read the stacks are not yet what they will be.
    await this.opening.idle();
    const target = this.target();
    if (!target) throw new RangeError(this.text.nothingShown);
    const finding = await this.analysis.run(model, target, { backend: this.backend, ...wish });
    this.emit('finding', finding);
    return finding;
  }

  /** The transform that takes places of a frame to those of another, by key points: with its residual, or an error that says why not. */
  match(a: FramePlace, b: FramePlace, wish: MatchWish = {}): Promise<MatchInfo> {
    return this.comparing.match(a, b, wish);
  }

  /** The rigid motion that lays a stack on another (both by their key), by mutual information. */
  register(fixed: number, moving: number, wish: RegisterWish = {}): Promise<RegisteredStacks> {
    return this.comparing.register(fixed, moving, wish);
  }

  /** Compares two stacks, or changes how they are compared; resolves when they are shown. `null`: images as before. A registration that is
   * asked for and not found rejects with its code; the comparison stays as it was. */
  async compare(wish: CompareWishes | null = {}): Promise<ComparisonState | null> {
    if (wish) return this.comparison.show(wish);
    await this.comparison.leave();
    return null;
  }

  /** What is compared; null where nothing is. */
  get comparisonState(): ComparisonState | null {
    return this.comparison.state;
  }

  /** Takes networks (.onnx, with or without manifest.json, or a MONAI bundle) into the list of models, after a look at them. */
  async bring(files: readonly (File | DroppedFile)[]): Promise<void> {
    const dropped = files.map((one) => (one instanceof File ? (filesOfList([one])[0] as DroppedFile) : one));
    const { read, error } = await this.analysis.bring(dropped);
    if (read > 0 && this.catalogue) {
      void this.analysis.list();
      this.analysing = true;
    } else if (read > 0) {
      this.#networksWait = true;
      this.tell(this.text.own_waits);
    }
    if (error) throw error;
  }

  /** The active viewport as PNG, the prior or the difference that a comparison lays over it as PNG, the findings of its stack as JSON lines, or its
   * newest finding as a DICOM object of a kind. `fractional` runs the network once more: `onProgress` hears how far it is, `signal` ends it; while
   * another analysis runs it rejects with `model-busy` and ends nothing, where the network or its manifest is another one by now with `model-changed`. */
  async save(kind: 'png' | 'prior' | 'json' | ResultKind = 'png', wish: SaveWish = {}): Promise<Blob> {
    wish.signal?.throwIfAborted();
    if (!this.pane?.shown) throw new RangeError(this.text.nothingShown);
    if (kind === 'png') return this.pane.snapshot();
    if (kind === 'prior') {
      const picture = await this.comparison.picture();
      if (!picture) throw new RangeError(this.text.nothingToSave);
      return picture;
    }
    const results = this.analysis.of(this.pane.info?.key);
    if (kind !== 'json') {
      const result = results.find((result) => kindsOf(result).includes(kind));
      if (!result) throw new RangeError(this.text.nothingToSave);
      return (await this.analysis.save(result, kind, wish)).blob;
    }
    const lines = results.map(({ finding }) => JSON.stringify(finding));
    return new Blob([`${lines.join('\n')}\n`], { type: 'application/x-ndjson' });
  }

  // ---- Measuring ----

  /** Places a mark on the shown frame, or the shown plane of a volume: its pixels (column, row) from 0, centres at whole numbers. Resolves with its
   * values. */
  async measure(
    kind: string,
    points: readonly (readonly [number, number])[],
    wish: MeasureWish = {},
  ): Promise<MeasureInfo> {
    const pane = wish.viewport === undefined ? this.pane : this.panes[wish.viewport];
    const at = pane?.markPlace;
    if (!at) throw new RangeError(this.text.nothingShown);
    if (!isKind(kind)) throw new RangeError(`no such tool: ${kind}`);
    const mark = { kind, points: points.map(([x, y]): [number, number] => [x, y]), text: wish.text ?? '' };
    return infoOf(await this.measures.add(mark, at));
  }

  /** Takes a ready outline as a region: at least three image points. */
  addRegion(points: readonly (readonly [number, number])[], wish: MeasureWish = {}): Promise<MeasureInfo> {
    return this.measure('polygon', points, wish);
  }

  /** All marks of the study, in the order in which they were made. */
  get measurements(): MeasureInfo[] {
    return this.measures.items.map(infoOf);
  }

  /** Takes a mark away, or all of them. */
  removeMeasurement(uid?: string): void {
    if (uid === undefined) this.measures.removeAll();
    else this.measures.remove(uid);
  }

  /** Says that a length is so many mm: the stack that it lies on is measured by it from now on. null: as the file says again. */
  async calibrate(uid: string, mm: number | null): Promise<void> {
    await this.measures.calibrateBy(uid, mm).catch((error: unknown) => this.say(error));
  }

  /** The measurements as files: `sr`, `sr3d`, `gsps`, `csv` or `json`; several where one object can't hold them. With the identity hidden
   * tables are without words. */
  async saveMeasurements(form: MeasureForm): Promise<Blob[]> {
    if (this.measures.items.length === 0) throw new RangeError(this.text.measure_none);
    return (await this.savedMeasures(form)).blobs;
  }

  /** The same with how their names end. Objects name the patient as their images do; a table goes anywhere. */
  protected savedMeasures(form: MeasureForm, together = false): Promise<{ blobs: Blob[]; end: string }> {
    return this.measures.save(form, { plain: this.anonymous && (form === 'csv' || form === 'json'), together });
  }

  /** Shows the image of a mark, or its plane. */
  protected goTo(one: Going): Promise<void> {
    return goTo(one, {
      stack: (key) => this.stacks().find(({ set }) => set.key === key),
      mpr: () => this.volumes.mpr,
      image: async ({ uid, set }, index) => {
        const { pane } = this;
        await (pane?.info?.key === set.key ? pane.setIndex(index) : pane?.setFrameSet(uid, set, index));
      },
      leaveVolume: () => this.leaveVolume(),
      volume: () => this.volume(),
      choose: (number) => {
        this.active = number;
      },
    });
  }

  /** Marks that a form can't hold. */
  protected leftOut(form: MeasureForm): readonly Measure[] {
    const held = holdable(this.measures.items, form, (key) => {
      return this.stacks().find(({ set }) => set.key === key)?.set.frame_of_reference;
    });
    return this.measures.items.filter((one) => !held.includes(one));
  }

  /** The session with the names of its frames and its study, so that it finds them in another order too; `patient`: with name and number. */
  session({ patient = false } = {}): NamedState {
    const shown = this.panes.flatMap(({ info }) => (info ? [info.key] : []));
    const used = [...shown, ...this.measures.items.map(({ place }) => place.frame_set)];
    const studies = studiesOf(this.catalogue, used);
    const own = this.pane?.info ? [this.pane.info.key] : used;
    const study = studiesOf(this.catalogue, own)[0] ?? this.catalogue?.studies[0];
    const { patient_name: name = '', patient_id: id = '' } = patientsIn(studies) > 1 ? {} : (study ?? {});
    return {
      ...this.state,
      measurements: this.measures.state(true),
      calibrations: this.measures.calibrations(),
      studyUid: study?.uid ?? '',
      ...(patient && { patient: { name, id } }),
    };
  }

  get state(): ViewerState {
    return {
      layout: layoutOf(this.layout),
      active: this.active,
      anonymous: this.anonymous,
      viewports: this.panes.map(({ info, index, look }) => ({ frameSet: info?.key ?? -1, frame: index, look })),
      measurements: this.measures.state(),
      calibrated: Object.fromEntries(this.measures.calibrated),
    };
  }

  set state(wanted: ViewerState) {
    this.layout = wanted.layout;
    this.active = wanted.active;
    this.anonymous = wanted.anonymous;
    void this.updateComplete.then(() => {
      for (const [i, { frameSet, frame, look }] of wanted.viewports.entries()) {
        const found = this.stacks().find(({ set }) => set.key === frameSet);
        const pane = this.panes[i];
        if (!found || !pane) continue;
        pane.setFrameSet(found.uid, found.set, frame).catch(() => {});
        pane.setLook(look).catch(() => {});
      }
      void this.#remeasure(wanted).catch((error: unknown) => this.say(error));
    });
  }

  /** Calibrations first: marks are measured by them. By names where the session has them. */
  async #remeasure({ calibrated = {}, calibrations, measurements }: Partial<NamedState>): Promise<void> {
    if (calibrations) await this.measures.recalibrate(calibrations);
    else for (const [key, mm] of Object.entries(calibrated)) this.measures.calibrate(Number(key), mm);
    if (measurements) await this.measures.restore(measurements);
  }

  /** Forgets the study and shows the start screen. */
  async close(): Promise<void> {
    this.cine.stop();
    this.comparing.end();
    this.comparison.clear();
    this.volumes.close();
    this.analysis.clear();
    this.regionSearch.clear();
    this.measures.clear();
    this.forgetWords();
    for (const pane of this.panes) pane.clear();
    if (this.catalogue) await this.client.ask('done', { kind: 'close' }).catch(() => {});
    this.catalogue = null;
    this.message = '';
  }

  /** Nothing that is written of a study stays for another one. */
  protected forgetWords(): void {
    this.closings += 1;
    this.dialog = '';
    this.menu = '';
    this.tagLines = [];
    this.frameRepairs = new Map();
    this.frameRemarks = new Map();
  }

  override updated(changed: PropertyValues): void {
    if (!changed.has('src') || !this.src) return;
    const url = new URL(this.src, document.baseURI);
    this.quietOpen(() => fileOfUrl(url, this.text.srcMissing));
  }

  // ---- Opening ----

  protected async read(take: () => Promise<DroppedFile[]>, outer?: AbortSignal): Promise<Catalogue> {
    this.menu = '';
    const { limits, strict } = this;
    this.client.reading = {
      kind: 'open',
      limits: typeof limits === 'string' ? limits : limits ? JSON.stringify(limits) : '',
      strict,
    };
    try {
      return await this.opening.read(take, outer);
    } catch (error) {
      this.say(error);
      throw error;
    }
  }

  /** A first picture while the rest is being read. */
  protected async previewed(catalogue: Catalogue): Promise<void> {
    this.volumes.close();
    this.comparison.clear();
    this.catalogue = catalogue;
    this.active = 0;
    await this.updateComplete;
    const stack = this.stacks()[0];
    if (stack && this.catalogue === catalogue) this.pane?.setFrameSet(stack.uid, stack.set).catch(() => {});
  }

  protected async opened(catalogue: Catalogue): Promise<void> {
    // Of the preview's stacks, whose keys are others' now.
    this.analysis.clear();
    this.catalogue = catalogue;
    if (this.#networksWait) {
      this.#networksWait = false;
      void this.analysis.list();
      this.analysing = true;
    }
    this.active = 0;
    await this.updateComplete;
    this.opening.done();
    const first = this.stacks()[0];
    for (const pane of this.panes) pane.renew(pane.seriesUid === first?.uid ? first.set.key : undefined);
    this.emit('study-open', catalogue);
    for (const repair of catalogue.repairs) this.emit('repair', repair);
    await this.measures.rebind().catch(() => {});
    await this.hang(catalogue);
    void this.#savedMeasures();
    if (this.model && this.pane?.shown) {
      this.analysing = true;
      void this.analysis.list();
      this.quietAnalyze(this.model);
    }
  }

  /** Measurements that reports and our own presentation states hold; what of them can't be shown is noted. */
  async #savedMeasures(): Promise<void> {
    const { closings } = this;
    const others = this.catalogue?.studies.some(({ series }) => series.some((one) => one.other_instances > 0));
    if (!others) return;
    try {
      const lost = await this.measures.restoreSaved();
      if (closings !== this.closings || lost.length === 0) return;
      const noted = lost.map((one) => [`${one.file}\n${one.code}\n${one.detail}`, one] as const);
      this.frameRemarks = new Map([...this.frameRemarks, ...noted]);
    } catch (error) {
      this.say(error);
    }
  }

  /** The first pictures: the first stack, or one for each viewport. Then the small pictures. */
  protected async hang(catalogue: Catalogue): Promise<void> {
    const found = this.stacks();
    const modality = catalogue.studies
      .flatMap(({ series }) => series)
      .find((one) => one.frame_sets.length > 0)?.modality;
    const rule = ruleFor(settings.now.hanging, modality ?? '');
    const stacks = hung(found, rule?.order ?? '');
    // A page that has said how many viewports it wants keeps them; so does one picture, which fills one.
    if (rule && !this.hasAttribute('layout') && stacks.length > 1 && rule.layout !== layoutOf(this.layout)) {
      this.layout = rule.layout;
      await this.updateComplete;
    }
    if (stacks.length === 0) {
      this.message = this.text.nothingFound;
      this.dialog = catalogue.errors.length > 0 ? 'problems' : '';
      return;
    }
    this.root.focus({ preventScroll: true });
    await Promise.allSettled(
      this.panes.map((pane, i) => {
        const stack = stacks[i];
        return stack ? pane.setFrameSet(stack.uid, stack.set) : undefined;
      }),
    );
    for (const pane of this.panes) hangWindow(pane, rule);
    void this.seriesList?.fill(catalogue);
  }

  protected stacks(): { uid: string; set: FrameSetInfo }[] {
    return (this.catalogue?.studies ?? [])
      .flatMap((study) => study.series)
      .flatMap(({ uid, frame_sets }) => frame_sets.map((set) => ({ uid, set })));
  }

  /** Opens what is taken; networks among it are taken as models. */
  protected quietOpen(take: () => Promise<DroppedFile[]>): void {
    const studies = async () => {
      const files = await take();
      if (!files.some(isNetwork)) return files;
      this.bring(files).catch((error: unknown) => this.say(error));
      const rest = studyOf(files);
      if (rest.length === 0) throw new DOMException('a network is no study', 'AbortError');
      return rest;
    };
    this.read(studies).catch(() => {}); // said on the page already
  }

  protected target(): Target | null {
    const { info, seriesUid, index } = this.pane ?? {};
    return info && seriesUid !== undefined && index !== undefined ? { seriesUid, set: info, index } : null;
  }

  protected quietAnalyze(model: string, wish: AnalyzeWish = {}): void {
    this.analyze(model, wish).catch((error: unknown) => {
      // A refusal with a code stands in the panel.
      if (!(error instanceof StudyError)) this.say(error);
    });
  }

  /** A sentence that stays for a while, even when images are shown again. */
  protected tell(message: string): void {
    this.message = message;
    this.toldUntil = performance.now() + 6000;
    setTimeout(() => this.hush(), 6100);
  }

  /** An image is shown: what was wrong is over. */
  protected hush(): void {
    if (performance.now() > this.toldUntil) this.message = '';
  }

  protected say(error: unknown): void {
    if (isAbort(error)) return;
    if (error instanceof StudyError) {
      const { cause, hint } = errorText(this.lingua, error.failure);
      this.message = `${cause} (${error.code}). ${hint}`;
    } else this.message = error instanceof Error ? error.message : String(error);
    this.emit('error', { code: error instanceof StudyError ? error.code : 'page', message: this.message });
  }

  protected emit(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
