// Results → the Markdown that stands in docs/PERFORMANCE.md.
import { sets } from './series.mjs';

/** The middle of a list of numbers. */
export const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted.length % 2
    ? sorted[sorted.length >> 1]
    : (sorted[(sorted.length >> 1) - 1] + sorted[sorted.length >> 1]) / 2;
};
const short = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));

/** [what is written, how it is read out of a run's result]. */
const rows = [
  ['drop → first picture, ms', (r) => r.first],
  ['· of it: until the last file is found, ms', (r) => r.walked],
  ['· CPU of the browser until all is loaded, ms', (r) => r.openCpu],
  ['drop → every frame seen once, ms', (r) => (r.scroll?.n === r.count ? r.all + r.scroll?.total : undefined)],
  ['scroll, first time through, ms a step', (r) => r.scroll?.p50],
  ['scroll, again, ms a step', (r) => r.again?.p50],
  ['· 95th percentile, ms', (r) => r.again?.p95],
  ['· CPU of the browser, ms a step', (r) => r.again?.cpu],
  ['window drag, ms a step', (r) => r.window?.p50],
  ['· 95th percentile, ms', (r) => r.window?.p95],
  ['· CPU of the browser, ms a step', (r) => r.window?.cpu],
  ['peak memory, page + GPU process, MB', (r) => r.bytes && (r.bytes.page + r.bytes.gpu) / 1e6],
  ['played, frames a second', (r) => r.cine?.rate],
  ['· time between two frames, 95th percentile, ms', (r) => r.cine?.p95],
  ['wheel notch → painted, real input, ms', (r) => r.wheel?.p50],
  ['mouse move → painted, real input, ms', (r) => r.drag?.p50],
];

const cell = (list) => {
  if (list.length === 0) return '–';
  const range = list.length > 1 ? ` (${short(Math.min(...list))}–${short(Math.max(...list))})` : '';
  return `${short(median(list))}${range}`;
};

/**
 * One table a set, of a report as `--json` keeps it: `names` (viewers in order, ours first), `ours`, `made` (sets that
 * were made), `unseen` ("set viewer" → why its picture is not trusted), `results` ({round, set, viewer, …}).
 */
export function markdown({ about, names, ours, made, unseen, results }) {
  const rivals = names.filter((name) => !ours.includes(name));
  const parts = [about, ''];
  for (const set of Object.keys(sets)) {
    const some = results.filter((one) => one.set === set);
    if (some.length === 0) continue;
    const head = names.map((name) => {
      const path = some.find((one) => one.viewer === name && one.path)?.path;
      return path ? `${name} (${path})` : name;
    });
    if (rivals.length > 0) head.push(`${names[0]} ÷ best rival`);
    parts.push(`### ${sets[set].say}${made.includes(set) ? ', made by the bench' : ''}`, '');
    parts.push(`| | ${head.join(' | ')} |`, `|${' --- |'.repeat(1 + head.length)}`);
    for (const [what, read] of rows) {
      const rounds = (name) =>
        new Map(
          some
            .filter((one) => one.viewer === name && !one.failed && Number.isFinite(read(one)))
            .map((one) => [one.round, read(one)]),
        );
      const all = new Map(names.map((name) => [name, rounds(name)]));
      if ([...all.values()].every((one) => one.size === 0)) continue;
      const cells = names.map((name) => cell([...all.get(name).values()]));
      if (rivals.length > 0) {
        const seen = rivals.filter((name) => all.get(name).size > 0 && !unseen[`${set} ${name}`]);
        cells.push(
          versus(
            all.get(names[0]),
            seen.map((name) => all.get(name)),
          ),
        );
      }
      parts.push(`| ${what} | ${cells.join(' | ')} |`);
    }
    parts.push('');
    for (const name of names) {
      const failed = some.filter((one) => one.viewer === name && one.failed);
      const why = unseen[`${set} ${name}`];
      if (failed.length > 0) parts.push(`${name} failed in ${failed.length} of its runs: ${failed[0].failed}.`, '');
      if (why) parts.push(`${name}: its picture was not seen to be right (${why}), so it is not compared.`, '');
    }
  }
  return `${parts.join('\n').trimEnd()}\n`;
}

/** Ours divided by the best rival: the median over the rounds, each of which was one moment of the machine. */
function versus(mine, rivals) {
  const [best] = [...rivals].sort((a, b) => median([...a.values()]) - median([...b.values()]));
  const ratios = [...mine].filter(([round]) => best?.has(round)).map(([round, value]) => value / best.get(round));
  return ratios.length > 0 ? `**${median(ratios).toFixed(2)}**` : '–';
}

/** `document` with what stands between the two marks of `name` replaced; undefined when it has no such marks. */
export function into(document, name, text) {
  const [open, close] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [document.indexOf(open), document.indexOf(close)];
  if (from < 0 || to < from) return undefined;
  return `${document.slice(0, from + open.length)}\n${text}${document.slice(to)}`;
}
