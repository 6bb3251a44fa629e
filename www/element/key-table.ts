// Which keys do what, as a table for the dialog.
import { html } from 'lit';
import type { Text } from '../text/index.ts';
import { changeable, keyOf, measureKeys } from './keys.ts';
import { settings } from './settings.ts';

/** [keys, what they do]; keys of one line are separated by a space. */
const lines = (text: Text): readonly (readonly [string, string])[] => [
  ['↑ ↓', text.keyScroll],
  ['Shift+↑ Shift+↓', text.keyTen],
  ['Home End', text.keyEnds],
  ['PageUp PageDown', text.keySeries],
  ['← → ↑ ↓', text.keyCross],
  ['[ ]', text.keyThickness],
  [', .', text.keyTurn],
  ['0 1 2–9', text.keyPresets],
  ['Esc', text.reset],
  ...changeable.flatMap(([action, name]) => {
    const key = keyOf(action, settings.now.keys);
    return key ? [[key === ' ' ? text.settings_space : key.toUpperCase(), text[name]] as const] : [];
  }),
  [Object.keys(measureKeys).join(' '), text.keyMeasure],
  ['Enter', text.keyPlace],
  ['Del', text.measure_remove],
  ['Ctrl+Z Ctrl+Shift+Z', `${text.measure_undo}, ${text.measure_redo}`],
  ['Shift+D', text.measurements],
];

export const keyTable = (text: Text) => html`<table class="keys">
  ${lines(text).map(([keys, what]) => html`<tr><td>${keys.split(' ').map((key) => html`<kbd>${key}</kbd> `)}</td><td>${what}</td></tr>`)}
  <tr><td>${text.keyWheel}</td><td>${text.keyWheelWhat}</td></tr>
  <tr><td>${text.keyDrag}</td><td>${text.keyDragWhat}</td></tr>
</table>`;
