// The colour maps of the core as legends: a bar with the colours of the picture. SVG attributes, so that a strict CSP allows it.
import { svg, type TemplateResult } from 'lit';
import { colourTables } from '../shared/generated/colour-maps.ts';

/** A name that the core knows. */
export type ColourMap = keyof typeof colourTables;

/** All names; the first is plain grey. */
export const colourMaps = Object.keys(colourTables) as ColourMap[];

/** Those that a heatmap may have, the ones with even steps first. */
export const heatMaps: readonly ColourMap[] = ['viridis', 'inferno', 'turbo', 'jet', 'hot'];

const colours = (name: string): string[] =>
  (colourTables[name as ColourMap] ?? colourTables.viridis).match(/.{6}/g)?.map((hex) => `#${hex}`) ?? [];

/** A bar from the low end (left or bottom) to the high end, for the size that the style gives it; `from`: what lies below is not painted. */
export function colourBar(name: string, upright: boolean, from = 0, id = 'map'): TemplateResult {
  const stops = colours(name);
  const key = `${id}-${name}`;
  const hidden = Math.min(Math.max(from, 0), 1) * 100;
  return svg`<svg class="bar" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true" focusable="false">
    <linearGradient id=${key} x1="0" x2=${upright ? 0 : 1} y1=${upright ? 1 : 0} y2="0">
      ${stops.map((colour, i) => svg`<stop offset=${i / (stops.length - 1)} stop-color=${colour} />`)}
    </linearGradient>
    <rect width="100" height="100" fill="url(#${key})" />
    ${
      upright
        ? svg`<rect class="below" y=${100 - hidden} width="100" height=${hidden} />`
        : svg`<rect class="below" width=${hidden} height="100" />`
    }
  </svg>`;
}
