// What is asked of a model besides its answer: how its score is to be explained, with what each way costs, and whether its spread is wanted.
import { html, nothing, type TemplateResult } from 'lit';
import { fill, type Text } from '../text/index.ts';
import type { AnalyzeWish } from './analysis.ts';
import { methodName } from './legend.ts';
import { changesOf, type Manifest, methodsOf } from './models.ts';

/** Changed copies for the spread of a score: enough to see it, and a few seconds. */
const COPIES = 8;

/** Whether copies of a frame can be asked for: where the manifest says of a change that the model bears it. Boxes of copies can't be told apart, and of
 * a stack no copies are made. */
function bearsCopies(manifest: Manifest | undefined): boolean {
  const general = manifest?.input?.preparation === 'general';
  if (changesOf(manifest).length === 0 || manifest?.task === 'detection') return false;
  return general ? manifest?.input?.takes !== 'stack' : manifest?.task === 'classification';
}

/** What of a wish the manifest still leaves: what is not offered any more can't be taken back, so it is not asked. */
export function askable(manifest: Manifest | undefined, wish: AnalyzeWish): AnalyzeWish {
  const explained = methodsOf(manifest).some(({ name }) => name === wish.explain);
  return {
    ...wish,
    explain: explained ? wish.explain : undefined,
    augment: bearsCopies(manifest) ? wish.augment : 0,
  };
}

/** The choices that a manifest leaves; nothing where it leaves none. */
export function wishForm(
  manifest: Manifest | undefined,
  wish: AnalyzeWish,
  text: Text,
  set: (part: AnalyzeWish) => void,
): TemplateResult | typeof nothing {
  const methods = methodsOf(manifest);
  // A manifest that lists none makes none unless asked.
  const own = manifest?.explain?.methods?.includes(methods[0]?.name ?? '');
  const asked = methods.some(({ name }) => name === wish.explain) ? wish.explain : undefined;
  const chosen = asked ?? (own ? methods[0]?.name : '');
  const cost = (runs: number) => (runs === 0 ? text.runsNone : fill(text.runsMore, { runs }));
  return html`${
    methods.length > 0
      ? html`<label class="row"><span>${text.explanation}</span><select class="method" @change=${(e: Event) => set({ explain: (e.target as HTMLSelectElement).value || undefined })}>
          ${own ? nothing : html`<option value="" ?selected=${chosen === ''}>${text.explainNone}</option>`}
          ${methods.map(({ name, runs }) => html`<option value=${name} ?selected=${name === chosen}>${`${methodName(text, name)} · ${cost(runs)}`}</option>`)}</select></label>`
      : nothing
  }${
    bearsCopies(manifest)
      ? html`<label class="switch"><input type="checkbox" class="augment" .checked=${Boolean(wish.augment)}
          @change=${(e: Event) => set({ augment: (e.target as HTMLInputElement).checked ? COPIES : 0 })} />${fill(manifest?.task === 'segmentation' ? text.askSpreadOfLabels : text.askSpread, { copies: COPIES })}</label>`
      : nothing
  }`;
}
