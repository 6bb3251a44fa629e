// A TypeScript module of www/ in this Node, for tests of what needs no browser: bundled in memory, with all that it imports.
import { join } from 'node:path';
import { build } from 'vite';
import { root } from './lib.mjs';

/** The exports of a module, by its path in the repository. */
export async function load(path) {
  const lib = { entry: join(root, path), formats: ['es'], fileName: 'module' };
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    build: { lib, write: false, minify: false, target: 'esnext' },
  });
  const [{ output }] = [result].flat();
  return import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString('base64')}`);
}
