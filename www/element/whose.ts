// Whose images are which: the studies that frames belong to, and whether they are of one patient.
import type { Catalogue, StudyInfo } from '../shared/protocol.ts';

/** The studies that hold any of these frame sets (by their keys), in the order of the catalogue. */
export function studiesOf(catalogue: Catalogue | null, frameSets: Iterable<number>): StudyInfo[] {
  const wanted = new Set(frameSets);
  return (catalogue?.studies ?? []).filter(({ series }) =>
    series.some(({ frame_sets }) => frame_sets.some(({ key }) => wanted.has(key))),
  );
}

/** How many patients they are of: told apart by number and name, as far as these say anything. */
export function patientsIn(studies: readonly StudyInfo[]): number {
  const plain = (text: string) => text.trim().replace(/\^+$/, '').toUpperCase();
  return new Set(studies.map(({ patient_id, patient_name }) => `${plain(patient_id)}\n${plain(patient_name)}`)).size;
}

/** What a report says of a study: who and when. */
export const linesOfStudy = ({ patient_name, patient_id, date, description }: StudyInfo): string[] =>
  [patient_name, patient_id, date, description].filter(Boolean);
