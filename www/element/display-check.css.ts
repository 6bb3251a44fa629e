// The look of the display check.
import { css } from 'lit';

export const displayCheckStyles = css`
  :host { display: grid; gap: 22px; }
  * { box-sizing: border-box; }
  h3 { margin: 0 0 6px; font-size: 14px; font-weight: 600; }
  p, li { margin: 0 0 6px; color: var(--dim); font-size: 13px; line-height: 1.5; }
  ul { margin: 0 0 10px; padding-left: 18px; }
  b { color: var(--text); font-weight: 600; }
  button.first { font: inherit; height: 36px; padding: 0 16px; border: 0; border-radius: 6px; background: var(--accent); color: var(--accent-ink); cursor: pointer; }
  button:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  .note { margin-top: 6px; font-size: 12px; }
  .levels { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 8px 14px; margin: 8px 0 12px; }
  label { display: grid; grid-template-columns: 34px 1fr; align-items: center; gap: 6px; font-size: 12px; color: var(--dim); }
  .ambient { grid-column: 1 / -1; grid-template-columns: auto 90px; justify-content: start; gap: 10px; }
  input { font: inherit; color: inherit; width: 100%; height: 30px; padding: 0 8px; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; color: var(--text); }
  .good b { color: #7cc48d; }
  .fair b { color: #d9b45b; }
  .bad, .bad b { color: #e5907f; }
  svg { width: min(520px, 100%); display: block; }
  text { font-size: 7.5px; fill: var(--dim); }
  .wide { fill: #d9b45b1f; }
  .narrow { fill: #7cc48d2e; }
  polyline { fill: none; stroke: var(--accent); stroke-width: 1.4; }
  circle { fill: var(--accent); }
  circle.off { fill: #e5907f; }
  @media (max-width: 700px) {
    input { height: 44px; }
    button.first { height: 44px; }
  }
`;
