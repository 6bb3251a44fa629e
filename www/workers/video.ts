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

/** What may come before a picture that a decoder is given first: nothing else (1, and 2), what came before the last open one (3), all (0). */
type Kind = 0 | 1 | 2 | 3;
const [KEY, OPEN, LEADING] = [1, 2, 3] as const;

/** What a session says of a video (src/web/video.rs). A frame of -1: none. Pictures are in the order of decoding. */
interface About {
  codec: string;
  size: [number, number];
  /** By which matrix its colours were made, by the name of WebCodecs: as the stream says, or as is taken. Null: another one. */
  matrix: 'smpte170m' | 'bt709' | 'bt470bg' | 'bt2020-ncl' | null;
  said: boolean;
  fullRange: boolean;
  frames: number;
  pictures: [start: number, length: number, kind: Kind, frame: number][];
  sets: [start: number, length: number, name: number][];
}

/** A refusal in the form of src/web/parcel.rs. */
const refusal = (code: string, detail: string) => JSON.stringify([code, detail]);

/** Bytes of decoded pictures that each video keeps beside the session's cache: the way back is as quick as the way on. */
const KEPT = 64 << 20;
/** Pictures that a decoder is given ahead of its work. */
const AHEAD = 8;
/** Later frames that may come out before one that is still to come: more than any stream puts out of order. */
const REORDERED = 16;
/** How long a decoder may take for a step, ms. */
const PATIENCE = 10_000;

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** Formats whose colours are made in Rust, the same in every browser. */
const PLANES = new Set<unknown>(['I420', 'I422', 'I444', 'NV12']);
/** Matrices that src/codec/video/colour.rs knows. */
const MATRICES = new Set<unknown>(['bt709', 'bt470bg', 'smpte170m', 'bt2020-ncl']);

