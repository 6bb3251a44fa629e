// Which earlier images belong beside the current ones: by patient, modality, body part, side and view, then by date. No drawing here.
import type { Catalogue, FrameSetInfo, SeriesInfo, StudyInfo } from '../shared/protocol.ts';
import { dot } from './vectors.ts';

/** A stack with the series and the study that it is of. */
export interface Stacked {
  study: StudyInfo;
  series: SeriesInfo;
  set: FrameSetInfo;
}

/** A stack that another one may be compared with. */
export interface Candidate extends Stacked {
  /** `unknown`: one of both studies does not say whose it is. */
  patient: 'same' | 'other' | 'unknown';
  when: 'earlier' | 'later' | 'same' | 'unknown';
  /** What is known fits: modality, body part, side and view. */
  fits: boolean;
  /** Of those that fit: the more, the better. */
  rank: number;
}

export const stackedOf = (catalogue: Catalogue | null): Stacked[] =>
  (catalogue?.studies ?? []).flatMap((study) =>
    study.series.flatMap((series) => series.frame_sets.map((set) => ({ study, series, set }))),
  );

const plain = (words: string) => words.trim().toUpperCase();

/** Whether two studies are of one patient. Numbers decide; without them nothing does, since names are shared. */
export function samePatient(a: StudyInfo, b: StudyInfo): 'same' | 'other' | 'unknown' {
  if (a.uid === b.uid) return 'same';
  const [first, second] = [plain(a.patient_id), plain(b.patient_id)];
  if (first && second) {
    if (first !== second) return 'other';
    // One number in two hospitals: the names tell.
    const [name, other] = [plain(a.patient_name), plain(b.patient_name)];
    return name && other && name !== other ? 'other' : 'same';
  }
  const [name, other] = [plain(a.patient_name), plain(b.patient_name)];
  return name && other && name !== other ? 'other' : 'unknown';
}

/** Modalities that make the same kind of picture. */
const kindOf = (modality: string) => (['CR', 'DX', 'DR', 'RG'].includes(modality) ? 'DX' : modality);
const frontal = ['AP', 'PA'];

function sidesOf(view: string): { side: string; view: string } {
  const [first = '', ...rest] = plain(view).split(' ');
  return ['R', 'L', 'B'].includes(first) ? { side: first, view: rest.join(' ') } : { side: '', view: plain(view) };
}

/** How well two views go together; null where they do not. */
function viewsFit(a: string, b: string): number | null {
  const [first, second] = [sidesOf(a), sidesOf(b)];
  if ((first.view === 'LOCALIZER') !== (second.view === 'LOCALIZER')) return null;
  if (first.side && second.side && first.side !== second.side) return null;
  const sided = first.side && first.side === second.side ? 1 : 0;
  if (!first.view || !second.view) return sided;
  if (first.view === second.view) return sided + 2;
  return frontal.includes(first.view) && frontal.includes(second.view) ? sided + 1 : null;
}

const wordsOf = ({ study, series }: Stacked): Set<string> =>
  new Set(
    plain(`${series.description} ${study.description}`)
      .split(/[^\p{L}\p{N}]+/u)
      .filter((word) => word.length > 1),
  );

/** Share of the words that both have. */
function likeness(a: Stacked, b: Stacked): number | null {
  const [first, second] = [wordsOf(a), wordsOf(b)];
  if (first.size === 0 || second.size === 0) return null;
  const both = [...first].filter((word) => second.has(word)).length;
  return both / (first.size + second.size - both);
}

function whenIs(one: StudyInfo, current: StudyInfo): Candidate['when'] {
  if (one.uid === current.uid) return 'same';
  if (!one.date || !current.date) return 'unknown';
  if (one.date === current.date) return 'same';
  return one.date < current.date ? 'earlier' : 'later';
}

function candidateOf(one: Stacked, current: Stacked): Candidate {
  const { series, set, study } = one;
  const patient = samePatient(study, current.study);
  const when = whenIs(study, current.study);
  const views = viewsFit(set.view, current.set.view);
  const [part, other] = [plain(series.body_part), plain(current.series.body_part)];
  const like = likeness(one, current);
  const known = Boolean(part && other);
  // Where a body part is not said, the words of the descriptions have to agree, unless there are none.
  const placed = known ? part === other : like === null || like > 0;
  const fits = kindOf(series.modality) === kindOf(current.series.modality) && views !== null && placed;
  const [line, across] = [set.line, current.set.line];
  const parallel = line && across ? Math.abs(dot(line.normal, across.normal)) > 0.9 : false;
  const volumes = (set.no_volume === null) === (current.set.no_volume === null);
  const length = Math.min(set.frames, current.set.frames) / Math.max(set.frames, current.set.frames, 1);
  const rank = (known ? 2 : 0) + (views ?? 0) + 2 * (like ?? 0) + (parallel ? 2 : 0) + (volumes ? 2 : 0) + length / 2;
  return { ...one, patient, when, fits, rank };
}

/** Body part known to be the same, before it is only not known to differ; then the newest study; in it the most similar stack. */
function order(a: Candidate, b: Candidate, current: Stacked): number {
  const sure = ({ series }: Candidate) => Number(Boolean(series.body_part && current.series.body_part));
  const newest = a.study.date < b.study.date ? 1 : a.study.date > b.study.date ? -1 : 0;
  return sure(b) - sure(a) || newest || b.rank - a.rank || a.set.key - b.set.key;
}

/** All that a stack may be compared with, the best first: what fits of the same patient, the rest of that patient, then others. */
export function candidates(catalogue: Catalogue | null, key: number): Candidate[] {
  const all = stackedOf(catalogue);
  const current = all.find(({ set }) => set.key === key);
  if (!current) return [];
  const shelf = ({ patient, fits, when }: Candidate) =>
    patient !== 'same' ? (patient === 'unknown' ? 3 : 4) : fits && when === 'earlier' ? 0 : fits ? 1 : 2;
  return all
    .filter(({ set }) => set.key !== key)
    .map((one) => candidateOf(one, current))
    .sort((a, b) => shelf(a) - shelf(b) || order(a, b, current));
}

/** What to compare when a stack is shown: the newest earlier study of the same patient that fits. Where only later ones are there, the
 * shown stack is the prior. Never another patient's. */
export function proposal(catalogue: Catalogue | null, key: number): { current: number; prior: number } | null {
  const own = candidates(catalogue, key).filter(({ patient, fits }) => patient === 'same' && fits);
  const earlier = own.find(({ when }) => when === 'earlier');
  if (earlier) return { current: key, prior: earlier.set.key };
  const later = own.find(({ when }) => when === 'later');
  return later ? { current: later.set.key, prior: key } : null;
}
