// The model worker: fetches a model from the page's own origin, loads the runtime's wasm, passes messages. Nothing else.
// To cancel, the page ends the worker.
import type { Failure, FromModel, ModelRequest, ToModel, Warning } from '../shared/protocol.ts';
import { forget, networks } from './gpu.ts';
import type { FromPlanes, ToPlanes } from './planes.ts';
import { type Door, large, own } from './runtime.ts';

declare const self: DedicatedWorkerGlobalScope;

const here = import.meta.url;
/** Where models lie: beside `assets/` in the built page; the development server has them at its root. */
const base = new URL(here.includes('/www/workers/') ? '/models/' : '../models/', here);
const say = (message: FromModel, transfer: Transferable[] = []) => self.postMessage(message, transfer);

/** What wasm throws is a failure as JSON text; what `fetched` throws is one as an object. */
class Failed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.cause);
  }
}

/** Networks with operators that our own kernels lack. */
const LACKS = 'MDL-013';
const ready = own();
/** A worker less than this many planes is not worth starting. */
const LEAST_PLANES = 48;

async function fetched(path: string): Promise<Uint8Array> {
  const failure = {
    file: path,
    code: 'MDL-012',
    cause: 'The model could not be fetched',
    hint: 'Look whether the page is still served, then try again',
  };
  const response = await fetch(new URL(path, base)).catch((error) => {
    throw new Failed({ ...failure, detail: String(error) });
  });
  if (!response.ok) throw new Failed({ ...failure, detail: `${response.status}` });
  return new Uint8Array(await response.arrayBuffer());
}

/** A message with a request of one kind. */
type Asked<K extends ModelRequest['kind']> = Omit<ToModel, 'request'> & { request: Extract<ModelRequest, { kind: K }> };

/** A network that somebody brought: its size is looked at before it is read. */
async function brought(network: unknown, limits: string): Promise<Uint8Array> {
  const file = network as Blob;
  (await ready).Runtime.mayRead(file.size, limits);
  return new Uint8Array(await file.arrayBuffer());
}

/** What a network is, or what a manifest lacks. */
async function tell({ id, request, network }: Asked<'inspect' | 'gaps'>): Promise<void> {
  const bytes = request.kind === 'inspect' ? await brought(network, request.limits) : new Uint8Array();
  say({ id, answer: JSON.parse((await ready).Runtime.inspect(JSON.stringify(request), bytes)) });
}

type Labels = NonNullable<ReturnType<InstanceType<Door['Runtime']>['label']>>;

/** Labels all planes of a box, shared among this worker and others. Each has its planes and as many beside them as a label depends on. */
async function shared(job: Labels, pieces: Omit<ToPlanes, 'dims' | 'input' | 'from' | 'to'>, told: Told) {
  const { halo } = job;
  const [depth = 0, height = 0, width = 0] = job.dims;
  const budget = told.budget / Math.max(1, job.bytes);
  const most = Math.min(4, navigator.hardwareConcurrency ?? 1, Math.floor(budget), Math.floor(depth / LEAST_PLANES));
  const count = Math.max(1, most);
  const bounds = Array.from({ length: count + 1 }, (_, i) => Math.round((i * depth) / count));
  const done = new Array<number>(count).fill(0);
  const tell = (part: number, planes: number) => {
    done[part] = planes;
    told.progress(
      done.reduce((a, b) => a + b),
      depth,
    );
  };
  const helpers: Worker[] = [];
  const other = (part: number) => {
    const [from = 0, to = 0] = bounds.slice(part, part + 2);
    const [low, high] = [Math.max(0, from - halo), Math.min(depth, to + halo)];
    const worker = new Worker(new URL('./planes.ts', import.meta.url), { type: 'module' });
    helpers.push(worker);
    return new Promise<Uint8Array>((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message));
      worker.onmessage = ({ data }: MessageEvent<FromPlanes>) => {
        if ('done' in data) tell(part, data.done);
        else if ('labels' in data) resolve(data.labels);
        else reject(new Failed(data.failure));
      };
      const input = job.planes(low, high);
      const dims = Uint32Array.of(high - low, height, width);
      const message: ToPlanes = { ...pieces, dims, input, from: from - low, to: to - low };
      worker.postMessage(message, [input.buffer]);
    });
  };
  try {
    const others = bounds.slice(2).map((_, i) => other(i + 1));
    // What fails while this worker computes is met below.
    for (const one of others) one.catch(() => undefined);
    const own = job.label(0, bounds[1] ?? depth, (notice: string) => tell(0, JSON.parse(notice).done));
    const labels = new Uint8Array(depth * height * width);
    let at = 0;
    for (const part of [own, ...(await Promise.all(others))]) {
      labels.set(part, at);
      at += part.length;
    }
    return labels;
  } finally {
    for (const worker of helpers) worker.terminate();
  }
}

/** A failure that wasm threw, or any other. */
function failureOf(error: unknown): Failure | undefined {
  if (error instanceof Failed) return error.failure;
  return typeof error === 'string' ? JSON.parse(error) : undefined;
}

