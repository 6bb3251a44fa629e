// Help on one page: tools with their pictures and keys, gestures, what is kept where, limits. It can be printed.
import { css, html, LitElement, render, type TemplateResult, unsafeCSS } from 'lit';
import { property } from 'lit/decorators.js';
import { measureTools } from '../shared/generated/measure-tools.ts';
import type { Language, Text } from '../text/index.ts';
import { type HelpText, helpOf } from '../text/help.ts';
import { icons } from './icons.ts';
import { keyTable } from './key-table.ts';
import { type Action, keyOf, measureKeys } from './keys.ts';
import { kindName } from './measure-words.ts';
import { settings } from './settings.ts';

/** The tools in the order of their row: name of the text, action of the key. */
const tools: readonly (readonly [keyof HelpText['tools'], keyof Text & string, Action | ''])[] = [
  ['window', 'toolWindow', 'tool-window'],
  ['scroll', 'toolScroll', 'tool-scroll'],
  ['zoom', 'toolZoom', 'tool-zoom'],
  ['pan', 'toolPan', 'tool-pan'],
  ['measure', 'measure', ''],
  ['presets', 'presets', ''],
  ['filter', 'filter', ''],
  ['layout', 'layout', ''],
  ['volume', 'mpr', 'volume'],
  ['cross', 'mprCross', 'tool-cross'],
  ['play', 'cine', 'cine'],
  ['regions', 'regions', ''],
  ['analysis', 'analysis', 'analysis'],
  ['save', 'save', 'save'],
  ['more', 'more', ''],
];

const styles = `
  .help { display: grid; gap: 18px; padding: 4px 2px 10px; font: 13px/1.5 system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif; }
  .help h3 { margin: 0 0 6px; font-size: 13px; font-weight: 600; }
  .help p, .help ul { margin: 0; }
  .help ul { padding-left: 18px; display: grid; gap: 3px; }
  .help .notice { border-left: 3px solid #e3b04b; padding-left: 10px; }
  .help .two { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 6px 24px; }
  .help .tool { display: grid; grid-template-columns: 20px minmax(0, 1fr) auto; gap: 2px 9px; align-items: start; align-content: start; break-inside: avoid; }
  .help .tool svg { width: 16px; height: 16px; margin-top: 2px; stroke: currentColor; fill: none; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
  .help .tool b { font-weight: 600; }
  .help .tool span { grid-column: 2 / -1; opacity: 0.78; }
  .help table { border-collapse: collapse; width: 100%; }
  .help td { padding: 3px 14px 3px 0; vertical-align: top; border-bottom: 1px solid #7f8a9333; }
  .help td:first-child { width: 42%; }
  .help kbd { display: inline-block; min-width: 20px; padding: 0 6px; border: 1px solid #7f8a9399; border-radius: 4px; text-align: center; font: inherit; font-size: 11px; }
  @media (max-width: 700px) { .help .two { grid-template-columns: minmax(0, 1fr); } }`;

const printed = `
  @page { size: A4; margin: 14mm 15mm; }
  body { margin: 0; color: #14181b; }
  h1 { font: 600 17px/1.3 system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', sans-serif; margin: 0 0 12px; }
  .help { font-size: 10.5px; gap: 12px; } .help section { break-inside: auto; } .help h3 { break-after: avoid; } .help tr { break-inside: avoid; }`;

const shown = (key: string, text: Text) => (key === ' ' ? text.settings_space : key.toUpperCase());

/** The page itself. */
export function helpPage(text: Text, language: Language): TemplateResult {
  const help = helpOf(language);
  const tool = (icon: TemplateResult, name: string, key: string, what: string) =>
    html`<div class="tool">${icon}<b>${name}</b>${key ? html`<kbd>${key}</kbd>` : html`<i></i>`}<span>${what}</span></div>`;
  const rows = (all: readonly (readonly [string, string])[]) =>
    html`<table>${all.map(([a, b]) => html`<tr><td>${a}</td><td>${b}</td></tr>`)}</table>`;
  const keyOfKind = (kind: string) => Object.entries(measureKeys).find(([, own]) => own === kind)?.[0] ?? '';
  return html`<div class="help" lang=${language}>
    <p class="notice">${help.notice}</p>
    <section><h3>${help.toolsTitle}</h3><div class="two">${tools.map(([icon, name, action]) =>
      tool(icons[icon], text[name], action ? shown(keyOf(action, settings.now.keys), text) : '', help.tools[icon]),
    )}</div></section>
    <section><h3>${help.measureTitle}</h3><div class="two">${measureTools.map(({ name }) =>
      tool(icons[`measure_${name}`], kindName(text, name), keyOfKind(name), help.measure[name]),
    )}</div></section>
    <section><h3>${help.gesturesTitle}</h3>${rows(help.gestures)}</section>
    <section><h3>${help.keysTitle}</h3>${keyTable(text)}</section>
    <section><h3>${help.storedTitle}</h3>${rows(help.stored)}</section>
    <section><h3>${help.limitsTitle}</h3><ul>${help.limits.map((one) => html`<li>${one}</li>`)}</ul></section>
  </div>`;
}

/** Prints the page, from a frame of its own: nothing of what is open is on the paper. */
function print(text: Text, language: Language): void {
  const frame = document.createElement('iframe');
  frame.setAttribute('aria-hidden', 'true');
  frame.tabIndex = -1;
  frame.className = 'negatoscope-help-print';
  Object.assign(frame.style, { position: 'fixed', width: '0', height: '0', border: '0', opacity: '0' });
  document.body.append(frame);
  const { contentDocument: inner, contentWindow: view } = frame;
  const Sheet = inner?.defaultView?.CSSStyleSheet;
  if (!inner || !view || !Sheet) {
    frame.remove();
    return;
  }
  inner.documentElement.lang = language;
  inner.title = `${text.appName}: ${text.help}`;
  const sheet = new Sheet();
  sheet.replaceSync(styles + printed);
  inner.adoptedStyleSheets = [sheet];
  render(html`<h1>${text.appName}: ${text.help}</h1>${helpPage(text, language)}`, inner.body);
  const gone = () => frame.remove();
  view.addEventListener('afterprint', () => setTimeout(gone), { once: true });
  view.focus();
  view.print();
  setTimeout(gone, 300_000); // where no end is told
}

export class NegatoscopeHelp extends LitElement {
  static override styles = [
    unsafeCSS(styles),
    css`
    button { font: inherit; font-size: 13px; color: inherit; background: none; border: 1px solid var(--faint); border-radius: 6px; min-height: 34px; padding: 0 14px; cursor: pointer; margin-bottom: 14px; }
    button:hover { background: var(--raised); } button:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
    @media (max-width: 700px) { button { min-height: 44px; } }
  `,
  ];

  @property({ attribute: false }) text!: Text;
  @property() language: Language = 'en';

  override render() {
    const { text, language } = this;
    return html`<button type="button" class="print" @click=${() => print(text, language)}>${helpOf(language).print}</button>${helpPage(text, language)}`;
  }
}

customElements.define('negatoscope-help', NegatoscopeHelp);

declare global {
  interface HTMLElementTagNameMap {
    'negatoscope-help': NegatoscopeHelp;
  }
}
