// usage: node scripts/serve.mjs [--port N] [--host ADDRESS [--allow-remote]] [--dir DIR]      serves the built page
//
// Files only, loopback only unless told otherwise, with the headers of scripts/headers.json on every answer.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import { fail, flag, isMain, option, root, usage } from './lib.mjs';

export const headers = JSON.parse(readFileSync(join(root, 'scripts/headers.json'), 'utf8'));

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.zip': 'application/zip',
  '.dcm': 'application/dicom',
};

const loopback = (host) => ['localhost', '::1', '[::1]'].includes(host) || /^127(\.\d{1,3}){3}$/.test(host);

/** Starts the server; resolves to it and its address. Port 0 takes a free one. */
export function serve({ dir = join(root, 'dist'), port = 0, host = '127.0.0.1', allowRemote = false } = {}) {
  if (!loopback(host) && !allowRemote) {
    return Promise.reject(
      new Error(`--host ${host} would show the page to other machines; add --allow-remote if that is meant`),
    );
  }
  if (!existsSync(dir)) return Promise.reject(new Error(`${dir} is not there: npm run build`));
  const base = realpathSync(dir);
  const server = createServer((request, response) => answer(base, request, response));
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, host.replace(/[[\]]/g, ''), () => {
      const { port: taken } = server.address();
      done({ server, url: `http://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${taken}/` });
    });
  });
}

function answer(base, request, response) {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  const end = (status, text) => response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(405, 'only GET and HEAD\n');
  const file = find(base, request.url ?? '/');
  if (!file) return end(404, 'not here\n');
  const accepted = String(request.headers['accept-encoding'] ?? '')
    .split(',')
    .map((one) => one.trim().split(';')[0]);
  const way = [
    ['br', 'br'],
    ['gzip', 'gz'],
  ].find(([name, end]) => accepted.includes(name) && existsSync(`${file}.${end}`));
  const sent = way ? `${file}.${way[1]}` : file;
  const { size, mtimeMs } = statSync(sent);
  const tag = `"${createHash('sha1').update(`${sent} ${size} ${mtimeMs}`).digest('base64url')}"`;
  response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream');
  response.setHeader('Vary', 'Accept-Encoding');
  response.setHeader('ETag', tag);
  // Names with a hash never change their content; everything else is asked for again.
  response.setHeader(
    'Cache-Control',
    file.startsWith(join(base, 'assets') + sep) ? 'public, max-age=31536000, immutable' : 'no-cache',
  );
  if (request.headers['if-none-match'] === tag) return response.writeHead(304).end();
  if (way) response.setHeader('Content-Encoding', way[0]);
  response.setHeader('Content-Length', size);
  response.writeHead(200);
  if (request.method === 'HEAD') return response.end();
  createReadStream(sent)
    .on('error', () => response.destroy())
    .pipe(response);
}

/** The file that a URL names, inside the folder and nowhere else. */
function find(base, url) {
  let path;
  try {
    path = decodeURIComponent(url.split(/[?#]/)[0]);
  } catch {
    return undefined;
  }
  if (path.includes('\0')) return undefined;
  let file = resolve(base, `.${path.startsWith('/') ? path : `/${path}`}`);
  if (file !== base && !file.startsWith(base + sep)) return undefined;
  if (!existsSync(file)) return undefined;
  if (statSync(file).isDirectory()) file = join(file, 'index.html');
  if (!existsSync(file)) return undefined;
  const real = realpathSync(file);
  return real.startsWith(base + sep) ? real : undefined;
}

/** The options of the command line, shared with scripts/start.mjs. */
export function serveOptions() {
  const port = Number(option('port', process.env.PORT ?? '8080'));
  if (!Number.isInteger(port) || port < 0 || port > 65535) fail('the port is a number from 0 to 65535');
  return {
    port,
    host: option('host', '127.0.0.1'),
    allowRemote: flag('allow-remote'),
    dir: resolve(root, option('dir', 'dist')),
  };
}

/** Serves until it is interrupted. */
export async function serveForever(options) {
  try {
    const { url } = await serve(options);
    console.log(`Negatoscope is at ${url}  (Ctrl+C ends it)`);
  } catch (error) {
    const taken =
      error.code === 'EADDRINUSE' ? `port ${options.port} is taken: PORT=N or --port N names another` : error.message;
    fail(taken);
  }
}

if (isMain(import.meta)) {
  usage('usage: node scripts/serve.mjs [--port N] [--host ADDRESS [--allow-remote]] [--dir DIR]', [
    'help',
    'port',
    'host',
    'allow-remote',
    'dir',
  ]);
  await serveForever(serveOptions());
}
