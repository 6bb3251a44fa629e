// One report page for the browser's print: pictures, sentences, findings with the models that made them, and what it must not be used for.
// It is made in a frame of its own, so that nothing of the page around is printed; its style is set by script, as a strict CSP asks.
import type { Finding } from '../shared/protocol.ts';
import { fill, type Language, type Text } from '../text/index.ts';
import { linesOf } from './finding-words.ts';
import type { KeyImage } from './key-images.ts';
import type { MeasuredPlace } from './report-measures.ts';

export interface Report {
  text: Text;
  language: Language;
  paper: 'A4' | 'letter';
  /** What a person wrote. */
  words: string;
  /** Who and when, a line for each study; empty: the report names nobody. */
  patient: readonly (readonly string[])[];
  images: readonly KeyImage[];
  findings: readonly Finding[];
  /** Series and image of a finding. */
  places: ReadonlyMap<Finding, string>;
  measured: readonly MeasuredPlace[];
}

const style = (paper: Report['paper']) => `
  @page { size: ${paper}; margin: 15mm 16mm 18mm; }
  * { box-sizing: border-box; }
  body { margin: 0; color: #14181b; font: 10.5pt/1.45 system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif; font-variant-numeric: tabular-nums; }
  header { display: flex; justify-content: space-between; align-items: baseline; border-bottom: 1.5pt solid #14181b; padding-bottom: 5pt; }
  h1 { font-size: 15pt; margin: 0; font-weight: 600; }
  h2 { font-size: 11pt; margin: 14pt 0 5pt; break-after: avoid; }
  p { margin: 0 0 4pt; } .dim, figcaption span, small { color: #56616a; }
  .who { margin: 7pt 0 0; display: flex; gap: 4pt 18pt; flex-wrap: wrap; }
  .words { white-space: pre-wrap; }
  .pictures { display: grid; grid-template-columns: repeat(2, 1fr); gap: 10pt; }
  .pictures.one { grid-template-columns: 1fr; } .pictures.one img { max-height: 130mm; }
  figure { margin: 0; break-inside: avoid; }
  img { display: block; width: 100%; max-height: 78mm; object-fit: contain; background: #000; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  figcaption { font-size: 9pt; margin-top: 3pt; }
  section { break-inside: avoid; border-top: 0.5pt solid #b8c0c6; padding-top: 5pt; margin-top: 6pt; }
  table { border-collapse: collapse; width: 100%; } td { padding: 1.5pt 8pt 1.5pt 0; border-bottom: 0.5pt solid #e2e6e9; vertical-align: top; } td:last-child { text-align: right; white-space: nowrap; }
  .measured { display: grid; grid-template-columns: 52mm minmax(0, 1fr); gap: 10pt; } .measured.bare { grid-template-columns: 1fr; } .measured img { max-height: 52mm; }
  .measured h3 { margin: 0 0 3pt; font-size: 9pt; font-weight: 600; color: #56616a; } td small { display: block; } td .number + .number { margin-top: 1pt; } .number { display: block; } .number small { display: inline; margin-right: 4pt; }
  code { font: 8pt ui-monospace, monospace; overflow-wrap: anywhere; color: #56616a; }
  footer { margin-top: 14pt; padding: 6pt 8pt; border: 1pt solid #14181b; font-size: 9pt; break-inside: avoid; }`;

/** An element with its text and what is inside. */
function made(document: Document, tag: string, content: string | readonly Node[] = '', name = ''): HTMLElement {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (typeof content === 'string') element.textContent = content;
  else element.append(...content);
  return element;
}

