// Placing marks on an image and moving their handles: mouse, pen, finger and keyboard → the list of marks. Knows nothing of pixels' values.
import type { Computed, FramePlace, OnPlane, Shown } from '../shared/protocol.ts';
import { onCanvas } from './look.ts';
import type { MarkPlace } from './measure-places.ts';
import { apart, ellipseIn, moved, type Spot, simplified, spotsToPlace } from './measure-shapes.ts';
import {
  handlesOf,
  isRegion,
  kept,
  type Measure,
  type MeasureKind,
  type MeasurePoint,
  type Measures,
} from './measures.ts';
import { mostPoints } from '../shared/generated/measure-tools.ts';
import { onImage } from './scale.ts';

/** How far a finger may be from what it means, CSS pixels. */
const SLACK = 24;
/** A press that moves less is a click. */
const CLICK = 5;

/** A mark that is being placed: image points, and where the next one would be. */
export interface Draft {
  kind: MeasureKind;
  place: FramePlace;
  plane: OnPlane | null;
  points: MeasurePoint[];
  cursor: MeasurePoint | null;
  /** Placed by keys: the cursor is shown. */
  keys: boolean;
  computed: Computed | null;
}

export interface HandView {
  shown(): Shown | null;
  /** Where a mark that is placed now would lie; null where nothing can be measured. */
  place(): MarkPlace | null;
  /** What is shown, in the pixels of a mark's image or plane; null where that is not what is shown. */
  seen(one: MarkPlace, points: readonly MeasurePoint[]): Shown | null;
  /** The measuring tool in force; empty for none. */
  kind(): MeasureKind | '';
  marks(): Measures | null;
  changed(): void;
  /** A mark is whole and has its values. */
  done(one: Measure): void;
  failed(error: unknown): void;
  /** Words for a text or an arrow. */
  words(kind: MeasureKind): Promise<string | null>;
}

const ratio = () => globalThis.devicePixelRatio;

/** From the image to CSS pixels of the canvas, and back. */
export const spotOf = (shown: Pick<Shown, 'to_canvas'>, [column, row]: readonly [number, number]): Spot => {
  const [x, y] = onCanvas(shown, column, row);
  return [x / ratio(), y / ratio()];
};
export const pointOf = (shown: Shown, [x, y]: Spot): MeasurePoint => kept(onImage(shown, x * ratio(), y * ratio()));

export class MeasureHand {
  draft: Draft | null = null;
  #pressed: Spot | null = null;
  #stroke: Spot[] = [];
  #pointers = new Set<number>();
  #measuring = false;
  #finishing = false;

  constructor(private readonly to: HandView) {}

