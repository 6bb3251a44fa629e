// The dialog that saves what a viewport shows as a picture: format, size, quality, with the file's bytes and what was lost before it is saved.
import { html, LitElement, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { PictureWish } from '../shared/protocol.ts';
import { fill, type Text } from '../text/index.ts';
import { icons } from './icons.ts';
import { keepStyles } from './keep.css.ts';
import { isMarked, pictureOf } from './measure-picture.ts';
import { saveAs } from './saving.ts';
import { StudyError } from './study-client.ts';
import type { NegatoscopeViewport } from './viewport.ts';

/** What can be chosen, in its order. */
const formats = ['png', 'jpg', 'webp', 'webp-lossy', 'stored', 'modality'] as const;
type Format = (typeof formats)[number];
const scales = [0.5, 1, 2] as const;
const mime: Readonly<Record<string, string>> = { png: 'image/png', jpg: 'image/jpeg', webp: 'image/webp' };
/** A slider rests for so long before a picture is made, ms. */
const rest = 180;

interface Made {
  blob: Blob;
  url: string;
  width: number;
  height: number;
  end: string;
  psnr: number | null;
  ssim: number | null;
}

export class NegatoscopeSavePicture extends LitElement {
  static override styles = keepStyles;

  /** The viewport whose picture is saved. */
  @property({ attribute: false }) pane!: NegatoscopeViewport;
  @property({ attribute: false }) text!: Text;
  /** The image's number in its stack, from 1: the only thing that the file's name says. */
  @property({ type: Number }) number = 1;
  @property({ type: Boolean }) grey = true;

  @state() private format: Format = 'png';
  @state() private quality = 85;
  @state() private whole = false;
  @state() private scale = 1;
  @state() private overlay = true;
  @state() private graphics = true;
  @state() private marks = true;
  @state() private made: Made | null = null;
  @state() private working = false;
  @state() private failure = '';
  #abort: AbortController | null = null;
  #timer = 0;

  override firstUpdated(): void {
    this.renderRoot.querySelector('dialog')?.showModal();
    void this.#make();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#abort?.abort();
    clearTimeout(this.#timer);
    this.#forget();
  }

  #forget(): void {
    if (this.made) URL.revokeObjectURL(this.made.url);
    this.made = null;
  }

  get #values(): boolean {
    return this.format === 'stored' || this.format === 'modality';
  }
  get #lossy(): boolean {
    return this.format === 'jpg' || this.format === 'webp-lossy';
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#make(), rest);
  }

  async #make(): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    const { signal } = abort;
    this.working = true;
    this.failure = '';
    const wish: Omit<PictureWish, 'drawn'> = {
      viewport: this.pane.number,
      format: this.format === 'webp-lossy' ? 'webp' : this.format,
      quality: this.#lossy ? this.quality : null,
      whole: this.whole,
      scale: this.scale,
      overlay: this.overlay,
      graphics: this.graphics,
    };
    try {
      const answer = await pictureOf(this.pane, wish, this.marks, signal);
      const blob = new Blob([new Uint8Array(answer.bytes ?? [])], { type: mime[answer.end] ?? '' });
      this.#forget();
      this.made = {
        blob,
        url: URL.createObjectURL(blob),
        width: answer.width,
        height: answer.height,
        end: answer.end,
        psnr: answer.psnr_db,
        ssim: answer.ssim,
      };
      this.working = false;
    } catch (error) {
      if (signal.aborted) return;
      this.working = false;
      this.#forget();
      this.failure = error instanceof StudyError ? `${error.failure.cause} (${error.code})` : String(error);
    }
  }

  #shut(): void {
    this.dispatchEvent(new CustomEvent('shut'));
  }

  #save(event: Event): void {
    event.preventDefault();
    if (!this.made || this.working) return;
    saveAs(this.made.blob, `negatoscope-${this.number}.${this.made.end}`); // a name that names nobody
    this.#shut();
  }

  #tick(on: boolean, label: string, set: (on: boolean) => void, off = false) {
    return html`<label class="tick"><input type="checkbox" .checked=${on} ?disabled=${off}
      @change=${(event: Event) => {
        set((event.target as HTMLInputElement).checked);
        void this.#make();
      }} /><span>${label}</span></label>`;
  }

  override render() {
    const { text, made } = this;
    const kilo = (bytes: number) => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(2)} MB`);
    return html`<dialog aria-label=${text.pic_title} @close=${this.#shut} @click=${(event: Event) => event.target === event.currentTarget && this.#shut()}>
      <div class="head"><h2>${text.pic_title}</h2><button type="button" aria-label=${text.close} @click=${this.#shut}>${icons.close}</button></div>
      <div class="content two">
        <form id="wish" @submit=${this.#save}>
          <label class="line"><span>${text.pic_format}</span>
            <select autofocus @change=${(event: Event) => {
              this.format = (event.target as HTMLSelectElement).value as Format;
              void this.#make();
            }}>
              ${formats.map((name) => html`<option value=${name} ?selected=${name === this.format} ?disabled=${!this.grey && (name === 'stored' || name === 'modality')}>${text[`pic_${name}`]}</option>`)}
            </select></label>
          ${
            this.#lossy
              ? html`<label class="line"><span>${text.pic_quality}</span>
                <input type="range" min="1" max="100" .value=${String(this.quality)} @input=${(event: Event) => {
                  this.quality = Number((event.target as HTMLInputElement).value);
                  this.#soon();
                }} /><output>${this.quality}</output></label>`
              : nothing
          }
          ${
            this.#values
              ? html`<p>${this.format === 'stored' ? text.pic_storedWhat : text.pic_modalityWhat}</p>`
              : html`<label class="line"><span>${text.pic_area}</span>
                <select @change=${(event: Event) => {
                  this.whole = (event.target as HTMLSelectElement).value === 'whole';
                  void this.#make();
                }}>
                  <option value="view" ?selected=${!this.whole}>${text.pic_view}</option>
                  <option value="whole" ?selected=${this.whole}>${text.pic_whole}</option>
                </select></label>
              <label class="line"><span>${text.pic_scale}</span>
                <select @change=${(event: Event) => {
                  this.scale = Number((event.target as HTMLSelectElement).value);
                  void this.#make();
                }}>
                  ${scales.map((scale) => html`<option value=${scale} ?selected=${scale === this.scale}>× ${scale}</option>`)}
                </select></label>
              ${this.#tick(this.graphics, text.pic_graphics, (on) => {
                this.graphics = on;
              })}
              ${this.#tick(this.overlay, text.pic_overlay, (on) => {
                this.overlay = on;
              })}
              ${
                isMarked(this.pane)
                  ? this.#tick(this.marks, text.pic_marks, (on) => {
                      this.marks = on;
                    })
                  : nothing
              }`
          }
          <p>${text.pic_noNames}</p>
        </form>
        <div class="shown" aria-busy=${this.working}>
          <div class="preview">${made ? html`<img src=${made.url} alt=${text.pic_preview} />` : nothing}</div>
          <div class="figures" role="status">
            ${this.failure ? html`<span class="warning">${this.failure}</span>` : nothing}
            ${
              made
                ? html`<span><b>${made.width} × ${made.height}</b></span><span><b>${kilo(made.blob.size)}</b></span>
                  ${
                    this.#lossy
                      ? html`${made.psnr === null ? nothing : html`<span>PSNR <b>${Number.isFinite(made.psnr) ? `${made.psnr.toFixed(1)} dB` : '∞'}</b></span>`}
                        ${made.ssim === null ? nothing : html`<span>SSIM <b>${made.ssim.toFixed(4)}</b></span>`}`
                      : html`<span>${text.pic_lossless}</span>`
                  }`
                : nothing
            }
          </div>
        </div>
      </div>
      <div class="foot"><span class="said">${this.working ? text.pic_making : ''}</span>
        <button type="button" @click=${this.#shut}>${text.cancel}</button>
        <button class="first" form="wish" ?disabled=${!made || this.working}>${made ? fill(text.pic_save, { size: kilo(made.blob.size) }) : text.pic_saveBare}</button>
      </div>
    </dialog>`;
  }
}

customElements.define('negatoscope-save-picture', NegatoscopeSavePicture);
