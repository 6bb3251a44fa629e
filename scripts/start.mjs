// usage: node scripts/start.mjs [--port N] [--host ADDRESS [--allow-remote]]      installs what lacks, builds, serves
import { build } from './build.mjs';
import { usage } from './lib.mjs';
import { serveForever, serveOptions } from './serve.mjs';
import { setup } from './setup.mjs';

usage('usage: npm start -- [--port N] [--host ADDRESS [--allow-remote]]', [
  'help',
  'port',
  'host',
  'allow-remote',
  'dir',
]);
const options = serveOptions();
await setup({ browser: false });
await build();
await serveForever(options);