/** The page's content, in a document of its own. */
export function fillReport(document: Document, report: Report): void {
  const { text, images, findings } = report;
  document.documentElement.lang = report.language;
  document.title = text.report_title; // what a PDF is named: nobody
  const Sheet = document.defaultView?.CSSStyleSheet;
  if (Sheet && 'adoptedStyleSheets' in document) {
    const own = new Sheet();
    own.replaceSync(style(report.paper));
    document.adoptedStyleSheets = [own];
  } else {
    const sheet = document.createElement('style');
    sheet.textContent = style(report.paper);
    document.head.append(sheet);
  }
  const place = ({ where, url, lines }: MeasuredPlace) => {
    const rows = lines.map(({ name, values, said }) =>
      el('tr', [
        el('td', [el('span', name), ...(said ? [el('small', said)] : [])]),
        el(
          'td',
          values.map(([of, value]) => el('span', [el('small', of), el('span', value)], 'number')),
        ),
      ]),
    );
    const table = el('div', [el('h3', where), el('table', [el('tbody', rows)])]);
    if (!url) return el('section', [table], 'measured bare');
    const img = el('img') as HTMLImageElement;
    img.src = url;
    img.alt = where;
    return el('section', [img, table], 'measured');
  };
  const el = (tag: string, content: string | readonly Node[] = '', name = '') => made(document, tag, content, name);
  const day = new Intl.DateTimeFormat(report.language === 'zh' ? 'zh-CN' : 'en-GB', { dateStyle: 'long' }).format(
    new Date(),
  );
  const body: Node[] = [
    el('header', [el('h1', text.report_title), el('span', day, 'dim')]),
    ...(report.patient.length > 0
      ? report.patient.map((study) =>
          el(
            'div',
            study.map((part) => el('span', part)),
            'who',
          ),
        )
      : [el('div', [el('span', text.report_unnamed, 'dim')], 'who')]),
  ];
  if (report.words.trim()) body.push(el('h2', text.report_comment), el('p', report.words.trim(), 'words'));
  const shown = images.filter(({ url }) => url);
  if (shown.length > 0) {
    const figures = shown.map(({ url, title, words }) => {
      const img = el('img') as HTMLImageElement;
      img.src = url;
      img.alt = title;
      return el('figure', [img, el('figcaption', [el('b', title), el('span', words ? ` · ${words}` : '')])]);
    });
    body.push(el('h2', text.report_images), el('div', figures, shown.length === 1 ? 'pictures one' : 'pictures'));
  }
  if (report.measured.length > 0) body.push(el('h2', text.report_measured), ...report.measured.map(place));
  if (findings.length > 0) {
    body.push(el('h2', text.report_findings));
    for (const finding of findings) {
      const { name, version, sha256 } = finding.model;
      const rows = linesOf(finding, text).map(([label, value, said]) =>
        el('tr', [el('td', [el('span', label), ...(said ? [el('small', said)] : [])]), el('td', value)]),
      );
      const warnings = (finding.warnings ?? []).map((warning) => el('p', warning.text, 'dim'));
      body.push(
        el('section', [
          el('p', [el('b', name), el('span', ` ${version}`, 'dim')]),
          el('p', report.places.get(finding) ?? ''),
          rows.length > 0 ? el('table', [el('tbody', rows)]) : el('p', text.report_nothing, 'dim'),
          ...warnings,
          el('p', [el('small', `${text.report_network} `), el('code', `SHA-256 ${sha256}`)]),
        ]),
      );
    }
  }
  body.push(
    el('footer', [el('p', text.report_notice), el('p', fill(text.report_made, { name: text.appName }), 'dim')]),
  );
  document.body.replaceChildren(...body);
}

/** Asks the browser to print it; a PDF is one of its printers. */
export function printReport(report: Report): void {
  const frame = document.createElement('iframe');
  frame.setAttribute('aria-hidden', 'true');
  frame.tabIndex = -1;
  frame.className = 'negatoscope-report';
  Object.assign(frame.style, { position: 'fixed', width: '0', height: '0', border: '0', opacity: '0' });
  document.body.append(frame);
  const inner = frame.contentDocument;
  const view = frame.contentWindow;
  if (!inner || !view) {
    frame.remove();
    return;
  }
  const gone = () => {
    frame.remove();
    for (const { url } of report.measured) if (url) URL.revokeObjectURL(url);
  };
  fillReport(inner, report);
  const pictures = [...inner.images].map((image) => image.decode().catch(() => {}));
  void Promise.all(pictures).then(() => {
    view.addEventListener('afterprint', () => setTimeout(gone), { once: true });
    view.focus();
    view.print();
    setTimeout(gone, 300_000); // where no end is told
  });
}
