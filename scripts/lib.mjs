// What the other scripts share: paths, running commands, hashes. No dependency: it runs before `npm ci`.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** Stamps of this checkout: "this was done with these inputs". Never committed. */
export const stampDir = join(root, '.cache');
/** What several checkouts may share: a browser, compressed files. */
export const userCache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'negatoscope');
/** The wasm builds have a folder of their own, so that they and the native ones do not wait for each other. */
export const wasmTarget = resolve(root, process.env.NEGATOSCOPE_WASM_TARGET ?? 'target-wasm');
/** Thin, quick builds for developing; never for a release. */
export const fast = process.env.NEGATOSCOPE_FAST === '1';

export const isRoot = process.getuid?.() === 0;

/** Where a program lies on PATH, or undefined. */
export function which(name) {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(dir, process.platform === 'win32' ? `${name}.exe` : name);
    if (existsSync(path)) return path;
  }
  return undefined;
}

/** What a program prints, or undefined when it fails or is not there. */
export function ask(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });
  return done.status === 0 ? done.stdout.trim() : undefined;
}

/** Runs a program with its output on ours; resolves to its exit code and, with `capture`, its text as well. */
export function run(command, args, { env, capture = false, quiet = false, cwd = root } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', capture ? 'pipe' : 'inherit', capture ? 'pipe' : 'inherit'],
    });
    let text = '';
    const take = (to) => (part) => {
      text += part;
      if (!quiet) to.write(part);
    };
    child.stdout?.setEncoding('utf8').on('data', take(process.stdout));
    child.stderr?.setEncoding('utf8').on('data', take(process.stderr));
    child.on('error', (error) => done({ code: 127, text: `${command}: ${error.message}` }));
    child.on('close', (code, signal) => done({ code: code ?? (signal ? 1 : 0), text }));
  });
}

/** As `run`, but a failure ends the script with a line that says what failed. */
export async function must(command, args, options = {}) {
  const { code, text } = await run(command, args, options);
  if (code !== 0) {
    if (options.quiet) console.error(text);
    fail(`failed (${code}): ${[command, ...args].join(' ').slice(0, 300)}`);
  }
  return text;
}

/** Ends the script with a sentence. */
export function fail(sentence) {
  console.error(`negatoscope: ${sentence}`);
  process.exit(1);
}

/** All files below the given files and folders, sorted, as paths from the root; what is absent is left out. */
export function filesBelow(...paths) {
  const found = [];
  const walk = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) {
        if (name !== 'node_modules' && name !== 'target' && !name.startsWith('.')) walk(join(path, name));
      }
    } else found.push(relative(root, path));
  };
  for (const path of paths) walk(resolve(root, path));
  return found;
}

/** One hash over texts and the contents of files. */
export function hashOf(texts, files = []) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text}\0`);
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

/** True when the stamp says that this was done with these inputs and the results are still there. */
export function stamped(name, hash, ...results) {
  const path = join(stampDir, `${name}.stamp`);
  return existsSync(path) && readFileSync(path, 'utf8') === hash && results.every((r) => existsSync(resolve(root, r)));
}

export function stamp(name, hash) {
  mkdirSync(stampDir, { recursive: true });
  writeFileSync(join(stampDir, `${name}.stamp`), hash);
}

/** The value of `--name VALUE` or `--name=VALUE`. */
export function option(name, otherwise) {
  const args = process.argv.slice(2);
  for (const [i, arg] of args.entries()) {
    if (arg === `--${name}`) return args[i + 1] ?? fail(`--${name} needs a value`);
    if (arg.startsWith(`--${name}=`)) return arg.slice(name.length + 3);
  }
  return otherwise;
}

export const flag = (name) => process.argv.slice(2).includes(`--${name}`);

/** Prints the usage and ends when asked for, or when an option is not known. */
export function usage(text, known) {
  if (flag('help')) {
    console.log(text);
    process.exit(0);
  }
  for (const arg of process.argv.slice(2)) {
    if (arg.startsWith('--') && !known.includes(arg.slice(2).split('=')[0])) fail(`unknown option ${arg}\n${text}`);
  }
}

/** Runs the work and prints how long it took. */
export async function timed(what, work) {
  const start = performance.now();
  const result = await work();
  console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

/** True when the module was started by `node FILE`, not imported. */
export const isMain = (meta) => process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(meta.url);
