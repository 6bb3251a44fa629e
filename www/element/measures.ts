// What is measured: the list of marks with their values, its undoing, and what is asked of the study worker for it. Nothing is drawn here.
import { measureTools } from '../shared/generated/measure-tools.ts';
import type { Computed, Failure, FrameName, FramePlace, Mark, Measurement, OnPlane } from '../shared/protocol.ts';
import type { MarkPlace } from './measure-places.ts';
import { stamp } from './stamp.ts';
import type { StudyClient } from './study-client.ts';

export type MeasureKind = (typeof measureTools)[number]['name'];
export type MeasurePoint = [number, number];
/** What measurements can be saved as. */
export const measureForms = ['sr', 'sr3d', 'gsps', 'csv', 'json'] as const;
export type MeasureForm = (typeof measureForms)[number];

/** One mark on a frame. Never changed: a change is a new one with the same uid. */
export interface Measure {
  readonly uid: string;
  readonly kind: MeasureKind;
  readonly points: readonly MeasurePoint[];
  readonly text: string;
  readonly place: Readonly<FramePlace>;
  /** The plane of a volume that its points are pixels of; `place` is then an image of that volume. */
  readonly plane: Readonly<OnPlane> | null;
  /** Where the label stands, in CSS pixels from where it would stand. */
  readonly label: readonly [number, number];
  /** What it is worth; null until the worker has said it. */
  readonly computed: Computed | null;
  /** Name of the frame: SOP Instance UID, and its number from 1. */
  readonly sop_uid: string;
  readonly frame: number;
  /** The values are those of another program's report. */
  readonly reported: boolean;
}

/** A mark as a page around gets it: JSON, without the identity of anybody. */
export interface MeasureInfo {
  uid: string;
  kind: MeasureKind;
  points: MeasurePoint[];
  text: string;
  frameSet: number;
  frame: number;
  label: [number, number];
  values: Computed['values'];
  spacing: Computed['origin'] | null;
  statistics: Computed['statistics'];
  /** The plane of a volume that it lies on; null on an image. */
  plane: OnPlane | null;
}

/** What a session keeps of a mark. */
export type MeasureState = Pick<MeasureInfo, 'kind' | 'points' | 'text' | 'frameSet' | 'frame' | 'label'> & {
  uid?: string;
  sop_uid?: string;
  sop_frame?: number;
  plane?: OnPlane | null;
};

/** A calibration as a session keeps it: a frame of its stack, by name. */
export interface CalibrationState {
  sop_uid: string;
  sop_frame: number;
  mm: number;
}

export const isKind = (name: string): name is MeasureKind => measureTools.some((tool) => tool.name === name);
/** Handles at least and at most. */
export const handlesOf = (kind: MeasureKind) => measureTools.find((tool) => tool.name === kind) ?? measureTools[0];
/** Places are kept to a 64th of a pixel: such ones are exact in the files that reports are. */
export const kept = ([x, y]: readonly [number, number]): MeasurePoint => [
  Math.round(x * 64) / 64,
  Math.round(y * 64) / 64,
];
/** Kinds with an inside, of which there are statistics. */
export const isRegion = (kind: MeasureKind) => ['ellipse', 'rectangle', 'polygon', 'freehand'].includes(kind);

/** A UID of 2.25 and a random UUID (PS3.5 B.2). */
function newUid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return `2.25.${bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)}`;
}

export const infoOf = (one: Measure): MeasureInfo => ({
  uid: one.uid,
  kind: one.kind,
  points: one.points.map(([x, y]) => [x, y]),
  text: one.text,
  frameSet: one.place.frame_set,
  frame: one.place.index,
  label: [...one.label],
  values: one.computed?.values ?? [],
  spacing: one.computed?.origin ?? null,
  statistics: one.computed?.statistics ?? [],
  plane: one.plane,
});

export type MeasureEvent = 'measurement-added' | 'measurement-changed' | 'measurement-removed';

interface Told {
  changed(): void;
  told(event: MeasureEvent, info: MeasureInfo): void;
}

/** Steps back that are kept. */
const MOST_STEPS = 200;
/** How often a question that failed is asked again, and after how many ms. */
const AGAIN = { most: 3, after: 1500 };

export class Measures {
  items: readonly Measure[] = [];
  /** Uid of the selected mark. */
  active = '';
  /** mm between columns by frame set, as the user has calibrated them. */
  calibrated: ReadonlyMap<number, number> = new Map();
  #past: (readonly Measure[])[] = [];
  #future: (readonly Measure[])[] = [];
  /** The list before a drag that has not ended. */
  #held: readonly Measure[] | null = null;
  #asking = new Map<string, Promise<void>>();
  #closings = 0;
  /** How often the keys of the stacks have changed. */
  #renewals = 0;
  /** A frame of each calibrated stack, by name. */
  #calibratedBy = new Map<number, FrameName>();

