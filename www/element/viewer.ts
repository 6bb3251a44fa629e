// <negatoscope-viewer>: opens a study, shows up to four images of it, and is the interface for a page around it.
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import type {
  Catalogue,
  DroppedFile,
  Failure,
  FrameSetInfo,
  Look,
  Probe,
  Shown,
  TagLine,
  Window,
} from '../shared/protocol.ts';
import { errorText, fill, type Language, languageFor, type Text, textOf } from '../text/index.ts';
import { Cine } from './cine.ts';
import { listDialog } from './dialog.ts';
import { chooseFiles, fileOfUrl, filesOfDrop, filesOfHandle, filesOfList } from './dropped.ts';
import type { Tool } from './gestures.ts';
import { actOnImage } from './image-actions.ts';
import { type Action, actionOf } from './keys.ts';
import { plainLook } from './look.ts';
import { type Menu, menuItems } from './menus.ts';
import { problemLists } from './problems.ts';
import type { NegatoscopeSeries } from './series-list.ts';
import { startScreen } from './start-screen.ts';
import { progress, statusLine, type Work } from './status-line.ts';
import { StudyClient, StudyError } from './study-client.ts';
import { tagTable } from './tag-table.ts';
import { dock, toolRow } from './tool-row.ts';
import { viewerStyles } from './viewer.css.ts';
import type { NegatoscopeViewport } from './viewport.ts';
import './series-list.ts';
import './viewport.ts';

/** What can be kept and given back; it holds no patient data. */
export interface ViewerState {
  layout: 1 | 2 | 4;
  active: number;
  anonymous: boolean;
  viewports: { frameSet: number; frame: number; look: Look }[];
}

/** What `show` takes; `frameSet` is the place among the stacks of the series, both counted from 0. */
export interface ShowWish {
  viewport?: number;
  seriesUid: string;
  frameSet?: number;
  frame?: number;
}

const phone = globalThis.matchMedia('(max-width: 700px)');
const isAbort = (error: unknown) => error instanceof DOMException && error.name === 'AbortError';

export class NegatoscopeViewer extends LitElement {
  static override styles = viewerStyles;

  /** Language: `en`, `zh`, …; else the browser's. */
  @property({ attribute: 'lang' }) language = '';
  /** Where the sample study lies. */
  @property() sample = './sample/t1-brain.zip';
  @property({ type: Boolean }) anonymous = false;

  @state() private catalogue: Catalogue | null = null;
  @state() private count: 1 | 2 | 4 = 1;
  @state() private active = 0;
  @state() private tool: Tool = phone.matches ? 'scroll' : 'window';
  @state() private menu: Menu = '';
  @state() private backend: 'auto' | 'cpu' | 'gpu' = 'auto';
  @state() private lit = false;
  @state() private working: Work | null = null;
  @state() private message = '';
  @state() private live = '';
  @state() private texts = true;
  @state() private maximised = false;
  @state() private dialog: '' | 'problems' | 'tags' = '';
  @state() private tagLines: TagLine[] = [];
  @state() private tagFind = '';
  @state() private frameRepairs = new Map<string, Failure>();

  @query('.root') private root!: HTMLElement;
  @query('negatoscope-series') private seriesList!: NegatoscopeSeries | null;

