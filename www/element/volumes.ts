// The volume of an element: put together with progress, shown in four viewports, given up again; and pictures of its presets.
import type { FrameSetInfo } from '../shared/protocol.ts';
import { Mpr } from './mpr.ts';
import { type StudyClient, StudyError } from './study-client.ts';
import type { NegatoscopeViewport } from './viewport.ts';

interface Host {
  changed(): void;
  panes(): NegatoscopeViewport[];
}

export class Volumes {
  mpr: Mpr | null = null;
  /** A volume is on its way: images that are there, and all. */
  coming: { done: number; total: number } | null = null;
  open: '' | 'presets' | 'box' = '';
  pictures: ReadonlyMap<string, string> = new Map();
  #stop: AbortController | null = null;

  constructor(
    private client: StudyClient,
    private host: Host,
  ) {}

  /** Puts the volume of a stack together and shows it from the next drawing on. */
  async assemble(set: FrameSetInfo, seriesUid: string, outer?: AbortSignal): Promise<Mpr> {
    if (this.mpr?.set.key === set.key) return this.mpr;
    if (set.no_volume) throw new StudyError(set.no_volume);
    this.cancel();
    this.close();
    const stop = new AbortController();
    this.#stop = stop;
    this.coming = { done: 0, total: set.frames };
    this.host.changed();
    try {
      const signal = outer ? AbortSignal.any([outer, stop.signal]) : stop.signal;
      const info = await this.client.ask(
        'volume',
        { kind: 'assemble', frame_set: set.key },
        {
          signal,
          onNotice: (notice) => {
            if (notice.kind !== 'progress') return;
            this.coming = { done: notice.done, total: notice.total };
            this.host.changed();
          },
        },
      );
      this.mpr = new Mpr(this.client, set, seriesUid, info, (what) => this.#paint(what));
      return this.mpr;
    } finally {
      if (this.#stop === stop) {
        this.#stop = null;
        this.coming = null;
      }
      this.host.changed();
    }
  }

  /** Gives up what is on its way. */
  cancel(): void {
    this.#stop?.abort();
  }

  /** The four viewports show the volume; resolves when they do. */
  async hang(mpr: Mpr): Promise<void> {
    const panes = this.host.panes();
    for (const pane of panes) pane.setVolume(mpr);
    await Promise.all(panes.map((pane) => pane.paint()));
    void this.#picture(mpr);
  }

  /** No volume is shown any more. */
  close(): void {
    this.cancel();
    this.mpr?.end();
    this.mpr = null;
    this.open = '';
    for (const url of this.pictures.values()) URL.revokeObjectURL(url);
    this.pictures = new Map();
    for (const pane of this.host.panes()) pane.setVolume(null);
    this.host.changed();
  }

  #paint(what: 'planes' | 'cast'): void {
    for (const pane of this.host.panes()) {
      const wanted = pane.view?.kind === (what === 'cast' ? 'cast' : 'plane');
      if (wanted) pane.paint().catch(() => {});
    }
    this.host.changed();
  }

  /** Small pictures of what the presets show, when nothing else is to be done. */
  async #picture(mpr: Mpr): Promise<void> {
    const names = mpr.info.presets.filter((name) => mpr.info.hounsfield || !name.startsWith('ct-'));
    for (const preset of names) {
      try {
        await this.client.quiet();
        if (this.mpr !== mpr) return;
        const { bytes } = await this.client.ask('picture', {
          kind: 'cast-picture',
          frame_set: mpr.set.key,
          preset,
          size: 88,
        });
        if (this.mpr !== mpr) return;
        if (!bytes) continue;
        const url = URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
        this.pictures = new Map(this.pictures).set(preset, url);
        this.host.changed();
      } catch {
        return; // the button has its name
      }
    }
  }
}
