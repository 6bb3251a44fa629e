// Mouse, pen and fingers over an image → one of a few intentions. Knows nothing of pictures.
export type Tool = 'window' | 'scroll' | 'zoom' | 'pan' | 'cross' | 'measure';

/** What a gesture asks for. Distances are CSS pixels; points are CSS pixels from the target's centre. */
export interface Intentions {
  tool(): Tool;
  window(dx: number, dy: number): void;
  scrollBy(dy: number): void;
  step(images: number): void;
  zoom(factor: number, x: number, y: number): void;
  pan(dx: number, dy: number): void;
  /** The tool `cross` is at a point, CSS pixels from the target's left and top. */
  cross(x: number, y: number): void;
  hover(x: number, y: number): void;
  leave(): void;
  /** A click or a tap at a place, CSS pixels from the target's corner: down and up with no way between. */
  tap(x: number, y: number): void;
  down(): void;
}

interface Finger {
  x: number;
  y: number;
}

/** Listens on `target` until `signal` aborts. */
export function listen(target: HTMLElement, to: Intentions, signal: AbortSignal): void {
  const fingers = new Map<number, Finger>();
  let button = 0;
  let way = 0; // of the pointer that is down alone
  const centre = (event: MouseEvent): [number, number] => {
    const box = target.getBoundingClientRect();
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
  };
  const within = (event: MouseEvent): [number, number] => {
    const box = target.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const on = <K extends keyof HTMLElementEventMap>(name: K, act: (event: HTMLElementEventMap[K]) => void) =>
    target.addEventListener(name, act, { signal, passive: false });

  on('pointerdown', (event) => {
    to.down();
    button = event.button;
    way = fingers.size > 0 ? Number.POSITIVE_INFINITY : 0;
    if (event.button === 0 && to.tool() === 'cross') to.cross(...within(event));
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    target.setPointerCapture(event.pointerId);
    if (event.button === 1) event.preventDefault(); // no autoscroll
  });
  on('pointermove', (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) {
      const box = target.getBoundingClientRect();
      to.hover(event.clientX - box.left, event.clientY - box.top);
      return;
    }
    const [dx, dy] = [event.clientX - finger.x, event.clientY - finger.y];
    way += Math.hypot(dx, dy);
    if (event.pointerType === 'touch' && fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
      if (other) pinch(finger, other, event, dx, dy);
    } else if (event.pointerType === 'touch' && fingers.size === 3) {
      to.window(dx / 3, dy / 3);
    } else {
      drag(event, dx, dy);
    }
    finger.x = event.clientX;
    finger.y = event.clientY;
  });
  const drag = (event: PointerEvent, dx: number, dy: number) => {
    const tool: Tool =
      event.pointerType === 'mouse' && button === 1
        ? 'pan'
        : event.pointerType === 'mouse' && button === 2
          ? 'zoom'
          : to.tool();
    if (tool === 'window') to.window(dx, dy);
    else if (tool === 'scroll') to.scrollBy(dy);
    else if (tool === 'zoom') to.zoom(1.008 ** -dy, 0, 0);
    else if (tool === 'cross') to.cross(...within(event));
    else if (tool === 'pan') to.pan(dx, dy); // what measures is placed by measure-hand.ts
  };
  const pinch = (finger: Finger, other: Finger, event: PointerEvent, dx: number, dy: number) => {
    const before = Math.hypot(finger.x - other.x, finger.y - other.y);
    const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
    const box = target.getBoundingClientRect();
    const x = (event.clientX + other.x) / 2 - box.left - box.width / 2;
    const y = (event.clientY + other.y) / 2 - box.top - box.height / 2;
    to.pan(dx / 2, dy / 2);
    if (before > 8) to.zoom(after / before, x, y);
  };
  const up = (event: PointerEvent) => {
    fingers.delete(event.pointerId);
  };
  on('pointerup', (event) => {
    const box = target.getBoundingClientRect();
    if (fingers.has(event.pointerId) && button === 0 && way < 6)
      to.tap(event.clientX - box.left, event.clientY - box.top);
    up(event);
  });
  on('pointercancel', up);
  on('pointerleave', () => to.leave());
  on('contextmenu', (event) => event.preventDefault());
  let wheel = 0;
  on('wheel', (event) => {
    event.preventDefault();
    if (event.ctrlKey) {
      to.zoom(Math.exp(-event.deltaY * (event.deltaMode === 0 ? 0.002 : 0.06)), ...centre(event));
      return;
    }
    // A notch is one image: 100 pixels or three lines; a touch pad adds up small steps.
    const delta = event.deltaMode === 0 ? (event.deltaY || event.deltaX) / 100 : Math.sign(event.deltaY);
    wheel = Math.sign(wheel) === Math.sign(delta) ? wheel + delta : delta;
    const whole = Math.abs(delta) >= 0.5 ? Math.sign(delta) : Math.trunc(wheel * 2);
    if (whole === 0) return;
    wheel = 0;
    to.step(event.shiftKey ? whole * 10 : whole);
  });
}
