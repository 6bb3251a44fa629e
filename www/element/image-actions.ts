// The actions that concern one image alone: going through its stack, and turning it.
import type { Look } from '../shared/protocol.ts';
import type { Action } from './keys.ts';
import { mirrored, plainLook, turned, upsideDown, zoomed } from './look.ts';
import { settings } from './settings.ts';
import type { NegatoscopeViewport } from './viewport.ts';

const places: Partial<Record<Action, (index: number, last: number) => number>> = {
  previous: (index) => index - 1,
  next: (index) => index + 1,
  'previous-10': (index) => index - 10,
  'next-10': (index) => index + 10,
  first: () => 0,
  last: (_, last) => last,
};

const looks: Partial<Record<Action, (look: Look) => Partial<Look>>> = {
  'rotate-right': (look) => turned(look, 1),
  'rotate-left': (look) => turned(look, -1),
  'flip-horizontal': mirrored,
  'flip-vertical': upsideDown,
  invert: (look) => ({ invert: !look.invert }),
  overlay: (look) => ({ overlay: { ...look.overlay, visible: !look.overlay.visible } }),
  graphics: (look) => ({ graphics: !look.graphics }),
  'zoom-in': (look) => zoomed(look, 1.25),
  'zoom-out': (look) => zoomed(look, 0.8),
  escape: (look) => ({ ...plainLook(), overlay: look.overlay }),
};

/** 0: from the image's own values; 1: what the file says; 2 …: the presets, where the values are HU. */
function preset(number: number, hounsfield: boolean): Partial<Look> | undefined {
  if (number < 2) return { window: null, choice: 0, auto: number === 0 };
  const chosen = hounsfield ? settings.now.presets[number - 2] : undefined;
  return chosen && { window: { center: chosen.center, width: chosen.width } };
}

/** Does an action that concerns the image; false when it concerns something else. Failures are told by the image. */
export function actOnImage(pane: NegatoscopeViewport, action: Action): boolean {
  const place = places[action];
  const change = action.startsWith('preset-')
    ? () => preset(Number(action.slice(7)), pane.shown?.hounsfield ?? false)
    : looks[action];
  if (action === 'actual-size') {
    // `zoom` counts from what fits; the shown one from a device pixel for each image pixel.
    if (pane.shown) pane.setLook({ zoom: pane.look.zoom / pane.shown.zoom, pan: [0, 0] }).catch(() => {});
  } else if (place) pane.setIndex(place(pane.index, (pane.info?.frames ?? 1) - 1)).catch(() => {});
  else if (change) {
    const part = change(pane.look);
    if (part) pane.setLook(part).catch(() => {});
  } else return false;
  return true;
}
