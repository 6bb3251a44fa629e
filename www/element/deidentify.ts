// The dialog that makes copies without identity: the options of PS3.15 annex E, a ZIP or a folder, progress, and what was done.
import { html, LitElement, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { errorText, fill, type Language, type Text } from '../text/index.ts';
import { icons } from './icons.ts';
import { keepStyles } from './keep.css.ts';
import { saveAs } from './saving.ts';
import { type StudyClient, StudyError } from './study-client.ts';

/** Options with a switch; those of dates exclude each other. */
const switches = [
  'retain-patient-characteristics',
  'retain-device-identity',
  'retain-institution-identity',
  'retain-uids',
  'retain-safe-private',
  'clean-descriptors',
  'clean-structured-content',
] as const;
const dates = ['', 'retain-modified-dates', 'retain-full-dates'] as const;

interface Said {
  code: string;
  text: string;
  files: number;
}
interface Report {
  copied: number;
  left_out: Said[];
  remarks: Said[];
  changes: { tag: string; keyword: string; action: string; count: number }[];
}

/** Where the pieces go. */
interface Target {
  write(name: string | null, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  finish(): Promise<void>;
  /** Gives how many whole copies are left where they were written. */
  abandon(): Promise<number>;
}

/** The newest run of each worker: a run that was left must not end the one that came after it. */
const newest = new WeakMap<StudyClient, symbol>();

type Pickers = {
  showSaveFilePicker?: (options: object) => Promise<FileSystemFileHandle>;
  showDirectoryPicker?: (options: object) => Promise<FileSystemDirectoryHandle>;
};
const pickers = globalThis as unknown as Pickers;
const archive = 'negatoscope-deidentified.zip'; // a name that names nobody

/** An archive that is written where the user says, piece by piece; where a browser cannot, handed to its download in the end. */
async function archiveTarget(): Promise<Target> {
  if (pickers.showSaveFilePicker) {
    const handle = await pickers.showSaveFilePicker({
      suggestedName: archive,
      types: [{ accept: { 'application/zip': ['.zip'] } }],
    });
    const file = await handle.createWritable();
    return {
      write: (_, bytes) => file.write(bytes),
      finish: () => file.close(),
      abandon: () => file.abort().then(() => 0),
    };
  }
  // Each piece is a Blob of its own at once: the browser keeps those outside of the page's memory.
  const parts: Blob[] = [];
  return {
    write: async (_, bytes) => void parts.push(new Blob([bytes])),
    finish: async () => saveAs(new Blob(parts, { type: 'application/zip' }), archive),
    abandon: async () => {
      parts.splice(0);
      return 0;
    },
  };
}

/** Files below a folder that the user chose. */
async function folderTarget(): Promise<Target> {
  const folder = await (pickers.showDirectoryPicker as NonNullable<Pickers['showDirectoryPicker']>)({
    mode: 'readwrite',
  });
  let file: FileSystemWritableFileStream | null = null;
  let unfinished: (() => Promise<void>) | null = null;
  let whole = 0;
  return {
    write: async (name, bytes) => {
      if (name !== null) {
        await file?.close();
        if (file) whole += 1;
        file = null;
        const steps = name.split('/');
        const last = steps.pop() as string;
        let place = folder;
        for (const step of steps) place = await place.getDirectoryHandle(step, { create: true });
        unfinished = () => place.removeEntry(last);
        file = await (await place.getFileHandle(last, { create: true })).createWritable();
      }
      await file?.write(bytes);
    },
    finish: async () => void (await file?.close()),
    abandon: async () => {
      // What was begun goes; what is whole is the user's.
      await file?.abort().catch(() => {});
      await unfinished?.().catch(() => {});
      return whole;
    },
  };
}

export class NegatoscopeDeidentify extends LitElement {
  static override styles = keepStyles;

  @property({ attribute: false }) client!: StudyClient;
  @property({ attribute: false }) text!: Text;
  @property() language: Language = 'en';

  @state() private chosen = new Set<string>();
  @state() private date: (typeof dates)[number] = '';
  @state() private leaveOut = false;
  @state() private work: { done: number; total: number; bytes: number } | null = null;
  @state() private report: Report | null = null;
  @state() private failure = '';
  /** What a run that was stopped has left behind. */
  @state() private left = '';
  #stopped = false;

  override firstUpdated(): void {
    this.renderRoot.querySelector('dialog')?.showModal();
  }

  override updated(): void {
    // What had the focus goes with each part of the way: the keys stay in the dialog.
    const { activeElement } = this.renderRoot as ShadowRoot;
    if (!activeElement || activeElement instanceof HTMLDialogElement)
      this.renderRoot.querySelector<HTMLElement>('.foot .first, .foot button')?.focus();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopped = true;
  }

  #shut(): void {
    if (this.work) this.#stopped = true;
    this.dispatchEvent(new CustomEvent('shut'));
  }

  async #run(open: () => Promise<Target>, zip: boolean): Promise<void> {
    this.failure = '';
    this.left = '';
    let target: Target;
    try {
      target = await open();
    } catch {
      return; // the user chose no place
    }
    this.#stopped = false;
    this.work = { done: 0, total: 1, bytes: 0 };
    const run = Symbol();
    newest.set(this.client, run);
    const goOn = () => {
      if (this.#stopped || newest.get(this.client) !== run) throw new DOMException('stopped', 'AbortError');
    };
    try {
      const seed = [...crypto.getRandomValues(new Uint32Array(8))] as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const options = [...this.chosen, ...(this.date ? [this.date] : [])];
      await this.client.ask('copying', { kind: 'deidentify', options, seed, zip, leave_out: this.leaveOut });
      let bytes = 0;
      for (;;) {
        goOn();
        const piece = await this.client.ask('copying', { kind: 'deidentify-next' });
        goOn();
        if (piece.bytes || piece.name !== null) await target.write(piece.name, new Uint8Array(piece.bytes ?? []));
        bytes += piece.bytes?.length ?? 0;
        this.work = { done: piece.done, total: Math.max(1, piece.total), bytes };
        if (piece.report !== null) {
          await target.finish();
          this.report = JSON.parse(piece.report);
          break;
        }
      }
    } catch (error) {
      const left = await target.abandon().catch(() => 0);
      if (left > 0) this.left = fill(this.text.deid_left, { count: left });
      if (!(error instanceof DOMException && error.name === 'AbortError'))
        this.failure =
          error instanceof StudyError
            ? `${errorText(this.language, error.failure).cause} (${error.code})`
            : String(error);
    } finally {
      this.work = null;
      if (newest.get(this.client) === run) void this.client.ask('done', { kind: 'deidentify-stop' }).catch(() => {});
    }
  }

  #choice(name: (typeof switches)[number]) {
    const { text } = this;
    return html`<label class="tick"><input type="checkbox" .checked=${this.chosen.has(name)}
        @change=${(event: Event) => {
          const chosen = new Set(this.chosen);
          if ((event.target as HTMLInputElement).checked) chosen.add(name);
          else chosen.delete(name);
          this.chosen = chosen;
        }} /><span>${text[`deid_${name}`]}<small>${text[`deid_${name}_what`]}</small></span></label>`;
  }

  #form() {
    const { text } = this;
    return html`<div class="content" tabindex="0">
        <p>${text.deid_what}</p>
        <div class="content columns flush">
          <fieldset><legend>${text.deid_dates}</legend>
            ${dates.map(
              (name) =>
                html`<label class="tick"><input type="radio" name="dates" .checked=${this.date === name} @change=${() => {
                  this.date = name;
                }} /><span>${text[`deid_dates_${name || 'gone'}`]}</span></label>`,
            )}
            <legend class="later">${text.deid_pixels}</legend>
            <label class="tick"><input type="checkbox" .checked=${this.leaveOut} @change=${(event: Event) => {
              this.leaveOut = (event.target as HTMLInputElement).checked;
            }} /><span>${text.deid_leaveOut}<small>${text.deid_leaveOut_what}</small></span></label>
          </fieldset>
          <fieldset><legend>${text.deid_keep}</legend>${switches.map((name) => this.#choice(name))}</fieldset>
        </div>
        <div class="warning"><p>${text.deid_warning}</p></div>
        ${this.failure || this.left ? html`<div class="warning" role="alert"><p>${this.failure}</p><p class="left">${this.left}</p></div>` : nothing}
      </div>
      <div class="foot">
        <button type="button" @click=${this.#shut}>${text.cancel}</button>
        ${pickers.showDirectoryPicker ? html`<button type="button" @click=${() => void this.#run(folderTarget, false)}>${text.deid_folder}</button>` : nothing}
        <button type="button" class="first" @click=${() => void this.#run(archiveTarget, true)}>${text.deid_zip}</button>
      </div>`;
  }

  #progress({ done, total, bytes }: { done: number; total: number; bytes: number }) {
    const { text } = this;
    return html`<div class="content"><p role="status">${fill(text.deid_working, { done, total, size: (bytes / 1e6).toFixed(1) })}</p>
        <progress .value=${done / total} aria-label=${text.deid_title}></progress></div>
      <div class="foot"><button type="button" @click=${() => {
        this.#stopped = true;
      }}>${text.cancel}</button></div>`;
  }

  #done(report: Report) {
    const { text } = this;
    const line = ({ code, text: cause, files }: Said) => {
      const said = errorText(this.language, { code, cause, hint: '' });
      return html`<li class="warning"><p>${said.cause} (${code}, ${fill(text.deid_files, { count: files })})</p>${said.hint ? html`<small>${said.hint}</small>` : nothing}</li>`;
    };
    const changes = report.changes.reduce((sum, { count }) => sum + count, 0);
    const attributes = new Set(report.changes.map(({ tag }) => tag)).size;
    return html`<div class="content" tabindex="0">
        <p class="done"><b>${fill(text.deid_files, { count: report.copied })}</b></p>
        <p>${fill(text.deid_done, { changes, attributes })}</p>
        ${report.remarks.length > 0 ? html`<h3>${text.deid_look}</h3><ul>${report.remarks.map(line)}</ul>` : nothing}
        ${report.left_out.length > 0 ? html`<h3>${text.deid_out}</h3><ul>${report.left_out.map(line)}</ul>` : nothing}
      </div>
      <div class="foot"><button type="button" class="first" autofocus @click=${this.#shut}>${text.close}</button></div>`;
  }

  override render() {
    const { text } = this;
    const body = () => {
      if (this.report) return this.#done(this.report);
      return this.work ? this.#progress(this.work) : this.#form();
    };
    return html`<dialog aria-label=${text.deid_title} @close=${this.#shut} @cancel=${(event: Event) => {
      if (!this.work) return;
      event.preventDefault(); // Escape stops the work first
      this.#stopped = true;
    }}>
      <div class="head"><h2>${text.deid_title}</h2><button type="button" aria-label=${text.close} @click=${this.#shut}>${icons.close}</button></div>
      ${body()}
    </dialog>`;
  }
}

customElements.define('negatoscope-deidentify', NegatoscopeDeidentify);
