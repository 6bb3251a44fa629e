// The service worker of our own page (not of pages that embed the element): keeps the program for days without a network.
//
// It keeps files of the program and models that were used, by an explicit list of folders, and nothing else: a study is read from the user's
// disk and never passes here, and one that a portal serves is left to the network. Plain script: no imports, so that every browser takes it.
declare const self: ServiceWorkerGlobalScope;

/** Written by the build: what to keep at once, and a hash of all of it. */
const plan: { version: string; files: string[] } = JSON.parse('__OFFLINE_PLAN__');
/** Kept when they are first asked for: large, and not everybody needs them. */
const later = ['assets/', 'models/', 'sample/'];
const family = 'negatoscope-program-';
const cacheName = family + plan.version;

const base = new URL('./', self.location.href);
const inside = (url: URL): string | null =>
  url.origin === base.origin && url.pathname.startsWith(base.pathname)
    ? url.pathname.slice(base.pathname.length)
    : null;

self.addEventListener('install', (event) => {
  // "reload": what the browser's own cache holds may be older than this list.
  const keep = async () => {
    const cache = await caches.open(cacheName);
    await cache.addAll(plan.files.map((file) => new Request(new URL(file, base), { cache: 'reload' })));
  };
  event.waitUntil(keep());
});

self.addEventListener('activate', (event) => {
  const tidy = async () => {
    for (const name of await caches.keys())
      if (name.startsWith(family) && name !== cacheName) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || request.headers.has('range')) return;
  const path = inside(new URL(request.url));
  if (path === null) return;
  if (request.mode === 'navigate' && ['', 'index.html'].includes(path)) event.respondWith(kept('./'));
  else if (plan.files.includes(path)) event.respondWith(kept(path));
  else if (later.some((folder) => path.startsWith(folder))) event.respondWith(lately(event, path));
});

/** A file of the list: from the cache, which the list fills as a whole. */
async function kept(file: string): Promise<Response> {
  const url = new URL(file, base);
  const cache = await caches.open(cacheName);
  return (await cache.match(url)) ?? fetch(url);
}

/** What has a hash in its name never changes; everything else is asked for again while there is a network. */
async function lately(event: FetchEvent, path: string): Promise<Response> {
  const { request } = event;
  const cache = await caches.open(cacheName);
  const known = await cache.match(request.url);
  if (known && path.startsWith('assets/')) return known;
  try {
    const fresh = await fetch(request);
    // Where there is no room for it (a quota) the program has it all the same.
    if (fresh.ok) event.waitUntil(cache.put(request.url, fresh.clone()).catch(() => {}));
    return fresh;
  } catch (error) {
    if (known) return known;
    throw error;
  }
}

export {}; // to the compiler a module: its `self` is no other worker's
