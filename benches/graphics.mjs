// usage: node benches/graphics.mjs [--backend gpu|cpu|both] [--model NAME,…] [--rounds N] [--software] [--json]
//
// Seconds of heads' labels in the built page (node scripts/build.mjs), on the graphics processor and on the processor in turn, and on how many
// voxels their labels differ. Without --software Chromium is given the machine's graphics card and the command fails where it has none;
// --software takes SwiftShader: good for a look whether it works, never for a figure. The head is the page's sample.
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumEnv, findChromium } from '../scripts/chromium.mjs';
import { fail, flag, option, root, usage } from '../scripts/lib.mjs';
import { serve } from '../scripts/serve.mjs';
import { always, modes } from '../tests/page/helpers.mjs';

usage('usage: node benches/graphics.mjs [--backend gpu|cpu|both] [--model NAME,…] [--rounds N] [--software] [--json]', [
  'help',
  'backend',
  'model',
  'rounds',
  'software',
  'json',
]);
const backend = option('backend', 'both');
const backends = backend === 'both' ? ['gpu', 'cpu'] : [backend];
const all = 'brain-tissue-light,brain-mask,brain-tissue,brain-regions-18,brain-regions-104';
const models = option('model', all).split(',');
const rounds = Number(option('rounds', '3'));
const hardware = ['--enable-unsafe-webgpu', '--enable-features=Vulkan', '--ignore-gpu-blocklist'];

const executablePath = findChromium() ?? fail('no Chromium: node scripts/setup.mjs');
const args = [...always, ...(flag('software') ? modes.gpu : hardware)];
const browser = await chromium.launch({
  executablePath,
  args,
  env: { ...process.env, ...chromiumEnv(executablePath) },
});
const { server, url } = await serve({ dir: join(root, 'dist') });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(url, { waitUntil: 'load' });
  const adapter = await page.evaluate(async () => {
    const found = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
    if (!found) return null;
    const { vendor, architecture, device, description, isFallbackAdapter } = found.info;
    const limits = [found.limits.maxStorageBufferBindingSize, found.limits.maxBufferSize];
    return { vendor, architecture, device, description, software: isFallbackAdapter ?? false, limits };
  });
  const software = adapter && (adapter.software || /swiftshader|llvmpipe|software/i.test(JSON.stringify(adapter)));
  if (backends.includes('gpu') && (!adapter || (software && !flag('software'))))
    fail(`no graphics card that the browser can use (${JSON.stringify(adapter)}); --software takes SwiftShader`);
  await page.locator('negatoscope-viewer .sample').click();
  await page.locator('negatoscope-viewport .corner').first().waitFor({ timeout: 120_000 });
  const lines = [];
  for (const model of models) {
    const seconds = Object.fromEntries(backends.map((name) => [name, []]));
    let differ = null;
    for (let round = 0; round < rounds; round += 1) {
      for (const name of backends) {
        const found = await page.evaluate(
          async ([model, backend]) => {
            const viewer = document.querySelector('negatoscope-viewer');
            const line = await viewer.analyze(model, { backend });
            const { bytes } = viewer.analysis.results.at(-1);
            globalThis.kept ??= {};
            globalThis.kept[backend] = bytes;
            const { cpu, gpu } = globalThis.kept;
            const differ = cpu && gpu ? cpu.reduce((n, v, i) => n + (v === gpu[i] ? 0 : 1), 0) : null;
            return { seconds: line.seconds, ran: line.backend, refused: line.gpu_refused ?? null, differ };
          },
          [model, name],
        );
        if (found.ran !== name) fail(`${model}: asked for the ${name}, ran on the ${found.ran} (${found.refused})`);
        seconds[name].push(found.seconds);
        if (name === backends.at(-1)) differ = found.differ;
      }
    }
    const median = (of) => [...of].sort((a, b) => a - b)[Math.floor(of.length / 2)];
    const line = { model, seconds: Object.fromEntries(backends.map((b) => [b, median(seconds[b])])), rounds, differ };
    lines.push(line);
    await page.evaluate(() => {
      globalThis.kept = {};
    });
    if (!flag('json')) console.log(JSON.stringify(line));
  }
  if (flag('json')) console.log(JSON.stringify({ adapter, lines }, null, 2));
  else console.log(JSON.stringify(adapter));
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
}
