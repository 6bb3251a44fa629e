// benches/inference.mjs --node: the lines by CPU time in this process, both sides in turns. For a quick look while developing: Node's V8 is not
// Chromium's, and its compiler's threads count as long as they work.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../scripts/lib.mjs';
import { median } from '../table.mjs';
import * as ort from './ort.mjs';
import * as ours from './ours.mjs';

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** How far two outputs are apart, as bench.compare in page.mjs says. */
function apart(x, y) {
  if (x.length !== y.length) throw new Error(`${x.length} values beside ${y.length}`);
  let [worst, squares, size] = [0, 0, 0];
  for (let i = 0; i < x.length; i += 1) {
    const off = x[i] - y[i];
    if (!(Math.abs(off) <= worst)) worst = Math.abs(off);
    squares += off * off;
    size += y[i] * y[i];
  }
  return { worst: worst / Math.sqrt(size / y.length), mean: Math.sqrt(squares / size) };
}

/** The lines of table.json, in milliseconds of CPU: results as benches/inference.mjs has them, without memory and first use. */
export async function inNode({ lines, models, theirs, rounds, limit, self, log }) {
  const rival = await ort.start({ base: pathToFileURL(theirs).href, threads: 1, node: true });
  const pkg = join(root, 'pkg/model/');
  let us;
  let absent;
  if (self) us = rival;
  else {
    try {
      const binary = readFileSync(join(pkg, 'negatoscope_model_bg.wasm'));
      us = await ours.start({ base: pathToFileURL(pkg).href, binary });
    } catch (error) {
      absent = error.code === 'ENOENT' ? 'pkg/model is not built' : error.message.split('\n')[0];
    }
  }
  const results = [];
  for (const line of lines) {
    const bytes = new Uint8Array(readFileSync(join(models, line.file)));
    const values = new Float32Array(new Uint8Array(readFileSync(join(models, line.values))).buffer);
    const timed = async (network) => {
      const from = cpu();
      const output = await network.run(values);
      return { ms: cpu() - from, output };
    };
    /** One side, warmed up; `least` is its best run so far. */
    const open = async (name, setting, load, than = Number.POSITIVE_INFINITY) => {
      const network = await load();
      const { ms, output } = await timed(network);
      const side = { name, way: '', setting, network, output: Float32Array.from(output), times: [], least: ms };
      if (ms > 3 * than) return side;
      // Until the compiler has done its work: 1.5 s, or one more run of a long one.
      const end = performance.now() + 1500;
      do side.least = Math.min(side.least, (await timed(network)).ms);
      while (performance.now() < end);
      return side;
    };
    let theirBest;
    for (const [setting, given] of Object.entries(self ? { default: {} } : ort.settings[line.kind])) {
      const one = await open('onnxruntime-web', setting, () => rival.load(bytes, line.shape, given), theirBest?.least);
      const worse = theirBest && theirBest.least <= one.least ? one : theirBest;
      theirBest = worse === one ? theirBest : one;
      await worse?.network.free();
    }
    const sides = [theirBest];
    let [mine, refused] = [undefined, absent];
    if (us) {
      try {
        mine = await open('Negatoscope', '', () => us.load(bytes, line.shape));
        sides.unshift(mine);
      } catch (error) {
        refused = String(error?.message ?? error).split('\n')[0];
      }
    }
    // The compiler's threads may still be at work.
    await new Promise((go) => setTimeout(go, 300));
    const until = performance.now() + limit;
    for (let round = 0; round < rounds && (round < 2 || performance.now() < until); round += 1) {
      for (let i = 0; i < sides.length; i += 1) {
        const side = sides[(i + round) % sides.length];
        // The clock counts in steps of some microseconds to milliseconds: short runs together.
        const count = Math.max(1, Math.min(20, Math.ceil(50 / side.least)));
        const from = cpu();
        for (let k = 0; k < count; k += 1) await side.network.run(values);
        side.times.push((cpu() - from) / count);
      }
    }
    const summary = ({ name, way, setting, times }) => ({
      name,
      way,
      setting,
      median: median(times),
      least: Math.min(...times),
      runs: times.length,
    });
    const result = {
      name: line.name,
      kind: line.kind,
      refused,
      off: mine && apart(mine.output, theirBest.output),
      ours: mine && summary(mine),
      rivals: [summary(theirBest)],
    };
    for (const { network } of sides) await network.free();
    results.push(result);
    const show = (one) => `${one.name} ${one.median.toFixed(1)} (least ${one.least.toFixed(1)})`;
    log(
      `${line.name} ${line.kind}: ${[result.ours, ...result.rivals].filter(Boolean).map(show).join('; ')} CPU ms${theirBest.setting === 'default' ? '' : `, ${theirBest.setting}`}` +
        (mine
          ? `  ${(result.rivals[0].median / result.ours.median).toFixed(2)}×, apart ${result.off.worst.toExponential(1)} / ${result.off.mean.toExponential(1)}`
          : `  ours: ${refused}`),
    );
  }
  return results;
}
