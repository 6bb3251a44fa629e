// Measurements in words: numbers with the digits that say something, units as people write them, and where the spacing comes from.
import type { Computed, Statistics } from '../shared/protocol.ts';
import { fill, maybe, type Text } from '../text/index.ts';
import type { Measure } from './measures.ts';

const units: Readonly<Record<string, string>> = {
  '{pixels}': 'px',
  '{square_pixels}': 'px²',
  mm2: 'mm²',
  cm2: 'cm²',
  cm3: 'cm³',
  'cm2/s': 'cm²/s',
  'cm3/s': 'cm³/s',
  'cm/s2': 'cm/s²',
  deg: '°',
  '1': '',
};

/** A unit as people write it. */
export const unitOf = (ucum: string): string => units[ucum] ?? ucum;

/** A number with the digits that its size and its unit deserve. */
export function numberOf(value: number, unit: string): string {
  const size = Math.abs(value);
  const digits = () => {
    if (unit === '1' || unit === 's') return 2;
    if (unit === 'Hz' || unit === '/min') return 0;
    if ((unit === 'mm2' || unit === '{square_pixels}') && size >= 100) return 0;
    if (size > 0 && size < 1) return 3;
    if (['mm', 'deg', '{pixels}'].includes(unit)) return 1; // not known to a hundredth
    if (size < 10) return 2;
    return size < 10_000 ? 1 : 0;
  };
  return value.toFixed(digits());
}

/** `23.4 mm`. */
export function measured(value: number, unit: string): string {
  const name = unitOf(unit);
  return `${numberOf(value, unit)}${name === '°' || name === '' ? name : ` ${name}`}`;
}

export const kindName = (text: Text, kind: string): string => maybe(text, `measure_${kind}`, kind);
export const valueName = (text: Text, name: string): string =>
  maybe(text, `value_${name.replaceAll('-', '_')}`, name.replaceAll('-', ' '));

/** Where the spacing comes from; empty where nothing has to be said. */
export function originOf(text: Text, { from, factor, label }: Computed['origin']): string {
  if (from === 'pixel-spacing') return '';
  return fill(maybe(text, `origin_${from.replaceAll('-', '_')}`, label), { factor: factor.toFixed(2) });
}

function statisticsLines(text: Text, s: Statistics): string[] {
  const name = s.quantity === 'value' ? '' : `${s.quantity} `;
  const unit = unitOf(s.unit);
  const n = (value: number) => numberOf(value, s.unit);
  if (s.count === 1) return [`${name}${n(s.mean)} ${unit}`.trim()];
  return [
    `${name}${text.measure_mean} ${n(s.mean)}  SD ${n(s.sd)} ${unit}`.trim(),
    `${n(s.min)} … ${n(s.max)} ${unit}`.trim(),
  ];
}

/** What stands beside a mark on the image. */
export function labelLines(text: Text, one: Pick<Measure, 'kind' | 'text' | 'computed'>): string[] {
  const lines = one.text ? [one.text] : [];
  const { computed } = one;
  if (!computed) return lines;
  const { values, statistics, origin, notes } = computed;
  // On the image the first numbers; the list has them all.
  const shown =
    one.kind === 'ellipse'
      ? values.slice(0, 1)
      : ['rectangle', 'polygon', 'freehand'].includes(one.kind)
        ? values.slice(0, 1)
        : values;
  const said = originOf(text, origin);
  for (const [i, { name, value, unit }] of shown.entries()) {
    const named = shown.length > 1 ? `${valueName(text, name)} ` : '';
    const spaced =
      said &&
      ['mm', 'mm2', '{pixels}', '{square_pixels}'].includes(unit) &&
      shown.findIndex((v) => ['mm', 'mm2', '{pixels}', '{square_pixels}'].includes(v.unit)) === i;
    lines.push(`${named}${measured(value, unit)}${spaced ? ` (${said})` : ''}`);
  }
  // Of PET that is the activity and the uptake by weight.
  for (const one of statistics.slice(0, 2)) lines.push(...statisticsLines(text, one));
  // Of a plane of a volume: said with the lengths, else with the values.
  const between = notes.includes('resampled') && shown.length === 0;
  if (between) lines[lines.length - 1] += ` (${said})`;
  for (const note of notes.filter((one) => one !== 'resampled'))
    lines.push(maybe(text, `note_${note.replaceAll('-', '_')}`, note));
  return lines;
}

/** A mark whose words, which may say anything, are hidden. */
export const hidden = <T extends { text: string }>(one: T, anonymous: boolean): T =>
  anonymous && one.text ? { ...one, text: '••••••' } : one;

/** What a form can't hold, named: `2 measurements on planes are left out: Length, Ellipse`. */
export const leftOutWords = (text: Text, lost: readonly Measure[]): string =>
  fill(text.measure_leftOut, { count: lost.length, names: lost.map(({ kind }) => kindName(text, kind)).join(', ') });

/** A mark in one line, for a screen reader and for a text that is copied. */
export const spoken = (text: Text, one: Pick<Measure, 'kind' | 'text' | 'computed'>): string =>
  [kindName(text, one.kind), ...labelLines(text, one)].join(', ');
