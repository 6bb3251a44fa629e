// Vectors in the patient (LPS, mm), and how a place in the patient lies in a plane that is shown.
import type { PlaneInfo, Shown } from '../shared/protocol.ts';

export type Vec3 = [number, number, number];

export const add = (a: Vec3, b: Vec3): Vec3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const sub = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const times = (a: Vec3, s: number): Vec3 => [a[0] * s, a[1] * s, a[2] * s];
export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
export const unit = (a: Vec3): Vec3 => times(a, 1 / Math.max(Math.hypot(...a), 1e-12));

/** Turned around an axis of unit length by an angle, radians. */
export function turnedAround(a: Vec3, axis: Vec3, angle: number): Vec3 {
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  return add(add(times(a, cos), times(cross(axis, a), sin)), times(axis, dot(axis, a) * (1 - cos)));
}

type Lies = Pick<Shown, 'to_canvas'> & { plane: PlaneInfo };

/** Pixel (column, row) of a place in the patient, seen along the plane's normal. */
export function pixelOf({ plane }: Lies, place: Vec3): [number, number] {
  const way = sub(place, plane.position_mm);
  return [dot(way, plane.row) / plane.spacing_mm[1], dot(way, plane.column) / plane.spacing_mm[0]];
}

/** Where a place in the patient lies on the canvas, device pixels, seen along the plane's normal. */
export function canvasOf(shown: Lies, place: Vec3): [number, number] {
  const [column, row] = pixelOf(shown, place);
  const m = shown.to_canvas;
  return [m[0] * column + m[1] * row + m[2], m[3] * column + m[4] * row + m[5]];
}

/** The place in the patient of a pixel (column, row). */
export function placeOf({ plane }: Lies, column: number, row: number): Vec3 {
  return add(
    plane.position_mm,
    add(times(plane.row, column * plane.spacing_mm[1]), times(plane.column, row * plane.spacing_mm[0])),
  );
}
