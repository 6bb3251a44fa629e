// What a user may change, as three short tables: keys, presets, how studies are hung.
import { html, LitElement, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { fill, maybe, type Text } from '../text/index.ts';
import { layouts, viewportsIn } from './attributes.ts';
import { type Action, changeable, keyOf } from './keys.ts';
import { type Hanging, type Preset, settings } from './settings.ts';
import { settingsStyles } from './settings-dialog.css.ts';

/** Keys that keep their meaning: they move, leave, or belong to the browser. */
const fixed =
  /^(Arrow|Home|End|Page|Tab|Enter|Escape|Shift|Control|Alt|Meta|CapsLock|F\d+$|[0-9]$|Unidentified|Process)/;

export class NegatoscopeSettings extends LitElement {
  static override styles = settingsStyles;

  @property({ attribute: false }) text!: Text;
  /** The action whose new key is waited for. */
  @state() private waiting: Action | null = null;
  @state() private said = '';

  readonly #changed = () => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    settings.addEventListener('change', this.#changed);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    settings.removeEventListener('change', this.#changed);
  }

  override updated(changed: PropertyValues): void {
    if (changed.has('waiting' as keyof this) && this.waiting)
      this.renderRoot.querySelector<HTMLElement>(`[data-action='${this.waiting}']`)?.focus();
  }

  #onKey(event: KeyboardEvent): void {
    const action = this.waiting;
    if (!action || event.key === 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
    this.waiting = null;
    if (event.key === 'Escape') return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.altKey || event.metaKey || fixed.test(key)) {
      this.said = fill(this.text.settings_keyFixed, { key: event.key });
      return;
    }
    // A key has one meaning: who had it loses it, and is named.
    const keys = { ...settings.now.keys };
    const other = changeable.find(([one]) => one !== action && keyOf(one, keys) === key);
    if (other) keys[other[0]] = '';
    keys[action] = key;
    settings.set({ keys });
    this.said = other ? fill(this.text.settings_keyTaken, { name: this.text[other[1]] }) : '';
  }

  #preset(at: number, part: Partial<Preset> | null): void {
    const all = settings.now.presets.map((one, i) => (i === at && part ? { ...one, ...part } : one));
    const good = (one: Preset) =>
      one.name && one.width > 0 && Number.isFinite(one.width) && Number.isFinite(one.center);
    const kept = part ? all : all.filter((_, i) => i !== at);
    if (kept.every(good)) settings.set({ presets: kept });
    this.requestUpdate();
  }

  #rule(at: number, part: Partial<Hanging> | null): void {
    const all = settings.now.hanging.map((one, i) => (i === at && part ? { ...one, ...part } : one));
    settings.set({ hanging: part ? all.filter(({ modality }) => modality) : all.filter((_, i) => i !== at) });
  }

  /** The button that was pressed may be gone with its row: the keys stay with the table. */
  async #focusRow(event: Event, at: number): Promise<void> {
    const section = (event.currentTarget as HTMLElement).closest('section');
    await this.updateComplete;
    const rows = section?.querySelectorAll<HTMLElement>('.gone') ?? [];
    (rows[at] ?? rows[at - 1] ?? section?.querySelector<HTMLElement>(':scope > button'))?.focus();
  }

  override render() {
    const { text } = this;
    return html`<p class="note">${text.settings_where}</p>
      ${this.#keys()} ${this.#presets()} ${this.#hanging()}
      <div class="end"><button type="button" class="reset" @click=${() => settings.reset()}>${text.settings_reset}</button></div>`;
  }

  #keys() {
    const { text } = this;
    return html`<section @keydown=${this.#onKey}>
      <h3>${text.keys}</h3>
      <div class="keys">${changeable.map(([action, name]) => {
        const key = keyOf(action, settings.now.keys);
        const waits = this.waiting === action;
        return html`<div><span>${text[name]}</span>
          <button type="button" data-action=${action} aria-label=${fill(text.settings_keyOf, { name: text[name], key: key || '–' })}
            class=${waits ? 'waits' : ''} @click=${() => {
              this.waiting = waits ? null : action;
              this.said = '';
            }} @blur=${() => {
              if (this.waiting === action) this.waiting = null;
            }}>${waits ? text.settings_press : html`<kbd>${key === ' ' ? text.settings_space : key.toUpperCase() || '–'}</kbd>`}</button></div>`;
      })}</div>
      <p class="note" role="status">${this.said}</p>
    </section>`;
  }

  #presets() {
    const { text } = this;
    const number = (at: number, part: 'width' | 'center', label: string, value: number) =>
      html`<td><input inputmode="decimal" aria-label=${label} .value=${String(value)} @change=${(event: Event) => {
        const input = event.target as HTMLInputElement;
        this.#preset(at, { [part]: Number.parseFloat(input.value) });
        input.value = String(settings.now.presets[at]?.[part]);
      }} /></td>`;
    return html`<section>
      <h3>${text.settings_presets}</h3>
      <table><tr><th>${text.settings_name}</th><th>${text.settings_width}</th><th>${text.settings_center}</th><th></th></tr>
      ${settings.now.presets.map(
        (one, at) => html`<tr>
          <td><input aria-label=${text.settings_name} .value=${maybe(text, `preset_${one.name}`, one.name)}
            @change=${(event: Event) => this.#preset(at, { name: (event.target as HTMLInputElement).value.trim().slice(0, 64) || one.name })} /></td>
          ${number(at, 'width', text.settings_width, one.width)} ${number(at, 'center', text.settings_center, one.center)}
          <td><button type="button" aria-label=${fill(text.settings_remove, { name: maybe(text, `preset_${one.name}`, one.name) })}
            class="gone" @click=${(event: Event) => {
              this.#preset(at, null);
              void this.#focusRow(event, at);
            }}>×</button></td></tr>`,
      )}</table>
      <button type="button" @click=${() => settings.set({ presets: [...settings.now.presets, { name: text.settings_new, width: 400, center: 40 }] })}>${text.settings_addPreset}</button>
    </section>`;
  }

  #hanging() {
    const { text } = this;
    const windows = [
      ['file', text.presetFile],
      ['auto', text.presetAuto],
      ...settings.now.presets.map(({ name }) => [name, maybe(text, `preset_${name}`, name)]),
    ] as const;
    return html`<section>
      <h3>${text.settings_hanging}</h3>
      <p class="note">${text.settings_hangingWhat}</p>
      <table><tr><th>${text.settings_modality}</th><th>${text.layout}</th><th>${text.toolWindow}</th><th>${text.settings_order}</th><th></th></tr>
      ${settings.now.hanging.map(
        (one, at) => html`<tr>
          <td><input class="short" aria-label=${text.settings_modality} .value=${one.modality}
            @change=${(event: Event) => this.#rule(at, { modality: (event.target as HTMLInputElement).value.trim().toUpperCase() || one.modality })} /></td>
          <td><select aria-label=${text.layout} @change=${(event: Event) => this.#rule(at, { layout: (event.target as HTMLSelectElement).value as Hanging['layout'] })}>
            ${layouts.map((layout) => html`<option value=${layout} ?selected=${layout === one.layout}>${maybe(text, `layout${viewportsIn(layout)}`, layout)}</option>`)}</select></td>
          <td><select aria-label=${text.toolWindow} @change=${(event: Event) => this.#rule(at, { window: (event.target as HTMLSelectElement).value })}>
            ${windows.map(([name, label]) => html`<option value=${name} ?selected=${name === one.window}>${label}</option>`)}</select></td>
          <td><input aria-label=${text.settings_order} .value=${one.order} @change=${(event: Event) => this.#rule(at, { order: (event.target as HTMLInputElement).value })} /></td>
          <td><button type="button" class="gone" aria-label=${fill(text.settings_remove, { name: one.modality })} @click=${(
            event: Event,
          ) => {
            this.#rule(at, null);
            void this.#focusRow(event, at);
          }}>×</button></td></tr>`,
      )}</table>
      <button type="button" @click=${() => settings.set({ hanging: [...settings.now.hanging, { modality: '*', layout: '1', window: 'file', order: '' }] })}>${text.settings_addRule}</button>
    </section>`;
  }
}

if (!customElements.get('negatoscope-settings')) customElements.define('negatoscope-settings', NegatoscopeSettings);
