// What a comparison draws over the images: the prior in its place, whose picture it is, the curtain, the legend of a difference, and lines
// between key points.
import { html, nothing, svg, type TemplateResult } from 'lit';
import { fill, type Text } from '../text/index.ts';
import { colourBar } from './colour-maps.ts';
import type { Compare } from './compare.ts';
import './compare-over.ts';
import { written } from './numbers.ts';
import type { Stacked } from './priors.ts';
import { onCanvas } from './look.ts';
import type { StudyClient } from './study-client.ts';
import type { NegatoscopeViewport } from './viewport.ts';

/** Lines between so many pairs are still told apart. */
const MOST_LINES = 80;

interface Seen {
  text: Text;
  anonymous: boolean;
  client: StudyClient;
  backend: 'auto' | 'cpu' | 'gpu';
  size: readonly [number, number];
}

const dateOf = ({ study }: Stacked, { anonymous, text }: Pick<Seen, 'anonymous' | 'text'>) =>
  anonymous ? '' : study.date || text.compare_undated;

/** Whose picture it is: `Current 2026-03-01`. */
const chip = (who: 'current' | 'prior' | 'both', words: string) => html`<div class="chip ${who}">${words}</div>`;

function named(who: 'current' | 'prior', stack: Stacked, seen: Seen, share = ''): string {
  return [seen.text[`compare_${who}`], dateOf(stack, seen), share].filter(Boolean).join('  ');
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

/** What lies over a viewport. */
export function overView(compare: Compare, number: number, seen: Seen): TemplateResult | typeof nothing {
  const { current, prior, mode, share, front, over } = compare;
  if (!current || !prior || number > 1) return nothing;
  if (mode === 'side') {
    const who = number === 0 ? 'current' : 'prior';
    return chip(who, named(who, number === 0 ? current : prior, seen));
  }
  if (number > 0) return nothing;
  const flicked = front === 'prior' ? 1 : 0;
  const opacity = !over ? 0 : mode === 'blend' ? share : mode === 'flicker' ? flicked : 1;
  const view = { opacity, from: mode === 'curtain' ? 1 - share : 0 };
  const canvas = html`<negatoscope-over .client=${seen.client} .compare=${compare} .backend=${seen.backend} .size=${seen.size} .view=${view}></negatoscope-over>`;
  return html`${canvas}${marksOf(compare, current, prior, seen)}`;
}

/** Whose picture is seen where. */
function marksOf(compare: Compare, current: Stacked, prior: Stacked, seen: Seen): TemplateResult {
  const { mode, share, front } = compare;
  if (mode === 'difference')
    return html`${chip('both', `${named('current', current, seen)} − ${named('prior', prior, seen)}`)}${legend(compare, seen.text)}`;
  if (mode === 'flicker') return chip(front, named(front, front === 'prior' ? prior : current, seen));
  const [first, second] = [percent(1 - share), percent(share)];
  if (mode === 'blend')
    return html`<div class="chips">${chip('current', named('current', current, seen, first))}${chip('prior', named('prior', prior, seen, second))}</div>`;
  return html`<div class="chips apart">${chip('current', named('current', current, seen))}${chip('prior', named('prior', prior, seen))}</div>${curtain(compare)}`;
}

/** The edge of the curtain, to be dragged; the slider of the bar does the same. */
function curtain(compare: Compare): TemplateResult {
  const at = `${(1 - compare.share) * 100}%`;
  const drag = (event: PointerEvent) => {
    event.stopPropagation();
    const edge = event.currentTarget as SVGElement;
    if (event.type === 'pointerdown') edge.setPointerCapture(event.pointerId);
    else if (!edge.hasPointerCapture(event.pointerId)) return;
    const { left, width } = (edge.ownerSVGElement as SVGSVGElement).getBoundingClientRect();
    compare.setShare(1 - (event.clientX - left) / width);
  };
  return html`<svg class="curtain" aria-hidden="true">${svg`
    <line class="edge" x1=${at} x2=${at} y1="0" y2="100%" /><circle class="edge" cx=${at} cy="50%" r="9" />
    <line class="hold" x1=${at} x2=${at} y1="0" y2="100%" @pointerdown=${drag} @pointermove=${drag} />`}</svg>`;
}

/** A number of a difference with its sign. */
export const signed = (value: number): string => {
  const size = written(Math.abs(value), Math.abs(value) >= 20 || Number.isInteger(value) ? 0 : 1);
  return value === 0 ? '0' : `${value > 0 ? '+' : '−'}${size}`;
};

function legend({ over }: Compare, text: Text): TemplateResult | typeof nothing {
  const reach = (over?.window?.width ?? 0) / 2;
  if (!over || reach <= 0) return nothing;
  const unit = over.gives === 'values' ? over.unit : text.compare_levels;
  return html`<div class="legend heat left" role="group" aria-label=${text.legend}>
    <span class="end">${signed(reach)}</span>
    ${colourBar('blue-orange', true, 0, 'left')}
    <span class="end">${signed(-reach)}</span>
    <span class="about">${unit}</span>
  </div>`;
}

/** The value of a difference, as it stands beside that under the pointer. */
export const leftText = (value: number | null, unit: string, text: Text): string =>
  value === null ? '' : `Δ ${signed(value)} ${unit || text.compare_levels}`;

/** Lines between the key points that agree, over both viewports; nothing where others are shown. */
export function matchLines(
  compare: Compare,
  panes: readonly NegatoscopeViewport[],
  text: Text,
): TemplateResult | typeof nothing {
  const { relation, mode, lines } = compare;
  const [a, b] = panes;
  if (relation.kind !== 'points' || mode !== 'side' || !lines || !a?.shown || !b?.shown) return nothing;
  if (a.shown.index !== relation.current || b.shown.index !== relation.prior) return nothing;
  const ratio = globalThis.devicePixelRatio;
  const place = (pane: NegatoscopeViewport, column: number, row: number) => {
    const [x, y] = pane.shown ? onCanvas(pane.shown, column, row) : [0, 0];
    const [left, top] = [x / ratio, y / ratio];
    const inside = left >= 0 && top >= 0 && left <= pane.clientWidth && top <= pane.clientHeight;
    return { x: left + pane.offsetLeft, y: top + pane.offsetTop, inside };
  };
  const { pairs } = relation.found;
  const step = Math.max(1, pairs.length / MOST_LINES);
  const some = Array.from({ length: Math.floor(pairs.length / step) }, (_, i) => pairs[Math.floor(i * step)]);
  const drawn = some.flatMap((pair) => {
    if (!pair) return [];
    const [from, to] = [place(a, pair[0], pair[1]), place(b, pair[2], pair[3])];
    return from.inside && to.inside ? [{ from, to }] : [];
  });
  const label = fill(text.compare_pairs, { count: pairs.length, all: relation.found.matches });
  return html`<svg class="matches" role="img" aria-label=${label}>${drawn.map(
    ({ from, to }, i) => svg`<g class=${`tint${i % 4}`}><line x1=${from.x} y1=${from.y} x2=${to.x} y2=${to.y} />
      <circle cx=${from.x} cy=${from.y} r="3" /><circle cx=${to.x} cy=${to.y} r="3" /></g>`,
  )}</svg>`;
}
