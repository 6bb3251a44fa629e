// The envelope around the generated messages: ids, and what can only travel beside JSON (files, canvases, bytes).
import type { Answer, Notice, Request } from './generated/messages.ts';

export type * from './generated/messages.ts';

/** A file with its path relative to what was dropped. `file` is structured-cloned, never read on the page. */
export interface DroppedFile {
  path: string;
  file: unknown; // a File; this folder sees no DOM types
}

/** Page → study worker. */
export type ToStudy =
  | { id: number; request: Request; files?: DroppedFile[]; canvas?: unknown; backend?: 'auto' | 'cpu' | 'gpu' }
  | { cancel: number };

/** Study worker → page. Exactly one answer for each id; notices carry the id of the work that they are about. */
export type FromStudy =
  | { ready: true }
  | { id: number; answer: Answer; bytes?: Uint8Array }
  | { id: number; cancelled: true }
  | { id: number; notice: Notice };
