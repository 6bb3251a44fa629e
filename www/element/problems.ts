// The lists of files that were not read, of what was repaired, and of what else there is to know.
import { html, nothing } from 'lit';
import type { Failure } from '../shared/protocol.ts';
import { errorText, type Language, type Text } from '../text/index.ts';

const items = (failures: readonly Failure[], text: Text, language: Language, anonymous: boolean) =>
  failures.map((failure) => {
    const { cause, hint } = errorText(language, failure);
    return html`<li class="problem">
      <div class="of"><b>${anonymous && failure.file ? text.hiddenFile : failure.file}</b><code>${failure.code}</code></div>
      <p>${cause}</p>
      ${hint ? html`<p class="hint">${hint}</p>` : nothing}
      ${failure.detail ? html`<p class="detail">${text.detail}: ${failure.detail}</p>` : nothing}
    </li>`;
  });

/** A file that is no DICOM file, such as the viewer on a medium: nothing is lost with it. */
export const isForeign = ({ code }: Failure): boolean => code === 'DCM-002';

/** All lists under their headings. */
export function problemLists(
  { errors, repairs, remarks }: Readonly<Record<'errors' | 'repairs' | 'remarks', readonly Failure[]>>,
  text: Text,
  language: Language,
  anonymous: boolean,
) {
  const list = (title: string, failures: readonly Failure[]) =>
    failures.length > 0
      ? html`<h3>${title} (${failures.length})</h3><ul>${items(failures, text, language, anonymous)}</ul>`
      : nothing;
  return html`${list(
    text.notReadTitle,
    errors.filter((error) => !isForeign(error)),
  )}
    ${list(text.repairsTitle, repairs)} ${list(text.remarksTitle, remarks)} ${list(text.othersTitle, errors.filter(isForeign))}`;
}

/** What of a frame's repairs or remarks is neither in the catalogue nor known from another painting, by what tells it apart. */
export const unheard = (
  found: readonly Failure[],
  listed: readonly Failure[] = [],
  later: ReadonlyMap<string, Failure>,
): [string, Failure][] =>
  found
    .filter((one) => !listed.some((other) => other.file === one.file && other.code === one.code))
    .map((one): [string, Failure] => [`${one.file}\n${one.code}`, one])
    .filter(([key]) => !later.has(key));
