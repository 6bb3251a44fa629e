// How the images of two stacks lie on each other: places in the patient, a motion, a transform of pixels. No drawing here.
import type { FrameSetInfo, Laid, Look, MatchInfo, PlaneInfo, RegistrationInfo, Shown } from '../shared/protocol.ts';
import { nearestImage } from './places.ts';
import { cross, pixelOf, placeOf, type Vec3 } from './vectors.ts';

export type M3 = MatchInfo['a_to_b_px'];
export type M4 = RegistrationInfo['b_to_a'];
export type Point = [number, number];

/** What is known of how the prior lies to the current one. */
export type Relation =
  /** One frame of reference: places in the patient are the same. */
  | { kind: 'reference' }
  /** Found in space: places of the prior → places of the current one. */
  | { kind: 'volume'; found: RegistrationInfo }
  /** Found by key points, of these two frames only: pixels of the current one → those of the prior. */
  | { kind: 'points'; found: MatchInfo; current: number; prior: number }
  /** Nothing: middle on middle. `mm`: at the same scale. */
  | { kind: 'middle'; mm: boolean };

export const unmoved: M4 = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
  [0, 0, 0, 1],
];

/** The way back of a rigid motion. */
export function back(m: M4): M4 {
  const at = (r: number, c: number) => m[r]?.[c] ?? 0;
  const row = (r: number): M4[0] => [
    at(0, r),
    at(1, r),
    at(2, r),
    -(at(0, r) * at(0, 3) + at(1, r) * at(1, 3) + at(2, r) * at(2, 3)),
  ];
  return [row(0), row(1), row(2), [0, 0, 0, 1]];
}

/** A place (`w` = 1) or a direction (0) after a motion. */
export function moved(m: M4, v: Vec3, w: 0 | 1 = 1): Vec3 {
  const row = (r: 0 | 1 | 2) => m[r][0] * v[0] + m[r][1] * v[1] + m[r][2] * v[2] + m[r][3] * w;
  return [row(0), row(1), row(2)];
}

export function inverse3([[a, b, c], [d, e, f], [g, h, i]]: M3): M3 {
  const [A, B, C] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const det = a * A + b * B + c * C;
  return [
    [A / det, (c * h - b * i) / det, (b * f - c * e) / det],
    [B / det, (a * i - c * g) / det, (c * d - a * f) / det],
    [C / det, (b * g - a * h) / det, (a * e - b * d) / det],
  ];
}

export function through([[a, b, c], [d, e, f], [g, h, i]]: M3, [x, y]: Point): Point {
  const w = g * x + h * y + i;
  return [(a * x + b * y + c) / w, (d * x + e * y + f) / w];
}

/** Nothing is known but what the files say: one frame of reference, or none. */
export function given(current: FrameSetInfo, prior: FrameSetInfo): Relation {
  const home = current.frame_of_reference;
  if (home && home === prior.frame_of_reference && current.line && prior.line) return { kind: 'reference' };
  return { kind: 'middle', mm: current.spacing_mm !== null && prior.spacing_mm !== null };
}

/** Places of the current stack → places of the prior; null where the relation is none in space. */
export function motionOf(relation: Relation): M4 | null {
  if (relation.kind === 'reference') return unmoved;
  return relation.kind === 'volume' ? back(relation.found.b_to_a) : null;
}

/** Middle on middle: columns and rows of the current frame → those of the prior. */
export function middleMatrix(current: FrameSetInfo, prior: FrameSetInfo): M3 {
  const [own, other] = [current.spacing_mm, prior.spacing_mm];
  const [down, across] = own && other ? [own[0] / other[0], own[1] / other[1]] : [1, 1];
  const middle = (n: number) => (n - 1) / 2;
  return [
    [across, 0, middle(prior.columns) - across * middle(current.columns)],
    [0, down, middle(prior.rows) - down * middle(current.rows)],
    [0, 0, 1],
  ];
}

/** The image of `to` at the share of the way that `index` has in `from`: by mm where both have places, else by number. */
function middleIndex(from: FrameSetInfo, to: FrameSetInfo, index: number): number {
  const [a, b] = [from.line?.places_mm, to.line?.places_mm];
  const whole = (n: number) => Math.min(Math.max(Math.round(n), 0), to.frames - 1);
  if (!a || !b || a.length < 2 || b.length < 2)
    return from.frames < 2 ? whole((to.frames - 1) / 2) : whole((index / (from.frames - 1)) * (to.frames - 1));
  const middle = (all: readonly number[]) => ((all[0] as number) + (all.at(-1) as number)) / 2;
  const wanted = middle(b) + (a[index] as number) - middle(a);
  let best = 0;
  for (const [n, mm] of b.entries()) if (Math.abs(mm - wanted) < Math.abs((b[best] as number) - wanted)) best = n;
  return best;
}

type Seen = Pick<Shown, 'to_canvas' | 'size' | 'index'> & { plane: PlaneInfo | null };

