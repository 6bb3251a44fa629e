// The list of measurements: jump to the place, name, delete, statistics, calibration, copying and saving.
import { html, LitElement, nothing, type PropertyValues, svg, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import type { Statistics } from '../shared/protocol.ts';
import { fill, maybe, type Text } from '../text/index.ts';
import { findingsStyles } from './findings.css.ts';
import { icons } from './icons.ts';
import { measurePanelStyles } from './measure-panel.css.ts';
import { hidden, kindName, numberOf, originOf, spoken, unitOf, valueName, measured } from './measure-words.ts';
import { type Measure, type MeasureForm, measureForms } from './measures.ts';

export interface MeasurePanelState {
  text: Text;
  items: readonly Measure[];
  active: string;
  canUndo: boolean;
  canRedo: boolean;
  /** Series and image of a place, as people say it: `Se 4 Im 57`. */
  where(one: Measure): string;
  /** mm between columns, as the user has calibrated the stack of the selected mark. */
  calibrated: number | null;
  /** A line of text for each, as it is copied. */
  copied: boolean;
  /** Words that somebody has typed are hidden. */
  anonymous: boolean;
}

export interface MeasurePanelActions {
  go(one: Measure): void;
  rename(one: Measure, text: string): void;
  remove(one: Measure): void;
  removeAll(): void;
  undo(): void;
  redo(): void;
  /** The selected length is so many mm; null: as the file says again. */
  calibrate(one: Measure, mm: number | null): void;
  copy(form: 'text' | 'csv'): void;
  save(form: MeasureForm): void;
  shut(): void;
}

export class NegatoscopeMeasures extends LitElement {
  static override styles = [findingsStyles, measurePanelStyles];

  @property({ attribute: false }) state!: MeasurePanelState;
  @property({ attribute: false }) act!: MeasurePanelActions;

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('.shut')?.focus();
  }

  override updated(changed: PropertyValues<this>): void {
    const before = changed.get('state') as MeasurePanelState | undefined;
    if (before && before.active !== this.state.active)
      this.renderRoot.querySelector('.one.on')?.scrollIntoView({ block: 'nearest' });
  }

  override render() {
    const { text, items, canUndo, canRedo } = this.state;
    return html`<header><h2>${text.measurements}</h2>
        <button type="button" class="plain undo" aria-label=${text.measure_undo} title=${text.measure_undo} ?disabled=${!canUndo} @click=${this.act.undo}>${icons.undo}</button>
        <button type="button" class="plain redo" aria-label=${text.measure_redo} title=${text.measure_redo} ?disabled=${!canRedo} @click=${this.act.redo}>${icons.redo}</button>
        <button type="button" class="plain shut" aria-label=${text.close} @click=${this.act.shut}>${icons.close}</button></header>
      <div class="scroll" tabindex="0" aria-label=${text.measurements} role="group">
        ${items.length === 0 ? html`<p class="none">${text.measure_none}</p>` : html`<ul>${items.map((one) => this.#one(hidden(one, this.state.anonymous)))}</ul>`}
        ${items.length > 0 ? this.#files() : nothing}
        <p class="once">${text.measure_note}</p>
      </div>`;
  }

  #one(one: Measure): TemplateResult {
    const { text, active, where } = this.state;
    const on = one.uid === active;
    const first = one.computed?.values[0];
    const statistics = one.computed?.statistics[0];
    const value = first
      ? measured(first.value, first.unit)
      : statistics
        ? measured(statistics.mean, statistics.unit || '')
        : '';
    return html`<li class=${on ? 'one on' : 'one'} data-uid=${one.uid}>
      <button type="button" class="go" aria-pressed=${on} aria-label=${`${spoken(text, one)}, ${where(one)}`} @click=${() => this.act.go(one)}>
        <span class="icon">${icons[`measure_${one.kind}`]}</span><span class="name">${one.text || kindName(text, one.kind)}</span><b>${value}</b><span class="chip">${where(one)}</span>
      </button>
      ${on ? this.#details(one) : nothing}
    </li>`;
  }

  #details(one: Measure): TemplateResult {
    const { text } = this.state;
    const { computed } = one;
    const said = computed ? originOf(text, computed.origin) : '';
    const spaced = computed?.values.some(({ unit }) => ['mm', 'mm2', '{pixels}', '{square_pixels}'].includes(unit));
    return html`<div class="details">
      <label class="asks"><span>${text.measure_name}</span><input type="text" maxlength="200" .value=${one.text} ?disabled=${this.state.anonymous}
        @change=${(event: Event) => this.act.rename(one, (event.target as HTMLInputElement).value.trim())} /></label>
      ${computed ? html`<dl>${computed.values.map(({ name, value, unit }) => html`<dt>${valueName(text, name)}</dt><dd>${measured(value, unit)}</dd>`)}</dl>` : nothing}
      ${spaced ? html`<p>${fill(text.measure_spacing, { origin: said || text.origin_pixel_spacing })}</p>` : nothing}
      ${one.reported ? html`<p>${text.measure_reported}</p>` : nothing}
      ${computed?.statistics.map((s) => this.#statistics(s))}
      ${computed?.notes.map((note) => html`<p class="warning">${maybe(text, `note_${note.replaceAll('-', '_')}`, note)}</p>`)}
      ${one.kind === 'length' && first(one) && !one.plane ? this.#calibration(one) : nothing}
      <div class="acts"><button type="button" class="remove" @click=${() => this.act.remove(one)}>${text.measure_remove}</button></div>
    </div>`;
  }

  #statistics(s: Statistics): TemplateResult {
    const { text } = this.state;
    const unit = unitOf(s.unit);
    const n = (value: number) => numberOf(value, s.unit);
    const title = s.quantity === 'value' ? text.measure_values : s.quantity;
    if (s.count === 1) return html`<dl><dt>${title}</dt><dd>${n(s.mean)} ${unit}</dd></dl>`;
    const rows: [string, string][] = [
      [text.measure_mean, n(s.mean)],
      [text.measure_sd, n(s.sd)],
      [text.measure_median, n(s.median)],
      [text.measure_range, `${n(s.min)} … ${n(s.max)}`],
    ];
    const count = fill(text.measure_pixels, { count: s.count });
    return html`<h3>${title}${unit ? ` (${unit})` : ''}</h3>
      <dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
      ${this.#histogram(s, count)}
      <p>${count}${s.excluded > 0 ? ` · ${fill(text.measure_excluded, { count: s.excluded })}` : ''}</p>`;
  }

  #histogram({ histogram: { low, width, counts }, unit }: Statistics, count: string): TemplateResult | typeof nothing {
    if (counts.length < 2) return nothing;
    const { text } = this.state;
    const most = Math.max(...counts, 1);
    const each = 100 / counts.length;
    const end = low + width * counts.length;
    return html`<svg class="histogram" viewBox="0 0 100 30" preserveAspectRatio="none" role="img" aria-label=${`${text.measure_histogram}, ${count}`}>
        ${counts.map((n, i) => svg`<rect x=${i * each} y=${30 - (n / most) * 30} width=${each} height=${(n / most) * 30} />`)}
      </svg>
      <div class="ticks"><span>${numberOf(low, unit)}</span><span>${numberOf(end, unit)}</span></div>`;
  }

  /** A length that somebody knows makes millimetres of pixels. */
  #calibration(one: Measure): TemplateResult {
    const { text, calibrated } = this.state;
    const set = (event: Event) => {
      event.preventDefault();
      const field = (event.currentTarget as HTMLFormElement).elements.namedItem('mm') as HTMLInputElement;
      const mm = Number(field.value.replace(',', '.'));
      if (mm > 0 && Number.isFinite(mm)) this.act.calibrate(one, mm);
    };
    return html`<details class="calibrate"><summary>${text.measure_calibrate}</summary>
      <p>${text.measure_calibrateWhat}</p>
      <form @submit=${set}><input name="mm" type="text" inputmode="decimal" aria-label=${text.measure_known} placeholder="mm" /><button type="submit">${text.measure_apply}</button>
      ${calibrated === null ? nothing : html`<button type="button" @click=${() => this.act.calibrate(one, null)}>${text.measure_uncalibrate}</button>`}</form>
    </details>`;
  }

  #files(): TemplateResult {
    const { text, copied } = this.state;
    return html`<section class="files">
      <div class="acts">
        <button type="button" class="copy" @click=${() => this.act.copy('text')}>${text.measure_copy}</button>
        <button type="button" class="copy-csv" @click=${() => this.act.copy('csv')}>${text.measure_copyCsv}</button>
        <span class="chip" role="status">${copied ? text.measure_copied : ''}</span>
      </div>
      <details><summary>${text.measure_save}</summary><p>${text.measure_saveNote}</p>
        <div class="acts">${measureForms.map((form) => html`<button type="button" data-form=${form} @click=${() => this.act.save(form)}>${text[`measure_save_${form}`]}</button>`)}</div></details>
      <div class="acts"><button type="button" class="remove-all" @click=${this.act.removeAll}>${text.measure_removeAll}</button></div>
    </section>`;
  }
}

const first = (one: Measure) => one.computed?.values[0];

customElements.define('negatoscope-measures', NegatoscopeMeasures);

declare global {
  interface HTMLElementTagNameMap {
    'negatoscope-measures': NegatoscopeMeasures;
  }
}
