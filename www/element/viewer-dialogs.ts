// The dialogs of the viewer: what was repaired or not read, tags, keys, settings, the check of the screen, words for a mark.
import { html, nothing, type TemplateResult } from 'lit';
import type { Failure, TagLine } from '../shared/protocol.ts';
import { listDialog, wordsDialog } from './dialog.ts';
import './display-check.ts';
import './help.ts';
import { problemLists } from './problems.ts';
import './settings-dialog.ts';
import { tagTable } from './tag-table.ts';
import type { ViewerHost } from './viewer-host.ts';

export type ViewerDialog = '' | 'problems' | 'tags' | 'keys' | 'display' | 'settings' | 'words';

export interface DialogState {
  dialog: ViewerDialog;
  tagLines: readonly TagLine[];
  tagFind: string;
  /** What showed only when frames were painted. */
  frameRepairs: ReadonlyMap<string, Failure>;
  frameRemarks: ReadonlyMap<string, Failure>;
  /** For what words are asked. */
  asking: string;
}

export interface DialogActions {
  shut(): void;
  find(wanted: string): void;
  words(words: string | null): void;
  patterns(files: File[]): void;
}

export function viewerDialog(host: ViewerHost, s: DialogState, act: DialogActions): TemplateResult | typeof nothing {
  const { text, language, catalogue, anonymous, client } = host;
  const { shut } = act;
  if (s.dialog === '') return nothing;
  if (s.dialog === 'settings')
    return listDialog(text, text.settings, html`<negatoscope-settings .text=${text}></negatoscope-settings>`, { shut });
  if (s.dialog === 'display') {
    const check = html`<negatoscope-display-check .text=${text} .language=${language} .client=${client} .studyOpen=${catalogue !== null}
      @open-patterns=${({ detail }: CustomEvent<File[]>) => {
        shut();
        act.patterns(detail);
      }}></negatoscope-display-check>`;
    return listDialog(text, text.display, check, { shut });
  }
  if (s.dialog === 'keys') {
    const help = html`<negatoscope-help .text=${text} .language=${language}></negatoscope-help>`;
    return listDialog(text, text.help, help, { shut });
  }
  if (!catalogue) return nothing;
  if (s.dialog === 'tags') {
    const table = tagTable(s.tagLines, s.tagFind, anonymous, text);
    return listDialog(text, text.tags, table, { shut, find: act.find }, s.tagFind);
  }
  if (s.dialog === 'words') return wordsDialog(text, s.asking, act.words);
  const repairs = [...catalogue.repairs, ...s.frameRepairs.values()];
  const remarks = [...catalogue.remarks, ...s.frameRemarks.values()];
  const lists = problemLists({ errors: catalogue.errors, repairs, remarks }, text, language, anonymous);
  return listDialog(text, text.problems, lists, { shut });
}
