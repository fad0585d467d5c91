// The dots of one measure, and what the pointer and the keys do on them.

import { fitting, type Scale } from "../chart/scale";
import { type Box, drawColumns, drawFrame, drawLevels, xIn, yIn } from "../chart/axes";
import { Drawing } from "../chart/drawing";
import { dots, draw, textWidth } from "../chart/svg";
import type { Choice } from "../choice";
import { markName, quantity, seedAt, seedWords } from "../words";
import { button, make } from "../../page/dom";
import { hideTip, showTip } from "../../page/tip";
import { label } from "../../page/words";
import type { Pairs } from "./seeds";

const LARGEST = 520;
/** How far from a dot the pointer still means it. */
const NEAR = 26;

export class Scatter {
  readonly drawing: Drawing;
  readonly toWidest: HTMLButtonElement;
  pairs: Pairs | null;
  /** The place among the pairs that is looked at, or -1. */
  at = -1;
  private points: [x: number, y: number][] = [];
  private readonly ring = draw("circle", { class: "ring", r: 7 });

  constructor(
    private readonly choice: Choice,
    private readonly find: () => Pairs | null,
  ) {
    this.pairs = find();
    this.drawing = new Drawing(
      "Seed by seed",
      (wide) => [Math.min(wide, LARGEST), Math.min(wide, LARGEST) - 20],
      () => this.paint(),
    );
    this.toWidest = button("Widest", "To the seed on which they differ most", () => this.goToWidest(), "w");
    const { svg } = this.drawing;
    for (const [name, value] of [
      ["role", "slider"],
      ["tabindex", "0"],
      ["class", "scatter"],
    ] as const)
      svg.setAttribute(name, value);
    svg.addEventListener("pointermove", (event) => this.hover(event));
    svg.addEventListener("pointerleave", () => this.go(-1));
    svg.addEventListener("blur", () => this.go(-1));
    svg.addEventListener("click", (event) => this.pin(this.nearest(event)));
    svg.addEventListener("keydown", (event) => this.key(event));
    choice.listen((changed) => {
      if (changed.has("with") || changed.has("measure")) {
        this.pairs = this.find();
        this.at = -1;
        this.drawing.redraw();
      } else if (changed.has("pinned")) this.drawing.redraw();
      this.announce();
    });
    this.announce();
  }

  goToWidest(): void {
    if (this.pairs !== null && this.pairs.widest >= 0) this.choice.set({ pinned: this.pairs.widest });
  }

  private paint(): void {
    const { svg, width, height } = this.drawing;
    const { pairs } = this;
    if (pairs === null || pairs.places.length === 0) {
      this.points = [];
      svg.append(draw("text", { x: 12, y: 24 }, "No seed has it on both sides."));
      return;
    }
    const scale = fitting([...pairs.first, ...pairs.other], markName(pairs.difference.unit), width < 420 ? 4 : 6);
    const left = Math.max(...scale.ticks.map((tick) => textWidth(tick.name))) + 30;
    const box: Box = { left, top: 14, right: width - 24, bottom: height - 42 };
    drawLevels(svg, box, scale);
    drawColumns(svg, box, scale);
    drawFrame(svg, box);
    this.paintNames(box, scale);
    const [x, y] = [xIn(box, scale), yIn(box, scale)];
    this.points = pairs.places.map((_, i) => [x(pairs.first[i]!), y(pairs.other[i]!)]);
    svg.append(draw("path", { d: dots(this.points), class: pairs.places.length > 300 ? "dots many" : "dots" }));
    const { pinned } = this.choice.look;
    if (pairs.widest !== pinned) this.mark(pairs.places.indexOf(pairs.widest), "widest", box);
    this.mark(pairs.places.indexOf(pinned), "pinned", box);
    svg.append(this.ring);
    this.showRing();
  }

  private paintNames({ left, right, top, bottom }: Box, { isLog }: Scale): void {
    const { svg } = this.drawing;
    const { data, look } = this.choice;
    const [first, other] = [label(data.contenders[0]!.name), label(data.contenders[look.with]!.name)];
    const middle = (top + bottom) / 2;
    const how = isLog ? ", logarithmic" : "";
    svg.append(
      draw("path", { d: `M${left} ${bottom}L${right} ${top}`, class: "equal-line" }),
      draw("text", { x: left + 8, y: top + 14, class: "region" }, `${other} has more`),
      draw("text", { x: right - 8, y: bottom - 8, class: "region", "text-anchor": "end" }, `${other} has less`),
      draw("text", { x: (left + right) / 2, y: bottom + 36, class: "name", "text-anchor": "middle" }, first + how),
      draw(
        "text",
        { x: 12, y: middle, class: "name", "text-anchor": "middle", transform: `rotate(-90 12 ${middle})` },
        other + how,
      ),
    );
  }

  /** A dot that has a name. */
  private mark(i: number, kind: "widest" | "pinned", { left, right, top }: Box): void {
    const point = this.points[i];
    if (point === undefined) return;
    const [x, y] = point;
    const { svg } = this.drawing;
    const seed = seedWords(seedAt(this.choice.data.first, this.pairs!.places[i]!));
    const words = this.pairs!.places[i] === this.pairs!.widest ? `widest: seed ${seed}` : `seed ${seed}`;
    // Away from the other dots, if there is room.
    const middle = this.points.reduce((sum, [px]) => sum + px, 0) / this.points.length;
    const wide = textWidth(words) + 16;
    const isLeft = x - wide > left && (x < middle || x + wide > right);
    const above = kind === "pinned" ? 12 : -8;
    svg.append(draw("circle", { class: kind, cx: x, cy: y, r: 7 }));
    const anchor = isLeft ? "end" : "start";
    const at = { x: x + (isLeft ? -11 : 11), y: Math.max(y - above + 4, top + 28), "text-anchor": anchor };
    svg.append(draw("text", { ...at, class: "name halo" }, words));
  }

