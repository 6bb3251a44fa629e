// The study worker: loads the viewer's wasm, passes messages, fetches bytes ahead. Nothing else.
import init, { headBytes, type Reply, Session, type Wanted } from '../../pkg/viewer/negatoscope_viewer.js';
import type { Answer, DroppedFile, FromStudy, Request, ToStudy } from '../shared/protocol.ts';
import { isSoftware } from './adapter.ts';
import { compile, compiledCodec, startCodec } from './codecs.ts';
import { Pool } from './pool.ts';
import { Videos } from './video.ts';

declare const self: DedicatedWorkerGlobalScope;

/** Heads that are fetched at once, and files between two looks at the message queue: a cancel is seen within some milliseconds. */
const BATCH = 32;
/** Frames that are fetched at once while nobody waits, and while somebody does. */
const LANES = 8;
const BUSY_LANES = 2;
/** Bytes on their way beyond which no further frame is asked for. */
const MOST_FLYING = 48 << 20;
/** A part of a file that is more than this share of it is read with the rest. */
const WHOLE = 0.75;
/** Between two notices of how far a volume is, ms: each is a drawing of the page. */
const TOLD = 80;

const cancelled = new Set<number>();
const say = (message: FromStudy, transfer: Transferable[] = []) => self.postMessage(message, transfer);

const compiled = compile(new URL('../../pkg/viewer/negatoscope_viewer_bg.wasm', import.meta.url));
const ready = compiled.then(async (module) => {
  await init({ module_or_path: module });
  say({ ready: true });
  const session = new Session();
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  if (adapter && isSoftware(adapter)) session.setSoftware();
  return { session, pool: new Pool(module) };
});

// The session's calls must not overlap: each piece of work waits for the one before it. A cancel is heard at once.
let last: Promise<unknown> = ready;
/** Somebody waits for so many answers. */
let waiting = 0;
const queue = <T>(work: (session: Session, pool: Pool) => T | Promise<T>): Promise<T> => {
  const done = last.then(async () => {
    const { session, pool } = await ready;
    return work(session, pool);
  });
  last = done;
  return done;
};

self.onmessage = ({ data }: MessageEvent<ToStudy>) => {
  if ('cancel' in data) {
    cancelled.add(data.cancel);
    const open = opening.get(data.cancel);
    if (open) videos.clear(); // nobody waits for its pictures
    open?.wake();
  } else if ('more' in data) {
    const open = opening.get(data.id);
    open?.files.push(...data.more);
    open?.wake();
  } else void receive(data);
};

type Asked = Extract<ToStudy, { request: unknown }>;

async function receive(data: Asked): Promise<void> {
  const { request } = data;
  if (request.kind === 'assemble') return assemble(data.id, request); // nobody is held up by it
  waiting += 1;
  // What is being decoded of the study that ends now holds nobody up.
  if (request.kind === 'open' || request.kind === 'close') videos.clear();
  if (request.kind === 'show') {
    // What is nearly there is not decoded twice.
    const at = `${request.frame_set}:${request.index}`;
    const flight = flights.get(at);
    if (flight) {
      (await ready).pool.promote(at);
      await flight;
    }
  }
  if (request.kind === 'open') {
    // One after the other: a cancelled one ends first, and forgets what it has read.
    const coming: Coming = { files: data.files ?? [], wake: () => {} };
    opening.set(data.id, coming);
    opened = opened.then(() => open(data.id, request, coming, data.total ?? 0));
    await opened;
  } else await queue((session) => answer(session, data));
  waiting -= 1;
  fetchAhead();
}

let seen = () => {};
/** Resolves when the next picture is on its canvas. */
const shown = () =>
  new Promise<void>((resolve) => {
    seen = resolve;
  });

async function answer(session: Session, { id, request, canvas, backend, bytes: beside }: Asked): Promise<void> {
  if (cancelled.delete(id)) {
    say({ id, cancelled: true });
  } else if (request.kind === 'attach') {
    await session.attach(request.viewport, canvas as OffscreenCanvas, backend ?? 'auto');
    say({ id, answer: { kind: 'done' } });
  } else {
    if (beside) session.putBytes(beside);
    if (request.kind === 'close') nothingStays();
    const reply = await asked(session, JSON.stringify(request));
    if (!reply) return say({ id, cancelled: true });
    const { json, bytes } = reply;
    if (request.kind === 'show') seen();
    const answer: Answer = JSON.parse(json);
    if (answer.kind === 'encoded' && answer.lossy) await measure(session, answer, bytes);
    say({ id, answer, ...(bytes.length > 0 && { bytes }) }, bytes.length > 0 ? [bytes.buffer] : []);
  }
}

/** What a lossy picture lost, as this browser's own decoder shows it. */
async function measure(
  session: Session,
  answer: Extract<Answer, { kind: 'encoded' }>,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const bitmap = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: 'none' }).catch(() => null);
  const context = new OffscreenCanvas(answer.width, answer.height).getContext('2d', { willReadFrequently: true });
  if (!bitmap || !context) return; // saved without figures
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, answer.width, answer.height);
  const [psnr, ssim] = session.compare(new Uint8Array(data.buffer)) ?? [];
  answer.psnr_db = psnr ?? null;
  answer.ssim = ssim ?? null;
}

