// A canvas on which time runs from left to right, with names beside its rows and the cursor's line over it.

import type { Changed, Cursor, View } from "../cursor";
import { colours, onColours } from "../../page/colours";
import { make } from "../../page/dom";
import { mark } from "../../page/words";

/** What is at the edges of the window is not cut off. */
const INSET = 10;
/** How far apart the marks of an axis are, in pixels. */
const MARKS = 96;

export interface PlaneOptions {
  label: string;
  height: () => number;
  draw: (plane: Plane) => void;
  /** Which changes make it draw anew. */
  redraw: (keyof View)[];
  /** Whether it always shows the entire run. */
  whole?: boolean;
}

export class Plane {
  readonly element: HTMLDivElement;
  readonly gutter = make("div", { class: "gutter" });
  readonly body = make("div", { class: "body" });
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  width = 0;
  height = 0;
  from = 0;
  until = 1;
  private readonly line = make("div", { class: "cursor-line" });
  private waiting = false;
  /** Whether it is on the screen; what is not is drawn when it gets there. */
  private inSight = true;
  private stale = false;

  constructor(readonly cursor: Cursor, private readonly options: PlaneOptions) {
    this.canvas = make("canvas", { tabindex: "0", role: "img", "aria-label": options.label });
    this.context = this.canvas.getContext("2d")!;
    this.body.append(this.canvas, this.line);
    this.element = make("div", { class: "plane" }, this.gutter, this.body);
    cursor.listen((_, changed) => this.changed(changed));
    onColours(() => this.redraw());
    new ResizeObserver(() => this.resize()).observe(this.body);
    new IntersectionObserver((seen) => {
      this.inSight = seen.at(-1)!.isIntersecting;
      if (this.inSight && this.stale) this.draw();
    }, { rootMargin: "150px" }).observe(this.body);
  }

  x(time: number): number {
    return INSET + ((time - this.from) / (this.until - this.from)) * (this.width - 2 * INSET);
  }

  time(x: number): number {
    return this.from + ((x - INSET) / (this.width - 2 * INSET)) * (this.until - this.from);
  }

  describe(label: string): void {
    this.canvas.setAttribute("aria-label", label);
  }

  /** Draws before the next frame. */
  redraw(): void {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  /** Takes its new height, if that has changed, and draws. */
  resize(): void {
    const height = Math.max(1, Math.round(this.options.height()));
    this.body.style.height = `${height}px`;
    const width = this.body.clientWidth;
    if (width === 0) return;
    const ratio = devicePixelRatio;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    this.width = width;
    this.height = height;
    this.draw();
  }

  private changed(changed: Changed): void {
    const moved = !this.options.whole && (changed.has("from") || changed.has("until"));
    if (moved || this.options.redraw.some((key) => changed.has(key))) this.drawIfSeen();
    else if (changed.has("time")) this.moveLine();
  }

  private drawIfSeen(): void {
    if (this.inSight) this.draw();
    else this.stale = true;
  }

  private draw(): void {
    this.stale = false;
    if (this.width === 0) return;
    const { view, run } = this.cursor;
    this.from = this.options.whole ? 0 : view.from;
    this.until = this.options.whole ? run.end : view.until;
    const ratio = devicePixelRatio;
    const { context } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.globalAlpha = 1;
    context.font = `11px ${colours().font}`;
    context.textBaseline = "middle";
    context.setLineDash([]);
    this.options.draw(this);
    this.moveLine();
  }

  private moveLine(): void {
    const x = this.x(this.cursor.view.time);
    this.line.hidden = x < 0 || x > this.width;
    this.line.style.transform = `translateX(${x.toFixed(1)}px)`;
  }

  /** The marks of the axis: round moments, far enough apart for their names. */
  marks(): { time: number; name: string }[] {
    const step = roundStep(((this.until - this.from) / Math.max(1, this.width)) * MARKS);
    const found = [];
    for (let time = Math.ceil(this.from / step) * step; time <= this.until; time += step) {
      found.push({ time, name: mark(time, step) });
    }
    return found;
  }

  /** Lines at the marks, and their names at height `y` where one is given. */
  drawMarks(top: number, bottom: number, y?: number): void {
    const { context } = this;
    const { faint, soft } = colours();
    context.textAlign = "center";
    for (const { time, name } of this.marks()) {
      const x = Math.round(this.x(time)) + 0.5;
      context.strokeStyle = faint;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, bottom);
      context.stroke();
      if (y === undefined) continue;
      context.fillStyle = soft;
      const half = context.measureText(name).width / 2;
      context.fillText(name, Math.min(Math.max(x, half + 1), this.width - half - 1), y);
    }
  }
}

/** A width on a round number of units that is at least `least`. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= least)!;
}

/** A cross around a point, reaching so far to each side. */
export function cross(context: CanvasRenderingContext2D, x: number, y: number, reach: number): void {
  context.beginPath();
  context.moveTo(x - reach, y - reach);
  context.lineTo(x + reach, y + reach);
  context.moveTo(x + reach, y - reach);
  context.lineTo(x - reach, y + reach);
  context.stroke();
}
