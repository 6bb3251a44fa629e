// What each key does while the focus is inside of the viewer.
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
  | 'analysis'
  | 'overlay'
  | 'graphics'
  | 'keys'
  | 'zoom-in'
  | 'zoom-out'
  | 'actual-size'
  | 'display'
  | 'keep-study'
  | 'escape'
  | `preset-${number}`;

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
  a: 'analysis',
  o: 'overlay',
  g: 'graphics',
  '?': 'keys',
  '+': 'zoom-in',
  '=': 'zoom-in',
  '-': 'zoom-out',
  '*': 'actual-size',
  Escape: 'escape',
};

/** The action of a key, if it is one of ours; keys with Ctrl, Alt or Meta belong to the browser. */
export function actionOf(event: KeyboardEvent): Action | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  if (event.shiftKey && event.key === 'ArrowUp') return 'previous-10';
  if (event.shiftKey && event.key === 'ArrowDown') return 'next-10';
  if (/^[0-9]$/.test(event.key)) return `preset-${Number(event.key)}`;
  return byKey[event.key.length === 1 ? event.key.toLowerCase() : event.key];
}
