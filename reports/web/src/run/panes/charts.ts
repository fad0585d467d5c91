// Latency, operations a second and messages a second, on the same axis of time.

import type { Cursor } from "../cursor";
import { OK } from "../model/operations";
import { lowerBound, upperBound } from "../model/search";
import { colours } from "../../page/colours";
import { make, section } from "../../page/dom";
import { attachGestures } from "../canvas/gestures";
import { cross, Plane, roundStep } from "../canvas/plane";
import { hideTip, showTip } from "../../page/tip";
import { count, exactly, span } from "../../page/words";
import { drawBands } from "./bands";

const AXIS = 20;
const TALL = 92;
const GAP = 22;
/** How wide a bar is, in pixels. */
const BAR = 6;

/** How many ended or were sent well, and how many did not, in columns of time. */
interface Rates {
  start: number;
  step: number;
  well: Float64Array;
  ill: Float64Array;
}

interface Chart {
  name: string;
  top: number;
  draw: (top: number) => void;
}

export function charts(cursor: Cursor): HTMLElement {
  const part = section(
    "charts",
    "Charts",
    "Latency: a dot for each operation, at the moment it returned; the higher it is, the longer it took. The scale is logarithmic: each line is ten times the one below. Crosses are operations that failed or whose outcome nobody knows.",
    "The two charts below count what ended, and what was sent, in each second of the run; bars drawn downwards did not end well or were lost.",
  );
  part.append(new Charts(cursor).plane.element);
  return part;
}

class Charts {
  readonly plane: Plane;
  private readonly charts: Chart[] = [];

  constructor(private readonly cursor: Cursor) {
    let top = AXIS + 8;
    const add = (name: string, draw: (top: number) => void) => {
      this.charts.push({ name, top, draw });
      top += TALL + GAP;
    };
    if (cursor.run.operations.length > 0) {
      add("Latency", (at) => this.latency(at));
      add("Operations/s", (at) => this.rates(at, this.operationRates()));
    }
    add("Messages/s", (at) => this.rates(at, this.messageRates()));
    const height = top - GAP + 8;
    this.plane = new Plane(cursor, {
      label: `Charts: ${this.charts.map((chart) => chart.name).join(", ")}`,
      height: () => height,
      redraw: [],
      draw: () => this.draw(),
    });
    for (const { name, top: at } of this.charts) {
      this.plane.gutter.append(make("span", { class: "rowname", style: `top:${at - 3}px` }, name));
    }
    attachGestures(this.plane, {
      click: (x) => cursor.goTo(this.plane.time(x)),
      hover: (x, _, event) => this.hover(x, event),
      leave: hideTip,
    });
  }

  private draw(): void {
    const { plane } = this;
    plane.drawMarks(AXIS, plane.height, 9);
    for (const { top, draw } of this.charts) {
      drawBands(plane, this.cursor.run.page.faults, top, top + TALL, 0.09);
      draw(top);
    }
  }

  private latency(top: number): void {
    const { operations: ops } = this.cursor.run;
    const { context } = this.plane;
    const { client, bad } = colours();
    let [least, most] = [Infinity, 0];
    for (let i = 0; i < ops.length; i++) {
      const took = ops.end[i]! - ops.call[i]!;
      if (!ops.returned[i] || took <= 0) continue;
      [least, most] = [Math.min(least, took), Math.max(most, took)];
    }
    if (most === 0) return;
    const [low, high] = [Math.floor(Math.log10(least)), Math.max(Math.ceil(Math.log10(most)), Math.floor(Math.log10(least)) + 1)];
    const y = (took: number) => top + TALL - ((Math.log10(Math.max(took, 1)) - low) / (high - low)) * TALL;
    for (let power = low; power <= high; power++) this.level(y(10 ** power), span(10 ** power));
    const [from, until] = [lowerBound(ops.latest, this.plane.from), upperBound(ops.call, this.plane.until)];
    context.fillStyle = client;
    context.strokeStyle = bad;
    context.lineWidth = 1.5;
    context.globalAlpha = until - from > 3000 ? 0.45 : 0.8;
    for (let i = from; i < until; i++) {
      if (!ops.returned[i]) continue;
      const [x, at] = [this.plane.x(ops.end[i]!), y(ops.end[i]! - ops.call[i]!)];
      if (ops.ending[i] === OK) context.fillRect(x - 1.25, at - 1.25, 2.5, 2.5);
      else cross(context, x, at, 3);
    }
    context.globalAlpha = 1;
  }

