// usage: node scripts/cards.mjs [--check] [--model NAME] [--models FOLDER] [--t1 FILE.nii.gz] [--runs FOLDER] [--python PYTHON]      also: npm run cards
//
// Computes the figures of every shipped model's card anew. Needs pkg/model (npm run build -- --wasm-only) and Python with NumPy.
//
// Models of the head: each network runs on the authors' sample T1, the whole way that the page goes, in wasm in a process of its own. Where a model
// has two networks they are held against each other. --t1: that file; without it, it is fetched once from the authors' public repository. The
// figures are written to models/NAME/figures.json and, as words, between the two marks of CARD.md.
// Models with a recipe/card.py: that computes its card from the tables beside it.
//
// --check writes nothing and ends with status 1 when a card says anything else, beyond these tolerances: share of voxels 0.001, Dice 0.01,
// volumes 1 % or 0.1 ml, memory 10 %. Seconds are told but not held: they belong to the machine.
// --models FOLDER: models that are made for a trial; what has no card is printed.
// --runs FOLDER: keeps what each run gave, and takes what is there already for the same network.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ask, fail, flag, isMain, option, root, run, usage, userCache } from './lib.mjs';

const models = resolve(root, option('models', 'models'));
const marks = ['<!-- figures: npm run cards -->', '<!-- /figures -->'];
const SAMPLE = {
  url: 'https://raw.githubusercontent.com/neuroneural/brainchop/4c87885f3a2a8835e260d521dcec922b58d91d41/public/t1_crop.nii.gz',
  sha256: '9f5708dd1980fe0017ad70f63d895bae66bd9f5487eb1c38d129591116113613',
};

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));
const mb = (bytes) => Math.round(bytes / 1e6);
const round = (value, digits) => Number(value.toFixed(digits));

/** Folders of models whose figures this script measures. */
export const measured = () =>
  readdirSync(models)
    .filter((name) => existsSync(join(models, name, 'manifest.json')))
    .filter((name) => json(join(models, name, 'manifest.json')).input.preparation === 'meshnet-conform');

/** Folders of models that compute their card themselves. */
const tabled = () => readdirSync(models).filter((name) => existsSync(join(models, name, 'recipe/card.py')));

async function sample() {
  const given = option('t1');
  const path = given ? resolve(given) : join(userCache, 't1_crop.nii.gz');
  if (!existsSync(path)) {
    if (given) fail(`${path} is not there`);
    console.log(`fetching ${SAMPLE.url}`);
    const response = await fetch(SAMPLE.url).catch((error) =>
      fail(`the T1 could not be fetched (${error}); name one with --t1`),
    );
    if (!response.ok) fail(`the T1 could not be fetched (${response.status}); name one with --t1`);
    mkdirSync(userCache, { recursive: true });
    writeFileSync(path, new Uint8Array(await response.arrayBuffer()));
  }
  if (sha256(readFileSync(path)) !== SAMPLE.sha256) fail(`${path} is not the sample T1: its SHA-256 is another`);
  return path;
}

/** Labels and figures of one network. */
async function infer(name, manifest, float, t1, folder) {
  const file = float ? (manifest.file_float ?? manifest.file) : manifest.file;
  const stem = join(folder, `${name}-${file.sha256.slice(0, 12)}`);
  if (!existsSync(`${stem}.json`)) {
    const args = ['scripts/cards-run.mjs', join(models, name), t1, `${stem}.u8`];
    if (float && manifest.file_float) args.push('--float');
    const { code, text } = await run(process.execPath, args, { capture: true, quiet: true });
    if (code !== 0) fail(`${name}: ${text}`);
    writeFileSync(`${stem}.json`, text.trim().split('\n').at(-1));
  }
  return { ...json(`${stem}.json`), labels: readFileSync(`${stem}.u8`) };
}

/** Share of equal voxels among those that either labels, and Dice by label. */
export function agreement(one, two, names) {
  const [a, b, both] = [0, 0, 0].map(() => new Float64Array(names.length));
  let labelled = 0;
  let equal = 0;
  for (let i = 0; i < one.length; i += 1) {
    a[one[i]] += 1;
    b[two[i]] += 1;
    if (one[i] === two[i]) both[one[i]] += 1;
    if (one[i] || two[i]) {
      labelled += 1;
      if (one[i] === two[i]) equal += 1;
    }
  }
  const dice = names.map((label, i) => [label, a[i] + b[i] ? round((2 * both[i]) / (a[i] + b[i]), 4) : null]);
  return { voxels_equal: round(equal / labelled, 4), dice: Object.fromEntries(dice.slice(1)) };
}

async function figures(name, t1, folder) {
  const manifest = json(join(models, name, 'manifest.json'));
  const names = manifest.output.labels.map((l) => l.name);
  const kinds = manifest.file_float ? [true, false] : [true];
  const found = { networks: {}, volumes_ml: {} };
  const labels = [];
  for (const float of kinds) {
    const one = await infer(name, manifest, float, t1, folder);
    const kind = float ? 'float32' : 'int8';
    found.networks[kind] = {
      bytes: one.bytes,
      cpu_seconds: round(one.cpu_seconds, 1),
      memory_mb: mb(one.memory_bytes),
    };
    for (const label of names.slice(1)) {
      found.volumes_ml[label] ??= {};
      found.volumes_ml[label][kind] = round(one.volumes_ml[label], 2);
    }
    labels.push(one.labels);
    console.log(`${name}, ${kind}: ${round(one.cpu_seconds, 1)} CPU s, ${mb(one.memory_bytes)} MB`);
  }
  if (labels.length === 2) found.agreement = agreement(labels[1], labels[0], names);
  return found;
}