  /** Listens on the picture until `signal` aborts. */
  listen(target: HTMLElement, signal: AbortSignal): void {
    const at = (event: MouseEvent): Spot => {
      const box = target.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const on = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void) =>
      target.addEventListener(name, act, { signal });
    on('pointerdown', (event) => {
      this.#pointers.add(event.pointerId);
      // A second finger wants to zoom.
      if (this.#pointers.size > 1) this.#withdraw();
      else if (event.button === 0 && this.to.kind()) this.#down(at(event));
      else if (event.button === 0) this.to.marks()?.select('');
    });
    on('pointermove', (event) => {
      if (this.#pointers.size < 2 && this.draft) this.#move(at(event), event.buttons > 0);
    });
    on('pointerup', (event) => {
      this.#pointers.delete(event.pointerId);
      if (this.#pressed) this.#up(at(event));
    });
    on('pointercancel', (event) => {
      this.#pointers.delete(event.pointerId);
      this.#withdraw();
    });
    on('dblclick', (event) => {
      if (!this.to.kind()) return;
      event.stopPropagation(); // it ends an outline, and does not enlarge the pane
      if (this.draft?.kind === 'polygon') this.#end();
    });
  }

  /** Forgets what is being placed; false when nothing was. */
  cancel(): boolean {
    if (!this.draft) return false;
    this.draft = null;
    this.#pressed = null;
    this.to.changed();
    return true;
  }

  /** A key while a measuring tool is in force; true when it was one of ours. */
  key(event: KeyboardEvent): boolean {
    const kind = this.to.kind();
    const shown = this.#seen();
    if (!kind || !shown) return false;
    if (event.key === 'Escape') return this.cancel();
    if (event.key === 'Enter') {
      if (!this.draft) this.#begin(kind, null, true);
      else if (this.draft.keys || this.draft.kind === 'polygon') this.#placeByKey();
      return true;
    }
    const { draft } = this;
    if (event.key === 'Backspace' && draft) {
      draft.points.pop();
      if (draft.points.length === 0 && !draft.keys) this.cancel();
      this.to.changed();
      return true;
    }
    const way = arrowOf(event);
    if (!draft?.keys || !draft.cursor || !way) return false;
    draft.cursor = stepped(shown, draft.cursor, way);
    this.#live();
    return true;
  }

  /** What is shown, in the pixels of what is being placed. */
  #seen(): Shown | null {
    const { draft } = this;
    return draft ? this.to.seen(draft, draft.points) : this.to.shown();
  }

  #begin(kind: MeasureKind, first: MeasurePoint | null, keys = false): void {
    const shown = this.to.shown();
    const lies = this.to.place();
    if (!shown || !lies) return;
    const [rows, columns] = shown.size;
    const cursor = first ?? kept([(columns - 1) / 2, (rows - 1) / 2].map(Math.round) as [number, number]);
    this.draft = { kind, ...lies, points: first ? [first] : [], cursor, keys, computed: null };
    this.to.marks()?.select('');
    this.to.changed();
  }

  #down(spot: Spot): void {
    const kind = this.to.kind();
    const shown = this.to.shown();
    if (!kind || !shown || this.#finishing) return;
    this.#pressed = spot;
    const { draft } = this;
    const here = draft ? this.to.seen(draft, draft.points) : null;
    if (!draft || draft.kind !== kind || !here) {
      this.#begin(kind, pointOf(shown, spot));
      this.#stroke = [spot];
      return;
    }
    draft.keys = false;
    const point = pointOf(here, spot);
    const [first] = draft.points;
    if (kind === 'polygon' && first && draft.points.length >= 3 && apart(spotOf(here, first), spot) < SLACK / 2) {
      this.#pressed = null;
      this.#end();
      return;
    }
    draft.points.push(point);
    draft.cursor = point;
    this.to.changed();
  }

  #move(spot: Spot, down: boolean): void {
    const shown = this.#seen();
    const { draft } = this;
    if (!shown || !draft || draft.keys) return;
    draft.cursor = pointOf(shown, spot);
    if (draft.kind === 'freehand' && down && this.#pressed) {
      const last = this.#stroke.at(-1);
      if (!last || apart(last, spot) >= 1.5) {
        this.#stroke.push(spot);
        if (this.#stroke.length > 1) draft.points = this.#stroke.map((one) => pointOf(shown, one)).slice(-mostPoints);
      }
    }
    this.#live();
  }

  #up(spot: Spot): void {
    const shown = this.#seen();
    const pressed = this.#pressed;
    const { draft } = this;
    this.#pressed = null;
    if (!shown || !draft || !pressed) return;
    if (draft.kind === 'freehand') {
      const points = simplified(this.#stroke, 0.5).map((one) => pointOf(shown, one));
      draft.points = points;
      if (points.length >= 3) this.#end();
      else this.cancel();
      return;
    }
    // A drag places where it ends too.
    if (apart(pressed, spot) >= CLICK && draft.kind !== 'probe' && draft.kind !== 'text') {
      draft.points.push(pointOf(shown, spot));
    }
    this.#whole();
  }

  #placeByKey(): void {
    const { draft } = this;
    if (!draft) return;
    const last = draft.points.at(-1);
    const { cursor } = draft;
    // The same place again ends an outline.
    const again = last && cursor && last[0] === cursor[0] && last[1] === cursor[1];
    if (draft.kind === 'polygon' || draft.kind === 'freehand') {
      if ((again || !draft.keys) && draft.points.length >= 3) {
        this.#end();
        return;
      }
    }
    if (cursor && !again) draft.points.push(cursor);
    this.to.changed();
    this.#whole();
  }

