// What the panel of analyses shows of the viewer, and what its buttons do.
import type { DroppedFile } from '../shared/protocol.ts';
import type { Analysis, AnalyzeWish, Result, ResultKind } from './analysis.ts';
import { chooseFiles } from './dropped.ts';
import type { FindingsActions, FindingsState } from './findings.ts';
import { plainLook } from './look.ts';
import { saveAs } from './saving.ts';
import type { ViewerHost } from './viewer-host.ts';

/** What only the viewer can do. */
interface Doing {
  run(model: string, wish?: AnalyzeWish): void;
  bring(files: readonly DroppedFile[]): Promise<void>;
  /** A study is being read: its stacks are not yet what they will be. */
  reading(): boolean;
  shut(): void;
}

export class AnalysisPanel {
  constructor(
    private host: ViewerHost,
    private analysis: Analysis,
    private doing: Doing,
  ) {}

  state(): FindingsState {
    const { text, language, pane } = this.host;
    const { models, running, refusal, brought } = this.analysis;
    return {
      text,
      language,
      models,
      brought,
      running,
      refusal,
      results: this.analysis.of(pane?.info?.key),
      overlaid: this.analysis.overlaid(pane?.info?.key),
      overlay: (pane?.look ?? plainLook()).overlay,
      index: pane?.index ?? 0,
      ready: Boolean(pane?.shown) && !this.doing.reading(),
    };
  }

  readonly actions: FindingsActions = {
    run: (model, wish) => this.doing.run(model, wish),
    cancel: () => this.analysis.cancel(),
    dismiss: () => this.analysis.dismiss(),
    overlay: (part) => {
      const { pane } = this.host;
      pane?.setLook({ overlay: { ...pane.look.overlay, ...part } }).catch(() => {});
      this.host.changed();
    },
    lay: (result: Result) => this.#try(() => this.analysis.lay(result)),
    go: (index) => void this.host.pane?.setIndex(index).catch(() => {}),
    save: (result, kind) => this.#try(() => this.#save(result, kind)),
    bring: () => chooseFiles(false, (files) => this.#try(() => this.doing.bring(files))),
    write: (folder, manifest) => this.#try(() => this.analysis.write(folder, manifest)),
    keep: (folder, on) => this.#try(() => this.analysis.keep(folder, on)),
    remove: (folder) => this.#try(() => this.analysis.remove(folder)),
    shut: () => this.doing.shut(),
  };

  async #save(result: Result, kind?: ResultKind): Promise<void> {
    const { model, finding } = result;
    const json = () => new Blob([`${JSON.stringify(finding)}\n`], { type: 'application/json' });
    const { blob, end } = kind ? await this.analysis.save(result, kind) : { blob: json(), end: 'json' };
    saveAs(blob, `negatoscope-${model}.${end}`); // a name that names nobody
  }

  #try(work: () => Promise<unknown>): void {
    work().catch((error: unknown) => this.host.say(error));
  }
}
