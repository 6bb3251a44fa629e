// usage: node scripts/build.mjs [--wasm-only] [--force]      Rust → wasm → pkg/, then the page → dist/
//
// Needs what scripts/setup.mjs installs. Each step is skipped when nothing that it reads has changed.
// NEGATOSCOPE_FAST=1: thin settings and no wasm-opt or compression, for developing; never for a release.
// NEGATOSCOPE_WASM_TARGET: cargo's folder for the wasm builds (target-wasm).
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { compress } from './compress.mjs';
import {
  ask,
  fast,
  filesBelow,
  flag,
  hashOf,
  isMain,
  must,
  root,
  stamp,
  stamped,
  timed,
  usage,
  wasmTarget,
} from './lib.mjs';

/** The wasm modules out of the one library. */
export const modules = [
  { name: 'viewer', profile: 'wasm-viewer', features: 'web,viewer,gpu', optimise: '-O3' },
  // Each codec that is fetched with the first frame of its kind: its feature, and a line in www/workers/codecs.ts.
  { name: 'jpeg-xl', profile: 'wasm-viewer', features: 'web,jpeg-xl', optimise: '-O1' },
  // Fetched when two images are compared (www/workers/register.ts).
  { name: 'register', profile: 'wasm-viewer', features: 'web,register', optimise: '-O3' },
  // Small rather than fast outside of its kernels (see Cargo.toml); wasm-opt only drops what nobody reaches, because -O3 takes minutes.
  { name: 'model', profile: 'wasm-model', features: 'web,model', optimise: '-O1' },
  // The same for browsers that have relaxed SIMD: a product and a sum in one instruction.
  { name: 'model-relaxed', profile: 'wasm-model', features: 'web,model', optimise: '-O1', relaxed: true },
  // Networks on the graphics processor (www/workers/gpu.ts).
  { name: 'model-gpu', profile: 'wasm-viewer', features: 'web,model-gpu', optimise: '-O1' },
  // What the relaxed and the plain one refuse with MDL-013 (www/workers/model.ts).
  { name: 'model-tract', profile: 'wasm-model', features: 'web,tract', optimise: '-O1' },
];
const rustflagsOf = (relaxed) => `-Ctarget-feature=+simd128${relaxed ? ',+relaxed-simd' : ''}`;
// What the compiler may use, and so what wasm-opt must accept. A new feature here is a browser that no longer works.
const wasmFeatures = [
  'simd',
  'bulk-memory',
  'bulk-memory-opt',
  'nontrapping-float-to-int',
  'sign-ext',
  'mutable-globals',
  'reference-types',
  'multivalue',
  'call-indirect-overlong',
].map((name) => `--enable-${name}`);

export async function build({ wasmOnly = false } = {}) {
  for (const module of modules) await buildWasm(module);
  if (!wasmOnly) await buildPage();
}

const outName = (name) => `negatoscope_${name.replaceAll('-', '_')}`;
const outFiles = (name) => ['.js', '.d.ts', '_bg.wasm'].map((end) => `pkg/${name}/${outName(name)}${end}`);

async function buildWasm({ name, profile, features, optimise, relaxed = false }) {
  const rustflags = rustflagsOf(relaxed);
  // What may be compiled in: the sources, and the few files that Rust includes from elsewhere.
  const inputs = filesBelow(
    'src',
    'Cargo.toml',
    'Cargo.lock',
    'scripts/xtask',
    'scripts/build.mjs',
    'scripts/headers.json',
    '.cargo',
  );
  const hash = hashOf([ask('rustc', ['-vV']), name, profile, features, rustflags, optimise, String(fast)], inputs);
  if (!flag('force') && stamped(`wasm-${name}`, hash, ...outFiles(name))) return;
  const triple = 'wasm32-unknown-unknown';
  const settings = fast
    ? ['--config', `profile.${profile}.lto=false`, '--config', `profile.${profile}.codegen-units=16`]
    : [];
  await timed(`cargo, ${name}`, () =>
    must(
      'cargo',
      [
        'build',
        '--lib',
        '--quiet',
        '--locked',
        '--target',
        triple,
        '--target-dir',
        wasmTarget,
        '--profile',
        profile,
        '--no-default-features',
        '--features',
        features,
        ...settings,
      ],
      { env: { RUSTFLAGS: rustflags } },
    ),
  );
  const bindgen = await xtask();
  const part = join('pkg', `${name}.part`);
  rmSync(join(root, part), { recursive: true, force: true });
  mkdirSync(join(root, part), { recursive: true });
  await timed(`wasm-bindgen, ${name}`, () =>
    must(bindgen, [join(wasmTarget, triple, profile, 'negatoscope.wasm'), part, outName(name)]),
  );
  const wasm = join(root, part, `${outName(name)}_bg.wasm`);
  if (!fast) {
    await timed(`wasm-opt, ${name}`, () =>
      must('node', [
        'node_modules/binaryen/bin/wasm-opt',
        optimise,
        ...wasmFeatures,
        ...(relaxed ? ['--enable-relaxed-simd'] : []),
        wasm,
        '-o',
        `${wasm}.opt`,
      ]),
    );
    renameSync(`${wasm}.opt`, wasm);
  }
  rmSync(join(root, 'pkg', name), { recursive: true, force: true });
  renameSync(join(root, part), join(root, 'pkg', name));
  stamp(`wasm-${name}`, hash);
}

/** The path of the built tool that makes the JavaScript beside a wasm module. */
async function xtask() {
  const target = join(wasmTarget, 'xtask');
  const binary = join(target, 'debug', process.platform === 'win32' ? 'xtask.exe' : 'xtask');
  const hash = hashOf([ask('rustc', ['-vV'])], filesBelow('scripts/xtask'));
  if (!stamped('xtask', hash, binary)) {
    const manifest = ['--manifest-path', 'scripts/xtask/Cargo.toml', '--target-dir', target];
    await timed('cargo, xtask', () => must('cargo', ['build', '--quiet', '--locked', ...manifest]));
    stamp('xtask', hash);
  }
  return binary;
}

async function buildPage() {
  const inputs = filesBelow(
    'www',
    'index.html',
    'pkg',
    'models',
    'vite.config.mjs',
    'package-lock.json',
    'scripts/headers.json',
    'scripts/compress.mjs',
  );
  const hash = hashOf([process.version, String(fast)], inputs);
  if (!flag('force') && stamped('page', hash, 'dist/index.html')) return;
  await timed('page', () => must('node', ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn']));
  if (!fast) await timed('compression', () => compress(join(root, 'dist')));
  stamp('page', hash);
}

if (isMain(import.meta)) {
  usage('usage: node scripts/build.mjs [--wasm-only] [--force]', ['help', 'wasm-only', 'force']);
  await build({ wasmOnly: flag('wasm-only') });
}
