// usage: node scripts/size.mjs [--json]      what a first visit downloads, brotli, against the budget; exit 1 when over
//
// Reads dist/: everything that index.html reaches without a model being asked for, then what is fetched when it is asked for: each
// codec that is a module of its own, registration, and the model runtimes: our own, that of the graphics processor, and tract for networks
// with operators that these lack.
// Not counted: the sample study and the models themselves, which are fetched when somebody asks for them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { compressed } from './compress.mjs';
import { fail, flag, isMain, root } from './lib.mjs';

/** Kilobytes of 1,000 bytes. A longer name comes before a shorter one that begins it. */
export const budget = {
  viewer: 1300,
  'jpeg-xl': 360,
  register: 200,
  'model-tract': 1900,
  'model-relaxed': 470,
  'model-gpu': 150,
  model: 470,
};

export async function sizes() {
  const dist = join(root, 'dist');
  if (!existsSync(join(dist, 'index.html'))) fail('dist/ is not there: npm run build');
  const rows = [];
  const code = new Set(['.html', '.js', '.css', '.wasm']);
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !code.has(extname(entry.name))) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const bytes = readFileSync(path);
    const name = path.slice(dist.length + 1);
    const is = (part) => new RegExp(`(^|/)(negatoscope_)?${part.replaceAll('-', '_')}[-_.]`).test(name);
    const part = Object.keys(budget).find(is) ?? 'viewer';
    rows.push({ name, part, raw: bytes.length, brotli: (await compressed(bytes, 'br')).length });
  }
  const total = (part) => rows.filter((row) => row.part === part).reduce((sum, row) => sum + row.brotli, 0);
  return { rows, totals: Object.fromEntries(Object.keys(budget).map((part) => [part, total(part)])) };
}

/** Prints the table; true when everything is within the budget. */
export async function checkSize() {
  const { rows, totals } = await sizes();
  const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(9);
  if (flag('json')) console.log(JSON.stringify({ totals, budget, rows }, null, 2));
  else {
    console.log(`${'kB'.padStart(9)}${'brotli-11'.padStart(11)}`);
    for (const row of rows.sort((a, b) => b.brotli - a.brotli))
      console.log(`${kb(row.raw)}  ${kb(row.brotli)}  ${row.part.padEnd(7)}  ${row.name}`);
    for (const part of Object.keys(budget))
      console.log(`${part.padEnd(7)} ${kb(totals[part])} kB of ${budget[part]} kB`);
  }
  const over = Object.keys(budget).filter((part) => totals[part] > budget[part] * 1000);
  for (const part of over) console.error(`negatoscope: the ${part} is over its budget of ${budget[part]} kB`);
  if (totals.viewer === 0) console.error('negatoscope: nothing was measured');
  return over.length === 0 && totals.viewer > 0;
}

if (isMain(import.meta)) process.exitCode = (await checkSize()) ? 0 : 1;
