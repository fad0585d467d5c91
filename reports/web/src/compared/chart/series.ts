// How the lines of contenders look: each has a hue, a dash and a name at its end, so that hue is never the only sign.

import { label } from "../../page/words";
import { draw, textWidth } from "./svg";

const HUES = 5;
const DASHES = ["none", "7 3", "2 3", "9 3 2 3"];
/** How far apart names at the ends of lines are. */
const LINE = 15;
const LONGEST = 22;

export function lineStyle(place: number): { stroke: string; "stroke-dasharray": string } {
  return { stroke: `var(--hue-${place % HUES})`, "stroke-dasharray": DASHES[place % DASHES.length]! };
}

/** A short piece of a contender's line, for beside its name. */
export function swatch(place: number): SVGSVGElement {
  const line = draw("line", { x1: 0, y1: 5, x2: 24, y2: 5, ...lineStyle(place), "stroke-width": 2 });
  return draw("svg", { class: "swatch", viewBox: "0 0 24 10", width: 24, height: 10, "aria-hidden": "true" }, line);
}

export function endName(name: string): string {
  return label(name, LONGEST);
}

/** How much room the names at the ends of lines take. */
export function endWidth(names: string[]): number {
  return names.reduce((wide, name) => Math.max(wide, textWidth(endName(name)) + 22), 30);
}

export interface End {
  place: number;
  name: string;
  y: number;
}

/** Names at the ends of lines, moved apart where they would stand on each other. */
export function drawEnds(svg: SVGSVGElement, ends: End[], x: number, top: number, bottom: number): void {
  const sorted = [...ends].sort((a, b) => a.y - b.y);
  const at = spread(
    sorted.map(({ y }) => y),
    top,
    bottom,
  );
  sorted.forEach(({ place, name, y }, i) => {
    const { stroke } = lineStyle(place);
    svg.append(
      draw("path", {
        d: `M${x} ${y.toFixed(1)}L${x + 12} ${at[i]!.toFixed(1)}`,
        stroke,
        fill: "none",
        "stroke-opacity": 0.7,
      }),
      draw("text", { x: x + 16, y: at[i]! + 4, class: "name" }, endName(name)),
    );
  });
}

/** Places at least a line apart, as near to the given ones as that allows; the given are in order. */
export function spread(given: number[], top: number, bottom: number, apart = LINE): number[] {
  const at = [...given];
  for (let i = 0; i < at.length; i++) at[i] = Math.max(at[i]!, i === 0 ? top : at[i - 1]! + apart);
  for (let i = at.length - 1; i >= 0; i--) at[i] = Math.min(at[i]!, i === at.length - 1 ? bottom : at[i + 1]! - apart);
  return at;
}
