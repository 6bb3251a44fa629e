// The pictures on the buttons.
import { svg, type TemplateResult } from 'lit';

const icon = (content: TemplateResult) =>
  svg`<svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">${content}</svg>`;

export const icons = {
  window: icon(svg`<circle cx="8" cy="8" r="5.5"/><path d="M8 3a5 5 0 0 1 0 10z" fill="currentColor" stroke="none"/>`),
  scroll: icon(svg`<path d="M8 2v12M5 5l3-3 3 3M5 11l3 3 3-3"/>`),
  pan: icon(svg`<path d="M8 2v12M2 8h12M8 2 6.3 3.7M8 2l1.7 1.7M8 14l-1.7-1.7M8 14l1.7-1.7"/>`),
  zoom: icon(svg`<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>`),
  presets: icon(svg`<path d="M2.5 13.5V9m3.7 4.5V5M9.8 13.5v-6M13.5 13.5v-11"/>`),
  filter: icon(svg`<path d="M2 4h12M4 8h8M6 12h4"/>`),
  regions: icon(
    svg`<path d="M3 6.5C3 4 5 2.5 7.2 2.7c2.6.2 2.6 2.4 4.6 3 1.7.5 2.2 2 1.6 3.8-.7 2.3-2.8 4-5.4 4C4.8 13.5 3 10 3 6.5z"/><circle cx="8" cy="8.2" r="1.6"/>`,
  ),
  volume: icon(svg`<path d="M8 1.8 13.5 5v6L8 14.2 2.5 11V5zM2.5 5 8 8.1 13.5 5M8 8.1v6.1"/>`),
  compare: icon(
    svg`<path d="M2 3.5h5.2v9H2zM8.8 3.5H14v9H8.8z"/><path d="M8.8 3.5H14v9H8.8z" fill="currentColor" fill-opacity="0.35" stroke="none"/>`,
  ),
  cross: icon(svg`<path d="M8 1.5v4.5M8 10v4.5M1.5 8H6M10 8h4.5"/>`),
  analysis: icon(svg`<path d="M8 1.8 9.6 6.4 14.2 8 9.6 9.6 8 14.2 6.4 9.6 1.8 8l4.6-1.6z"/>`),
  layout: icon(svg`<path d="M2.5 2.5h11v11h-11zM8 2.5v11M8 8h5.5"/>`),
  play: icon(svg`<path d="M5 3.5v9l7-4.5z"/>`),
  stop: icon(svg`<path d="M4 4h8v8H4z"/>`),
  save: icon(svg`<path d="M8 2v8m0 0L5 7m3 3 3-3M3 13.5h10"/>`),
  more: icon(svg`<path d="M3 4h10M3 8h10M3 12h10"/>`),
  undo: icon(svg`<path d="M6 3 2.5 6.5 6 10M2.5 6.5H10a3.5 3.5 0 0 1 0 7H7"/>`),
  redo: icon(svg`<path d="m10 3 3.5 3.5L10 10M13.5 6.5H6a3.5 3.5 0 0 0 0 7h3"/>`),
  measure: icon(svg`<path d="m2 11 9-9 3 3-9 9zM5 8l1.5 1.5M7.5 5.5 9 7M3.6 12.4"/>`),
  measure_length: icon(svg`<path d="m3 13 10-10M1.8 11.8l2.4 2.4M11.8 1.8l2.4 2.4"/>`),
  measure_angle: icon(svg`<path d="M13 13H3L11 3M7 13a4.4 4.4 0 0 0-1.4-3.2"/>`),
  measure_cobb: icon(svg`<path d="M2.5 5 13 2.5M2.5 11 13 13.5M7.8 3.8v8.4"/>`),
  measure_bidirectional: icon(svg`<path d="M2.5 13.5 13.5 2.5M5.5 5.5l5 5"/>`),
  measure_cardiothoracic: icon(svg`<path d="M1.5 12.5h13M1.5 11v3M14.5 11v3M4.5 6.5h6M4.5 5v3M10.5 5v3"/>`),
  measure_ellipse: icon(svg`<ellipse cx="8" cy="8" rx="6" ry="4.2"/>`),
  measure_rectangle: icon(svg`<path d="M2.5 4h11v8h-11z"/>`),
  measure_polygon: icon(svg`<path d="m3 5.5 6-3 4.5 5-3 6-6-2z"/>`),
  measure_freehand: icon(svg`<path d="M4 11.5C1 8 3 3 7 3.5s3 2 5 2.5 2.5 5-.5 6.5-5 1.5-7.5-1z"/>`),
  measure_probe: icon(svg`<circle cx="8" cy="8" r="2.5"/><path d="M8 1.5v4M8 10.5v4M1.5 8h4M10.5 8h4"/>`),
  measure_arrow: icon(svg`<path d="M13.5 13.5 3 3M3 8V3h5"/>`),
  measure_text: icon(svg`<path d="M3 4.5V3h10v1.5M8 3v10M6 13h4"/>`),
  list: icon(svg`<path d="M5.5 4H14M5.5 8H14M5.5 12H14M2 4h.5M2 8h.5M2 12h.5"/>`),
  close: icon(svg`<path d="m4 4 8 8M12 4l-8 8"/>`),
  film: icon(
    svg`<path d="M2 2.5h12v11H2z"/><path d="M8 4.5v6M6.6 6C4.9 6.4 4 8 4 9.8c0 1 .5 1.4 1.2 1.4.8 0 1.4-.6 1.4-1.6zM9.4 6c1.7.4 2.6 2 2.6 3.8 0 1-.5 1.4-1.2 1.4-.8 0-1.4-.6-1.4-1.6z"/>`,
  ),
  open: icon(svg`<path d="M2 12.5v-9h4l1.5 2H14v7z"/>`),
} as const;
