// The handles of marks on a canvas: how a drag makes them, how one of them is moved, what is drawn between them. CSS pixels; no drawing here.
import type { MeasureKind } from './measures.ts';

export type Spot = readonly [number, number];

export const apart = ([a, b]: Spot, [c, d]: Spot): number => Math.hypot(a - c, b - d);
const middle = ([a, b]: Spot, [c, d]: Spot): Spot => [(a + c) / 2, (b + d) / 2];
const plus = ([a, b]: Spot, [c, d]: Spot): Spot => [a + c, b + d];
const minus = ([a, b]: Spot, [c, d]: Spot): Spot => [a - c, b - d];

/** The ends of the axes of an ellipse in a box of the screen. */
export const ellipseIn = ([x0, y0]: Spot, [x1, y1]: Spot): Spot[] => {
  const [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
  return [
    [x0, y],
    [x1, y],
    [x, y0],
    [x, y1],
  ];
};

/** Spots that are placed one by one until the mark is whole; an ellipse by the corners of its box. */
export const spotsToPlace = (kind: MeasureKind, most: number): number => (kind === 'ellipse' ? 2 : most);

/** Handles with one of them moved. The axes of an ellipse keep their middle and stay at right angles. */
export function moved(kind: MeasureKind, spots: readonly Spot[], at: number, to: Spot): Spot[] {
  const next = spots.map((spot, i) => (i === at ? to : spot));
  if (kind !== 'ellipse') return next;
  const [a, b, c, d] = spots as [Spot, Spot, Spot, Spot];
  const centre = middle(a, b);
  const out = minus(to, centre);
  const far = Math.max(Math.hypot(...out), 1e-6);
  const [own, other] = at < 2 ? [apart(a, b) / 2, apart(c, d) / 2] : [apart(c, d) / 2, apart(a, b) / 2];
  const along: Spot = own > 0 ? [out[0] / far, out[1] / far] : [1, 0];
  // The other axis keeps its sense.
  const across: Spot = [-along[1], along[0]];
  const sense = minus(at < 2 ? d : b, centre);
  const turn = (sense[0] * across[0] + sense[1] * across[1] < 0 ? -1 : 1) * other;
  const sign = at % 2 === 0 ? -1 : 1;
  const ends = (way: Spot, by: number): [Spot, Spot] => [
    plus(centre, [-way[0] * by, -way[1] * by]),
    plus(centre, [way[0] * by, way[1] * by]),
  ];
  const first = ends(along, far * sign);
  const second = ends(across, turn);
  return at < 2 ? [...first, ...second] : [...second, ...first];
}

/** Everything moved by the same way. */
export const shifted = (spots: readonly Spot[], by: Spot): Spot[] => spots.map((spot) => plus(spot, by));

/** A stroke with the points that it needs: none farther from it than `off` (Ramer, Douglas, Peucker). */
export function simplified(stroke: readonly Spot[], off: number): Spot[] {
  if (stroke.length < 3) return [...stroke];
  const keep = new Set([0, stroke.length - 1]);
  const parts: [number, number][] = [[0, stroke.length - 1]];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const [from, to] = part;
    const [a, b] = [stroke[from] as Spot, stroke[to] as Spot];
    const long = apart(a, b);
    let [farthest, at] = [off, -1];
    for (let i = from + 1; i < to; i += 1) {
      const p = stroke[i] as Spot;
      const far =
        long > 0 ? Math.abs((b[0] - a[0]) * (a[1] - p[1]) - (a[0] - p[0]) * (b[1] - a[1])) / long : apart(a, p);
      if (far > farthest) [farthest, at] = [far, i];
    }
    if (at > 0) {
      keep.add(at);
      parts.push([from, at], [at, to]);
    }
  }
  return [...keep].sort((a, b) => a - b).map((i) => stroke[i] as Spot);
}

const n = (value: number) => value.toFixed(2);
const pair = ([x, y]: Spot) => `${n(x)} ${n(y)}`;
const line = (spots: readonly Spot[], closed = false) =>
  spots.length > 0 ? `M${spots.map(pair).join('L')}${closed ? 'Z' : ''}` : '';

