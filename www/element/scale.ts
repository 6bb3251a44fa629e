// What a length on the screen's vertical is worth, and what has to be said of it (docs/POINTS.md 16 to 18). No drawing here.
import type { RegionInfo, Shown } from '../shared/protocol.ts';
import { fill, maybe, type Text } from '../text/index.ts';

/** Device pixels for one unit along the screen's vertical. Millimetres are the unit of lengths. */
export interface Scale {
  perUnit: number;
  unit: string;
  /** Where it comes from, in the user's language; empty where there is nothing to say. */
  label: string;
}

/** The image point (column, row) under a point of the canvas, device pixels. */
export function onImage({ to_canvas: m }: Pick<Shown, 'to_canvas'>, x: number, y: number): [number, number] {
  const det = m[0] * m[4] - m[1] * m[3];
  const [dx, dy] = [x - m[2], y - m[5]];
  return [(m[4] * dx - m[1] * dy) / det, (m[0] * dy - m[3] * dx) / det];
}

/** The smallest region with a point in it. */
export function regionAt(
  regions: readonly RegionInfo[],
  [column, row]: readonly [number, number],
): RegionInfo | undefined {
  const within = ({ bounds: [left, top, right, bottom] }: RegionInfo) =>
    column >= left - 0.5 && column < right + 0.5 && row >= top - 0.5 && row < bottom + 0.5;
  const area = ({ bounds: [left, top, right, bottom] }: RegionInfo) => (right - left + 1) * (bottom - top + 1);
  return regions.filter(within).sort((a, b) => area(a) - area(b))[0];
}

type Measured = Pick<Shown, 'device_pixels_per_mm' | 'spacing_from' | 'magnification' | 'regions' | 'to_canvas'>;

/** The scale in force, or in words why there is none. In ultrasound it is that of the first of the points (column, row) that is in a region. */
export function scaleOf(shown: Measured, text: Text, points: readonly (readonly [number, number])[]): Scale | string {
  const { regions, to_canvas: m, spacing_from: from } = shown;
  // Regions count where the spacing is theirs: a picture that has one of its own is measured by that.
  if (regions.length === 0 || !['region', 'none'].includes(from)) {
    const perUnit = shown.device_pixels_per_mm?.[1] ?? 0;
    if (!(perUnit > 0)) return text.scaleNone;
    const factor = shown.magnification.toFixed(2);
    return { perUnit, unit: 'mm', label: fill(maybe(text, `scale_${from.replaceAll('-', '_')}`, ''), { factor }) };
  }
  for (const point of points) {
    const region = regionAt(regions, point);
    if (!region) continue;
    // A quarter turn puts the rows upright.
    const side = Math.abs(m[3]) > Math.abs(m[4]) ? 0 : 1;
    const step = region.steps[side];
    const unit = region.units[side];
    if (!(step > 0) || !unit) return text.scaleOutside;
    const perPixel = Math.abs(side === 0 ? m[3] : m[4]);
    const length = unit === 'cm';
    return {
      perUnit: perPixel / (length ? step * 10 : step),
      unit: length ? 'mm' : unit,
      label: text.scale_region,
    };
  }
  return text.scaleOutside;
}

const lengths = [200, 100, 50, 20, 10, 5, 2, 1, 0.5]; // mm
const others = [5, 4, 3, 2, 1, 0, -1, -2, -3, -4, -5].flatMap((e) => [5, 2, 1].map((m) => Number(`${m}e${e}`)));

/** The longest round bar that has room, in CSS pixels, with its name; undefined where none fits. */
export function barOf(
  { perUnit, unit }: Scale,
  ratio: number,
  room: number,
): { height: number; name: string } | undefined {
  const each = perUnit / ratio;
  const value = (unit === 'mm' ? lengths : others).find((one) => one * each <= room && one * each >= 20);
  if (value === undefined) return undefined;
  const name = unit === 'mm' && value >= 10 ? `${value / 10} cm` : `${value} ${unit}`;
  return { height: value * each, name };
}
