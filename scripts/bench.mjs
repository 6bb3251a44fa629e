// usage: node scripts/bench.mjs [ARG…]      runs benches/*.bench.mjs, then the Rust benches; ARGs go to the former
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './lib.mjs';

const dir = join(root, 'benches');
const files = existsSync(dir) ? readdirSync(dir) : [];
let worst = 0;
for (const file of files.filter((name) => name.endsWith('.bench.mjs')).sort()) {
  worst = Math.max(worst, (await run('node', [join('benches', file), ...process.argv.slice(2)])).code);
}
if (files.some((name) => name.endsWith('.rs')))
  worst = Math.max(worst, (await run('cargo', ['bench', '--locked'])).code);
if (files.length === 0) console.log('there are no benches yet');
process.exitCode = worst;
