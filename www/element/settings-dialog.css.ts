// The look of the settings.
import { css } from 'lit';

export const settingsStyles = css`
  :host { display: grid; gap: 20px; }
  * { box-sizing: border-box; }
  h3 { margin: 0 0 8px; font-size: 14px; font-weight: 600; color: var(--text); }
  .note { margin: 0 0 8px; color: var(--dim); font-size: 12px; line-height: 1.5; min-height: 1em; }
  button, input, select { font: inherit; color: var(--text); background: var(--raised); border: 1px solid var(--line); border-radius: 6px; height: 30px; padding: 0 10px; min-width: 0; }
  button { cursor: pointer; }
  button:focus-visible, input:focus-visible, select:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  .keys { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 4px 24px; }
  .keys div { display: flex; align-items: center; justify-content: space-between; gap: 10px; font-size: 12px; color: var(--dim); min-height: 32px; border-bottom: 1px solid var(--line); }
  .keys button { min-width: 46px; padding: 0 8px; }
  .keys .waits { border-color: var(--accent); color: var(--accent); }
  kbd { font: 12px ui-monospace, monospace; }
  table { border-collapse: collapse; width: 100%; margin-bottom: 8px; }
  th { text-align: left; font-size: 11px; font-weight: 500; color: var(--dim); padding: 0 8px 4px 0; }
  td { padding: 2px 8px 2px 0; }
  td input { width: 100%; }
  td select { width: 100%; }
  td input.short { width: 72px; }
  td:last-child { width: 38px; padding-right: 0; }
  .end { display: flex; justify-content: end; }
  @media (max-width: 700px) {
    button, input, select { height: 44px; }
    table, tbody, tr, td { display: block; }
    th { display: none; }
    tr { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; padding: 6px 0; border-bottom: 1px solid var(--line); }
    td:last-child { width: auto; }
    td input.short { width: 100%; }
  }
`;
