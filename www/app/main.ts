// The page around the element: a name, one sentence on privacy, and the language.
import '../element/index.ts';
import { keepProgram, takeLaunched } from './offline.ts';
import { type Language, languageFor, textOf } from '../text/index.ts';

const viewer = document.createElement('negatoscope-viewer');
const main = document.createElement('main');
const part = (name: string, slot: string, className: string) => {
  const element = document.createElement(name);
  element.slot = slot;
  element.className = className;
  viewer.append(element);
  return element;
};
const title = part('h1', 'start', 'name');
const seal = part('span', 'end', 'seal');
const other = part('button', 'end', 'language');

/** Writes the page in a language; it is kept in the address, not in the browser. */
function speak(language: Language): void {
  const text = textOf(language);
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  viewer.language = language;
  title.textContent = text.appName;
  seal.textContent = text.privacy;
  seal.title = text.privacyLong;
  other.textContent = text.otherLanguage;
  other.lang = language === 'zh' ? 'en' : 'zh-CN';
}

let language = languageFor(new URL(location.href).searchParams.get('lang') ?? navigator.language);
other.addEventListener('click', () => {
  language = language === 'zh' ? 'en' : 'zh';
  const url = new URL(location.href);
  url.searchParams.set('lang', language);
  history.replaceState(null, '', url);
  speak(language);
});
speak(language);
main.append(viewer);
document.body.append(main);
keepProgram();
takeLaunched(viewer);
// A file dropped beside the element must not replace the page.
for (const name of ['dragover', 'drop'] as const) addEventListener(name, (event) => event.preventDefault());
