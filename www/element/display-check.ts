// A look at the display itself: test patterns that are opened like a study, and luminances against the standard's function.
import { html, LitElement, nothing, svg } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Luminance } from '../shared/protocol.ts';
import { errorText, fill, type Language, type Text } from '../text/index.ts';
import { displayCheckStyles } from './display-check.css.ts';
import { stamp } from './stamp.ts';
import { type StudyClient, StudyError } from './study-client.ts';

/** Fields of the pattern that is measured. */
const LEVELS = 18;
const PATTERNS = ['tg18-qc', 'smpte', 'tg18-ln'] as const;
const WIDE = 320;
const TALL = 130;
/** What the plot shows at most, as a part of one. */
const MOST = 0.4;

/** The largest pattern that a viewport of this window can show without shrinking it. */
function sideFor(): number {
  const most = Math.min(globalThis.innerWidth, globalThis.innerHeight - 80) * globalThis.devicePixelRatio;
  return [2048, 1024].find((side) => side <= most) ?? 512;
}

/** Event `open-patterns` (detail: File[]). */
export class NegatoscopeDisplayCheck extends LitElement {
  static override styles = displayCheckStyles;

  @property({ attribute: false }) text!: Text;
  @property() language: Language = 'en';
  @property({ attribute: false }) client!: StudyClient;
  /** A study is open, and would be closed. */
  @property({ type: Boolean }) studyOpen = false;

  @state() private found: Luminance | null = null;
  @state() private wrong = '';
  #measured: (number | null)[] = Array(LEVELS).fill(null);
  #ambient = 0;
  #asked = 0;

  async #open(): Promise<void> {
    const one = stamp();
    const side = sideFor();
    try {
      const files: File[] = [];
      for (const name of PATTERNS) {
        const { bytes } = await this.client.ask('saved', { kind: 'pattern', name, side, stamp: one });
        files.push(new File([(bytes ?? new Uint8Array()) as Uint8Array<ArrayBuffer>], `${name}.dcm`));
      }
      this.dispatchEvent(new CustomEvent('open-patterns', { detail: files }));
    } catch (error) {
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    if (!(error instanceof StudyError)) throw error;
    const { cause, hint } = errorText(this.language, error.failure);
    this.wrong = `${cause}. ${hint}`;
  }

  /** A number was typed, or a column of them pasted. */
  #take(at: number, typed: string): void {
    const numbers = typed
      .split(/[\s,;]+/)
      .filter(Boolean)
      .map(Number);
    for (const [n, value] of (numbers.length > 0 ? numbers : [Number.NaN]).entries())
      if (at + n < LEVELS) this.#measured[at + n] = Number.isFinite(value) ? value : null;
    void this.#check();
  }

  async #check(): Promise<void> {
    this.requestUpdate();
    const measured = this.#measured.filter((one) => one !== null);
    this.#asked += 1;
    const asked = this.#asked;
    this.found = null;
    this.wrong = '';
    if (measured.length < LEVELS) return;
    try {
      const found = await this.client.ask('luminance', { kind: 'luminance', measured, ambient: this.#ambient });
      if (asked === this.#asked) this.found = found;
    } catch (error) {
      if (asked === this.#asked) this.#tell(error);
    }
  }

  override render() {
    const { text } = this;
    const left = this.#measured.filter((one) => one === null).length;
    return html`
      <section>
        <h3>${text.display_patterns}</h3>
        <p>${text.display_patternsWhat}</p>
        <ul>${PATTERNS.map((name) => html`<li><b>${text[`display_${name}`]}</b>: ${text[`display_${name}_look`]}</li>`)}</ul>
        <button type="button" class="first" @click=${() => this.#open()}>${text.display_open}</button>
        ${this.studyOpen ? html`<p class="note">${text.display_closes}</p>` : nothing}
      </section>
      <section>
        <h3>${text.display_luminance}</h3>
        <p>${text.display_luminanceWhat}</p>
        <div class="levels">${this.#measured.map(
          (value, at) => html`<label>${at * 15}
            <input inputmode="decimal" .value=${value === null ? '' : String(value)} aria-label=${fill(text.display_level, { level: at * 15 })}
              @change=${(event: Event) => this.#take(at, (event.target as HTMLInputElement).value)}
              @paste=${(event: ClipboardEvent) => {
                const pasted = event.clipboardData?.getData('text') ?? '';
                if (!/\s/.test(pasted.trim())) return;
                event.preventDefault();
                this.#take(at, pasted.trim());
              }} /></label>`,
        )}
        <label class="ambient">${text.display_ambient}
          <input inputmode="decimal" value="0" @change=${(event: Event) => {
            this.#ambient = Number((event.target as HTMLInputElement).value) || 0;
            void this.#check();
          }} /></label></div>
        <div role="status">${this.#verdict(left)}</div>
        ${this.found ? this.#plot(this.found) : nothing}
      </section>`;
  }

  #verdict(left: number) {
    const { text, found } = this;
    if (this.wrong) return html`<p class="bad">${this.wrong}</p>`;
    if (!found) return html`<p class="note">${fill(text.display_left, { count: left })}</p>`;
    const words = found.primary
      ? text.display_primary
      : found.secondary
        ? text.display_secondary
        : text.display_neither;
    const worst = (100 * found.worst).toFixed(1);
    return html`<p class=${found.primary ? 'good' : found.secondary ? 'fair' : 'bad'}><b>${words}</b>
      ${fill(text.display_numbers, { worst, ratio: found.ratio.toFixed(0), jnds: found.jnds.toFixed(0) })}</p>`;
  }

  /** Deviation of the contrast step by step, with the bands of 10 and 20 %. */
  #plot({ deviations }: Luminance) {
    const x = (at: number) => 34 + ((at + 0.5) * (WIDE - 40)) / deviations.length;
    const y = (part: number) => TALL / 2 - (Math.max(-MOST, Math.min(MOST, part)) / MOST) * (TALL / 2 - 8);
    const band = (part: number, name: string) =>
      svg`<rect class=${name} x="34" width=${WIDE - 40} y=${y(part)} height=${y(-part) - y(part)} />`;
    const mark = (part: number) =>
      svg`<text x="30" y=${y(part) + 3.5} text-anchor="end">${part > 0 ? '+' : ''}${100 * part} %</text>`;
    return html`<svg viewBox="0 0 ${WIDE} ${TALL}" role="img" aria-label=${this.text.display_plot}>
      ${band(0.2, 'wide')} ${band(0.1, 'narrow')}
      ${[0.4, 0.2, 0, -0.2, -0.4].map(mark)}
      <polyline points=${deviations.map((part, at) => `${x(at)},${y(part)}`).join(' ')} />
      ${deviations.map((part, at) => svg`<circle class=${Math.abs(part) > 0.1 ? 'off' : ''} cx=${x(at)} cy=${y(part)} r="2.6" />`)}
    </svg>`;
  }
}

if (!customElements.get('negatoscope-display-check'))
  customElements.define('negatoscope-display-check', NegatoscopeDisplayCheck);