  /** Ends the mark when it has all that it needs. */
  #whole(): void {
    const { draft } = this;
    if (!draft) return;
    const most = spotsToPlace(draft.kind, handlesOf(draft.kind).most);
    if (draft.kind !== 'freehand' && draft.points.length >= most) this.#end();
    else this.to.changed();
  }

  /** The handles of what is placed so far, with the cursor where the next one is to be. */
  handles(draft: Draft, preview = true): MeasurePoint[] {
    const shown = this.to.seen(draft, draft.points);
    const { most } = handlesOf(draft.kind);
    const needed = spotsToPlace(draft.kind, most);
    const points = draft.points.slice(0, needed);
    if (preview && draft.cursor && points.length < needed && draft.kind !== 'freehand') points.push(draft.cursor);
    if (draft.kind !== 'ellipse' || points.length < 2 || !shown) return points;
    const [a, b] = points.map((point) => spotOf(shown, point)) as [Spot, Spot];
    return ellipseIn(a, b).map((spot) => pointOf(shown, spot));
  }

  #withdraw(): void {
    if (!this.#pressed) return;
    this.#pressed = null;
    this.cancel();
  }

  #end(): void {
    const { draft } = this;
    const marks = this.to.marks();
    if (!draft || !marks || this.#finishing) return;
    const points = this.handles(draft, false);
    const { least } = handlesOf(draft.kind);
    const [first] = points;
    const nowhere = isRegion(draft.kind) && points.every(([x, y]) => x === first?.[0] && y === first[1]);
    if (points.length < least || nowhere) {
      this.cancel();
      return;
    }
    this.#finishing = true;
    const worded = draft.kind === 'text' || draft.kind === 'arrow';
    void (worded ? this.to.words(draft.kind) : Promise.resolve(''))
      .then(async (text) => {
        if (this.draft !== draft) return; // forgotten while words were asked for
        if (text === null || (draft.kind === 'text' && !text)) return;
        this.to.done(await marks.add({ kind: draft.kind, points, text }, draft));
      })
      .catch((error: unknown) => this.to.failed(error))
      .finally(() => {
        this.#finishing = false;
        if (this.draft === draft) this.draft = null;
        this.to.changed();
      });
  }

  /** Live values while a mark is being placed; one question at a time, the newest. */
  #live(): void {
    this.to.changed();
    const { draft } = this;
    const marks = this.to.marks();
    if (!draft || !marks || this.#measuring) return;
    const points = this.handles(draft);
    if (points.length < handlesOf(draft.kind).least) return;
    this.#measuring = true;
    const asked = JSON.stringify(points);
    void marks
      .worth({ kind: draft.kind, points, text: '' }, draft)
      .then(
        (worth) => {
          draft.computed = worth?.computed ?? null;
        },
        () => {},
      )
      .finally(() => {
        this.#measuring = false;
        if (this.draft !== draft) return;
        this.to.changed();
        if (JSON.stringify(this.handles(draft)) !== asked) this.#live();
      });
  }
}

/** The way that an arrow key asks for, in pixels of the screen's image. */
export function arrowOf(event: KeyboardEvent): [number, number] | null {
  if (event.ctrlKey || event.metaKey) return null;
  const by = event.shiftKey ? 10 : event.altKey ? 0.25 : 1;
  const ways: Readonly<Record<string, [number, number]>> = {
    ArrowLeft: [-by, 0],
    ArrowRight: [by, 0],
    ArrowUp: [0, -by],
    ArrowDown: [0, by],
  };
  return ways[event.key] ?? null;
}

/** A point moved by image pixels along the screen's directions, whatever the turn of the image. */
export function stepped(
  shown: Shown,
  [column, row]: readonly [number, number],
  [dx, dy]: [number, number],
): MeasurePoint {
  const { to_canvas: m } = shown;
  const turned = Math.abs(m[0]) < Math.abs(m[1]);
  const [right, down] = turned ? [Math.sign(m[1]), Math.sign(m[3])] : [Math.sign(m[0]), Math.sign(m[4])];
  const [byColumn, byRow] = turned ? [dy * down, dx * right] : [dx * right, dy * down];
  const [rows, columns] = shown.size;
  const within = (value: number, size: number) => Math.min(Math.max(value, -0.5), size - 0.5);
  return kept([within(column + byColumn, columns), within(row + byRow, rows)]);
}

/** The handles of a mark with one of them at another place of the canvas. */
export function dragged(shown: Shown, one: Measure, at: number, to: Spot): MeasurePoint[] {
  const spots = one.points.map((point) => spotOf(shown, point));
  return moved(one.kind, spots, at, to).map((spot) => pointOf(shown, spot));
}