/** The answer to a request, when what it lacks has been brought; null when its study is given up. */
async function asked(session: Session, request: string): Promise<ReturnType<typeof taken> | null> {
  const start = Date.now();
  const brought = new Set<string>();
  for (;;) {
    session.lacks(); // what was lacking in the background is not lacking here
    const reply = taken(await session.request(request, start));
    const codec = session.lacks();
    const lacking = session.lacksFrame();
    if (codec !== undefined) session.bringCodec(codec, await broughtCodec(codec));
    else if (lacking !== undefined) {
      const job: Lacking = JSON.parse(lacking);
      const frame = `${job.video}:${job.frame}`;
      // What had to go again for others that the same request lacks would be brought for ever.
      if (brought.has(frame)) session.refuse(job.ticket, JSON.stringify(['PIX-006', 'video']));
      else if (!(await pictured(job, true, async (work) => work(session)))) return null;
      brought.add(frame);
    } else return reply;
  }
}

/** A codec in a module of its own, for this worker; nothing where it cannot be loaded. */
async function broughtCodec(name: string): Promise<((job: string, bytes: Uint8Array) => unknown) | undefined> {
  const module = await compiledCodec(name).catch(() => undefined);
  if (!module) return undefined;
  const decode = startCodec(name, module);
  return (job, bytes) => {
    try {
      return decode(job, bytes);
    } catch (error) {
      // That instance is dead, and a second one cannot be had beside it: as below, the page replaces this worker.
      if (error instanceof WebAssembly.RuntimeError)
        setTimeout(() => {
          throw error;
        });
      throw error;
    }
  };
}

function taken(reply: Reply): { json: string; bytes: Uint8Array<ArrayBuffer> } {
  const { json } = reply;
  const bytes = reply.takeBytes() as Uint8Array<ArrayBuffer>;
  reply.free();
  return { json, bytes };
}

// ---- Frames that will be wanted ----

/** By frame set and place, what is on its way. */
const flights = new Map<string, Promise<void>>();
let asking = false;
let flying = 0;

/** Starts fetching until all lanes are taken or nothing is left to wish for. */
function fetchAhead(): void {
  if (asking || flying > MOST_FLYING || flights.size >= (waiting > 0 ? BUSY_LANES : LANES)) return;
  asking = true;
  void queue((session) => session.wanted()).then((wanted) => {
    asking = false;
    if (!wanted) return;
    const at = `${wanted.set}:${wanted.index}`;
    const bytes = wanted.to - wanted.from;
    flying += bytes;
    const flight = fetchOne(at, wanted).finally(() => {
      flying -= bytes;
      if (flights.get(at) === flight) flights.delete(at);
      landed();
      fetchAhead();
    });
    flights.set(at, flight);
    fetchAhead();
  });
}

async function fetchOne(at: string, wanted: Wanted): Promise<void> {
  const { ticket, file, from, to } = wanted;
  wanted.free();
  const bytes = await bytesOf(file, from, to);
  const reply = await queue((session) => session.deliver(ticket, bytes));
  if (!reply) return;
  const { json, bytes: encoded } = taken(reply);
  const { ticket: flight, codec, job, ...picture } = JSON.parse(json);
  if (picture.video !== undefined) {
    await pictured({ ticket: flight, ...picture }, false, queue);
    return;
  }
  const { pool } = await ready;
  const decoded = await pool.decode(at, JSON.stringify(job), encoded, codec);
  await queue((session) => session.store(flight, decoded?.answer, decoded?.bytes ?? new Uint8Array()));
}

/** A part of a file; nothing where it cannot be read: shown, it says why. */
async function bytesOf(file: File | undefined, from: number, to: number): Promise<Uint8Array | undefined> {
  try {
    // For every part a browser asks another process and stands still meanwhile: what is most of a file is read with the rest.
    if (file && to - from > WHOLE * file.size) return new Uint8Array(await file.arrayBuffer()).subarray(from, to);
    return file && new Uint8Array(await file.slice(from, to).arrayBuffer());
  } catch {
    return undefined;
  }
}

// ---- Volumes ----

let landed = () => {};

/** Puts a volume together: its images are wanted before others, and go the way of all that is fetched ahead. */
async function assemble(id: number, request: Extract<Request, { kind: 'assemble' }>): Promise<void> {
  const begun = await ask(request);
  if (begun.kind !== 'done') return say({ id, answer: begun });
  let [told, next] = [-1, 0];
  for (;;) {
    if (cancelled.delete(id)) {
      await queue((session) => session.giveUpAssembly(request.frame_set));
      return say({ id, cancelled: true });
    }
    fetchAhead();
    const state = await queue((session) => session.assembly(request.frame_set));
    if (state === undefined) return say({ id, cancelled: true }); // another one was begun
    const { done, total, answer } = JSON.parse(state);
    if (answer) return say({ id, answer });
    if (done !== told && performance.now() >= next) {
      say({ id, notice: { kind: 'progress', stage: 'decode', done, total } });
      [told, next] = [done, performance.now() + TOLD];
    }
    await new Promise<void>((resolve) => {
      landed = resolve;
      setTimeout(resolve, flights.size > 0 ? 100 : 0);
    });
  }
}

