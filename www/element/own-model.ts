// One network that somebody brought: what it is, a small form for what its manifest lacks, and whether it is kept.
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import type { Inspection, Port, Refusal } from '../shared/protocol.ts';
import { fill, maybe, type Text, type TextKey } from '../text/index.ts';
import type { AnalyzeWish } from './analysis.ts';
import type { Own } from './brought.ts';
import { findingsStyles } from './findings.css.ts';
import { modelOf } from './models.ts';
import { askable, wishForm } from './wish.ts';

export interface OwnActions {
  run(folder: string, wish?: AnalyzeWish): void;
  /** The manifest was written on. */
  write(folder: string, manifest: string): void;
  keep(folder: string, on: boolean): void;
  remove(folder: string): void;
}

type Tree = { [key: string]: unknown };

/** A part of the manifest that the form asks for. */
interface Field {
  path: string;
  label: TextKey;
  /** The values to choose from, with the key of their words behind `own_`; none: a line of text. */
  options?: readonly string[];
  kind?: 'numbers' | 'names' | 'text';
  hint?: TextKey;
  when?(manifest: Tree): boolean;
}

const at = (tree: Tree, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Tree | undefined)?.[key], tree);
const stack = (manifest: Tree) => at(manifest, 'input.takes') === 'stack';
const segments = (manifest: Tree) => at(manifest, 'task') === 'segmentation';

const fields: readonly Field[] = [
  { path: 'task', label: 'own_task', options: ['classification', 'segmentation', 'detection'] },
  { path: 'input.takes', label: 'own_takes', options: ['frame', 'stack'] },
  { path: 'input.layout', label: 'own_layout', options: ['NCDHW', 'NDHWC', 'NDHW', 'NCHW', 'NHWC', 'NHW'] },
  { path: 'input.orientation', label: 'own_orientation', kind: 'text', hint: 'own_orientation_hint', when: stack },
  { path: 'input.spacing', label: 'own_spacing', kind: 'numbers', hint: 'own_spacing_hint', when: stack },
  { path: 'input.size', label: 'own_size', kind: 'numbers', hint: 'own_size_hint' },
  { path: 'input.sliding.roi', label: 'own_roi', kind: 'numbers', hint: 'own_roi_hint', when: segments },
  {
    path: 'output.activation',
    label: 'own_activation',
    options: ['softmax', 'sigmoid', 'none', 'independent', 'argmax'],
    when: (manifest) => at(manifest, 'task') !== 'detection',
  },
  { path: 'output.labels', label: 'own_labels', kind: 'names', hint: 'own_labels_hint' },
];

/** Bounds of the changes of a frame that a network bears: their field, where they end, and what of one is shown. */
const bounds = [
  ['rotate_degrees', 'own_bears_turn', 45, 1],
  ['shift', 'own_bears_shift', 0.5, 100],
  ['zoom', 'own_bears_zoom', 0.5, 100],
  ['gamma', 'own_bears_gamma', 0.5, 100],
] as const;

/** The scalings that the form offers; others are written in the manifest itself. */
const scalings = ['as-is', 'window', 'minmax', 'percentiles', 'zscore'] as const;

const numbersOf = (text: string) =>
  text
    .split(/[\s,;×]+/)
    .filter(Boolean)
    .map(Number);
const areNumbers = (found: unknown) => !Array.isArray(found) || found.every(Number.isFinite);
const namesOf = (text: string) =>
  text
    .split(/[,;\n，；]+/)
    .map((name) => name.trim())
    .filter(Boolean);

/** A manifest with one part changed; what is empty is not there. */
function changed(manifest: Tree, path: string, value: unknown): Tree {
  const copy = structuredClone(manifest);
  // What an empty form leaves behind.
  if (value === undefined && at(copy, 'augment') === null) delete copy.augment;
  const keys = path.split('.');
  const last = keys.pop() as string;
  let place = copy;
  for (const key of keys) {
    if (typeof place[key] !== 'object' || place[key] === null) place[key] = {};
    place = place[key] as Tree;
  }
  if (value === undefined) delete place[last];
  else place[last] = value;
  // Windows without a size are none.
  const sliding = at(copy, 'input.sliding') as Tree | undefined | null;
  if (sliding && !sliding.roi) delete (copy.input as Tree).sliding;
  return copy;
}

export class NegatoscopeOwnModel extends LitElement {
  static override styles = findingsStyles;

  @property({ attribute: false }) own!: Own;
  @property({ attribute: false }) text!: Text;
  @property({ attribute: false }) act!: OwnActions;
  /** Something is shown that can be analysed, and nothing runs. */
  @property({ type: Boolean }) ready = false;

