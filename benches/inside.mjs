// What a bench runs inside of a page or a worker. Each function is sent as text: it may use nothing from this module.

/** Before the page's own scripts: remembers when a drop came, every WebGL context, our painting worker. */
export function instrument() {
  const bench = { dropped: Number.NaN, walked: Number.NaN, contexts: new Set(), painter: undefined };
  globalThis.bench = bench;
  addEventListener(
    'drop',
    () => {
      bench.dropped = performance.now();
    },
    { capture: true },
  );
  for (const Canvas of [HTMLCanvasElement, OffscreenCanvas]) {
    const { getContext } = Canvas.prototype;
    Canvas.prototype.getContext = function (kind, ...rest) {
      const context = getContext.call(this, kind, ...rest);
      if (context && /^webgl/.test(kind)) bench.contexts.add(context);
      return context;
    };
  }
  globalThis.Worker = class extends Worker {
    postMessage(data, ...rest) {
      if (data?.request?.kind === 'open') {
        bench.walked = performance.now();
        bench.painter = this; // the worker that paints is the one that reads
      }
      super.postMessage(data, ...rest);
    }
  };
}

/**
 * In a worker of ours: answers `{bench: n}` when all that was drawn before it has left the worker. The GPU's queues have
 * run dry, and an animation frame has passed, at whose end an OffscreenCanvas hands over its picture.
 */
export function answerInWorker() {
  const queues = new Set();
  if (globalThis.GPUQueue) {
    const { submit } = GPUQueue.prototype;
    GPUQueue.prototype.submit = function (...args) {
      queues.add(this);
      return submit.apply(this, args);
    };
  }
  addEventListener('message', async ({ data }) => {
    if (data?.bench === undefined) return;
    for (const queue of queues) await queue.onSubmittedWorkDone();
    requestAnimationFrame(() => setTimeout(() => postMessage({ ready: true, bench: data.bench })));
  });
}

/** In our page: the contract of benches/README.md, made from the element's own interface. `backend`: auto, cpu or gpu. */
export async function adapt(backend) {
  await customElements.whenDefined('negatoscope-viewer');
  const element = document.querySelector('negatoscope-viewer');
  if (backend !== 'auto') element.backend = backend;
  let number = 0;
  let stack;
  let shown;
  let first;
  const opened = new Promise((resolve, reject) => {
    element.addEventListener('error', ({ detail }) => reject(new Error(detail.message)));
    element.addEventListener('study-open', ({ detail }) => {
      bench.catalogued = performance.now();
      const all = detail.studies.flatMap((study) => study.series).filter((series) => series.frame_sets.length > 0);
      stack = { seriesUid: all[0].uid, frames: all[0].frame_sets[0].frames };
    });
    // The first picture may come before every head is read; what can be scrolled is known afterwards.
    element.addEventListener('view-change', () => first?.(), { once: true });
    const whole = () => {
      if (!stack) return;
      element.removeEventListener('view-change', whole);
      resolve({ count: stack.frames });
    };
    element.addEventListener('view-change', whole);
  });
  opened.catch(() => {});
  globalThis.viewer = {
    name: 'negatoscope',
    ready: Promise.resolve(),
    path: () => shown?.backend ?? '',
    onDrop: ({ onFirst }) => {
      first = onFirst;
      return opened;
    },
    async showFrame(frame) {
      shown = await element.show({ seriesUid: stack.seriesUid, frame });
    },
    window: (center, width) => element.window({ center, width }),
    sync() {
      number += 1;
      const mine = number;
      const { painter } = bench;
      return new Promise((done) => {
        // A cancel of nothing: the worker does nothing with it. Asked again when it was not yet listening.
        const ask = () => painter.postMessage({ cancel: -1, bench: mine });
        const again = setInterval(ask, 300);
        const listen = ({ data }) => {
          if (data?.bench !== mine) return;
          clearInterval(again);
          painter.removeEventListener('message', listen);
          done();
        };
        painter.addEventListener('message', listen);
        ask();
      });
    },
    /** Waits for the next real input of a kind: `viewer.inputMs` then resolves to ms from its time stamp to painted. */
    arm(kind) {
      let from;
      const stamp = ({ timeStamp }) => {
        from = timeStamp;
      };
      addEventListener(kind, stamp, { capture: true, once: true });
      this.inputMs = new Promise((done) => {
        const seen = async () => {
          if (from === undefined) return;
          element.removeEventListener('view-change', seen);
          done((await bench.painted()) - from);
        };
        element.addEventListener('view-change', seen);
      });
    },
    picture: () => {
      const host = element.shadowRoot.querySelector('negatoscope-viewport');
      return host?.shadowRoot.querySelector('.picture') ?? null;
    },
  };
}

/** After `window.viewer` is there: `bench.painted`, `bench.steps`, and for a viewer without a drop of its own, one. */
export async function prepare() {
  const { viewer } = globalThis;
  await viewer.ready;
  const pixel = new Uint8Array(4);
  const channel = new MessageChannel();
  let go;
  channel.port1.onmessage = () => go();
  /** Resolves to the time at which all that was asked for has been drawn: see benches/README.md. */
  bench.painted = async () => {
    if (viewer.sync) await viewer.sync();
    else
      for (const context of bench.contexts)
        if (!context.isContextLost()) context.readPixels(0, 0, 1, 1, context.RGBA, context.UNSIGNED_BYTE, pixel);
    return new Promise((done) =>
      requestAnimationFrame(() => {
        go = () => done(performance.now());
        channel.port2.postMessage(0);
      }),
    );
  };
  /** Milliseconds of each of `count` steps; stops after `limit` ms, but not before two. */
  bench.steps = async (count, step, limit) => {
    const times = [];
    const end = performance.now() + limit;
    for (let i = 0; i < count && (i < 2 || performance.now() < end); i += 1) {
      const from = performance.now();
      await step(i);
      times.push((await bench.painted()) - from);
    }
    return times;
  };
  const entriesOf = async (reader) => {
    const all = [];
    for (;;) {
      const some = await new Promise((ok, no) => reader.readEntries(ok, no));
      if (some.length === 0) return all;
      all.push(...some);
    }
  };
  const walk = async (entry) => {
    if (entry.isFile) return [await new Promise((ok, no) => entry.file(ok, no))];
    return (await Promise.all((await entriesOf(entry.createReader())).map(walk))).flat();
  };
  bench.opened = new Promise((done, failed) => {
    addEventListener('dragover', (event) => event.preventDefault());
    addEventListener(
      'drop',
      async (event) => {
        try {
          let pending;
          const onFirst = () => {
            pending ??= bench.painted().then((time) => time - bench.dropped);
          };
          let result;
          if (viewer.onDrop) result = await viewer.onDrop({ onFirst });
          else {
            event.preventDefault();
            const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry());
            const files = (await Promise.all(entries.map(walk))).flat();
            bench.walked = performance.now();
            result = await viewer.open(files, { onFirst });
          }
          const all = performance.now() - bench.dropped;
          const first = await pending;
          done({
            count: result.count,
            first,
            all,
            walked: bench.walked - bench.dropped,
            ...(bench.catalogued && { catalogued: bench.catalogued - bench.dropped }),
          });
        } catch (error) {
          failed(error);
        }
      },
      { capture: true },
    );
  });
  bench.opened.catch(() => {});
}
