// Marks on a picture that is saved: drawn as on the screen, at the picture's own resolution; the study worker lays them over what it paints.
// Without them nothing is handed over, and the picture is what it was.
import type { Look, PictureWish, Shown } from '../shared/protocol.ts';
import type { Text } from '../text/index.ts';
import { type Box, LINE, laid, type Placed } from './measure-layer.ts';
import { hidden, labelLines } from './measure-words.ts';
import type { Measure } from './measures.ts';
import type { Answered, StudyClient } from './study-client.ts';
import type { NegatoscopeViewport } from './viewport.ts';

/** A whole image of so many pixels has marks as large as on a screen of that size. */
const ON_SCREEN = 900;
const stroke = { halo: 4, line: 1.6, words: 3.5 };

/** A mark, and how its own pixels lie on what it is drawn on. */
interface Drawn {
  one: Measure;
  shown: Placed;
}

/** The marks that a viewport shows. */
const marksOf = (pane: NegatoscopeViewport): Measure[] =>
  (pane.measures?.items ?? []).filter((one) => pane.seen(one, one.points));

/** True where marks lie on what a viewport shows. */
export const isMarked = (pane: NegatoscopeViewport): boolean => marksOf(pane).length > 0;

/** The same way with its result in pixels of a picture that has `scale` of them for each CSS pixel of what is drawn. */
const over = (toPicture: Shown['to_canvas'], scale: number): Shown['to_canvas'] => {
  // The layer's places are device pixels over the ratio; here they are pixels of the picture over the scale.
  const by = globalThis.devicePixelRatio / scale;
  return toPicture.map((part) => part * by) as Shown['to_canvas'];
};

/** A picture of a viewport as a file; `marks`: with its measurements. */
export async function pictureOf(
  pane: NegatoscopeViewport,
  wish: Omit<PictureWish, 'drawn'>,
  marks: boolean,
  signal?: AbortSignal,
): Promise<Answered<'encoded'>> {
  const { client } = pane;
  const more = signal ? { signal } : {};
  const plain = { kind: 'picture' as const, ...wish, drawn: false };
  const values = wish.format === 'stored' || wish.format === 'modality';
  const found = marks && !values ? marksOf(pane) : [];
  if (found.length === 0 || !pane.shown) return client.ask('encoded', plain, more);
  const { to_picture, width, height } = await client.ask('encoded', { ...plain, format: 'none', quality: null }, more);
  if (!to_picture) return client.ask('encoded', plain, more);
  const scale = wish.whole
    ? Math.max(1, Math.max(width, height) / ON_SCREEN)
    : globalThis.devicePixelRatio * wish.scale;
  const onPicture = { ...pane.shown, to_canvas: over(to_picture, scale) };
  const all = found.flatMap((one): Drawn[] => {
    const shown = pane.seen(one, one.points, onPicture);
    return shown ? [{ one, shown }] : [];
  });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return client.ask('encoded', plain, more);
  draw(context, all, pane.text, pane.anonymous, scale);
  const bytes = new Uint8Array(context.getImageData(0, 0, width, height).data.buffer);
  return client.ask('encoded', { ...plain, drawn: true }, { ...more, bytes });
}

/** Draws marks on a canvas of `scale` pixels for each CSS pixel. */
function draw(
  context: OffscreenCanvasRenderingContext2D,
  all: readonly Drawn[],
  text: Text,
  anonymous: boolean,
  scale: number,
): void {
  const size: [number, number] = [context.canvas.width / scale, context.canvas.height / scale];
  context.scale(scale, scale);
  context.lineJoin = 'round';
  context.font = "12.5px system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif";
  const taken: Box[] = [];
  for (const { one, shown } of all) {
    const words = labelLines(text, hidden(one, anonymous));
    const { path, at, leader } = laid(shown, one, words, size, taken);
    const way = new Path2D(path);
    context.lineWidth = stroke.halo;
    context.strokeStyle = '#000000a6';
    context.stroke(way);
    context.lineWidth = stroke.line;
    context.strokeStyle = '#9be37f';
    context.stroke(way);
    if (leader && words.length > 0) {
      context.lineWidth = 1;
      context.setLineDash([3, 4]);
      context.stroke(new Path2D(`M${leader[0]} ${leader[1]}L${at[0]} ${at[1] - 4}`));
      context.setLineDash([]);
    }
    context.lineWidth = stroke.words;
    context.strokeStyle = '#000';
    context.fillStyle = '#c8f5b4';
    for (const [i, line] of words.entries()) {
      context.strokeText(line, at[0], at[1] + i * LINE);
      context.fillText(line, at[0], at[1] + i * LINE);
    }
  }
}

/** Pixels of a small picture for each CSS pixel of its marks. */
const SMALL_SCALE = 1.4;

/** A small picture of the image or the plane that marks lie on, with them; null where there is none, such as of a volume that is not there. */
export async function smallPicture(
  client: StudyClient,
  marks: readonly Measure[],
  look: Look,
  text: Text,
  anonymous: boolean,
  size: number,
): Promise<Blob | null> {
  const [first] = marks;
  if (!first) return null;
  const { frame_set, index } = first.place;
  const wish = { kind: 'small' as const, frame_set, index, plane: first.plane, look, size };
  const { bytes, to_picture } = await client.ask('encoded', wish);
  if (!bytes || !to_picture) return null;
  const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]), { colorSpaceConversion: 'none' });
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const shown = { to_canvas: over(to_picture, SMALL_SCALE) };
  draw(
    context,
    marks.map((one) => ({ one, shown })),
    text,
    anonymous,
    SMALL_SCALE,
  );
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
}