  readonly client = new StudyClient();
  #cancel: AbortController | null = null;
  #cine = new Cine(() => this.requestUpdate());
  #dark: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.client.addEventListener('replaced', () => {
      this.message = this.text.workerLost;
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#cine.stop();
    this.#cancel?.abort();
    this.client.end();
    this.catalogue = null;
  }

  private get lingua(): Language {
    return languageFor(this.language || globalThis.navigator.language);
  }
  private get text(): Text {
    return textOf(this.lingua);
  }
  private get panes(): NegatoscopeViewport[] {
    return [...this.renderRoot.querySelectorAll<NegatoscopeViewport>('negatoscope-viewport')];
  }
  private get pane(): NegatoscopeViewport | undefined {
    return this.panes[this.active] ?? this.panes[0];
  }

  // ---- The interface for a page ----

  /** Reads a study; resolves with its catalogue when every head is read. */
  async open(
    from: readonly File[] | FileSystemDirectoryHandle | File | readonly DroppedFile[],
    options: { signal?: AbortSignal } = {},
  ): Promise<Catalogue> {
    return this.#open(async () => {
      if (from instanceof File) return filesOfList([from]);
      if (from instanceof FileSystemDirectoryHandle) return filesOfHandle(from);
      return from.map((one) => (one instanceof File ? (filesOfList([one])[0] as DroppedFile) : one));
    }, options.signal);
  }

  /** Shows a frame; resolves when it is on the canvas. */
  async show({ viewport = this.active, seriesUid, frameSet = 0, frame }: ShowWish): Promise<Shown | null> {
    if (viewport >= this.count) {
      this.count = viewport > 1 ? 4 : 2;
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

  /** Sets the window; null gives back what the file says. */
  async window(window: Window | null): Promise<void> {
    await this.pane?.setLook({ window });
  }

  /** Changes how the image is shown. */
  async view(look: Partial<Look>): Promise<void> {
    await this.pane?.setLook(look);
  }

  /** Sets the filters, `name:key=value`, in order. */
  async filter(filters: string[]): Promise<void> {
    await this.pane?.setLook({ filters });
  }

  /** The active viewport as a file. */
  async save(_kind: 'png' = 'png'): Promise<Blob> {
    if (!this.pane?.shown) throw new RangeError(this.text.nothingShown);
    return this.pane.snapshot();
  }

  get state(): ViewerState {
    return {
      layout: this.count,
      active: this.active,
      anonymous: this.anonymous,
      viewports: this.panes.map(({ info, index, look }) => ({ frameSet: info?.key ?? -1, frame: index, look })),
    };
  }

  set state(wanted: ViewerState) {
    this.count = wanted.layout;
    this.active = wanted.active;
    this.anonymous = wanted.anonymous;
    void this.updateComplete.then(() => {
      for (const [i, { frameSet, frame, look }] of wanted.viewports.entries()) {
        const found = this.#stacks().find(({ set }) => set.key === frameSet);
        const pane = this.panes[i];
        if (!found || !pane) continue;
        pane.setFrameSet(found.uid, found.set, frame).catch(() => {});
        pane.setLook(look).catch(() => {});
      }
    });
  }

  /** Forgets the study and shows the start screen. */
  async close(): Promise<void> {
    this.#cine.stop();
    for (const pane of this.panes) pane.clear();
    if (this.catalogue) await this.client.ask('done', { kind: 'close' }).catch(() => {});
    this.catalogue = null;
    this.message = '';
    this.frameRepairs = new Map();
  }

  // ---- Opening ----

  async #open(take: () => Promise<DroppedFile[]>, outer?: AbortSignal): Promise<Catalogue> {
    this.#cancel?.abort();
    const cancel = new AbortController();
    this.#cancel = cancel;
    outer?.addEventListener('abort', () => cancel.abort(), { once: true });
    this.menu = '';
    this.working = { stage: 'take', done: 0, total: 0 };
    try {
      const files = await take();
      cancel.signal.throwIfAborted();
      if (files.length === 0) throw new RangeError(this.text.noFiles);
      await this.close();
      const catalogue = await this.client.ask(
        'catalogue',
        { kind: 'open' },
        {
          files,
          signal: cancel.signal,
          onNotice: (notice) => {
            if (notice.kind !== 'progress' || this.#cancel !== cancel) return;
            this.working = notice;
            this.#emit('progress', notice);
          },
        },
      );
      cancel.signal.throwIfAborted();
      this.catalogue = catalogue;
      this.active = 0;
      await this.updateComplete;
      this.working = null;
      this.#emit('study-open', catalogue);
      await this.#hang(catalogue);
      return catalogue;
    } catch (error) {
      if (!isAbort(error)) this.#say(error);
      throw error;
    } finally {
      if (this.#cancel === cancel) {
        this.#cancel = null;
        this.working = null;
      }
    }
  }

  /** The first pictures: the first stack, or one for each viewport. Then the small pictures. */
  async #hang(catalogue: Catalogue): Promise<void> {
    const stacks = this.#stacks();
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
    void this.seriesList?.fill(catalogue);
  }

  #stacks(): { uid: string; set: FrameSetInfo }[] {
    return (this.catalogue?.studies ?? [])
      .flatMap((study) => study.series)
      .flatMap(({ uid, frame_sets }) => frame_sets.map((set) => ({ uid, set })));
  }

  #quietOpen(take: () => Promise<DroppedFile[]>): void {
    this.#open(take).catch(() => {}); // said on the page already
  }

  /** Lit while a drag is over it. Enter and leave of inner parts don't pair up; that `dragover` stops always tells. */
  #drag(event: DragEvent): void {
    event.preventDefault();
    this.lit = true;
    clearTimeout(this.#dark);
    this.#dark = setTimeout(() => {
      this.lit = false;
    }, 500);
  }

  #drop(event: DragEvent): void {
    event.preventDefault();
    clearTimeout(this.#dark);
    this.lit = false;
    if (!event.dataTransfer) return;
    const files = filesOfDrop(event.dataTransfer); // now: after this the list is empty
    this.#quietOpen(() => files);
  }

  // ---- Acting ----

  #onKey(event: KeyboardEvent): void {
    const target = event.composedPath()[0];
    const typing = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
    const action = actionOf(event);
    if (!action || typing || !this.catalogue || this.dialog) return;
    if (action === 'escape' && this.menu) {
      this.menu = '';
      return;
    }
    if (event.key === ' ' && target instanceof HTMLButtonElement) return; // it presses the button
    event.preventDefault();
    this.#act(action);
  }

  #act(action: Action): void {
    const pane = this.pane;
    if (!pane) return;
    if (action === 'escape' && this.#cine.playing) this.#cine.stop();
    else if (action.startsWith('tool-')) this.tool = action.slice(5) as Tool;
    else if (action === 'previous-series') this.#otherSeries(-1);
    else if (action === 'next-series') this.#otherSeries(1);
    else if (action === 'cine') this.#cine.toggle(pane);
    else if (action === 'texts') this.texts = !this.texts;
    else if (action === 'anonymous') this.anonymous = !this.anonymous;
    else if (action === 'tags') void this.#tags();
    else if (action === 'save') void this.#saveFile();
    else actOnImage(pane, action);
    this.menu = '';
    this.requestUpdate();
  }

  #otherSeries(by: number): void {
    const stacks = this.#stacks();
    const next = stacks[stacks.findIndex(({ set }) => set.key === this.pane?.info?.key) + by];
    if (next) this.pane?.setFrameSet(next.uid, next.set).catch(() => {});
  }

  async #tags(): Promise<void> {
    try {
      this.tagLines = (await this.pane?.tags()) ?? [];
      this.tagFind = '';
      this.dialog = 'tags';
    } catch (error) {
      this.#say(error);
    }
  }

  async #saveFile(): Promise<void> {
    try {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(await this.save('png'));
      link.download = `negatoscope-${(this.pane?.index ?? 0) + 1}.png`; // a name that names nobody
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (error) {
      this.#say(error);
    }
  }

  #say(error: unknown): void {
    if (isAbort(error)) return;
    if (error instanceof StudyError) {
      const { cause, hint } = errorText(this.lingua, error.failure);
      this.message = `${cause} (${error.code}). ${hint}`;
    } else this.message = error instanceof Error ? error.message : String(error);
    this.#emit('error', { code: error instanceof StudyError ? error.code : 'page', message: this.message });
  }

  #emit(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #paneChange(shown: Shown): void {
    if (shown.viewport === this.active)
      this.live = fill(this.text.image, { index: shown.index + 1, count: shown.frames });
    for (const repair of shown.repairs) {
      const key = `${repair.file}\n${repair.code}`;
      const known = this.catalogue?.repairs.some((one) => one.file === repair.file && one.code === repair.code);
      if (!known && !this.frameRepairs.has(key)) this.frameRepairs = new Map(this.frameRepairs).set(key, repair);
    }
    this.message = '';
    this.requestUpdate();
    this.#emit('view-change', { viewport: shown.viewport, frameSet: shown.frame_set, frame: shown.index });
  }

  // ---- Drawing ----

  override updated(changed: PropertyValues): void {
    const dialog = this.renderRoot.querySelector('dialog');
    if (dialog && !dialog.open) dialog.showModal();
    if (!changed.has('menu') || !this.menu) return;
    const panel = this.renderRoot.querySelector<HTMLElement>('.panel');
    const button = this.renderRoot.querySelector<HTMLElement>(`.tools [data-menu='${this.menu}']`);
    if (!panel) return;
    if (button?.offsetParent) {
      const left = button.getBoundingClientRect().left - this.getBoundingClientRect().left;
      panel.style.left = `${Math.max(4, Math.min(left, this.clientWidth - panel.offsetWidth - 8))}px`;
    }
    panel.querySelector('button')?.focus();
  }

  override render() {
    const { text } = this;
    return html`<div class=${this.lit && this.catalogue ? 'root lit' : 'root'} part="root" tabindex="-1" lang=${this.lingua}
      @keydown=${this.#onKey}
      @dragenter=${this.#drag}
      @dragover=${this.#drag}
      @drop=${this.#drop}>
      <header part="header"><slot name="start"></slot>${this.catalogue ? toolRow(this.#toolState(), this.#toolActions) : html`<span class="tools"></span>`}<slot name="end"></slot></header>
      ${
        this.catalogue
          ? this.#study(this.catalogue)
          : startScreen(text, this.lit, phone.matches, this.message, {
              files: () => chooseFiles(false, (files) => this.#quietOpen(async () => files)),
              folder: () => chooseFiles(true, (files) => this.#quietOpen(async () => files)),
              sample: () =>
                this.#quietOpen(() => fileOfUrl(new URL(this.sample, document.baseURI), text.sampleMissing)),
            })
      }
      ${this.catalogue && this.message ? html`<div class="toast" role="alert">${this.message}</div>` : nothing}
      ${this.working ? progress(this.working, text, () => this.#cancel?.abort()) : nothing} ${this.#panel()} ${this.#dialog()}
      <div class="live" aria-live="polite">${this.live}</div>
    </div>`;
  }

  #toolState() {
    return { text: this.text, tool: this.tool, menu: this.menu, playing: this.#cine.playing };
  }

  #toolActions = {
    tool: (tool: Tool) => this.#act(`tool-${tool}`),
    cine: () => this.#act('cine'),
    menu: (menu: Menu) => {
      this.menu = menu;
    },
  };

  #study(catalogue: Catalogue) {
    const { text } = this;
    return html`<div class="body">
        <negatoscope-series role="navigation" aria-label=${text.series} .client=${this.client} .text=${text} .catalogue=${catalogue}
          .anonymous=${this.anonymous} .current=${this.pane?.info?.key ?? -1}
          @choose=${({ detail }: CustomEvent<{ series: { uid: string }; set: FrameSetInfo }>) =>
            void this.pane?.setFrameSet(detail.series.uid, detail.set).catch(() => {})}></negatoscope-series>
        <div class=${`stage n${this.count}${this.maximised && this.count > 1 ? ' max' : ''}`}
          @dblclick=${() => {
            this.maximised = !this.maximised;
          }}
          @pane-select=${({ detail }: CustomEvent<number>) => {
            this.active = detail;
            if (!this.root.contains(this.shadowRoot?.activeElement ?? null)) this.root.focus({ preventScroll: true });
          }}
          @pane-change=${({ detail }: CustomEvent<Shown>) => this.#paneChange(detail)}
          @pane-error=${({ detail }: CustomEvent<unknown>) => this.#say(detail)}>
          ${Array.from(
            { length: this.count },
            (_, i) => html`<negatoscope-viewport role="group" aria-label=${fill(text.viewport, { number: i + 1 })}
            .client=${this.client} .text=${text} .tool=${this.tool} .backend=${this.backend} .number=${i}
            .anonymous=${this.anonymous} .texts=${this.texts} ?active=${this.count > 1 && this.active === i}></negatoscope-viewport>`,
          )}
        </div>
      </div>
      ${statusLine(
        {
          text,
          catalogue,
          later: this.frameRepairs.size,
          shown: this.pane?.shown ?? null,
          anonymous: this.anonymous,
        },
        () => {
          this.dialog = 'problems';
        },
      )}
      ${dock(this.#toolState(), this.#toolActions)}`;
  }

  #panel() {
    if (!this.menu) return nothing;
    const { text, pane } = this;
    const shown = pane?.shown;
    const shut = () => {
      this.menu = '';
    };
    const onKey = (event: KeyboardEvent) => {
      const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('button, select')];
      const at = buttons.indexOf(event.composedPath()[0] as HTMLElement);
      event.stopPropagation();
      if (event.key === 'Escape') shut();
      else if (event.key === 'ArrowDown') buttons[(at + 1) % buttons.length]?.focus();
      else if (event.key === 'ArrowUp') buttons.at(at - 1)?.focus();
      else return;
      event.preventDefault();
      if (!this.menu) this.root.focus();
    };
    return html`<div class="shade" @click=${shut}></div>
      <div class="panel" role="dialog" aria-label=${text[this.menu]} @keydown=${onKey}>
        ${menuItems(
          this.menu,
          {
            text,
            look: pane?.look ?? plainLook(),
            hounsfield: shown?.hounsfield ?? false,
            grey: shown?.grey ?? true,
            choices: shown?.choices ?? [],
            count: this.count,
            backend: this.backend,
            anonymous: this.anonymous,
            texts: this.texts,
            phone: phone.matches,
          },
          {
            run: (action) => {
              this.#act(action);
              this.root.focus({ preventScroll: true });
            },
            look: (part) => {
              pane?.setLook(part).catch(() => {});
              shut();
              this.root.focus({ preventScroll: true });
            },
            layout: (count) => this.#layout(count),
            backend: (name) => {
              this.backend = name;
              shut();
            },
            open: () => {
              shut();
              void this.close();
            },
          },
        )}
      </div>`;
  }

  #layout(count: 1 | 2 | 4): void {
    const before = this.panes.length;
    this.#cine.stop();
    this.maximised = false;
    this.count = count;
    this.active = Math.min(this.active, count - 1);
    this.menu = '';
    void this.updateComplete.then(() => {
      const stacks = this.#stacks();
      for (const pane of this.panes.slice(before)) {
        const used = new Set(this.panes.map((one) => one.info?.key));
        const free = stacks.find(({ set }) => !used.has(set.key));
        if (free) pane.setFrameSet(free.uid, free.set).catch(() => {});
      }
    });
  }

  #dialog() {
    if (!this.dialog || !this.catalogue) return nothing;
    const { text, anonymous } = this;
    const shut = () => {
      this.dialog = '';
    };
    if (this.dialog === 'tags') {
      const find = (wanted: string) => {
        this.tagFind = wanted;
      };
      const table = tagTable(this.tagLines, this.tagFind, anonymous, text);
      return listDialog(text, text.tags, table, { shut, find }, this.tagFind);
    }
    const repairs = [...this.catalogue.repairs, ...this.frameRepairs.values()];
    const lists = problemLists(this.catalogue.errors, repairs, text, this.lingua, anonymous);
    return listDialog(text, text.problems, lists, { shut });
  }
}
