// How measures grow with what was swept: points, the power that fits them, and the protocol's own formula.

import type { Growth, Line } from "../format";
import { markName, quantity } from "../words";
import { type Box, drawColumns, drawFrame, drawLevels, xIn, yIn } from "../chart/axes";
import { Drawing } from "../chart/drawing";
import { Reader } from "../chart/reader";
import { logarithmic, type Scale } from "../chart/scale";
import { drawEnds, endName, endWidth, lineStyle } from "../chart/series";
import { dots, draw, path, textWidth } from "../chart/svg";
import { button, foreign, make, section } from "../../page/dom";
import { count, counted, label } from "../../page/words";

/** So many measures are shown at once. */
const FIRST = 6;
const HIGH = 300;

export function growth(all: Growth[]): HTMLElement | null {
  if (all.length === 0) return null;
  const part = section(
    "growth",
    "Growth",
    "How each measure grows with the number that was swept. Both axes are logarithmic, so that a power of " +
      "the number is a straight line: doubling it multiplies the measure by the same factor everywhere. " +
      "Points are medians over seeds, with the intervals in which the true ones lie (95 %); the line is the " +
      "power that fits them best, and the sentence says which. A power of 1 is growth in proportion, 2 with " +
      "the square, 0 none.",
    "The dashed line with diamonds is the protocol's own formula, without faults, retries or elections. " +
      "Where points lie above it, that is what these cost.",
  );
  const grid = make("div", { class: "cards" }, ...all.slice(0, FIRST).map(card));
  part.append(grid);
  if (all.length > FIRST) {
    const rest = all.slice(FIRST);
    const more = button(`Show ${counted(rest.length, "more measure")}`, "Show the growth of all measures", () => {
      const made = rest.map(card);
      grid.append(...made);
      more.remove();
      made[0]!.querySelector("svg")?.focus({ preventScroll: true });
    });
    part.append(more);
  }
  return part;
}

function card(one: Growth): HTMLElement {
  const { measure, key } = one;
  const reader = { made: null as Reader | null };
  const drawing = new Drawing(
    measure,
    (wide) => [wide, HIGH],
    (made) => paint(made, one, reader.made!),
  );
  reader.made = new Reader(drawing, `${label(measure, 60)} by ${label(key, 40)}`);
  const title = make("h3", {}, foreign(measure, 60), " ", make("span", { class: "quiet" }, "by ", foreign(key, 40)));
  const words = one.lines.map((line, i) => sentence(line, i, one.lines.length));
  return make("figure", { class: "card" }, title, drawing.element, make("figcaption", {}, ...words));
}

function sentence({ name, words }: Line, i: number, many: number): HTMLElement {
  const key = draw("svg", { class: "swatch", viewBox: "0 0 24 10", width: 24, height: 10, "aria-hidden": "true" });
  key.append(draw("line", { x1: 0, x2: 24, y1: 5, y2: 5, "stroke-width": 2, stroke: lineStyle(i).stroke }));
  const whose = many > 1 && name !== "" ? make("b", {}, foreign(name, 40), " ") : null;
  return make("p", {}, many > 1 ? key : null, " ", whose, foreign(words, 600));
}

