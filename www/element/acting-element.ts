// What the viewer does: its keys, its tools, what follows when an image is shown. What it draws is in viewer.ts, the interface for a page in
// study-element.ts.
import type { PropertyValues } from 'lit';
import { state } from 'lit/decorators.js';
import type { Catalogue, FrameSetInfo, Shown } from '../shared/protocol.ts';
import { fill } from '../text/index.ts';
import { AnalysisPanel } from './analysis-panel.ts';
import { firstTool, toolsOf } from './attributes.ts';
import { Chains } from './chains.ts';
import type { Tool } from './gestures.ts';
import { actOnImage } from './image-actions.ts';
import { Keeping } from './keeping.ts';
import { type Action, actionOf } from './keys.ts';
import { follow, share } from './linking.ts';
import type { MeasureKind } from './measures.ts';
import { Measuring } from './measuring.ts';
import { unheard } from './problems.ts';
import { settings } from './settings.ts';
import { StudyElement } from './study-element.ts';
import { StudyKeeping } from './study-keeping.ts';
import type { ViewerHost } from './viewer-host.ts';
import { actOnVolume } from './volume-actions.ts';

export const phone = globalThis.matchMedia('(max-width: 700px)');

/** Keys that a focused control needs itself: text fields all, sliders and switches those that move them, buttons the space bar. */
function ownsKey(target: EventTarget | undefined, key: string): boolean {
  if (target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLInputElement)
    return !['range', 'checkbox'].includes(target.type) || key.length > 1 || key === ' ';
  return key === ' ' && target instanceof HTMLElement && ['BUTTON', 'SUMMARY'].includes(target.tagName);
}

export class ActingElement extends StudyElement {
  @state() protected tool: Tool = phone.matches ? 'scroll' : 'window';
  @state() protected live = '';
  @state() protected texts = true;
  @state() protected maximised = false;
  @state() protected tagFind = '';

  protected readonly host = this.hosted();
  protected readonly hands = new Measuring(this.host, this.measures, {
    calibrate: (uid, mm) => void this.calibrate(uid, mm),
    save: (form) => this.savedMeasures(form, true),
    leftOut: (form) => this.leftOut(form),
    goTo: (one) => this.goTo(one),
    ask: (on) => {
      this.dialog = on ? 'words' : '';
    },
    shut: () => this.showMeasures(false),
  });
  protected readonly analysisPanel = new AnalysisPanel(this.host, this.analysis, {
    run: (model, wish) => this.quietAnalyze(model, wish),
    bring: (files) => this.bring(files),
    reading: () => this.opening.work !== null,
    shut: () => this.showAnalysis(false),
  });
  protected readonly keeping = new Keeping(this.host, {
    results: () => this.analysis.results,
    measures: () => this.measures.items,
    where: (one) => this.hands.where(one),
    goTo: (one) => this.goTo(one),
  });
  protected readonly studyKeeping = new StudyKeeping(this.host);
  protected readonly chains = new Chains(this.host);

  /** What the parts see of this. */
  private hosted(): ViewerHost {
    const viewer = this;
    return {
      client: viewer.client,
      get text() {
        return viewer.text;
      },
      get language() {
        return viewer.lingua;
      },
      get catalogue() {
        return viewer.catalogue;
      },
      get closings() {
        return viewer.closings;
      },
      get anonymous() {
        return viewer.anonymous;
      },
      get pane() {
        return viewer.pane;
      },
      get panes() {
        return viewer.panes;
      },
      get tool() {
        return viewer.tool;
      },
      set tool(tool) {
        viewer.tool = tool;
      },
      stacks: () => viewer.stacks(),
      changed: () => viewer.requestUpdate(),
      speak: (words) => {
        viewer.live = words;
      },
      tell: (message) => viewer.tell(message),
      say: (error) => viewer.say(error),
      focusImage: (drawn) => viewer.focusImage(drawn),
    };
  }

  protected focusImage(drawn?: 'drawn'): void {
    const focus = () => this.root.focus({ preventScroll: true });
    if (drawn) void this.updateComplete.then(focus);
    else focus();
  }

  // ---- Acting ----

