// What each key does while the focus is inside of the viewer.
import type { Text } from '../text/index.ts';
import type { MeasureKind } from './measures.ts';

export type Action =
  | 'previous'
  | 'next'
  | 'previous-10'
  | 'next-10'
  | 'first'
  | 'last'
  | 'previous-series'
  | 'next-series'
  | 'tool-window'
  | 'tool-scroll'
  | 'tool-zoom'
  | 'tool-pan'
  | 'tool-cross'
  | 'volume'
  | 'thicker'
  | 'thinner'
  | 'slab'
  | 'turn-left'
  | 'turn-right'
  | 'left'
  | 'right'
  | 'left-10'
  | 'right-10'
  | 'linked'
  | 'compare'
  | 'flick'
  | 'references'
  | 'cine'
  | 'rotate-right'
  | 'rotate-left'
  | 'flip-horizontal'
  | 'flip-vertical'
  | 'invert'
  | 'texts'
  | 'anonymous'
  | 'tags'
  | 'save'
  | 'deidentify'
  | 'record'
  | 'augment'
  | 'key-image'
  | 'key-images'
  | 'analysis'
  | 'overlay'
  | 'graphics'
  | 'keys'
  | 'zoom-in'
  | 'zoom-out'
  | 'actual-size'
  | 'display'
  | 'keep-study'
  | 'settings'
  | 'escape'
  | 'measurements'
  | 'undo'
  | 'redo'
  | 'delete'
  | `measure-${MeasureKind}`
  | `preset-${number}`;

/** The measuring tools that have a key: D as distance, the others with Shift, where letters are still free. */
export const measureKeys: Readonly<Record<string, MeasureKind>> = {
  D: 'length',
  'Shift+A': 'angle',
  'Shift+C': 'cobb',
  'Shift+E': 'ellipse',
  'Shift+R': 'rectangle',
  'Shift+P': 'polygon',
  'Shift+F': 'freehand',
  'Shift+V': 'probe',
  'Shift+W': 'arrow',
};

const byKey: Readonly<Record<string, Action>> = {
  ArrowUp: 'previous',
  ArrowDown: 'next',
  Home: 'first',
  End: 'last',
  PageUp: 'previous-series',
  PageDown: 'next-series',
  w: 'tool-window',
  s: 'tool-scroll',
  z: 'tool-zoom',
  m: 'tool-pan',
  u: 'tool-cross',
  q: 'volume',
  ']': 'thicker',
  '[': 'thinner',
  b: 'slab',
  ',': 'turn-left',
  '.': 'turn-right',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  j: 'linked',
  e: 'compare',
  f: 'flick',
  y: 'references',
  c: 'cine',
  ' ': 'cine',
  r: 'rotate-right',
  l: 'rotate-left',
  h: 'flip-horizontal',
  v: 'flip-vertical',
  n: 'invert',
  i: 'texts',
  x: 'anonymous',
  t: 'tags',
  p: 'save',
  k: 'key-image',
  a: 'analysis',
  o: 'overlay',
  g: 'graphics',
  '?': 'keys',
  F1: 'keys',
  '+': 'zoom-in',
  '=': 'zoom-in',
  '-': 'zoom-out',
  '*': 'actual-size',
  Escape: 'escape',
  Delete: 'delete',
  Backspace: 'delete',
};

/** Actions whose key a user may change, with their names. One line an action. */
export const changeable: readonly (readonly [Action, keyof Text & string])[] = [
  ['tool-window', 'toolWindow'],
  ['tool-scroll', 'toolScroll'],
  ['tool-zoom', 'toolZoom'],
  ['tool-pan', 'toolPan'],
  ['cine', 'cine'],
  ['rotate-right', 'rotateRight'],
  ['rotate-left', 'rotateLeft'],
  ['flip-horizontal', 'flipHorizontal'],
  ['flip-vertical', 'flipVertical'],
  ['invert', 'invert'],
  ['zoom-in', 'zoomIn'],
  ['zoom-out', 'zoomOut'],
  ['actual-size', 'actualSize'],
  ['analysis', 'analysis'],
  ['overlay', 'keyOverlay'],
  ['graphics', 'graphics'],
  ['texts', 'texts'],
  ['anonymous', 'anonymous'],
  ['tags', 'tags'],
  ['save', 'save'],
  ['key-image', 'keyKey'],
  ['volume', 'mpr'],
  ['tool-cross', 'mprCross'],
  ['slab', 'keySlab'],
  ['linked', 'linked'],
  ['compare', 'compare'],
  ['flick', 'compare_flick'],
  ['references', 'references'],
  ['keys', 'help'],
];

/** The key of an action: the user's, else the usual one; empty where it has none. */
export function keyOf(action: Action, own: Partial<Record<Action, string>>): string {
  const usual = Object.entries(byKey).find(([, one]) => one === action)?.[0] ?? '';
  return own[action] ?? usual;
}

/** The action of a key, if it is one of ours; keys with Ctrl, Alt or Meta belong to the browser, but for undoing. `own`: keys that the user has chosen. */
export function actionOf(event: KeyboardEvent, own: Partial<Record<Action, string>> = {}): Action | undefined {
  if ((event.ctrlKey || event.metaKey) && !event.altKey) {
    const key = event.key.toLowerCase();
    if (key === 'z') return event.shiftKey ? 'redo' : 'undo';
    return key === 'y' ? 'redo' : undefined;
  }
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  if (event.shiftKey && event.key === 'ArrowUp') return 'previous-10';
  if (event.shiftKey && event.key === 'ArrowDown') return 'next-10';
  if (event.shiftKey && event.key === 'ArrowLeft') return 'left-10';
  if (event.shiftKey && event.key === 'ArrowRight') return 'right-10';
  if (event.shiftKey && event.key.toLowerCase() === 'd') return 'measurements';
  const kind = measureKeys[`${event.shiftKey ? 'Shift+' : ''}${event.key.toUpperCase()}`];
  if (kind) return `measure-${kind}`;
  if (/^[0-9]$/.test(event.key)) return `preset-${Number(event.key)}`;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  for (const [action, chosen] of Object.entries(own)) if (chosen === key) return action as Action;
  const usual = byKey[key];
  return usual && own[usual] === undefined ? usual : undefined; // one that has another key now has no second one
}
