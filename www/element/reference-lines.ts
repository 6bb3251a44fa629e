// The line that shows where the image of another viewport cuts this one.
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Shown } from '../shared/protocol.ts';
import { meeting, type Reference } from './places.ts';
import { canvasOf } from './vectors.ts';

/** The line of another image over this one. */
export function referenceLine(shown: Shown, reference: Reference | null): TemplateResult | typeof nothing {
  const { plane } = shown;
  const ends = plane && reference ? meeting(reference, plane) : null;
  if (!plane || !ends) return nothing;
  const ratio = globalThis.devicePixelRatio;
  const [a, b] = ends.map((end) => canvasOf({ ...shown, plane }, end)) as [[number, number], [number, number]];
  return html`<svg class="reference" aria-hidden="true">
    ${svg`<line x1=${a[0] / ratio} y1=${a[1] / ratio} x2=${b[0] / ratio} y2=${b[1] / ratio} />`}
  </svg>`;
}