  protected onKey(event: KeyboardEvent): void {
    const target = event.composedPath()[0];
    if (
      this.catalogue &&
      !this.dialog &&
      !this.menu &&
      !this.keeping.open &&
      !ownsKey(target, event.key) &&
      this.tool === 'measure'
    ) {
      // On a button Enter is the button's.
      const button = target instanceof HTMLElement && target.matches('button, summary') && event.key === 'Enter';
      if (!button && this.pane?.hand.key(event)) {
        event.preventDefault();
        return;
      }
    }
    const action = actionOf(event, settings.now.keys);
    if (!action || ownsKey(target, event.key) || this.dialog || this.keeping.open) return;
    if (!this.catalogue && action === 'keys') {
      event.preventDefault();
      this.dialog = 'keys';
    }
    if (!this.catalogue) return;
    if (action === 'escape' && this.menu) {
      this.menu = '';
      return;
    }
    if (action === 'escape' && this.regionSearch.open) {
      this.searchRegions(false);
      return;
    }
    event.preventDefault();
    this.act(action);
  }

  protected act(action: Action): void {
    const pane = this.pane;
    if (!pane) return;
    if (action === 'escape' && this.volumes.coming) this.volumes.cancel();
    else if (action === 'escape' && this.comparison.work) this.comparison.cancel();
    else if (action === 'escape' && this.cine.playing) this.cine.stop();
    else if (action === 'escape' && this.tool === 'measure') this.hands.leave();
    else if (action === 'escape' && this.measures.active) this.measures.select('');
    else if (action.startsWith('tool-')) this.tool = action.slice(5) as Tool;
    else if (action.startsWith('measure-')) this.hands.take(action.slice(8) as MeasureKind);
    else if (action === 'measurements') this.showMeasures(!this.measuring);
    else if (action === 'undo') this.measures.undo();
    else if (action === 'redo') this.measures.redo();
    else if (action === 'delete') this.hands.remove(this.measures.active);
    else if (action === 'previous-series') this.otherSeries(-1);
    else if (action === 'next-series') this.otherSeries(1);
    else if (action === 'cine') {
      if (!this.volumes.mpr) this.cine.toggle(pane); // planes have no rate
    } else if (action === 'texts') this.texts = !this.texts;
    else if (action === 'anonymous') this.anonymous = !this.anonymous;
    else if (action === 'tags') void this.showTags();
    else if (action === 'save') this.keeping.show('picture');
    else if (action === 'deidentify') this.keeping.show('copies');
    else if (action === 'augment') this.keeping.show('augment');
    else if (action === 'record') this.saveCine();
    else if (action === 'key-image') void this.keeping.mark();
    else if (action === 'key-images') this.keeping.show('keys');
    else if (action === 'keys') this.dialog = 'keys';
    else if (action === 'display') this.dialog = 'display';
    else if (action === 'settings') this.dialog = 'settings';
    else if (action === 'keep-study') void this.studyKeeping.toggle();
    else if (action === 'analysis') this.showAnalysis(!this.analysing);
    else if (action === 'volume') this.toggleVolume();
    else if (action === 'compare') this.toggleComparison();
    else if (action === 'flick') this.comparison.flick();
    else if (action === 'linked') this.linked = !this.linked;
    else if (action === 'references') this.references = !this.references;
    else if (!actOnVolume(pane, action)) actOnImage(pane, action);
    this.menu = '';
    this.requestUpdate();
  }

  protected searchRegions(on = !this.regionSearch.open): void {
    this.menu = '';
    this.regionSearch.toggle(this.pane, on);
    if (!on) this.focusImage();
  }

  private saveCine(): void {
    this.cine.stop();
    this.keeping.show('cine');
  }

  /** Planes and picture of the shown stack, or its images again. */
  protected toggleVolume(): void {
    if (this.volumes.coming) {
      this.volumes.cancel();
      return;
    }
    const on = !this.volumes.mpr;
    const keep = this.keepFocus();
    this.maximised = false;
    this.volume(on)
      .then(() => {
        this.tool = on ? 'cross' : this.tool === 'cross' ? 'window' : this.tool;
        keep();
      })
      .catch((error: unknown) => this.say(error));
  }

  /** The shown stack beside its prior, or images as before. */
  protected toggleComparison(): void {
    this.maximised = false;
    const { comparison } = this;
    const keep = this.keepFocus();
    const done = comparison.on ? comparison.leave() : comparison.begin();
    this.attempt(
      done.then(() => {
        keep();
        this.listPriors();
      }),
    );
  }

