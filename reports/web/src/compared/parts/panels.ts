// Charts of successes over time below each other, on the same axes.

import { span } from "../../page/words";
import { type Box, drawColumns, drawFrame, drawLevels, xIn, yIn } from "../chart/axes";
import type { Drawing } from "../chart/drawing";
import { exact } from "../chart/scale";
import { drawEnds, endName, endWidth, lineStyle } from "../chart/series";
import { draw, path, textWidth } from "../chart/svg";
import { rateWords, type Row, struckIn } from "./rates";
import { hatch } from "./rhythm";

const ONE = 280;
const SMALL = 78;
const GAP = 24;
const ABOVE = 22;
const BELOW = 42;

export function height(groups: Row[][]): number {
  return groups.length <= 1 ? ABOVE + ONE + BELOW : ABOVE + groups.length * (SMALL + GAP) - GAP + BELOW;
}

/** Draws each group on a ground of its own, and tells where moments lie. */
export function paintPanels(
  { svg, width, height: high }: Drawing,
  groups: Row[][],
): { x: (time: number) => number; top: number; bottom: number } {
  const rows = groups.flat();
  const end = rows.reduce((most, { bin, rates }) => Math.max(most, bin * rates.length), 1);
  const most = rows.reduce((largest, { rates }) => rates.reduce((a, b) => Math.max(a, b), largest), 0);
  const isSmall = groups.length > 1;
  const up = exact(0, (most || 1) * 1.06, rateWords, isSmall ? 2 : 5);
  const across = exact(0, end, (time) => span(time), Math.max(3, Math.min(10, width / 110)));
  const left = Math.max(...up.ticks.map(({ name }) => textWidth(name))) + 14;
  const right = width - (isSmall ? 16 : endWidth(rows.map(({ name }) => name)));
  const tall = isSmall ? SMALL : ONE;
  groups.forEach((group, i) => {
    const top = ABOVE + i * (tall + GAP);
    const box = { left, right, top, bottom: top + tall };
    const isLast = i === groups.length - 1;
    paintStruck(svg, box, group, xIn(box, across), i);
    drawLevels(svg, box, up);
    drawColumns(svg, box, across, isLast);
    const isNew = i === 0 || group.some(({ heal }) => heal !== groups[0]![0]!.heal);
    paintHealed(svg, box, group, xIn(box, across), isNew);
    drawFrame(svg, box);
    for (const { place, rates, bin } of group) {
      const points = rates.map((rate, n): [number, number] => [xIn(box, across)((n + 0.5) * bin), yIn(box, up)(rate)]);
      svg.append(draw("path", { d: path(points), class: "line", ...lineStyle(place) }));
    }
    if (isSmall) svg.append(draw("text", { x: left, y: top - 6, class: "name" }, endName(group[0]!.name)));
    else {
      const ends = group.map(({ place, name, rates }) => ({ place, name, y: yIn(box, up)(rates.at(-1) ?? 0) }));
      drawEnds(svg, ends, right, top, box.bottom);
    }
  });
  const words = "time of the simulation; upwards: successes per second of one run";
  svg.append(draw("text", { x: (left + right) / 2, y: high - 5, "text-anchor": "middle" }, words));
  return { x: xIn({ left, right, top: 0, bottom: 0 }, across), top: ABOVE, bottom: high - BELOW };
}

/** The share of seeds under fault, as a hatched ground that reaches up to the top where it is all of them. */
function paintStruck(
  svg: SVGSVGElement,
  { left, right, top, bottom }: Box,
  rows: Row[],
  x: (time: number) => number,
  i: number,
): void {
  const [first] = rows;
  if (first === undefined) return;
  const { bin, rates } = first;
  let area = `M${left} ${bottom}`;
  for (let n = 0; n < rates.length; n++) {
    const [some, all] = struckIn(rows, n);
    const y = bottom - (all > 0 ? Math.min(1, some / all) : 0) * (bottom - top);
    area += `V${y.toFixed(1)}H${Math.min(right, x((n + 1) * bin)).toFixed(1)}`;
  }
  area += `V${bottom}Z`;
  const clip = draw("clipPath", { id: `struck-${i}` }, draw("path", { d: area }));
  const lines = draw("g", { "clip-path": `url(#struck-${i})` });
  const slants = draw("path", {
    d: hatch(right - left, bottom - top),
    class: "hatch",
    transform: `translate(${left} ${top})`,
  });
  lines.append(slants);
  svg.append(clip, draw("path", { d: area, class: "struck" }), lines);
}

function paintHealed(
  svg: SVGSVGElement,
  { right, top, bottom }: Box,
  rows: Row[],
  x: (time: number) => number,
  named: boolean,
): void {
  const moments = [...new Set(rows.map(({ heal }) => heal))].sort((a, b) => a - b);
  let end = -Infinity;
  for (const heal of moments) {
    const at = x(heal);
    if (!(at <= right + 1)) continue;
    svg.append(draw("line", { x1: at, x2: at, y1: top - 4, y2: bottom, class: "healed" }));
    if (!named) continue;
    const of = rows.filter((row) => row.heal === heal);
    const who = moments.length > 1 && of.length === 1 ? `${endName(of[0]!.name)} healed` : "all healed";
    const words = `${who} ${span(heal)}`;
    const wide = textWidth(words) / 2;
    const middle = Math.min(at, right - wide);
    if (middle - wide < end + 8) continue;
    end = middle + wide;
    svg.append(draw("text", { x: middle, y: top - 8, "text-anchor": "middle", class: "name" }, words));
  }
}
