// The dialog that shows what augmentation makes of the shown frame: steps with their bounds, a seed, a contact sheet.
import { html, LitElement, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { errorText, type Language, type Text } from '../text/index.ts';
import { icons } from './icons.ts';
import { keepStyles } from './keep.css.ts';
import { saveAs } from './saving.ts';
import { type StudyClient, StudyError } from './study-client.ts';

/** Steps: their name, where a slider ends, its step, and where it begins. */
const steps = [
  ['rotate', 45, 1, 10],
  ['shift', 0.3, 0.01, 0.05],
  ['zoom', 0.5, 0.01, 0.1],
  ['crop', 1, 0.05, 0.9],
  ['jitter', 0.5, 0.01, 0.1],
  ['gamma', 1, 0.05, 0.2],
  ['noise', 0.2, 0.005, 0.02],
] as const;

export class NegatoscopeAugment extends LitElement {
  static override styles = keepStyles;

  @property({ attribute: false }) client!: StudyClient;
  @property({ attribute: false }) text!: Text;
  @property() language: Language = 'en';
  @property({ type: Number }) viewport = 0;

  @state() private on = new Set<string>(['flip', 'rotate', 'crop', 'jitter', 'noise']);
  @state() private values = new Map<string, number>(steps.map(([name, , , usual]) => [name, usual]));
  @state() private seed = 1;
  @state() private url = '';
  @state() private failure = '';
  #blob: Blob | null = null;
  #abort: AbortController | null = null;
  #timer = 0;

  override firstUpdated(): void {
    this.renderRoot.querySelector('dialog')?.showModal();
    void this.#make();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#abort?.abort();
    URL.revokeObjectURL(this.url);
  }

  get #steps(): string {
    const flip = this.on.has('flip') ? ['flip'] : [];
    return [
      ...flip,
      ...steps.filter(([name]) => this.on.has(name)).map(([name]) => `${name}=${this.values.get(name)}`),
    ].join(',');
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#make(), 180);
  }

  async #make(): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    const { viewport, seed } = this;
    try {
      const answer = await this.client.ask(
        'encoded',
        { kind: 'augment', viewport, steps: this.#steps, seed, count: 11 },
        { signal: abort.signal },
      );
      URL.revokeObjectURL(this.url);
      this.#blob = new Blob([new Uint8Array(answer.bytes ?? [])], { type: 'image/png' });
      this.url = URL.createObjectURL(this.#blob);
      this.failure = '';
    } catch (error) {
      if (abort.signal.aborted) return;
      this.failure =
        error instanceof StudyError
          ? `${errorText(this.language, error.failure).cause} (${error.code})`
          : String(error);
    }
  }

  #shut(): void {
    this.dispatchEvent(new CustomEvent('shut'));
  }

  #switch(name: string) {
    return html`<input type="checkbox" aria-label=${this.text[`aug_${name}` as 'aug_flip']} .checked=${this.on.has(name)} @change=${(
      event: Event,
    ) => {
      const on = new Set(this.on);
      if ((event.target as HTMLInputElement).checked) on.add(name);
      else on.delete(name);
      this.on = on;
      void this.#make();
    }} />`;
  }

  override render() {
    const { text } = this;
    return html`<dialog aria-label=${text.aug_title} @close=${this.#shut} @click=${(event: Event) => event.target === event.currentTarget && this.#shut()}>
      <div class="head"><h2>${text.aug_title}</h2><button type="button" aria-label=${text.close} @click=${this.#shut}>${icons.close}</button></div>
      <div class="content two">
        <form @submit=${(event: Event) => event.preventDefault()}>
          <label class="tick">${this.#switch('flip')}<span>${text.aug_flip}</span></label>
          ${steps.map(
            ([
              name,
              most,
              step,
            ]) => html`<div class="aug">${this.#switch(name)}<label class="line"><span>${text[`aug_${name}`]}</span>
              <input type="range" min="0" max=${most} step=${step} .value=${String(this.values.get(name))} ?disabled=${!this.on.has(name)}
                @input=${(event: Event) => {
                  this.values = new Map(this.values).set(name, Number((event.target as HTMLInputElement).value));
                  this.#soon();
                }} /><output>${this.values.get(name)}</output></label></div>`,
          )}
          <p>${text.aug_what}</p>
          <code>negatoscope augment FILE ${this.#steps} --seed ${this.seed} --out DIR</code>
        </form>
        <div class="shown"><div class="preview">${this.url ? html`<img src=${this.url} alt=${text.aug_sheet} />` : nothing}</div>
          ${this.failure ? html`<p class="warning" role="alert">${this.failure}</p>` : nothing}</div>
      </div>
      <div class="foot"><span class="said">${text.aug_seed} ${this.seed}</span>
        <button type="button" @click=${() => {
          this.seed += 1;
          void this.#make();
        }}>${text.aug_again}</button>
        <button type="button" class="first" ?disabled=${!this.url} @click=${() => this.#blob && saveAs(this.#blob, 'negatoscope-augmentation.png')}>${text.aug_save}</button>
      </div>
    </dialog>`;
  }
}

customElements.define('negatoscope-augment', NegatoscopeAugment);
