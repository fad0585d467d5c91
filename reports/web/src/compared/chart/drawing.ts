// A drawing that is as wide as its place and is drawn anew when that changes.

import { make } from "../../page/dom";
import { draw } from "./svg";

export class Drawing {
  readonly element = make("div", { class: "drawing" });
  readonly svg: SVGSVGElement;
  width = 0;
  height = 0;

  /** `paint` puts what is drawn into the emptied `svg`; `height` may ask for the width. */
  constructor(
    label: string,
    private readonly size: (width: number) => [width: number, height: number],
    private readonly paint: (drawing: Drawing) => void,
  ) {
    this.svg = draw("svg", { role: "img", "aria-label": label });
    this.element.append(this.svg);
    new ResizeObserver(() => this.fit()).observe(this.element);
  }

  describe(label: string): void {
    this.svg.setAttribute("aria-label", label);
  }

  private fit(): void {
    const [width] = this.size(this.element.clientWidth);
    if (this.element.clientWidth > 0 && width !== this.width) this.redraw();
  }

  redraw(): void {
    if (this.element.clientWidth === 0) return;
    [this.width, this.height] = this.size(this.element.clientWidth);
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    // On paper the place is narrower than on the screen, and nothing is drawn anew: it shrinks.
    this.svg.setAttribute("style", `width:${this.width}px`);
    this.svg.replaceChildren();
    this.paint(this);
  }

  /** Where a point of the drawing is in the window. */
  inWindow(x: number, y: number): { clientX: number; clientY: number } {
    const { left, top, width } = this.svg.getBoundingClientRect();
    const ratio = width / this.width;
    return { clientX: left + x * ratio, clientY: top + y * ratio };
  }

  /** Where a pointer is in the drawing. */
  inDrawing(event: PointerEvent): [x: number, y: number] {
    const { left, top, width } = this.svg.getBoundingClientRect();
    const ratio = this.width / width;
    return [(event.clientX - left) * ratio, (event.clientY - top) * ratio];
  }
}
