// Marks over an image, as SVG in CSS pixels: lines with a halo, handles that a finger can take, labels that can be moved out of the way.
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Shown } from '../shared/protocol.ts';
import { fill, type Text } from '../text/index.ts';
import { arrowOf, type Draft, dragged, type MeasureHand, pointOf, spotOf, stepped } from './measure-hand.ts';
import type { MarkPlace } from './measure-places.ts';
import { pathOf, type Spot, shifted } from './measure-shapes.ts';
import { hidden, kindName, labelLines, spoken } from './measure-words.ts';
import { isRegion, type Measure, type MeasurePoint, type Measures } from './measures.ts';

/** Half of what a finger needs, CSS pixels. */
const FINGER = 22;
export const LINE = 15;

export interface LayerState {
  /** What is shown, in the pixels of a mark's image or plane; null where the mark is not on it. */
  seen(one: MarkPlace, points: readonly MeasurePoint[]): Shown | null;
  text: Text;
  marks: Measures;
  hand: MeasureHand;
  /** Words that somebody has typed are hidden. */
  anonymous: boolean;
  /** Says what a screen reader is to say. */
  say(words: string): void;
}

/** Follows a pointer from its press to its end; distances are CSS pixels from the press. */
function follow(event: PointerEvent, move: (by: Spot, at: Spot) => void, end: (moved: boolean) => void): void {
  if (event.button !== 0) return;
  event.stopPropagation(); // nothing else is dragged; the focus goes its way
  const target = event.currentTarget as Element;
  const box = target.closest('svg')?.getBoundingClientRect();
  const [x, y] = [event.clientX, event.clientY];
  let went = false;
  target.setPointerCapture(event.pointerId);
  const ends = new AbortController();
  const { signal } = ends;
  target.addEventListener(
    'pointermove',
    (next) => {
      const { clientX, clientY } = next as PointerEvent;
      if (!went && Math.hypot(clientX - x, clientY - y) < 3) return;
      went = true;
      move([clientX - x, clientY - y], [clientX - (box?.left ?? 0), clientY - (box?.top ?? 0)]);
    },
    { signal },
  );
  for (const name of ['pointerup', 'pointercancel'])
    target.addEventListener(
      name,
      () => {
        ends.abort();
        end(went);
      },
      { signal },
    );
}

/** How pixels lie on a canvas. */
export type Placed = Pick<Shown, 'to_canvas'>;

const cornersOf = (shown: Placed, [a, b]: readonly MeasurePoint[]): Spot[] => {
  if (!a || !b) return [];
  const corners: MeasurePoint[] = [a, [b[0], a[1]], b, [a[0], b[1]]];
  return corners.map((point) => spotOf(shown, point));
};

const shape = (shown: Placed, kind: Measure['kind'], points: readonly MeasurePoint[]) => {
  const spots = points.map((point) => spotOf(shown, point));
  return { spots, path: pathOf(kind, spots, kind === 'rectangle' ? cornersOf(shown, points) : spots) };
};

export type Box = readonly [left: number, top: number, right: number, bottom: number];

const meet = ([a, b, c, d]: Box, [e, f, g, h]: Box): boolean => a < g && e < c && b < h && f < d;

/** Where a label may stand that nobody has moved, the best first: beside a line, below or above a region, beside it. */
function anchorsOf(kind: Measure['kind'], spots: readonly Spot[], wide: number, high: number): Spot[] {
  const [xs, ys] = [spots.map(([x]) => x), spots.map(([, y]) => y)];
  const [left, right, top, low] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const middle = (left + right) / 2 - wide / 2;
  const last = spots.reduce((best, spot) => (spot[0] > best[0] ? spot : best), spots[0] ?? [0, 0]);
  if (kind === 'text') return [[last[0] + 4, last[1] + 4]];
  const beside: Spot[] = [
    [right + 14, last[1] + 4],
    [left - wide - 14, (top + low) / 2 + 4],
  ];
  const over: Spot[] = [
    [middle, low + 24],
    [middle, top - high + 2],
  ];
  return isRegion(kind) ? [...over, ...beside] : [...beside.slice(0, 1), ...over, ...beside.slice(1)];
}

/** The first place that covers neither the mark nor what stands there already; else the first. */
function free(
  kind: Measure['kind'],
  spots: readonly Spot[],
  lines: readonly string[],
  size: Spot,
  taken: readonly Box[],
): Spot {
  const [wide, high] = [widthOf(lines), lines.length * LINE];
  const places = anchorsOf(kind, spots, wide, high).map((at) => within(lines, at, size));
  const [xs, ys] = [spots.map(([x]) => x), spots.map(([, y]) => y)];
  const own: Box = [Math.min(...xs) - 4, Math.min(...ys) - 4, Math.max(...xs) + 4, Math.max(...ys) + 4];
  const clear = (at: Spot) => {
    const box = boxOf(lines, at);
    return !(isRegion(kind) && meet(box, own)) && !taken.some((other) => meet(box, other));
  };
  return places.find(clear) ?? places[0] ?? [0, 0];
}