  constructor(
    private readonly client: StudyClient,
    private readonly to: Told,
  ) {
    // What a lost worker did not answer is asked of the new one.
    client.addEventListener('replaced', () => {
      for (const { uid, computed } of this.items) if (!computed) this.#ask(uid);
    });
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }
  get canRedo(): boolean {
    return this.#future.length > 0;
  }
  get selected(): Measure | undefined {
    return this.items.find(({ uid }) => uid === this.active);
  }

  /** The marks of a frame. */
  on(place: FramePlace): readonly Measure[] {
    return this.items.filter(
      (one) => !one.plane && one.place.frame_set === place.frame_set && one.place.index === place.index,
    );
  }

  clear(): void {
    this.#closings += 1;
    this.items = [];
    this.active = '';
    this.calibrated = new Map();
    this.#calibratedBy.clear();
    this.#asking.clear();
    this.#past = [];
    this.#future = [];
    this.#held = null;
    this.to.changed();
  }

  select(uid: string): void {
    if (this.active === uid) return;
    this.active = uid;
    this.to.changed();
  }

  /** What a mark that is not in the list is worth. */
  async worth(
    mark: Mark,
    { place, plane }: MarkPlace,
    user_mm = this.calibrated.get(place.frame_set) ?? null,
  ): Promise<{ computed: Computed; sop_uid: string; frame: number } | null> {
    const { results, sop_uid, frame } = await this.client.ask(
      'measured',
      plane
        ? { kind: 'measure-plane', frame_set: place.frame_set, plane, marks: [mark] }
        : { kind: 'measure', ...place, marks: [mark], user_mm },
    );
    const [computed] = results;
    return computed ? { computed, sop_uid, frame } : null;
  }

