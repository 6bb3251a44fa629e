// Key images: what was marked, as it was shown, with a sentence each; saved as a Key Object Selection Document, or printed as a report.
import { html, LitElement, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Finding, FrameName, Look, OnPlane } from '../shared/protocol.ts';
import { errorText, fill, type Language, type Text } from '../text/index.ts';
import { icons } from './icons.ts';
import { keepStyles } from './keep.css.ts';
import { isMarked, pictureOf } from './measure-picture.ts';
import { planeName } from './measure-places.ts';
import type { Measure } from './measures.ts';
import { measuredPlaces } from './report-measures.ts';
import { printReport } from './report-page.ts';
import { saveAs } from './saving.ts';
import { stamp } from './stamp.ts';
import { type StudyClient, StudyError } from './study-client.ts';
import type { NegatoscopeViewport } from './viewport.ts';

/** A marked frame, plane of a volume, or picture of one. */
export interface KeyImage {
  frameSet: number;
  index: number;
  /** Name of the frame, where it was marked here: the keys may change while a folder is read. */
  name: FrameName | null;
  /** What it is a picture of: a document can name images only. */
  of: 'image' | 'plane' | 'volume';
  plane: OnPlane | null;
  /** What tells it to a reader: series and number. No name. */
  title: string;
  /** The picture as it was shown; null for one that a document among the files selects. */
  picture: Blob | null;
  /** The same with its measurements; null where there are none. */
  marked: Blob | null;
  url: string;
  markedUrl: string;
  words: string;
}

/** Its picture, with the measurements where they are wanted. */
export const urlOf = (image: KeyImage, marks: boolean): string => (marks && image.markedUrl) || image.url;

/** What a viewport shows as a key image has it: without measurements, and with them where there are some. */
export async function keyPictures(pane: NegatoscopeViewport): Promise<Pick<KeyImage, 'picture' | 'marked'>> {
  const { number: viewport } = pane;
  const how = { format: 'jpg', quality: 92, whole: false, scale: 1, overlay: true, graphics: true };
  const one = async (marks: boolean) => {
    const { bytes } = await pictureOf(pane, { viewport, ...how }, marks);
    return new Blob([new Uint8Array(bytes ?? [])], { type: 'image/jpeg' });
  };
  return { picture: await one(false), marked: isMarked(pane) ? await one(true) : null };
}

/** The marked frames of the study that is open. */
export class KeyImages {
  all: readonly KeyImage[] = [];

  constructor(private changed: () => void) {}

  has = (frameSet: number | undefined, index: number): boolean =>
    this.all.some((one) => one.of === 'image' && one.frameSet === frameSet && one.index === index);

  add(image: Omit<KeyImage, 'url' | 'markedUrl'>): void {
    const url = image.picture ? URL.createObjectURL(image.picture) : '';
    const markedUrl = image.marked ? URL.createObjectURL(image.marked) : '';
    this.all = [...this.all, { ...image, url, markedUrl }];
    this.changed();
  }

  /** Takes away the mark of an image. */
  remove(frameSet: number, index: number): void {
    const found = this.all.find((one) => one.of === 'image' && one.frameSet === frameSet && one.index === index);
    if (found) this.drop(found);
  }

  drop(image: KeyImage): void {
    for (const url of [image.url, image.markedUrl]) if (url) URL.revokeObjectURL(url);
    this.all = this.all.filter((one) => one !== image);
    this.changed();
  }

  /** The places of those that have a name, under other keys; one that is nowhere is no key image any more. */
  move(placeOf: (image: KeyImage) => Pick<KeyImage, 'frameSet' | 'index' | 'title'> | null): void {
    this.all = this.all.flatMap((one) => {
      if (!one.name) return [one];
      const place = placeOf(one);
      if (!place) for (const url of [one.url, one.markedUrl]) if (url) URL.revokeObjectURL(url);
      return place ? [{ ...one, ...place }] : [];
    });
    this.changed();
  }

