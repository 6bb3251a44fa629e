// The controls of a volume, or how far one is that is on its way.
import { html, nothing, type TemplateResult } from 'lit';
import { fill, type Text } from '../text/index.ts';
import { mprBar } from './mpr-bar.ts';
import type { Volumes } from './volumes.ts';

export function volumeBar(
  text: Text,
  volumes: Volumes,
  { labelled, cross }: { labelled: (key: number) => boolean; cross: boolean },
  act: { open(what: Volumes['open']): void; shut(): void; cross(): void },
): TemplateResult | typeof nothing {
  const { mpr, coming, pictures, open } = volumes;
  if (coming)
    return html`<div class="mprbar coming" role="status"><span>${fill(text.mprComing, coming)}</span>
      <progress max=${coming.total} value=${coming.done}></progress>
      <button type="button" @click=${() => volumes.cancel()}>${text.cancel}</button></div>`;
  if (!mpr) return nothing;
  return mprBar({ text, mpr, pictures, open, labelled: labelled(mpr.set.key), cross }, act);
}