  /** Takes a mark into the list; resolves with its values. */
  async add(mark: Mark, at: MarkPlace, more: { uid?: string; label?: [number, number] } = {}): Promise<Measure> {
    const points = mark.points.map(kept);
    const [closings, renewals] = [this.#closings, this.#renewals];
    const worth = await this.worth({ ...mark, points }, at);
    // The keys are others now: nobody can say which image was measured.
    const elsewhere = renewals !== this.#renewals;
    if (closings !== this.#closings || elsewhere || !worth)
      throw new DOMException('the study was closed', 'AbortError');
    const uid = more.uid && this.items.every((other) => other.uid !== more.uid) ? more.uid : newUid();
    const kind = mark.kind as MeasureKind;
    const label = more.label ?? [0, 0];
    const { text } = mark;
    const lies = { place: { ...at.place }, plane: at.plane };
    const one: Measure = { uid, kind, points, text, ...lies, label, reported: false, ...worth };
    this.#commit([...this.items, one]);
    this.active = one.uid;
    this.to.changed();
    this.to.told('measurement-added', infoOf(one));
    return one;
  }

  /** Changes a mark; what was moved is computed anew. While `held` it is a part of a drag, which one undoing takes back. */
  change(uid: string, part: Partial<Pick<Measure, 'points' | 'text' | 'label'>>, held = false): void {
    const old = this.items.find((one) => one.uid === uid);
    if (!old) return;
    const moved = part.points !== undefined;
    const next = { ...old, ...part, ...(moved && { reported: false }) };
    const items = this.items.map((one) => (one.uid === uid ? next : one));
    if (held) {
      this.#held ??= this.items;
      this.items = items;
    } else this.#commit(items);
    this.to.changed();
    if (moved) this.#ask(uid);
    else if (!held) this.to.told('measurement-changed', infoOf(next));
  }

  /** A drag has ended. */
  release(uid: string): void {
    if (!this.#held) return;
    const before = this.#held;
    this.#held = null;
    this.#past = [...this.#past, before].slice(-MOST_STEPS);
    this.#future = [];
    const one = this.items.find((other) => other.uid === uid);
    if (one && !this.#asking.has(uid)) this.to.told('measurement-changed', infoOf(one));
    this.to.changed();
  }

  remove(uid: string): void {
    const one = this.items.find((other) => other.uid === uid);
    if (!one) return;
    this.#commit(this.items.filter((other) => other !== one));
    if (this.active === uid) this.active = '';
    this.to.changed();
    this.to.told('measurement-removed', infoOf(one));
  }

  removeAll(): void {
    const all = this.items;
    if (all.length === 0) return;
    this.#commit([]);
    this.active = '';
    this.to.changed();
    for (const one of all) this.to.told('measurement-removed', infoOf(one));
  }

  undo(): void {
    const before = this.#past.at(-1);
    if (!before) return;
    this.#past = this.#past.slice(0, -1);
    this.#future = [...this.#future, this.items];
    this.#jump(before);
  }

  redo(): void {
    const after = this.#future.at(-1);
    if (!after) return;
    this.#future = this.#future.slice(0, -1);
    this.#past = [...this.#past, this.items];
    this.#jump(after);
  }

  /** mm between columns of a stack; null: as the file says. Everything on it is computed anew. */
  calibrate(frameSet: number, mm: number | null): void {
    const next = new Map(this.calibrated);
    const name = this.#nameIn(frameSet);
    if (mm === null) next.delete(frameSet);
    else next.set(frameSet, mm);
    if (mm === null) this.#calibratedBy.delete(frameSet);
    else if (name) this.#calibratedBy.set(frameSet, name);
    this.calibrated = next;
    for (const one of this.items)
      if (one.place.frame_set === frameSet && !one.plane && !one.reported) this.#ask(one.uid);
    this.to.changed();
  }

  /** The way between the first two points of a mark is so many mm; null: as the file says. */
  async calibrateBy(uid: string, mm: number | null): Promise<void> {
    const one = this.items.find((other) => other.uid === uid);
    if (!one || one.points.length < 2) return;
    const { closings, place } = { closings: this.#closings, place: one.place };
    const columns = mm === null ? null : await this.#columnsOf(one, mm);
    if (closings !== this.#closings || (mm !== null && columns === null)) return;
    const now = this.items.find((other) => other.uid === uid);
    this.calibrate((now ?? { place }).place.frame_set, columns);
  }

  /** mm between columns where the first two points of a mark are so many mm apart; null where nobody can say. */
  async #columnsOf(one: Pick<Measure, 'points' | 'place' | 'plane'>, mm: number): Promise<number | null> {
    const {
      place,
      plane,
      points: [a, b],
    } = one;
    // A plane of a volume has its spacing from the patient.
    if (!a || !b || plane || !(mm > 0)) return null;
    // With columns of 1 mm the worker says how many of them it is, by the aspect of the stack's own pixels.
    const mark = { kind: 'length', points: [a, b].map(([x, y]): MeasurePoint => [x, y]), text: '' };
    const computed = (await this.worth(mark, { place, plane }, 1))?.computed;
    const [length] = computed?.values ?? [];
    return computed?.origin.from === 'user' && length && length.value > 0 ? mm / length.value : null;
  }

  /** The name of a frame of a stack, as far as one is known. */
  #nameIn(frameSet: number): FrameName | undefined {
    const one = this.items.find(({ place, sop_uid }) => place.frame_set === frameSet && sop_uid);
    return one ? { sop_uid: one.sop_uid, frame: one.frame } : this.#calibratedBy.get(frameSet);
  }

  /** The calibrations with the names of frames, which are identifiers of a study. */
  calibrations(): CalibrationState[] {
    return [...this.calibrated].flatMap(([frameSet, mm]) => {
      const name = this.#nameIn(frameSet);
      return name ? [{ sop_uid: name.sop_uid, sop_frame: name.frame, mm }] : [];
    });
  }

  /** Calibrates as a session says it. */
  async recalibrate(wanted: readonly CalibrationState[]): Promise<void> {
    if (wanted.length === 0) return;
    const closings = this.#closings;
    const names = wanted.map(({ sop_uid, sop_frame: frame }) => ({ sop_uid, frame }));
    const { places } = await this.client.ask('located', { kind: 'locate', names });
    if (closings !== this.#closings) return;
    for (const [i, { mm }] of wanted.entries()) {
      const [place, name] = [places[i], names[i]];
      if (!place || !name || !(mm > 0)) continue;
      this.calibrate(place.frame_set, mm);
      this.#calibratedBy.set(place.frame_set, name);
    }
  }

  /** Takes in what reports and presentation states of the study hold; gives what can't be shown. */
  async restoreSaved(): Promise<readonly Failure[]> {
    const closings = this.#closings;
    const { found, left_out } = await this.client.ask('saved-marks', { kind: 'saved-marks' });
    if (closings !== this.#closings) return [];
    // A stack that was calibrated when its marks were saved is so again: their values are said to be in mm by it.
    const ofUser = found.filter(({ measurement: { computed }, own }) => own && computed.origin.from === 'user');
    for (const { measurement, place } of ofUser) {
      const { mark, computed, sop_uid, frame } = measurement;
      const [length] = computed.values;
      if (mark.kind !== 'length' || measurement.plane || length?.unit !== 'mm' || this.calibrated.has(place.frame_set))
        continue;
      const columns = await this.#columnsOf({ points: mark.points, place, plane: null }, length.value).catch(
        () => null,
      );
      if (closings !== this.#closings) return [];
      if (columns === null) continue;
      this.#calibratedBy.set(place.frame_set, { sop_uid, frame });
      this.calibrate(place.frame_set, columns);
    }
    const known = new Set(this.items.map(({ uid }) => uid));
    const items = found
      .filter(({ measurement: { uid, mark } }) => !known.has(uid) && isKind(mark.kind))
      .map(({ measurement: { uid, sop_uid, frame, mark, computed, plane }, place, own }): Measure => {
        const { kind, points, text } = mark as Mark & { kind: MeasureKind };
        // Without the calibration it would be worth something else.
        const reported = !own || (computed.origin.from === 'user' && !this.calibrated.has(place.frame_set));
        const identity = { uid: uid || newUid(), sop_uid, frame };
        return { ...identity, kind, points, text, place, plane, label: [0, 0], computed, reported };
      });
    if (items.length > 0) {
      this.items = [...this.items, ...items];
      this.to.changed();
      // Ours are what they were; their statistics get their histograms again.
      for (const one of items) if (!one.reported) this.#ask(one.uid);
    }
    return left_out;
  }

  /** The keys of the stacks are new ones: marks go with their frames, by name. */
  async rebind(): Promise<void> {
    this.#renewals += 1;
    const asked = this.items;
    const calibrations = this.calibrations();
    this.calibrated = new Map();
    this.#calibratedBy.clear();
    this.#past = [];
    this.#future = [];
    this.#held = null;
    if (asked.length === 0 && calibrations.length === 0) return;
    const closings = this.#closings;
    const names = asked.map(({ sop_uid, frame }) => ({ sop_uid, frame }));
    const { places } = await this.client.ask('located', { kind: 'locate', names });
    if (closings !== this.#closings) return;
    const at = new Map(asked.map((one, i) => [one.uid, places[i]] as const));
    this.items = this.items.flatMap((one) => {
      if (!at.has(one.uid)) return [one]; // made meanwhile, under the new keys
      const place = at.get(one.uid);
      return place ? [{ ...one, place }] : [];
    });
    await this.recalibrate(calibrations);
    this.to.changed();
  }

  /** What a session keeps. `named`: with the names of the frames, which are identifiers of a study. */
  state(named = false): MeasureState[] {
    return this.items.map((one) => {
      const { kind, points, text, frameSet, frame, label, plane } = infoOf(one);
      const name = named ? { uid: one.uid, sop_uid: one.sop_uid, sop_frame: one.frame } : {};
      return { kind, points, text, frameSet, frame, label, ...(plane && { plane }), ...name };
    });
  }

  /** Puts marks of a session in the place of those that are there. */
  async restore(wanted: readonly MeasureState[]): Promise<void> {
    const names = wanted.map(({ sop_uid = '', sop_frame = 1 }) => ({ sop_uid, frame: sop_frame }));
    const named = wanted.some(({ sop_uid }) => sop_uid);
    const places = named ? (await this.client.ask('located', { kind: 'locate', names })).places : [];
    this.removeAll();
    for (const [i, { kind, points, text, frameSet, frame, label, uid, sop_uid, plane = null }] of wanted.entries()) {
      const place = sop_uid ? places[i] : { frame_set: frameSet, index: frame };
      if (!place || !isKind(kind)) continue;
      // One that does not fit the study that is open is left out.
      const at = { place, plane };
      const added = this.add({ kind, points, text }, at, { ...(uid && { uid }), label });
      await added.catch(() => plane && this.#await({ kind, points, text }, at, { uid, label }));
    }
    this.select('');
  }

  /** A mark on a plane of a volume that is not there yet: its values come with the volume. */
  #await(mark: Mark, { place, plane }: MarkPlace, more: { uid: string | undefined; label: [number, number] }): void {
    const points = mark.points.map(kept);
    const kind = mark.kind as MeasureKind;
    const name = { uid: more.uid || newUid(), sop_uid: '', frame: 1 };
    const lies = { place, plane, label: more.label, computed: null, reported: false };
    this.#commit([...this.items, { ...name, kind, points, text: mark.text, ...lies }]);
    this.to.changed();
  }

  /** The volume of a stack is there: what waited for it gets its values. */
  volumeThere(frameSet: number): void {
    for (const one of this.items)
      if (one.plane && one.place.frame_set === frameSet && !one.reported) this.#ask(one.uid);
  }

  /** The marks as files of a form; a report holds one study, a presentation state images that are graded alike. `plain`: without the words
   * that somebody has typed, or that a report has for them. `together`: as one file, several in a ZIP archive. */
  async save(
    form: MeasureForm,
    { plain = false, together = false } = {},
    items = this.items,
  ): Promise<{ blobs: Blob[]; end: string }> {
    const known = { csv: 'text/csv', json: 'application/json' } as Partial<Record<MeasureForm, string>>;
    const made = stamp();
    const measurements = items.map(
      ({ uid, sop_uid, frame, kind, points, text, computed, plane }): Measurement => ({
        uid,
        sop_uid,
        frame,
        mark: { kind, points: points.map(([x, y]) => [x, y]), text: plain ? '' : text },
        computed: computed ?? { values: [], origin: { from: 'none', factor: 1, label: '' }, statistics: [], notes: [] },
        plane,
      }),
    );
    const blobs: Blob[] = [];
    for (;;) {
      const part = together ? null : blobs.length;
      const request = { kind: 'save-marks' as const, what: form, part, measurements, stamp: made };
      const { bytes = new Uint8Array(), end, parts } = await this.client.ask('saved', request);
      const type = end.endsWith('.zip') ? 'application/zip' : (known[form] ?? 'application/dicom');
      blobs.push(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }));
      if (blobs.length >= parts) return { blobs, end };
    }
  }

  #commit(items: readonly Measure[]): void {
    this.#past = [...this.#past, this.#held ?? this.items].slice(-MOST_STEPS);
    this.#held = null;
    this.#future = [];
    this.items = items;
  }

  #jump(items: readonly Measure[]): void {
    const before = new Map(this.items.map((one) => [one.uid, one]));
    this.items = items;
    if (!this.selected) this.active = '';
    for (const one of items) {
      const old = before.get(one.uid);
      before.delete(one.uid);
      if (!old) this.to.told('measurement-added', infoOf(one));
      else if (old !== one) this.to.told('measurement-changed', infoOf(one));
      // What was still being computed when it was taken away, or under another calibration.
      if (!one.reported) this.#ask(one.uid);
    }
    for (const gone of before.values()) this.to.told('measurement-removed', infoOf(gone));
    this.to.changed();
  }

  /** Asks for the values of a mark; of many wishes during a drag only the newest is asked for. */
  #ask(uid: string): void {
    if (this.#asking.has(uid)) return;
    const answer = this.#answer(uid).finally(() => {
      if (this.#asking.get(uid) === answer) this.#asking.delete(uid);
    });
    this.#asking.set(uid, answer);
  }

  /** Resolves when a mark has the values of where it is. */
  settled(uid: string): Promise<void> {
    return this.#asking.get(uid) ?? Promise.resolve();
  }

  async #answer(uid: string): Promise<void> {
    const closings = this.#closings;
    for (let failures = 0; ; ) {
      const one = this.items.find((other) => other.uid === uid);
      if (!one) return;
      const { kind, points, text, place } = one;
      const mark = { kind, points: points.map(([x, y]): MeasurePoint => [x, y]), text };
      const worth = await this.worth(mark, one).catch(() => null);
      const now = this.items.find((other) => other.uid === uid);
      if (!now || closings !== this.#closings) return;
      // Without its volume a mark on a plane is not shown and not moved: what its report says of it holds until the volume is there.
      if (!worth && one.plane) return;
      if (!worth) {
        // Its old value is not that of where it is now: better none, until somebody can say it.
        failures += 1;
        this.items = this.items.map((other) => (other.uid === uid ? { ...other, computed: null } : other));
        this.to.changed();
        if (!this.#held) this.to.told('measurement-changed', infoOf({ ...now, computed: null }));
        if (failures > AGAIN.most) return;
        await new Promise((resolve) => setTimeout(resolve, AGAIN.after));
        if (closings !== this.#closings) return;
        continue;
      }
      if (now.place !== place) continue; // the keys are others now: asked again, at its place among them
      this.items = this.items.map((other) => (other.uid === uid ? { ...other, ...worth } : other));
      this.to.changed();
      if (now.points === points) {
        if (!this.#held) this.to.told('measurement-changed', infoOf({ ...now, ...worth }));
        return;
      }
    }
  }
}
