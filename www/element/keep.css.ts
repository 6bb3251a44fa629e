// The look of the dialogs that keep something: a picture, copies without identity, a report.
import { css } from 'lit';

export const keepStyles = css`
  * { box-sizing: border-box; }
  dialog { width: min(760px, 94%); max-height: 88vh; padding: 0; border: 1px solid #353c43; border-radius: 10px; background: var(--panel); color: var(--text); font: 13px/1.45 system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif; }
  dialog[open] { display: flex; flex-direction: column; }
  dialog::backdrop { background: #000a; }
  button, select, input { font: inherit; color: inherit; }
  button { background: none; border: 1px solid var(--faint); border-radius: 6px; height: 34px; padding: 0 14px; cursor: pointer; white-space: nowrap; }
  button:hover:not(:disabled) { background: var(--raised); }
  button:disabled { color: var(--faint); cursor: default; }
  button.first { background: var(--accent); color: var(--accent-ink); border-color: var(--accent); }
  button.first:hover:not(:disabled) { background: #8ad5e4; }
  button.first:disabled { background: var(--raised); color: var(--faint); border-color: var(--line); }
  button:focus-visible, select:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  .head { display: flex; align-items: center; gap: 10px; padding: 8px 8px 8px 16px; border-bottom: 1px solid var(--line); flex: none; }
  .head h2 { font-size: 14px; margin: 0 auto 0 0; }
  .head button { border: 0; width: 30px; height: 30px; padding: 0; display: grid; place-items: center; }
  svg { width: 16px; height: 16px; stroke: currentColor; fill: none; stroke-width: 1.6; stroke-linecap: round; }
  .content { overflow: auto; padding: 14px 16px; display: grid; gap: 14px; align-content: start; min-height: 0; scrollbar-width: thin; }
  .content:focus-visible { outline: 1px solid var(--accent); outline-offset: -1px; }
  .two { grid-template-columns: 272px minmax(0, 1fr); gap: 18px; }
  .foot { display: flex; gap: 10px; align-items: center; justify-content: flex-end; padding: 10px 16px; border-top: 1px solid var(--line); flex: none; flex-wrap: wrap; }
  .foot .said { margin-right: auto; color: var(--dim); font-variant-numeric: tabular-nums; }
  form, fieldset { display: grid; gap: 8px; align-content: start; border: 0; margin: 0; padding: 0; min-width: 0; }
  legend, h3 { padding: 0; margin: 0 0 2px; font-size: 11px; font-weight: 600; color: var(--dim); }
  label.line { display: grid; grid-template-columns: 84px minmax(0, 1fr) 34px; gap: 8px; align-items: center; min-height: 30px; color: var(--dim); }
  label.line select { grid-column: 2 / -1; }
  label.line output { color: var(--text); text-align: right; }
  select { background: var(--bg); border: 1px solid var(--faint); border-radius: 5px; height: 30px; padding: 0 6px; min-width: 0; width: 100%; }
  input[type='range'] { width: 100%; min-width: 0; margin: 0; accent-color: var(--accent); }
  label.tick { display: grid; grid-template-columns: 16px minmax(0, 1fr); gap: 9px; align-items: start; padding: 3px 0; cursor: pointer; }
  label.tick input { width: 15px; height: 15px; margin: 2px 0 0; accent-color: var(--accent); }
  label.tick small, p, small { color: var(--dim); font-size: 12px; }
  label.tick small { display: block; }
  p { margin: 0; }
  .preview { display: grid; place-items: center; min-height: 240px; background: repeating-conic-gradient(#101315 0 25%, #171b1e 0 50%) 0 0 / 18px 18px; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
  .preview img { display: block; max-width: 100%; max-height: 380px; object-fit: contain; }
  .figures { display: flex; flex-wrap: wrap; gap: 4px 18px; font-variant-numeric: tabular-nums; color: var(--dim); min-height: 20px; margin-top: 8px; }
  .figures b { font-weight: 600; color: var(--text); }
  .warning { border-left: 2px solid var(--warn); padding-left: 10px; color: var(--text); }
  .warning p { color: var(--text); }
  ul { margin: 0; padding: 0; list-style: none; display: grid; gap: 6px; }
  progress { width: 100%; height: 4px; appearance: none; border: 0; background: var(--line); border-radius: 2px; overflow: hidden; }
  progress::-webkit-progress-bar { background: var(--line); }
  progress::-webkit-progress-value { background: var(--accent); }
  progress::-moz-progress-bar { background: var(--accent); }
  .done b { font-size: 20px; font-weight: 600; }
  .aug { display: grid; grid-template-columns: 16px minmax(0, 1fr); gap: 9px; align-items: center; }
  .aug input[type='checkbox'] { width: 15px; height: 15px; margin: 0; accent-color: var(--accent); }
  code { font: 11px/1.5 ui-monospace, monospace; color: var(--dim); overflow-wrap: anywhere; }
  ul.keys { gap: 10px; }
  .keys li { display: grid; grid-template-columns: 112px minmax(0, 1fr) 34px; gap: 12px; align-items: center; }
  .keys .go { height: 76px; padding: 0; overflow: hidden; background: #000; border-color: var(--line); display: grid; place-items: center; white-space: normal; font-size: 11px; color: var(--dim); }
  .keys .go img { width: 100%; height: 74px; object-fit: contain; display: block; }
  .keys label, .wide { display: grid; gap: 5px; }
  .keys li > button:last-child { width: 34px; padding: 0; display: grid; place-items: center; border: 0; }
  .wide span { color: var(--dim); font-size: 12px; }
  .row { display: grid; grid-template-columns: minmax(0, 1fr) 240px; gap: 16px; align-items: center; }
  input[type='text'], textarea { width: 100%; background: var(--bg); border: 1px solid var(--faint); border-radius: 5px; padding: 5px 8px; min-height: 30px; font: inherit; color: inherit; resize: vertical; }
  input[type='text']:focus-visible, textarea:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  .columns { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px 22px; }
  @media (max-width: 700px) {
    dialog { width: 100%; max-width: 100%; max-height: 92vh; margin: auto 0 0; border-radius: 12px 12px 0 0; }
    .row { grid-template-columns: minmax(0, 1fr); } input[type='text'] { min-height: 44px; } .keys li { grid-template-columns: 84px minmax(0, 1fr) 44px; gap: 8px; } .keys li > button:last-child { width: 44px; }
    .two, .columns { grid-template-columns: minmax(0, 1fr); }
    .two .shown { order: -1; }
    .preview { min-height: 150px; } .preview img { max-height: 30vh; }
    button, select { height: 44px; } .head button { width: 44px; height: 44px; }
    label.tick { min-height: 44px; padding: 8px 0; } label.tick input { width: 20px; height: 20px; margin: 0; }
    label.line { min-height: 44px; } input[type='range'] { height: 44px; }
    .foot { padding-bottom: calc(10px + env(safe-area-inset-bottom)); } .foot .said { width: 100%; }
  }
  .content.flush { padding: 0; overflow: visible; }
  legend.later { margin-top: 10px; }
`;