  /** Where what has the focus now goes away with its bar, the keys belong to the images again. */
  private keepFocus(): () => void {
    const held = this.shadowRoot?.activeElement;
    return () =>
      void this.updateComplete.then(() => {
        if (held && !held.isConnected) this.focusImage();
      });
  }

  /** The list of priors, where it is open, takes the focus. */
  protected listPriors(): void {
    const all = '.pop.priors button';
    void this.updateComplete.then(() => {
      const chosen = this.renderRoot.querySelector<HTMLElement>(`${all}[aria-pressed=true]`);
      (chosen ?? this.renderRoot.querySelector<HTMLElement>(all))?.focus();
    });
  }

  /** What is begun by a button or a key: a failure is said. */
  protected attempt(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.say(error));
  }

  protected override forgetWords(): void {
    super.forgetWords();
    this.hands.forget();
    this.keeping.clear();
  }

  protected override async opened(catalogue: Catalogue): Promise<void> {
    // The keys of the stacks are new ones: key images that were marked meanwhile go with their frames, too.
    const keys = this.keeping.renew().catch(() => {});
    await super.opened(catalogue);
    await keys;
    await this.keeping.selected().catch(() => {}); // without them the study is open all the same
  }

  private otherSeries(by: number): void {
    const stacks = this.stacks();
    if (this.volumes.mpr) return; // a volume of one stack is shown
    const next = stacks[stacks.findIndex(({ set }) => set.key === this.pane?.info?.key) + by];
    if (next && this.comparison.on) this.attempt(this.comparison.put(this.active, next.set.key));
    else if (next) this.pane?.setFrameSet(next.uid, next.set).catch(() => {});
  }

  private async showTags(): Promise<void> {
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

  override connectedCallback(): void {
    super.connectedCallback();
    void this.studyKeeping.look();
  }

  override disconnectedCallback(): void {
    this.studyKeeping.stop();
    super.disconnectedCallback();
  }

  private showMeasures(on: boolean): void {
    this.measuring = on;
    if (on) {
      this.analysing = false;
      void this.updateComplete.then(() => this.renderRoot.querySelector('negatoscope-measures')?.focus());
    } else this.focusImage();
  }

  private showAnalysis(on: boolean): void {
    this.analysing = on;
    if (on) this.measuring = false;
    if (on) {
      void this.analysis.list();
      void this.updateComplete.then(() => this.renderRoot.querySelector('negatoscope-findings')?.focus());
    } else this.focusImage();
  }

  protected paneChange(shown: Shown): void {
    if (shown.viewport === this.active)
      this.live = fill(this.text.image, { index: shown.index + 1, count: shown.frames });
    const repairs = unheard(shown.repairs, this.catalogue?.repairs, this.frameRepairs);
    const remarks = unheard(shown.remarks, this.catalogue?.remarks, this.frameRemarks);
    if (repairs.length > 0) this.frameRepairs = new Map([...this.frameRepairs, ...repairs]);
    if (remarks.length > 0) this.frameRemarks = new Map([...this.frameRemarks, ...remarks]);
    for (const repair of new Map(repairs).values()) this.emit('repair', repair);
    this.hush();
    const { pane } = this;
    if (pane?.number === shown.viewport) void this.regionSearch.follow(pane);
    this.requestUpdate();
    if (shown.viewport === this.active && this.volumes.mpr) share(pane, this.panes);
    else if (this.comparison.on) void this.comparison.follow(shown);
    else if (shown.viewport === this.active && this.linked) follow(pane, this.panes, shown);
    this.emit('view-change', { viewport: shown.viewport, frameSet: shown.frame_set, frame: shown.index });
  }

  /** A stack of the list: as images, or as a volume where one is shown. */
  protected choose({ series, set }: { series: { uid: string }; set: FrameSetInfo }): void {
    if (this.comparison.on) this.attempt(this.comparison.put(this.active, set.key));
    else if (!this.volumes.mpr) void this.pane?.setFrameSet(series.uid, set).catch(() => {});
    else
      this.leaveVolume()
        .then(() => this.pane?.setFrameSet(series.uid, set))
        .catch((error: unknown) => this.say(error));
  }
  /** After a change of the layout: empty viewports get the stacks that are not shown yet. */
  protected relaid(): void {
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

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('tools')) this.tool = firstTool(toolsOf(this.tools), this.tool);
  }
}
