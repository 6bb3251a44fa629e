// What is taken out of the viewer in a dialog of its own: a picture, key images, variants, copies without identity; and the marks of key images.
import { html, nothing, type TemplateResult } from 'lit';
import { fill } from '../text/index.ts';
import type { Result } from './analysis.ts';
import './augment.ts';
import './deidentify.ts';
import { type KeyImage, KeyImages } from './key-images.ts';
import './save-picture.ts';
import type { ViewerHost } from './viewer-host.ts';
import { linesOfStudy, patientsIn, studiesOf } from './whose.ts';

type Kind = 'picture' | 'copies' | 'keys' | 'augment';

export class Keeping {
  /** The dialog that is open. */
  open: '' | Kind = '';
  readonly keyImages: KeyImages;

  constructor(
    private host: ViewerHost,
    private results: () => readonly Result[],
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
    const { pane, closings, catalogue, text } = host;
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
      const place = { frame_set: frameSet, index };
      const [{ bytes }, name] = await Promise.all([
        host.client.ask('encoded', { kind: 'picture', ...wish }),
        host.client.ask('measured', { kind: 'measure', ...place, marks: [], user_mm: null }).catch(() => null),
      ]);
      // Under other keys nobody can say any more which image it was.
      if (closings !== host.closings || catalogue !== host.catalogue) return;
      const { sop_uid = '', frame = 1 } = name ?? {};
      const picture = new Blob([new Uint8Array(bytes ?? [])], { type: 'image/jpeg' });
      const title = this.#titleOf(frameSet, index);
      this.keyImages.add({ frameSet, index, name: sop_uid ? { sop_uid, frame } : null, title, picture, words: '' });
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
        this.keyImages.add({
          frameSet,
          index,
          name: null,
          title: this.#titleOf(frameSet, index),
          picture: null,
          words: '',
        });
  }

  /** The keys of the stacks are new ones: key images go with their frames, by name. */
  async renew(): Promise<void> {
    const { closings } = this.host;
    const asked = this.keyImages.all.flatMap(({ name }) => (name ? [name] : []));
    if (asked.length === 0) return;
    const { places } = await this.host.client.ask('located', { kind: 'locate', names: asked });
    if (closings !== this.host.closings) return;
    this.keyImages.move(({ name, frameSet, index, title }) => {
      const at = name ? asked.indexOf(name) : -1;
      if (at < 0) return { frameSet, index, title }; // marked meanwhile, under the new keys
      const place = places[at];
      return place
        ? { frameSet: place.frame_set, index: place.index, title: this.#titleOf(place.frame_set, place.index) }
        : null;
    });
  }

  /** `index`: -1 for the whole stack. */
  #titleOf(frameSet: number, index: number): string {
    const { catalogue, text } = this.host;
    const all = (catalogue?.studies ?? []).flatMap((study) => study.series);
    const series = all.find((one) => one.frame_sets.some(({ key }) => key === frameSet));
    const name = [series?.modality, fill(text.seriesN, { number: series?.number || '–' })].filter(Boolean).join(' ');
    if (index < 0) return name;
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
      // A report is about the studies of its key images; without any, about those that models have looked at.
      const marked = this.keyImages.all.map(({ frameSet }) => frameSet);
      const all = this.results();
      const studies = studiesOf(catalogue, marked.length > 0 ? marked : all.map(({ frameSet }) => frameSet));
      const results = all.filter(({ frameSet }) => studiesOf({ ...catalogue, studies }, [frameSet]).length > 0);
      const findings = results.map(({ finding }) => finding);
      const places = new Map(
        results.map(({ finding, frameSet, index }) => [finding, this.#titleOf(frameSet, index)] as const),
      );
      const go = ({ detail }: CustomEvent<KeyImage>) => {
        const stack = host.stacks().find(({ set }) => set.key === detail.frameSet);
        if (stack) pane?.setFrameSet(stack.uid, stack.set, detail.index).catch(() => {});
      };
      return html`<negatoscope-key-images .client=${client} .text=${text} .language=${language} .keys=${this.keyImages}
        .findings=${findings} .places=${places} .patient=${studies.map(linesOfStudy)} ?several=${patientsIn(studies) > 1} @go=${go} @shut=${shut}></negatoscope-key-images>`;
    }
    if (open === 'augment' && pane?.shown)
      return html`<negatoscope-augment .client=${client} .text=${text} .language=${language} .viewport=${pane.number} @shut=${shut}></negatoscope-augment>`;
    if (open === 'copies' && catalogue)
      return html`<negatoscope-deidentify .client=${client} .text=${text} .language=${language} @shut=${shut}></negatoscope-deidentify>`;
    return nothing;
  }
}
