// What clients asked for: a bar for each operation, from its call to its return.

import type { Cursor } from "../cursor";
import { laneName, operationTip } from "../describe";
import { FAILED, OK } from "../model/operations";
import { lowerBound, upperBound } from "../model/search";
import { colours } from "../../page/colours";
import { make, section } from "../../page/dom";
import { attachGestures } from "../canvas/gestures";
import { Plane } from "../canvas/plane";
import { hideTip, showTip } from "../../page/tip";
import { count, counted, shown } from "../../page/words";
import { drawBands } from "./bands";

const AXIS = 20;
const LINE = 17;
const GAP = 9;
const BAR = 12;
/** More bars than this are drawn as how many ended in each column. */
const MOST_BARS = 3000;
const COLUMN = 3;
/** How far a bar goes that has no end, in pixels. */
const FADES = 90;
/** A bar narrower than this has no room for the mark of when it took effect. */
const MARKED = 8;

export function operations(cursor: Cursor): HTMLElement | null {
  const { run } = cursor;
  if (run.operations.length === 0) return null;
  const part = section(
    "operations",
    "Operations",
    "Each bar is one request of a client, from the moment it was made to the moment its reply came. A full bar ended well, a hatched one failed, and an outlined one that fades out has no known outcome: it may or may not have happened.",
    "The small tick in a bar is a moment at which it can have taken effect, chosen so that all replies make sense together. If no such choice exists, the bars that contradict each other are outlined in red: whatever order one tries, some reply among them is wrong.",
  );
  const { left } = run.page.operations;
  if (left[0] + left[1] > 0) {
    const words = `${count(left[0])} before the first and ${count(left[1])} after the last are left out.`;
    part.append(make("p", { class: "notice" }, `Shown are ${counted(run.operations.length, "operation")}; ${words}`));
  }
  if (run.page.blame !== null) part.append(make("p", { class: "blame" }, make("b", {}, "✗ "), shown(run.page.blame.sentence)));
  part.append(new OperationsPane(cursor).plane.element);
  return part;
}

class OperationsPane {
  readonly plane: Plane;
  private readonly tops: number[] = [];
  private readonly bottom: number;
  private many = false;

  constructor(private readonly cursor: Cursor) {
    const { run } = cursor;
    let y = AXIS + 6;
    for (const lane of run.clients) {
      this.tops[lane] = y;
      y += run.operations.lines[lane]! * LINE + GAP;
    }
    this.bottom = y;
    this.plane = new Plane(cursor, {
      label: `Operations of ${counted(run.clients.length, "client")}`,
      height: () => this.bottom + 4,
      draw: () => this.draw(),
      redraw: [],
    });
    for (const lane of run.clients) {
      const style = `top:${this.tops[lane]! + (run.operations.lines[lane]! * LINE) / 2 - 10}px`;
      this.plane.gutter.append(make("span", { class: "rowname", style }, laneName(run, lane)));
    }
    attachGestures(this.plane, {
      click: (x) => cursor.goTo(this.plane.time(x)),
      hover: (x, y, event) => {
        const found = this.find(x, y);
        if (found < 0) hideTip();
        else showTip(event, operationTip(run, found));
      },
      leave: hideTip,
    });
  }

  private draw(): void {
    const { plane } = this;
    const { run } = this.cursor;
    plane.drawMarks(AXIS, this.bottom, 9);
    drawBands(plane, run.page.faults, AXIS, this.bottom, 0.08);
    this.drawBlameBand();
    const [from, until] = this.range();
    this.many = until - from > MOST_BARS;
    if (this.many) this.drawDensity(from, until);
    else for (let i = from; i < until; i++) if (!run.blamed.has(i)) this.drawBar(i);
    for (const i of run.blamed) this.drawBlamed(i);
  }

  private range(): [number, number] {
    const { operations: ops } = this.cursor.run;
    return [lowerBound(ops.latest, this.plane.from), upperBound(ops.call, this.plane.until)];
  }

  private y(i: number): number {
    const { operations: ops } = this.cursor.run;
    return (this.tops[ops.lane[i]!] ?? 0) + ops.line[i]! * LINE + (LINE - BAR) / 2;
  }

  private drawBar(i: number): void {
    const { plane } = this;
    const { context } = plane;
    const { operations: ops } = this.cursor.run;
    const left = plane.x(ops.call[i]!);
    const right = ops.returned[i] ? plane.x(ops.end[i]!) : Math.min(plane.x(ops.end[i]!), left + FADES);
    if (right < 0 || left > plane.width) return;
    const [x, y, width] = [Math.max(left, -2), this.y(i), Math.max(Math.min(right, plane.width + 2) - Math.max(left, -2), 1.5)];
    const { client, bad, warn } = colours();
    if (ops.ending[i] === OK) {
      context.fillStyle = client;
      context.fillRect(x, y, width - (width > 4 ? 1 : 0), BAR);
    } else if (ops.ending[i] === FAILED) {
      hatch(context, x, y, width, bad);
    } else {
      fade(context, x, y, width, warn);
    }
    if (width >= MARKED) this.drawPoint(i, y);
    this.drawName(i, x, y, width);
  }

