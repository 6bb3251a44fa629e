// Where a mark lies: on an image, or on a plane of a volume; and whether and where a viewport shows it.
import type { FramePlace, OnPlane, PlaneInfo, Shown } from '../shared/protocol.ts';
import { fill, type Text } from '../text/index.ts';
import type { Measure } from './measures.ts';
import type { Mpr, VolumeView } from './mpr.ts';
import { canvasOf, cross, dot, placeOf, sub, type Vec3 } from './vectors.ts';

/** A mark's image, and its plane where it lies on none: the image is then one of those that the volume was made of. */
export interface MarkPlace {
  place: FramePlace;
  plane: OnPlane | null;
}

/** Planes that lean to each other by more than this are others, however near they are: the cosine of 2 degrees. */
const PARALLEL = Math.cos((2 * Math.PI) / 180);

/** Where a mark would lie that is placed in a viewport now; null over the picture of a volume. */
export function placeShown(shown: Shown, view: VolumeView | null, mpr: Mpr | null): MarkPlace | null {
  const place = { frame_set: shown.frame_set, index: shown.index };
  if (!view || !mpr) return { place, plane: null };
  const { plane, size } = shown;
  if (view.kind !== 'plane' || !plane) return null;
  const { position_mm, row, column, spacing_mm } = plane;
  const slab = mpr.thickness > 0 ? mpr.slab : '';
  const lies = { position_mm, row, column, spacing_mm, size };
  return {
    place: { frame_set: shown.frame_set, index: middleOf(mpr) },
    plane: { base: view.base, ...lies, slab, thickness_mm: slab ? mpr.thickness : 0 },
  };
}

const middleOf = (mpr: Mpr): number => Math.floor(mpr.set.frames / 2);

const infoOf = (plane: OnPlane): PlaneInfo => ({ ...plane, step_mm: null });

/** Where points of a plane lie in the patient. */
export const placesOf = (plane: OnPlane, points: readonly (readonly [number, number])[]): Vec3[] =>
  points.map(([column, row]) => placeOf({ plane: infoOf(plane), to_canvas: [0, 0, 0, 0, 0, 0] }, column, row));

/** Points of a plane lie in the plane that is shown: nowhere farther from it than half of the way to the next. */
export function liesIn(shown: Shown, plane: OnPlane, points: readonly (readonly [number, number])[]): boolean {
  const here = shown.plane;
  if (!here) return false;
  const normal = cross(here.row, here.column);
  if (Math.abs(dot(normal, cross(plane.row, plane.column))) < PARALLEL) return false;
  const half = (here.step_mm ?? here.spacing_mm[0]) / 2 + 1e-6;
  const middle: [number, number] = [(plane.size[1] - 1) / 2, (plane.size[0] - 1) / 2];
  return placesOf(plane, points.length > 0 ? points : [middle]).every(
    (place) => Math.abs(dot(sub(place, here.position_mm), normal)) <= half,
  );
}

/** What is shown, with the pixels of another plane that lies in it as its own. */
export function asSeen(shown: Shown, plane: OnPlane): Shown {
  const here = shown.plane;
  if (!here) return shown;
  const at = (column: number, row: number) => {
    const [place = [0, 0, 0]] = placesOf(plane, [[column, row]]);
    return canvasOf({ ...shown, plane: here }, place as Vec3);
  };
  const [[x, y], [xc, yc], [xr, yr]] = [at(0, 0), at(1, 0), at(0, 1)];
  return {
    ...shown,
    plane: { ...infoOf(plane), step_mm: here.step_mm },
    size: [plane.size[0], plane.size[1]],
    to_canvas: [xc - x, xr - x, x, yc - y, yr - y, y],
  };
}

/** What a viewport shows, in the pixels of a mark's own image or plane; null where it does not show it. */
export function seenBy(
  shown: Shown,
  view: VolumeView | null,
  { place, plane }: MarkPlace,
  points: readonly (readonly [number, number])[],
): Shown | null {
  if (place.frame_set !== shown.frame_set) return null;
  if (!view) return !plane && place.index === shown.index ? shown : null;
  return view.kind === 'plane' && plane && liesIn(shown, plane, points) ? asSeen(shown, plane) : null;
}

/** A plane as people name it: `Coronal, oblique  MIP 10 mm`. */
export function planeName(text: Text, { base, row, column, slab, thickness_mm }: OnPlane): string {
  const known = base === 'axial' || base === 'coronal' || base === 'sagittal';
  const upright = [row, column].every((way) => Math.max(...way.map(Math.abs)) > 1 - 1e-9);
  const named = known ? text[`plane_${base}`] : text.plane_any;
  const name = known && !upright ? fill(text.planeTurned, { plane: named }) : named;
  const kinds = { mip: text.slab_mip, minip: text.slab_minip, mean: text.slab_mean };
  const kind = kinds[slab as keyof typeof kinds];
  return kind ? `${name}  ${kind} ${fill(text.mm, { value: thickness_mm })}` : name;
}

/** What goes to a mark: the viewport of its image, or the volume of its plane. */
export interface GoingHost {
  stack(key: number): { uid: string; set: Mpr['set'] } | undefined;
  mpr(): Mpr | null;
  image(stack: { uid: string; set: Mpr['set'] }, index: number): Promise<void>;
  leaveVolume(): Promise<void>;
  volume(): Promise<unknown>;
  /** The viewport that is worked in from now on. */
  choose(number: number): void;
}

/** What can be gone to. */
export type Going = Pick<Measure, 'place' | 'plane' | 'points'>;

/** Shows the image of a mark, or its plane. */
export async function goTo(one: Going, host: GoingHost): Promise<void> {
  const stack = host.stack(one.place.frame_set);
  if (!stack) return;
  if (!one.plane) {
    if (host.mpr()) await host.leaveVolume();
    return host.image(stack, one.place.index);
  }
  if (host.mpr()?.set.key !== stack.set.key) {
    if (host.mpr()) await host.leaveVolume();
    await host.image(stack, one.place.index);
    await host.volume();
  }
  const { plane, points } = one;
  const middle: [number, number] = [(plane.size[1] - 1) / 2, (plane.size[0] - 1) / 2];
  const places = placesOf(plane, points.length > 0 ? points : [middle]);
  const number = host.mpr()?.lay(plane, places) ?? 0;
  host.choose(number);
}

/** Which of the marks a form can hold: coordinates on planes are the patient's, or none. */
export function holdable(
  marks: readonly Measure[],
  form: string,
  reference: (frameSet: number) => string | null | undefined,
): readonly Measure[] {
  if (form === 'csv' || form === 'json') return marks;
  return marks.filter(({ plane, place }) => !plane || (form !== 'gsps' && reference(place.frame_set)));
}
