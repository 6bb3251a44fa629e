// The bottom line, which says what the machine did; and the progress of opening.
import { html, nothing } from 'lit';
import type { Catalogue, Shown } from '../shared/protocol.ts';
import { fill, maybe, type Text } from '../text/index.ts';
import { isForeign } from './problems.ts';

export interface StatusState {
  text: Text;
  catalogue: Catalogue;
  /** Repairs that showed only when frames were painted. */
  later: number;
  /** What is no defect, but to be known. */
  remarks: number;
  shown: Shown | null;
  anonymous: boolean;
}

export function statusLine({ text, catalogue, later, remarks, shown, anonymous }: StatusState, problems: () => void) {
  const { files, errors } = catalogue;
  const repairs = catalogue.repairs.length + later;
  const others = errors.filter(isForeign).length;
  const lost = errors.length - others;
  const machine = shown && maybe(text, `backend_${shown.backend}`, shown.backend);
  return html`<footer part="status">
    <span>${fill(text.filesRead, { read: Math.max(files - errors.length, 0), files })}</span>
    ${repairs > 0 ? html`<button type="button" class="repairs" @click=${problems}>${fill(text.repairs, { count: repairs })}</button>` : nothing}
    ${remarks > 0 ? html`<button type="button" class="remarks" @click=${problems}>${fill(text.remarks, { count: remarks })}</button>` : nothing}
    ${lost > 0 ? html`<button type="button" class="errors" @click=${problems}>${fill(text.notRead, { count: lost })}</button>` : nothing}
    ${others > 0 ? html`<button type="button" class="others" @click=${problems}>${fill(text.others, { count: others })}</button>` : nothing}
    ${shown ? html`<span class="machine">${machine} · ${fill(text.painted, { ms: shown.elapsed_ms.toFixed(1) })}</span>` : nothing}
    ${anonymous ? html`<span class="machine">${text.anonymousNote}</span>` : nothing}
    <span class="right">${text.notDiagnostic}</span>
  </footer>`;
}

export interface Work {
  stage: string;
  done: number;
  total: number;
}

/** `beside`: something is shown already, which it must not cover. */
export const progress = ({ stage, done, total }: Work, beside: boolean, text: Text, cancel: () => void) =>
  html`<div class=${beside ? 'work beside' : 'work'} role="status"><div>
    <span>${maybe(text, `stage_${stage}`, text.reading)}${total > 0 ? ` ${done} / ${total}` : ''}</span>
    <progress aria-label=${text.reading} max=${total || 1} value=${total > 0 ? done : 0}></progress>
    <button type="button" class="cancel" @click=${cancel}>${text.cancel}</button>
  </div></div>`;