  private drawPoint(i: number, y: number): void {
    const point = this.cursor.run.operations.point[i]!;
    if (point < 0) return;
    const { context } = this.plane;
    context.fillStyle = colours().ink;
    context.fillRect(this.plane.x(point) - 0.75, y - 2, 1.5, BAR + 4);
  }

  /** Its text, where there is room for it. */
  private drawName(i: number, x: number, y: number, width: number): void {
    if (width < 34) return;
    const { context } = this.plane;
    const { run } = this.cursor;
    const ok = run.operations.ending[i] === OK;
    const name = shown(run.texts.get(run.operations.op[i]!), 40);
    context.font = `10px ${colours().font}`;
    if (context.measureText(name).width > width - 8) return;
    context.textAlign = "left";
    context.fillStyle = ok ? colours().back : colours().ink;
    if (run.operations.ending[i] === FAILED) return;
    context.fillText(name, x + 4, y + BAR / 2 + 0.5);
  }

  private drawBlamed(i: number): void {
    const { plane } = this;
    const { context } = plane;
    const { operations: ops } = this.cursor.run;
    if (i < 0 || i >= ops.length) return;
    this.drawBar(i);
    const [left, right] = [plane.x(ops.call[i]!), plane.x(ops.end[i]!)];
    context.strokeStyle = colours().bad;
    context.lineWidth = 2;
    context.strokeRect(left - 2, this.y(i) - 2, Math.max(right - left, 3) + 4, BAR + 4);
  }

  /** The time in which they cannot be ordered. */
  private drawBlameBand(): void {
    const { operations: ops, blamed, page } = this.cursor.run;
    const here = [...blamed].filter((i) => i >= 0 && i < ops.length);
    if (here.length === 0 || page.blame === null) return;
    const from = Math.min(...here.map((i) => ops.call[i]!));
    const [left, right] = [this.plane.x(from), this.plane.x(Math.max(page.blame.at, from))];
    const { context } = this.plane;
    context.fillStyle = colours().bad;
    context.globalAlpha = 0.1;
    context.fillRect(left, AXIS, Math.max(right - left, 2), this.bottom - AXIS);
    context.globalAlpha = 1;
    context.fillRect(left, AXIS, Math.max(right - left, 2), 2);
  }

  private drawDensity(from: number, until: number): void {
    const { plane } = this;
    const { operations: ops, clients } = this.cursor.run;
    const columns = Math.ceil(plane.width / COLUMN) + 1;
    const counts = [0, 1, 2].map(() => new Uint16Array(columns * this.tops.length));
    for (let i = from; i < until; i++) {
      const column = Math.floor(plane.x(ops.end[i]!) / COLUMN);
      if (column >= 0 && column < columns) counts[ops.ending[i]!]![ops.lane[i]! * columns + column]!++;
    }
    const most = counts[0]!.reduce((a, b) => Math.max(a, b), 1);
    const { client, bad, warn } = colours();
    for (const lane of clients) {
      const height = ops.lines[lane]! * LINE - 3;
      for (let column = 0; column < columns; column++) {
        let y = this.tops[lane]! + height;
        counts.forEach((ended, ending) => {
          const n = ended[lane * columns + column]!;
          if (n === 0) return;
          const tall = Math.max(2, Math.min(1, n / most) * height);
          plane.context.fillStyle = [client, bad, warn][ending]!;
          plane.context.fillRect(column * COLUMN, y - tall, COLUMN - (ending === OK ? 0.5 : 1.5), tall);
          y -= tall;
        });
      }
    }
  }

  private find(x: number, y: number): number {
    if (this.many) return -1;
    const { operations: ops } = this.cursor.run;
    const [from, until] = this.range();
    for (let i = until - 1; i >= from; i--) {
      const top = this.y(i);
      if (y < top - 3 || y > top + BAR + 3) continue;
      const [left, right] = [this.plane.x(ops.call[i]!), this.plane.x(ops.end[i]!)];
      const end = ops.returned[i] ? Math.max(right, left + 3) : Math.min(right, left + FADES);
      if (x >= left - 2 && x <= end + 2) return i;
    }
    return -1;
  }
}

/** Slanting lines in a frame. */
function hatch(context: CanvasRenderingContext2D, x: number, y: number, width: number, colour: string): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, BAR);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let at = x - BAR; at < x + width; at += 5) {
    context.moveTo(at, y + BAR);
    context.lineTo(at + BAR, y);
  }
  context.stroke();
  context.lineWidth = 2;
  context.strokeRect(x, y, width, BAR);
  context.restore();
}

/** An outline that fades out: nobody knows where it ends. */
function fade(context: CanvasRenderingContext2D, x: number, y: number, width: number, colour: string): void {
  const fill = context.createLinearGradient(x, 0, x + Math.max(width, 1), 0);
  fill.addColorStop(0, colour);
  fill.addColorStop(1, "transparent");
  context.strokeStyle = fill;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x + width, y + 0.5);
  context.lineTo(x + 0.75, y + 0.5);
  context.lineTo(x + 0.75, y + BAR - 0.5);
  context.lineTo(x + width, y + BAR - 0.5);
  context.stroke();
}

