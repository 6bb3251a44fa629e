// The cross-hair over a plane of a volume: lines of the other planes that can be moved, handles that turn them, the slab's borders.
import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Shown } from '../shared/protocol.ts';
import { fill, type Text } from '../text/index.ts';
import { type Base, bases, type Mpr } from './mpr.ts';
import { onImage } from './scale.ts';
import { canvasOf, cross, dot, placeOf, sub, times, unit, type Vec3 } from './vectors.ts';

const names: Record<Base, 'plane_axial' | 'plane_coronal' | 'plane_sagittal'> = {
  axial: 'plane_axial',
  coronal: 'plane_coronal',
  sagittal: 'plane_sagittal',
};

/** How far from the cross-hair the lines begin, and the handles are, as a share of the smaller side. */
const FREE = 12;
const HANDLE = 0.36;

/** The place in the patient under a point of the canvas, CSS pixels from its left and top. */
export function placeAt(shown: Shown, x: number, y: number): Vec3 | null {
  const { plane } = shown;
  if (!plane) return null;
  const ratio = globalThis.devicePixelRatio;
  return placeOf({ ...shown, plane }, ...onImage(shown, x * ratio, y * ratio));
}

/** A drag of something that is drawn; `move` gets CSS pixels from the canvas' left and top, and the way since the last move. */
function dragging(move: (x: number, y: number, dx: number, dy: number) => void) {
  let last: [number, number] | null = null;
  const at = (event: PointerEvent): [number, number] => {
    const box = (event.currentTarget as SVGElement).ownerSVGElement?.getBoundingClientRect();
    return [event.clientX - (box?.left ?? 0), event.clientY - (box?.top ?? 0)];
  };
  return {
    down: (event: PointerEvent) => {
      if (event.button !== 0) return;
      event.stopPropagation();
      (event.currentTarget as SVGElement).setPointerCapture(event.pointerId);
      last = at(event);
    },
    move: (event: PointerEvent) => {
      if (!(event.currentTarget as SVGElement).hasPointerCapture(event.pointerId) || !last) return;
      event.stopPropagation();
      const [x, y] = at(event);
      move(x, y, x - last[0], y - last[1]);
      last = [x, y];
    },
  };
}

/** What lies over a plane. `size`: of the canvas, device pixels; `idle`: something else is done on the plane, nothing of it can be taken. */
export function crossHair(
  mpr: Mpr,
  base: Base,
  shown: Shown,
  size: readonly [number, number],
  text: Text,
  idle = false,
): TemplateResult | typeof nothing {
  const { plane } = shown;
  if (!plane) return nothing;
  const ratio = globalThis.devicePixelRatio;
  const [width, height] = [size[0] / ratio, size[1] / ratio];
  const lies = { ...shown, plane };
  const toCss = (place: Vec3): [number, number] => {
    const [x, y] = canvasOf(lies, place);
    return [x / ratio, y / ratio];
  };
  const [cx, cy] = toCss(mpr.centre);
  const here = cross(plane.row, plane.column);
  const reach = Math.hypot(width, height);
  const arm = Math.min(width, height) * HANDLE;
  const others = bases.filter((other) => other !== base);
  const lines = others.map((other) => {
    const { normal } = mpr.lies(other);
    const along = unit(cross(here, normal));
    const [ax, ay] = toCss([
      mpr.centre[0] + along[0] * 10,
      mpr.centre[1] + along[1] * 10,
      mpr.centre[2] + along[2] * 10,
    ]);
    const length = Math.hypot(ax - cx, ay - cy) || 1;
    const [ux, uy] = [(ax - cx) / length, (ay - cy) / length];
    const move = dragging((_x, _y, dx, dy) => {
      // Only across the line: along it nothing would change in the plane that it stands for.
      const from = placeAt(shown, cx, cy);
      const to = placeAt(shown, cx + dx, cy + dy);
      if (from && to) mpr.moveTo(add3(mpr.centre, times(normal, dot(sub(to, from), normal))));
    });
    const turn = dragging((x, y, dx, dy) => {
      const [px, py] = toCss(mpr.centre);
      const before = Math.atan2(y - dy - py, x - dx - px);
      const angle = Math.atan2(y - py, x - px) - before;
      // On a canvas whose picture is mirrored the turn goes the other way.
      const m = shown.to_canvas;
      const sense = Math.sign(m[0] * m[4] - m[1] * m[3]) || 1;
      mpr.turn(base, Math.atan2(Math.sin(angle), Math.cos(angle)) * sense);
    });
    const at = (n: number): [number, number] => [cx + ux * n, cy + uy * n];
    const stroke = (from: number, to: number, name: string) => {
      const [[x1, y1], [x2, y2]] = [at(from), at(to)];
      return svg`<line class=${name} x1=${x1} y1=${y1} x2=${x2} y2=${y2} />`;
    };
    // The borders of the slab, seen from the side.
    const half = mpr.thickness / 2;
    const borders =
      half > 0
        ? [-half, half].map((away) => {
            const [bx, by] = toCss(add3(mpr.centre, times(normal, away)));
            return svg`<line class="border" x1=${bx - ux * reach} y1=${by - uy * reach} x2=${bx + ux * reach} y2=${by + uy * reach} />`;
          })
        : nothing;
    const label = fill(text.mprLine, { plane: text[names[other]] });
    return svg`<g class=${`line ${other}`}>
      ${stroke(-reach, -FREE, 'seen')}${stroke(FREE, reach, 'seen')}${borders}
      ${[-1, 1].map((side) => {
        const [[x1, y1], [x2, y2], [hx, hy]] = [at(side * FREE), at(side * reach), at(side * arm)];
        return svg`<line class="hold" x1=${x1} y1=${y1} x2=${x2} y2=${y2} @pointerdown=${move.down} @pointermove=${move.move}><title>${label}</title></line>
          <circle class="knob" cx=${hx} cy=${hy} r="4" />
          <circle class="hold" cx=${hx} cy=${hy} r="14" @pointerdown=${turn.down} @pointermove=${turn.move}><title>${text.mprTurn}</title></circle>`;
      })}
    </g>`;
  });
  const middle = dragging((x, y) => {
    const place = placeAt(shown, x, y);
    if (place) mpr.moveTo(place);
  });
  // What is drawn lies over the picture; what it does not take itself is the picture's.
  const pass = (event: WheelEvent | PointerEvent) => {
    const root = (event.currentTarget as SVGElement).getRootNode() as ShadowRoot;
    const copy = event instanceof WheelEvent ? new WheelEvent('wheel', event) : new PointerEvent(event.type, event);
    event.preventDefault();
    root.querySelector('.picture')?.dispatchEvent(copy);
  };
  return html`<svg class=${`cross ${base}${idle ? ' idle' : ''}`} aria-hidden="true" @wheel=${pass} @pointermove=${pass} @contextmenu=${(event: Event) => event.preventDefault()}>
    ${lines}
    ${svg`<circle class="hold" cx=${cx} cy=${cy} r="18" @pointerdown=${middle.down} @pointermove=${middle.move}><title>${text.mprCross}</title></circle>`}
  </svg>`;
}

const add3 = (a: Vec3, b: Vec3): Vec3 => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
