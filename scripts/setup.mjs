// usage: node scripts/setup.mjs [--no-browser]      installs what building (and testing) needs; needs Node and Rust
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apt, findChromium, hasChineseFont, installChromium } from './chromium.mjs';
import { ask, fail, hashOf, isMain, isRoot, must, root, stamp, stamped, timed, usage, which } from './lib.mjs';

/** @param {{browser?: boolean}} options  `browser`: also what only the tests need */
export async function setup({ browser = true } = {}) {
  needNode();
  needRust();
  await wasmStd();
  await nodeModules();
  if (browser) await forPageTests();
}

function needNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    fail(`Node ${process.versions.node} is too old: 20.19 or newer is needed`);
}

function needRust() {
  const found = ask('rustc', ['--version'])?.split(' ')[1];
  if (!found) fail('Rust is not installed (no rustc on PATH); see https://rustup.rs');
  const wanted = /^rust-version = "(.*)"/m.exec(readFileSync(join(root, 'Cargo.toml'), 'utf8'))?.[1] ?? '1.95';
  const [a, b] = found.split('.').map(Number);
  const [c, d] = wanted.split('.').map(Number);
  if (a < c || (a === c && b < d)) fail(`Rust ${found} is too old: ${wanted} or newer is needed`);
}

async function wasmStd() {
  const libs = join(ask('rustc', ['--print', 'sysroot']) ?? '', 'lib/rustlib/wasm32-unknown-unknown/lib');
  if (existsSync(libs) && stamped('wasm-std', hashOf([ask('rustc', ['-vV']), libs]))) return;
  await timed('standard library for wasm32', () => must('bash', ['scripts/wasm-std.sh']));
  stamp('wasm-std', hashOf([ask('rustc', ['-vV']), libs]));
}

async function nodeModules() {
  const hash = hashOf([process.version], ['package.json', 'package-lock.json']);
  if (stamped('node_modules', hash, 'node_modules/vite/package.json')) return;
  await timed('npm ci', () => must('npm', ['ci', '--no-audit', '--no-fund', '--silent']));
  stamp('node_modules', hash);
}

async function forPageTests() {
  if (!findChromium()) await timed('Chromium', installChromium);
  if (!findChromium()) fail('no Chromium, and none could be installed: set NEGATOSCOPE_CHROMIUM to its path');
  const canInstall = isRoot && which('apt-get');
  if (!hasChineseFont()) {
    if (canInstall) await timed('Chinese fonts', () => apt(['fonts-noto-cjk']));
    if (!hasChineseFont())
      console.warn('negatoscope: no Chinese font: Chinese text will be boxes in screenshots (fonts-noto-cjk)');
  }
  // llvmpipe: a Vulkan adapter without a graphics card, for the native GPU tests. They are skipped without one.
  const adapter = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'].some((d) => existsSync(d));
  if (!adapter && process.platform === 'linux') {
    if (!canInstall || !(await timed('software Vulkan', () => apt(['mesa-vulkan-drivers'])))) {
      console.warn('negatoscope: no Vulkan driver: the native GPU tests will be skipped (mesa-vulkan-drivers)');
    }
  }
}

if (isMain(import.meta)) {
  usage('usage: node scripts/setup.mjs [--no-browser]', ['help', 'no-browser']);
  await setup({ browser: !process.argv.includes('--no-browser') });
}
