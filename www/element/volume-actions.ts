// What keys do in a plane of a volume: the cross-hair goes, the planes turn, the slab becomes thicker.
import type { Action } from './keys.ts';
import { slabModes } from './mpr.ts';
import type { NegatoscopeViewport } from './viewport.ts';

const ways: Partial<Record<Action, readonly [number, number]>> = {
  left: [-1, 0],
  right: [1, 0],
  previous: [0, -1],
  next: [0, 1],
  'left-10': [-10, 0],
  'right-10': [10, 0],
  'previous-10': [0, -10],
  'next-10': [0, 10],
};

/** What a key turns the other two planes by, radians. */
const TURN = Math.PI / 90;
const ours: readonly Action[] = [
  'left',
  'right',
  'left-10',
  'right-10',
  'thicker',
  'thinner',
  'slab',
  'turn-left',
  'turn-right',
];

/** Does an action that means a volume; false where there is none, or it means something else. */
export function actOnVolume(pane: NegatoscopeViewport, action: Action): boolean {
  const { mpr, view } = pane;
  if (!mpr || !view) return ours.includes(action);
  const way = ways[action];
  if (way) {
    const [right, down] = way;
    if (view.base) mpr.nudge(view.base, right, down);
    else mpr.orbit(-right * 10, -down * 10);
  } else if (action === 'turn-left' || action === 'turn-right') {
    if (view.base) mpr.turn(view.base, action === 'turn-left' ? -TURN : TURN);
    else mpr.orbit(action === 'turn-left' ? 4 : -4, 0);
  } else if (action === 'thicker' || action === 'thinner') {
    const { thickness } = mpr;
    const step = thickness >= 20 ? 5 : thickness >= 5 ? 1 : 0.5;
    mpr.setSlab(mpr.slab, thickness + (action === 'thicker' ? step : -step));
  } else if (action === 'slab') {
    const next = slabModes[(slabModes.indexOf(mpr.slab) + 1) % slabModes.length] ?? 'mip';
    mpr.setSlab(next, mpr.thickness || 10);
  } else if (!view.base && (action === 'zoom-in' || action === 'zoom-out')) {
    view.step(action === 'zoom-in' ? -2 : 2);
  } else if (action === 'first' || action === 'last') {
    view.end(action === 'last');
  } else if (action === 'escape') {
    mpr.reset();
    return false; // and the view
  } else return false;
  return true;
}