  /** What is asked besides the answer, by folder: this element may come to show another network. */
  readonly #wishes = new Map<string, AnalyzeWish>();

  get #wish(): AnalyzeWish {
    return this.#wishes.get(this.own.folder) ?? {};
  }

  get #manifest(): Tree {
    try {
      return JSON.parse(this.own.manifest) as Tree;
    } catch {
      return {};
    }
  }

  #write(path: string, value: unknown): void {
    this.act.write(this.own.folder, JSON.stringify(changed(this.#manifest, path, value), null, 2));
  }

  override render() {
    const { text, own } = this;
    const { inspection, gaps, folder } = own;
    const refusals = inspection?.refusals ?? [];
    const runs = inspection !== null && refusals.length === 0 && gaps.length === 0;
    return html`<section class="model own" data-model=${folder}>
      <div class="title"><h3>${own.name}</h3><span class="chip">${text.own_nobody}</span></div>
      ${inspection ? this.#facts(inspection) : gaps.length === 0 ? html`<p role="status">${text.own_looked}</p>` : nothing}
      ${refusals.map((refusal) => html`<p class="warning" role="alert">${this.#refusal(refusal)}</p>`)}
      ${refusals.length === 0 ? this.#form() : nothing}
      ${runs ? this.#wished() : nothing}
      <div class="acts"><button type="button" class="run" ?disabled=${!this.ready || !runs}
          aria-label=${`${text.analyze}: ${own.name}`} @click=${() => this.act.run(folder, askable(modelOf(own).manifest, this.#wish))}>${text.analyze}</button>
        <button type="button" class="remove" @click=${() => this.act.remove(folder)}>${text.own_remove}</button></div>
      <label class="switch"><input type="checkbox" class="keep" .checked=${own.kept}
        @change=${(event: Event) => this.act.keep(folder, (event.target as HTMLInputElement).checked)} />${text.own_keep}</label>
    </section>`;
  }

  #wished() {
    return wishForm(modelOf(this.own).manifest, this.#wish, this.text, (part) => {
      this.#wishes.set(this.own.folder, { ...this.#wish, ...part });
      this.requestUpdate();
    });
  }

  #facts(found: Inspection): TemplateResult {
    const { text } = this;
    const { task, axes } = found.seems;
    const ports = (ports: readonly Port[]) =>
      ports.map(({ name, kind, shape }) => html`<dd>${name}: ${kind} [${shape.join(', ')}]</dd>`);
    const kib = found.bytes / 1024;
    const size = kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
    const seems = task
      ? fill(text[axes === 3 ? 'own_of_volumes' : 'own_of_pictures'], { task: maybe(text, `own_${task}`, task) })
      : text.own_untold;
    return html`<p class="seems">${fill(text.own_seems, { what: seems })}</p>
      <details><summary>${text.own_about}</summary><dl class="facts">
        <dt>${text.own_inputs}</dt>${ports(found.inputs)}
        <dt>${text.own_outputs}</dt>${ports(found.outputs)}
        <dt>${text.own_operators}</dt><dd>${found.operators.map(({ name, count }) => `${count} × ${name}`).join(', ')}</dd>
        <dt>${text.own_opset}</dt><dd>${found.opsets.map(({ domain, version }) => `${domain} ${version}`.trim()).join(', ')}</dd>
        <dt>${text.own_bytes}</dt><dd>${fill(text.own_parameters, { size, count: found.parameters })}</dd>
        ${found.producer ? html`<dt>${text.own_producer}</dt><dd>${found.producer}</dd>` : nothing}
      </dl></details>
      ${found.notes.length > 0 ? html`<details><summary>${text.own_notes}</summary><ul>${found.notes.map((note) => html`<li>${note}</li>`)}</ul></details>` : nothing}`;
  }

  #refusal(refusal: Refusal): string {
    const { text } = this;
    if (refusal.kind === 'operators')
      return fill(text.own_no_operators, { names: refusal.names.join(', '), opset: refusal.opset });
    if (refusal.kind === 'inputs') return fill(text.own_no_inputs, { count: refusal.count });
    if (refusal.kind === 'element') return fill(text.own_no_element, { found: refusal.found });
    return refusal.kind === 'external' ? text.own_no_external : text.own_no_format;
  }

  #form(): TemplateResult {
    const { text, own } = this;
    const manifest = this.#manifest;
    const general = at(manifest, 'input.preparation') === 'general';
    const gap = (path: string) => own.gaps.find(({ field }) => field === path || field === path.replace(/\.roi$/, ''));
    const named = [...fields.map(({ path }) => path), 'input.channels', 'input.intensity'];
    const others = own.gaps.filter(
      ({ field }) => !named.some((path) => field === path || path.startsWith(`${field}.`)),
    );
    const labels: readonly { path: string; label: TextKey }[] = [
      ...fields,
      { path: 'input.channels', label: 'own_channels' },
      { path: 'input.intensity', label: 'own_scaling' },
    ];
    // What stands in a field and does not fit; what is missing is seen at the field itself.
    const wrong = labels.flatMap(({ path, label }) => {
      const found = own.gaps.find(({ field }) => field === path)?.found;
      return found ? [{ label, found }] : [];
    });
    return html`<form class="asked" @submit=${(event: Event) => event.preventDefault()}>
        ${general ? fields.filter(({ when }) => when?.(manifest) ?? true).map((field) => this.#field(field, manifest, Boolean(gap(field.path)))) : nothing}
        ${general ? this.#channels(manifest, Boolean(gap('input.channels'))) : nothing}
        ${general ? this.#scaling(manifest, Boolean(gap('input.intensity'))) : nothing}
        ${general && !stack(manifest) && at(manifest, 'task') !== 'detection' ? this.#bears(manifest) : nothing}
      </form>
      ${own.gaps.length > 0 ? html`<p class="lacks" role="status">${fill(text.own_lacks, { count: own.gaps.length })}</p>` : nothing}
      ${wrong.map(({ label, found }) => html`<p class="warning">${fill(text.own_wrong, { what: text[label], found })}</p>`)}
      ${others.map(({ field, expected, found }) => html`<p class="warning">${maybe(text, `gap_${field.replaceAll('.', '_')}`, `${field}: ${expected}`)}${found ? ` (${found})` : ''}</p>`)}
      <details><summary>${text.own_manifest}</summary>
        <textarea class="manifest" spellcheck="false" rows="14" aria-label=${text.own_manifest} .value=${own.manifest}
          @change=${(event: Event) => this.act.write(own.folder, (event.target as HTMLTextAreaElement).value)}></textarea></details>`;
  }

  #row(path: string, label: TextKey, lacks: boolean, control: TemplateResult): TemplateResult {
    return html`<label class=${lacks ? 'asks lacks' : 'asks'} data-field=${path}><span>${this.text[label]}</span>${control}</label>`;
  }

  #select(path: string, options: readonly string[], value: unknown, lacks: boolean, write: (value: string) => void) {
    const { text } = this;
    return html`<select name=${path} aria-invalid=${lacks} @change=${(event: Event) => write((event.target as HTMLSelectElement).value)}>
      ${options.includes(String(value)) ? nothing : html`<option value="" selected disabled>${text.own_choose}</option>`}
      ${options.map((one) => html`<option value=${one} ?selected=${one === value}>${maybe(text, `own_${one.replace('-', '_')}`, one)}</option>`)}
    </select>`;
  }

  #field({ path, label, options, kind, hint }: Field, manifest: Tree, lacks: boolean): TemplateResult {
    const value = at(manifest, path);
    if (options)
      return this.#row(
        path,
        label,
        lacks,
        this.#select(path, options, value, lacks, (one) => this.#write(path, one)),
      );
    const shown = Array.isArray(value)
      ? value.map((one) => (kind === 'names' ? (one as { name: string }).name : one)).join(', ')
      : String(value ?? '');
    const written = (text: string): unknown => {
      if (text.trim() === '') return undefined;
      if (kind === 'numbers') return numbersOf(text);
      return kind === 'names' ? namesOf(text).map((name) => ({ name })) : text.trim();
    };
    return this.#row(
      path,
      label,
      lacks,
      html`<input type="text" name=${path} aria-invalid=${lacks} placeholder=${hint ? this.text[hint] : ''} .value=${shown}
        @change=${({ target }: Event) => {
          const input = target as HTMLInputElement;
          const found = written(input.value);
          if (this.#fits(input, kind !== 'numbers' || areNumbers(found))) this.#write(path, found);
        }} />`,
    );
  }

  /** What is no number is refused where it was written: as JSON it would be null. */
  #fits(input: HTMLInputElement, fits: boolean): boolean {
    input.setCustomValidity(fits ? '' : this.text.own_no_number);
    if (!fits) input.reportValidity();
    return fits;
  }

  /** Several channels: a grey value in each, or neighbouring slices. */
  #channels(manifest: Tree, lacks: boolean) {
    const count = this.own.inspection?.seems.channels ?? 1;
    if (count === null || count < 2) return nothing;
    const value = at(manifest, 'input.slices') ? 'neighbours' : at(manifest, 'input.channels') ? 'repeated' : '';
    const options = count % 2 === 1 && stack(manifest) ? ['repeated', 'neighbours'] : ['repeated'];
    const write = (one: string) => {
      const without = changed(changed(manifest, 'input.channels', undefined), 'input.slices', undefined);
      const path = one === 'neighbours' ? 'input.slices' : 'input.channels';
      this.act.write(this.own.folder, JSON.stringify(changed(without, path, count), null, 2));
    };
    return this.#row(
      'input.channels',
      'own_channels',
      lacks,
      this.#select('input.channels', options, value, lacks, write),
    );
  }

  /** Which small changes of the image must not change the answer: nobody knows but who made the network, so it may stay unsaid. */
  #bears(manifest: Tree): TemplateResult {
    const { text } = this;
    const modality = at(manifest, 'input.values') === 'modality';
    const number = ([key, label, most, scale]: (typeof bounds)[number]) => {
      const path = `augment.${key}`;
      const value = Number(at(manifest, path) ?? 0);
      const lost = key === 'gamma' && modality;
      const end = lost ? 0 : most;
      return this.#row(
        path,
        label,
        lost,
        html`<input type="number" name=${path} aria-invalid=${lost} min="0" max=${end * scale} step="any" .value=${String(Number((value * scale).toFixed(6)))}
          @change=${({ target }: Event) => {
            const input = target as HTMLInputElement;
            const found = Number(input.value) / scale;
            input.setCustomValidity('');
            if (!input.reportValidity() || !(found >= 0 && found <= end)) return;
            this.#write(path, found || undefined);
          }} />`,
      );
    };
    // A power is of grey values as they are displayed; one that was written before stays to be seen, and cleared.
    const lost = modality && Number(at(manifest, 'augment.gamma') ?? 0) > 0;
    const offered = bounds.filter(([key]) => key !== 'gamma' || !modality || lost);
    return html`<details class="bears" ?open=${Boolean(at(manifest, 'augment'))}><summary>${text.own_bears}</summary><p>${text.own_bears_hint}</p>
      ${offered.map(number)}
      ${lost ? html`<p class="warning">${text.own_bears_no_gamma}</p>` : nothing}
      <label class="switch"><input type="checkbox" name="augment.flip" .checked=${at(manifest, 'augment.flip') === true}
        @change=${(event: Event) => this.#write('augment.flip', (event.target as HTMLInputElement).checked || undefined)} />${text.own_bears_flip}</label>
    </details>`;
  }

  /** How values are scaled: one step, or none; more steps are shown in the manifest. */
  #scaling(manifest: Tree, lacks: boolean) {
    const { text } = this;
    const path = 'input.intensity';
    const steps = at(manifest, path) as Tree[] | undefined | null;
    const one = steps?.length === 1 ? steps[0] : undefined;
    const several = (steps?.length ?? 0) > 1 || one?.method === 'fixed';
    const value = steps?.length === 0 ? 'as-is' : several ? 'several' : String(one?.method ?? '');
    const options = several ? [...scalings, 'several'] : scalings;
    const fresh = (method: string): unknown => {
      if (method === 'as-is') return [];
      if (method === 'window') return [{ method, low: -160, high: 240, clip: true }];
      return [method === 'percentiles' ? { method, low: 1, high: 99, clip: true } : { method }];
    };
    const select = this.#select(path, options, value, lacks, (method) => {
      if (method !== 'several') this.#write(path, fresh(method));
    });
    const ends = value === 'window' || value === 'percentiles';
    const end = (key: 'low' | 'high', label: TextKey) =>
      this.#row(
        `${path}.${key}`,
        label,
        false,
        html`<input type="text" inputmode="decimal" name=${`${path}.${key}`} .value=${String(one?.[key] ?? '')}
          @change=${({ target }: Event) => {
            const input = target as HTMLInputElement;
            const found = numbersOf(input.value);
            if (this.#fits(input, found.length === 1 && areNumbers(found)))
              this.#write(path, [{ ...one, [key]: found[0] }]);
          }} />`,
      );
    return html`${this.#row(path, 'own_scaling', lacks, select)}
      ${ends ? html`${end('low', 'own_low')}${end('high', 'own_high')}` : nothing}
      ${several ? html`<p>${text.own_several_hint}</p>` : nothing}`;
  }
}

customElements.define('negatoscope-own-model', NegatoscopeOwnModel);

declare global {
  interface HTMLElementTagNameMap {
    'negatoscope-own-model': NegatoscopeOwnModel;
  }
}
