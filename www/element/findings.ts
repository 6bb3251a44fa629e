// The analysis panel: which models there are, what runs, what was found in the shown stack, and how it is laid over it.
import { html, LitElement, nothing, type PropertyValues, svg, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import type {
  Failure,
  Finding,
  FoundBox,
  HeatmapInfo,
  LabelMap,
  LabelSpread,
  OverlayLook,
  Score,
  Spread,
  ThresholdCost,
  Warning,
} from '../shared/protocol.ts';
import { errorText, fill, type Language, maybe, type Text } from '../text/index.ts';
import { type AnalyzeWish, firstLook, kindsOf, type Result, type ResultKind, type Run } from './analysis.ts';
import type { Own } from './brought.ts';
import { colourBar, heatMaps } from './colour-maps.ts';
import { findingsStyles } from './findings.css.ts';
import { icons } from './icons.ts';
import { meantBy, percent, scoreOf, volumeOf } from './finding-words.ts';
import { explanation, heatNumber, labelName, madeBy, methodName } from './legend.ts';
import { type Change, type Model, modelNamed } from './models.ts';
import './own-model.ts';
import type { OwnActions } from './own-model.ts';
import { askable, wishForm } from './wish.ts';

/** All that the panel shows. */
export interface FindingsState {
  text: Text;
  language: Language;
  models: readonly Model[] | null;
  /** Networks that somebody brought. */
  brought: readonly Own[];
  running: Run | null;
  refusal: { model: string; failure: Failure } | null;
  /** Of the shown stack. */
  results: readonly Result[];
  overlaid: Result | undefined;
  overlay: OverlayLook;
  /** 0-based place of the shown frame. */
  index: number;
  /** Something is shown that can be analysed. */
  ready: boolean;
}

export interface FindingsActions extends OwnActions {
  /** Asks for a network's file. */
  bring(): void;
  cancel(): void;
  dismiss(): void;
  overlay(part: Partial<OverlayLook>): void;
  lay(result: Result): void;
  go(index: number): void;
  /** As JSON, or as a DICOM object of a kind. */
  save(result: Result, kind?: ResultKind): void;
  shut(): void;
}

/** Where a network ran. */
function ranOn({ backend, gpu_refused: code }: Finding, text: Text): string {
  if (backend === 'gpu') return text.ranGpu;
  return code ? fill(text.ranRefused, { code }) : text.ranCpu;
}

/** A model's name in this language. */
const titleOf = (model: Model, text: Text) => (model.words ? text[model.words.title] : model.folder);

/** A warning in this language, with the facts that stand in brackets at its end. */
function warningText(language: Language, { code, text }: Warning): string {
  const { cause } = errorText(language, { code, cause: text, hint: '' });
  const facts = /\(([^()]*)\)$/.exec(text)?.[1];
  return cause === text || !facts ? cause : `${cause}（${facts}）`;
}

/** Codes of remarks about the framing of a picture: src/model/framing.rs. */
const FRAMING = ['MDL-023', 'MDL-024', 'MDL-025', 'MDL-026'];

/** A remark in this language: the edges in it are words. */
function remarkText(text: Text, language: Language, { code, text: said }: Warning): string {
  const { cause } = errorText(language, { code, cause: said.replace(/ \([^()]*\)$/, ''), hint: '' });
  const facts = /\(([^()]*)\)$/.exec(said)?.[1];
  const words = facts?.split(', ').map((word) => maybe(text, `edge_${word}`, word));
  const [open, close] = language === 'zh' ? ['（', '）'] : [' (', ')'];
  return words ? `${cause}${open}${words.join(language === 'zh' ? '、' : ', ')}${close}` : cause;
}

/** What has the focus, within elements too. */
function innermost(root: Node): Element | null {
  const active = root instanceof ShadowRoot ? root.activeElement : null;
  return active?.shadowRoot ? (innermost(active.shadowRoot) ?? active) : active;
}

export class NegatoscopeFindings extends LitElement {
  static override styles = findingsStyles;

  @property({ attribute: false }) state!: FindingsState;
  @property({ attribute: false }) act!: FindingsActions;

  /** What is asked of each model besides its answer, by folder: kept while the panel is open. */
  readonly #wishes = new Map<string, AnalyzeWish>();
  /** What had the focus before an update. */
  #had: Element | null = null;

  /** The focus goes to the list; the keys of the image work there too. */
  override focus(): void {
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>('.scroll')?.focus({ preventScroll: true }),
    );
  }

  override willUpdate(): void {
    this.#had = innermost(this.renderRoot);
  }

  /** A button that goes away, or can't be used any more, hands the focus on within the panel. */
  #keepFocus(): void {
    const had = this.#had;
    if (!had) return;
    requestAnimationFrame(() => {
      if (had.isConnected && !(had as HTMLButtonElement).disabled) return;
      const outer = (this.getRootNode() as Document | ShadowRoot).activeElement;
      const inner = innermost(this.renderRoot);
      // Somebody has gone elsewhere meanwhile.
      if ((outer && outer !== this && outer !== document.body) || (inner && inner !== had)) return;
      const next = this.renderRoot.querySelector<HTMLElement>('.running .cancel, .refused button');
      (next ?? this.renderRoot.querySelector<HTMLElement>('.scroll'))?.focus({ preventScroll: true });
    });
  }

  override updated(changed: PropertyValues<this>): void {
    this.#keepFocus();
    const before = changed.get('state');
    const { running, refusal, results, brought } = this.state;
    const more = brought.length > (before?.brought.length ?? 0);
    const news =
      (running && !before?.running) || (refusal && !before?.refusal) || results[0] !== before?.results[0] || more;
    if (before && news) this.renderRoot.querySelector('.scroll')?.scrollTo(0, 0);
  }

  override render() {
    const { text, running, refusal, results, models, brought } = this.state;
    return html`<header><h2>${text.analysis}</h2>
        <button type="button" class="plain shut" aria-label=${text.close} @click=${this.act.shut}>${icons.close}</button></header>
      <div class="scroll" tabindex="0" aria-label=${text.analysis} role="group">
        ${running ? this.#running(running) : nothing} ${refusal ? this.#refusal(refusal) : nothing}
        ${results.map((result) => this.#result(result))}
        ${brought.length > 0 ? html`<h4>${text.own_models}</h4>` : nothing}
        ${brought.map((own) => html`<negatoscope-own-model .own=${own} .text=${text} .act=${this.act} ?ready=${this.state.ready && !running}></negatoscope-own-model>`)}
        <h4>${text.models}</h4>
        ${models === null ? html`<p>${text.modelsAsked}</p>` : models.length === 0 ? html`<p>${text.modelsNone}</p>` : models.map((model) => this.#model(model))}
        <div class="acts"><button type="button" class="bring" @click=${this.act.bring}>${text.own_bring}</button></div>
        <p>${text.own_drop}</p>
        <p class="once">${text.notMedical}</p>
      </div>`;
  }

  #title(folder: string): string {
    const own = this.state.brought.find((one) => one.folder === folder);
    if (own) return own.name;
    return titleOf(modelNamed(folder, this.state.models ?? []), this.state.text);
  }

  #model(model: Model): TemplateResult {
    const { text, running, ready, language } = this.state;
    const { manifest, words, folder } = model;
    const title = titleOf(model, text);
    const notFor =
      (language === 'zh' && words) || !manifest?.not_for ? (words ? [text[words.notFor]] : []) : manifest.not_for;
    return html`<section class="model" data-model=${folder}>
      <div class="title"><h3>${title}</h3><span class="chip">${[manifest?.version, manifest?.license].filter(Boolean).join(' · ')}</span></div>
      <p>${words ? text[words.purpose] : (manifest?.input?.body_part ?? '')}</p>
      ${notFor.length > 0 ? html`<details><summary>${text.notFor}</summary><ul>${notFor.map((line) => html`<li>${line}</li>`)}</ul></details>` : nothing}
      ${this.#wish(model)}
      <div class="acts"><button type="button" class="run" ?disabled=${!ready || running !== null}
        aria-label=${`${text.analyze}: ${title}`} @click=${() => this.act.run(folder, askable(manifest, this.#wishes.get(folder) ?? {}))}>${text.analyze}</button>
        <span class="chip">${model.task === 'volume' ? text.wholeStack : text.thisImage}</span></div>
    </section>`;
  }

  #wish({ folder, manifest }: Model): TemplateResult | typeof nothing {
    const wish = this.#wishes.get(folder) ?? {};
    return wishForm(manifest, wish, this.state.text, (part) => {
      this.#wishes.set(folder, { ...wish, ...part });
      this.requestUpdate();
    });
  }

  #running({ model, stage, done, total }: Run): TemplateResult {
    const { text } = this.state;
    const said = maybe(text, `stage_${stage.replaceAll('-', '_')}`, text.stage_model_run);
    return html`<section class="running" role="status">
      <div class="title"><h3>${this.#title(model)}</h3><span class="chip">${total > 1 ? `${done} / ${total}` : ''}</span></div>
      <p>${said}</p>
      ${total > 1 ? html`<progress aria-label=${said} max=${total} value=${done}></progress>` : html`<progress aria-label=${said}></progress>`}
      <div class="acts"><button type="button" class="cancel" @click=${this.act.cancel}>${text.cancel}</button></div>
    </section>`;
  }

  #refusal({ model, failure }: { model: string; failure: Failure }): TemplateResult {
    const { text, language } = this.state;
    const { cause, hint } = errorText(language, failure);
    return html`<section class="refused" role="alert">
      <h3>${fill(text.notAnalysed, { model: this.#title(model) })}</h3>
      <p>${cause}${failure.detail ? html`: ${failure.detail}` : nothing}</p>
      ${hint ? html`<p>${hint}</p>` : nothing}
      <div class="acts"><button type="button" @click=${this.act.dismiss}>${text.close}</button><span class="chip">${failure.code}</span></div>
    </section>`;
  }

  #result(result: Result): TemplateResult {
    const { text, overlaid, index, language } = this.state;
    const { finding } = result;
    const { scores = [], boxes, heatmap, label_map: labels, field, warnings = [] } = finding;
    // How the picture is framed is said before what was found in it.
    const framed = ({ code }: Warning) => FRAMING.includes(code);
    const elsewhere = result.index >= 0 && result.index !== index;
    const organ = field ? labelName(text, field.label) : '';
    return html`<section class="result">
      <div class="title"><h3>${this.#title(result.model)}</h3><span class="chip">${finding.model.version} · ${fill(text.seconds, { s: finding.seconds.toFixed(1) })}</span></div>
      ${elsewhere ? html`<p>${fill(text.ofImage, { index: result.index + 1 })} <button type="button" class="plain" @click=${() => this.act.go(result.index)}>${text.showIt}</button></p>` : nothing}
      ${warnings.filter(framed).map((remark) => html`<p class="warning framing">${remarkText(text, language, remark)}</p>`)}
      ${scores.map((score) => this.#score(score, result.changes))}
      ${labels ? this.#volumes(labels, result.changes) : nothing} ${boxes ? this.#boxes(boxes) : nothing}
      ${heatmap ? this.#heatmap(heatmap, result === overlaid ? this.state.overlay : firstLook(finding), organ) : nothing}
      ${field ? html`<p class="field">${fill(text.fieldFound, { label: organ, area: percent(field.area), model: this.#title(field.model.name) })}</p>` : nothing}
      ${warnings.filter((one) => !framed(one)).map((warning) => html`<p class="warning">${warningText(language, warning)}</p>`)}
      ${result === overlaid ? this.#controls(heatmap ?? null, Boolean(boxes), organ) : labels || heatmap || boxes ? html`<div class="acts"><button type="button" @click=${() => this.act.lay(result)}>${text.layOver}</button></div>` : nothing}
      <div class="acts"><button type="button" class="json" @click=${() => this.act.save(result)}>${text.saveJson}</button>
        ${labels ? html`<span class="chip backend">${ranOn(finding, text)}</span>` : nothing}
        ${finding.peak_bytes > 0 ? html`<span class="chip">${fill(text.peak, { mb: (finding.peak_bytes / 2 ** 20).toFixed(0) })}</span>` : nothing}</div>
      ${this.#kinds(result)}
    </section>`;
  }

  /** What a result can be saved as, for an archive. */
  #kinds(result: Result): TemplateResult | typeof nothing {
    const { text } = this.state;
    const kinds = kindsOf(result);
    if (kinds.length === 0) return nothing;
    const button = (kind: ResultKind) =>
      html`<button type="button" data-kind=${kind} title=${kind === 'fractional' ? text.save_fractional_note : nothing}
        ?disabled=${kind === 'fractional' && this.state.running !== null} @click=${() => this.act.save(result, kind)}>${text[`save_${kind}`]}</button>`;
    return html`<details class="dicom"><summary>${text.saveDicom}</summary>
      <p>${text.saveDicomNote}</p><div class="acts">${kinds.map(button)}</div></details>`;
  }

  #score(score: Score, changes: readonly Change[]): TemplateResult {
    const { text } = this.state;
    const { label, value, calibrated, threshold, cost, spread } = score;
    const shown = calibrated ?? value;
    const name = labelName(text, label);
    const above = threshold !== null && shown >= threshold;
    const explained = explanation(text, label);
    const spoken = `${name}: ${scoreOf(shown)}${threshold === null ? '' : `, ${fill(text.threshold, { value: scoreOf(threshold) })}`}`;
    return html`<div class="score">
      <div class="value"><span>${name}</span><b>${scoreOf(shown)}</b></div>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label=${spoken}>
        ${svg`<rect class="track" width="100" height="10" /><rect class="filled" width=${shown * 100} height="10" />
        ${threshold === null ? nothing : svg`<rect class="mark" x=${threshold * 100 - 0.4} width="0.8" height="10" />`}`}
      </svg>
      <div class="ticks"><span>0</span>${threshold === null ? nothing : html`<b>${fill(text.threshold, { value: scoreOf(threshold) })}</b>`}<span>1</span></div>
      <p>${meantBy(text, score)}</p>
      ${threshold === null ? nothing : html`<p class=${above ? 'verdict above' : 'verdict'}>${above ? text.aboveThreshold : text.belowThreshold}</p>`}
      ${cost ? this.#cost(cost) : nothing} ${spread ? this.#spread(spread, threshold, changes) : nothing} ${explained ? html`<p>${explained}</p>` : nothing}
    </div>`;
  }

  /** What the threshold costs in this view, as the manifest says it. */
  #cost({ view, sensitivity: found, specificity: spared }: ThresholdCost): TemplateResult {
    const of100 = (v: number) => (v * 100).toFixed(0);
    return html`<p>${fill(this.state.text.thresholdCost, {
      view,
      found: of100(found.value),
      foundRange: `${of100(found.low)}–${of100(found.high)}`,
      flagged: of100(1 - spared.value),
      flaggedRange: `${of100(1 - spared.high)}–${of100(1 - spared.low)}`,
    })}</p>`;
  }

  /** So many copies, and by which changes they were made. */
  #copies(count: number, changes: readonly Change[]): string {
    const { text, language } = this.state;
    const words = changes.map((one) => text[`change_${one}`]).join(language === 'zh' ? '、' : ', ');
    return words ? fill(text.copiesChanged, { count, changes: words }) : fill(text.copiesUntold, { count });
  }

  /** How far the value moves under small changes of the image; undecided where that crosses the threshold. */
  #spread(spread: Spread, threshold: number | null, changes: readonly Change[]): TemplateResult {
    const { text } = this.state;
    const { mean, sd, low, high } = spread;
    const copies = this.#copies(spread.copies, changes);
    const said = { copies, mean: scoreOf(mean), sd: scoreOf(sd), low: scoreOf(low), high: scoreOf(high) };
    const crosses = threshold !== null && low < threshold && high >= threshold;
    return html`<p class="spread">${fill(text.spread, said)}</p>${crosses ? html`<p class="warning">${text.undecided}</p>` : nothing}`;
  }

  #volumes({ names, colours, volumes_ml, spread }: LabelMap, changes: readonly Change[]): TemplateResult {
    const { text } = this.state;
    return html`<dl>${names.map((name, label) => {
      if (label === 0) return nothing;
      const [r, g, b] = colours[label] ?? [128, 128, 128];
      const volume = volumes_ml[name];
      return html`<svg viewBox="0 0 1 1" aria-hidden="true">${svg`<rect width="1" height="1" fill=${`rgb(${r},${g},${b})`} />`}</svg>
        <dt>${labelName(text, name)}</dt><dd>${volumeOf(volume)}</dd>`;
    })}</dl>${names.map((name) => this.#moved(name, spread?.[name], changes))}`;
  }

  /** How far a label moves under small changes of the image. */
  #moved(name: string, spread: LabelSpread | undefined, changes: readonly Change[]): TemplateResult | typeof nothing {
    if (!spread) return nothing;
    const { text } = this.state;
    const { area, agreement } = spread;
    const part = (value: number) => (value * 100).toFixed(1);
    return html`<p class="spread">${fill(text.spreadOfLabel, {
      label: labelName(text, name),
      copies: this.#copies(area.copies, changes),
      mean: part(area.mean),
      sd: part(area.sd),
      low: part(area.low),
      high: part(area.high),
      dice: agreement.toFixed(2),
    })}</p>`;
  }

  /** Boxes in words: the best first, their places in pixels of the image. */
  #boxes(boxes: readonly FoundBox[]): TemplateResult {
    const { text } = this.state;
    if (boxes.length === 0) return html`<p>${text.boxesNone}</p>`;
    const round = (value: number) => Math.round(value + 0.5);
    return html`<ol class="boxes">${boxes.map(({ label, score, extent: [left, top, right, bottom] }) => {
      const place = { left: round(left), right: round(right), top: round(top), bottom: round(bottom) };
      return html`<li><b>${labelName(text, label)}</b> ${scoreOf(score)} · ${fill(text.boxAt, place)}</li>`;
    })}</ol>`;
  }

  #heatmap(map: HeatmapInfo, overlay: OverlayLook, organ: string): TemplateResult {
    const { text } = this.state;
    const [low, high] = map.range;
    const from = (overlay.threshold - low) / (high - low || 1);
    return html`<div class="legend">
      <p><b>${map.label ? fill(text.heatOf, { label: labelName(text, map.label) }) : text.heatOfNone}</b></p>
      ${colourBar(overlay.colour_map, false, from, 'panel')}
      <div class="ticks"><span>${heatNumber(low, map)}</span><span>${heatNumber((low + high) / 2, map)}</span><span>${heatNumber(high, map)}</span></div>
      <p>${methodName(text, map.method)} · ${fill(text.cells, { columns: map.cells[0], rows: map.cells[1] })}</p>
      ${madeBy(map, text, organ)}
      <p>${fill(text.fixedScale, { low: heatNumber(map.extremes[0], map), high: heatNumber(map.extremes[1], map) })}</p>
    </div>`;
  }

  /** How a painted overlay looks. */
  #paint(map: HeatmapInfo | null): TemplateResult {
    const { text, overlay } = this.state;
    const { overlay: set } = this.act;
    const number = (event: Event) => Number((event.target as HTMLInputElement).value);
    const checked = (event: Event) => (event.target as HTMLInputElement).checked;
    const [low, high] = map?.range ?? [0, 1];
    return html`<label class="row"><span>${text.opacity}</span><input type="range" class="opacity" min="0" max="1" step="0.05" .value=${String(overlay.opacity)}
        @input=${(e: Event) => set({ opacity: number(e) })} /><output>${percent(overlay.opacity)}</output></label>
      ${
        map
          ? html`<label class="row"><span>${text.from}</span><input type="range" class="threshold" min=${low} max=${high} step=${(high - low) / 100 || 0.01} .value=${String(overlay.threshold)}
              @input=${(e: Event) => set({ threshold: number(e) })} /><output>${heatNumber(overlay.threshold, map)}</output></label>
            <label class="row"><span>${text.colourMap}</span><select class="colour-map" @change=${(e: Event) => set({ colour_map: (e.target as HTMLSelectElement).value })}>
              ${heatMaps.map((name) => html`<option value=${name} ?selected=${name === overlay.colour_map}>${name}</option>`)}</select></label>
            <div class="row" role="group" aria-label=${text.between}><span>${text.between}</span><div class="pair">
              <button type="button" aria-pressed=${!overlay.smooth} @click=${() => set({ smooth: false })}>${text.asCells}</button>
              <button type="button" aria-pressed=${overlay.smooth} @click=${() => set({ smooth: true })}>${text.smoothed}</button></div></div>`
          : html`<label class="switch"><input type="checkbox" class="outline" .checked=${overlay.outline} @change=${(e: Event) => set({ outline: checked(e) })} />${text.outline}</label>`
      }`;
  }

  #controls(map: HeatmapInfo | null, boxes: boolean, organ: string): TemplateResult {
    const { text, overlay } = this.state;
    const { overlay: set } = this.act;
    const checked = (event: Event) => (event.target as HTMLInputElement).checked;
    return html`<div class="controls" role="group" aria-label=${text.overlay}>
      <label class="switch"><input type="checkbox" class="visible" .checked=${overlay.visible} @change=${(e: Event) => set({ visible: checked(e) })} />${text.overlayShown}<kbd>O</kbd></label>
      ${boxes ? nothing : this.#paint(map)}
      ${map && organ ? html`<label class="switch"><input type="checkbox" class="field-outline" .checked=${overlay.outline} @change=${(e: Event) => set({ outline: checked(e) })} />${fill(text.fieldOutline, { label: organ })}</label>` : nothing}
    </div>`;
  }
}

customElements.define('negatoscope-findings', NegatoscopeFindings);

declare global {
  interface HTMLElementTagNameMap {
    'negatoscope-findings': NegatoscopeFindings;
  }
}
