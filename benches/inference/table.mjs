// Results of benches/inference.mjs → the Markdown that stands in docs/PERFORMANCE.md.

/** How many times as fast as the rival: of the medians. */
export const ratioOf = (ours, rival, what = 'median') => rival[what] / ours[what];

const kinds = { f32: 'float32', qdq: 'int8, QDQ', qop: 'int8, QOperator' };
const groups = {
  'float32, 2-D': ({ name, kind }) => kind === 'f32' && !/^meshnet/.test(name),
  'int8, 2-D': ({ name, kind }) => kind !== 'f32' && !/^meshnet/.test(name),
  'MeshNet, float32': ({ name, kind }) => kind === 'f32' && /^meshnet/.test(name),
  'MeshNet, int8': ({ name, kind }) => kind !== 'f32' && /^meshnet/.test(name),
};
const titles = {
  resnet18: 'ResNet-18, 224²',
  mobilenetv2: 'MobileNetV2, 224²',
  densenet121: 'DenseNet-121, 224²',
  unet: 'U-Net, 256²',
};
const titleOf = (name) => titles[name] ?? name.replace(/^meshnet-(.*)-(\d+)$/, 'MeshNet $1, $2³');
const short = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
const geometric = (list) => Math.exp(list.reduce((sum, one) => sum + Math.log(one), 0) / list.length);

/**
 * `results`: a line each, {name, kind, ours?: side, rivals: [side], refused?, failed?}, a side being {median, least, first?, memory?, way, setting} in ms
 * and bytes. `sizes`: bytes of the two downloads.
 */
export function markdown({ about, results, threads, sizes }) {
  const names = [...new Set(results.map(({ name }) => name))];
  const cells = (cell) => {
    const rows = names.map((name) => {
      const row = Object.keys(kinds).map((kind) => {
        const one = results.find((result) => result.name === name && result.kind === kind);
        if (!one) return '–';
        if (one.failed) return `failed: ${one.failed}`;
        return one.rivals.map((rival) => cell(one, rival)).join('; ');
      });
      return `| ${titleOf(name)} | ${row.join(' | ')} |`;
    });
    return [`| | ${Object.values(kinds).join(' | ')} |`, `| --- |${' --- |'.repeat(3)}`, ...rows];
  };
  const compare = (what, show) => (one, rival) => {
    if (!rival[what]) return '–';
    const mine = one.ours?.[what];
    const note = [rival.way, rival.setting === 'default' ? '' : rival.setting].filter(Boolean).join(', ');
    const tail = note ? ` (${note})` : '';
    return mine
      ? `**${(rival[what] / mine).toFixed(2)}**, ${show(mine)} against ${show(rival[what])}${tail}`
      : `– against ${show(rival[what])}${tail}`;
  };
  const means = Object.entries(groups).flatMap(([group, is]) => {
    const some = results.filter((one) => one.ours && is(one));
    if (some.length === 0) return [];
    const ratios = (what) =>
      some.map(({ ours, rivals }) => Math.min(...rivals.map((rival) => ratioOf(ours, rival, what))));
    const all = ratios('median');
    return [
      `| ${group} | ${some.length} | **${geometric(all).toFixed(2)}** | ${Math.min(...all).toFixed(2)} | ${geometric(ratios('least')).toFixed(2)} | ${some.every(({ ours }) => ours.cpu) ? geometric(ratios('cpu')).toFixed(2) : '–'} |`,
    ];
  });
  const mb = (bytes) => (bytes === undefined ? '–' : `${(bytes / 1e6).toFixed(2)} MB`);
  const parts = [about, ''];
  parts.push(
    threads === 1
      ? 'How many times as fast as onnxruntime-web, one thread each (above 1 ours is faster); ms a run. "In float": with its rewriting to integer operators off, which was faster.'
      : 'Throughput: two inputs, in two workers of ours beside onnxruntime-web with two threads, one input after the other, and with one thread in each of two workers. How many times as fast (above 1 ours is faster); ms for both inputs.',
    '',
  );
  if (means.length > 0)
    parts.push(
      '| | lines | geometric mean | lowest | geometric mean of the least times | of CPU time |',
      '| --- | --- | --- | --- | --- | --- |',
      ...means,
      '',
    );
  parts.push(...cells(compare('median', short)), '');
  for (const why of new Set(results.map(({ refused }) => refused).filter(Boolean))) {
    const which = results
      .filter(({ refused }) => refused === why)
      .map(({ name, kind }) => `${titleOf(name)} ${kinds[kind]}`);
    parts.push(`Not run by ours (${why}): ${which.length === results.length ? 'all' : which.join('; ')}.`, '');
  }
  if (results.some(({ rivals }) => rivals?.some(({ first }) => first)))
    parts.push(
      'A first use in a fresh process, from the start of the worker to the first output, files from loopback, ms: how many times as fast.',
      '',
      ...cells((one, rival) => (rival.first ? compare('first', short)(one, rival) : '')).map((row) =>
        row.replaceAll('; ', ''),
      ),
      '',
    );
  if (results.some(({ rivals }) => rivals?.some(({ memory }) => memory)))
    parts.push(
      'WebAssembly memory after all runs (it never shrinks), MB: theirs divided by ours.',
      '',
      ...cells(compare('memory', (bytes) => short(bytes / 1e6))),
      '',
    );
  if (sizes)
    parts.push(
      `Download of the runtime, WebAssembly and script, brotli: ours ${mb(sizes.ours)}, theirs ${mb(sizes.theirs)}.`,
    );
  return `${parts.join('\n').trimEnd()}\n`;
}
