// Results → the Markdown that stands in docs/PERFORMANCE.md.
/** The middle of a list of numbers. */
export const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted.length % 2
    ? sorted[sorted.length >> 1]
    : (sorted[(sorted.length >> 1) - 1] + sorted[sorted.length >> 1]) / 2;
};
const short = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));

/** [what is written, how it is read out of a run's result, whether a rival has it]. */
const rows = [
  ['drop → first picture, ms', (r) => r.first],
  ['· of it: until the last file is found, ms', (r) => r.walked],
  ['· CPU of the browser until all is loaded, ms', (r) => r.openCpu],
  ['scroll, first time through, ms a step', (r) => r.scroll?.p50],
  ['scroll, again, ms a step', (r) => r.again?.p50],
  ['· 95th percentile, ms', (r) => r.again?.p95],
  ['· CPU of the browser, ms a step', (r) => r.again?.cpu],
  ['window drag, ms a step', (r) => r.window?.p50],
  ['· 95th percentile, ms', (r) => r.window?.p95],
  ['· CPU of the browser, ms a step', (r) => r.window?.cpu],
  ['peak memory, page + GPU process, MB', (r) => r.bytes && (r.bytes.page + r.bytes.gpu) / 1e6],
  ['wheel notch → painted, real input, ms', (r) => r.wheel?.p50],
  ['mouse move → painted, real input, ms', (r) => r.drag?.p50],
];

/** One table a set. `results`: [{set, viewer, round, …}], `names`: viewers in order, ours first. */
export function markdown({ results, names, sets, ours, unseen }) {
  const parts = [];
  for (const set of Object.keys(sets)) {
    const some = results.filter((one) => one.set === set);
    if (some.length === 0) continue;
    const paths = names.map((name) => some.find((one) => one.viewer === name && one.path)?.path);
    parts.push(`### ${sets[set].say}${sets[set].made ? ', made by the bench' : ''}`, '');
    const rivals = names.filter((name) => !ours.includes(name));
    const versus = rivals.length > 0 ? [`${names[0]} ÷ best rival`] : [];
    const head = names.map((name, i) => (paths[i] ? `${name} (${paths[i]})` : name));
    parts.push(`| | ${[...head, ...versus].join(' | ')} |`, `|${' --- |'.repeat(1 + head.length + versus.length)}`);
    for (const [what, read] of rows) {
      const lists = names.map((name) =>
        some
          .filter((one) => one.viewer === name && !one.failed)
          .map(read)
          .filter(Number.isFinite),
      );
      if (lists.every((list) => list.length === 0)) continue;
      const cells = lists.map((list) =>
        list.length === 0 ? '–' : `${short(median(list))} (${short(Math.min(...list))}–${short(Math.max(...list))})`,
      );
      const best = Math.min(
        ...names.map((name, i) =>
          rivals.includes(name) && !unseen.has(`${set} ${name}`) && lists[i].length ? median(lists[i]) : Infinity,
        ),
      );
      const mine = lists[0].length ? median(lists[0]) : Number.NaN;
      if (versus.length)
        cells.push(Number.isFinite(best) && Number.isFinite(mine) ? `**${(mine / best).toFixed(2)}**` : '–');
      parts.push(`| ${what} | ${cells.join(' | ')} |`);
    }
    const notes = names.flatMap((name) => {
      const runs = some.filter((one) => one.viewer === name);
      const failed = runs.filter((one) => one.failed);
      const said = failed.length
        ? [`${name} failed in ${failed.length} of ${runs.length} runs: ${failed[0].failed}.`]
        : [];
      if (unseen.has(`${set} ${name}`))
        said.push(`${name}: its picture was not seen to be right (${unseen.get(`${set} ${name}`)}).`);
      return said;
    });
    parts.push('', ...notes.flatMap((note) => [note, '']));
  }
  return parts.join('\n').trimEnd();
}

/** `document` with what stands between the two marks of `name` replaced; undefined when it has no such marks. */
export function into(document, name, text) {
  const [open, close] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [document.indexOf(open), document.indexOf(close)];
  if (from < 0 || to < from) return undefined;
  return `${document.slice(0, from + open.length)}\n${text}${document.slice(to)}`;
}
