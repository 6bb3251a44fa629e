// The bar of a comparison: which prior, how both are shown, how they lie to each other and how that is known.
import { html, nothing, type TemplateResult } from 'lit';
import { errorText, fill, type Language, maybe, type Text } from '../text/index.ts';
import type { Compare } from './compare.ts';
import { type CompareMode, compareModes, mostChanges } from './compare-types.ts';
import { icons } from './icons.ts';
import { written } from './numbers.ts';
import type { Candidate, Stacked } from './priors.ts';

export interface CompareBarState {
  text: Text;
  language: Language;
  anonymous: boolean;
  compare: Compare;
  /** Small pictures of stacks by key, as URLs. */
  pictures: ReadonlyMap<number, string>;
}

export interface CompareBarActions {
  mode(mode: CompareMode): void;
  register(): void;
  points(): void;
  forget(): void;
  choose(key: number): void;
  swap(): void;
  shut(): void;
  /** The list has opened or shut. */
  listed(): void;
  /** The list of priors has shut: the keys belong to the images. */
  left(): void;
}

const value = (event: Event) => Number((event.target as HTMLInputElement).value);

function title(stack: Stacked, { text, anonymous }: CompareBarState): string {
  const { series, set, study } = stack;
  const words = anonymous ? '' : series.description || study.description;
  return [series.modality, series.body_part, set.view, words, set.label].filter(Boolean).join(' ') || text.series;
}

const when = ({ study }: Stacked, { anonymous, text }: CompareBarState) =>
  anonymous ? '••••••' : study.date || text.compare_undated;

/** How the prior lies to the current image, and how that is known. */
export function relationWords({ compare, text }: Pick<CompareBarState, 'compare' | 'text'>): string {
  const { relation, state, prior } = compare;
  if (relation.kind === 'reference') return state?.holds ? text.compare_reference : text.compare_noPlane;
  if (relation.kind === 'volume') {
    const { repeats_mm, repeats_degrees, overlap } = relation.found;
    const facts = {
      mm: written(repeats_mm, 2),
      degrees: written(repeats_degrees, 2),
      overlap: `${Math.round(overlap * 100)} %`,
    };
    return state?.holds ? fill(text.compare_registered, facts) : text.compare_noPlane;
  }
  const middle = (mm: boolean) => (mm ? text.compare_middleMm : text.compare_middlePx);
  if (relation.kind === 'middle') return middle(relation.mm);
  if (!state?.holds) return text.compare_otherFrame;
  const { pairs, matches, residual_mm, residual_px } = relation.found;
  const from = maybe(text, `scale_${(prior?.set.spacing_from ?? '').replaceAll('-', '_')}`, '');
  const residual = residual_mm
    ? `${written(residual_mm[0], 2)} mm${from ? ` (${from})` : ''}`
    : `${written(residual_px[0], 2)} px`;
  return fill(text.compare_matched, { count: pairs.length, all: matches, residual });
}

function slider(
  label: string,
  shown: string,
  { min, max, step, at }: { min: number; max: number; step: number; at: number },
  set: (value: number) => void,
) {
  return html`<label class="thick"><span class="name">${label}</span>
    <input type="range" min=${min} max=${max} step=${step} .value=${String(at)} aria-label=${label} aria-valuetext=${shown}
      @input=${(event: Event) => set(value(event))} /><output>${shown}</output></label>`;
}

/** What can be set in a mode. */
function settingsOf({ compare, text }: CompareBarState): TemplateResult | typeof nothing {
  const { mode, share, rate, over, paused, relation, lines, mostReach: most } = compare;
  const percent = `${Math.round(share * 100)} %`;
  if (mode === 'blend' || mode === 'curtain')
    return slider(text.compare_share, percent, { min: 0, max: 1, step: 0.01, at: share }, (to) => compare.setShare(to));
  if (mode === 'flicker') {
    const shown = fill(text.compare_perSecond, { count: written(rate, 2) });
    return html`${slider(text.compare_rate, shown, { min: 0.25, max: mostChanges, step: 0.25, at: rate }, (to) => compare.setRate(to))}
      <button type="button" aria-pressed=${paused} @click=${() => compare.pause(!paused)}>${paused ? icons.play : icons.stop}<span>${paused ? text.compare_play : text.compare_pause}</span><kbd>F</kbd></button>`;
  }
  if (mode === 'difference' && over?.window) {
    const reach = over.window.width / 2;
    const unit = over.gives === 'values' ? over.unit : text.compare_levels;
    return slider(
      text.compare_reach,
      `± ${written(reach, reach < 20 ? 1 : 0)} ${unit}`,
      { min: most / 200, max: most, step: most / 200, at: reach },
      (to) => compare.setReach(to),
    );
  }
  if (mode === 'side' && relation.kind === 'points')
    return html`<label class="check"><input type="checkbox" .checked=${lines} @change=${(event: Event) => {
      compare.lines = (event.target as HTMLInputElement).checked;
      compare.setShare(share);
    }} />${text.compare_lines}</label>`;
  return nothing;
}

