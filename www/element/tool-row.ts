// The row of tools above the image, and the dock of five below it on a phone.
import { html, nothing } from 'lit';
import { maybe, type Text } from '../text/index.ts';
import type { ToolName } from './attributes.ts';
import type { Tool } from './gestures.ts';
import { icons } from './icons.ts';
import type { Menu } from './menus.ts';

export interface ToolState {
  text: Text;
  tools: ReadonlySet<ToolName>;
  tool: Tool;
  menu: Menu;
  playing: boolean;
  analysing: boolean;
  regions: boolean;
  /** Planes and picture of a volume are shown. */
  volume: boolean;
  /** Two stacks are compared. */
  comparing: boolean;
  /** The measuring tool in force. */
  kind: string;
}

export interface ToolActions {
  tool(tool: Exclude<Tool, 'measure'>): void;
  menu(menu: Menu): void;
  cine(): void;
  volume(): void;
  compare(): void;
  analysis(): void;
  regions(): void;
}

const toolButton = (
  s: ToolState,
  act: ToolActions,
  tool: Exclude<Tool, 'cross' | 'measure'>,
  label: string,
  key: string,
) =>
  s.tools.has(tool)
    ? html`<button type="button" class=${s.tool === tool ? 'drag on' : 'drag'} aria-pressed=${s.tool === tool} aria-label=${label} title=${label}
    @click=${() => act.tool(tool)}>${icons[tool]}<span>${label}</span><kbd>${key}</kbd></button>`
    : nothing;

const menuButton = (s: ToolState, act: ToolActions, menu: Exclude<Menu, ''>, label: string) =>
  s.tools.has(menu)
    ? html`<button type="button" data-menu=${menu} aria-haspopup="dialog" aria-expanded=${s.menu === menu} aria-label=${label} title=${label}
    @click=${() => act.menu(s.menu === menu ? '' : menu)}>${icons[menu]}<span>${label}</span></button>`
    : nothing;

const measureButton = ({ text, tools, tool, menu, kind }: ToolState, act: ToolActions) => {
  if (!tools.has('measure')) return nothing;
  const on = tool === 'measure';
  const label = on ? `${text.measure}: ${maybe(text, `measure_${kind}`, kind)}` : text.measure;
  const icon = on && kind ? icons[`measure_${kind}` as keyof typeof icons] : icons.measure;
  return html`<button type="button" data-menu="measure" class=${on ? 'on' : ''} aria-haspopup="dialog" aria-expanded=${menu === 'measure'} aria-label=${label} title=${label}
    @click=${() => act.menu(menu === 'measure' ? '' : 'measure')}>${icon}<span>${text.measure}</span><kbd>D</kbd></button>`;
};

const analysisButton = ({ text, tools, analysing }: ToolState, act: ToolActions) =>
  tools.has('analysis')
    ? html`<button type="button" class="analysis" aria-pressed=${analysing} aria-label=${text.analysis} title=${text.analysis}
    @click=${act.analysis}>${icons.analysis}<span>${text.analysis}</span><kbd>A</kbd></button>`
    : nothing;

const regionsButton = ({ text, tools, regions }: ToolState, act: ToolActions) =>
  tools.has('regions')
    ? html`<button type="button" class="regions" aria-pressed=${regions} aria-label=${text.regions} title=${text.regions}
    @click=${act.regions}>${icons.regions}<span>${text.regions}</span></button>`
    : nothing;

function volumeButton({ text, tools, volume }: ToolState, act: ToolActions) {
  if (!tools.has('volume')) return nothing;
  return html`<button type="button" aria-pressed=${volume} aria-label=${text.mpr} title=${text.mpr}
    @click=${act.volume}>${icons.volume}<span>${text.mprShort}</span><kbd>Q</kbd></button>`;
}

function compareButton({ text, tools, comparing }: ToolState, act: ToolActions) {
  if (!tools.has('compare')) return nothing;
  return html`<button type="button" class="comparing" aria-pressed=${comparing} aria-label=${text.compare} title=${text.compare}
    @click=${act.compare}>${icons.compare}<span>${text.compareShort}</span><kbd>E</kbd></button>`;
}

function cineButton({ text, tools, playing }: ToolState, act: ToolActions) {
  if (!tools.has('cine')) return nothing;
  const cine = playing ? text.stop : text.cine;
  return html`<button type="button" aria-pressed=${playing} aria-label=${cine} title=${cine} @click=${act.cine}>${playing ? icons.stop : icons.play}<span>${cine}</span><kbd>C</kbd></button>`;
}

export function toolRow(s: ToolState, act: ToolActions) {
  const { text } = s;
  return html`<div class="tools" role="toolbar" aria-label=${text.tools}>
    ${toolButton(s, act, 'window', text.toolWindow, 'W')} ${toolButton(s, act, 'scroll', text.toolScroll, 'S')}
    ${toolButton(s, act, 'zoom', text.toolZoom, 'Z')} ${toolButton(s, act, 'pan', text.toolPan, 'M')} ${measureButton(s, act)}<i></i>
    ${menuButton(s, act, 'presets', text.presets)} ${menuButton(s, act, 'filter', text.filter)} ${menuButton(s, act, 'layout', text.layout)}
    ${volumeButton(s, act)} ${compareButton(s, act)} ${cineButton(s, act)}<i></i>
    ${regionsButton(s, act)}
    ${analysisButton(s, act)} ${menuButton(s, act, 'more', text.more)}
  </div>`;
}

export const dock = (s: ToolState, act: ToolActions) => html`<nav class="dock" aria-label=${s.text.tools}>
  ${toolButton(s, act, 'scroll', s.text.toolScroll, '')} ${toolButton(s, act, 'window', s.text.toolWindow, '')}
  ${menuButton(s, act, 'presets', s.text.presets)} ${measureButton(s, act)} ${analysisButton(s, act)} ${menuButton(s, act, 'more', s.text.more)}
</nav>`;
