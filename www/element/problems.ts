// The list of files that were not read, and of what was repaired.
import { html, nothing } from 'lit';
import type { Failure } from '../shared/protocol.ts';
import { errorText, type Language, type Text } from '../text/index.ts';

const items = (failures: readonly Failure[], text: Text, language: Language, anonymous: boolean) =>
  failures.map((failure) => {
    const { cause, hint } = errorText(language, failure);
    return html`<li class="problem">
      <b>${anonymous && failure.file ? text.hiddenFile : failure.file}</b> <code>${failure.code}</code>
      <p>${cause}</p>
      ${hint ? html`<p class="hint">${hint}</p>` : nothing}
      ${failure.detail ? html`<p class="detail">${text.detail}: ${failure.detail}</p>` : nothing}
    </li>`;
  });

/** Both lists under their headings. */
export const problemLists = (
  errors: readonly Failure[],
  repairs: readonly Failure[],
  text: Text,
  language: Language,
  anonymous: boolean,
) => html`
  ${errors.length > 0 ? html`<h3>${text.notReadTitle} (${errors.length})</h3><ul>${items(errors, text, language, anonymous)}</ul>` : nothing}
  ${repairs.length > 0 ? html`<h3>${text.repairsTitle} (${repairs.length})</h3><ul>${items(repairs, text, language, anonymous)}</ul>` : nothing}
`;
