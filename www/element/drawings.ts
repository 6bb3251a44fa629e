// What a presentation state draws over an image: lines, curves, texts, as SVG in CSS pixels.
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Drawing, FoundBox, Shown } from '../shared/protocol.ts';
import { onCanvas } from './look.ts';

type Point = readonly [number, number];

const distance = ([a, b]: Point, [c, d]: Point) => Math.hypot(a - c, b - d);
const number = (value: number) => value.toFixed(2);
const pair = ([x, y]: Point) => `${number(x)} ${number(y)}`;

/** A smooth curve through the points: cubic pieces whose ends share their direction (Catmull and Rom). */
function curve(points: readonly Point[]): string {
  const at = (i: number) => points[Math.min(Math.max(i, 0), points.length - 1)] as Point;
  const towards = ([x, y]: Point, from: Point, to: Point, sign: number): Point => [
    x + (sign * (to[0] - from[0])) / 6,
    y + (sign * (to[1] - from[1])) / 6,
  ];
  return points
    .slice(1)
    .map((end, i) => {
      const out = towards(at(i), at(i - 1), end, 1);
      const back = towards(end, at(i), at(i + 2), -1);
      return `C${pair(out)} ${pair(back)} ${pair(end)}`;
    })
    .join('');
}

/** An ellipse by the ends of its axes, whatever the turn and the mirroring of the image. */
function ellipse([a, b, c, d]: readonly Point[]): string {
  if (!a || !b || !c || !d) return '';
  const turn = (Math.atan2(b[1] - a[1], b[0] - a[0]) * 180) / Math.PI;
  const arc = `A${number(distance(a, b) / 2)} ${number(distance(c, d) / 2)} ${number(turn)} 0 1`;
  return `M${pair(a)}${arc} ${pair(b)}${arc} ${pair(a)}Z`;
}

/** A circle by its centre and a point on it: an ellipse where pixels are not square. */
function circle([centre, rim]: readonly Point[]): readonly Point[] {
  if (!centre || !rim) return [];
  const radius = distance(centre, rim);
  const [x, y] = centre;
  return [
    [x - radius, y],
    [x + radius, y],
    [x, y - radius],
    [x, y + radius],
  ];
}

function one(drawing: Drawing, place: (point: Point) => Point, anonymous: boolean): TemplateResult | typeof nothing {
  const source = drawing.kind === 'circle' ? circle(drawing.points) : drawing.points;
  const points = source.map(place);
  const [first] = points;
  if (!first) return nothing;
  const filled = drawing.filled ? 'filled' : '';
  switch (drawing.kind) {
    case 'point':
      return svg`<circle class="dot" cx=${first[0]} cy=${first[1]} r="3" />`;
    case 'circle':
    case 'ellipse':
      return svg`<path class=${filled} d=${ellipse(points)} />`;
    case 'interpolated':
      return svg`<path class=${filled} d=${`M${pair(first)}${curve(points)}`} />`;
    case 'text':
      return svg`${points[1] ? svg`<path d=${`M${pair(first)}L${pair(points[1])}`} />` : nothing}
        ${(anonymous ? '••••••' : drawing.text).split(/\r\n|\r|\n/).map((line, i) => svg`<text x=${first[0] + 4} y=${first[1] + 14 + i * 16}>${line}</text>`)}`;
    default:
      return svg`<path class=${filled} d=${`M${points.map(pair).join('L')}`} />`;
  }
}

/** From a place on the image to CSS pixels of the canvas. */
export function placing(shown: Shown): (point: Point) => Point {
  const ratio = globalThis.devicePixelRatio;
  return ([column, row]) => {
    const [x, y] = onCanvas(shown, column, row);
    return [x / ratio, y / ratio];
  };
}

/** Boxes that a model found, with label and score; the panel has the same in words. */
export function boxes(shown: Shown, found: readonly FoundBox[], name: (label: string) => string) {
  if (found.length === 0) return nothing;
  const place = placing(shown);
  const box = ({ label, score, extent: [left, top, right, bottom] }: FoundBox) => {
    const corners: Point[] = [
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
    ];
    const points = corners.map(place);
    // The words stand above the box, whatever the turn of the image.
    const [x, y] = [Math.min(...points.map(([x]) => x)), Math.min(...points.map(([, y]) => y))];
    return svg`<path d=${`M${points.map(pair).join('L')}Z`} /><text x=${x} y=${Math.max(y - 4, 12)}>${name(label)} ${score.toFixed(2)}</text>`;
  };
  return html`<svg class="drawings found" aria-hidden="true">${found.map(box)}</svg>`;
}

/** The outline of the organ that another model found. */
export function fieldLine(shown: Shown, lines: readonly (readonly Point[])[]) {
  const place = placing(shown);
  const line = (points: readonly Point[]) =>
    svg`<path d=${`M${points.map((point) => pair(place(point))).join('L')}Z`} />`;
  return html`<svg class="drawings field" aria-hidden="true">${lines.map(line)}</svg>`;
}

/** The drawings over the shown image. `anonymous`: their texts, which may say anything, are hidden. */
export function drawings(shown: Shown, anonymous: boolean): TemplateResult | typeof nothing {
  if (shown.drawings.length === 0) return nothing;
  const place = placing(shown);
  return html`<svg class="drawings" aria-hidden="true">${shown.drawings.map((drawing) => one(drawing, place, anonymous))}</svg>`;
}
