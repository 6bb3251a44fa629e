// What calls of the element take, and the state that it gives and takes back.
import type { Look, Notice } from '../shared/protocol.ts';
import type { Layout } from './attributes.ts';
import type { CalibrationState, MeasureState } from './measures.ts';

/** What can be kept and given back; it holds no patient data. */
export interface ViewerState {
  layout: Layout;
  active: number;
  anonymous: boolean;
  viewports: { frameSet: number; frame: number; look: Look }[];
  /** Marks by stack and place in it; their words are what the user has typed. */
  measurements?: MeasureState[];
  /** mm between columns by stack, as the user has calibrated them. */
  calibrated?: Record<number, number>;
}

/** A session with what names the study: only where it is asked for. */
export interface NamedState extends ViewerState {
  /** Of the active viewport. */
  studyUid: string;
  /** Calibrations by the name of a frame of their stack. */
  calibrations?: CalibrationState[];
  /** Left empty where marks and viewports are of several patients. */
  patient?: { name: string; id: string };
}

/** What `save` takes beside the kind. */
export interface SaveWish {
  /** Ends it: nothing is saved. */
  signal?: AbortSignal;
  /** How far a network is that is run once more. */
  onProgress?: (notice: Notice) => void;
}

/** What `measure` takes beside the handles. */
export interface MeasureWish {
  text?: string;
  viewport?: number;
}

/** What `show` takes; `frameSet` is the place among the stacks of the series, both counted from 0. */
export interface ShowWish {
  viewport?: number;
  seriesUid: string;
  frameSet?: number;
  frame?: number;
}

/** What `regions` takes. */
export interface RegionWish {
  threshold?: string | number;
  /** Column and row, from 0: grow from there instead. */
  seed?: [number, number];
  /** In the unit of the values. */
  tolerance?: number;
  diagonal?: boolean;
  /** Filters before; those of the viewport where nothing is said. */
  filters?: string[];
  /** Pixels. */
  smallest?: number;
  most?: number;
}