/** The image of the other stack that belongs to a shown one; null where there is none at its place. `onward`: from the current one to the prior. */
export function counterpart(
  relation: Relation,
  from: { set: FrameSetInfo; shown: Seen },
  to: FrameSetInfo,
  onward: boolean,
): number | null {
  const { set, shown } = from;
  if (relation.kind === 'points') {
    const [own, other] = onward ? [relation.current, relation.prior] : [relation.prior, relation.current];
    return shown.index === own ? other : middleIndex(set, to, shown.index);
  }
  const motion = motionOf(relation);
  if (!motion || !shown.plane) return middleIndex(set, to, shown.index);
  const m = onward ? motion : back(motion);
  const lies = { ...shown, plane: shown.plane };
  const place = moved(m, placeOf(lies, (shown.size[1] - 1) / 2, (shown.size[0] - 1) / 2));
  return nearestImage(to, place, moved(m, cross(shown.plane.row, shown.plane.column), 0));
}

/** From pixels of a shown image to those of the other one beside it. */
export function across(
  relation: Relation,
  from: { set: FrameSetInfo; shown: Seen },
  to: { set: FrameSetInfo; shown: Seen },
  onward: boolean,
): (point: Point) => Point {
  const turned = (m: M3) => {
    const way = onward ? m : inverse3(m);
    return (point: Point) => through(way, point);
  };
  const byMiddle = () => turned(onward ? middleMatrix(from.set, to.set) : middleMatrix(to.set, from.set));
  if (relation.kind === 'points') {
    const [own, other] = onward ? [from, to] : [to, from];
    const same = own.shown.index === relation.current && other.shown.index === relation.prior;
    return same ? turned(relation.found.a_to_b_px) : byMiddle();
  }
  const motion = motionOf(relation);
  const [plane, target] = [from.shown.plane, to.shown.plane];
  if (!motion || !plane || !target) return byMiddle();
  const m = onward ? motion : back(motion);
  return ([column, row]) =>
    pixelOf({ ...to.shown, plane: target }, moved(m, placeOf({ ...from.shown, plane }, column, row)));
}

/** How the prior is to be laid on the current image; null where a plane is needed and there is none. */
export function layingOf(relation: Relation, current: { set: FrameSetInfo; shown: Seen }, prior: FrameSetInfo): Laid {
  const motion = motionOf(relation);
  if (motion && current.shown.plane && prior.no_volume === null) return { by: 'volume', matrix: motion };
  const index = counterpart(relation, current, prior, true) ?? middleIndex(current.set, prior, current.shown.index);
  const same = relation.kind === 'points' && current.shown.index === relation.current;
  return { by: 'frame', index, matrix: same ? relation.found.a_to_b_px : middleMatrix(current.set, prior) };
}

/** Whether the relation says something of the image that is shown. */
export function holds(relation: Relation, current: { set: FrameSetInfo; shown: Seen }, prior: FrameSetInfo): boolean {
  if (relation.kind === 'points') return current.shown.index === relation.current;
  return relation.kind !== 'middle' && current.shown.plane !== null && prior.no_volume === null;
}

/** Zoom and pan by which a picture shows the same places at the same scale as the one that leads; null where it does already. */
export function alongside(
  lead: { shown: Shown; look: Look; canvas: Point },
  other: { shown: Shown; look: Look; canvas: Point },
  map: (point: Point) => Point,
): Partial<Look> | null {
  const { quarter_turns, flip } = lead.look;
  const turn = quarter_turns !== other.look.quarter_turns || flip !== other.look.flip ? { quarter_turns, flip } : null;
  const [m, o] = [lead.shown.to_canvas, other.shown.to_canvas];
  const area = (x: number, y: number, u: number, v: number) => Math.sqrt(Math.abs(x * v - y * u));
  // The middle of the leading canvas, as a pixel of the one and of the other.
  const det = m[0] * m[4] - m[1] * m[3];
  const [x, y] = [lead.canvas[0] / 2 - m[2], lead.canvas[1] / 2 - m[5]];
  const middle: Point = [(m[4] * x - m[1] * y) / det, (m[0] * y - m[3] * x) / det];
  const [p, right, down] = [map(middle), map([middle[0] + 1, middle[1]]), map([middle[0], middle[1] + 1])];
  const stretch = area(right[0] - p[0], right[1] - p[1], down[0] - p[0], down[1] - p[1]);
  const by = area(m[0], m[1], m[3], m[4]) / (stretch * area(o[0], o[1], o[3], o[4]));
  if (!Number.isFinite(by) || by <= 0) return turn;
  const zoom = Math.min(40, Math.max(0.02, other.look.zoom * by));
  const f = zoom / other.look.zoom;
  // Where that pixel is now, from the middle of its canvas without the pan.
  const at: Point = [o[0] * p[0] + o[1] * p[1] + o[2], o[3] * p[0] + o[4] * p[1] + o[5]];
  const pan = ([0, 1] as const).map((n) => -f * (at[n] - other.canvas[n] / 2 - other.look.pan[n])) as Point;
  const still =
    Math.abs(f - 1) < 1e-3 && Math.hypot(pan[0] - other.look.pan[0], pan[1] - other.look.pan[1]) < 0.5 && !turn;
  return still ? null : { zoom, pan, ...turn };
}