  private level(y: number, name: string): void {
    const { context, width } = this.plane;
    const { faint, soft, back, font } = colours();
    context.strokeStyle = faint;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, Math.round(y) + 0.5);
    context.lineTo(width, Math.round(y) + 0.5);
    context.stroke();
    context.font = `10px ${font}`;
    context.textAlign = "left";
    context.lineWidth = 3;
    context.strokeStyle = back;
    context.strokeText(name, 2, y - 6);
    context.fillStyle = soft;
    context.fillText(name, 2, y - 6);
  }

  /** Columns that are as wide as a round time and begin at a multiple of it: they stay as they are when the window moves. */
  private columns(): Rates {
    const { from, until, width } = this.plane;
    const step = roundStep(((until - from) / Math.max(1, width)) * BAR);
    const start = Math.floor(from / step) * step;
    const many = Math.ceil((until - start) / step) + 1;
    return { start, step, well: new Float64Array(many), ill: new Float64Array(many) };
  }

  private operationRates() {
    const { operations: ops } = this.cursor.run;
    const rates = this.columns();
    const until = upperBound(ops.call, this.plane.until);
    for (let i = lowerBound(ops.latest, this.plane.from); i < until; i++) {
      const column = Math.floor((ops.end[i]! - rates.start) / rates.step);
      if (ops.returned[i] && column >= 0) (ops.ending[i] === OK ? rates.well : rates.ill)[column]!++;
    }
    return rates;
  }

  private messageRates() {
    const { messages } = this.cursor.run;
    const rates = this.columns();
    const until = upperBound(messages.sent, this.plane.until);
    for (let i = lowerBound(messages.sent, this.plane.from); i < until; i++) {
      const column = Math.floor((messages.sent[i]! - rates.start) / rates.step);
      (messages.receiver[i]! >= 0 ? rates.well : rates.ill)[column]!++;
    }
    return rates;
  }

  /** Bars upwards for what went well, and downwards from the same line for what did not. */
  private rates(top: number, { start, step, well, ill }: Rates): void {
    const { context, width } = this.plane;
    const { client, bad, line } = colours();
    const most = Math.max(1, ...well, ...ill);
    const below = ill.some((n) => n > 0) ? TALL * 0.25 : 0;
    const base = top + TALL - below;
    const bar = this.plane.x(start + step) - this.plane.x(start) - 1;
    well.forEach((n, column) => {
      const x = this.plane.x(start + column * step);
      context.fillStyle = client;
      const up = (n / most) * (TALL - below - 10);
      if (n > 0) context.fillRect(x, base - up, bar, up);
      context.fillStyle = bad;
      const down = Math.max(2, Math.min(1, ill[column]! / most) * below);
      if (ill[column]! > 0) context.fillRect(x, base + 1, bar, down);
    });
    context.fillStyle = line;
    context.fillRect(0, base, width, 1);
    const rate = most / (step / 1e9);
    this.level(base - (TALL - below - 10), `${rate >= 10 ? count(rate) : rate.toPrecision(2)}/s, in bars of ${span(step)}`);
  }

  private hover(x: number, event: PointerEvent): void {
    const time = this.plane.time(x);
    const { start, step, well, ill } = this.operationRates();
    const sent = this.messageRates();
    const column = Math.floor((time - start) / step);
    if (column < 0 || column >= well.length) return hideTip();
    showTip(event, [
      `the ${span(step)} from ${exactly(start + column * step)}`,
      `operations: ${count(well[column]!)} ok, ${count(ill[column]!)} not`,
      `messages: ${count(sent.well[column]!)} arrived, ${count(sent.ill[column]!)} lost`,
    ]);
  }
}
