// Which keys do what, as a table for the dialog.
import { html } from 'lit';
import type { Text } from '../text/index.ts';

/** [keys, what they do]; keys of one line are separated by a space. */
const lines = (text: Text): readonly (readonly [string, string])[] => [
  ['↑ ↓', text.keyScroll],
  ['Shift+↑ Shift+↓', text.keyTen],
  ['Home End', text.keyEnds],
  ['PageUp PageDown', text.keySeries],
  ['C', text.cine],
  ['W S Z M', `${text.toolWindow}, ${text.toolScroll}, ${text.toolZoom}, ${text.toolPan}`],
  ['0 1 2–9', text.keyPresets],
  ['R L', text.keyRotate],
  ['H V', text.keyFlip],
  ['N', text.invert],
  ['+ −', text.keyZoom],
  ['*', text.actualSize],
  ['Esc', text.reset],
  ['A', text.analysis],
  ['O', text.keyOverlay],
  ['G', text.graphics],
  ['I', text.texts],
  ['X', text.anonymous],
  ['T', text.tags],
  ['P', text.save],
];

export const keyTable = (text: Text) => html`<table class="keys">
  ${lines(text).map(([keys, what]) => html`<tr><td>${keys.split(' ').map((key) => html`<kbd>${key}</kbd> `)}</td><td>${what}</td></tr>`)}
  <tr><td>${text.keyWheel}</td><td>${text.keyWheelWhat}</td></tr>
  <tr><td>${text.keyDrag}</td><td>${text.keyDragWhat}</td></tr>
</table>`;
