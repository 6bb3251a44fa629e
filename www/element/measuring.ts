// Measuring as a tool of the viewer: which kind is in hand, the words that a mark asks for, and what the panel of measurements does.
import { fill } from '../text/index.ts';
import type { Tool } from './gestures.ts';
import type { MeasurePanelActions, MeasurePanelState } from './measure-panel.ts';
import { type Going, planeName } from './measure-places.ts';
import { hidden, kindName, leftOutWords, spoken } from './measure-words.ts';
import type { Measure, MeasureForm, MeasureKind, Measures } from './measures.ts';
import { copyText, saveAs } from './saving.ts';
import type { ViewerHost } from './viewer-host.ts';

/** What only the viewer can do. */
interface Doing {
  calibrate(uid: string, mm: number | null): void;
  save(form: MeasureForm): Promise<{ blobs: Blob[]; end: string }>;
  /** Marks that a form can't hold. */
  leftOut(form: MeasureForm): readonly Measure[];
  /** Shows the image or the plane of a mark. */
  goTo(one: Going): Promise<void>;
  /** Words are asked for in a dialog; it shuts. */
  ask(on: boolean): void;
  /** Leaves the panel. */
  shut(): void;
}

export class Measuring {
  /** The tool in hand. */
  kind: MeasureKind | '' = '';
  /** Whose words are asked for. */
  asking: MeasureKind | '' = '';
  #copied = false;
  #before: Tool = 'window';
  #asked: ((words: string | null) => void) | null = null;

  constructor(
    private host: ViewerHost,
    private measures: Measures,
    private doing: Doing,
  ) {}

  /** Takes a measuring tool; the same again puts it away. */
  take(kind: MeasureKind): void {
    const { host } = this;
    if (host.tool === 'measure' && this.kind === kind) {
      this.leave();
      return;
    }
    if (host.tool !== 'measure') this.#before = host.tool;
    host.tool = 'measure';
    this.kind = kind;
    host.speak(fill(host.text.measure_begun, { tool: kindName(host.text, kind) }));
  }

  /** The tool of before. */
  leave(): void {
    this.host.tool = this.#before;
  }

  /** The handle or the button that had the focus goes with the mark: the keys stay with the image. */
  remove(uid: string): void {
    this.measures.remove(uid);
    this.host.focusImage();
  }

  /** Words for a text or an arrow, asked for in a dialog; null when it was left. */
  words = (kind: MeasureKind): Promise<string | null> =>
    new Promise((resolve) => {
      this.#asked?.(null);
      this.#asked = resolve;
      this.asking = kind;
      this.doing.ask(true);
    });

  given(words: string | null): void {
    const asked = this.#asked;
    this.#asked = null;
    this.asking = '';
    this.doing.ask(false);
    asked?.(words);
    this.host.focusImage('drawn');
  }

  /** Another study comes: nobody will give words for a mark of this one. */
  forget(): void {
    const asked = this.#asked;
    this.#asked = null;
    this.asking = '';
    asked?.(null);
  }

  #goTo(one: Measure): void {
    const { host } = this;
    this.measures.select(one.uid);
    this.doing.goTo(one).catch((error: unknown) => host.say(error));
    host.speak(spoken(host.text, hidden(one, host.anonymous)));
  }

  /** Series and image, or plane, of a mark. */
  where(one: Measure): string {
    const { text, catalogue } = this.host;
    const all = (catalogue?.studies ?? []).flatMap((study) => study.series);
    const at = all.findIndex(({ frame_sets }) => frame_sets.some(({ key }) => key === one.place.frame_set));
    const { frames } = all[at]?.frame_sets.find(({ key }) => key === one.place.frame_set) ?? {};
    // A place in the stack, and so said: an Instance Number may be another.
    const image = frames && frames > 1 ? `${one.place.index + 1}/${frames}` : `${one.place.index + 1}`;
    const place = one.plane ? planeName(text, one.plane) : `${text.fact_image} ${image}`;
    return `${text.fact_series} ${all[at]?.number || at + 1}  ${place}`;
  }

  panel(): MeasurePanelState {
    const { host, measures } = this;
    const { text, anonymous } = host;
    const { items, active, canUndo, canRedo, selected } = measures;
    const calibrated = selected ? (measures.calibrated.get(selected.place.frame_set) ?? null) : null;
    const where = (one: Measure) => this.where(one);
    return { text, items, active, canUndo, canRedo, where, calibrated, copied: this.#copied, anonymous };
  }

  readonly actions: MeasurePanelActions = {
    go: (one) => this.#goTo(one),
    rename: (one, text) => this.measures.change(one.uid, { text }),
    remove: (one) => this.remove(one.uid),
    removeAll: () => this.measures.removeAll(),
    undo: () => this.measures.undo(),
    redo: () => this.measures.redo(),
    calibrate: (one, mm) => this.doing.calibrate(one.uid, mm),
    copy: (form) => void this.#copy(form).catch((error: unknown) => this.host.say(error)),
    save: (form) => void this.#save(form).catch((error: unknown) => this.host.say(error)),
    shut: () => this.doing.shut(),
  };

  async #copy(form: 'text' | 'csv'): Promise<void> {
    const { host } = this;
    const lines = this.measures.items.map(
      (one) => `${this.where(one)}: ${spoken(host.text, hidden(one, host.anonymous))}`,
    );
    const text = form === 'text' ? lines.join('\n') : await ((await this.doing.save('csv')).blobs[0] as Blob).text();
    await copyText(text.replace(/^\ufeff/, ''));
    this.#tellCopied(true);
    setTimeout(() => this.#tellCopied(false), 3000);
  }

  #tellCopied(copied: boolean): void {
    this.#copied = copied;
    this.host.changed();
  }

  async #save(form: MeasureForm): Promise<void> {
    const { items } = this.measures;
    const lost = this.doing.leftOut(form);
    if (lost.length > 0) this.host.tell(leftOutWords(this.host.text, lost));
    if (lost.length === items.length) return; // of none, too
    // One file: of several a browser may keep only the first. Its name names nobody.
    const { blobs, end } = await this.doing.save(form);
    for (const blob of blobs) saveAs(blob, `negatoscope-${end}`);
  }
}
