// <negatoscope-viewer>: what it draws. What its keys and tools do is in acting-element.ts, the interface for a page in study-element.ts.
import { html, nothing, type PropertyValues } from 'lit';
import type { Catalogue, FrameSetInfo, Shown } from '../shared/protocol.ts';
import { fill } from '../text/index.ts';
import { ActingElement, phone } from './acting-element.ts';
import { layoutOf, toolsOf } from './attributes.ts';
import { compareBarStyles } from './compare.css.ts';
import { compareBar } from './compare-bar.ts';
import { overNumber } from './over-painter.ts';
import { leftText, matchLines, overView } from './compare-view.ts';
import { chooseFiles, fileOfUrl, filesOfList } from './dropped.ts';
import './findings.ts';
import type { Tool } from './gestures.ts';
import { filesOfKept } from './kept-study.ts';
import { referenceFor } from './linking.ts';
import './measure-panel.ts';
import { hidden, kindName, spoken } from './measure-words.ts';
import type { Measure } from './measures.ts';
import { imageOf, menuPanel, placePanel } from './menu-panel.ts';
import type { Menu } from './menus.ts';
import { regionPanel } from './regions.ts';
import './series-list.ts';
import { startScreen } from './start-screen.ts';
import { progress, statusLine } from './status-line.ts';
import { dock, toolRow } from './tool-row.ts';
import { viewerDialog } from './viewer-dialogs.ts';
import { viewerStyles } from './viewer.css.ts';
import './viewport.ts';
import { volumeBar } from './volume-bar.ts';

export class NegatoscopeViewer extends ActingElement {
  static override styles = [viewerStyles, compareBarStyles];

  override updated(changed: PropertyValues): void {
    super.updated(changed);
    const dialog = this.renderRoot.querySelector('dialog');
    if (dialog && !dialog.open) dialog.showModal();
    if (changed.has('menu') && !this.menu) this.chains.pictures.end();
    if (changed.has('menu') && this.menu) placePanel(this, this.renderRoot, this.menu);
    if (changed.has('layout') && changed.get('layout') !== undefined) this.relaid();
  }

  override render() {
    const { text } = this;
    return html`<div class=${this.opening.lit && this.catalogue ? 'root lit' : 'root'} part="root" tabindex="-1" lang=${this.lingua}
      @keydown=${this.onKey}
      @dragenter=${(event: DragEvent) => this.opening.drag(event)}
      @dragover=${(event: DragEvent) => this.opening.drag(event)}
      @drop=${(event: DragEvent) => this.opening.drop(event)}>
      <header part="header"><slot name="start"></slot>${this.catalogue ? toolRow(this.#toolState(), this.#toolActions) : html`<span class="tools"></span>`}<slot name="end"></slot></header>
      ${
        this.catalogue
          ? this.#study(this.catalogue)
          : startScreen(text, this.opening.lit, phone.matches, this.message, this.studyKeeping.kept, {
              reopen: () => this.quietOpen(filesOfKept),
              forget: () => void this.studyKeeping.forget(),
              files: () => chooseFiles(false, (files) => this.quietOpen(async () => files)),
              folder: () => chooseFiles(true, (files) => this.quietOpen(async () => files)),
              help: () => {
                this.dialog = 'keys';
              },
              display: () => {
                this.dialog = 'display';
              },
              sample: () => this.quietOpen(() => fileOfUrl(new URL(this.sample, document.baseURI), text.sampleMissing)),
            })
      }
      ${this.catalogue && this.message ? html`<div class="toast" role="alert">${this.message}</div>` : nothing}
      ${this.opening.work ? progress(this.opening.work, Boolean(this.catalogue), text, () => this.opening.stop()) : nothing} ${this.catalogue && this.regionSearch.open ? regionPanel(this.regionSearch, this.pane?.shown ?? null, text, () => this.searchRegions(false)) : nothing}
      ${this.studyKeeping.work ? progress(this.studyKeeping.work, true, text, () => this.studyKeeping.stop()) : nothing} ${this.#panel()} ${this.#dialog()} ${this.keeping.draw()}
      <div class="live" aria-live="polite">${this.live}</div>
    </div>`;
  }

