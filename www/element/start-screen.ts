// The light box: where a study is dropped, and the other ways in.
import { html, nothing } from 'lit';
import { fill, type Text } from '../text/index.ts';
import { icons } from './icons.ts';
import type { Kept } from './kept-study.ts';
import { writtenBytes } from './numbers.ts';

export interface StartActions {
  files(): void;
  folder(): void;
  sample(): void;
  display(): void;
  help(): void;
  reopen(): void;
  forget(): void;
}

export const startScreen = (
  text: Text,
  lit: boolean,
  touch: boolean,
  message: string,
  kept: Kept | null,
  act: StartActions,
) => html`
  <section class=${lit ? 'start lit' : 'start'} aria-label=${text.dropHere}>
    <div class="box">
      <div class="film" aria-hidden="true">${icons.film}</div>
      <p class="big">${lit ? text.dropNow : touch ? text.openHere : text.dropHere}</p>
      <p class="what">${text.dropWhat}</p>
      ${message ? html`<p class="message" role="alert">${message}</p>` : ''}
      <div class="ways">
        <button type="button" class="first" @click=${act.files}>${text.chooseFiles}</button>
        <button type="button" class="folder" @click=${act.folder}>${text.chooseFolder}</button>
        <button type="button" class="sample" title=${text.sampleWhat} @click=${act.sample}>${text.sample}</button>
      </div>
    </div>
    ${
      kept
        ? html`<div class="kept">
            <button type="button" class="reopen" @click=${act.reopen}>${text.kept_reopen}</button>
            <span>${fill(text.kept_what, { files: kept.files, size: writtenBytes(kept.bytes) })}</span>
            <button type="button" class="forget" @click=${act.forget}>${text.kept_forget}</button>
          </div>`
        : nothing
    }
    <div class="aside"><button type="button" class="display" @click=${act.display}>${text.display}</button><button type="button" class="help" @click=${act.help}>${text.help}</button></div>
    <p class="privacy">${text.privacyLong}</p>
    <p class="once">${text.notDiagnostic}</p>
  </section>
`;
