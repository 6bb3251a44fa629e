// The server: loopback only, files of one folder only, the right headers and encodings.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { headers, serve } from './serve.mjs';

let dir;
let running;

/** A GET that sends the path as it is: fetch would tidy it. */
const ask = (path, sent = {}) =>
  new Promise((done, failed) => {
    const { port } = running.server.address();
    get({ host: '127.0.0.1', port, path, headers: sent }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () =>
        done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }),
      );
    }).on('error', failed);
  });

before(async () => {
  const top = mkdtempSync(join(tmpdir(), 'serve-'));
  dir = join(top, 'dist');
  mkdirSync(join(dir, 'assets'), { recursive: true });
  writeFileSync(join(top, 'secret.txt'), 'secret');
  writeFileSync(join(dir, 'index.html'), '<p>page');
  writeFileSync(join(dir, 'assets/a.wasm'), 'wasm');
  writeFileSync(join(dir, 'assets/a.wasm.gz'), gzipSync('wasm'));
  symlinkSync(join(top, 'secret.txt'), join(dir, 'link.txt'));
  running = await serve({ dir });
});

after(() => {
  running.server.close();
  rmSync(join(dir, '..'), { recursive: true });
});

test('the start page has every header', async () => {
  const { status, headers: sent, body } = await ask('/');
  assert.equal(status, 200);
  assert.equal(String(body), '<p>page');
  for (const [name, value] of Object.entries(headers)) assert.equal(sent[name.toLowerCase()], value);
});

test('nothing outside the folder is served', async () => {
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/link.txt',
    '/%00',
    '/%',
    '/nothing',
    '//secret.txt',
  ]) {
    assert.equal((await ask(path)).status, 404, path);
  }
});

test('compressed files are sent to whom accepts them, as their own type', async () => {
  const small = await ask('/assets/a.wasm', { 'accept-encoding': 'gzip, br' });
  assert.equal(small.headers['content-encoding'], 'gzip');
  assert.equal(small.headers['content-type'], 'application/wasm');
  assert.match(small.headers['cache-control'], /immutable/);
  const plain = await ask('/assets/a.wasm');
  assert.equal(plain.headers['content-encoding'], undefined);
  assert.equal(String(plain.body), 'wasm');
  assert.equal((await ask('/assets/a.wasm', { 'if-none-match': plain.headers.etag })).status, 304);
});

test('another host than loopback is refused unless it is meant', async () => {
  await assert.rejects(serve({ dir, host: '0.0.0.0' }), /allow-remote/);
  await assert.rejects(serve({ dir, host: '::' }), /allow-remote/);
});