const boxOf = (lines: readonly string[], [x, y]: Spot): Box => [
  x - 2,
  y - 13,
  x + widthOf(lines) + 2,
  y - 13 + lines.length * LINE + 2,
];

/** The words beside a mark, within the canvas of a size where they have room. */
function label(
  lines: readonly string[],
  at: Spot,
  from: Spot | null,
  extra: TemplateResult | typeof nothing = nothing,
) {
  if (lines.length === 0) return nothing;
  const [x, y] = at;
  return svg`${from ? svg`<path class="leader" d=${`M${from[0].toFixed(1)} ${from[1].toFixed(1)}L${x.toFixed(1)} ${(y - 4).toFixed(1)}`} />` : nothing}
    <text class="words">${lines.map((line, i) => svg`<tspan x=${x.toFixed(1)} y=${(y + i * LINE).toFixed(1)}>${line}</tspan>`)}</text>${extra}`;
}

/** About how wide words are: no layout is asked for while a handle is dragged. */
const widthOf = (lines: readonly string[]): number =>
  Math.max(...lines.map((line) => [...line].reduce((sum, c) => sum + (c.charCodeAt(0) > 0x2e80 ? 13 : 7), 0)), 0);

function within(lines: readonly string[], [x, y]: Spot, size: Spot): Spot {
  if (size[0] <= 0) return [x, y];
  const wide = Math.min(widthOf(lines), size[0] - 8);
  return [Math.min(Math.max(x, 4), size[0] - wide - 4), Math.min(Math.max(y, 16), size[1] - lines.length * LINE - 2)];
}

/** A mark as it lies on a canvas: its line, its words and where they stand. */
export interface Laid {
  spots: Spot[];
  path: string;
  lines: readonly string[];
  /** Where the words stand, and where they would stand that nobody has moved. */
  at: Spot;
  first: Spot;
  /** What a line leads to from words that stand far away. */
  leader: Spot | null;
}

/** Lays a mark; its words keep clear of those in `taken`, and are among them then. */
export function laid(shown: Placed, one: Measure, lines: readonly string[], size: Spot, taken: Box[]): Laid {
  const { spots, path } = shape(shown, one.kind, one.points);
  const [first = [0, 0]] = anchorsOf(one.kind, spots, widthOf(lines), lines.length * LINE);
  const away = Math.hypot(...one.label);
  const at =
    away > 0
      ? within(lines, [first[0] + one.label[0], first[1] + one.label[1]], size)
      : free(one.kind, spots, lines, size, taken);
  if (lines.length > 0) taken.push(boxOf(lines, at));
  const far = (spot: Spot) => Math.hypot(spot[0] - at[0], spot[1] - at[1]);
  const nearest = spots.reduce((best, spot) => (far(spot) < far(best) ? spot : best), spots[0] ?? at);
  return { spots, path, lines, at, first: first as Spot, leader: away > 24 ? nearest : null };
}

function mark(s: LayerState, shown: Shown, one: Measure, size: Spot, taken: Box[]): TemplateResult {
  const { text, marks } = s;
  const active = marks.active === one.uid;
  const lines = labelLines(text, hidden(one, s.anonymous));
  const { spots, path, at: placed, first, leader } = laid(shown, one, lines, size, taken);
  const press = (event: PointerEvent) => {
    marks.select(one.uid);
    follow(
      event,
      (by) => marks.change(one.uid, { points: shifted(spots, by).map((spot) => pointOf(shown, spot)) }, true),
      () => marks.release(one.uid),
    );
  };
  const pressWords = (event: PointerEvent) => {
    marks.select(one.uid);
    // From where it stands now.
    const [x, y] = [placed[0] - first[0], placed[1] - first[1]];
    follow(
      event,
      ([dx, dy]) => marks.change(one.uid, { label: [x + dx, y + dy] }, true),
      () => marks.release(one.uid),
    );
  };
  const [wide, high] = [widthOf(lines), lines.length * LINE];
  const box = svg`<rect class="grip" x=${placed[0] - 6} y=${placed[1] - 18} width=${wide + 12} height=${Math.max(high + 12, 24)} @pointerdown=${pressWords} />`;
  return svg`<g class=${active ? 'mark active' : 'mark'} data-uid=${one.uid} data-kind=${one.kind}>
    <path class="halo" d=${path} /><path class="line" d=${path} />
    <path class="reach" d=${path || `M${spots[0]?.[0] ?? 0} ${spots[0]?.[1] ?? 0}h1`} @pointerdown=${press} />
    ${label(lines, placed, leader, box)}
    ${active ? spots.map((spot, i) => handle(s, shown, one, spot, i)) : nothing}
  </g>` as TemplateResult;
}

