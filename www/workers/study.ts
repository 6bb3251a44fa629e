// The study worker: loads the viewer's wasm, passes messages. Nothing else.
import init, { headBytes, Session } from '../../pkg/viewer/negatoscope_viewer.js';
import type { FromStudy, Notice, ToStudy } from '../shared/protocol.ts';

declare const self: DedicatedWorkerGlobalScope;

/** Files between two looks at the message queue, and heads that are fetched at once: a cancel is seen within some milliseconds. */
const BATCH = 32;

const cancelled = new Set<number>();
const say = (message: FromStudy, transfer: Transferable[] = []) => self.postMessage(message, transfer);
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

const ready = init().then(() => {
  say({ ready: true });
  return new Session();
});

// The session's calls must not overlap: each message waits for the one before it. A cancel is heard at once.
let last: Promise<unknown> = ready;
let waiting = 0;
const queue = (work: () => Promise<void>) => {
  waiting += 1;
  last = last.then(work).then(() => {
    waiting -= 1;
    if (waiting === 0) setTimeout(prefetch);
  });
};

/** While nobody waits, decodes what will be wanted next, a frame a turn. */
async function prefetch(): Promise<void> {
  const session = await ready;
  if (waiting === 0 && session.prefetch()) setTimeout(prefetch);
}

self.onmessage = ({ data }: MessageEvent<ToStudy>) => {
  if ('cancel' in data) cancelled.add(data.cancel);
  else queue(() => answer(data));
};

async function answer(data: Extract<ToStudy, { request: unknown }>): Promise<void> {
  const session = await ready;
  const { id, request } = data;
  if (cancelled.delete(id)) {
    say({ id, cancelled: true });
  } else if (request.kind === 'open') {
    await open(session, id, data.files ?? []);
  } else if (request.kind === 'attach') {
    await session.attach(request.viewport, data.canvas as OffscreenCanvas, data.backend ?? 'auto');
    say({ id, answer: { kind: 'done' } });
  } else {
    if (data.bytes) session.putBytes(data.bytes);
    const reply = await session.request(JSON.stringify(request), Date.now());
    const answer = JSON.parse(reply.json);
    const bytes = reply.takeBytes();
    reply.free();
    say({ id, answer, ...(bytes.length > 0 && { bytes }) }, bytes.length > 0 ? [bytes.buffer] : []);
  }
}

// A graphics device goes away without any call: look now and then, and let the page bring a new canvas.
setInterval(
  () =>
    queue(async () => {
      for (const viewport of (await ready).takeLost()) say({ id: 0, notice: { kind: 'canvas-lost', viewport } });
    }),
  500,
);

// A trap inside of wasm ends the instance: let the page see an error, replace this worker and open the kept files again.
self.addEventListener('unhandledrejection', (event) =>
  setTimeout(() => {
    throw event.reason;
  }),
);

/** Reads every head, with progress; a cancel keeps what was read before it out of the catalogue's answer. */
async function open(session: Session, id: number, files: NonNullable<Extract<ToStudy, { request: unknown }>['files']>) {
  const notice = (done: number): Notice => ({ kind: 'progress', stage: 'read', done, total: files.length });
  // An unreadable head is left to the session, which says so.
  const headOf = (file: unknown) =>
    (file as File)
      .slice(0, headBytes())
      .arrayBuffer()
      .then((bytes) => new Uint8Array(bytes))
      .catch(() => new Uint8Array());
  const heads = (from: number) => Promise.all(files.slice(from, from + BATCH).map(({ file }) => headOf(file)));
  let next = heads(0);
  for (let from = 0; from < files.length; from += BATCH) {
    const fetched = await next;
    next = heads(from + BATCH);
    for (const [i, head] of fetched.entries()) {
      const { path, file } = files[from + i] as (typeof files)[number];
      session.addFile(path, file as File, head);
    }
    say({ id, notice: notice(Math.min(from + BATCH, files.length)) });
    await turn();
    if (cancelled.delete(id)) {
      (await session.request(JSON.stringify({ kind: 'close' }), Date.now())).free();
      say({ id, cancelled: true });
      return;
    }
  }
  say({ id, notice: notice(files.length) });
  say({ id, answer: JSON.parse(session.arrange()) });
}
