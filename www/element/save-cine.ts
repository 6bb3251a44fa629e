// The dialog that saves a stack as something that moves: a video by the browser's encoder, or an animated PNG or a GIF by our own writers.
import { html, LitElement, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { errorText, fill, type Language, type Text } from '../text/index.ts';
import { icons } from './icons.ts';
import { keepStyles } from './keep.css.ts';
import { canRecord, record, recordPlain, StackChanged } from './record.ts';
import { saveAs } from './saving.ts';
import { StudyError } from './study-client.ts';
import type { NegatoscopeViewport } from './viewport.ts';

const forms = ['webm', 'apng', 'gif'] as const;
type Form = (typeof forms)[number];
const ends: Readonly<Record<Form, string>> = { webm: 'webm', apng: 'png', gif: 'gif' };

export class NegatoscopeSaveCine extends LitElement {
  static override styles = keepStyles;

  /** The viewport whose stack is saved. */
  @property({ attribute: false }) pane!: NegatoscopeViewport;
  @property({ attribute: false }) text!: Text;
  @property() language: Language = 'en';
  @state() private form: Form = 'apng';
  /** null: not known yet. */
  @state() private video: boolean | null = null;
  @state() private rate = 10;
  @state() private progress: { done: number; total: number } | null = null;
  @state() private failure = '';
  #stop: AbortController | null = null;

  override firstUpdated(): void {
    this.rate = Math.round(Math.min(60, Math.max(1, this.pane.info?.frames_per_second ?? 10)));
    this.renderRoot.querySelector('dialog')?.showModal();
    void canRecord().then((video) => {
      this.video = video;
      if (video) this.form = 'webm';
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.abort();
  }

  #shut = (): void => {
    this.#stop?.abort();
    this.dispatchEvent(new CustomEvent('shut'));
  };

  #save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.#stop) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.failure = '';
    const { pane, form, rate } = this;
    const said = (done: number, total: number) => {
      this.progress = { done, total };
    };
    try {
      const made =
        form === 'webm'
          ? await record(pane, rate, said, stop.signal)
          : await recordPlain(pane, form, rate, said, stop.signal);
      if (!made) throw new Error(this.text.rec_cannot);
      saveAs(made, `negatoscope-cine.${ends[form]}`); // a name that names nobody
      this.dispatchEvent(new CustomEvent('saved', { detail: made.size }));
      this.#shut();
    } catch (error) {
      if (!stop.signal.aborted)
        this.failure =
          error instanceof StackChanged
            ? this.text.rec_changed
            : error instanceof StudyError
              ? `${errorText(this.language, error.failure).cause} (${error.code})`
              : error instanceof Error
                ? error.message
                : String(error);
    } finally {
      this.#stop = null;
      this.progress = null;
    }
  };

  override render() {
    const { text, form, progress } = this;
    const frames = this.pane.info?.frames ?? 0;
    const busy = progress !== null;
    return html`<dialog aria-label=${text.rec_item} @close=${this.#shut} @click=${(event: Event) => event.target === event.currentTarget && !busy && this.#shut()}>
      <div class="head"><h2>${text.rec_item}</h2><button type="button" aria-label=${text.close} @click=${this.#shut}>${icons.close}</button></div>
      <form id="wish" class="content" @submit=${this.#save}>
        <label class="line"><span>${text.pic_format}</span>
          <select autofocus ?disabled=${busy} @change=${(event: Event) => {
            this.form = (event.target as HTMLSelectElement).value as Form;
          }}>${forms.map((name) => html`<option value=${name} ?selected=${name === form} ?disabled=${name === 'webm' && !this.video}>${text[`rec_${name}`]}</option>`)}</select></label>
        <label class="line"><span>${text.rec_rate}</span>
          <input type="range" min="1" max="60" .value=${String(this.rate)} ?disabled=${busy} aria-valuetext=${fill(text.rec_perSecond, { rate: this.rate })} @input=${(
            event: Event,
          ) => {
            this.rate = Number((event.target as HTMLInputElement).value);
          }} /><output>${this.rate}/s</output></label>
        <p>${text[`rec_${form}What`]}</p>
        ${this.video === false ? html`<p>${text.rec_noVideo}</p>` : nothing}
        <p>${fill(text.rec_frames, { count: frames, seconds: (frames / this.rate).toFixed(1) })} ${text.pic_noNames}</p>
        ${busy ? html`<progress max=${progress.total} value=${progress.done}></progress>` : nothing}
        ${this.failure ? html`<div class="warning" role="alert"><p>${this.failure}</p></div>` : nothing}
      </form>
      <div class="foot"><span class="said" role="status">${busy ? fill(text.rec_working, progress) : ''}</span>
        <button type="button" @click=${() => (busy ? this.#stop?.abort() : this.#shut())}>${text.cancel}</button>
        <button class="first" form="wish" ?disabled=${busy}>${text.pic_saveBare}</button>
      </div>
    </dialog>`;
  }
}

customElements.define('negatoscope-save-cine', NegatoscopeSaveCine);

declare global {
  interface HTMLElementTagNameMap {
    'negatoscope-save-cine': NegatoscopeSaveCine;
  }
}
