// Wheel, drag, click and double click on a plane.

import type { Plane } from "./plane";

/** A scroll of the page that comes over a plane goes on: within this many milliseconds a wheel's turn belongs to it. */
const SAME_SCROLL = 300;
/** A press that moves less than this is a click. */
const CLICK = 4;

let scrolled = -Infinity;
addEventListener("scroll", () => (scrolled = performance.now()), { passive: true });

export interface Gestures {
  click: (x: number, y: number) => void;
  hover: (x: number, y: number, event: PointerEvent) => void;
  leave: () => void;
}

export function attachGestures(plane: Plane, gestures: Gestures): void {
  plane.canvas.addEventListener("wheel", (event) => turn(plane, event), { passive: false });
  plane.canvas.addEventListener("dblclick", (event) => plane.cursor.zoom(0.4, plane.time(event.offsetX)));
  plane.canvas.addEventListener("pointerleave", () => gestures.leave());
  drag(plane, gestures);
}

function turn(plane: Plane, event: WheelEvent): void {
  if (performance.now() - scrolled < SAME_SCROLL) return;
  const { cursor } = plane;
  const { from, until } = cursor.view;
  const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
  if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) cursor.pan((event.deltaX * unit) / plane.width);
  else cursor.zoom(Math.exp(Math.min(Math.max(event.deltaY * unit, -200), 200) * 0.0022), plane.time(event.offsetX));
  // Where there is no more to zoom, the page scrolls.
  if (cursor.view.from !== from || cursor.view.until !== until) event.preventDefault();
}

function drag(plane: Plane, gestures: Gestures): void {
  const { canvas, cursor } = plane;
  let start: { x: number; from: number; until: number; moved: boolean } | null = null;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    start = { x: event.offsetX, from: cursor.view.from, until: cursor.view.until, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (start === null) return gestures.hover(event.offsetX, event.offsetY, event);
    const by = event.offsetX - start.x;
    if (!start.moved && Math.abs(by) < CLICK) return;
    start.moved = true;
    gestures.leave();
    const time = (by / plane.width) * (start.until - start.from);
    cursor.show(start.from - time, start.until - time);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (start !== null && !start.moved) gestures.click(event.offsetX, event.offsetY);
    start = null;
  });
  canvas.addEventListener("pointercancel", () => (start = null));
}
