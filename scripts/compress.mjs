// usage: node scripts/compress.mjs [DIR]      writes FILE.br and FILE.gz beside what compresses well (dist)
//
// Brotli at its best takes a minute for the model runtime, so results are kept by content in the user's cache.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { isMain, root, userCache } from './lib.mjs';

const worthwhile = new Set(['.html', '.js', '.css', '.wasm', '.json', '.svg', '.md', '.txt', '.webmanifest', '.onnx']);

const ways = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  gz: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

/** The bytes compressed by one of the ways, from the cache when they were compressed before. */
export async function compressed(bytes, way) {
  const dir = join(userCache, 'compressed');
  const path = join(dir, `${createHash('sha256').update(bytes).digest('hex')}.${way}`);
  if (existsSync(path)) return readFileSync(path);
  const small = await ways[way](bytes);
  mkdirSync(dir, { recursive: true });
  writeFileSync(`${path}.${process.pid}`, small);
  renameSync(`${path}.${process.pid}`, path);
  return small;
}

/** Compresses every file below a folder that gains by it. */
export async function compress(dir) {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && worthwhile.has(extname(entry.name)))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  await Promise.all(
    files.flatMap((file) => {
      const bytes = readFileSync(file);
      return Object.keys(ways).map(async (way) => {
        const small = await compressed(bytes, way);
        if (small.length < bytes.length * 0.95) writeFileSync(`${file}.${way}`, small);
      });
    }),
  );
}

if (isMain(import.meta)) await compress(resolve(root, process.argv[2] ?? 'dist'));
