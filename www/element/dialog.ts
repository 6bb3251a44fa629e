// The dialog that holds a list: unread files and repairs, or all tags.
import { html, nothing, type TemplateResult } from 'lit';
import type { Text } from '../text/index.ts';
import { icons } from './icons.ts';

/** `find`: what the search field holds; without it there is none. */
export const listDialog = (
  text: Text,
  title: string,
  content: TemplateResult,
  act: { shut(): void; find?: (wanted: string) => void },
  find = '',
) => html`<dialog aria-label=${title} @close=${act.shut} @click=${(event: Event) => event.target === event.currentTarget && act.shut()}>
  <div class="head"><h2>${title}</h2>
    ${
      act.find
        ? html`<input type="search" aria-label=${text.tagFind} placeholder=${text.tagFind} .value=${find}
            @input=${(event: Event) => act.find?.((event.target as HTMLInputElement).value)} />`
        : nothing
    }
    <button type="button" aria-label=${text.close} @click=${act.shut}>${icons.close}</button>
  </div>
  <div class="content" tabindex="0">${content}</div>
</dialog>`;

/** Asks for words; `give` gets null when it is left. */
export const wordsDialog = (text: Text, title: string, give: (words: string | null) => void) => {
  const submit = (event: Event) => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements.namedItem('words') as HTMLInputElement;
    give(field.value.trim());
  };
  return html`<dialog class="asks" aria-label=${title} @cancel=${(event: Event) => {
    event.preventDefault();
    give(null);
  }}>
    <form @submit=${submit} @keydown=${(event: Event) => event.stopPropagation()}>
      <label><span>${title}</span><input name="words" type="text" maxlength="200" autocomplete="off" autofocus /></label>
      <div class="ways"><button type="submit" class="first">${text.measure_apply}</button><button type="button" @click=${() => give(null)}>${text.cancel}</button></div>
    </form>
  </dialog>`;
};
