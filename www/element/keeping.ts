// What is taken out of the viewer in a dialog of its own: a picture, key images, variants, copies without identity; and the marks of key images.
import { html, nothing, type TemplateResult } from 'lit';
import type { Finding } from '../shared/protocol.ts';
import { fill } from '../text/index.ts';
import './augment.ts';
import './deidentify.ts';
import { type KeyImage, KeyImages } from './key-images.ts';
import './save-picture.ts';
import type { ViewerHost } from './viewer-host.ts';

type Kind = 'picture' | 'copies' | 'keys' | 'augment';

export class Keeping {
  /** The dialog that is open. */
  open: '' | Kind = '';
  readonly keyImages: KeyImages;

  constructor(
    private host: ViewerHost,
    private findings: () => readonly Finding[],
  ) {
    this.keyImages = new KeyImages(() => host.changed());
  }

  /** Of what is shown there can be a picture and variants only where something is. */
  show(kind: Kind): void {
    const needs = kind === 'picture' || kind === 'augment';
    this.open = needs && !this.host.pane?.shown ? '' : kind;
    this.host.changed();
  }

  /** Nothing of a study stays for another one. */
  clear(): void {
    this.keyImages.clear();
    this.open = '';
  }

  /** Marks the shown image as a key image, as it is shown, or takes the mark away. */
  async mark(): Promise<void> {
    const { host } = this;
    const { pane, closings, text } = host;
    const { shown, info } = pane ?? {};
    if (!pane || !shown || !info) return;
    const { frame_set: frameSet, index } = shown;
    if (this.keyImages.has(frameSet, index)) {
      this.keyImages.remove(frameSet, index);
      host.tell(text.key_unmarked);
      return;
    }
    try {
      const wish = {
        viewport: pane.number,
        format: 'jpg',
        quality: 92,
        whole: false,
        scale: 1,
        overlay: true,
        graphics: true,
      };
      const { bytes } = await host.client.ask('encoded', { kind: 'picture', ...wish });
      if (closings !== host.closings) return;
      const picture = new Blob([new Uint8Array(bytes ?? [])], { type: 'image/jpeg' });
      this.keyImages.add({ frameSet, index, title: this.#titleOf(frameSet, index), picture, words: '' });
      host.tell(fill(text.key_marked, { count: this.keyImages.all.length }));
    } catch (error) {
      host.say(error);
    }
  }

  /** The marks of documents among the opened files. */
  async selected(): Promise<void> {
    const { closings } = this.host;
    const { frames } = await this.host.client.ask('keys', { kind: 'keys' });
    if (closings !== this.host.closings) return;
    for (const [frameSet, index] of frames)
      if (!this.keyImages.has(frameSet, index))
        this.keyImages.add({ frameSet, index, title: this.#titleOf(frameSet, index), picture: null, words: '' });
  }

  #titleOf(frameSet: number, index: number): string {
    const { catalogue, text } = this.host;
    const all = (catalogue?.studies ?? []).flatMap((study) => study.series);
    const series = all.find((one) => one.frame_sets.some(({ key }) => key === frameSet));
    const name = [series?.modality, fill(text.seriesN, { number: series?.number || '–' })].filter(Boolean).join(' ');
    const frames = series?.frame_sets.find(({ key }) => key === frameSet)?.frames ?? 0;
    return `${name}, ${fill(text.image, { index: index + 1, count: frames })}`;
  }

  /** The open dialog. */
  draw(): TemplateResult | typeof nothing {
    const { host, open } = this;
    const { text, language, pane, catalogue, client } = host;
    const shut = () => {
      this.open = '';
      host.changed();
      host.focusImage('drawn');
    };
    if (open === 'picture' && pane?.shown)
      return html`<negatoscope-save-picture .client=${client} .text=${text} .viewport=${pane.number} .number=${pane.index + 1}
        .grey=${pane.shown.grey} @shut=${shut}></negatoscope-save-picture>`;
    if (open === 'keys' && catalogue) {
      const study = catalogue.studies[0];
      const patient = study
        ? [study.patient_name, study.patient_id, study.date, study.description].filter(Boolean)
        : [];
      const go = ({ detail }: CustomEvent<KeyImage>) => {
        const stack = host.stacks().find(({ set }) => set.key === detail.frameSet);
        if (stack) pane?.setFrameSet(stack.uid, stack.set, detail.index).catch(() => {});
      };
      return html`<negatoscope-key-images .client=${client} .text=${text} .language=${language} .keys=${this.keyImages}
        .findings=${this.findings()} .patient=${patient} @go=${go} @shut=${shut}></negatoscope-key-images>`;
    }
    if (open === 'augment' && pane?.shown)
      return html`<negatoscope-augment .client=${client} .text=${text} .language=${language} .viewport=${pane.number} @shut=${shut}></negatoscope-augment>`;
    if (open === 'copies' && catalogue)
      return html`<negatoscope-deidentify .client=${client} .text=${text} .language=${language} @shut=${shut}></negatoscope-deidentify>`;
    return nothing;
  }
}
