// What is drawn beside the picture: the scale bar and the rail of the stack. SVG attributes, so that a strict CSP allows it.
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { FrameSetInfo, Shown } from '../shared/protocol.ts';
import { fill, type Text } from '../text/index.ts';
import { barOf, type Scale } from './scale.ts';

/** A vertical bar of a round length, at most `room` CSS pixels long, with what has to be said of it; nothing where there is no scale. */
export function scaleBar(scale: Scale | string, room = 220): TemplateResult | typeof nothing {
  const bar = typeof scale === 'string' ? undefined : barOf(scale, globalThis.devicePixelRatio, room);
  if (!bar || typeof scale === 'string') return nothing;
  const { height, name } = bar;
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].map((part) => 1 + part * height);
  return html`<div class="scale">
    <svg width="10" height=${height + 2} aria-hidden="true">
      <path d="M9 1H1V${height + 1}H9" />
      ${ticks.slice(1, -1).map((y) => svg`<path d="M1 ${y}H5" />`)}
    </svg>
    <span>${name}${scale.label ? html`<br />${scale.label}` : nothing}</span>
  </div>`;
}

/** The part of the rail that the middle of its mark can reach, from the top: [first image, last image]. */
const ends = [0.02, 0.98] as const;

/** The image for a height on the rail, 0 (top) to 1. */
const imageAt = (height: number, frames: number): number =>
  Math.round(Math.min(Math.max((height - ends[0]) / (ends[1] - ends[0]), 0), 1) * (frames - 1));

/** Where in the stack the image is, with the places where a slice is missing. A drag along it goes through the stack. */
export function rail(
  shown: Shown,
  info: FrameSetInfo | null,
  text: Text,
  go: (index: number) => void,
): TemplateResult | typeof nothing {
  const { frames, index } = shown;
  if (frames < 2) return nothing;
  const at = (place: number) => (place / (frames - 1)) * 96;
  const drag = (event: PointerEvent) => {
    const target = event.currentTarget as SVGElement;
    if (event.type === 'pointerdown') target.setPointerCapture(event.pointerId);
    else if (!target.hasPointerCapture(event.pointerId)) return;
    event.stopPropagation();
    const box = target.getBoundingClientRect();
    go(imageAt((event.clientY - box.top) / box.height, frames));
  };
  return html`<svg class="rail" viewBox="0 0 10 100" preserveAspectRatio="none" role="slider" tabindex="0" aria-orientation="vertical"
    aria-label=${text.position} aria-valuemin="1" aria-valuemax=${frames} aria-valuenow=${index + 1} aria-valuetext=${fill(text.image, { index: index + 1, count: frames })}
    @pointerdown=${drag} @pointermove=${drag}>
    <rect class="zone" width="10" height="100" />
    <rect class="way" x="3" y="0" width="4" height="100" />
    ${(info?.gaps ?? []).map(([place]) => svg`<rect class="gap" x="1" y=${at(place + 0.5) + 1.5} width="8" height="1"><title>${text.gap}</title></rect>`)}
    <rect class="place" x="0" y=${at(index)} width="10" height="4" />
  </svg>`;
}