/** By its principal axes: half-diameters that are at right angles in pixels need not be so on the screen, and the other way round. */
function ellipse([a, b, c, d]: readonly Spot[]): string {
  if (!a || !b || !c || !d) return '';
  const half = (from: Spot, to: Spot): Spot => [(to[0] - from[0]) / 2, (to[1] - from[1]) / 2];
  const [u, v] = [half(a, b), half(c, d)];
  const lean = 0.5 * Math.atan2(2 * (u[0] * v[0] + u[1] * v[1]), u[0] ** 2 + u[1] ** 2 - v[0] ** 2 - v[1] ** 2);
  const along = (cos: number, sin: number): Spot => [u[0] * cos + v[0] * sin, u[1] * cos + v[1] * sin];
  const [long, short] = [along(Math.cos(lean), Math.sin(lean)), along(-Math.sin(lean), Math.cos(lean))];
  const centre = middle(a, b);
  const [from, to]: [Spot, Spot] = [minus(centre, long), [centre[0] + long[0], centre[1] + long[1]]];
  const turn = (Math.atan2(long[1], long[0]) * 180) / Math.PI;
  const arc = `A${n(Math.hypot(...long))} ${n(Math.hypot(...short))} ${n(turn)} 0 1`;
  return `M${pair(from)}${arc} ${pair(to)}${arc} ${pair(from)}Z`;
}

/** The head of an arrow at its tip. */
function head(tip: Spot, tail: Spot): string {
  const far = apart(tip, tail);
  if (far < 1) return '';
  const back = minus(tail, tip).map((v) => (v / far) * Math.min(14, far / 2)) as [number, number];
  const side = (turn: number): Spot => {
    const [sin, cos] = [Math.sin(turn), Math.cos(turn)];
    return [tip[0] + back[0] * cos - back[1] * sin, tip[1] + back[0] * sin + back[1] * cos];
  };
  return `M${pair(side(0.45))}L${pair(tip)}L${pair(side(-0.45))}`;
}

/** What is drawn of a mark, as the path of an SVG; a dot is a cross. `corners`: of a rectangle, in the order of its outline. */
export function pathOf(kind: MeasureKind, spots: readonly Spot[], corners: readonly Spot[] = spots): string {
  const [a, b, c, d] = spots;
  if (!a) return '';
  switch (kind) {
    case 'ellipse':
      return spots.length === 4 ? ellipse(spots) : '';
    case 'rectangle':
      return line(corners, corners.length > 2);
    case 'polygon':
    case 'freehand':
      return line(spots, true);
    case 'cobb':
    case 'bidirectional':
      return `${line([a, b ?? a])}${c ? line([c, d ?? c]) : ''}${kind === 'cobb' && b && c && d ? line([middle(a, b), middle(c, d)]) : ''}`;
    case 'cardiothoracic':
      return `${line([a, b ?? a])}${c ? line([c, d ?? c]) : ''}${b && c && d ? drops([a, b], [c, d]) : ''}`;
    case 'probe':
      return `M${n(a[0] - 7)} ${n(a[1])}h14M${n(a[0])} ${n(a[1] - 7)}v14`;
    case 'arrow':
      return b ? `${line([a, b])}${head(a, b)}` : '';
    case 'text':
      return '';
    default:
      return line(spots);
  }
}

/** From the borders of the heart to the line of the thorax, at right angles: what is projected. */
function drops(heart: readonly [Spot, Spot], [c, d]: readonly [Spot, Spot]): string {
  const way = minus(d, c);
  const square = way[0] * way[0] + way[1] * way[1];
  if (square <= 0) return '';
  return heart
    .map((spot) => {
      const t = ((spot[0] - c[0]) * way[0] + (spot[1] - c[1]) * way[1]) / square;
      return line([spot, [c[0] + way[0] * t, c[1] + way[1] * t]]);
    })
    .join('');
}
