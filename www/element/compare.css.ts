// The look of a comparison: over the images, and its bar.
import { css } from 'lit';

export const compareStyles = css`
  negatoscope-over { position: absolute; inset: 0; pointer-events: none; }
  .chip { position: absolute; top: 26px; left: 50%; transform: translateX(-50%); padding: 1px 9px 2px; border-radius: 9px; background: #000b; border: 1px solid; font-size: 11px; line-height: 1.4;
    white-space: nowrap; pointer-events: none; font-variant-numeric: tabular-nums; z-index: 1; }
  .chip.current { color: #7fd6e6; } .chip.prior { color: #f3b27a; } .chip.both { color: #e6eaed; }
  .chips { position: absolute; top: 26px; left: 0; right: 0; display: flex; justify-content: center; gap: 8px; flex-wrap: wrap; pointer-events: none; z-index: 1; }
  .chips .chip { position: static; transform: none; }
  .chips.apart { top: 48px; justify-content: space-between; padding: 0 26px; }
  .curtain { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; fill: none; }
  .curtain .edge { stroke: #f3b27a; stroke-width: 1.5; fill: #000a; }
  .curtain .hold { stroke: #000; stroke-opacity: 0; stroke-width: 26; pointer-events: stroke; cursor: ew-resize; touch-action: none; }
  @media (max-width: 700px) { .chip { font-size: 10px; } .chips.apart { padding: 0 8px; } }
`;

export const compareBarStyles = css`
  .compare { min-width: 0; position: relative; }
  .compare .mprbar { border-bottom: 0; }
  .compare .prior { max-width: 340px; overflow: hidden; text-overflow: ellipsis; display: block; border: 1px solid var(--line); }
  .compare .dim { color: var(--dim); }
  .compare .modes { display: flex; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; flex: none; }
  .compare .modes button { border-radius: 0; padding: 0 10px; }
  .compare .modes button + button { border-left: 1px solid var(--line); }
  .compare .modes button[aria-pressed='true'] { background: var(--raised); color: var(--accent); }
  .compare .register { border: 1px solid var(--line); }
  .compare .check input { width: 16px; height: 16px; accent-color: var(--accent); }
  .compare button:disabled { opacity: 0.5; }
  .said { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 14px; padding: 0 12px 5px; background: var(--panel); border-bottom: 1px solid var(--line); font-size: 12px; line-height: 1.45; color: var(--dim); }
  .said p { margin: 0; }
  .said progress { width: 160px; }
  .said button { height: 24px; padding: 0 8px; font-size: 12px; border: 1px solid var(--line); }
  .said .foreign, .said .failed { color: var(--warn); }
  .said .foreign { font-weight: 600; }
  .pop.priors { position: absolute; z-index: 7; top: 40px; left: 8px; width: min(420px, calc(100% - 16px)); max-height: 60vh; overflow-y: auto; display: grid; gap: 4px; background: var(--raised); border: 1px solid #353c43; border-radius: 8px; padding: 8px; }
  .pop.priors h3 { margin: 6px 4px 2px; font-size: 11px; font-weight: 600; color: var(--dim); }
  .pop.priors p { margin: 6px; color: var(--dim); }
  .pop.priors button { display: grid; grid-template-columns: 64px minmax(0, 1fr); gap: 10px; align-items: center; height: auto; padding: 4px; text-align: start; white-space: normal; border: 1px solid transparent; }
  .pop.priors button[aria-pressed='true'] { border-color: var(--accent); }
  .pop.priors button.foreign b { color: var(--warn); }
  .pop.priors img, .pop.priors button > i { width: 64px; height: 52px; object-fit: contain; background: #000; border-radius: 4px; }
  .pop.priors button > span { display: grid; font-size: 12px; line-height: 1.35; min-width: 0; overflow-wrap: anywhere; }
  .pop.priors em { font-style: normal; color: var(--dim); font-size: 11px; }
  .stage { position: relative; }
  .matches { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; fill: none; stroke-width: 1.2; }
  .matches .tint0 { stroke: #7fd6e6; } .matches .tint1 { stroke: #f3b27a; } .matches .tint2 { stroke: #b6e28a; } .matches .tint3 { stroke: #e3a6e0; }
  .matches line { stroke-opacity: 0.6; }
  .tools .comparing[aria-pressed='true'] { color: var(--accent); background: var(--raised); }
  @media (max-width: 700px) {
    .compare .prior { max-width: 168px; }
    .said button { height: 44px; }
    .compare .modes button { min-height: 44px; }
    .pop.priors { position: fixed; inset: auto 0 0; width: 100%; border-radius: 12px 12px 0 0; }
    .said { font-size: 11px; }
  }
`;
