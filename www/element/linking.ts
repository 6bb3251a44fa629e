// How viewports go along with the active one: place in the patient, window, zoom; and the line of its image over them.
import type { Look, Shown } from '../shared/protocol.ts';
import { nearestImage, type Reference } from './places.ts';
import { cross, placeOf } from './vectors.ts';
import type { NegatoscopeViewport } from './viewport.ts';

/** The planes of a volume have one window, one colour map, the same filters. */
export function share(pane: NegatoscopeViewport | undefined, panes: readonly NegatoscopeViewport[]): void {
  if (pane?.view?.kind !== 'plane') return;
  const { window, choice, auto, invert, colour_map, smooth, filters, overlay } = pane.look;
  const part = { window, choice, auto, invert, colour_map, smooth, filters, overlay };
  const same = (other: Look) => Object.entries(part).every(([key, value]) => other[key as keyof Look] === value);
  for (const other of panes)
    if (other !== pane && other.view?.kind === 'plane' && !same(other.look)) other.setLook(part).catch(() => {});
}

/** The other viewports go where the active one is: the same place in the patient where the files say how they lie to each other, its zoom,
 * and its window where values have the same unit. */
export function follow(
  pane: NegatoscopeViewport | undefined,
  panes: readonly NegatoscopeViewport[],
  shown: Shown,
): void {
  if (!pane) return;
  const { plane } = shown;
  const home = plane && pane.info?.frame_of_reference;
  const place = plane && placeOf({ ...shown, plane }, (shown.size[1] - 1) / 2, (shown.size[0] - 1) / 2);
  for (const other of panes) {
    if (other === pane || !other.info || !other.shown) continue;
    if (home && place && other.info.frame_of_reference === home) {
      const index = nearestImage(other.info, place, cross(plane.row, plane.column));
      if (index !== null) other.setIndex(index).catch(() => {});
    }
    const { zoom, window, auto } = pane.look;
    const same = other.shown.unit === shown.unit && other.shown.modality === shown.modality;
    const part = { ...(zoom !== other.look.zoom && { zoom }), ...(same && { window, auto }) };
    const differs = part.zoom !== undefined || (same && (window !== other.look.window || auto !== other.look.auto));
    if (differs) other.setLook(part).catch(() => {});
  }
}

/** The line of the active image for another viewport. */
export function referenceFor(
  there: NegatoscopeViewport | undefined,
  pane: NegatoscopeViewport | undefined,
): Reference | null {
  const shown = pane?.shown;
  const home = pane?.info?.frame_of_reference;
  if (!pane || there === pane || !shown?.plane || !home) return null;
  return there?.info?.frame_of_reference === home ? { plane: shown.plane, size: shown.size } : null;
}