/** The figures as the card says them. */
export function words({ networks, volumes_ml: volumes, agreement: agree }) {
  const kinds = Object.keys(networks);
  const lines = [
    "On the authors' sample T1 (one adult's head, its face cut off), in wasm, one thread. What another head would give is not known.",
    '',
    '| network | bytes | CPU seconds | memory of the runtime, MB |',
    '| --- | --- | --- | --- |',
    ...kinds.map((k) => `| ${k} | ${networks[k].bytes} | ${networks[k].cpu_seconds} | ${networks[k].memory_mb} |`),
    '',
  ];
  const ml = (v) => v.toFixed(1);
  if (agree) {
    lines.push(
      `int8 against float32: ${agree.voxels_equal.toFixed(4)} of the voxels that either labels have the same label.`,
      'This T1 also set the ranges of the int8 network, so it is a friendly one.',
      '',
      '| label | Dice int8 and float32 | ml, float32 | ml, int8 |',
      '| --- | --- | --- | --- |',
      ...Object.entries(volumes).map(
        ([label, v]) => `| ${label} | ${agree.dice[label]?.toFixed(4) ?? 'none'} | ${ml(v.float32)} | ${ml(v.int8)} |`,
      ),
    );
  } else {
    const cells = Object.entries(volumes).map(([label, v]) => `${label} | ${ml(v.float32)}`);
    const across = cells.length > 24 ? 3 : 2;
    const down = Math.ceil(cells.length / across);
    lines.push(`|${' label | ml |'.repeat(across)}`, `|${' --- | --- |'.repeat(across)}`);
    for (let row = 0; row < down; row += 1) {
      const line = Array.from({ length: across }, (_, c) => cells[row + c * down] ?? ' | ');
      lines.push(`| ${line.join(' | ')} |`);
    }
  }
  return lines.join('\n');
}

/** The card with other figures between its marks. */
export function marked(card, text) {
  const [from, to] = marks.map((m) => card.indexOf(m));
  if (from < 0 || to < from) throw new Error(`no ${marks.join(' and ')}`);
  return `${card.slice(0, from + marks[0].length)}\n\n${text}\n\n${card.slice(to)}`;
}

/** What differs beyond the tolerances, as sentences. */
export function differences(said, found, at = '') {
  if (typeof found !== 'object' || found === null) {
    const key = at.split('.').at(-1);
    const allowed = at.startsWith('.volumes_ml')
      ? Math.max(0.1, 0.01 * Math.abs(found))
      : ({ voxels_equal: 0.001, memory_mb: 0.1 * found, cpu_seconds: Infinity }[key] ??
        (at.includes('.dice.') ? 0.01 : 0));
    return Math.abs(said - found) <= allowed || said === found ? [] : [`${at.slice(1)}: ${said} said, ${found} found`];
  }
  const keys = new Set([...Object.keys(said ?? {}), ...Object.keys(found)]);
  return [...keys].flatMap((key) => differences(said?.[key], found[key] ?? null, `${at}.${key}`));
}

async function main() {
  usage(
    'usage: node scripts/cards.mjs [--check] [--model NAME] [--models FOLDER] [--t1 FILE.nii.gz] [--runs FOLDER] [--python PYTHON]',
    ['help', 'check', 'model', 'models', 't1', 'runs', 'python'],
  );
  const check = flag('check');
  const only = option('model');
  const wrong = [];
  const wanted = (names) => names.filter((name) => !only || name === only);
  if (only && ![...measured(), ...tabled()].includes(only)) fail(`no model ${only}`);

  for (const name of wanted(tabled())) {
    const python = option('python') ?? ['python3', 'python'].find((p) => ask(p, ['-c', 'import numpy']) !== undefined);
    if (!python) fail(`${name}: its card needs Python with NumPy; name one with --python`);
    const args = [join(models, name, 'recipe/card.py'), check ? '--check' : '--write'];
    const { code } = await run(python, args);
    if (code !== 0) wrong.push(`${name}: its card says anything else`);
    else console.log(`${name}: computed from its tables`);
  }

  const heads = wanted(measured());
  if (heads.length > 0 && !existsSync(join(root, 'pkg/model/negatoscope_model_bg.wasm'))) {
    fail('pkg/model is not there: npm run build -- --wasm-only');
  }
  const t1 = heads.length > 0 ? await sample() : '';
  const kept = option('runs');
  const folder = kept ? resolve(kept) : mkdtempSync(join(tmpdir(), 'cards-'));
  mkdirSync(folder, { recursive: true });
  for (const name of heads) {
    const found = await figures(name, t1, folder);
    const [said, card] = ['figures.json', 'CARD.md'].map((file) => join(models, name, file));
    if (!existsSync(card)) {
      console.log(`\n# ${name}\n${words(found)}`);
    } else if (check) {
      const before = existsSync(said) ? json(said) : {};
      wrong.push(...differences(before, found).map((text) => `${name}: ${text}`));
      if (marked(readFileSync(card, 'utf8'), words(before)) !== readFileSync(card, 'utf8')) {
        wrong.push(`${name}: CARD.md does not say what figures.json says`);
      }
    } else {
      writeFileSync(said, `${JSON.stringify(found, null, 2)}\n`);
      writeFileSync(card, marked(readFileSync(card, 'utf8'), words(found)));
    }
  }
  if (!kept) rmSync(folder, { recursive: true });
  for (const text of wrong) console.error(text);
  if (wrong.length > 0) process.exit(1);
  console.log(check ? 'Every card says what was computed.' : 'Every card is written.');
}

if (isMain(import.meta)) await main();
