// The controls of a volume: the slab of its planes; preset, threshold, box and labels of its picture.
import { html, nothing } from 'lit';
import { fill, maybe, type Text } from '../text/index.ts';
import { icons } from './icons.ts';
import { type Mpr, slabModes, type SlabMode } from './mpr.ts';

export interface BarState {
  text: Text;
  mpr: Mpr;
  /** Pictures of the presets, as URLs. */
  pictures: ReadonlyMap<string, string>;
  /** A label map lies over the stack. */
  labelled: boolean;
  open: '' | 'presets' | 'box';
  /** A drag moves the cross-hair. */
  cross: boolean;
}

export interface BarActions {
  open(what: BarState['open']): void;
  shut(): void;
  cross(): void;
}

const value = (event: Event) => Number((event.target as HTMLInputElement).value);

/** HU of a threshold, or a share of the range. */
const shiftOf = (mpr: Mpr) => {
  const wide = mpr.info.hounsfield && mpr.cast.preset.startsWith('ct-');
  return wide ? { least: -400, most: 400, step: 10 } : { least: -0.5, most: 0.5, step: 0.01 };
};

function presetPanel({ text, mpr, pictures }: BarState, act: BarActions) {
  const offered = mpr.info.presets.filter((name) => mpr.info.hounsfield || !name.startsWith('ct-'));
  return html`<div class="pop presets" role="dialog" aria-label=${text.mprPreset}>
    ${offered.map(
      (name) => html`<button type="button" aria-pressed=${mpr.cast.preset === name}
        @click=${() => {
          mpr.setCast({ preset: name, shift: 0 });
          act.open('');
        }}>
        ${pictures.has(name) ? html`<img src=${pictures.get(name) as string} alt="" />` : html`<i></i>`}
        <span>${maybe(text, `render_${name.replaceAll('-', '_')}`, name)}</span>
      </button>`,
    )}
  </div>`;
}

function boxPanel({ text, mpr }: BarState) {
  const axes = [text.mprBoxColumns, text.mprBoxRows, text.mprBoxSlices];
  const set = (axis: number, end: number, share: number) => {
    const clip = mpr.cast.clip.map((pair) => [...pair]) as typeof mpr.cast.clip;
    const pair = clip[axis];
    if (!pair) return;
    pair[end] = end === 0 ? Math.min(share, pair[1] - 0.01) : Math.max(share, pair[0] + 0.01);
    mpr.setCast({ clip });
  };
  return html`<div class="pop box" role="dialog" aria-label=${text.mprBox}>
    ${axes.map(
      (name, axis) => html`<fieldset><legend>${name}</legend>
        ${[0, 1].map(
          (
            end,
          ) => html`<input type="range" min="0" max="1" step="0.01" .value=${String(mpr.cast.clip[axis]?.[end] ?? end)}
            aria-label=${`${name} ${end === 0 ? text.mprBoxFrom : text.mprBoxTo}`} @input=${(event: Event) => set(axis, end, value(event))} />`,
        )}
      </fieldset>`,
    )}
    <button type="button" @click=${() =>
      mpr.setCast({
        clip: [
          [0, 1],
          [0, 1],
          [0, 1],
        ],
      })}>${text.mprBoxWhole}</button>
  </div>`;
}

/** The bar above the four viewports. */
export function mprBar(state: BarState, act: BarActions) {
  const { text, mpr, open, labelled, cross } = state;
  const shift = shiftOf(mpr);
  const toggle = (what: 'presets' | 'box') => act.open(open === what ? '' : what);
  return html`<div class="mprbar" role="toolbar" aria-label=${text.mpr}>
    <button type="button" class=${cross ? 'on' : ''} aria-pressed=${cross} title=${text.mprCross} @click=${act.cross}>${icons.cross}<span>${text.mprCross}</span><kbd>U</kbd></button>
    <label>${text.mprSlab}
      <select .value=${mpr.slab} @change=${(event: Event) => mpr.setSlab((event.target as HTMLSelectElement).value as SlabMode, mpr.thickness || 10)}>
        ${slabModes.map((mode) => html`<option value=${mode} ?selected=${mode === mpr.slab}>${text[`slab_${mode}`]}</option>`)}
      </select>
    </label>
    <label class="thick"><span class="name">${text.mprThickness}</span>
      <input type="range" min="0" max="100" step="0.5" .value=${String(mpr.thickness)} aria-valuetext=${fill(text.mm, { value: mpr.thickness })}
        @input=${(event: Event) => mpr.setSlab(mpr.slab, value(event))} />
      <output>${fill(text.mm, { value: mpr.thickness })}</output>
    </label>
    <button type="button" @click=${() => mpr.reset()}>${text.mprReset}</button>
    <i></i>
    <button type="button" aria-haspopup="dialog" aria-expanded=${open === 'presets'} @click=${() => toggle('presets')}>
      ${maybe(text, `render_${mpr.cast.preset.replaceAll('-', '_')}`, mpr.cast.preset)}</button>
    <label class="thick"><span class="name">${text.mprShift}</span>
      <input type="range" min=${shift.least} max=${shift.most} step=${shift.step} .value=${String(mpr.cast.shift)}
        @input=${(event: Event) => mpr.setCast({ shift: value(event) })} />
    </label>
    <button type="button" aria-haspopup="dialog" aria-expanded=${open === 'box'} @click=${() => toggle('box')}>${text.mprBox}</button>
    ${
      labelled
        ? html`<button type="button" aria-pressed=${mpr.cast.labels} @click=${() => mpr.setCast({ labels: !mpr.cast.labels })}>${text.mprLabels}</button>`
        : nothing
    }
    <button type="button" class="shut" aria-label=${text.mprClose} title=${text.mprClose} @click=${act.shut}>${icons.close}<span>${text.mprClose}</span><kbd>Q</kbd></button>
    ${open === 'presets' ? presetPanel(state, act) : open === 'box' ? boxPanel(state) : nothing}
  </div>`;
}
