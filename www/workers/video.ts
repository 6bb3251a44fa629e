// The frames of videos, by the browser's own decoder: from the last picture that needs no other up to the one that is asked for.

/** One picture: 8-bit samples as `format` and `matrix` of WebCodecs say. */
export interface Picture {
  columns: number;
  rows: number;
  format: string;
  matrix: string;
  fullRange: boolean;
  samples: Uint8Array;
}

/** What a session says of a video (src/web/video.rs). A picture: first byte, bytes, key, frame or -1; in the order of decoding. */
interface About {
  codec: string;
  size: [number, number];
  /** What a decoder is told of its colours, where the stream says nothing. */
  colours: 'smpte170m' | 'bt709' | null;
  fullRange: boolean;
  frames: number;
  pictures: [start: number, length: number, key: boolean, frame: number][];
  sets: number;
}

/** A refusal in the form of src/web/parcel.rs. */
const refusal = (code: string, detail: string) => JSON.stringify([code, detail]);

/** Bytes of decoded pictures that each video keeps beside the session's cache: the way back is as quick as the way on. */
const KEPT = 64 << 20;
/** Pictures that a decoder is given ahead of its work. */
const AHEAD = 8;

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** Formats whose colours are made in Rust, the same in every browser. */
const PLANES = new Set<unknown>(['I420', 'I422', 'I444', 'NV12']);
/** Matrices that src/codec/video/colour.rs knows. */
const MATRICES = new Set<unknown>(['bt709', 'bt470bg', 'smpte170m', 'bt2020-ncl']);

/** Copies a picture out of the decoder, lines without gaps. */
async function copied(frame: VideoFrame): Promise<Picture> {
  const rect = frame.visibleRect;
  const [columns, rows] = rect ? [rect.width, rect.height] : [frame.codedWidth, frame.codedHeight];
  const { matrix, fullRange } = frame.colorSpace;
  const { format } = frame;
  const size = { columns, rows };
  if (PLANES.has(format) && MATRICES.has(matrix)) {
    const layout = planes(format as string, columns, rows);
    const samples = new Uint8Array(frame.allocationSize({ layout }));
    await frame.copyTo(samples, { layout });
    return { ...size, format: format as string, matrix: matrix as string, fullRange: fullRange === true, samples };
  }
  // Other kinds are converted by the browser: by copying, where it can, or by drawing.
  const converted = { ...size, format: 'RGBA', matrix: 'bt709', fullRange: true };
  const samples = new Uint8Array(columns * rows * 4);
  try {
    await frame.copyTo(samples, { format: 'RGBA', layout: [{ offset: 0, stride: columns * 4 }] });
    return { ...converted, samples };
  } catch {
    const context = new OffscreenCanvas(columns, rows).getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('no 2d context');
    context.drawImage(frame, 0, 0, columns, rows);
    return { ...converted, samples: new Uint8Array(context.getImageData(0, 0, columns, rows).data.buffer) };
  }
}

/** Where planes lie that follow each other without gaps. */
function planes(format: string, columns: number, rows: number): PlaneLayout[] {
  const [wide, high] = [
    format === 'I444' ? columns : (columns + 1) >> 1,
    format.endsWith('20') || format === 'NV12' ? (rows + 1) >> 1 : rows,
  ];
  const luma = columns * rows;
  return format === 'NV12'
    ? [
        { offset: 0, stride: columns },
        { offset: luma, stride: 2 * wide },
      ]
    : [
        { offset: 0, stride: columns },
        { offset: luma, stride: wide },
        { offset: luma + wide * high, stride: wide },
      ];
}

