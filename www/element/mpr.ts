// A volume in four viewports: three planes that meet at a cross-hair, and a picture of the whole. Knows no DOM.
import type { CastWish, FrameSetInfo, Look, OnPlane, PlaneWish, Shown, VolumeInfo } from '../shared/protocol.ts';
import type { StudyClient } from './study-client.ts';
import { add, cross, dot, sub, times, turnedAround, unit, type Vec3 } from './vectors.ts';

export type Base = 'axial' | 'coronal' | 'sagittal';
export const bases: readonly Base[] = ['axial', 'coronal', 'sagittal'];
export const slabModes = ['mip', 'minip', 'mean'] as const;
export type SlabMode = (typeof slabModes)[number];

interface Directions {
  row: Vec3;
  column: Vec3;
}

const standard = (): Record<Base, Directions> => ({
  axial: { row: [1, 0, 0], column: [0, 1, 0] },
  coronal: { row: [1, 0, 0], column: [0, 0, -1] },
  sagittal: { row: [0, 1, 0], column: [0, 0, -1] },
});

/** What a viewport shows instead of the images of a stack. */
export interface VolumeView {
  readonly kind: 'plane' | 'cast';
  readonly base: Base | '';
  /** Paints it; resolves when it is on the canvas. `current`: false as soon as something else is wanted. */
  show(viewport: number, look: Look, size: readonly [number, number], current: () => boolean): Promise<Shown>;
  /** Goes along the normal, so many planes of `mm`. */
  step(planes: number, mm?: number | null): void;
  /** Goes to the first plane, or to the last. */
  end(last: boolean): void;
}

/** Rows of the picture that are computed between two looks at what is wanted. */
const BAND = 48;
/** How long nothing may move before the picture is made in full, ms. */
const STILL = 160;