  #toolState() {
    const { text, tool, menu, analysing } = this;
    const { kind } = this.hands;
    const regions = this.regionSearch.open;
    const volume = Boolean(this.volumes.mpr);
    const comparing = this.comparison.on;
    return {
      comparing,
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
    tool: (tool: Exclude<Tool, 'measure'>) => this.act(`tool-${tool}`),
    cine: () => this.act('cine'),
    analysis: () => this.act('analysis'),
    regions: () => this.searchRegions(),
    volume: () => this.act('volume'),
    compare: () => this.act('compare'),
    menu: (menu: Menu) => {
      this.menu = menu;
      if (menu === 'filter' || menu === 'more') void this.chains.list();
    },
  };

  #study(catalogue: Catalogue) {
    const { text } = this;
    return html`<div class=${this.analysing || this.measuring ? 'body analysing' : 'body'}>
        <negatoscope-series role="navigation" aria-label=${text.series} .client=${this.client} .text=${text} .catalogue=${catalogue}
          .anonymous=${this.anonymous} .current=${this.pane?.info?.key ?? -1}
          @choose=${({ detail }: CustomEvent<{ series: { uid: string }; set: FrameSetInfo }>) =>
            this.choose(detail)}></negatoscope-series>
        <div class="middle">${this.#bar()}<div class=${`stage n${this.count}${this.maximised && this.count > 1 ? ' max' : ''}`}
          @dblclick=${() => {
            this.maximised = !this.maximised;
          }}
          @pane-select=${({ detail }: CustomEvent<number>) => {
            this.active = detail;
            if (!this.root.contains(this.shadowRoot?.activeElement ?? null)) this.root.focus({ preventScroll: true });
          }}
          @pane-change=${({ detail }: CustomEvent<Shown>) => this.paneChange(detail)}
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
            .over=${this.#over(i)} .overValue=${this.comparison.mode === 'difference' && i === 0 ? this.#left : null}
            .reference=${this.references && !this.volumes.mpr && !this.comparison.on ? referenceFor(this.panes[i], this.pane) : null} .regions=${this.regionSearch}
            .results=${this.analysis} .measures=${this.measures} .measured=${this.measured} .kind=${this.hands.kind} .words=${this.hands.words} .anonymous=${this.anonymous} .texts=${this.texts} ?active=${this.count > 1 && this.active === i}></negatoscope-viewport>`,
          )}
          ${matchLines(this.comparison, this.panes, text)}
        </div></div>
        ${
          this.analysing
            ? html`<negatoscope-findings role="complementary" aria-label=${text.analysis} .state=${this.analysisPanel.state()} .act=${this.analysisPanel.actions}></negatoscope-findings>`
            : nothing
        }
        ${
          this.measuring
            ? html`<negatoscope-measures role="complementary" aria-label=${text.measurements} .state=${this.hands.panel()} .act=${this.hands.actions}></negatoscope-measures>`
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
  /** What a comparison lays over a viewport. */
  #over(number: number) {
    const { text, anonymous, client, backend } = this;
    const size = this.panes[number]?.canvasSize ?? [1, 1];
    return overView(this.comparison, number, { text, anonymous, client, backend, size });
  }

  /** The difference under a point of the canvas. */
  #left = async (x: number, y: number): Promise<string> => {
    const { value } = await this.client.ask('probe', { kind: 'probe', viewport: overNumber, x, y });
    return leftText(value?.modality ?? null, value?.unit ?? '', this.text);
  };

  #compareBar() {
    const { comparison, text, lingua: language, anonymous } = this;
    const pictures = this.seriesList?.pictures ?? new Map();
    return compareBar(
      { text, language, anonymous, compare: comparison, pictures },
      {
        mode: (mode) => this.attempt(comparison.setMode(mode)),
        // What is not found stands in the bar.
        register: () => void comparison.register('auto').catch((error: unknown) => this.#unsaid(error)),
        points: () => void comparison.register('points').catch((error: unknown) => this.#unsaid(error)),
        forget: () => this.attempt(comparison.forget()),
        choose: (key) => {
          this.attempt(comparison.choose(key));
          this.focusImage('drawn');
        },
        swap: () => this.attempt(comparison.swap()),
        shut: () => this.toggleComparison(),
        listed: () => {
          this.requestUpdate();
          this.listPriors();
        },
        left: () => this.focusImage('drawn'),
      },
    );
  }

  #unsaid(error: unknown): void {
    if (!this.comparison.failure) this.say(error);
  }

  #bar() {
    if (this.comparison.on) return this.#compareBar();
    const { volumes } = this;
    const labelled = (key: number) => Boolean(this.analysis.overlaid(key)?.finding.label_map);
    return volumeBar(
      this.text,
      volumes,
      { labelled, cross: this.tool === 'cross' },
      {
        open: (what) => {
          volumes.open = what;
          this.requestUpdate();
          // The button that was pressed is gone: the keys stay with the images.
          if (!what) this.focusImage('drawn');
        },
        shut: () => this.toggleVolume(),
        cross: () => this.act('tool-cross'),
      },
    );
  }

  #panel() {
    if (!this.menu) return nothing;
    const { text, pane } = this;
    const shut = () => {
      this.menu = '';
      this.focusImage();
    };
    return menuPanel(
      this.menu,
      text,
      {
        text,
        ...imageOf(pane),
        layout: layoutOf(this.layout),
        backend: this.backend,
        anonymous: this.anonymous,
        texts: this.texts,
        phone: phone.matches,
        kept: this.studyKeeping.kept !== null,
        kinds: this.chains.kinds,
        steps: this.chains.of(pane),
        pictures: this.menu === 'filter' || phone.matches ? this.chains.pictures.of(pane, this.chains.of(pane)) : [],
        regions: toolsOf(this.tools).has('regions'),
        volume: Boolean(this.volumes.mpr),
        linked: this.linked,
        comparing: this.comparison.on,
        references: this.references,
        kind: this.tool === 'measure' ? this.hands.kind : '',
        measurements: this.measures.items.length,
      },
      {
        run: (action) => {
          this.act(action);
          this.focusImage();
        },
        look: (part) => {
          pane?.setLook(part).catch(() => {});
          shut();
        },
        steps: (steps) => {
          if (!pane) return;
          this.chains.set(pane, steps);
          // A step that goes takes its button with it: the keys of the panel stay.
          void this.updateComplete.then(() => {
            const panel = this.renderRoot.querySelector('.panel');
            if (panel && !panel.contains(this.shadowRoot?.activeElement ?? null))
              panel.querySelector<HTMLElement>('button:not(:disabled)')?.focus();
          });
        },
        regions: () => this.searchRegions(true),
        layout: (layout) => {
          this.comparison.clear('stay');
          void this.leaveVolume();
          this.layout = layout;
          shut();
        },
        backend: (name) => {
          this.backend = name;
          shut();
        },
        measure: (kind) => {
          this.hands.take(kind);
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
  #dialog() {
    const { dialog, tagLines, tagFind, frameRepairs, frameRemarks } = this;
    const { asking } = this.hands;
    const state = {
      dialog,
      tagLines,
      tagFind,
      frameRepairs,
      frameRemarks,
      asking: asking && kindName(this.text, asking),
    };
    return viewerDialog(this.host, state, {
      shut: () => {
        this.dialog = '';
        this.focusImage(); // else the keys of the image would go to the page
      },
      find: (wanted) => {
        this.tagFind = wanted;
      },
      words: (words) => this.hands.given(words),
      patterns: (files) => this.quietOpen(async () => filesOfList(files)),
    });
  }
}
