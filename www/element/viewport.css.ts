// The look of one image.
import { css } from 'lit';

export const viewportStyles = css`
  :host { container-type: size; position: relative; display: block; overflow: hidden; min-width: 0; min-height: 0; background: #000; user-select: none; -webkit-user-select: none; }
  :host([active])::after { content: ''; position: absolute; inset: 0; border: 1px solid var(--accent); pointer-events: none; }
  .picture { position: absolute; inset: 0; touch-action: none; cursor: crosshair; }
  canvas { display: block; width: 100%; height: 100%; }
  .drawings { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; fill: none; stroke: #ffd60a; stroke-width: 1.5; filter: drop-shadow(0 0 1px #000); }
  .drawings.found { stroke: #6cc6d9; }
  .drawings.field { stroke: #56b4e9; stroke-dasharray: 5 3; }
  .drawings.found text { fill: #6cc6d9; stroke: none; }
  .drawings .filled { fill: #ffd60a; fill-opacity: 0.25; }
  .drawings text, .drawings .dot { fill: #ffd60a; stroke: none; font-size: 13px; }
  .drawings.contours { stroke: #ffd60a; stroke-width: 1.2; stroke-linejoin: round; stroke-linecap: round; }
  .contours .hole { stroke: #64d2ff; stroke-dasharray: 4 2; }
  .contours .chosen { stroke-width: 2.2; stroke-dasharray: none; fill: #ffd60a; fill-opacity: 0.22; fill-rule: evenodd; }
  .contours .hole.chosen { fill: #64d2ff; }
  .contours .kept { stroke: #8ceb78; stroke-width: 1.8; }
  .drawings.contours text { fill: #8ceb78; text-anchor: middle; font-size: 12px; font-variant-numeric: tabular-nums; }
  .reference, .cross { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; fill: none; overflow: hidden; }
  .reference line { stroke: #ffd60a; stroke-width: 1; stroke-dasharray: 6 3; filter: drop-shadow(0 0 1px #000); }
  .cross .axial { --line-of: #e0b45c; } .cross .coronal { --line-of: #7fd18b; } .cross .sagittal { --line-of: #6cb4e8; }
  .cross .seen { stroke: var(--line-of); stroke-width: 1; }
  .cross .border { stroke: var(--line-of); stroke-width: 1; stroke-dasharray: 2 4; opacity: 0.8; }
  .cross .knob { fill: #0008; stroke: var(--line-of); stroke-width: 1.5; }
  .cross .hold { pointer-events: all; stroke: transparent; fill: transparent; touch-action: none; }
  .cross line.hold { stroke-width: 13; pointer-events: stroke; cursor: move; }
  .cross circle.hold { cursor: grab; }
  .cross.idle .hold { pointer-events: none; } .cross.idle .knob { display: none; }
  .measures { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; fill: none; touch-action: none; overflow: hidden; }
  .measures .halo { stroke: #000; stroke-opacity: 0.65; stroke-width: 4; stroke-linejoin: round; }
  .measures .line { stroke: #9be37f; stroke-width: 1.6; stroke-linejoin: round; }
  .measures .active .line, .measures .draft .line { stroke: #ffe08a; stroke-width: 1.8; }
  .measures .leader { stroke: #9be37f; stroke-width: 1; stroke-dasharray: 3 4; }
  .measures .reach { stroke: #000; stroke-opacity: 0; stroke-width: 18; stroke-linecap: round; pointer-events: stroke; cursor: move; }
  .measures .grip { fill: #000; fill-opacity: 0; pointer-events: all; cursor: grab; }
  .measures .words { fill: #c8f5b4; stroke: #000; stroke-width: 3.5; stroke-linejoin: round; paint-order: stroke; font-size: 12.5px; font-variant-numeric: tabular-nums; }
  .measures .active .words, .measures .draft .words { fill: #ffeebb; }
  .measures .finger { fill: #000; fill-opacity: 0; pointer-events: all; cursor: crosshair; }
  .measures .ring { stroke: #ffe08a; stroke-width: 1.8; fill: #000; fill-opacity: 0.35; filter: drop-shadow(0 0 1px #000); }
  .measures .handle:focus { outline: none; }
  .measures .handle:focus-visible .ring { stroke: #fff; stroke-width: 3; fill: var(--accent); fill-opacity: 0.8; }
  .measures .cross { stroke: #fff; stroke-width: 1.4; }
  .measures .cross.halo { stroke: #000; stroke-width: 4; }
  .corner { position: absolute; font-size: 11px; line-height: 1.45; color: #cfd6da; pointer-events: none; max-width: 48%;
    text-shadow: 0 0 2px #000, 0 0 3px #000, 0 0 4px #000; font-variant-numeric: tabular-nums; }
  .corner div { white-space: pre; overflow: hidden; text-overflow: ellipsis; }
  .corner .probe { color: #fff; overflow: visible; }
  .top-left { top: 8px; left: 10px; }
  .top-right { top: 8px; right: 20px; text-align: right; }
  .bottom-left { bottom: 8px; left: 10px; }
  .bottom-right { bottom: 8px; right: 20px; text-align: right; }
  .letter { position: absolute; color: #e8d9a8; font-size: 13px; font-weight: 600; pointer-events: none; text-shadow: 0 0 3px #000, 0 0 3px #000; }
  .letter.top { top: 6px; left: 50%; transform: translateX(-50%); }
  .letter.bottom { bottom: 6px; left: 50%; transform: translateX(-50%); }
  .letter.left { left: 10px; top: 50%; transform: translateY(-50%); }
  .letter.right { right: 20px; top: 50%; transform: translateY(-50%); }
  .scale { position: absolute; left: 28px; top: 50%; transform: translateY(-50%); pointer-events: none; display: flex; align-items: end; gap: 3px;
    font-size: 10px; line-height: 1.2; color: #cfd6da; text-shadow: 0 0 3px #000; }
  .scale path { fill: none; stroke: #cfd6da; stroke-width: 1; filter: drop-shadow(0 0 1px #000); }
  .legend { position: absolute; right: 20px; bottom: calc(50% + 22px); pointer-events: none; font-size: 11px; line-height: 1.3; color: #e6eaed;
    max-width: 132px; text-shadow: 0 0 2px #000, 0 0 3px #000, 0 0 4px #000, 0 0 6px #000; }
  .legend.heat { display: grid; justify-items: end; gap: 3px; text-align: right; }
  .legend .bar { width: 12px; height: clamp(40px, 16cqh, 130px); border-radius: 2px; outline: 1px solid #000; box-shadow: 0 0 0 2px #ffffff59; }
  .legend .below { fill: #000; fill-opacity: 0.72; }
  .legend .about { font-size: 10px; margin-top: 2px; }
  .legend.labels { display: grid; gap: 4px; }
  .legend.labels span { display: grid; grid-template-columns: 10px auto; gap: 6px; align-items: center; }
  .legend.labels svg { width: 10px; height: 10px; border-radius: 2px; outline: 1px solid #000; }
  .rail { position: absolute; right: 4px; top: 36px; width: 10px; height: calc(100% - 72px); touch-action: none; cursor: ns-resize; }
  .rail:focus { outline: none; }
  .rail:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  .rail .zone { fill: #000; fill-opacity: 0; }
  .rail .way { fill: #39424a; }
  .rail .gap { fill: var(--warn); }
  .rail .place { fill: var(--accent); }
  .empty { position: absolute; inset: 0; display: grid; place-items: center; margin: 0; color: var(--dim); pointer-events: none; }
  @container (max-height: 420px) { .legend { bottom: calc(50% + 14px); } .legend.heat { gap: 1px; } .legend .bar { height: clamp(28px, 11cqh, 60px); } .legend .about { display: none; } }
  @container (max-height: 220px) { .legend { display: none; } }
  @media (max-width: 700px) { .corner { font-size: 10px; } .scale { left: 24px; } }
`;
