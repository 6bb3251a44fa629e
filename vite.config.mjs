// The page and the element come out of one build, so that they share their workers and wasm.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { defineConfig } from 'vite';

const root = import.meta.dirname ?? new URL('.', import.meta.url).pathname;
const headers = JSON.parse(readFileSync(join(root, 'scripts/headers.json'), 'utf8'));

/** models/NAME/{manifest.json, CARD.md, *.onnx} → /models/NAME/…, and /models/index.json, the list of names. */
function models() {
  const dir = join(root, 'models');
  const wanted = (file) => file === 'manifest.json' || file === 'CARD.md' || extname(file) === '.onnx';
  const list = () => {
    const files = new Map();
    const names = [];
    for (const name of existsSync(dir) ? readdirSync(dir).sort() : []) {
      if (!existsSync(join(dir, name, 'manifest.json'))) continue;
      names.push(name);
      for (const file of readdirSync(join(dir, name)).filter(wanted)) {
        files.set(`models/${name}/${file}`, () => readFileSync(join(dir, name, file)));
      }
    }
    files.set('models/index.json', () => JSON.stringify(names));
    return files;
  };
  return {
    name: 'models',
    generateBundle() {
      for (const [fileName, read] of list()) this.emitFile({ type: 'asset', fileName, source: read() });
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const read = list().get((request.url ?? '').split('?')[0].slice(1));
        if (read) response.end(read());
        else next();
      });
    },
  };
}

/** The policy also in the page itself, for a host that sends no headers. Not in development: hot reload needs a socket. */
const policy = {
  name: 'policy',
  apply: 'build',
  transformIndexHtml: () => [
    {
      tag: 'meta',
      attrs: { 'http-equiv': 'Content-Security-Policy', content: headers['Content-Security-Policy'] },
      injectTo: 'head-prepend',
    },
  ],
};

const element = join(root, 'www/element/index.ts');

export default defineConfig({
  root,
  base: './', // the folder dist/ works below any path
  publicDir: 'www/public',
  plugins: [models(), policy],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      preserveEntrySignatures: 'exports-only', // what www/element exports stays importable
      input: { index: join(root, 'index.html'), ...(existsSync(element) ? { 'negatoscope-viewer': element } : {}) },
      output: {
        entryFileNames: (chunk) =>
          chunk.name === 'negatoscope-viewer' ? 'element/negatoscope-viewer.js' : 'assets/[name]-[hash].js',
      },
    },
  },
  server: {
    host: '127.0.0.1',
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
});