/** One video. */
class Video {
  #decoder: VideoDecoder | null = null;
  #supported: Promise<boolean>;
  /** The picture that the decoder is given next, and the frames that have come out of it. */
  #next = 0;
  #out = new Set<number>();
  /** The frame that is waited for, and its picture. */
  #target = -1;
  #found: Picture | null = null;
  #kept = new Map<number, Picture>();
  #keptBytes = 0;
  #copies: Promise<void> = Promise.resolve();
  #fault: unknown;
  #wake = () => {};
  /** By frame, its place in the order of decoding. */
  #places: number[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private about: About,
    private bytes: Uint8Array,
  ) {
    for (const [at, [, , , frame]] of about.pictures.entries()) if (frame >= 0) this.#places[frame] = at;
    this.#supported =
      typeof VideoDecoder === 'undefined'
        ? Promise.resolve(false)
        : VideoDecoder.isConfigSupported(this.#config()).then(
            ({ supported }) => supported === true,
            () => false,
          );
  }

  /** The picture of a frame; throws a refusal. One after the other. */
  frame(frame: number): Promise<Picture> {
    const picture = this.#last
      .then(() => this.#frame(frame))
      .catch((error) => {
        throw typeof error === 'string' ? error : refusal('PIX-004', `video, ${error}`);
      });
    this.#last = picture.catch(() => {});
    return picture;
  }

  get size(): number {
    return this.bytes.length;
  }

  /** Gives up what it holds, when it has no more to do. */
  close(): void {
    this.#last = this.#last.then(() => {
      this.#stop();
      this.#kept.clear();
    });
  }

  #stop(): void {
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = null;
  }

  #config(): VideoDecoderConfig {
    const [codedWidth, codedHeight] = this.about.size;
    const { codec, colours, fullRange } = this.about;
    const space = colours && { primaries: colours, transfer: colours, matrix: colours, fullRange };
    return { codec, codedWidth, codedHeight, ...(space && { colorSpace: space }) };
  }

  async #frame(frame: number): Promise<Picture> {
    const kept = this.#kept.get(frame);
    if (kept) return kept;
    const at = this.#places[frame];
    if (at === undefined) throw refusal('PIX-011', `${this.about.frames}`);
    if (!(await this.#supported)) throw refusal('PIX-010', this.about.codec);
    const { pictures } = this.about;
    let key = at;
    while (key > 0 && !pictures[key]?.[2]) key -= 1;
    // A decoder that is under way goes on, unless the frame has come and gone, or a later key is nearer.
    const goesOn = this.#decoder && this.#fault === undefined && !this.#out.has(frame) && key <= this.#next;
    if (!goesOn) this.#start(key);
    let found = await this.#run(frame, at);
    if (!found && goesOn) {
      // The browser may have taken a decoder away that stood idle.
      this.#start(key);
      found = await this.#run(frame, at);
    }
    if (!found) throw refusal('PIX-004', `video, ${this.#fault ?? this.about.codec}`);
    return found;
  }

  /** A decoder that begins with a key. */
  #start(key: number): void {
    this.#stop();
    this.#fault = undefined;
    this.#out.clear();
    this.#next = key;
    const decoder = new VideoDecoder({
      output: (frame) => {
        this.#copies = this.#copies.then(() => this.#take(frame, decoder));
      },
      error: (error) => {
        if (this.#decoder === decoder) this.#fault = error.name;
        this.#wake();
      },
    });
    decoder.ondequeue = () => this.#wake();
    decoder.configure(this.#config());
    this.#decoder = decoder;
  }

  async #take(frame: VideoFrame, decoder: VideoDecoder): Promise<void> {
    const at = frame.timestamp;
    const bytes = frame.codedWidth * frame.codedHeight * 4;
    const current = this.#decoder === decoder; // else it is late
    if (current) this.#out.add(at);
    // What lies too far before the one that is asked for would only push others out.
    if (current && at >= 0 && (this.#target - at) * bytes < KEPT) {
      const picture = await copied(frame).catch(() => null);
      if (picture) this.#keep(at, picture);
    }
    frame.close();
    this.#wake();
  }

  #keep(at: number, picture: Picture): void {
    if (at === this.#target) this.#found = picture;
    this.#kept.set(at, picture);
    this.#keptBytes = 0;
    for (const { samples } of this.#kept.values()) this.#keptBytes += samples.length;
    for (const [oldest, { samples }] of this.#kept) {
      if (this.#keptBytes <= KEPT || this.#kept.size < 2) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= samples.length;
    }
  }

  /** Feeds the decoder until a frame has come out, whose place in the order of decoding is `at`. */
  async #run(frame: number, at: number): Promise<Picture | null> {
    this.#target = frame;
    this.#found = null;
    for (;;) {
      const decoder = this.#decoder;
      if (this.#found || this.#fault !== undefined || !decoder) return this.#found;
      const busy = decoder.decodeQueueSize;
      if (this.#next >= this.about.pictures.length) {
        // The last ones come out when nothing can follow; after that the decoder would take a key only.
        await decoder.flush().catch(() => {});
        await this.#copies;
        this.#stop();
      } else if (this.#next <= at) {
        if (busy < AHEAD) this.#feed(decoder);
        else await this.#woken();
      } else if (busy > 0) {
        await this.#woken();
      } else {
        // It is in the decoder already, which waits for what may come before it: further on one by one.
        await turn();
        await this.#copies;
        if (!this.#found && this.#fault === undefined) this.#feed(decoder);
      }
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #feed(decoder: VideoDecoder): void {
    const [start, length, key, frame] = this.about.pictures[this.#next] ?? [0, 0, false, -1];
    this.#next += 1;
    const end = this.bytes.length - this.about.sets;
    const picture = this.bytes.subarray(start, start + length);
    let data = picture;
    if (key && start > 0) {
      // A decoder that begins here has not seen the parameter sets.
      data = new Uint8Array(this.about.sets + length);
      data.set(this.bytes.subarray(end));
      data.set(picture, this.about.sets);
    }
    // Times are the frames' numbers: whatever order pictures come out in, each says which one it is.
    decoder.decode(new EncodedVideoChunk({ type: key ? 'key' : 'delta', timestamp: frame, data }));
  }
}

/** Bytes of streams that are held at once, beyond the one that is looked at. */
const HELD = 256 << 20;

/** The videos of a study, by instance; the one that was looked at last is the last. */
export class Videos {
  #open = new Map<number, Video>();

  /** The video of an instance, taken from the session once; throws a refusal. */
  of(instance: number, take: () => { json: string; bytes: Uint8Array }): Video {
    let video = this.#open.get(instance);
    if (!video) {
      const { json, bytes } = take();
      video = new Video(JSON.parse(json) as About, bytes);
    }
    this.#open.delete(instance);
    let held = 0;
    for (const { size } of this.#open.values()) held += size;
    for (const [at, old] of this.#open) {
      if (held <= HELD) break;
      old.close();
      this.#open.delete(at);
      held -= old.size;
    }
    this.#open.set(instance, video);
    return video;
  }

  clear(): void {
    for (const video of this.#open.values()) video.close();
    this.#open.clear();
  }
}
