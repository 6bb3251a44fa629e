// The comparison of two stacks: which they are, how they lie to each other, how both are shown. Drawing is in compare-bar.ts and compare-view.ts.
import type { Failure, Look, Notice, Shown } from '../shared/protocol.ts';
import {
  type Before,
  type CompareHost,
  type CompareMode,
  type CompareWishes,
  type ComparisonState,
  mostChanges,
  type RegisterWay,
} from './compare-types.ts';
import { across, alongside, counterpart, given, holds, layingOf, type Relation } from './laying.ts';
import { plainLook } from './look.ts';
import { OverPainter, overLook, type Wanted } from './over-painter.ts';
import { type Candidate, candidates, proposal, type Stacked, stackedOf } from './priors.ts';
import type { RegisterClient } from './register-client.ts';
import { type StudyClient, StudyError } from './study-client.ts';
import type { NegatoscopeViewport } from './viewport.ts';

export class Compare {
  current: Stacked | null = null;
  prior: Stacked | null = null;
  mode: CompareMode = 'side';
  relation: Relation = { kind: 'middle', mm: false };
  share = 0.5;
  rate = 1;
  reach = 0;
  front: 'current' | 'prior' = 'current';
  paused = false;
  /** Lines between the key points that agree. */
  lines = true;
  /** Which list is open. */
  open: '' | 'priors' = '';
  /** Something is on its way. */
  work: { stage: 'register' | 'assemble'; done: number; total: number } | null = null;
  /** Why there is no registration. */
  failure: Failure | null = null;
  /** What lies over the current image. */
  over: Shown | null = null;
  /** What the reach of a difference can be set to, at most. */
  mostReach = 255;
  #before: Before | null = null;
  #priorLook: Look = plainLook();
  #stop: AbortController | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #painter: OverPainter;

  constructor(
    client: StudyClient,
    private registering: RegisterClient,
    private host: CompareHost,
  ) {
    this.#painter = new OverPainter(client);
  }

  /** A comparison has begun; its prior may still have to be chosen. */
  get on(): boolean {
    return this.current !== null;
  }

  /** All others that the current stack may be compared with. */
  get candidates(): Candidate[] {
    return this.current ? candidates(this.host.catalogue(), this.current.set.key) : [];
  }

  get patient(): Candidate['patient'] {
    return this.candidates.find(({ set }) => set.key === this.prior?.set.key)?.patient ?? 'same';
  }

  /** The one that can be registered in space. */
  get volumes(): boolean {
    return this.current?.set.no_volume === null && this.prior?.set.no_volume === null;
  }

  get state(): ComparisonState | null {
    const { current, prior, mode, relation, share, rate, front, paused, over, patient } = this;
    if (!current || !prior) return null;
    const shown = this.#home?.shown;
    return {
      current: current.set.key,
      prior: prior.set.key,
      mode,
      relation,
      holds: Boolean(shown && holds(relation, { set: current.set, shown }, prior.set)),
      patient,
      share,
      rate,
      front,
      paused,
      difference:
        mode === 'difference' && over?.window
          ? { reach: over.window.width / 2, unit: over.gives === 'values' ? over.unit : null }
          : null,
    };
  }