// ---- Videos ----

const videos = new Videos();

/** A frame of a video that is to be brought by a ticket. */
interface Lacking {
  ticket: number;
  video: number;
  frame: number;
}

/** Decodes a frame of a video by the browser: the session gets its picture, or why there is none. `within`: a turn with the session. False
 * when nobody waits for it any more. */
async function pictured(
  { ticket, video, frame }: Lacking,
  urgent: boolean,
  within: <T>(work: (session: Session) => T) => Promise<T>,
): Promise<boolean> {
  // Numbers of instances are those of a study, tickets are given once.
  const source = await within((session) =>
    session.awaits(ticket)
      ? videos.of(video, () => {
          const reply = session.video(ticket);
          return reply ? taken(reply) : null;
        })
      : null,
  );
  if (!source) return true; // the session knows why
  const [picture, refusal] = await source.frame(frame, urgent).then(
    (picture) => [picture, null] as const,
    (refusal: unknown) => [null, refusal] as const,
  );
  return within((session) => {
    if (picture) {
      const { columns, rows, format, matrix, fullRange, samples } = picture;
      session.storePicture(ticket, columns, rows, format, matrix, fullRange, samples);
    } else if (typeof refusal === 'string') session.refuse(ticket, refusal);
    else session.store(ticket, undefined, new Uint8Array());
    return picture !== null || refusal !== null;
  });
}

/** No picture of the study that was open comes into the next one. Belongs into the same turn as the session's own forgetting. */
function nothingStays(): void {
  videos.clear();
  flights.clear();
}

// ---- Opening ----

/** Files that have come for an `open`, in the order to read them, and how to tell that more are there. */
interface Coming {
  files: DroppedFile[];
  wake: () => void;
}
const opening = new Map<number, Coming>();
let opened: Promise<unknown> = Promise.resolve();
const ask = (request: Request) =>
  queue(
    async (session): Promise<Answer> =>
      JSON.parse(taken(await session.request(JSON.stringify(request), Date.now())).json),
  );
const forget = () =>
  queue(async (session) => {
    nothingStays();
    taken(await session.request(JSON.stringify({ kind: 'close' } satisfies Request), Date.now()));
  });

// An unreadable head is left to the session, which says so.
const headOf = ({ file }: DroppedFile) =>
  (file as File)
    .slice(0, headBytes())
    .arrayBuffer()
    .then((bytes) => new Uint8Array(bytes))
    .catch(() => new Uint8Array());

/** Reads every head, with progress; what was read first is shown meanwhile. A cancel forgets it. */
async function open(id: number, request: Request, coming: Coming, total: number): Promise<void> {
  const { files } = coming;
  await forget(); // nothing of another study stays, whatever became of it
  const agreed = await ask(request);
  if (agreed.kind === 'failed') {
    opening.delete(id);
    say({ id, answer: agreed });
    return;
  }
  const take = async (): Promise<[DroppedFile[], Uint8Array[]]> => {
    while (files.length === 0 && !cancelled.has(id))
      await new Promise<void>((resolve) => {
        coming.wake = resolve;
      });
    const some = files.splice(0, BATCH);
    return [some, await Promise.all(some.map(headOf))];
  };
  const read = (some: DroppedFile[], heads: Uint8Array[]) =>
    queue((session) => {
      for (const [i, { path, file }] of some.entries())
        session.addFile(path, file as File, heads[i] ?? new Uint8Array());
    });
  /** True when there is something to see. */
  const preview = () =>
    queue((session) => {
      const seen = session.preview();
      if (seen) say({ id, notice: JSON.parse(seen) });
      return seen !== undefined;
    });
  let previewed = total < 2;
  let next = take();
  for (let done = 0; done < total && !cancelled.has(id); ) {
    const [some, heads] = await next;
    done += some.length;
    await read(some, heads);
    if (!previewed && done < total) {
      previewed = await preview();
      if (previewed) await Promise.race([shown(), new Promise((resolve) => setTimeout(resolve, 200))]); // it comes first
    }
    if (done < total) next = take();
    say({ id, notice: { kind: 'progress', stage: 'read', done, total } });
  }
  opening.delete(id);
  if (cancelled.delete(id)) {
    await forget();
    say({ id, cancelled: true });
  } else await queue((session) => say({ id, answer: JSON.parse(session.arrange()) }));
}

// ---- What goes wrong ----

// A graphics device goes away without any call: look now and then, and let the page bring a new canvas.
setInterval(
  () =>
    queue((session) => {
      for (const viewport of session.takeLost()) say({ id: 0, notice: { kind: 'canvas-lost', viewport } });
    }),
  500,
);

// A trap inside of wasm ends the instance: let the page see an error, replace this worker and open the kept files again.
self.addEventListener('unhandledrejection', (event) =>
  setTimeout(() => {
    throw event.reason;
  }),
);
