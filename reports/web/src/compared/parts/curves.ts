// How a measure is spread: percentiles of all samples of all seeds, a line for each contender.

import { type Measured, QUANTILES, type Unit } from "../format";
import { markName, quantity } from "../words";
import type { Choice } from "../choice";
import { type Box, drawColumns, drawFrame, drawLevels, xIn, yIn } from "../chart/axes";
import { Drawing } from "../chart/drawing";
import { nines, percentile } from "../chart/nines";
import { Reader } from "../chart/reader";
import { logarithmic } from "../chart/scale";
import { drawEnds, endWidth, lineStyle } from "../chart/series";
import { draw, path, textWidth } from "../chart/svg";
import { foreign, make, scrolling, section } from "../../page/dom";
import { count, label } from "../../page/words";
import { chips } from "./chips";
import { unfolding } from "./names";

interface Curve {
  place: number;
  name: string;
  measured: Measured;
}

const TABLE = [100, 500, 900, 950, 990, 999, 1000];

export function curves(choice: Choice): HTMLElement | null {
  const names = measures(choice);
  if (names.length === 0) return null;
  return new Curves(choice, names).part;
}

/** What some contender has a curve of; latency first. */
function measures({ data }: Choice): string[] {
  const found = new Set(
    data.contenders.flatMap((one) => one.measures.filter(({ curve }) => curve.length > 0).map(({ name }) => name)),
  );
  const names = [...found];
  return names.includes("latency") ? ["latency", ...names.filter((name) => name !== "latency")] : names;
}

class Curves {
  readonly part: HTMLElement;
  private measure: string;
  private readonly drawing: Drawing;
  private readonly reader: Reader;
  private readonly missing = make("p", { class: "quiet" });
  private readonly table = scrolling("Percentiles, as a table");

  constructor(
    private readonly choice: Choice,
    names: string[],
  ) {
    this.measure = names[0]!;
    this.part = section(
      "latency",
      names[0] === "latency" ? "Latency and other distributions" : "Distributions",
      "All samples of all seeds of a contender are sorted: p50 is what half of them do not exceed, p99 " +
        "what 99 in 100 do not. Each nine more has as much room on the axis, since it is the slow ones that " +
        "hurt, and the faster half has less. Upwards each step multiplies. A line below another is faster " +
        "there; lines that cross say that one is faster for most and slower for the rest.",
      "These are not pairs: a contender that answers more operations has more samples here. Whether they " +
        "differ, and by how much on the same seed, is told above.",
    );
    const select = make(
      "select",
      { "aria-label": "What is drawn" },
      ...names.map((name) => make("option", {}, label(name, 40))),
    );
    select.addEventListener("change", () => this.show(names[select.selectedIndex]!));
    const bar = make("div", { class: "bar" }, select);
    const legend = chips(choice);
    if (legend !== null) bar.append(legend);
    this.drawing = new Drawing(
      "Percentiles",
      (wide) => [wide, Math.max(340, this.drawn().length * 15 + 70)],
      () => this.paint(),
    );
    this.reader = new Reader(this.drawing, "Percentiles of each contender");
    const numbers = unfolding(["The numbers"], () => [this.table], choice.data.contenders.length <= 12);
    this.part.append(bar, this.missing, this.drawing.element, numbers);
    choice.listen((changed) => changed.has("drawn") && this.drawing.redraw());
    this.show(this.measure);
  }

  private show(measure: string): void {
    this.measure = measure;
    const { contenders } = this.choice.data;
    const found = this.all();
    const without = contenders.filter((_, place) => found.every((curve) => curve.place !== place));
    this.missing.hidden = without.length === 0;
    this.missing.replaceChildren(
      ...without.slice(0, 8).flatMap((one, i) => [i > 0 ? ", " : "", foreign(one.name, 40)]),
    );
    this.missing.append(
      without.length > 8 ? ` and ${count(without.length - 8)} more have no samples of it.` : " had no samples of it.",
    );
    this.table.replaceChildren(this.numbers(found));
    this.drawing.redraw();
  }

  private all(): Curve[] {
    return this.choice.data.contenders.flatMap(({ name, measures: list }, place) => {
      const measured = list.find((one) => one.name === this.measure && one.curve.length > 0);
      return measured === undefined ? [] : [{ place, name, measured }];
    });
  }

  private drawn(): Curve[] {
    return this.all().filter(({ place }) => this.choice.look.drawn.has(place));
  }

  private paint(): void {
    const { svg, width, height } = this.drawing;
    const found = this.drawn();
    const unit: Unit = found[0]?.measured.unit ?? "time";
    const values = found.flatMap(({ measured }) => measured.curve);
    const y = logarithmic(values, markName(unit));
    const left = Math.max(30, ...y.ticks.map(({ name }) => textWidth(name))) + 12;
    const box: Box = { left, top: 12, right: width - endWidth(found.map(({ name }) => name)), bottom: height - 42 };
    const x = nines();
    drawLevels(svg, box, y);
    drawColumns(svg, box, x);
    drawFrame(svg, box);
    const words = "percentile of all samples; each nine more has as much room";
    svg.append(draw("text", { x: (box.left + box.right) / 2, y: height - 5, "text-anchor": "middle" }, words));
    const [across, up] = [xIn(box, x), yIn(box, y)];
    for (const { place, measured } of found) {
      const points = measured.curve.map((value, i): [number, number] => [across(QUANTILES[i] ?? 1000), up(value)]);
      svg.append(draw("path", { d: path(points), class: "line", ...lineStyle(place) }));
    }
    const ends = found.map(({ place, name, measured }) => ({ place, name, y: up(measured.curve.at(-1)!) }));
    drawEnds(svg, ends, box.right, box.top, box.bottom);
    this.reader.read({
      many: found.length === 0 ? 0 : QUANTILES.length,
      x: (i) => across(QUANTILES[i]!),
      top: box.top,
      bottom: box.bottom,
      tell: (i) => ({
        title: `${label(this.measure)}, ${percentile(QUANTILES[i]!)}`,
        values: found.map(({ name, measured }) => [name, quantity(unit, measured.curve[i] ?? 0)]),
      }),
    });
  }

  private numbers(found: Curve[]): HTMLElement {
    const columns = [...TABLE.map(percentile), "samples"];
    const head = make(
      "tr",
      {},
      make("th", { scope: "col" }, "Contender"),
      ...columns.map((name) => make("th", { scope: "col", class: "number" }, name)),
    );
    const rows = found.map(({ name, measured }) => {
      const at = (share: number) => measured.curve[QUANTILES.indexOf(share)];
      const cells = TABLE.map((share) => (at(share) === undefined ? "–" : quantity(measured.unit, at(share)!)));
      const all = [...cells, count(measured.samples)].map((text) => make("td", { class: "number" }, text));
      return make("tr", {}, make("th", { scope: "row" }, foreign(name, 40)), ...all);
    });
    const caption = make("caption", {}, `Percentiles of ${label(this.measure)}`);
    return make("table", { class: "numbers" }, caption, make("thead", {}, head), make("tbody", {}, ...rows));
  }
}
