// The column of series (a row on a phone), with a small picture for each stack, fetched one after the other.
import { css, html, LitElement, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Catalogue, FrameSetInfo, SeriesInfo, StudyInfo } from '../shared/protocol.ts';
import { fill, type Text } from '../text/index.ts';
import type { StudyClient } from './study-client.ts';

const side = 160;

export class NegatoscopeSeries extends LitElement {
  static override styles = css`
    :host { display: flex; flex-direction: column; gap: 8px; padding: 8px; overflow-y: auto; background: var(--panel); border-right: 1px solid var(--line); scrollbar-width: thin; }
    h3 { margin: 2px 2px 0; font-size: 11px; font-weight: 600; color: var(--dim); display: flex; justify-content: space-between; gap: 6px; }
    h3 span:first-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    h3 span:last-child { white-space: nowrap; font-weight: 400; }
    button { font: inherit; color: inherit; text-align: start; padding: 0; border: 1px solid var(--line); border-radius: 6px; background: #000; overflow: hidden; flex: none; cursor: pointer; display: block; width: 100%; }
    button:hover { border-color: var(--faint); }
    button[aria-current='true'] { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
    button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
    img, .none { display: block; width: 100%; height: 82px; object-fit: contain; }
    .line { padding: 4px 6px; background: var(--raised); font-size: 11px; line-height: 1.3; display: flex; justify-content: space-between; gap: 6px; }
    .label { padding-top: 0; color: var(--dim); }
    .line b { font-weight: 400; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .line span { color: var(--dim); white-space: nowrap; }
    p { margin: 0 2px; font-size: 11px; color: var(--dim); }
    @media (max-width: 700px) {
      :host { flex-direction: row; border: 0; border-top: 1px solid var(--line); overflow: auto hidden; padding: 6px; }
      h3, p { display: none; }
      button { width: 88px; }
      img, .none { height: 52px; }
      .line { font-size: 10px; padding: 3px 5px; }
      .label { display: none; }
    }
  `;

  @property({ attribute: false }) client!: StudyClient;
  @property({ attribute: false }) text!: Text;
  @property({ attribute: false }) catalogue: Catalogue | null = null;
  @property({ type: Number }) current = -1;
  @property({ type: Boolean }) anonymous = false;

  /** URLs by the key of their stack. */
  @state() pictures: ReadonlyMap<number, string> = new Map();

  #run = 0;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#run += 1;
    for (const url of this.pictures.values()) URL.revokeObjectURL(url);
  }

  /** Fetches the pictures that are missing, until another study is opened. */
  async fill(catalogue: Catalogue): Promise<void> {
    this.#run += 1;
    const run = this.#run;
    for (const url of this.pictures.values()) URL.revokeObjectURL(url);
    this.pictures = new Map();
    for (const { key } of catalogue.studies.flatMap((s) => s.series).flatMap((s) => s.frame_sets)) {
      try {
        await this.client.quiet();
        if (run !== this.#run) return;
        const { bytes } = await this.client.ask('picture', { kind: 'thumbnail', frame_set: key, size: side });
        if (run !== this.#run) return;
        if (!bytes) continue;
        const url = URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
        this.pictures = new Map(this.pictures).set(key, url);
      } catch {
        if (run !== this.#run) return; // the stack itself says why when it is shown
      }
    }
  }

  /** Of several patients each study says whose it is. */
  #title({ description, patient_name, patient_id }: StudyInfo, patients: number): string {
    if (this.anonymous) return '••••••';
    const who = patient_name || patient_id;
    return (patients > 1 ? [who, description].filter(Boolean).join(' · ') : description) || who;
  }

  override render() {
    const studies = this.catalogue?.studies ?? [];
    const patients = new Set(studies.map((study) => `${study.patient_id}\n${study.patient_name}`)).size;
    return studies.map(
      (study) => html`
        <h3><span title=${this.#title(study, patients)}>${this.#title(study, patients)}</span><span>${this.anonymous ? nothing : study.date}</span></h3>
        ${study.series.map((series) => this.#series(series))}
      `,
    );
  }

  #series(series: SeriesInfo) {
    if (series.frame_sets.length === 0)
      return html`<p>${series.modality} · ${fill(this.text.noPixels, { count: series.other_instances })}</p>`;
    return series.frame_sets.map((set) => this.#stack(series, set));
  }

  #stack(series: SeriesInfo, set: FrameSetInfo) {
    const picture = this.pictures.get(set.key);
    const what =
      (this.anonymous ? '' : series.description) || fill(this.text.seriesN, { number: series.number || '–' });
    const name = [what, set.label].filter(Boolean).join(' · ');
    return html`<button
      type="button"
      title=${`${series.modality} ${name}`}
      aria-label=${`${series.modality} ${name}, ${fill(this.text.images, { count: set.frames })}`}
      aria-current=${set.key === this.current ? 'true' : 'false'}
      @click=${() => this.dispatchEvent(new CustomEvent('choose', { detail: { series, set } }))}
    >
      ${picture ? html`<img src=${picture} alt="" />` : html`<div class="none"></div>`}
      <div class="line"><b>${series.modality} ${what}</b><span>${set.frames}</span></div>
      ${set.label ? html`<div class="line label"><b>${set.label}</b></div>` : nothing}
    </button>`;
  }
}

customElements.define('negatoscope-series', NegatoscopeSeries);
