// usage: node tests/page/run.mjs [NAME…]      runs tests/page/*.test.mjs (those whose file name contains a NAME)
//
// Needs a built page (npm run build) and Chromium (node scripts/setup.mjs). NEGATOSCOPE_URL tests a running page instead.
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../scripts/lib.mjs';
import { serve } from '../../scripts/serve.mjs';
import { closeBrowsers, Fixture } from './helpers.mjs';

const dir = join(root, 'tests/page');
const wanted = process.argv.slice(2);
const files = readdirSync(dir)
  .filter((file) => file.endsWith('.test.mjs') && (wanted.length === 0 || wanted.some((name) => file.includes(name))))
  .sort();
const served = process.env.NEGATOSCOPE_URL ? undefined : await serve();
const url = process.env.NEGATOSCOPE_URL ?? served.url;

const sum = { passed: 0, failed: 0, skipped: 0 };
for (const file of files) {
  const start = performance.now();
  const { default: test, limitMs = 180_000 } = await import(pathToFileURL(join(dir, file)));
  const t = new Fixture(basename(file, '.test.mjs'), url);
  await t.run(test, limitMs);
  for (const key of Object.keys(sum)) sum[key] += t[key];
  console.log(`# ${t.name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
await closeBrowsers();
served?.server.closeAllConnections();
served?.server.close();
console.log(`page tests: ${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exit(sum.failed > 0 || sum.passed === 0 ? 1 : 0);
