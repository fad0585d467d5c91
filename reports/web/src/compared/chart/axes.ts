// The frame of a chart: its axes with their lines and names.

import type { Scale } from "./scale";
import { draw } from "./svg";

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export function xIn({ left, right }: Box, scale: Scale): (value: number) => number {
  return (value) => left + scale.place(value) * (right - left);
}

export function yIn({ top, bottom }: Box, scale: Scale): (value: number) => number {
  return (value) => bottom - scale.place(value) * (bottom - top);
}

/** Lines across at the round values, and their names left of them. */
export function drawLevels(svg: SVGSVGElement, box: Box, scale: Scale, named = true): void {
  const y = yIn(box, scale);
  const lines = scale.ticks.map(({ value }) => `M${box.left} ${crisp(y(value))}H${box.right}`).join("");
  svg.append(draw("path", { d: lines, class: "grid" }));
  if (!named) return;
  for (const { value, name } of scale.ticks) {
    svg.append(draw("text", { x: box.left - 6, y: y(value) + 4, "text-anchor": "end" }, name));
  }
}

/** Lines upwards at the round values, and their names beneath them, those left out that there is no room for. */
export function drawColumns(svg: SVGSVGElement, box: Box, scale: Scale, named = true): void {
  const x = xIn(box, scale);
  const lines = scale.ticks.map(({ value }) => `M${crisp(x(value))} ${box.top}V${box.bottom}`).join("");
  svg.append(draw("path", { d: lines, class: "grid" }));
  if (!named) return;
  let end = -Infinity;
  for (const { value, name } of scale.ticks) {
    const half = name.length * 3.4;
    if (x(value) - half < end + 4) continue;
    end = x(value) + half;
    svg.append(draw("text", { x: x(value), y: box.bottom + 17, "text-anchor": "middle" }, name));
  }
}

export function drawFrame(svg: SVGSVGElement, { left, right, top, bottom }: Box): void {
  svg.append(draw("path", { d: `M${crisp(left)} ${top}V${crisp(bottom)}H${right}`, class: "axis" }));
}

/** A line of one pixel is sharp in the middle of it. */
function crisp(value: number): number {
  return Math.round(value) + 0.5;
}
