// The page and the element come out of one build, so that they share their workers and wasm.
import { createHash } from 'node:crypto';
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

/** sw.js, the service worker of the page: it gets the list of what to keep, and a version that changes with any of it. */
const offline = {
  name: 'offline',
  apply: 'build',
  buildStart() {
    this.emitFile({ type: 'chunk', id: join(root, 'www/workers/offline.ts'), fileName: 'sw.js' });
  },
  generateBundle: {
    order: 'post',
    handler(_, bundle) {
      // Codecs and models that are modules of their own are kept when they are first used.
      const later = (name) =>
        name.startsWith('models/') || /negatoscope_(model|jpeg_xl)\w*_bg/.test(name) || name.endsWith('.map');
      const built = Object.keys(bundle).filter((name) => name !== 'sw.js' && !later(name));
      const own = readdirSync(join(root, 'www/public')).filter((name) => extname(name));
      const files = ['./', ...built.filter((name) => name !== 'index.html'), ...own].sort();
      const hash = createHash('sha256').update(JSON.stringify(files));
      for (const name of built) hash.update(bundle[name].code ?? bundle[name].source);
      for (const name of own) hash.update(readFileSync(join(root, 'www/public', name)));
      const plan = { version: hash.digest('hex').slice(0, 16), files };
      const worker = bundle['sw.js'];
      worker.code = worker.code.replace(/(['"`])__OFFLINE_PLAN__\1/, () => JSON.stringify(JSON.stringify(plan)));
      if (/^\s*(import|export)\b/m.test(worker.code)) this.error('sw.js has to be a plain script');
    },
  },
};

const element = join(root, 'www/element/index.ts');

export default defineConfig({
  root,
  base: './', // the folder dist/ works below any path
  publicDir: 'www/public',
  plugins: [models(), policy, offline],
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
