// The look of the list of measurements, beside that of the analysis panel.
import { css } from 'lit';

export const measurePanelStyles = css`
  ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 6px; }
  .one { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
  .one.on { border-color: #6cc6d980; }
  .go { display: grid; grid-template-columns: 18px minmax(0, 1fr) auto; gap: 2px 8px; align-items: center; width: 100%; height: auto; min-height: 44px; padding: 6px 10px; border: 0; border-radius: 0; text-align: left; }
  .go:focus-visible { outline-offset: -2px; }
  .go .icon { grid-row: span 2; align-self: start; margin-top: 2px; color: var(--accent); }
  .go .icon svg { width: 16px; height: 16px; stroke: currentColor; fill: none; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
  .go .name { overflow: hidden; text-overflow: ellipsis; }
  .go b { font-weight: 600; }
  .go .chip { grid-column: 2 / -1; }
  .details { display: grid; gap: 8px; padding: 2px 12px 10px; }
  .details h3 { font-size: 12px; color: var(--dim); }
  dl { grid-template-columns: minmax(0, 1fr) auto; gap: 3px 8px; }
  dt { color: var(--dim); }
  .asks { grid-template-columns: 60px minmax(0, 1fr); }
  input[type='text'] { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; height: 30px; padding: 0 8px; min-width: 0; width: 100%; }
  .histogram { width: 100%; height: 44px; border-radius: 3px; background: #0c0e10; }
  .histogram rect { fill: #4f9fb0; }
  .files { gap: 10px; }
  form { display: flex; gap: 8px; margin-top: 6px; flex-wrap: wrap; }
  form input[type='text'] { width: 84px; }
  header button.plain { width: 34px; padding: 0; display: inline-grid; place-items: center; }
  header svg { stroke-linejoin: round; }
  header button:disabled { opacity: 0.4; }
  .none { padding: 12px 4px; }
  @media (max-width: 700px) {
    header button.plain { width: 44px; }
    input[type='text'] { height: 44px; }
  }
`;
