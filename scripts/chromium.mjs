// usage: node scripts/chromium.mjs      prints the path of a Chromium for the page tests, or nothing and exit 1
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { ask, isMain, isRoot, must, run, userCache, which } from './lib.mjs';

// An npm package that holds a browser: for machines on which nobody may install one.
const packed = { name: '@sparticuz/chromium', version: '153.0.0' };
const unpacked = join(userCache, `chromium-${packed.version}`);

/** The Chromium to use, or undefined. */
export function findChromium() {
  const named = process.env.NEGATOSCOPE_CHROMIUM;
  if (named) return existsSync(named) ? named : undefined;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']) {
    const path = which(name);
    if (path) return path;
  }
  return [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:/Program Files/Google/Chrome/Application/chrome.exe',
    join(unpacked, 'chromium'),
  ].find((path) => existsSync(path));
}

/** Installs Chromium when there is none: by apt-get as root, else out of an npm package. */
export async function installChromium() {
  if (process.env.NEGATOSCOPE_CHROMIUM) return findChromium();
  if (isRoot && which('apt-get')) await apt(['chromium']);
  if (!findChromium() && process.platform === 'linux') await fromNpm();
  return findChromium();
}

let updated = false;
/** Installs Debian packages; false when that is not possible. Root only. */
export async function apt(names) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  if (!updated) await run('apt-get', ['-qq', 'update'], { env, capture: true, quiet: true });
  updated = true;
  const args = ['-qq', 'install', '-y', '--no-install-recommends', ...names];
  return (await run('apt-get', args, { env, capture: true, quiet: true })).code === 0;
}

async function fromNpm() {
  const part = `${unpacked}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  const pack = ['pack', '--silent', `${packed.name}@${packed.version}`, '--pack-destination', part];
  if ((await run('npm', pack, { capture: true, quiet: true })).code !== 0) return;
  await must('tar', ['-xzf', join(part, `sparticuz-chromium-${packed.version}.tgz`), '-C', part]);
  const bin = join(part, 'package', 'bin');
  const unbrotli = (name) => brotliDecompressSync(readFileSync(join(bin, name)));
  mkdirSync(unpacked, { recursive: true });
  // The software Vulkan driver must lie beside the browser; without it there is no WebGPU adapter.
  for (const name of ['swiftshader', 'al2023']) {
    if (!existsSync(join(bin, `${name}.tar.br`))) continue;
    writeFileSync(join(part, `${name}.tar`), unbrotli(`${name}.tar.br`));
    await must('tar', ['-xf', join(part, `${name}.tar`), '-C', unpacked]);
  }
  writeFileSync(join(unpacked, 'chromium'), unbrotli('chromium.br'), { mode: 0o755 });
  rmSync(part, { recursive: true, force: true });
}

/** Environment a packed browser needs to find the libraries that came with it. */
export function chromiumEnv(path) {
  return path.startsWith(unpacked) ? { LD_LIBRARY_PATH: `${unpacked}:${join(unpacked, 'lib')}` } : {};
}

/** True when some installed font has Chinese glyphs (or fontconfig is not there to be asked). */
export const hasChineseFont = () => !which('fc-list') || Boolean(ask('fc-list', [':lang=zh', 'family']));

if (isMain(import.meta)) {
  const path = findChromium();
  if (path) console.log(path);
  else process.exitCode = 1;
}
