// Numbers of a finding as every place says them: the panel, the printed report.
import type { Finding } from '../shared/protocol.ts';
import { fill, type Text } from '../text/index.ts';
import { labelName } from './legend.ts';

/** A score, a threshold, or what moves with them: 0 to 1. */
export const scoreOf = (value: number): string => value.toFixed(2);

/** A share of a whole, for people. */
export const percent = (part: number): string => `${(Math.min(Math.max(part, 0), 1) * 100).toFixed(0)} %`;

/** The volume of a label; a dash where pixels have no lengths. */
export const volumeOf = (ml: number | undefined): string =>
  ml === undefined ? '–' : `${ml.toFixed(ml < 10 ? 1 : 0)} ml`;

/** What a score is worth, as the panel says it. */
export const meantBy = (text: Text, { value, calibrated, prior }: NonNullable<Finding['scores']>[number]): string =>
  calibrated === null || calibrated === undefined
    ? text.notCalibrated
    : fill(text.calibrated, { raw: scoreOf(value), prior: prior == null ? '?' : percent(prior) });

/** A line of a report: label, value, and what has to be known of it. */
export type FindingLine = readonly [label: string, value: string, said: string];

/** Scores, volumes and boxes of a finding, in the panel's order and its roundings. */
export function linesOf(finding: Finding, text: Text): FindingLine[] {
  const scores = (finding.scores ?? []).map((score): FindingLine => {
    const { label, value, calibrated, threshold } = score;
    const shown = calibrated ?? value;
    const against =
      threshold == null
        ? []
        : [
            fill(text.threshold, { value: scoreOf(threshold) }),
            shown >= threshold ? text.aboveThreshold : text.belowThreshold,
          ];
    return [labelName(text, label), scoreOf(shown), [meantBy(text, score), ...against].join(' ')];
  });
  const map = finding.label_map;
  const volumes = (map?.names.slice(1) ?? []).map(
    (name): FindingLine => [labelName(text, name), volumeOf(map?.volumes_ml[name]), ''],
  );
  const boxes = (finding.boxes ?? []).map(
    ({ label, score }): FindingLine => [labelName(text, label), scoreOf(score), ''],
  );
  return [...scores, ...volumes, ...boxes];
}
