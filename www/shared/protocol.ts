// The envelope around the generated messages: ids, and what can only travel beside JSON (files, canvases, bytes).
import type {
  Answer,
  ModelAnswer,
  ModelRequest,
  Notice,
  RegisterAnswer,
  RegisterRequest,
  Request,
} from './generated/messages.ts';

export type * from './generated/messages.ts';

/** A file with its path relative to what was dropped. `file` is structured-cloned, never read on the page. */
export interface DroppedFile {
  path: string;
  file: unknown; // a File, or on the page a function that promises one; this folder sees no DOM types
}

/** Page → study worker. */
export type ToStudy =
  | {
      id: number;
      request: Request;
      /** The first of the files to open; `total` of them will come. */
      files?: DroppedFile[];
      total?: number;
      canvas?: unknown;
      backend?: 'auto' | 'cpu' | 'gpu';
      /** Labels or cells of an overlay. */
      bytes?: Uint8Array;
    }
  /** More files for an `open` that has begun. */
  | { id: number; more: DroppedFile[] }
  | { cancel: number };

/** Study worker → page. Exactly one answer for each id; notices carry the id of the work that they are about. */
export type FromStudy =
  | { ready: true }
  | { id: number; answer: Answer; bytes?: Uint8Array }
  | { id: number; cancelled: true }
  | { id: number; notice: Notice };

/** Page → model worker; `bytes`: the input's values (f32, little-endian). To cancel, the worker is ended. */
export interface ToModel {
  id: number;
  request: ModelRequest;
  bytes: Uint8Array;
  /** A network that somebody brought: a Blob, read by the worker. */
  network?: unknown;
  /** Where heads are labelled. `auto`, as where nothing is said: by the graphics processor where there is a real one. */
  backend?: 'auto' | 'cpu' | 'gpu';
}

/** Model worker → page. Exactly one answer for each id; `bytes`: labels or cells, in the form that an overlay takes. */
export type FromModel = { id: number; notice: Notice } | { id: number; answer: ModelAnswer; bytes?: Uint8Array };

/** Study worker → decode worker: first the compiled module, then frames. `codec`: a module of its own, sent before its first frame. */
export type ToDecode =
  | { module: unknown; codec?: string }
  | { id: number; codec?: string; job: string; bytes: Uint8Array };

/** Decode worker → study worker. Without an answer the frame could not be decoded. */
export interface FromDecode {
  id: number;
  answer?: string;
  bytes?: Uint8Array;
}

/** Page → register worker, with the values of both grids (f32, little-endian). To cancel, the worker is ended. */
export interface ToRegister {
  id: number;
  request: RegisterRequest;
  a: Uint8Array;
  b: Uint8Array;
}

/** Register worker → page. Exactly one answer for each id; `bytes`: the resampled values, where they were asked for. */
export type FromRegister = { id: number; notice: Notice } | { id: number; answer: RegisterAnswer; bytes?: Uint8Array };