  get #home(): NegatoscopeViewport | undefined {
    return this.host.panes()[0];
  }

  #stack(key: number): Stacked {
    const found = stackedOf(this.host.catalogue()).find(({ set }) => set.key === key);
    if (!found) throw new RangeError('no such stack');
    return found;
  }

  /** Begins a comparison by hand: where no prior is of the same patient, the list of all others opens. */
  async begin(): Promise<void> {
    const key = this.#shownKey();
    const same = candidates(this.host.catalogue(), key).some(({ patient }) => patient === 'same');
    if (same || candidates(this.host.catalogue(), key).length === 0) {
      await this.show();
      return;
    }
    await this.host.leaveVolume();
    this.#remember();
    this.current = this.#stack(key);
    this.open = 'priors';
    this.host.changed();
  }

  #shownKey(): number {
    const { host } = this;
    const panes = host.panes();
    const key = (panes[host.active()] ?? panes[0])?.info?.key;
    if (key === undefined) throw new RangeError(host.nothingShown());
    return key;
  }

  #remember(): void {
    const { host } = this;
    this.#before = {
      layout: host.layout(),
      active: host.active(),
      shown: host.panes().map(({ seriesUid, info, index }) => ({ uid: seriesUid, key: info?.key ?? -1, index })),
    };
  }

  /** Begins a comparison, or changes the one that is on. Resolves when it is shown. */
  async show(wish: CompareWishes = {}): Promise<ComparisonState> {
    const { host } = this;
    const begun = !this.on;
    if (begun) await this.#begin(wish);
    else if (wish.current !== undefined || wish.prior !== undefined)
      await this.choose(wish.prior ?? this.prior?.set.key ?? -1, wish.current);
    if (wish.share !== undefined) this.share = Math.min(Math.max(wish.share, 0), 1);
    if (wish.rate !== undefined) this.setRate(wish.rate);
    if (wish.reach !== undefined) this.reach = Math.max(wish.reach, 0);
    if (wish.register) await this.register(wish.register, wish);
    await this.setMode(wish.mode ?? this.mode, wish);
    host.changed();
    const { state } = this;
    if (!state) throw new DOMException('cancelled', 'AbortError');
    return state;
  }

  async #begin({ current, prior }: CompareWishes): Promise<void> {
    const { host } = this;
    await host.leaveVolume();
    const key = current ?? this.#shownKey();
    const proposed = prior === undefined ? proposal(host.catalogue(), key) : { current: key, prior };
    const other =
      proposed?.prior ?? candidates(host.catalogue(), key).find(({ patient }) => patient === 'same')?.set.key;
    if (other === undefined) throw new RangeError(host.noPrior());
    // What is only the next best is shown with the list of all.
    this.open = proposed ? '' : 'priors';
    const [first, second] = [this.#stack(proposed?.current ?? key), this.#stack(other)];
    this.#remember();
    const places = new Map(host.panes().map(({ info, index }) => [info?.key, index]));
    this.#take(first, second);
    this.mode = 'side';
    await this.#hang(places.get(this.current?.set.key));
  }

  #take(current: Stacked, prior: Stacked): void {
    if (current.set.key === prior.set.key) throw new RangeError('a stack and itself');
    this.cancel();
    if (prior.set.key !== this.prior?.set.key) this.#priorLook = plainLook();
    this.current = current;
    this.prior = prior;
    this.relation = given(current.set, prior.set);
    this.failure = null;
    this.over = null;
    this.reach = 0;
  }

  /** Another prior, or another current stack. */
  async choose(prior: number, current = this.current?.set.key): Promise<void> {
    if (current === undefined) return;
    const index = current === this.current?.set.key ? this.#home?.index : undefined;
    this.#take(this.#stack(current), this.#stack(prior));
    this.open = '';
    await this.#hang(index);
    if (this.mode !== 'side') await this.#lay();
  }

  /** Another stack in place of the current one (0) or of the prior (1); where it is the other one already, both change their parts. */
  async put(number: number, key: number): Promise<void> {
    const { current, prior } = this;
    if (!current) return;
    if (!prior) {
      if (key !== current.set.key) await this.choose(key);
      return;
    }
    const [own, other] = number === 1 ? [prior, current] : [current, prior];
    if (key === other.set.key) await this.swap();
    else if (key !== own.set.key) await (number === 1 ? this.choose(key) : this.choose(prior.set.key, key));
  }

  /** Current and prior change their parts. */
  async swap(): Promise<void> {
    const { current, prior } = this;
    if (current && prior) await this.choose(current.set.key, prior.set.key);
  }

  /** Puts both into their viewports. */
  async #hang(index?: number): Promise<void> {
    const { host, current, prior } = this;
    if (!current || !prior) return;
    await host.lay(this.mode === 'side' ? '1x2' : '1');
    host.activate(0);
    const [home, beside] = host.panes();
    if (home && (home.info?.key !== current.set.key || !home.shown))
      await home.setFrameSet(current.series.uid, current.set, index);
    if (beside && home?.shown) {
      const at = counterpart(this.relation, { set: current.set, shown: home.shown }, prior.set, true);
      await beside.setFrameSet(prior.series.uid, prior.set, at ?? undefined);
      await this.#align();
    }
    host.changed();
  }

  /** Shows both in another way. */
  async setMode(mode: CompareMode, wish: Pick<CompareWishes, 'signal' | 'onProgress'> = {}): Promise<void> {
    const changed = mode !== this.mode;
    const beside = this.host.panes()[1];
    if (this.mode === 'side' && beside?.info?.key === this.prior?.set.key && beside) this.#priorLook = beside.look;
    this.mode = mode;
    this.failure = null;
    this.front = 'current';
    this.paused = mode === 'flicker' && globalThis.matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#beat();
    if (changed && mode !== 'side' && this.over) this.over = null;
    await this.#hang();
    if (mode === 'side') this.over = null;
    else await this.#lay(wish);
    this.#tell();
  }

  /** The next of the two, and no change by itself; or on again. */
  flick(): void {
    if (this.mode === 'flicker' && !this.paused) this.paused = true;
    else this.front = this.front === 'current' ? 'prior' : 'current';
    this.#beat();
    this.#tell();
  }

  pause(on: boolean): void {
    this.paused = on;
    this.#beat();
    this.#tell();
  }

  setRate(rate: number): void {
    this.rate = Math.min(Math.max(rate, 0.25), mostChanges);
    this.#beat();
    this.#tell();
  }

  setShare(share: number): void {
    this.share = Math.min(Math.max(share, 0), 1);
    this.#tell();
  }

  setReach(reach: number): void {
    this.reach = reach;
    void this.paint();
  }

  #beat(): void {
    clearInterval(this.#timer);
    if (!this.on || this.mode !== 'flicker' || this.paused) return;
    this.#timer = setInterval(() => {
      this.front = this.front === 'current' ? 'prior' : 'current';
      this.host.changed();
    }, 1000 / this.rate);
  }

  /** Finds out how both lie to each other. A failure is kept, and all stays as it was. */
  async register(way: RegisterWay = 'auto', wish: Pick<CompareWishes, 'signal' | 'onProgress'> = {}): Promise<void> {
    const { current, prior } = this;
    const shown = this.#home?.shown;
    if (!current || !prior || !shown) return;
    const signal = this.#begun('register', wish.signal);
    this.failure = null;
    const options = { signal, onProgress: (notice: Notice) => this.#progress(notice, wish.onProgress) };
    try {
      if (way === 'volume' || (way === 'auto' && this.volumes)) {
        const { registration } = await this.registering.register(current.set.key, prior.set.key, options);
        signal.throwIfAborted();
        this.relation = { kind: 'volume', found: registration };
      } else {
        const at = counterpart(this.relation, { set: current.set, shown }, prior.set, true) ?? 0;
        const other = this.mode === 'side' ? (this.host.panes()[1]?.index ?? at) : at;
        const [a, b] = [
          { frameSet: current.set.key, index: shown.index },
          { frameSet: prior.set.key, index: other },
        ];
        const found = await this.registering.match(a, b, options);
        signal.throwIfAborted();
        this.relation = { kind: 'points', found, current: shown.index, prior: other };
      }
    } catch (error) {
      if (error instanceof StudyError && this.current === current && this.prior === prior) this.failure = error.failure;
      throw error;
    } finally {
      this.#ended(signal);
    }
    this.reach = 0;
    if (this.mode === 'side') await this.#align();
    else await this.#lay(wish);
    this.#tell();
  }

  /** What the files say again. */
  async forget(): Promise<void> {
    const { current, prior } = this;
    if (!current || !prior) return;
    this.relation = given(current.set, prior.set);
    this.failure = null;
    if (this.mode === 'side') await this.#align();
    else await this.#lay();
    this.#tell();
  }

  #begun(stage: 'register' | 'assemble', outer?: AbortSignal): AbortSignal {
    this.cancel();
    const stop = new AbortController();
    this.#stop = stop;
    outer?.addEventListener('abort', () => stop.abort(), { once: true });
    this.work = { stage, done: 0, total: 0 };
    this.host.changed();
    return stop.signal;
  }

  #ended(signal: AbortSignal): void {
    if (this.#stop?.signal === signal) {
      this.#stop = null;
      this.work = null;
    }
    this.host.changed();
  }

  #progress(notice: Notice, told?: (notice: Notice) => void): void {
    told?.(notice);
    if (notice.kind !== 'progress' || !this.work) return;
    this.work = { ...this.work, done: notice.done, total: notice.total };
    this.host.changed();
  }

  /** Gives up what is on its way. */
  cancel(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.work = null;
  }

  // ---- Beside each other ----

  /** The other viewport shows what belongs to that which leads now. */
  async #align(): Promise<void> {
    const { shown } = this.host.panes()[this.host.active()] ?? {};
    if (shown) await this.follow(shown);
  }

  /** A viewport shows another image: the other one goes along. */
  async follow(seen: Shown): Promise<void> {
    let shown = seen;
    const { current, prior, mode, relation, host } = this;
    if (!current || !prior) return;
    if (mode !== 'side') {
      if (shown.viewport === 0) await this.paint();
      return;
    }
    const panes = host.panes();
    const onward = host.active() === 0;
    const [lead, other] = onward ? [panes[0], panes[1]] : [panes[1], panes[0]];
    const [own, target] = onward ? [current, prior] : [prior, current];
    if (lead?.info?.key !== own.set.key || other?.info?.key !== target.set.key || !lead || !other) return;
    // The other one has another size, say: it is put right by what the leading one shows.
    if (lead.shown && shown !== lead.shown) {
      if (shown.viewport === lead.number) return;
      shown = lead.shown;
    }
    const index = counterpart(relation, { set: own.set, shown }, target.set, onward);
    if (index !== null && index !== other.index) await other.setIndex(index).catch(() => {});
    const there = other.shown;
    if (!there || lead.shown !== shown) return; // another one has come meanwhile
    const map = across(relation, { set: own.set, shown }, { set: target.set, shown: there }, onward);
    const part = alongside(
      { shown, look: lead.look, canvas: lead.canvasSize },
      { shown: there, look: other.look, canvas: other.canvasSize },
      map,
    );
    const { window, auto, invert } = lead.look;
    const toned = there.unit === shown.unit && there.modality === shown.modality ? { window, auto } : {};
    const changes = { ...part, ...toned, invert };
    const differs = Object.entries(changes).some(([key, value]) => {
      const now: unknown = other.look[key as keyof Look];
      return JSON.stringify(now) !== JSON.stringify(value);
    });
    if (differs) await other.setLook(changes).catch(() => {});
  }

  // ---- On each other ----

  /** The canvas over the current image is there, or another one is. */
  attached(): void {
    this.#painter.attach();
    void this.paint();
  }

  detached(): void {
    this.#painter.detach();
  }

  /** Brings what is needed to lay the prior on the current image, and does it. */
  async #lay(wish: Pick<CompareWishes, 'signal' | 'onProgress'> = {}): Promise<void> {
    const { current, prior } = this;
    const shown = this.#home?.shown;
    if (!current || !prior || !shown) return;
    const laid = layingOf(this.relation, { set: current.set, shown }, prior.set);
    if (laid.by === 'volume' && !this.#painter.has(prior.set.key)) {
      const signal = this.#begun('assemble', wish.signal);
      try {
        await this.#painter.assemble(prior.set.key, signal, (notice) => this.#progress(notice, wish.onProgress));
      } finally {
        this.#ended(signal);
      }
    }
    this.host.changed();
    await this.#painter.there();
    await this.paint();
  }

  /** What is to be painted over the image that is shown now; null where nothing is. */
  #wanted(): Wanted | null {
    const { current, prior, mode, reach, relation } = this;
    const home = this.#home;
    const { shown } = home ?? {};
    if (!current || !prior || !shown || !home || mode === 'side' || home.info?.key !== current.set.key) return null;
    const laid = layingOf(relation, { set: current.set, shown }, prior.set);
    const look = overLook(prior, shown, home.look, this.#priorLook);
    const wish = { home: 0, other: prior.set.key, laid, difference: mode === 'difference', reach, picture: false };
    return { wish, look };
  }

  /** Paints the prior over the current image as that is shown now. */
  async paint(): Promise<void> {
    const { prior } = this;
    try {
      const shown = await this.#painter.paint(() => this.#wanted());
      if (!shown || this.prior !== prior || this.mode === 'side') return;
      this.over = shown;
      // From its own values twice as far as its window, so that the slider stands still while it is moved.
      if (this.reach === 0)
        this.mostReach = shown.gives === 'values' ? Math.max(2 * (shown.window?.width ?? 0), 10) : 255;
    } catch (error) {
      if (this.on) this.host.say(error);
    }
    this.host.changed();
  }

  /** What lies over the image, as PNG: the prior in the place of the current image, or the difference. */
  async picture(): Promise<Blob | null> {
    const wanted = this.#wanted();
    return wanted && this.#painter.picture(wanted);
  }

  // ---- The end ----

  /** Images again, as they were before. */
  async leave(): Promise<void> {
    const { host } = this;
    const before = this.#before;
    if (!this.on) return;
    this.clear('stay');
    if (before) {
      await host.lay(before.layout);
      host.activate(before.active);
      const all = stackedOf(host.catalogue());
      await Promise.allSettled(
        host.panes().map((pane, i) => {
          const was = before.shown[i];
          const found = all.find(({ set }) => set.key === was?.key);
          if (!found || !was) return undefined;
          return pane.info?.key === was.key
            ? pane.setLook({ zoom: 1, pan: [0, 0] })
            : pane.setFrameSet(was.uid, found.set, was.index);
        }),
      );
    }
    host.changed();
  }

  /** Nothing is compared any more. The layout of before comes back, unless the viewports are to stay as they are. */
  clear(layout?: 'stay'): void {
    const before = this.#before;
    if (before && layout !== 'stay') void this.host.lay(before.layout);
    this.cancel();
    clearInterval(this.#timer);
    const was = this.on;
    this.current = null;
    this.prior = null;
    this.#before = null;
    this.over = null;
    this.failure = null;
    this.open = '';
    this.mode = 'side';
    this.#painter.clear();
    if (was) this.host.told(null);
    this.host.changed();
  }

  #tell(): void {
    this.host.told(this.state);
    this.host.changed();
  }
}
