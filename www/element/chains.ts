// The filter chain of each viewport, also its steps that are off; and the filters that there are.
import type { FilterInfo } from '../shared/protocol.ts';
import { ChainPictures } from './chain-pictures.ts';
import { filtersOf, type Step, stepsOf } from './filter-chain.ts';
import type { ViewerHost } from './viewer-host.ts';
import type { NegatoscopeViewport } from './viewport.ts';

export class Chains {
  kinds: readonly FilterInfo[] = [];
  /** What each step of the shown chain gives. */
  readonly pictures: ChainPictures;
  #kept = new WeakMap<object, Step[]>();

  constructor(private host: ViewerHost) {
    this.pictures = new ChainPictures(host.client, () => host.changed());
  }

  /** What is kept of a viewport's chain, unless its filters were set from elsewhere. */
  of(pane: NegatoscopeViewport | undefined): Step[] {
    if (!pane) return [];
    const kept = this.#kept.get(pane);
    const { filters } = pane.look;
    return kept && filtersOf(kept).join(' ') === filters.join(' ') ? kept : stepsOf(filters);
  }

  set(pane: NegatoscopeViewport, steps: Step[]): void {
    this.#kept.set(pane, steps);
    pane.setLook({ filters: filtersOf(steps) }).catch(() => {});
    this.host.changed();
  }

  async list(): Promise<void> {
    if (this.kinds.length > 0) return;
    try {
      this.kinds = (await this.host.client.ask('filters', { kind: 'filters' })).kinds;
      this.host.changed();
    } catch (error) {
      this.host.say(error);
    }
  }
}
