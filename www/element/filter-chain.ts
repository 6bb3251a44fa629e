// Filters as a chain that can be seen: steps in order, each switched off, moved, removed and set by itself.
import { html, nothing, type TemplateResult } from 'lit';
import type { FilterInfo, FilterParameter, Shown } from '../shared/protocol.ts';
import { fill, maybe, type Text } from '../text/index.ts';
import { writtenValue } from './numbers.ts';

/** A step; one that is off keeps its place and its values. */
export interface Step {
  name: string;
  values: Record<string, string>;
  on: boolean;
}

/** What a slider of values goes over: those that are seen, or the levels. */
export interface Reach {
  low: number;
  high: number;
}

/** `name:key=value,…` as the study worker reads it. */
export const specOf = ({ name, values }: Step): string => {
  const parts = Object.entries(values).map(([key, value]) => `${key}=${value}`);
  return parts.length > 0 ? `${name}:${parts.join(',')}` : name;
};

/** The filters of a chain: what is on. */
export const filtersOf = (steps: readonly Step[]): string[] => steps.filter(({ on }) => on).map(specOf);

/** A chain for filters that were set from elsewhere. */
export const stepsOf = (filters: readonly string[]): Step[] =>
  filters.map((spec) => {
    const [name = '', rest = ''] = spec.split(/:(.*)/s);
    const pairs = rest.split(',').filter(Boolean);
    return { name, on: true, values: Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string])) };
  });

/** The values that are seen: what a threshold may be set to. */
export const reachOf = (shown: Shown | null | undefined): Reach => {
  const window = shown?.begin ?? shown?.window;
  if (!window) return { low: 0, high: 255 };
  return { low: window.center - window.width, high: window.center + window.width };
};

export interface ChainState {
  text: Text;
  kinds: readonly FilterInfo[];
  steps: readonly Step[];
  reach: Reach;
  /** Small pictures: before the chain, and after each step; empty where there is none. */
  pictures: readonly string[];
}

const makesLevels = new Set(['grey', 'canny', 'otsu', 'adaptive', 'threshold']);
const makesSlopes = new Set(['sobel', 'scharr', 'laplacian']);

/** The ends of a slider: the parameter's own, or where those are out of sight, what is seen. */
function ends(step: Step, parameter: FilterParameter, before: readonly Step[], { low, high }: Reach): [number, number] {
  if (parameter.max - parameter.min < 10_000) return [parameter.min, parameter.max];
  const last = before.findLast(({ name, on }) => on && (makesLevels.has(name) || makesSlopes.has(name)));
  const levels = step.values.of
    ? step.values.of === 'levels'
    : ['canny', 'adaptive'].includes(step.name) || (last !== undefined && makesLevels.has(last.name));
  const wide = levels ? 255 : high - low;
  // Slopes are sums of several differences, of either sign.
  if (!levels && last && makesSlopes.has(last.name) && step.name === 'threshold') return [-4 * wide, 4 * wide];
  if (step.name === 'canny') return [0, wide * 4];
  if (parameter.name === 'c') return [-wide / 8, wide / 8];
  if (parameter.name === 'width') return [0, wide * 2];
  return levels ? [0, 255] : [low, high];
}

function control(
  s: ChainState,
  at: number,
  step: Step,
  parameter: FilterParameter,
  set: (value: string) => void,
): TemplateResult {
  const { text } = s;
  const label = maybe(text, `key_${parameter.name}`, parameter.name);
  const given = step.values[parameter.name];
  if (parameter.choices.length > 0) {
    const chosen = given ?? parameter.choices[parameter.default];
    return html`<label class="set">${label}
      <select @change=${(event: Event) => set((event.target as HTMLSelectElement).value)}>
        ${parameter.choices.map((name) => html`<option value=${name} ?selected=${name === chosen}>${maybe(text, `choice_${name.replaceAll('-', '_')}`, name)}</option>`)}
      </select></label>`;
  }
  const [min, max] = ends(step, parameter, s.steps.slice(0, at), s.reach);
  const value = Math.min(Math.max(Number(given ?? parameter.default), min), max);
  const whole = parameter.whole || max - min > 100;
  const step_ = whole ? 1 : Number(((max - min) / 200).toPrecision(1));
  return html`<label class="set">${label}
    <input type="range" min=${min} max=${max} step=${step_} .value=${String(value)} @input=${(event: Event) => set((event.target as HTMLInputElement).value)}>
    <output>${writtenValue(Number(given ?? parameter.default) > max ? max : Number(value.toPrecision(6)))}</output></label>`;
}

/** The items of the filter menu. */
export function chainItems(s: ChainState, change: (steps: Step[]) => void): TemplateResult {
  const { text, steps, kinds } = s;
  const name = (of: string) => maybe(text, `filter_${of}`, of);
  const replace = (at: number, step: Step) => change(steps.map((one, i) => (i === at ? step : one)));
  const move = (at: number, by: number) => {
    const next = [...steps];
    const [step] = next.splice(at, 1);
    if (step) next.splice(at + by, 0, step);
    change(next);
  };
  const button = (sign: string, what: string, of: string, act: () => void, disabled = false) =>
    html`<button type="button" class="sign" aria-label=${fill(text.chain_of, { what, name: name(of) })} title=${what} ?disabled=${disabled} @click=${act}>${sign}</button>`;
  const picture = (at: number, label: string) =>
    s.pictures[at]
      ? html`<img class="after" src=${s.pictures[at]} alt=${label} title=${label} />`
      : html`<i class="after"></i>`;
  const one = (step: Step, at: number) => {
    const kind = kinds.find((known) => known.name === step.name);
    return html`<li class=${step.on ? '' : 'off'}>
      ${step.on && s.pictures.length > 0 ? picture(at + 1, fill(text.chain_after, { name: name(step.name) })) : nothing}
      <div class="step"><span class="number">${at + 1}</span><b>${name(step.name)}</b>
        ${button(step.on ? '◉' : '○', step.on ? text.chain_off : text.chain_on, step.name, () => replace(at, { ...step, on: !step.on }))}
        ${button('↑', text.chain_up, step.name, () => move(at, -1), at === 0)}
        ${button('↓', text.chain_down, step.name, () => move(at, 1), at === steps.length - 1)}
        ${button('✕', text.chain_remove, step.name, () => change(steps.filter((_, i) => i !== at)))}</div>
      ${
        step.on && kind
          ? kind.parameters.map((parameter) =>
              control(s, at, step, parameter, (value) =>
                replace(at, { ...step, values: { ...step.values, [parameter.name]: value } }),
              ),
            )
          : nothing
      }
    </li>`;
  };
  return html`<h3>${text.chain_steps}</h3>
    ${steps.length === 0 ? html`<p class="note">${text.chain_empty}</p>` : html`${s.pictures.length > 0 ? html`<div class="before">${picture(0, text.chain_before)}<span>${text.chain_before}</span></div>` : nothing}<ol class="chain">${steps.map(one)}</ol>`}
    ${steps.length > 0 ? html`<button type="button" @click=${() => change([])}>${text.filter_none}</button>` : nothing}
    <h3>${text.chain_add}</h3>
    <div class="adds">${kinds.map(
      ({ name: of }) =>
        html`<button type="button" data-filter=${of} @click=${() => change([...steps, { name: of, values: {}, on: true }])}>${name(of)}</button>`,
    )}</div>`;
}