/** A handle: a small ring, and around it the room for a finger. Of an outline with many points only those of some. */
function handle(s: LayerState, shown: Shown, one: Measure, [x, y]: Spot, i: number): TemplateResult | typeof nothing {
  if (one.kind === 'freehand') return nothing; // it is moved as a whole
  const { text, marks } = s;
  const name = fill(text.measure_handle, {
    number: i + 1,
    count: one.points.length,
    column: (one.points[i]?.[0] ?? 0).toFixed(1),
    row: (one.points[i]?.[1] ?? 0).toFixed(1),
  });
  const press = (event: PointerEvent) =>
    follow(
      event,
      (_, at) => marks.change(one.uid, { points: dragged(shown, one, i, at) }, true),
      () => marks.release(one.uid),
    );
  const key = (event: KeyboardEvent) => {
    const way = arrowOf(event);
    const point = one.points[i];
    if (!way || !point) return;
    event.preventDefault();
    event.stopPropagation();
    marks.change(one.uid, { points: dragged(shown, one, i, spotOf(shown, stepped(shown, point, way))) });
  };
  const say = async () => {
    await marks.settled(one.uid);
    const now = marks.items.find(({ uid }) => uid === one.uid);
    if (now) s.say(spoken(text, hidden(now, s.anonymous)));
  };
  return svg`<g class="handle" tabindex="0" role="button" aria-label=${`${kindName(text, one.kind)}: ${name}`} @keydown=${key} @keyup=${(event: KeyboardEvent) => arrowOf(event) && void say()}>
    <circle class="finger" cx=${x} cy=${y} r=${FINGER} @pointerdown=${press} />
    <circle class="ring" cx=${x} cy=${y} r="5" />
  </g>` as TemplateResult;
}

function draft(s: LayerState, one: Draft, size: Spot) {
  const { text, hand } = s;
  const shown = s.seen(one, one.points);
  if (!shown) return nothing;
  const points = hand.handles(one);
  const { spots, path } = shape(shown, one.kind, points);
  const open = one.kind === 'freehand' || one.kind === 'polygon' ? path.replace(/Z$/, '') : path;
  const lines = labelLines(text, { kind: one.kind, text: '', computed: one.computed });
  const cursor = one.keys && one.cursor ? spotOf(shown, one.cursor) : null;
  return svg`<g class="mark draft">
    <path class="halo" d=${open} /><path class="line" d=${open} />
    ${one.points.slice(0, 64).map((point) => {
      const [x, y] = spotOf(shown, point);
      return one.kind === 'freehand' ? nothing : svg`<circle class="ring" cx=${x} cy=${y} r="4" />`;
    })}
    ${cursor ? svg`<path class="cross halo" d=${`M${cursor[0] - 14} ${cursor[1]}h28M${cursor[0]} ${cursor[1] - 14}v28`} /><path class="cross" d=${`M${cursor[0] - 14} ${cursor[1]}h28M${cursor[0]} ${cursor[1] - 14}v28`} />` : nothing}
    ${spots.length > 0 ? label(lines, free(one.kind, spots, lines, size, []), null) : nothing}
  </g>`;
}

/** All marks of the shown frame and the one that is being placed. `size`: of the canvas, CSS pixels. */
export function measureLayer(s: LayerState, size: Spot): TemplateResult | typeof nothing {
  const { marks, hand } = s;
  const on = marks.items.flatMap((one) => {
    const shown = s.seen(one, one.points);
    return shown ? [{ one, shown }] : [];
  });
  if (on.length === 0 && !hand.draft) return nothing;
  // The wheel goes through the stack over a mark too.
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const picture = (event.currentTarget as Element).parentNode?.querySelector('.picture');
    picture?.dispatchEvent(new WheelEvent('wheel', event));
  };
  const taken: Box[] = [];
  return html`<svg class="measures" role="group" aria-label=${s.text.measure_marks} @wheel=${wheel}>
    ${on.map(({ one, shown }) => mark(s, shown, one, size, taken))}
    ${hand.draft ? draft(s, hand.draft, size) : nothing}
  </svg>`;
}