function paint(drawing: Drawing, { unit, lines, key }: Growth, reader: Reader): void {
  const { svg, width, height } = drawing;
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const values = lines.flatMap((line) => [
    ...line.points.flatMap(({ median, from, to }) => [median, from, to]),
    ...(line.closed?.values ?? []),
  ]);
  // What hardly grows must look as if it hardly grew.
  const powers = Math.max(0.25, Math.log10((xs.at(-1) ?? 1) / Math.max(1, xs[0] ?? 1)) / 2);
  const y = logarithmic(
    values.filter((value) => value > 0),
    markName(unit),
    6,
    powers,
  );
  const x: Scale = {
    ...logarithmic(
      xs.filter((value) => value > 0),
      count,
    ),
    ticks: xs.map((value) => ({ value, name: count(value) })),
  };
  const names = lines
    .map(({ name, closed }) => [name, closed === null ? "" : closed.formula])
    .flat()
    .filter((name) => name !== "");
  const left = Math.max(24, ...y.ticks.map(({ name }) => textWidth(name))) + 12;
  const right = width - Math.min(endWidth(names), width * 0.4);
  const box: Box = { left, top: 10, right, bottom: height - 40 };
  drawLevels(svg, box, y);
  drawColumns(svg, box, x);
  drawFrame(svg, box);
  svg.append(draw("text", { x: (left + right) / 2, y: height - 4, "text-anchor": "middle" }, label(key, 40)));
  const [across, up] = [xIn(box, x), yIn(box, y)];
  const ends = lines.flatMap((line, i) => paintLine(svg, line, i, across, up));
  drawEnds(
    svg,
    ends.filter((end) => end.name !== ""),
    right,
    box.top,
    box.bottom,
  );
  reader.read({
    many: xs.length,
    x: (i) => across(xs[i]!),
    top: box.top,
    bottom: box.bottom,
    tell: (i) => ({
      title: `${label(key)} ${count(xs[i]!)}`,
      values: lines.flatMap((line) => told(line, xs[i]!, unit)),
    }),
  });
}

function told({ name, points, closed }: Line, x: number, unit: Growth["unit"]): [string, string][] {
  const at = points.findIndex((point) => point.x === x);
  if (at < 0) return [];
  const { median, from, to } = points[at]!;
  const interval = from === to ? "" : ` (${quantity(unit, from)} to ${quantity(unit, to)})`;
  const found: [string, string][] = [[name || "median", quantity(unit, median) + interval]];
  if (closed !== null && closed.values[at] !== undefined)
    found.push([closed.formula, quantity(unit, closed.values[at])]);
  return found;
}

type Axis = (value: number) => number;

/** Draws one, and gives the names that stand at its ends. What is nothing has no logarithm and is not drawn. */
function paintLine(
  svg: SVGSVGElement,
  line: Line,
  i: number,
  x: Axis,
  y: Axis,
): { place: number; name: string; y: number }[] {
  const { stroke } = lineStyle(i);
  const points = line.points.filter((point) => point.median > 0 && point.x > 0);
  const ends = [];
  const fit = fitted(line, points);
  const last = points.at(-1);
  if (fit !== null) {
    const both = [points[0]!.x, last!.x].map((at): [number, number] => [x(at), y(fit(at))]);
    svg.append(draw("path", { d: path(both), class: "line", stroke }));
  }
  const whiskers = points.map(
    (point) => `M${x(point.x).toFixed(1)} ${y(Math.max(point.from, 1e-3)).toFixed(1)}V${y(point.to).toFixed(1)}`,
  );
  svg.append(draw("path", { d: whiskers.join(""), class: "whiskers", stroke }));
  svg.append(draw("path", { d: dots(points.map((point) => [x(point.x), y(point.median)])), class: "points", stroke }));
  if (last !== undefined) ends.push({ place: i, name: line.name, y: y(fit === null ? last.median : fit(last.x)) });
  if (line.closed === null) return ends;
  const formula = line.points.flatMap((point, n): [number, number][] => {
    const value = line.closed!.values[n];
    return value === undefined || value <= 0 || point.x <= 0 ? [] : [[x(point.x), y(value)]];
  });
  if (formula.length === 0) return ends;
  const diamonds = formula.map(([a, b]) => `M${a.toFixed(1)} ${(b - 4).toFixed(1)}l4 4l-4 4l-4 -4Z`).join("");
  svg.append(
    draw("path", { d: path(formula), class: "formula", stroke }),
    draw("path", { d: diamonds, class: "diamonds", stroke }),
  );
  return [...ends, { place: i, name: endName(line.closed.formula), y: formula.at(-1)![1] }];
}

/** The power goes through the middle of the points; none where there is no power, or only one point. */
function fitted({ power }: Line, points: Line["points"]): ((x: number) => number) | null {
  if (power === null || points.length < 2) return null;
  const slope = power[0] / 1000;
  let sum = 0;
  for (const { x, median } of points) sum += Math.log(median) - slope * Math.log(x);
  const factor = Math.exp(sum / points.length);
  return (x) => factor * x ** slope;
}
