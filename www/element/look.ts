// How a frame is shown, and what turning and mirroring do to it.
import type { Look, Shown } from '../shared/protocol.ts';

/** A fresh look: fitting, as the file says. */
export const plainLook = (): Look => ({
  zoom: 1,
  pan: [0, 0],
  quarter_turns: 0,
  flip: false,
  invert: false,
  window: null,
  choice: 0,
  auto: false,
  colour_map: 'grey',
  smooth: true,
  graphics: true,
  subtract: null,
  presentation: null,
  filters: [],
  overlay: { visible: true, opacity: 0.5, outline: false, threshold: 0, colour_map: 'viridis', smooth: false },
});

/** Turned on the screen by quarter turns, clockwise. */
export const turned = (look: Look, quarters: number): Partial<Look> => ({
  quarter_turns: (look.quarter_turns + quarters + 4) % 4,
  pan: quarters % 2 === 0 ? [-look.pan[0], -look.pan[1]] : rotated(look.pan, quarters),
});

const rotated = ([x, y]: [number, number], quarters: number): [number, number] =>
  (quarters + 4) % 4 === 1 ? [-y, x] : [y, -x];

/** Mirrored left-right on the screen. The mirroring acts before the turning, so the turn changes its sense. */
export const mirrored = (look: Look): Partial<Look> => ({
  flip: !look.flip,
  quarter_turns: (4 - look.quarter_turns) % 4,
  pan: [-look.pan[0], look.pan[1]],
});

/** Mirrored top-bottom on the screen. */
export const upsideDown = (look: Look): Partial<Look> => ({
  flip: !look.flip,
  quarter_turns: (6 - look.quarter_turns) % 4,
  pan: [look.pan[0], -look.pan[1]],
});

/** Zoomed by a factor, with the point (device pixels from the canvas centre) left where it is. */
export function zoomed(look: Look, factor: number, x = 0, y = 0): Partial<Look> {
  const zoom = Math.min(40, Math.max(0.1, look.zoom * factor));
  const by = zoom / look.zoom;
  return { zoom, pan: [x - (x - look.pan[0]) * by, y - (y - look.pan[1]) * by] };
}

/** A window after a drag in CSS pixels: right is wider, up is brighter. */
export function dragged(window: { center: number; width: number }, dx: number, dy: number) {
  const step = Math.max(window.width / 512, 1e-6);
  return { width: Math.max(window.width + dx * step, step), center: window.center + dy * step };
}

/** Where a point of the image (pixel centres at whole numbers) lies on the canvas, device pixels. */
export function onCanvas({ to_canvas: m }: Pick<Shown, 'to_canvas'>, column: number, row: number): [number, number] {
  return [m[0] * column + m[1] * row + m[2], m[3] * column + m[4] * row + m[5]];
}
