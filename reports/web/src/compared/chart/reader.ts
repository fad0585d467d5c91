// Reading the values of a chart at one place after another: with the pointer, or with the arrow keys.

import { make } from "../../page/dom";
import { hideTip, showTip } from "../../page/tip";
import { shown } from "../../page/words";
import type { Drawing } from "./drawing";
import { draw } from "./svg";

export interface Reading {
  /** How many places there are, where each lies, and from where to where the line at it goes. */
  many: number;
  x: (place: number) => number;
  top: number;
  bottom: number;
  /** What is told there: a heading, and names with their values. */
  tell: (place: number) => { title: string; values: [name: string, value: string][] };
}

/** No more values than these are told at once. */
const MOST = 24;

export class Reader {
  private reading: Reading | null = null;
  private place = -1;
  private line = draw("line", { class: "hair" });

  constructor(
    private readonly drawing: Drawing,
    name: string,
  ) {
    const { svg } = drawing;
    const about = { role: "slider", tabindex: "0", "aria-label": `${name}. Arrow keys read its values.` };
    for (const [key, value] of Object.entries(about)) svg.setAttribute(key, value);
    svg.addEventListener("pointermove", (event) => this.point(event));
    svg.addEventListener("pointerleave", () => this.leave());
    svg.addEventListener("blur", () => this.leave());
    svg.addEventListener("keydown", (event) => this.key(event));
  }

  /** Takes what has just been drawn. */
  read(reading: Reading): void {
    this.reading = reading;
    this.drawing.svg.append(this.line);
    this.line.setAttribute("visibility", "hidden");
    this.place = Math.min(this.place, reading.many - 1);
    const { svg } = this.drawing;
    svg.setAttribute("aria-valuemin", "1");
    svg.setAttribute("aria-valuemax", String(Math.max(1, reading.many)));
    this.announce();
  }

  private point(event: PointerEvent): void {
    if (this.reading === null || this.reading.many === 0) return;
    const [x] = this.drawing.inDrawing(event);
    let nearest = 0;
    for (let place = 1; place < this.reading.many; place++) {
      if (Math.abs(this.reading.x(place) - x) < Math.abs(this.reading.x(nearest) - x)) nearest = place;
    }
    this.go(nearest, event);
  }

  private key(event: KeyboardEvent): void {
    if (this.reading === null || this.reading.many === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.reading.many - 1;
    const to: Record<string, number> = {
      ArrowLeft: this.place - 1,
      ArrowDown: this.place - 1,
      ArrowRight: this.place + 1,
      ArrowUp: this.place + 1,
      PageDown: this.place - 10,
      PageUp: this.place + 10,
      Home: 0,
      End: last,
    };
    if (event.key === "Escape") return this.leave();
    if (!Object.hasOwn(to, event.key)) return;
    event.preventDefault();
    this.go(Math.min(Math.max(to[event.key]!, 0), last), null);
  }

  private go(place: number, event: PointerEvent | null): void {
    const { x, top, bottom, tell } = this.reading!;
    this.place = place;
    const at = x(place);
    for (const [name, value] of [
      ["x1", at],
      ["x2", at],
      ["y1", top],
      ["y2", bottom],
    ] as const) {
      this.line.setAttribute(name, value.toFixed(1));
    }
    this.line.setAttribute("visibility", "visible");
    const { title, values } = tell(place);
    const lines = values.slice(0, MOST).map(([name, value]) => {
      return make("span", { class: "pair" }, make("bdi", {}, shown(name, 40)), make("b", {}, value));
    });
    const rest = values.length > MOST ? [`and ${values.length - MOST} more`] : [];
    showTip(event ?? this.drawing.inWindow(at, (top + bottom) / 2), [title, ...lines, ...rest]);
    this.announce();
  }

  private announce(): void {
    const { svg } = this.drawing;
    const place = Math.max(this.place, 0);
    svg.setAttribute("aria-valuenow", String(place + 1));
    if (this.reading === null || this.reading.many === 0) return svg.setAttribute("aria-valuetext", "nothing is drawn");
    const { title, values } = this.reading.tell(place);
    const told = values.slice(0, MOST).map(([name, value]) => `${shown(name, 40)} ${value}`);
    svg.setAttribute("aria-valuetext", [title, ...told].join(", "));
  }

  private leave(): void {
    this.line.setAttribute("visibility", "hidden");
    hideTip();
  }
}
