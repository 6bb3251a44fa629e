// A stack as a video: each frame is shown, painted at the size of its viewport, and encoded by the browser.
import type { NegatoscopeViewport } from './viewport.ts';
import { type Encoded, webm } from './webm.ts';

const codecs = [
  ['vp09.00.31.08', 'V_VP9'],
  ['vp8', 'V_VP8'],
] as const;
/** Every so many pictures one that stands by itself. */
const keyEvery = 30;
/** Bits for a pixel of each picture: more than a film needs, since noise is content here. */
const bitsPerPixel = 0.5;

/** True where the browser encodes a video that WebM holds. */
export const canRecord = async (): Promise<boolean> =>
  'VideoEncoder' in globalThis && (await chosen(640, 480, 10)) !== null;

async function chosen(width: number, height: number, perSecond: number) {
  for (const [codec, name] of codecs) {
    const bitrate = Math.max(500_000, Math.round(width * height * perSecond * bitsPerPixel));
    const config: VideoEncoderConfig = { codec, width, height, bitrate, framerate: perSecond, latencyMode: 'quality' };
    if ((await VideoEncoder.isConfigSupported(config).catch(() => null))?.supported) return { config, name };
  }
  return null;
}

/** Another stack, or another image of it, was shown while the pictures were made. */
export class StackChanged extends Error {}

/** Shows one image of the stack after the other; what is shown between is no picture of it. */
class Held {
  readonly #info;
  readonly #before;
  readonly total: number;

  constructor(private readonly pane: NegatoscopeViewport) {
    this.#info = pane.info;
    this.#before = pane.index;
    this.total = pane.info?.frames ?? 0;
  }

  /** What is made of the image at that place; refused where it may be of another one. */
  async at<T>(index: number, make: () => Promise<T>): Promise<T> {
    this.#check(this.pane.index);
    await this.pane.setIndex(index);
    this.#check(index);
    const made = await make();
    this.#check(index);
    return made;
  }

  #check(index: number): void {
    if (this.pane.info !== this.#info || this.pane.index !== index) throw new StackChanged();
  }

  /** Shows again what was shown, unless that is another stack by now. */
  back(): void {
    if (this.pane.info === this.#info) void this.pane.setIndex(this.#before).catch(() => {});
  }
}

/** The stack of a viewport as WebM; null where the browser encodes nothing that WebM holds. The viewport shows its frame again afterwards. */
export async function record(
  pane: NegatoscopeViewport,
  perSecond: number,
  progress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<Blob | null> {
  const held = new Held(pane);
  const { total } = held;
  const made: Encoded[] = [];
  let encoder: VideoEncoder | null = null;
  let name: 'V_VP8' | 'V_VP9' = 'V_VP9';
  let canvas: OffscreenCanvas | null = null;
  let failure: unknown = null;
  try {
    for (let index = 0; index < total; index += 1) {
      signal.throwIfAborted();
      const wish = {
        viewport: pane.number,
        format: 'png',
        quality: null,
        whole: false,
        scale: 1,
        overlay: true,
        graphics: true,
        drawn: false,
      };
      const { bytes } = await held.at(index, () =>
        pane.client.ask('encoded', { kind: 'picture', ...wish }, { signal }),
      );
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes ?? [])]), { colorSpaceConversion: 'none' });
      if (!encoder || !canvas) {
        // Both sides even: chroma is kept for four pixels together.
        const [width, height] = [bitmap.width & ~1, bitmap.height & ~1];
        const found = await chosen(width, height, perSecond);
        if (!found) return null;
        name = found.name;
        canvas = new OffscreenCanvas(width, height);
        encoder = new VideoEncoder({
          output: (chunk) => {
            const data = new Uint8Array(chunk.byteLength);
            chunk.copyTo(data);
            made.push({ data, key: chunk.type === 'key', ms: chunk.timestamp / 1000 });
          },
          error: (error) => {
            failure = error;
          },
        });
        encoder.configure(found.config);
      }
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
      bitmap.close();
      const frame = new VideoFrame(canvas, {
        timestamp: Math.round((index * 1e6) / perSecond),
        duration: Math.round(1e6 / perSecond),
      });
      encoder.encode(frame, { keyFrame: index % keyEvery === 0 });
      frame.close();
      while (encoder.encodeQueueSize > 4 && !failure) await new Promise((resolve) => setTimeout(resolve, 5));
      if (failure) throw failure;
      progress(index + 1, total);
    }
    await encoder?.flush();
    return canvas && made.length === total ? webm(name, canvas.width, canvas.height, perSecond, made) : null;
  } finally {
    if (encoder && encoder.state !== 'closed') encoder.close();
    held.back();
  }
}

/** Pictures that move and that every browser can make, by our own writers. */
export type PlainForm = 'apng' | 'gif';

/** The stack of a viewport as an animated PNG or a GIF. The viewport shows its frame again afterwards. */
export async function recordPlain(
  pane: NegatoscopeViewport,
  form: PlainForm,
  perSecond: number,
  progress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const held = new Held(pane);
  const { total } = held;
  const { look, shown, number: viewport, client } = pane;
  const grey = Boolean(shown?.grey && look.colour_map === 'grey' && !shown.graphics && !pane.overlaid);
  const wish = { kind: 'moving' as const, viewport, form, pictures: total, per_second: perSecond, grey };
  try {
    for (let place = 0; place < total; place += 1) {
      signal.throwIfAborted();
      const { bytes } = await held.at(place, () => client.ask('encoded', { ...wish, place }));
      progress(place + 1, total);
      if (bytes) return new Blob([new Uint8Array(bytes)], { type: form === 'gif' ? 'image/gif' : 'image/png' });
    }
    throw new Error('no pictures');
  } catch (error) {
    await client.ask('done', { ...wish, place: total }).catch(() => {});
    throw error;
  } finally {
    held.back();
  }
}