/** Copies a picture out of the decoder, lines without gaps. What it does not say of its colours, its stream does. */
async function copied(frame: VideoFrame, about: About): Promise<Picture> {
  const rect = frame.visibleRect;
  const [columns, rows] = rect ? [rect.width, rect.height] : [frame.codedWidth, frame.codedHeight];
  const matrix = frame.colorSpace.matrix ?? about.matrix;
  const fullRange = frame.colorSpace.fullRange ?? about.fullRange;
  const { format } = frame;
  const size = { columns, rows };
  if (PLANES.has(format) && MATRICES.has(matrix)) {
    const layout = planes(format as string, columns, rows);
    const samples = new Uint8Array(frame.allocationSize({ layout }));
    await frame.copyTo(samples, { layout });
    return { ...size, format: format as string, matrix: matrix as string, fullRange, samples };
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

/** A frame that somebody waits for. */
interface Job {
  frame: number;
  /** Not only because it may be wanted soon. */
  urgent: boolean;
  /** Nobody waits any more. */
  gone: boolean;
  resolve: (picture: Picture | null) => void;
  reject: (refusal: unknown) => void;
}

/** One video. */
class Video {
  #decoder: VideoDecoder | null = null;
  #supported: Promise<boolean>;
  /** The picture that the decoder began with, the one that it is given next, and the frames that have come out of it. */
  #from = 0;
  #next = 0;
  #out = new Set<number>();
  /** The frame that is waited for, its picture, and how many later ones have come out. */
  #target = -1;
  #found: Picture | null = null;
  #later = 0;
  #kept = new Map<number, Picture>();
  #keptBytes = 0;
  #copies: Promise<void> = Promise.resolve();
  #fault: unknown;
  #wake = () => {};
  /** By frame, its place in the order of decoding. */
  #places: number[] = [];
  #jobs: Job[] = [];
  #job: Job | null = null;

  constructor(
    private about: About,
    private bytes: Uint8Array,
    private patience: number,
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

  /** The picture of a frame, one after the other; null when nobody waits for it any more. Throws a refusal. An urgent one comes first, and
   * what is only wanted soon is given up for it. */
  frame(frame: number, urgent: boolean): Promise<Picture | null> {
    return new Promise((resolve, reject) => {
      if (urgent) this.#giveUp((job) => !job.urgent && job.frame !== frame);
      const job = { frame, urgent, gone: false, resolve, reject };
      if (urgent) this.#jobs.unshift(job);
      else this.#jobs.push(job);
      void this.#work();
    });
  }

  /** Bytes that it holds: the stream, and pictures. */
  get size(): number {
    return this.bytes.length + this.#keptBytes;
  }

  /** Gives up all but the stream, at once. */
  rest(): void {
    this.#giveUp(() => true);
    this.#stop();
    this.#kept.clear();
    this.#keptBytes = 0;
  }

  #giveUp(which: (job: Job) => boolean): void {
    this.#jobs = this.#jobs.filter((job) => {
      if (!which(job)) return true;
      job.resolve(null);
      return false;
    });
    if (!this.#job || !which(this.#job)) return;
    this.#job.gone = true;
    this.#wake();
  }

  async #work(): Promise<void> {
    if (this.#job) return;
    for (;;) {
      const job = this.#jobs.shift() ?? null;
      this.#job = job;
      if (!job) return;
      try {
        job.resolve(await this.#frame(job));
      } catch (error) {
        if (job.gone) job.resolve(null);
        else job.reject(typeof error === 'string' ? error : refusal('PIX-004', `video, ${error}`));
      }
    }
  }

  #stop(): void {
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = null;
  }

  #config(): VideoDecoderConfig {
    const [codedWidth, codedHeight] = this.about.size;
    const { codec, matrix, said, fullRange } = this.about;
    const known = matrix === 'smpte170m' || matrix === 'bt709' ? matrix : null;
    const space = !said && known && { primaries: known, transfer: known, matrix: known, fullRange };
    return { codec, codedWidth, codedHeight, ...(space && { colorSpace: space }) };
  }

  /** The picture that a decoder has to begin with for the one at a place. */
  #begin(at: number): number {
    const { pictures } = this.about;
    // What leads an open picture needs what came before that.
    let open = pictures[at]?.[2] !== LEADING;
    for (let key = at; key > 0; key -= 1) {
      const kind = pictures[key]?.[2];
      if (kind === KEY || (open && kind === OPEN)) return key;
      if (kind === OPEN) open = true;
    }
    return 0;
  }

  async #frame(job: Job): Promise<Picture | null> {
    const { frame } = job;
    const kept = this.#kept.get(frame);
    if (kept) return kept;
    const at = this.#places[frame];
    if (at === undefined) {
      // Its picture is not in the stream, or nothing that it needs.
      const { frames } = this.about;
      throw frame < frames ? refusal('PIX-004', `video, ${frame + 1} of ${frames}`) : refusal('PIX-011', `${frames}`);
    }
    if (!(await this.#supported)) throw refusal('PIX-010', this.about.codec);
    if (job.gone) return null;
    const key = this.#begin(at);
    // A decoder that is under way goes on, unless it began behind the key, the frame has come and gone, or a later key is nearer.
    const under = this.#decoder !== null && this.#fault === undefined;
    const goesOn = under && key >= this.#from && key <= this.#next && !this.#out.has(frame);
    if (!goesOn) this.#start(key);
    let found = await this.#run(job, at);
    if (!found && goesOn && !job.gone) {
      // The browser may have taken a decoder away that stood idle.
      this.#start(key);
      found = await this.#run(job, at);
    }
    if (!found && !job.gone) throw refusal('PIX-004', `video, ${this.#fault ?? this.about.codec}`);
    return found;
  }

  /** A decoder that begins with a picture. */
  #start(from: number): void {
    this.#stop();
    this.#fault = undefined;
    this.#out.clear();
    this.#from = from;
    this.#next = from;
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
    const current = () => this.#decoder === decoder; // else it is late
    if (current()) {
      this.#out.add(at);
      if (at > this.#target) this.#later += 1;
    }
    // What lies too far before the one that is asked for would only push others out.
    if (current() && at >= 0 && (this.#target - at) * bytes < KEPT) {
      const picture = await copied(frame, this.about).catch(() => null);
      if (picture && current()) this.#keep(at, picture);
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

  /** Feeds the decoder until a frame has come out, whose place in the order of decoding is `at`, or it is clear that it will not. */
  async #run(job: Job, at: number): Promise<Picture | null> {
    this.#target = job.frame;
    this.#found = null;
    this.#later = 0;
    for (const out of this.#out) if (out > job.frame) this.#later += 1;
    for (;;) {
      const decoder = this.#decoder;
      if (this.#found || this.#fault !== undefined || !decoder || job.gone) return this.#found;
      if (this.#out.has(job.frame) || this.#later > REORDERED) {
        // It came and could not be copied, or others came that are shown after it.
        await this.#copies;
        return this.#found;
      }
      const busy = decoder.decodeQueueSize;
      if (this.#next >= this.about.pictures.length) {
        // The last ones come out when nothing can follow; after that the decoder would take a key only.
        await this.#flushed(job, decoder);
        if (this.#fault !== undefined) return this.#found;
        await this.#copies;
        if (this.#decoder === decoder) this.#stop();
      } else if (this.#next <= at) {
        if (busy < AHEAD) this.#feed(decoder);
        else await this.#woken();
      } else if (busy > 0) {
        await this.#woken();
      } else {
        // It is in the decoder already, which waits for what may come before it: further on one by one.
        await turn();
        await this.#copies;
        if (!this.#found && this.#fault === undefined && !job.gone && this.#decoder === decoder) this.#feed(decoder);
      }
    }
  }

  /** Waits for all that is in the decoder. */
  async #flushed(job: Job, decoder: VideoDecoder): Promise<void> {
    let over = false;
    const end = () => {
      over = true;
      this.#wake();
    };
    decoder.flush().then(end, end);
    while (!over && this.#fault === undefined && !job.gone) await this.#woken();
  }

  /** Resolves when the decoder got on or is given up. One that takes too long has failed. */
  #woken(): Promise<void> {
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#fault ??= 'TimeoutError';
        resolve();
      }, this.patience);
      this.#wake = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }

  #feed(decoder: VideoDecoder): void {
    const [start, length, kind, frame] = this.about.pictures[this.#next] ?? [0, 0, 0, -1];
    const first = this.#next === this.#from;
    this.#next += 1;
    const picture = this.bytes.subarray(start, start + length);
    let data = picture;
    if (first) {
      const parts = [...this.#setsBefore(start), picture];
      data = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
      let to = 0;
      for (const part of parts) {
        data.set(part, to);
        to += part.length;
      }
    }
    // Times are the frames' numbers: whatever order pictures come out in, each says which one it is.
    const type = kind === KEY || first ? 'key' : 'delta';
    decoder.decode(new EncodedVideoChunk({ type, timestamp: frame, data }));
  }

  /** The parameter sets that are in force at a place, which a decoder that begins there has not seen. */
  #setsBefore(place: number): Uint8Array[] {
    const last = new Map<number, Uint8Array>();
    for (const [start, length, name] of this.about.sets) {
      if (start >= place) break;
      last.set(name, this.bytes.subarray(start, start + length));
    }
    return [...last].sort(([a], [b]) => a - b).map(([, set]) => set);
  }
}

/** Bytes that are held at once, beyond those of the video that is looked at. */
const HELD = 256 << 20;
/** Videos that have a decoder at once: as many as there are panes. */
const AT_WORK = 4;

/** The videos of a study, by instance; the one that was looked at last is the last. */
export class Videos {
  #open = new Map<number, Video>();

  /** `patience`: how long a decoder may take for a step, ms. */
  constructor(private patience = PATIENCE) {}

  /** The video of an instance, taken from the session once; null where that gives none. */
  of(instance: number, take: () => { json: string; bytes: Uint8Array } | null): Video | null {
    let video = this.#open.get(instance);
    if (!video) {
      const taken = take();
      if (!taken) return null;
      video = new Video(JSON.parse(taken.json) as About, taken.bytes, this.patience);
    }
    this.#open.delete(instance);
    this.#open.set(instance, video);
    let held = 0;
    for (const [place, [at, other]] of [...this.#open].reverse().entries()) {
      if (place >= AT_WORK) other.rest();
      if (other === video) continue;
      held += other.size;
      if (held <= HELD) continue;
      other.rest();
      this.#open.delete(at);
    }
    return video;
  }

  /** Forgets all; what is under way is given up. */
  clear(): void {
    for (const video of this.#open.values()) video.rest();
    this.#open.clear();
  }
}
