// What opens from the tools: presets, filters, layout, and the rest.
import { html, nothing, type TemplateResult } from 'lit';
import { measureTools } from '../shared/generated/measure-tools.ts';
import type { FilterInfo, Look, PresentationInfo } from '../shared/protocol.ts';
import { fill, maybe, type Text } from '../text/index.ts';
import { type Layout, layouts, viewportsIn } from './attributes.ts';
import { colourMaps } from './colour-maps.ts';
import { chainItems, type Reach, type Step } from './filter-chain.ts';
import type { Action } from './keys.ts';
import { icons } from './icons.ts';
import { measureKeys } from './keys.ts';
import { plainLook } from './look.ts';
import { kindName } from './measure-words.ts';
import type { MeasureKind } from './measures.ts';
import { settings } from './settings.ts';

export type Menu = '' | 'measure' | 'presets' | 'filter' | 'layout' | 'more';

/** What the menus show of the active viewport. */
export interface MenuState {
  text: Text;
  look: Look;
  hounsfield: boolean;
  grey: boolean;
  graphics: boolean;
  /** There are frames enough for something that moves. */
  moving: boolean;
  subtracted: boolean | null;
  choices: readonly string[];
  presentations: readonly PresentationInfo[];
  layout: Layout;
  backend: 'auto' | 'cpu' | 'gpu';
  anonymous: boolean;
  texts: boolean;
  phone: boolean;
  /** A study lies on this device for the next visit. */
  kept: boolean;
  kinds: readonly FilterInfo[];
  steps: readonly Step[];
  reach: Reach;
  /** Small pictures of the chain. */
  pictures: readonly string[];
  regions: boolean;
  /** Planes and picture of a volume are shown. */
  volume: boolean;
  linked: boolean;
  comparing: boolean;
  references: boolean;
  /** The measuring tool in force; empty for none. */
  kind: MeasureKind | '';
  measurements: number;
}

export interface MenuActions {
  run(action: Action): void;
  look(part: Partial<Look>): void;
  steps(steps: Step[]): void;
  regions(): void;
  layout(layout: Layout): void;
  backend(name: 'auto' | 'cpu' | 'gpu'): void;
  open(): void;
  measure(kind: MeasureKind): void;
}

/** A state says itself how the image lies and which window it has. */
const plainView = (): Partial<Look> => {
  const { zoom, pan, quarter_turns, flip, invert, window, choice, auto } = plainLook();
  return { zoom, pan, quarter_turns, flip, invert, window, choice, auto };
};

const choice = (on: boolean, label: string, act: () => void, note = '') =>
  html`<button type="button" aria-pressed=${on} @click=${act}>${label}${note ? html`<span>${note}</span>` : nothing}</button>`;
const item = (label: string, key: string, act: () => void) =>
  html`<button type="button" @click=${act}>${label}${key ? html`<kbd>${key}</kbd>` : nothing}</button>`;

/** A window of the file: its explanation, or width and center in the order of the presets. */
function fileWindow(name: string, text: Text): { label: string; note: string } {
  const [, center, width] = /^(-?[\d.]+) \/ ([\d.]+)$/.exec(name) ?? [];
  if (center && width) return { label: text.presetFile, note: `${width} / ${center}` };
  return { label: name || text.presetFile, note: '' };
}

function presetItems(s: MenuState, act: MenuActions): TemplateResult {
  const { look, text } = s;
  const own = look.window === null;
  const auto = own && (look.auto || s.choices.length === 0);
  return html`<h3>${text.presets}</h3>
    ${choice(auto, text.presetAuto, () => act.look({ window: null, auto: true }), '0')}
    ${s.choices.map((name, index) => {
      if (s.choices.indexOf(name) < index) return nothing; // said twice
      const { label, note } = fileWindow(s.anonymous && look.presentation ? '' : name, text); // a state's own words
      const on = own && !auto && s.choices[look.choice] === name;
      return choice(
        on,
        label,
        () => act.look({ window: null, auto: false, choice: index }),
        note || (index === 0 ? '1' : ''),
      );
    })}
    ${
      s.presentations.length > 0
        ? html`<h3>${text.presentations}</h3>
          ${s.presentations.map(({ uid, name }, index) =>
            choice(look.presentation === uid, (!s.anonymous && name) || `${index + 1}`, () =>
              act.look({ ...plainView(), presentation: look.presentation === uid ? null : uid }),
            ),
          )}`
        : nothing
    }
    ${
      s.hounsfield
        ? settings.now.presets.map(({ name, width, center }) =>
            choice(
              look.window?.width === width && look.window.center === center,
              maybe(text, `preset_${name}`, name),
              () => act.look({ window: { width, center } }),
              `${width} / ${center}`,
            ),
          )
        : nothing
    }`;
}

const filterItems = (s: MenuState, act: MenuActions): TemplateResult => chainItems(s, act.steps);