export class Mpr {
  /** Where the planes meet. */
  centre: Vec3;
  slab: SlabMode = 'mip';
  thickness = 0;
  cast: Omit<CastWish, 'coarse' | 'rows'>;
  readonly views: readonly VolumeView[];
  #planes = standard();
  /** How far the middles of the outermost planes are from the volume's middle, along the normal that they were shown with, mm. */
  readonly #ends = new Map<Base, { normal: Vec3; reach: number }>();
  #moving = false;
  #moved = 0;
  #still: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private client: StudyClient,
    readonly set: FrameSetInfo,
    readonly seriesUid: string,
    readonly info: VolumeInfo,
    /** `planes`: all three; `cast`: the picture. */
    private changed: (what: 'planes' | 'cast') => void,
  ) {
    this.centre = info.centre_mm;
    this.cast = {
      preset: info.suited,
      azimuth: 0,
      elevation: 0,
      zoom: 1.3,
      pan: [0, 0],
      shift: 0,
      clip: [
        [0, 1],
        [0, 1],
        [0, 1],
      ],
      labels: true,
    };
    this.views = [...bases.map((base) => this.#plane(base)), this.#cast()];
  }

  /** Directions of a plane, and its normal. */
  lies(base: Base): Directions & { normal: Vec3 } {
    const { row, column } = this.#planes[base];
    return { row, column, normal: cross(row, column) };
  }

  /** The planes were turned from where they began. */
  get turned(): boolean {
    const before = standard();
    return bases.some((base) => dot(before[base].row, this.#planes[base].row) < 1 - 1e-9);
  }

  /** Puts the cross-hair at a place, no further than the volume has planes. */
  moveTo(place: Vec3): void {
    let inside = place;
    // Until a plane has said how many there are: beyond any volume of slices as thick as sixteen pixels.
    const farthest = 16 * Math.max(...this.info.dims) * this.info.voxel_mm;
    for (const base of bases) {
      const { normal } = this.lies(base);
      const along = dot(sub(inside, this.info.centre_mm), normal);
      const reach = this.#reach(base) ?? farthest;
      inside = add(inside, times(normal, Math.min(Math.max(along, -reach), reach) - along));
    }
    this.centre = inside;
    this.#now('planes');
  }

  /** How far the cross-hair may go along a plane's normal; null while no plane has said it. */
  #reach(base: Base): number | null {
    const known = this.#ends.get(base);
    // Turned a little since it was shown, the volume reaches about as far.
    return known && dot(known.normal, this.lies(base).normal) > 0.99 ? known.reach : null;
  }

  #note(base: Base, { plane, frames }: Shown): void {
    if (!plane?.step_mm) return;
    const normal = cross(plane.row, plane.column);
    this.#ends.set(base, { normal, reach: ((frames - 1) / 2) * plane.step_mm });
  }

  /** Moves the cross-hair in a plane, by so many voxels right and down, and along its normal. */
  nudge(base: Base, right: number, down: number, along = 0): void {
    const { row, column, normal } = this.lies(base);
    const mm = this.info.voxel_mm;
    this.moveTo(
      add(this.centre, add(times(row, right * mm), add(times(column, down * mm), times(normal, along * mm)))),
    );
  }

  /** Turns the other two planes around the normal of one, radians. */
  turn(around: Base, angle: number): void {
    const { normal } = this.lies(around);
    for (const base of bases) {
      if (base === around) continue;
      const { row, column } = this.#planes[base];
      const turned = unit(turnedAround(row, normal, angle));
      const down = turnedAround(column, normal, angle);
      // At right angles again, however often it is turned.
      this.#planes[base] = { row: turned, column: unit(sub(down, times(turned, dot(turned, down)))) };
    }
    this.#now('planes');
  }

  /** Lays the planes so that one of them is a given one, with its slab, through the middle of places in it; its viewport. */
  lay(on: OnPlane, places: readonly Vec3[]): number {
    const base = bases.find((one) => one === on.base) ?? 'axial';
    const from = standard()[base];
    const frame = [
      [from.row, on.row],
      [from.column, on.column],
      [cross(from.row, from.column), cross(on.row, on.column)],
    ] as const;
    const turned = (way: Vec3): Vec3 =>
      frame.reduce<Vec3>((sum, [was, is]) => add(sum, times(is, dot(way, was))), [0, 0, 0]);
    const all = standard();
    for (const one of bases) this.#planes[one] = { row: turned(all[one].row), column: turned(all[one].column) };
    this.thickness = on.slab ? on.thickness_mm : 0;
    this.slab = slabModes.find((mode) => mode === on.slab) ?? this.slab;
    const sum = places.reduce<Vec3>((all, place) => add(all, place), [0, 0, 0]);
    this.moveTo(places.length > 0 ? times(sum, 1 / places.length) : this.centre);
    return bases.indexOf(base);
  }

  /** Planes as they were at first. */
  reset(): void {
    this.#planes = standard();
    this.centre = this.info.centre_mm;
    this.#now('planes');
  }

  setSlab(mode: SlabMode, thickness: number): void {
    this.slab = mode;
    this.thickness = Math.min(Math.max(Math.round(thickness * 10) / 10, 0), 200);
    this.#now('planes');
  }

  setCast(part: Partial<Mpr['cast']>): void {
    this.cast = { ...this.cast, ...part };
    this.#now('cast');
  }

  /** Turns the picture, by CSS pixels of a drag. */
  orbit(dx: number, dy: number): void {
    const { azimuth, elevation } = this.cast;
    this.setCast({
      azimuth: (((azimuth - dx * 0.5) % 360) + 360) % 360,
      elevation: Math.min(Math.max(elevation + dy * 0.5, -90), 90),
    });
  }

  end(): void {
    clearTimeout(this.#still);
  }

  /** Shows a change at once, roughly where that takes long; in full when nothing moves any more. */
  #now(what: 'planes' | 'cast'): void {
    this.#moving = true;
    this.#moved += 1;
    this.changed(what);
    clearTimeout(this.#still);
    this.#still = setTimeout(() => {
      this.#moving = false;
      if (what === 'cast' || this.thickness > 0) this.changed(what);
    }, STILL);
  }

  #plane(base: Base): VolumeView {
    return {
      kind: 'plane',
      base,
      step: (planes, mm) => {
        const { normal } = this.lies(base);
        this.moveTo(add(this.centre, times(normal, planes * (mm || this.info.voxel_mm))));
      },
      end: (last) => {
        const { normal } = this.lies(base);
        const reach = this.#reach(base);
        if (reach === null) return;
        const along = dot(sub(this.centre, this.info.centre_mm), normal);
        this.moveTo(add(this.centre, times(normal, (last ? reach : -reach) - along)));
      },
      show: async (viewport, look) => {
        const { row, column } = this.#planes[base];
        const plane: PlaneWish = {
          base,
          place_mm: this.centre,
          row,
          column,
          slab: this.thickness > 0 ? this.slab : '',
          thickness_mm: this.thickness,
          coarse: this.#moving,
        };
        const set = this.set.key;
        const shown = await this.client.ask('shown', { kind: 'show-plane', viewport, frame_set: set, plane, look });
        this.#note(base, shown);
        return shown;
      },
    };
  }

  #cast(): VolumeView {
    return {
      kind: 'cast',
      base: '',
      end: (last) => this.setCast({ zoom: Math.min(Math.max(this.cast.zoom * 1.1 ** (last ? -10 : 10), 0.1), 20) }),
      step: (planes) => this.setCast({ zoom: Math.min(Math.max(this.cast.zoom * 1.1 ** -planes, 0.1), 20) }),
      show: async (viewport, _look, [, height], current) => {
        const ask = (coarse: boolean, rows: [number, number]) => {
          const cast: CastWish = { ...this.cast, coarse, rows };
          return this.client.ask('shown', { kind: 'show-cast', viewport, frame_set: this.set.key, cast });
        };
        const { preset } = this.cast;
        let shown = await ask(true, [0, 0]);
        if (this.#moving || shown.complete) return shown;
        // From the middle outwards: that is where one looks.
        const moved = this.#moved;
        for (const from of outwards(height, BAND)) {
          if (!current() || this.#moved !== moved || this.cast.preset !== preset) break;
          shown = await ask(false, [from, from + BAND]);
        }
        return shown;
      },
    };
  }
}

/** The first rows of bands, the one in the middle first. */
export function outwards(height: number, band: number): number[] {
  const starts = Array.from({ length: Math.ceil(height / band) }, (_, n) => n * band);
  const middle = height / 2;
  return starts.sort((a, b) => Math.abs(a + band / 2 - middle) - Math.abs(b + band / 2 - middle));
}
