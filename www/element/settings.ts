// What a user may change: keys, presets, how studies are hung. Kept in this browser only when something was changed.
import { type Layout, layouts } from './attributes.ts';
import type { Action } from './keys.ts';
import { presets } from './presets.ts';

/** A window for CT, in HU. Own ones have a name of their own, those of the program one in each language. */
export interface Preset {
  name: string;
  width: number;
  center: number;
}

/** How a study is hung whose first stack has a modality; the first rule that fits counts. */
export interface Hanging {
  /** Modality (0008,0060). */
  modality: string;
  layout: Layout;
  /** `file`, `auto`, or the name of a preset. */
  window: string;
  /** Views in the order in which they are hung, `R CC`; what is not named follows. */
  order: string;
}

export interface Settings {
  /** Other keys than the usual ones, by action; an empty one takes the key away. */
  keys: Partial<Record<Action, string>>;
  presets: readonly Preset[];
  hanging: readonly Hanging[];
}

/** The table that a study is hung by. Localizers come last in any case. */
export const usualHanging: readonly Hanging[] = [
  { modality: 'MG', layout: '2x2', window: 'file', order: 'R CC, L CC, R MLO, L MLO' },
  { modality: 'CR', layout: '1', window: 'file', order: 'PA, AP, LATERAL' },
  { modality: 'DX', layout: '1', window: 'file', order: 'PA, AP, LATERAL' },
  { modality: 'CT', layout: '1', window: 'file', order: '' },
  { modality: 'MR', layout: '1', window: 'file', order: '' },
];

export const usualSettings = (): Settings => ({ keys: {}, presets, hanging: usualHanging });

const place = 'negatoscope-settings';
const text = (value: unknown, most = 64): string => (typeof value === 'string' ? value.slice(0, most) : '');

/** Settings out of what was stored: what does not fit is left out, never an error. */
export function settingsOf(stored: string | null): Settings {
  const usual = usualSettings();
  if (!stored) return usual;
  let found: Record<string, unknown>;
  try {
    found = JSON.parse(stored) ?? {};
  } catch {
    return usual;
  }
  const list = (name: string): Record<string, unknown>[] | null => {
    const all = found[name];
    return Array.isArray(all) ? all.filter((one) => typeof one === 'object' && one !== null).slice(0, 64) : null;
  };
  const keys = Object.entries(typeof found.keys === 'object' && found.keys ? found.keys : {}).map(
    ([action, key]) => [action, text(key, 12)] as const,
  );
  return {
    keys: Object.fromEntries(keys) as Settings['keys'],
    presets:
      list('presets')
        ?.map(({ name, width, center }) => ({ name: text(name), width: Number(width), center: Number(center) }))
        .filter(({ name, width, center }) => name && width > 0 && Number.isFinite(width) && Number.isFinite(center)) ??
      usual.presets,
    hanging:
      list('hanging')
        ?.map((one) => ({
          modality: text(one.modality, 16).toUpperCase(),
          layout: layouts.find((layout) => layout === one.layout) ?? '1',
          window: text(one.window) || 'file',
          order: text(one.order, 200),
        }))
        .filter(({ modality }) => modality) ?? usual.hanging,
  };
}

/** The rule for a modality. */
export const ruleFor = (hanging: readonly Hanging[], modality: string): Hanging | undefined =>
  hanging.find((one) => one.modality === modality || one.modality === '*');

/** Stacks in the order of a rule: its views first, localizers last, the rest as it came. */
export function hung<S extends { set: { view: string } }>(stacks: readonly S[], order: string): S[] {
  const views = order
    .toUpperCase()
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  const rank = ({ set }: S) => {
    if (set.view === 'LOCALIZER') return views.length + 1;
    const at = views.indexOf(set.view);
    // `PA` also hangs `R PA`: a side is compared only where the rule names one.
    const loose = at < 0 ? views.indexOf(set.view.split(' ').at(-1) ?? '') : at;
    return loose < 0 ? views.length : loose;
  };
  return stacks
    .map((stack, at) => ({ stack, at, rank: rank(stack) }))
    .sort((a, b) => a.rank - b.rank || a.at - b.at)
    .map(({ stack }) => stack);
}

/** The window of a rule, for a stack that is shown: a preset only where values are HU. */
export function hangWindow(
  pane: {
    shown: { hounsfield: boolean } | null;
    setLook(look: { window?: { center: number; width: number } | null; auto?: boolean }): Promise<void>;
  },
  rule: Hanging | undefined,
): void {
  if (!rule || rule.window === 'file' || !pane.shown) return;
  const preset = settings.now.presets.find(({ name }) => name === rule.window);
  const look = preset ? { window: { center: preset.center, width: preset.width } } : { window: null, auto: true };
  if (preset ? pane.shown.hounsfield : rule.window === 'auto') pane.setLook(look).catch(() => {});
}

/** One for all viewers of a page. Event `change`. */
class SettingsStore extends EventTarget {
  #now: Settings | null = null;

  get now(): Settings {
    this.#now ??= settingsOf(stored());
    return this.#now;
  }

  set(part: Partial<Settings>): void {
    this.#now = { ...this.now, ...part };
    keep(JSON.stringify(this.#now));
    this.dispatchEvent(new Event('change'));
  }

  /** As it was in the beginning; nothing stays in the browser. */
  reset(): void {
    this.#now = usualSettings();
    keep(null);
    this.dispatchEvent(new Event('change'));
  }
}

// A page may be forbidden to store: then the settings hold until it is left.
function stored(): string | null {
  try {
    return localStorage.getItem(place);
  } catch {
    return null;
  }
}

function keep(value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(place);
    else localStorage.setItem(place, value);
  } catch {
    // as above
  }
}

export const settings = new SettingsStore();