  clear(): void {
    for (const { url, markedUrl } of this.all) for (const one of [url, markedUrl]) if (one) URL.revokeObjectURL(one);
    this.all = [];
  }
}

/** Where a viewport's picture lies: an image has its number, a plane its name. */
export function keyPlace(
  pane: NegatoscopeViewport,
  text: Text,
): Pick<KeyImage, 'index' | 'of' | 'plane'> & { named: string } {
  const at = pane.markPlace;
  if (!at) return { index: 0, of: 'volume', plane: null, named: text.key_volume };
  const { place, plane } = at;
  return { index: place.index, of: plane ? 'plane' : 'image', plane, named: plane ? planeName(text, plane) : '' };
}

export class NegatoscopeKeyImages extends LitElement {
  static override styles = keepStyles;

  @property({ attribute: false }) client!: StudyClient;
  @property({ attribute: false }) text!: Text;
  @property() language: Language = 'en';
  @property({ attribute: false }) keys!: KeyImages;
  @property({ attribute: false }) findings: readonly Finding[] = [];
  /** Series and image of each finding. */
  @property({ attribute: false }) places: ReadonlyMap<Finding, string> = new Map();
  /** Who and when, a line for each study, for a report that is to name them. */
  @property({ attribute: false }) patient: readonly (readonly string[])[] = [];
  /** Images and findings are of several patients: no name is that of all. */
  @property({ type: Boolean }) several = false;
  /** What was measured, and how it is said where. */
  @property({ attribute: false }) measures: readonly Measure[] = [];
  @property({ attribute: false }) where: (one: Measure) => string = () => '';
  @property({ attribute: false }) look!: (frameSet: number) => Look;
  /** Nobody is named, and what somebody has typed at a mark is hidden. */
  @property({ type: Boolean }) anonymous = false;
  @state() private marks = true;
  @state() private making = false;
  #ends = new AbortController();
  @state() private named = false;
  @state() private paper: 'A4' | 'letter' = /^en-(US|CA)/.test(navigator.language) ? 'letter' : 'A4';
  @state() private words = '';
  @state() private failure = '';
  @state() private count = 0;

  override firstUpdated(): void {
    this.renderRoot.querySelector('dialog')?.showModal();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#ends.abort();
  }