function layoutItems(
  { layout, text, volume, linked, references, comparing }: MenuState,
  act: MenuActions,
): TemplateResult {
  return html`<h3>${text.layout}</h3>
    ${layouts.map((one) => choice(!volume && !comparing && layout === one, text[`layout${viewportsIn(one)}`], () => act.layout(one)))}
    ${choice(volume, text.mpr, () => act.run('volume'), 'Q')}
    ${choice(comparing, text.compare, () => act.run('compare'), 'E')}
    <h3>${text.linkedTitle}</h3>
    ${choice(linked, text.linked, () => act.run('linked'), 'J')} ${choice(references, text.references, () => act.run('references'), 'Y')}`;
}

function moreItems(s: MenuState, act: MenuActions): TemplateResult {
  const { text, look } = s;
  return html`
    ${s.phone ? html`${item(text.cine, '', () => act.run('cine'))}${s.regions ? item(text.regions, '', act.regions) : nothing}${filterItems(s, act)}${layoutItems(s, act)}<h3>${text.more}</h3>` : nothing}
    ${item(text.rotateRight, 'R', () => act.run('rotate-right'))}
    ${item(text.rotateLeft, 'L', () => act.run('rotate-left'))}
    ${item(text.flipHorizontal, 'H', () => act.run('flip-horizontal'))}
    ${item(text.flipVertical, 'V', () => act.run('flip-vertical'))}
    ${choice(look.invert, text.invert, () => act.run('invert'), 'N')}
    ${s.graphics ? choice(look.graphics, text.graphics, () => act.run('graphics'), 'G') : nothing}
    ${
      s.subtracted === null
        ? nothing
        : choice(s.subtracted, text.subtraction, () => act.look({ subtract: !s.subtracted, window: null }))
    }
    ${choice(look.smooth, text.smooth, () => act.look({ smooth: !look.smooth }))}
    <label>${text.colourMap}
      <select .value=${look.colour_map} ?disabled=${!s.grey} @change=${(event: Event) => act.look({ colour_map: (event.target as HTMLSelectElement).value })}>
        ${colourMaps.map((name) => html`<option value=${name} ?selected=${name === look.colour_map}>${name}</option>`)}
      </select>
    </label>
    ${item(text.actualSize, '*', () => act.run('actual-size'))}
    ${item(text.reset, 'Esc', () => act.run('escape'))}
    ${choice(s.anonymous, text.anonymous, () => act.run('anonymous'), 'X')}
    ${choice(s.texts, text.texts, () => act.run('texts'), 'I')}
    ${item(text.tags, 'T', () => act.run('tags'))}
    ${item(text.save, 'P', () => act.run('save'))}
    ${s.moving ? item(text.rec_item, '', () => act.run('record')) : nothing}
    ${s.grey ? item(text.aug_item, '', () => act.run('augment')) : nothing}
    ${item(text.key_mark, 'K', () => act.run('key-image'))}
    ${item(text.key_item, '', () => act.run('key-images'))}
    ${item(text.deid_item, '', () => act.run('deidentify'))}
    ${item(text.help, s.phone ? '' : '?', () => act.run('keys'))}
    <label>${text.backend}
      <select .value=${s.backend} @change=${(event: Event) => act.backend((event.target as HTMLSelectElement).value as 'auto')}>
        ${(['auto', 'cpu', 'gpu'] as const).map((name) => html`<option value=${name} ?selected=${name === s.backend}>${maybe(text, `backend_${name}`, name)}</option>`)}
      </select>
    </label>
    ${choice(s.kept, text.kept_keep, () => act.run('keep-study'))}
    ${item(text.display, '', () => act.run('display'))}
    ${item(text.settings, '', () => act.run('settings'))}
    ${item(text.openOther, '', act.open)}`;
}

function measureItems(s: MenuState, act: MenuActions): TemplateResult {
  const { text, kind } = s;
  const key = (name: MeasureKind) => Object.entries(measureKeys).find(([, own]) => own === name)?.[0] ?? '';
  return html`<h3>${text.measure}</h3>
    <div class="kinds">${measureTools.map(
      ({
        name,
      }) => html`<button type="button" data-kind=${name} aria-pressed=${name === kind} @click=${() => act.measure(name)}>
        ${icons[`measure_${name}`]}<em>${kindName(text, name)}</em>${key(name) && !s.phone ? html`<kbd>${key(name).toUpperCase()}</kbd>` : nothing}</button>`,
    )}</div>
    <h3>${text.measurements}</h3>
    ${item(fill(text.measure_list, { count: s.measurements }), s.phone ? '' : 'Shift+D', () => act.run('measurements'))}
    ${item(text.measure_undo, s.phone ? '' : 'Ctrl+Z', () => act.run('undo'))}
    ${item(text.measure_redo, s.phone ? '' : 'Ctrl+Shift+Z', () => act.run('redo'))}`;
}

/** The items of a menu. */
export function menuItems(menu: Menu, s: MenuState, act: MenuActions): TemplateResult | typeof nothing {
  if (menu === 'measure') return measureItems(s, act);
  if (menu === 'presets') return presetItems(s, act);
  if (menu === 'filter') return filterItems(s, act);
  if (menu === 'layout') return layoutItems(s, act);
  return menu === 'more' ? moreItems(s, act) : nothing;
}
