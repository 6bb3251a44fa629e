// The look of the analysis panel.
import { css } from 'lit';

export const findingsStyles = css`
  :host { display: flex; flex-direction: column; min-height: 0; background: var(--panel); border-left: 1px solid var(--line); }
  * { box-sizing: border-box; }
  header { display: flex; align-items: center; height: 40px; padding: 0 4px 0 14px; border-bottom: 1px solid var(--line); flex: none; }
  h2 { margin: 0 auto 0 0; font-size: 13px; font-weight: 600; }
  .scroll { overflow: auto; flex: 1; padding: 10px; display: grid; gap: 10px; align-content: start; scrollbar-width: thin; min-height: 0; }
  .scroll:focus-visible { outline: 1px solid var(--accent); outline-offset: -1px; }
  .scroll > p { padding: 0 4px; }
  button, select, input { font: inherit; color: inherit; }
  button { background: none; border: 1px solid var(--line); border-radius: 6px; height: 30px; padding: 0 12px; cursor: pointer; white-space: nowrap; }
  button:hover:not(:disabled) { background: #2a3036; }
  button:disabled { color: var(--faint); cursor: default; }
  button:focus-visible, select:focus-visible, input:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  button.plain { border: 0; padding: 0 8px; }
  button.run { color: var(--accent); border-color: #6cc6d966; }
  button.run:disabled { color: var(--faint); border-color: var(--line); }
  svg { display: block; }
  header svg { width: 16px; height: 16px; stroke: currentColor; fill: none; stroke-width: 1.6; stroke-linecap: round; }
  section { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: 10px 12px; display: grid; gap: 8px; }
  h3 { margin: 0; font-size: 13px; font-weight: 600; }
  h4 { margin: 6px 4px 0; font-size: 11px; font-weight: 600; color: var(--dim); }
  .title { display: flex; align-items: baseline; gap: 8px; justify-content: space-between; }
  .chip { font-size: 11px; color: var(--dim); white-space: nowrap; }
  p { margin: 0; color: var(--dim); font-size: 12px; line-height: 1.45; }
  p b, dd { color: var(--text); }
  .row { display: grid; grid-template-columns: 84px minmax(0, 1fr) 44px; gap: 8px; align-items: center; min-height: 26px; font-size: 12px; color: var(--dim); }
  .row output { text-align: right; color: var(--text); white-space: nowrap; }
  .row select { grid-column: 2 / -1; }
  select { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; height: 28px; padding: 0 6px; min-width: 0; }
  input[type='range'] { width: 100%; min-width: 0; margin: 0; height: 20px; accent-color: var(--accent); }
  .switch { display: flex; align-items: center; gap: 8px; min-height: 26px; font-size: 12px; color: var(--text); cursor: pointer; }
  .switch kbd { margin-left: auto; font: 10px ui-monospace, monospace; color: var(--dim); }
  input[type='checkbox'] { width: 15px; height: 15px; margin: 0; accent-color: var(--accent); }
  .pair { display: grid; grid-template-columns: 1fr 1fr; grid-column: 2 / -1; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
  .pair button { border: 0; border-radius: 0; height: 28px; padding: 0 6px; color: var(--dim); }
  .pair button[aria-pressed='true'] { background: #34505a; color: #fff; }
  .pair button:focus-visible { outline-offset: -2px; }
  .score, .legend { display: grid; gap: 5px; }
  .legend p:first-child { margin-bottom: 1px; }
  .value { display: flex; justify-content: space-between; gap: 10px; align-items: baseline; }
  .value b { font-size: 17px; font-weight: 600; white-space: nowrap; }
  .score svg { width: 100%; height: 20px; border-radius: 3px; }
  .score .track { fill: #0c0e10; }
  .score .filled { fill: #4f9fb0; }
  .score .mark { fill: var(--warn); }
  .ticks { position: relative; height: 15px; font-size: 11px; color: var(--dim); display: flex; justify-content: space-between; }
  .ticks b { font-weight: 400; color: var(--warn); }
  .verdict { color: var(--text); }
  .verdict.above { color: var(--warn); }
  .warning { color: var(--text); border-left: 2px solid var(--warn); padding-left: 8px; }
  .legend .bar { width: 100%; height: 12px; border-radius: 3px; }
  .bar .below { fill: #0c0e10; fill-opacity: 0.72; }
  dl { margin: 0; display: grid; grid-template-columns: 12px minmax(0, 1fr) auto; gap: 6px 8px; align-items: center; font-size: 12px; }
  dl svg { width: 12px; height: 12px; border-radius: 3px; }
  dt { color: var(--text); overflow-wrap: anywhere; }
  dd { margin: 0; text-align: right; white-space: nowrap; }
  progress { width: 100%; height: 4px; appearance: none; border: 0; background: var(--line); border-radius: 2px; overflow: hidden; }
  progress::-webkit-progress-bar { background: var(--line); }
  progress::-webkit-progress-value { background: var(--accent); }
  progress::-moz-progress-bar { background: var(--accent); }
  .refused { border-color: #e0b45c66; }
  .refused h3 { color: var(--warn); }
  .refused p:first-of-type { color: var(--text); }
  details summary { cursor: pointer; font-size: 12px; color: var(--dim); }
  negatoscope-own-model { display: block; min-height: auto; border: 0; background: none; }
  form.asked { display: grid; gap: 6px; }
  .asks { display: grid; grid-template-columns: 104px minmax(0, 1fr); gap: 8px; align-items: center; min-height: 28px; font-size: 12px; color: var(--dim); }
  .asks.lacks span { color: var(--warn); }
  .asks input:is([type='text'], [type='number']) { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; height: 28px; padding: 0 6px; min-width: 0; }
  .asks.lacks select, .asks.lacks input[type='text'], .asks input:invalid { border-color: var(--warn); }
  .asks input::placeholder { color: var(--faint); }
  textarea { width: 100%; margin-top: 6px; background: var(--panel); color: var(--text); border: 1px solid var(--line); border-radius: 6px; font: 11px ui-monospace, monospace; resize: vertical; }
  textarea:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  dl.facts { grid-template-columns: minmax(0, 1fr); gap: 2px; margin-top: 6px; }
  .facts dt { color: var(--dim); }
  .facts dd { text-align: left; white-space: normal; overflow-wrap: anywhere; margin-bottom: 4px; }
  ol.boxes { margin: 0; padding-left: 20px; font-size: 12px; line-height: 1.5; color: var(--dim); }
  .boxes b { color: var(--text); font-weight: 600; }
  details ul { margin: 4px 0 0; padding-left: 16px; font-size: 12px; line-height: 1.45; color: var(--dim); }
  .acts { display: flex; gap: 8px; flex-wrap: wrap; align-items: center; }
  .acts .chip { margin-left: auto; }
  @media (max-width: 700px) {
    :host { border-left: 0; border-top: 1px solid #353c43; border-radius: 12px 12px 0 0; }
    header { height: 48px; }
    button, select, .pair button, .asks input:is([type='text'], [type='number']) { height: 44px; }
    .switch, .row { min-height: 44px; }
    input[type='range'] { height: 44px; }
    input[type='checkbox'] { width: 20px; height: 20px; }
    summary { min-height: 44px; line-height: 44px; }
    kbd { display: none; }
    .scroll { padding-bottom: calc(12px + env(safe-area-inset-bottom)); }
  }
`;
