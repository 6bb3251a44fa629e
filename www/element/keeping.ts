// What is taken out of the viewer in a dialog of its own: a picture, key images, variants, copies without identity; and the marks of key images.
import { html, nothing, type TemplateResult } from 'lit';
import { fill } from '../text/index.ts';
import type { Result } from './analysis.ts';
import './augment.ts';
import './deidentify.ts';
import { type KeyImage, KeyImages, keyPictures, keyPlace } from './key-images.ts';
import { plainLook } from './look.ts';
import type { Going } from './measure-places.ts';
import type { Measure } from './measures.ts';
import './save-cine.ts';
import './save-picture.ts';
import type { ViewerHost } from './viewer-host.ts';
import { linesOfStudy, patientsIn, studiesOf } from './whose.ts';

type Kind = 'picture' | 'cine' | 'copies' | 'keys' | 'augment';

/** What a report has from the rest of the viewer, and where a key image is gone to. */
interface Around {
  results(): readonly Result[];
  measures(): readonly Measure[];
  /** Series and image, or plane, of a measurement. */
  where(one: Measure): string;
  goTo(one: Going): Promise<void>;
}

export class Keeping {
  /** The dialog that is open. */
  open: '' | Kind = '';
  readonly keyImages: KeyImages;

  constructor(
    private host: ViewerHost,
    private around: Around,
  ) {
    this.keyImages = new KeyImages(() => host.changed());
  }

  /** Of what is shown there can be a picture and variants only where something is. */
  show(kind: Kind): void {
    const { pane } = this.host;
    const needs = kind === 'picture' || kind === 'cine' || kind === 'augment';
    // A plane has no frames and no rate of its own.
    this.open = (needs && !pane?.shown) || (kind === 'cine' && pane?.view) ? '' : kind;
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
    if (!pane.view && this.keyImages.has(frameSet, index)) {
      this.keyImages.remove(frameSet, index);
      host.tell(text.key_unmarked);
      return;
    }
    try {
      const at = { frameSet, ...keyPlace(pane, text) };
      const place = { frame_set: frameSet, index: at.index };
      const [pictures, name] = await Promise.all([
        keyPictures(pane),
        at.of === 'image'
          ? host.client.ask('measured', { kind: 'measure', ...place, marks: [], user_mm: null }).catch(() => null)
          : null,
      ]);
      // Under other keys nobody can say any more which image it was.
      if (closings !== host.closings || catalogue !== host.catalogue) return;
      const { sop_uid = '', frame = 1 } = name ?? {};
      const title = at.named ? `${this.#titleOf(frameSet, -1)}, ${at.named}` : this.#titleOf(frameSet, index);
      this.keyImages.add({ ...at, name: sop_uid ? { sop_uid, frame } : null, title, ...pictures, words: '' });
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
          of: 'image',
          plane: null,
          title: this.#titleOf(frameSet, index),
          picture: null,
          marked: null,
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
      return html`<negatoscope-save-picture .pane=${pane} .text=${text} .number=${pane.index + 1}
        .grey=${pane.shown.grey} @shut=${shut}></negatoscope-save-picture>`;
    if (open === 'cine' && pane)
      return html`<negatoscope-save-cine .pane=${pane} .text=${text} .language=${language} @shut=${shut}
        @saved=${({ detail }: CustomEvent<number>) => host.tell(fill(text.rec_done, { size: (detail / 1e6).toFixed(2) }))}></negatoscope-save-cine>`;
    if (open === 'keys' && catalogue) {
      // A report is about the studies of its key images; without any, about those that models have looked at or that were measured.
      const marked = this.keyImages.all.map(({ frameSet }) => frameSet);
      const all = this.around.results();
      const made = this.around.measures();
      const seen = [...all.map(({ frameSet }) => frameSet), ...made.map(({ place }) => place.frame_set)];
      const studies = studiesOf(catalogue, marked.length > 0 ? marked : seen);
      const measures = made.filter(({ place }) => studiesOf({ ...catalogue, studies }, [place.frame_set]).length > 0);
      const results = all.filter(({ frameSet }) => studiesOf({ ...catalogue, studies }, [frameSet]).length > 0);
      const findings = results.map(({ finding }) => finding);
      const places = new Map(
        results.map(({ finding, frameSet, index }) => [finding, this.#titleOf(frameSet, index)] as const),
      );
      const go = ({ detail }: CustomEvent<KeyImage>) => {
        const { frameSet, index, plane } = detail;
        this.around.goTo({ place: { frame_set: frameSet, index }, plane, points: [] }).catch(() => {});
      };
      return html`<negatoscope-key-images .client=${client} .text=${text} .language=${language} .keys=${this.keyImages}
        .findings=${findings} .places=${places} .patient=${studies.map(linesOfStudy)} ?several=${patientsIn(studies) > 1}
        .measures=${measures} .where=${(one: Measure) => this.around.where(one)} .anonymous=${host.anonymous}
        .look=${(key: number) => host.panes.find(({ info }) => info?.key === key)?.look ?? plainLook()} @go=${go} @shut=${shut}></negatoscope-key-images>`;
    }
    if (open === 'augment' && pane?.shown)
      return html`<negatoscope-augment .client=${client} .text=${text} .language=${language} .viewport=${pane.number} @shut=${shut}></negatoscope-augment>`;
    if (open === 'copies' && catalogue)
      return html`<negatoscope-deidentify .client=${client} .text=${text} .language=${language} @shut=${shut}></negatoscope-deidentify>`;
    return nothing;
  }
}
