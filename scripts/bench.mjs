// usage: node scripts/bench.mjs [ARG…]      the page beside rivals, then the command line; ARGs go to benches/page.mjs
import { root, run } from './lib.mjs';

const options = { cwd: root };
const page = await run('node', ['benches/page.mjs', ...process.argv.slice(2)], options);
const asked = process.argv.includes('--help');
const native = asked
  ? page
  : await run('node', ['benches/native.mjs', ...process.argv.slice(2).filter((arg) => arg === '--write')], options);
process.exitCode = Math.max(page.code, native.code);
