// Making the elements of drawings, and measuring texts that stand in them.

import { colours } from "../../page/colours";

type Value = string | number;

export function draw<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, typeof value === "number" ? String(Math.round(value * 10) / 10) : value);
  }
  element.append(...children);
  return element;
}

let context: CanvasRenderingContext2D | null = null;

/** How wide a text is in a drawing, in pixels. */
export function textWidth(text: string, size = 12): number {
  context ??= document.createElement("canvas").getContext("2d")!;
  context.font = `${size}px ${colours().font}`;
  return context.measureText(text).width;
}

/** A line through points; a point that is not a number ends it, and the next begins another. */
export function path(points: [x: number, y: number][]): string {
  let text = "";
  let isOn = false;
  for (const [x, y] of points) {
    const isPoint = Number.isFinite(x) && Number.isFinite(y);
    if (isPoint) text += `${isOn ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    isOn = isPoint;
  }
  return text;
}

/** Round dots of a path's width, however many they are: one element. */
export function dots(points: [x: number, y: number][]): string {
  return points.map(([x, y]) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join("");
}
