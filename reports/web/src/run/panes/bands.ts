// Faults along an axis of time: labelled bars in a strip, and tinted bands behind what they hit.

import type { Fault } from "../format";
import type { Run } from "../model/run";
import { colours } from "../../page/colours";
import type { Plane } from "../canvas/plane";
import { label } from "../../page/words";

export const BAR = 15;
const MOST_LEVELS = 4;

/** The level of each fault in the strip, so that bars of one level do not overlap. */
export class FaultStrip {
  readonly height: number;
  private readonly levels: number[];
  /** When the next bar of the same level begins. */
  private readonly next: number[];

  constructor(private readonly run: Run) {
    const faults = run.page.faults;
    const busy: number[] = [];
    const levels = new Map<Fault, number>();
    for (const fault of [...faults].sort((a, b) => a.from - b.from)) {
      let level = busy.findIndex((until) => until <= fault.from);
      if (level < 0) level = busy.length < MOST_LEVELS ? busy.push(0) - 1 : busy.indexOf(Math.min(...busy));
      // What is over at once still needs room for its name.
      busy[level] = Math.max(fault.until ?? 0, fault.from + run.end * 0.03);
      levels.set(fault, level);
    }
    this.levels = faults.map((fault) => levels.get(fault)!);
    this.next = faults.map((fault, i) => {
      const later = faults.filter((other, j) => this.levels[j] === this.levels[i] && other.from > fault.from);
      return Math.min(Infinity, ...later.map((other) => other.from));
    });
    this.height = busy.length * BAR;
  }

  draw(plane: Plane, top: number): void {
    this.run.page.faults.forEach((fault, i) => {
      const [left, right] = extent(plane, fault);
      if (right < 0 || left > plane.width) return;
      const room = Math.min(plane.x(this.next[i]!), plane.width) - Math.max(left, 0) - 4;
      this.bar(plane, fault, Math.max(left, -4), Math.min(right, plane.width + 4), top + this.levels[i]! * BAR, room);
    });
  }

  private bar(plane: Plane, fault: Fault, left: number, right: number, top: number, free: number): void {
    const { context } = plane;
    const { fault: colour, ink } = colours();
    const width = Math.max(right - left, 3);
    context.fillStyle = colour;
    context.globalAlpha = 0.3;
    context.fillRect(left, top, width, BAR - 2);
    context.globalAlpha = 1;
    context.fillRect(left, top, Math.min(2, width), BAR - 2);
    if (fault.until === null) triangle(context, left, top);
    const name = `${label(fault.id, 6)} ${label(fault.kind, 14)}`;
    context.font = `10px ${colours().font}`;
    context.textAlign = "left";
    const room = Math.min(free, 110);
    const text = context.measureText(name).width + 9 < room ? name : label(fault.id, 6);
    if (context.measureText(text).width + 6 < room) {
      context.fillStyle = ink;
      context.fillText(text, Math.max(left, 0) + (fault.until === null ? 8 : 5), top + BAR / 2 - 0.5);
    }
  }

  /** The fault whose bar is here. */
  at(plane: Plane, x: number, y: number, top: number): Fault | null {
    return (
      this.run.page.faults.find((fault, i) => {
        const [left, right] = extent(plane, fault);
        const level = Math.floor((y - top) / BAR);
        return level === this.levels[i] && x >= left - 3 && x <= Math.max(right, left + 12) + 3;
      }) ?? null
    );
  }
}

function triangle(context: CanvasRenderingContext2D, x: number, top: number): void {
  context.beginPath();
  context.moveTo(x, top);
  context.lineTo(x + 6, top + (BAR - 2) / 2);
  context.lineTo(x, top + BAR - 2);
  context.fill();
}

function extent(plane: Plane, fault: Fault): [number, number] {
  const left = plane.x(fault.from);
  return [left, fault.until === null ? left + 3 : plane.x(fault.until)];
}

/** Tints the time of every fault between two heights. */
export function drawBands(plane: Plane, faults: Fault[], top: number, bottom: number, strength = 0.1): void {
  const { context } = plane;
  context.fillStyle = colours().fault;
  for (const fault of faults) {
    const [left, right] = extent(plane, fault);
    if (right < 0 || left > plane.width) continue;
    context.globalAlpha = strength;
    context.fillRect(left, top, Math.max(right - left, 1), bottom - top);
    context.globalAlpha = 0.45;
    context.fillRect(left, top, 1, bottom - top);
  }
  context.globalAlpha = 1;
}
