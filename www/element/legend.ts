// What the colours over an image mean: the small legend on the image, and the words that it shares with the panel.
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Finding, HeatmapInfo, LabelMap, OverlayLook, Probe } from '../shared/protocol.ts';
import { fill, maybe, type Text } from '../text/index.ts';
import { colourBar } from './colour-maps.ts';

/** Labels that the small legend has room for. */
const ROOM = 8;

const key = (name: string) => name.toLowerCase().replace(/[^a-z0-9]+/g, '_');

/** A label of a manifest in this language. */
export const labelName = (text: Text, name: string): string => maybe(text, `label_${key(name)}`, name);

/** What a label means, where there are words for it. */
export const explanation = (text: Text, name: string): string => maybe(text, `explain_${key(name)}`, '');

/** The name of an explanation method. */
export const methodName = (text: Text, method: string): string => maybe(text, `method_${key(method)}`, method);

/** A value of a heatmap, with as many digits as its scale needs. */
export function heatNumber(value: number, { range: [low, high] }: HeatmapInfo): string {
  const span = Math.abs(high - low);
  return value.toFixed(span >= 20 ? 0 : span >= 2 ? 1 : 2).replace('-', '−');
}

const percent = (part: number) => `${(part * 100).toFixed(0)} %`;

/** How a map was made, and how much of it lies on the border of the picture, in the panel's words. */
export function madeBy(
  { unit, runs, parameters = [], shares }: HeatmapInfo,
  text: Text,
  organ: string,
): TemplateResult {
  const value = (word: string) => maybe(text, `fill_${key(word)}`, word);
  const depends = parameters.map((one) => `${maybe(text, `parameter_${key(one.name)}`, one.name)} ${value(one.value)}`);
  const facts = [
    unit ? fill(text.heatUnit, { unit: maybe(text, `unit_${key(unit)}`, unit) }) : '',
    runs ? fill(text.runsMore, { runs }) : '',
    ...depends,
  ].filter(Boolean);
  const said = shares && { part: percent(shares.border), area: percent(shares.border_area) };
  const field = shares?.field && { label: organ, part: percent(shares.field[0]), area: percent(shares.field[1]) };
  return html`${facts.length > 0 ? html`<p class="made">${facts.join(' · ')}</p>` : nothing}
    ${field ? html`<p>${fill(text.fieldShare, field)}</p>` : nothing}
    ${said ? html`<p class=${(shares?.border ?? 0) > 0.5 ? 'warning' : 'share'}>${fill(text.borderShare, said)}</p>` : nothing}`;
}

/** The legend on the image; nothing while the overlay is off or lies over another frame. */
export function imageLegend(
  { label_map: labels, heatmap }: Finding,
  look: OverlayLook,
  text: Text,
): TemplateResult | typeof nothing {
  if (!look.visible) return nothing;
  if (labels) return labelLegend(labels, text);
  return heatmap ? heatLegend(heatmap, look, text) : nothing;
}

function heatLegend(map: HeatmapInfo, look: OverlayLook, text: Text): TemplateResult {
  const [low, high] = map.range;
  return html`<div class="legend heat" role="group" aria-label=${text.legend}>
    <span class="end">${heatNumber(high, map)}</span>
    ${colourBar(look.colour_map, true, (look.threshold - low) / (high - low || 1), 'image')}
    <span class="end">${heatNumber(low, map)}</span>
    <span class="about">${map.label ? html`${labelName(text, map.label)}<br />` : nothing}${maybe(text, `short_${key(map.method)}`, map.method)}<br />${fill(text.cells, { columns: map.cells[0], rows: map.cells[1] })}</span>
  </div>`;
}

function labelLegend({ names, colours }: LabelMap, text: Text): TemplateResult {
  const rest = names.length - 1 - ROOM;
  return html`<div class="legend labels" role="group" aria-label=${text.legend}>
    ${names.slice(1, ROOM + 1).map((name, i) => {
      const [r, g, b] = colours[i + 1] ?? [128, 128, 128];
      return html`<span><svg viewBox="0 0 1 1" aria-hidden="true">${svg`<rect width="1" height="1" fill=${`rgb(${r},${g},${b})`} />`}</svg>${labelName(text, name)}</span>`;
    })}
    ${rest > 0 ? html`<span>+ ${rest}</span>` : nothing}
  </div>`;
}

/** What the overlay says under the pointer; empty where it says nothing. */
export function overlayValue(probe: Probe, finding: Finding | undefined, text: Text): string {
  const { label_map: labels, heatmap } = finding ?? {};
  if (labels && probe.label) return labelName(text, labels.names[probe.label] ?? String(probe.label));
  if (heatmap && probe.heat !== null)
    return `${maybe(text, `short_${key(heatmap.method)}`, heatmap.method)} ${heatNumber(probe.heat, heatmap)}`;
  return '';
}
