// What a comparison is asked for, what it says of itself, and what it needs of the viewer.
import type { Catalogue, Notice } from '../shared/protocol.ts';
import type { Layout } from './attributes.ts';
import type { Relation } from './laying.ts';
import type { NegatoscopeViewport } from './viewport.ts';

/** Beside each other, mixed, one after the other, less each other, one up to a line. */
export const compareModes = ['side', 'blend', 'flicker', 'difference', 'curtain'] as const;
export type CompareMode = (typeof compareModes)[number];
/** By mutual information in space, by key points of two frames; `auto`: in space where both are volumes. */
export type RegisterWay = 'auto' | 'volume' | 'points';

/** What `compare` takes. Stacks by their key; left out: the shown one and the prior that fits it. */
export interface CompareWishes {
  current?: number;
  prior?: number;
  mode?: CompareMode;
  /** Find out how both lie to each other. */
  register?: RegisterWay;
  /** Of the prior in a blend, or of its side of the curtain: 0 to 1. */
  share?: number;
  /** Changes a second while flickering, at most 3. */
  rate?: number;
  /** Of a difference: what gets the strongest colours, in its unit; 0: from its own values. */
  reach?: number;
  signal?: AbortSignal;
  onProgress?: (notice: Notice) => void;
}

/** What is compared, and how. */
export interface ComparisonState {
  current: number;
  prior: number;
  mode: CompareMode;
  relation: Relation;
  /** The relation holds for the image that is shown. */
  holds: boolean;
  /** `unknown`: one of both studies does not say whose it is. */
  patient: 'same' | 'other' | 'unknown';
  share: number;
  rate: number;
  /** While flickering: which one is seen, and whether it changes by itself. */
  front: 'current' | 'prior';
  paused: boolean;
  /** Of the difference that is shown: its strongest colours, and its unit; null: grey levels as both are shown. */
  difference: { reach: number; unit: string | null } | null;
}

/** Three flashes a second are the most that is safe (WCAG 2.3.1); a flash is two changes. */
export const mostChanges = 3;
export interface CompareHost {
  panes(): NegatoscopeViewport[];
  catalogue(): Catalogue | null;
  active(): number;
  activate(number: number): void;
  layout(): Layout;
  /** Resolves when the viewports are there. */
  lay(layout: Layout): Promise<void>;
  leaveVolume(): Promise<void>;
  nothingShown(): string;
  noPrior(): string;
  changed(): void;
  told(state: ComparisonState | null): void;
  say(error: unknown): void;
}

export interface Before {
  layout: Layout;
  active: number;
  shown: { uid: string; key: number; index: number }[];
}