  get #images(): readonly KeyImage[] {
    return this.keys.all.filter(({ of }) => of === 'image');
  }

  #shut(): void {
    this.dispatchEvent(new CustomEvent('shut'));
  }

  async #document(): Promise<void> {
    this.failure = '';
    const frames = this.#images.map(({ frameSet, index }): [number, number] => [frameSet, index]);
    const words = [
      this.words,
      ...this.#images.filter(({ words }) => words).map(({ title, words }) => `${title}: ${words}`),
    ];
    try {
      const { bytes, end } = await this.client.ask('saved', {
        kind: 'key-object',
        frames,
        words: words.filter(Boolean).join('\n'),
        stamp: stamp(),
      });
      saveAs(new Blob([new Uint8Array(bytes ?? [])], { type: 'application/dicom' }), `negatoscope-key-images.${end}`);
    } catch (error) {
      this.failure =
        error instanceof StudyError
          ? `${errorText(this.language, error.failure).cause} (${error.code})`
          : String(error);
    }
  }

  /** The button that was pressed went with its row: the keys stay in the dialog. */
  async #focusRow(at: number): Promise<void> {
    await this.updateComplete;
    const rows = this.renderRoot.querySelectorAll<HTMLElement>('.keys .gone');
    (rows[at] ?? rows[at - 1] ?? this.renderRoot.querySelector<HTMLElement>('textarea'))?.focus();
  }

  /** A name is given where there is one for all, and nobody is hidden. */
  get #nameless(): boolean {
    return this.several || this.anonymous;
  }

  async #report(): Promise<void> {
    if (this.making) return;
    const { text, anonymous, look, where, client, marks } = this;
    this.making = true;
    this.failure = '';
    try {
      const items = marks ? this.measures : [];
      const measured = await measuredPlaces(client, items, { text, anonymous, look, where }, this.#ends.signal);
      printReport({
        text,
        language: this.language,
        paper: this.paper,
        words: this.words,
        patient: this.named && !this.#nameless ? this.patient : [],
        images: this.keys.all.map((image) => ({ ...image, url: urlOf(image, marks) })),
        findings: this.findings,
        places: this.places,
        measured,
      });
    } catch (error) {
      if (!this.#ends.signal.aborted) this.failure = String(error);
    } finally {
      this.making = false;
    }
  }

  override render() {
    const { text, keys } = this;
    const set = (image: KeyImage, words: string) => {
      image.words = words;
    };
    return html`<dialog aria-label=${text.key_title} @close=${this.#shut} @click=${(event: Event) => event.target === event.currentTarget && this.#shut()}>
      <div class="head"><h2>${text.key_title}</h2><button type="button" aria-label=${text.close} @click=${this.#shut}>${icons.close}</button></div>
      <div class="content" tabindex="0">
        ${keys.all.length === 0 ? html`<p>${text.key_none}</p>` : nothing}
        <ul class="keys" data-count=${this.count}>${keys.all.map(
          (image) => html`<li>
            <button type="button" class="go" aria-label=${fill(text.key_go, { title: image.title })} @click=${() => {
              this.dispatchEvent(new CustomEvent('go', { detail: image }));
              this.#shut();
            }}>${image.url ? html`<img src=${urlOf(image, this.marks)} alt="" />` : html`<span>${text.key_fromFile}</span>`}</button>
            <label><b>${image.title}</b><input type="text" maxlength="400" placeholder=${text.key_words} .value=${image.words}
              @input=${(event: Event) => set(image, (event.target as HTMLInputElement).value)} /></label>
            <button type="button" class="gone" aria-label=${fill(text.key_remove, { title: image.title })} @click=${() => {
              const at = keys.all.indexOf(image);
              keys.drop(image);
              this.count += 1;
              void this.#focusRow(at);
            }}>${icons.close}</button></li>`,
        )}</ul>
        <label class="wide"><span>${text.key_comment}</span><textarea rows="3" maxlength="4000" .value=${this.words} @input=${(
          event: Event,
        ) => {
          this.words = (event.target as HTMLTextAreaElement).value;
        }}></textarea></label>
        <div class="row">
          <label class="tick"><input type="checkbox" .checked=${this.named && !this.#nameless} ?disabled=${this.#nameless} @change=${(
            event: Event,
          ) => {
            this.named = (event.target as HTMLInputElement).checked;
          }} /><span>${text.key_named}</span></label>
          ${
            this.measures.length > 0
              ? html`<label class="tick"><input type="checkbox" name="marks" .checked=${this.marks} @change=${(
                  event: Event,
                ) => {
                  this.marks = (event.target as HTMLInputElement).checked;
                }} /><span>${fill(text.key_marks, { count: this.measures.length })}</span></label>`
              : nothing
          }
          <label class="line"><span>${text.key_paper}</span><select @change=${(event: Event) => {
            this.paper = (event.target as HTMLSelectElement).value as 'A4';
          }}>${(['A4', 'letter'] as const).map((size) => html`<option value=${size} ?selected=${size === this.paper}>${text[`key_${size}`]}</option>`)}</select></label>
        </div>
        ${this.several ? html`<div class="warning" role="status"><p>${text.key_patients}</p></div>` : nothing}
        ${this.failure ? html`<div class="warning" role="alert"><p>${this.failure}</p></div>` : nothing}
      </div>
      <div class="foot"><span class="said" role="status">${this.making ? text.key_making : fill(text.key_count, { count: keys.all.length })}</span>
        <button type="button" ?disabled=${this.#images.length === 0} @click=${() => void this.#document()}>${text.key_document}</button>
        <button type="button" class="first" ?disabled=${this.making || keys.all.length + this.findings.length + this.measures.length === 0} @click=${() => void this.#report()}>${text.key_report}</button>
      </div>
    </dialog>`;
  }
}

customElements.define('negatoscope-key-images', NegatoscopeKeyImages);
