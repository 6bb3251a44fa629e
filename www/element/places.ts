// Where images lie to each other in the patient: what two planes have in common, which image of a stack is at a place. No drawing here.
import type { FrameSetInfo, PlaneInfo } from '../shared/protocol.ts';
import { add, cross, dot, sub, times, unit, type Vec3 } from './vectors.ts';

/** An image in the patient: its plane, and how many rows and columns it has. */
export interface Reference {
  plane: PlaneInfo;
  size: [number, number];
}

/** The corners of an image, at the outer edges of its pixels. */
function corners({ plane, size: [rows, columns] }: Reference): Vec3[] {
  const at = (column: number, row: number) =>
    add(
      plane.position_mm,
      add(times(plane.row, column * plane.spacing_mm[1]), times(plane.column, row * plane.spacing_mm[0])),
    );
  return [at(-0.5, -0.5), at(columns - 0.5, -0.5), at(columns - 0.5, rows - 0.5), at(-0.5, rows - 0.5)];
}

/** The two ends, in the patient, of what an image has in common with a plane; null where they do not meet or are nearly parallel. */
export function meeting(image: Reference, plane: PlaneInfo): [Vec3, Vec3] | null {
  const normal = cross(plane.row, plane.column);
  if (Math.abs(dot(unit(cross(image.plane.row, image.plane.column)), normal)) > 0.985) return null;
  const ring = corners(image);
  const away = ring.map((corner) => dot(sub(corner, plane.position_mm), normal));
  const ends: Vec3[] = [];
  for (let n = 0; n < 4; n += 1) {
    const [a, b] = [away[n] as number, away[(n + 1) % 4] as number];
    const [from, to] = [ring[n] as Vec3, ring[(n + 1) % 4] as Vec3];
    if (a < 0 !== b < 0) ends.push(add(from, times(sub(to, from), a / (a - b))));
  }
  const [first, second] = ends;
  return first && second ? [first, second] : null;
}

/** The image of a stack that is nearest to a place in the patient; null where it has none of its kind: other directions, or too far away. */
export function nearestImage({ line }: FrameSetInfo, place: Vec3, normal: Vec3): number | null {
  if (!line || Math.abs(dot(line.normal, normal)) < 0.95) return null;
  const height = dot(sub(place, line.origin_mm), line.normal);
  const { places_mm: places } = line;
  let best = 0;
  for (const [n, mm] of places.entries())
    if (Math.abs(mm - height) < Math.abs((places[best] as number) - height)) best = n;
  const step = places.length > 1 ? Math.abs((places[1] as number) - (places[0] as number)) : 5;
  return Math.abs((places[best] as number) - height) <= Math.max(step, 1) * 1.5 ? best : null;
}