function priorList(state: CompareBarState, act: CompareBarActions): TemplateResult {
  const { compare, text, pictures } = state;
  const all = compare.candidates;
  const groups: readonly [string, Candidate[]][] = [
    [text.compare_fitting, all.filter(({ patient, fits, when: w }) => patient === 'same' && fits && w === 'earlier')],
    [
      text.compare_samePatient,
      all.filter(({ patient, fits, when: w }) => patient === 'same' && !(fits && w === 'earlier')),
    ],
    [text.compare_unknownPatient, all.filter(({ patient }) => patient === 'unknown')],
    [text.compare_otherPatient, all.filter(({ patient }) => patient === 'other')],
  ];
  const shut = () => {
    compare.open = '';
    act.listed();
    act.left();
    if (!compare.prior) act.shut();
  };
  const onKey = (event: KeyboardEvent) => {
    event.stopPropagation();
    const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('button')];
    const at = buttons.indexOf(event.composedPath()[0] as HTMLElement);
    if (event.key === 'Escape') shut();
    else if (event.key === 'ArrowDown') buttons[(at + 1) % buttons.length]?.focus();
    else if (event.key === 'ArrowUp') buttons.at(at - 1)?.focus();
    else return;
    event.preventDefault();
  };
  const one = (candidate: Candidate) => {
    const { set, patient, study } = candidate;
    const picture = pictures.get(set.key);
    const who = state.anonymous || patient === 'same' ? '' : study.patient_name || study.patient_id;
    return html`<button type="button" class=${patient === 'same' ? '' : 'foreign'} aria-pressed=${compare.prior?.set.key === set.key} @click=${() => act.choose(set.key)}>
      ${picture ? html`<img src=${picture} alt="" />` : html`<i></i>`}
      <span><b>${when(candidate, state)}</b>${title(candidate, state)}<em>${[who, fill(text.images, { count: set.frames })].filter(Boolean).join(' · ')}</em></span>
    </button>`;
  };
  return html`<div class="shade" @click=${shut}></div><div class="pop priors" role="dialog" aria-label=${text.compare_choose} @keydown=${onKey}>
    ${groups.map(([name, found]) => (found.length > 0 ? html`<h3>${name}</h3>${found.map(one)}` : nothing))}
    ${all.length === 0 ? html`<p>${text.compare_nothing}</p>` : nothing}
  </div>`;
}

/** What has to be said: whose the prior is, what went wrong, how both lie. */
function said(state: CompareBarState, forget: (() => void) | null): TemplateResult {
  const { compare, text, language, anonymous } = state;
  const { failure, patient, work, prior } = compare;
  const words = failure && errorText(language, failure);
  const who = anonymous ? '' : prior?.study.patient_name || prior?.study.patient_id || '';
  return html`<div class="said">
    ${patient === 'other' ? html`<p class="foreign" role="alert">${fill(text.compare_warnOther, { who }).trim()}</p>` : nothing}
    ${patient === 'unknown' ? html`<p class="foreign" role="alert">${text.compare_warnUnknown}</p>` : nothing}
    ${
      work
        ? html`<p role="status">${work.stage === 'register' ? text.compare_registering : text.compare_assembling}</p>
          <progress aria-label=${text.compare_registering} max=${work.total || 1} value=${work.total > 0 ? work.done : 0}></progress>
          <button type="button" @click=${() => {
            compare.cancel();
            compare.setShare(compare.share);
          }}>${text.cancel}</button>`
        : prior
          ? html`<p class="relation" role="status">${relationWords({ compare, text })}</p>
              ${forget ? html`<button type="button" class="forget" @click=${forget}>${text.compare_forget}</button>` : nothing}`
          : html`<p role="status">${text.compare_noSame}</p>`
    }
    ${failure && words ? html`<p class="failed" role="alert">${fill(text.compare_failed, { cause: words.cause, code: failure.code, hint: words.hint })}</p>` : nothing}
  </div>`;
}

export function compareBar(state: CompareBarState, act: CompareBarActions): TemplateResult {
  const { text, compare } = state;
  const { mode, prior, open, relation, volumes, work } = compare;
  const found = relation.kind === 'volume' || relation.kind === 'points';
  return html`<div class="compare">
    <div class="mprbar" role="toolbar" aria-label=${text.compare}>
      <button type="button" class="prior" aria-haspopup="dialog" aria-expanded=${open === 'priors'} title=${text.compare_choose}
        @click=${() => {
          compare.open = open === 'priors' ? '' : 'priors';
          act.listed();
        }}><span class="dim">${text.compare_prior}</span> ${prior ? `${when(prior, state)} ${title(prior, state)}` : ''}</button>
      <button type="button" class="swap" aria-label=${text.compare_swap} title=${text.compare_swap} @click=${act.swap}>⇄</button>
      <i></i>
      <div class="modes" role="group" aria-label=${text.compare_how}>${compareModes.map(
        (one) =>
          html`<button type="button" data-mode=${one} ?disabled=${!prior} aria-pressed=${one === mode} @click=${() => act.mode(one)}>${text[`compare_${one}`]}</button>`,
      )}</div>
      ${settingsOf(state)}<i></i>
      <button type="button" class="register" ?disabled=${work !== null || !prior} title=${volumes ? text.compare_registerSpace : text.compare_registerPoints} @click=${act.register}>${text.compare_register}</button>
      ${volumes ? html`<button type="button" class="points" ?disabled=${work !== null} title=${text.compare_registerPoints} @click=${act.points}>${text.compare_pointsShort}</button>` : nothing}
      <button type="button" class="shut" aria-label=${text.compare_close} title=${text.compare_close} @click=${act.shut}>${icons.close}<kbd>E</kbd></button>
    </div>
    ${said(state, found ? act.forget : null)} ${open === 'priors' ? priorList(state, act) : nothing}
  </div>`;
}