/** Labels of the box that is next, from the graphics processor, or the code with which it refused. */
async function byGraphics(
  job: Labels,
  backend: ToModel['backend'],
  told: Told,
): Promise<Uint8Array | string | undefined> {
  try {
    const device = await networks(backend);
    if (!device || (backend !== 'gpu' && device.wholeNumbers(job.network))) return;
    const progress = (notice: string) => {
      const { done, total } = JSON.parse(notice);
      told.progress(done, total);
    };
    const [depth = 0] = job.dims;
    return await device.label(job.network, job.dims, job.planes(0, depth), job.count, told.budget, progress);
  } catch (error) {
    // Nobody misses anything: the processor makes the same labels. The finding says which of them it was.
    forget();
    return failureOf(error)?.code ?? 'GPU-010';
  }
}

/** All labels, from the one or the other. */
async function labelled(
  job: Labels,
  pieces: Omit<ToPlanes, 'dims' | 'input' | 'from' | 'to'>,
  {
    backend,
    progress,
    ...told
  }: Told & { backend: ToModel['backend']; prepare: Told['progress']; notice: (text: string) => void },
): Promise<ReturnType<Labels['finish']>> {
  if (job.waits) {
    const mask = await byGraphics(job, backend, { ...told, progress: told.prepare });
    job.cut(mask instanceof Uint8Array ? mask : undefined, told.notice);
  }
  const found = await byGraphics(job, backend, { ...told, progress });
  const gpu = found instanceof Uint8Array;
  const labels = gpu ? found : await shared(job, pieces, { ...told, progress });
  return job.finish(labels, gpu, gpu ? undefined : found, told.notice);
}

/** What a run is told: the memory that it may use, and whom to tell of progress. */
interface Told {
  budget: number;
  progress: (done: number, total: number) => void;
}

/** A model that looks only at what another one labels is given that one as well. */
async function crop(Runtime: Door['Runtime'], runtime: InstanceType<Door['Runtime']>): Promise<void> {
  if (!runtime.cropModel) return;
  const folder = encodeURIComponent(runtime.cropModel);
  const manifest = await fetched(`${folder}/manifest.json`);
  const other = new Runtime(manifest);
  try {
    runtime.setCropModel(manifest, await fetched(`${folder}/${encodeURIComponent(other.floatFile)}`));
  } finally {
    other.free();
  }
}

/** A model of frames is given the one that says where the organ lies, where the server has that: without it there is just no share. What
 * is wrong with it is a warning. */
async function field(Runtime: Door['Runtime'], runtime: InstanceType<Door['Runtime']>): Promise<Warning | undefined> {
  const name = runtime.fieldModel;
  if (!name) return undefined;
  const folder = encodeURIComponent(name);
  const manifest = await fetched(`${folder}/manifest.json`).catch(() => null);
  if (!manifest) return undefined;
  try {
    const other = new Runtime(manifest);
    try {
      runtime.setFieldModel(manifest, await fetched(`${folder}/${encodeURIComponent(other.file(false))}`));
    } finally {
      other.free();
    }
    return undefined;
  } catch (error) {
    const failure = failureOf(error);
    // A trap: the worker is replaced.
    if (!failure) throw error;
    return { code: failure.code, text: `${failure.cause} (${name})` };
  }
}

async function analyze({ id, request, bytes, network: file, backend }: Asked<'analyze'>): Promise<void> {
  const folder = encodeURIComponent(request.model);
  const json = JSON.stringify(request);
  const written = request.manifest === null ? null : new TextEncoder().encode(request.manifest);
  const [manifest, small] = await Promise.all([written ?? fetched(`${folder}/manifest.json`), ready]);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const progress = (notice: string) => say({ id, notice: JSON.parse(notice) });
  const stage = (name: string) => (done: number, total: number) =>
    say({ id, notice: { kind: 'progress', stage: name, done, total } });
  let network: Uint8Array | undefined;
  const run = async ({ Runtime }: Door) => {
    const runtime = new Runtime(manifest);
    try {
      // What the manifest excludes costs no network.
      runtime.check(json);
      network ??= written
        ? await brought(file, request.limits)
        : await fetched(`${folder}/${encodeURIComponent(runtime.file(request.float))}`);
      await crop(Runtime, runtime);
      const warning = await field(Runtime, runtime);
      const job = runtime.label(json, values, network, progress);
      let reply: ReturnType<typeof runtime.analyze>;
      if (job) {
        const told = {
          budget: request.budget_bytes,
          progress: stage('infer'),
          prepare: stage('prepare'),
          notice: progress,
        };
        reply = await labelled(job, { manifest, network }, { ...told, backend });
      } else reply = runtime.analyze(json, values, network, progress);
      const answer = JSON.parse(reply.json);
      if (warning && answer.kind === 'found') answer.finding.warnings = [...(answer.finding.warnings ?? []), warning];
      const overlay = reply.takeBytes();
      reply.free();
      return { answer, overlay };
    } finally {
      runtime.free();
    }
  };
  let { answer, overlay } = await run(small);
  if (answer.code === LACKS) ({ answer, overlay } = await run(await large()));
  say({ id, answer, ...(overlay.length > 0 && { bytes: overlay }) }, overlay.length > 0 ? [overlay.buffer] : []);
}

self.onmessage = async ({ data }: MessageEvent<ToModel>) => {
  try {
    const { request } = data;
    await (request.kind === 'analyze' ? analyze({ ...data, request }) : tell({ ...data, request }));
  } catch (error) {
    const failure = failureOf(error);
    // A trap inside of wasm ends the instance: the page must see an error and replace this worker.
    if (!failure) {
      setTimeout(() => {
        throw error;
      });
      return;
    }
    say({ id: data.id, answer: { kind: 'failed', ...failure } });
  }
};
