// The look of the viewer. All colours are custom properties, so that a portal can set its own.
import { css } from 'lit';

export const viewerStyles = css`
  :host { --bg: var(--negatoscope-bg, #0c0e10); --panel: var(--negatoscope-panel, #14171a); --raised: var(--negatoscope-raised, #1b1f23); --line: var(--negatoscope-line, #262b30);
    --text: var(--negatoscope-text, #d7dce0); --dim: var(--negatoscope-dim, #8f99a1); --faint: #6b757d; --accent: var(--negatoscope-accent, #6cc6d9); --accent-ink: #06222a; --warn: #e0b45c;
    display: block; position: relative; min-height: 320px; background: var(--bg); color-scheme: dark; }
  /* Text is set here and not at the host: a rule of the page around for every element would win there, and be inherited. */
  :host > * { color: var(--text); font: 13px/1.4 system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif; font-variant-numeric: tabular-nums;
    letter-spacing: normal; word-spacing: normal; text-align: start; text-indent: 0; text-shadow: none; text-transform: none; white-space: normal; direction: ltr; cursor: auto; }
  * { box-sizing: border-box; }
  .root { position: absolute; inset: 0; display: grid; grid-template-rows: 44px minmax(0, 1fr) auto auto; }
  .root:focus { outline: none; }
  button, select, input { font: inherit; color: inherit; }
  button { background: none; border: 0; border-radius: 6px; padding: 0 10px; height: 30px; display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; cursor: pointer; }
  button:hover:not(:disabled) { background: var(--raised); }
  button:focus-visible, select:focus-visible, input:focus-visible, .root:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  button:disabled { color: var(--faint); cursor: default; }
  svg { width: 16px; height: 16px; stroke: currentColor; fill: none; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; flex: none; }
  kbd { font: 10px ui-monospace, monospace; color: var(--dim); }
  header { display: flex; align-items: center; gap: 4px; padding: 0 10px; background: var(--panel); border-bottom: 1px solid var(--line); min-width: 0; }
  .tools { display: flex; gap: 2px; margin: 0 auto; min-width: 0; }
  .tools i { width: 1px; background: var(--line); margin: 6px; }
  button.on, button.on:hover:not(:disabled) { background: var(--accent); color: var(--accent-ink); }
  .on kbd { color: #06222acc; }
  .body { display: grid; grid-template-columns: 148px minmax(0, 1fr); min-height: 0; }
  .body.analysing { grid-template-columns: 148px minmax(0, 1fr) 312px; }
  .middle { display: grid; grid-template-rows: auto minmax(0, 1fr); min-width: 0; min-height: 0; }
  .middle > .stage { grid-row: 2; }
  .stage { display: grid; gap: 2px; min-width: 0; min-height: 0; background: var(--line); grid-auto-rows: minmax(0, 1fr); }
  .stage.n2 { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .stage.n4 { grid-template-columns: repeat(2, minmax(0, 1fr)); grid-template-rows: repeat(2, minmax(0, 1fr)); }
  .stage.n3 { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .stage.n6 { grid-template: repeat(2, minmax(0, 1fr)) / repeat(3, minmax(0, 1fr)); }
  .stage.n9 { grid-template: repeat(3, minmax(0, 1fr)) / repeat(3, minmax(0, 1fr)); }
  .mprbar { position: relative; display: flex; align-items: center; gap: 8px; min-height: 38px; padding: 3px 10px; background: var(--panel); border-bottom: 1px solid var(--line); flex-wrap: wrap; font-size: 12px; }
  .mprbar > i { width: 1px; align-self: stretch; background: var(--line); margin: 4px; }
  .mprbar label { display: flex; align-items: center; gap: 6px; color: var(--dim); }
  .mprbar select { max-width: none; color: var(--text); }
  .mprbar input[type='range'] { width: 96px; accent-color: var(--accent); }
  .mprbar output { min-width: 52px; color: var(--text); font-variant-numeric: tabular-nums; }
  .mprbar > button[aria-pressed='true'], .mprbar > button[aria-expanded='true'] { color: var(--accent); background: var(--raised); }
  .mprbar .shut { margin-left: auto; }
  .mprbar.coming progress { max-width: 320px; }
  .mprbar .pop { position: absolute; top: calc(100% + 4px); left: 50%; z-index: 6; background: var(--raised); border: 1px solid #353c43; border-radius: 8px; padding: 8px; }
  .pop.presets { display: grid; grid-template-columns: repeat(3, 96px); gap: 6px; }
  .pop.presets button { display: grid; height: auto; padding: 4px; gap: 4px; justify-items: center; white-space: normal; font-size: 11px; color: var(--dim); border: 1px solid transparent; }
  .pop.presets button[aria-pressed='true'] { border-color: var(--accent); color: var(--text); }
  .pop.presets img, .pop.presets button > i { width: 86px; height: 86px; border-radius: 4px; background: #000; }
  .pop.box { display: grid; gap: 6px; width: 240px; }
  .pop.box fieldset { border: 0; padding: 0; margin: 0; display: grid; grid-template-columns: 1fr 1fr; gap: 8px; }
  .pop.box legend { color: var(--dim); font-size: 11px; padding: 0; }
  .pop.box input { width: 100% !important; }
  footer { display: flex; align-items: center; gap: 16px; height: 26px; padding: 0 12px; background: var(--panel); border-top: 1px solid var(--line); font-size: 11px; color: var(--dim); white-space: nowrap; overflow: hidden; }
  footer button { height: 22px; padding: 0 4px; font-size: 11px; color: var(--warn); }
  footer button.others { color: var(--dim); }
  footer .right { margin-left: auto; }
  .dock { display: none; background: var(--panel); border-top: 1px solid var(--line); justify-content: space-around; padding-bottom: env(safe-area-inset-bottom); }
  .dock button { flex-direction: column; justify-content: center; min-width: 60px; height: 56px; font-size: 11px; gap: 3px; color: var(--dim); padding: 0 4px; }
  .tools .analysis[aria-pressed='true'] { color: var(--accent); background: var(--raised); }
  .dock button.on, .dock button[aria-pressed='true'], .dock button.on:hover:not(:disabled) { background: none; color: var(--accent); }
  .dock svg { width: 20px; height: 20px; }
  .dock kbd { display: none; }
  .root.lit::after { content: ''; position: absolute; inset: 0; z-index: 9; border: 3px solid #e9f7fa; pointer-events: none; }
  .stage.max { grid-template: minmax(0, 1fr) / minmax(0, 1fr); }
  .stage.max negatoscope-viewport:not([active]) { display: none; }
  .start { grid-row: 2 / -1; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 18px; padding: 20px; text-align: center; overflow: auto; }
  .start p { margin: 0; }
  .box { width: min(720px, 100%); min-height: min(420px, 62vh); display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 12px; padding: 24px;
    border: 1px solid var(--line); border-radius: 10px; background: #15191c; outline: 1px solid #ffffff0d; outline-offset: -12px; transition: background 120ms, color 120ms; }
  .lit .box { background: #e9f7fa; color: #10262c; border-color: #fff; box-shadow: 0 0 90px #bfe5ee55; }
  .film svg { width: 44px; height: 44px; stroke-width: 0.8; color: var(--faint); }
  .lit .film svg { color: #3d565d; }
  .big { font-size: 26px; font-weight: 300; letter-spacing: 0.01em; }
  .what, .privacy, .once { color: var(--dim); }
  .lit .what { color: #3d565d; }
  .privacy { max-width: 60ch; }
  .once { font-size: 12px; }
  .message { color: var(--warn); }
  .lit .message { color: #7a4a00; }
  .ways { display: flex; flex-wrap: wrap; justify-content: center; gap: 10px; margin-top: 14px; }
  .ways button { height: 44px; padding: 0 18px; border: 1px solid var(--faint); }
  .ways .first { background: var(--accent); color: var(--accent-ink); border-color: var(--accent); }
  .ways .first:hover:not(:disabled) { background: #8ad5e4; }
  .lit .ways { visibility: hidden; }
  .kept { display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center; justify-content: center; color: var(--dim); font-size: 13px; }
  .kept button { height: 36px; padding: 0 14px; border: 1px solid var(--faint); }
  .start .aside { display: flex; gap: 6px; flex-wrap: wrap; justify-content: center; }
  .start .display, .start .help { height: 36px; padding: 0 12px; color: var(--dim); border: 0; background: none; text-decoration: underline; text-underline-offset: 3px; }
  .start .display:hover, .start .help:hover { color: var(--text); }
  .work { position: absolute; inset: 44px 0 0; display: grid; place-items: center; background: #0c0e10d9; z-index: 8; }
  .work > div { width: min(340px, 86%); display: grid; gap: 12px; justify-items: center; }
  .work.beside { inset: auto 0 40px; background: none; pointer-events: none; }
  .work.beside > div { grid-template-columns: auto 1fr auto; align-items: center; width: min(460px, 92%); padding: 6px 6px 6px 14px; background: var(--raised); border: 1px solid #353c43; border-radius: 8px; pointer-events: auto; font-variant-numeric: tabular-nums; }
  progress { width: 100%; height: 4px; appearance: none; border: 0; background: var(--line); border-radius: 2px; overflow: hidden; }
  progress::-webkit-progress-bar { background: var(--line); }
  progress::-webkit-progress-value { background: var(--accent); }
  progress::-moz-progress-bar { background: var(--accent); }
  .work button { border: 1px solid var(--faint); height: 36px; }
  .shade { position: absolute; inset: 0; z-index: 9; }
  .panel { position: absolute; top: 46px; right: 10px; z-index: 10; width: 260px; max-height: calc(100% - 60px); overflow: auto; padding: 8px; background: var(--raised); border: 1px solid #353c43; border-radius: 8px; display: grid; gap: 2px; }
  .panel h3 { margin: 8px 8px 2px; font-size: 11px; font-weight: 600; color: var(--dim); }
  .panel h3:first-child { margin-top: 2px; }
  .panel button { width: 100%; justify-content: space-between; }
  .panel button:hover:not(:disabled) { background: #2a3036; }
  .panel button[aria-pressed='true'] { color: var(--accent); }
  .panel button[aria-pressed='true']::before { content: '●'; font-size: 8px; }
  .panel button[aria-pressed] { justify-content: flex-start; }
  .panel button[aria-pressed] span { margin-left: auto; color: var(--dim); font-size: 11px; }
  .panel .kinds { display: grid; gap: 2px; }
  .panel .kinds button { justify-content: flex-start; }
  .panel .kinds em { font-style: normal; }
  .panel .kinds kbd { margin-left: auto; }
  .panel .kinds button[aria-pressed='true']::before { content: none; }
  .panel label { display: flex; justify-content: space-between; align-items: center; gap: 8px; padding: 0 10px; min-height: 32px; }
  .panel.filter { width: 312px; }
  .panel.regions { width: 312px; top: 56px; right: 24px; box-shadow: 0 8px 28px #000a; }
  .panel .bar { display: flex; align-items: center; gap: 4px; justify-content: space-between; }
  .panel .bar h3 { margin: 2px 8px; }
  .panel .bar b { font-weight: 500; text-align: center; flex: 1; font-size: 12px; }
  .panel .bar button { width: auto; }
  .panel.regions .acts { display: flex; gap: 6px; flex-wrap: wrap; padding: 4px 10px; }
  .panel.regions .acts button { width: auto; }
  .panel .note { margin: 4px 10px; color: var(--dim); font-size: 12px; line-height: 1.4; }
  .panel .sign { width: 30px; height: 30px; padding: 0; justify-content: center; flex: none; color: var(--dim); }
  .panel .sign:disabled { color: #3d454c; }
  .panel ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 4px; }
  .chain li { border: 1px solid var(--line); border-radius: 7px; background: var(--panel); padding: 2px 2px 4px; }
  .chain li.off b { color: var(--faint); text-decoration: line-through; }
  .chain .step { display: flex; align-items: center; }
  .after { display: block; width: 100%; height: 96px; object-fit: contain; background: #000; border-radius: 5px 5px 0 0; }
  .before { display: grid; position: relative; margin-bottom: 4px; } .before .after { border-radius: 7px; height: 72px; }
  .before span { position: absolute; left: 8px; bottom: 5px; font-size: 11px; color: #cfd6da; text-shadow: 0 0 3px #000, 0 0 3px #000; }
  .chain .step b { margin-right: auto; font-weight: 500; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .chain .number { width: 24px; text-align: center; color: var(--dim); font-size: 11px; flex: none; }
  .panel .set { display: grid; grid-template-columns: 96px minmax(0, 1fr) auto; gap: 8px; min-height: 28px; padding: 0 10px 0 8px; font-size: 12px; color: var(--dim); }
  .panel .set output { min-width: 40px; text-align: right; color: var(--text); white-space: nowrap; }
  .panel .set select { grid-column: 2 / -1; max-width: none; width: 100%; color: var(--text); }
  .panel .set input[type='range'] { width: 100%; min-width: 0; margin: 0; height: 20px; accent-color: var(--accent); }
  .panel .set input[type='checkbox'] { justify-self: end; grid-column: 3; width: 15px; height: 15px; margin: 0; accent-color: var(--accent); }
  .panel .set:has(input[type='checkbox']) span { grid-column: 1 / 3; }
  .adds { display: grid; grid-template-columns: 1fr 1fr; gap: 2px; }
  .panel .adds button { justify-content: flex-start; font-size: 12px; padding: 2px 8px; white-space: normal; text-align: start; height: auto; min-height: 30px; line-height: 1.25; }
  .panel dl { margin: 2px 10px; display: grid; grid-template-columns: auto 1fr; gap: 3px 10px; font-size: 12px; }
  .panel dt { color: var(--dim); }
  .panel dd { margin: 0; text-align: right; }
  .panel .swatch { display: inline-block; width: 10px; height: 10px; border-radius: 2px; background: #ffb042; margin-right: 7px; }
  .panel .seed { display: flex; gap: 8px; align-items: center; padding: 2px 10px 4px; } .panel .seed label { padding: 0; gap: 5px; min-height: 30px; color: var(--dim); } .panel .seed button { width: auto; border: 1px solid var(--faint); }
  .panel .seed input { width: 62px; height: 28px; background: var(--bg); color: inherit; border: 1px solid var(--faint); border-radius: 5px; padding: 0 6px; font: inherit; }
  .panel progress { width: calc(100% - 20px); margin: 2px 10px 6px; height: 4px; accent-color: var(--accent); }
  .panel .keep { justify-content: center; color: var(--accent); border: 1px solid #6cc6d966; margin-top: 4px; }
  .tools .regions[aria-pressed='true'] { color: var(--accent); background: var(--raised); }
  select, input[type='search'] { background: var(--bg); border: 1px solid var(--faint); border-radius: 5px; height: 28px; padding: 0 6px; max-width: 60%; }
  dialog { width: min(860px, 94%); max-height: 84vh; padding: 0; border: 1px solid #353c43; border-radius: 10px; background: var(--panel); color: var(--text); }
  dialog::backdrop { background: #000a; }
  dialog[open] { display: flex; flex-direction: column; }
  dialog.asks { width: min(420px, 94%); padding: 18px; }
  dialog.asks label { display: grid; gap: 8px; }
  dialog.asks input { height: 40px; padding: 0 10px; background: var(--bg); border: 1px solid var(--faint); border-radius: 6px; }
  dialog.asks .ways { flex-direction: row; justify-content: flex-start; }
  .head { display: flex; align-items: center; gap: 10px; padding: 8px 8px 8px 16px; border-bottom: 1px solid var(--line); flex: none; }
  .head h2 { font-size: 14px; margin: 0 auto 0 0; }
  .content { overflow: auto; padding: 6px 16px 16px; }
  .content h3 { font-size: 12px; color: var(--dim); margin: 12px 0 4px; }
  .content ul { list-style: none; margin: 0; padding: 0; }
  .content li { padding: 8px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
  .content li b { margin-right: auto; }
  .content li .of { display: flex; gap: 12px; align-items: baseline; }
  .content li p { margin: 2px 0 0; }
  .content .hint, .content .detail, .count { color: var(--dim); }
  code { font: 11px ui-monospace, monospace; color: var(--warn); }
  table { border-collapse: collapse; width: 100%; font-size: 12px; }
  td { padding: 3px 12px 3px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
  td:not(:last-child) { overflow-wrap: normal; }
  .keys td:first-child { white-space: nowrap; }
  .keys kbd { display: inline-block; min-width: 22px; padding: 1px 6px; margin-right: 3px; border: 1px solid var(--line); border-radius: 4px; text-align: center; font-size: 11px; color: var(--text); }
  .tag { white-space: nowrap; font-family: ui-monospace, monospace; font-size: 11px; color: var(--dim); }
  .toast { position: absolute; left: 50%; bottom: 44px; transform: translateX(-50%); z-index: 7; background: var(--raised); border: 1px solid var(--warn); border-radius: 8px; padding: 8px 14px; max-width: 80%; }
  .live { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  [hidden] { display: none; }
  @media (max-width: 1640px) { .tools kbd, .tools i, .tools .drag span { display: none; } }
  @media (max-width: 1040px) { .body.analysing { grid-template-columns: minmax(0, 1fr) 300px; } .analysing negatoscope-series { display: none; } }
  @media (max-width: 1180px) { .tools button span { display: none; } }
  @media (max-width: 700px) {
    .work.beside { bottom: 204px; }
    .tools { display: none; }
    .body { grid-template: minmax(0, 1fr) 92px / minmax(0, 1fr); }
    .body.analysing { grid-template: minmax(0, 1fr) min(56%, 420px) / minmax(0, 1fr); }
    .body negatoscope-series { order: 2; }
    .analysing negatoscope-series { display: none; }
    .dock { display: flex; }
    footer { gap: 10px; padding: 0 8px; }
    footer .machine { display: none; }
    header button { height: 44px; min-width: 44px; justify-content: center; margin-left: auto; }
    footer { height: 44px; } footer button { height: 44px; }
    .panel { top: auto; bottom: 0; left: 0 !important; right: 0; width: 100%; max-height: 70%; border-radius: 12px 12px 0 0; padding-bottom: calc(8px + env(safe-area-inset-bottom)); }
    .panel button, .panel label, .panel .set { min-height: 44px; }
    .panel .sign { width: 44px; height: 44px; }
    .panel.filter, .panel.regions { width: 100%; max-height: 46%; top: auto; right: 0; box-shadow: 0 -8px 28px #000a; }
    .panel .set input[type='range'] { height: 44px; }
    .panel .set select { height: 44px; }
    .panel .set input[type='checkbox'] { width: 24px; height: 24px; }
    .panel .kinds { grid-template-columns: 1fr 1fr; }
    .dock button { min-width: 52px; }
    select, input[type='search'] { height: 44px; }
    .head button { height: 44px; min-width: 44px; }
    td:nth-child(2) { display: none; }
    .big { font-size: 22px; }
    .box { padding: 24px 28px; }
    .ways { flex-direction: column; align-self: stretch; }
    .ways button { justify-content: center; }
    .stage.n2 { grid-template-columns: minmax(0, 1fr); grid-template-rows: repeat(2, minmax(0, 1fr)); }
    .stage.n3 { grid-template: repeat(3, minmax(0, 1fr)) / minmax(0, 1fr); }
    .mprbar { flex-wrap: nowrap; overflow-x: auto; min-height: 50px; gap: 6px; }
    .mprbar.open { overflow: visible; }
    .mprbar button, .mprbar select { min-height: 44px; flex: none; }
    .mprbar label { flex: none; }
    .mprbar input[type='range'] { height: 44px; }
    .mprbar .pop { position: fixed; inset: auto 0 0; left: 0; top: auto; border-radius: 12px 12px 0 0; justify-content: center; }
    .pop.box { width: 100%; } .pop.box input { height: 44px; }
  }
  @media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
`;
