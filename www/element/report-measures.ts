// What was measured, for the report: by image or plane, each with a small picture of it, values with their unit and where it comes from.
import type { Look } from '../shared/protocol.ts';
import type { Text } from '../text/index.ts';
import { smallPicture } from './measure-picture.ts';
import { hidden, kindName, measured, numberOf, originOf, unitOf, valueName } from './measure-words.ts';
import type { Measure } from './measures.ts';
import type { StudyClient } from './study-client.ts';

/** Pictures of a report at most: further measurements have their lines. */
const MOST_PICTURES = 24;
/** Sides of a small picture, pixels. */
const SIDE = 480;

/** One measurement in words. */
export interface MeasuredLine {
  name: string;
  values: readonly (readonly [name: string, value: string])[];
  /** Where its spacing comes from, and what has to be known. */
  said: string;
}

/** The measurements of an image or a plane. */
export interface MeasuredPlace {
  where: string;
  /** Of its picture; empty where there is none. */
  url: string;
  lines: readonly MeasuredLine[];
}

/** A measurement as a report says it. */
export function lineOf(text: Text, one: Measure): MeasuredLine {
  const { computed } = one;
  const kind = kindName(text, one.kind);
  const name = one.text ? `${kind}: ${one.text}` : kind;
  if (!computed) return { name, values: [], said: '' };
  const values = computed.values.map((v): [string, string] => [valueName(text, v.name), measured(v.value, v.unit)]);
  for (const s of computed.statistics) {
    const of = s.quantity === 'value' ? text.measure_values : s.quantity;
    const n = (value: number) => numberOf(value, s.unit);
    const unit = unitOf(s.unit);
    const spread = s.count > 1 ? ` ± ${n(s.sd)} (${n(s.min)} … ${n(s.max)})` : '';
    values.push([of, `${n(s.mean)}${spread} ${unit}`.trim()]);
  }
  const spaced = computed.values.some(({ unit }) => ['mm', 'mm2', '{pixels}', '{square_pixels}'].includes(unit));
  const origin = originOf(text, computed.origin) || (spaced ? text.origin_pixel_spacing : '');
  const reported = one.reported ? text.origin_report : '';
  const between = computed.notes.includes('resampled') && !spaced;
  return { name, values, said: [spaced || between ? origin : '', reported].filter(Boolean).join('; ') };
}

/** All measurements by their places, in the order of the list; a picture that cannot be made is left out. */
export async function measuredPlaces(
  client: StudyClient,
  items: readonly Measure[],
  as: { text: Text; anonymous: boolean; look(frameSet: number): Look; where(one: Measure): string },
  signal: AbortSignal,
): Promise<MeasuredPlace[]> {
  const groups = new Map<string, Measure[]>();
  for (const one of items) {
    const key = one.plane ? JSON.stringify(one.plane) : `${one.place.frame_set}:${one.place.index}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const places: MeasuredPlace[] = [];
  for (const all of groups.values()) {
    signal.throwIfAborted();
    const [first] = all;
    if (!first) continue;
    const look = as.look(first.place.frame_set);
    const picture =
      places.length < MOST_PICTURES
        ? await smallPicture(client, all, look, as.text, as.anonymous, SIDE).catch(() => null)
        : null;
    places.push({
      where: as.where(first),
      url: picture ? URL.createObjectURL(picture) : '',
      lines: all.map((one) => lineOf(as.text, hidden(one, as.anonymous))),
    });
  }
  return places;
}