  private showRing(): void {
    const point = this.points[this.at];
    this.ring.setAttribute("visibility", point === undefined ? "hidden" : "visible");
    if (point === undefined) return;
    this.ring.setAttribute("cx", point[0].toFixed(1));
    this.ring.setAttribute("cy", point[1].toFixed(1));
  }

  private nearest(event: { clientX: number; clientY: number } & Event): number {
    const [x, y] = this.drawing.inDrawing(event as PointerEvent);
    let [nearest, least] = [-1, NEAR * NEAR];
    this.points.forEach(([px, py], i) => {
      const far = (px - x) ** 2 + (py - y) ** 2;
      if (far < least) [nearest, least] = [i, far];
    });
    return nearest;
  }

  private hover(event: PointerEvent): void {
    const i = this.nearest(event);
    this.go(i);
    if (i >= 0) this.tell(event);
  }

  private go(i: number): void {
    if (i < 0) hideTip();
    if (i === this.at) return;
    this.at = i;
    this.showRing();
    this.announce();
  }

  private tell(where: { clientX: number; clientY: number }): void {
    const { pairs, choice } = this;
    const unit = pairs!.difference.unit;
    const names = [choice.data.contenders[0]!.name, choice.data.contenders[choice.look.with]!.name];
    const values = [pairs!.first[this.at]!, pairs!.other[this.at]!];
    const line = (i: number) =>
      make("span", { class: "pair" }, make("bdi", {}, label(names[i]!)), make("b", {}, quantity(unit, values[i]!)));
    showTip(where, [`seed ${seedWords(seedAt(choice.data.first, pairs!.places[this.at]!))}`, line(0), line(1)]);
  }

  /** Lets go of the seed; if none is held, of the drawing. */
  private letGo(): void {
    if (this.choice.look.pinned >= 0) this.choice.set({ pinned: -1 });
    else document.querySelector<HTMLElement>('.measure[aria-pressed="true"]')?.focus();
  }

  private pin(i: number): void {
    const place = i < 0 ? -1 : this.pairs!.places[i]!;
    this.choice.set({ pinned: place === this.choice.look.pinned ? -1 : place });
  }

  private key(event: KeyboardEvent): void {
    const { pairs } = this;
    if (pairs === null || pairs.places.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = this.reached(event.key, pairs);
    if (event.key === "Enter" || event.key === " ") this.pin(this.at);
    else if (event.key === "Escape") this.letGo();
    else if (to === undefined) return;
    else {
      this.go(Math.min(Math.max(to, 0), pairs.places.length - 1));
      const [x, y] = this.points[this.at]!;
      this.tell(this.drawing.inWindow(x, y));
    }
    event.preventDefault();
  }

  /** Where a key leads: along the seeds, or to the next larger or smaller difference. */
  private reached(key: string, pairs: Pairs): number | undefined {
    const now = this.at >= 0 ? this.at : pairs.places.indexOf(this.choice.look.pinned);
    if (key === "ArrowUp" || key === "ArrowDown") {
      const more = (i: number) => pairs.other[i]! - pairs.first[i]!;
      const sorted = pairs.places.map((_, i) => i).sort((a, b) => more(a) - more(b) || a - b);
      const rank = sorted.indexOf(now) + (key === "ArrowUp" ? 1 : -1);
      return sorted[Math.min(Math.max(rank, 0), sorted.length - 1)];
    }
    const last = pairs.places.length - 1;
    const to: Record<string, number> = {
      ArrowLeft: now - 1,
      ArrowRight: now + 1,
      PageUp: now + 10,
      PageDown: now - 10,
      Home: 0,
      End: last,
    };
    return Object.hasOwn(to, key) ? to[key] : undefined;
  }

  private announce(): void {
    const { svg } = this.drawing;
    const { pairs, choice } = this;
    const { data, look } = choice;
    const [first, other] = [label(data.contenders[0]!.name), label(data.contenders[look.with]?.name ?? "")];
    svg.setAttribute(
      "aria-label",
      `${label(look.measure, 60)} seed by seed, ${other} beside ${first}. Arrow keys go through the seeds.`,
    );
    svg.setAttribute("aria-valuemin", "1");
    svg.setAttribute("aria-valuemax", String(Math.max(1, pairs?.places.length ?? 0)));
    const i = this.at >= 0 ? this.at : (pairs?.places.indexOf(look.pinned) ?? -1);
    svg.setAttribute("aria-valuenow", String(Math.max(0, i) + 1));
    if (pairs === null || i < 0) return svg.setAttribute("aria-valuetext", "no seed is chosen");
    const [one, two] = [pairs.first[i]!, pairs.other[i]!].map((value) => quantity(pairs.difference.unit, value));
    svg.setAttribute(
      "aria-valuetext",
      `seed ${seedAt(data.first, pairs.places[i]!)}: ${first} ${one}, ${other} ${two}`,
    );
  }
}
