// The space-time diagram: a row a node, time from left to right, messages as arrows.

import type { Cause } from "../format";
import type { Cursor } from "../cursor";
import { laneName, messageTip, stepNumber, stepTip } from "../describe";
import { lowerBound, upperBound } from "../model/search";
import { lifeAt } from "../model/lives";
import { colours } from "../../page/colours";
import { section } from "../../page/dom";
import { attachGestures } from "../canvas/gestures";
import { Plane } from "../canvas/plane";
import { hideTip, showTip } from "../../page/tip";
import { pinnedPast } from "../pinned";
import { label, moment, span } from "../../page/words";
import { drawArrows, drawDensity, ends, inSight } from "./arrows";
import { drawBands, FaultStrip } from "./bands";
import { drawDot, drawRing, nearestStep } from "./dots";
import { legend } from "./legend";
import { drawLifeline } from "./lifelines";
import { Rows } from "./rows";

const AXIS = 22;
const FOOT = 24;
/** More steps than this are not drawn one by one. */
const MOST_DOTS = 2500;
/** How near the pointer must be to what it points at. */
const NEAR = 7;

type Found = { message: number } | { step: number } | { fault: string[] } | null;

export function diagram(cursor: Cursor): HTMLElement {
  const switches = legend(cursor);
  const pane = new Diagram(cursor, switches.querySelector(".hint")!);
  const part = section(
    "diagram",
    "Space-time diagram",
    "Time runs from left to right and each node has a row. An arrow is a message: it begins where one node sent it and ends where the other got it. A red cross is where a message was lost.",
    "A row's line is thick while its node leads, dashed while it asks to lead, dotted while it is paused, and missing while it is down. The colour of a leader tells its epoch (a term, view or ballot): two thick lines of one colour at the same moment are two leaders at once. Orange bands are faults.",
    "Small shapes on a line are steps: a dot is a message that came in, a diamond a timer, a square a disk that has finished a sync, a ring a boot, and a triangle a client that acts of its own accord.",
    "When too much is in sight for arrows, bars above each line tell how many messages its node sent, and red ones below it how many of them were lost. Turn the wheel to zoom in, drag to move, double-click to zoom, click a step to pin it.",
  );
  part.append(switches, pane.plane.element);
  return part;
}

class Diagram {
  readonly plane: Plane;
  private readonly rows: Rows;
  private readonly strip: FaultStrip;
  private arrows: number[] | null = null;
  private hovered: Found = null;

  constructor(
    private readonly cursor: Cursor,
    private readonly hint: HTMLElement,
  ) {
    this.rows = new Rows(cursor);
    this.strip = new FaultStrip(cursor.run);
    this.rows.layOut(this.top());
    this.plane = new Plane(cursor, {
      label: "Space-time diagram",
      height: () => this.rows.bottom + FOOT,
      draw: () => this.draw(),
      redraw: ["pinned", "past", "hiddenKinds", "kind"],
    });
    // The rows come before the plane's own listener has drawn them.
    cursor.listen((_, changed) => {
      if (changed.has("hidden") || changed.has("clients")) {
        this.rows.layOut(this.top());
        this.plane.resize();
      }
      if (changed.has("place") || changed.has("time") || changed.has("from") || changed.has("until")) this.describe();
    });
    this.rows.mount(this.plane);
    this.describe();
    attachGestures(this.plane, {
      click: (x, y) => this.click(x, y),
      hover: (x, y, event) => this.hover(x, y, event),
      leave: () => this.leave(),
    });
  }

  private top(): number {
    return AXIS + this.strip.height + 4;
  }

  private describe(): void {
    const { run, view } = this.cursor;
    const roles = run.nodes.map((lane) => {
      const life = lifeAt(run.lives, lane, view.time);
      if (life === null || life.is === "down") return `${laneName(run, lane)} is down`;
      const paused = life.is === "paused" ? ", paused" : "";
      const epoch = life.role === "follower" ? "" : ` of epoch ${life.epoch}`;
      return `${laneName(run, lane)} is a ${life.role}${epoch}${paused}`;
    });
    this.plane.describe(
      `Space-time diagram from ${moment(view.from)} to ${moment(view.until)}. At the cursor, ${moment(view.time)}` +
        `${view.place >= 0 ? `, step ${stepNumber(run, view.place)}` : ""}: ${roles.join(", ")}.`,
    );
  }

  private draw(): void {
    const { plane, cursor, rows, strip } = this;
    const { run } = cursor;
    plane.drawMarks(AXIS, rows.bottom, 10);
    this.drawMissing();
    strip.draw(plane, AXIS);
    run.page.lanes.forEach((_, lane) => this.drawRowBands(lane));
    const past = pinnedPast(cursor);
    this.arrows = inSight(plane, cursor, rows);
    if (this.arrows === null) drawDensity(plane, cursor, rows, past);
    this.hint.hidden = this.arrows !== null;
    rows.y.forEach((y, lane) => {
      if (!Number.isNaN(y)) drawLifeline(plane, run, lane, y);
    });
    if (this.arrows !== null) {
      drawArrows(plane, cursor, rows, this.arrows, past);
      this.drawDots(past);
    }
    this.drawViolation();
    this.drawRings();
  }

  /** Faults over the rows that they hit; those of links over all rows, but fainter. */
  private drawRowBands(lane: number): void {
    const y = this.rows.y[lane]!;
    if (Number.isNaN(y)) return;
    const faults = this.cursor.run.page.faults;
    const [top, bottom] = [y - this.rows.above(lane), y + this.rows.below(lane)];
    drawBands(this.plane, faults.filter((fault) => fault.hit.includes(lane)), top, bottom, 0.2);
    drawBands(this.plane, faults.filter((fault) => fault.hit.length === 0), top - 2, bottom + 2, 0.06);
  }

  /** Hatches the time whose steps are not here. */
  private drawMissing(): void {
    const { steps, page, end } = this.cursor.run;
    if (steps.length >= page.head.steps || steps.length === 0) return;
    const before = steps.first > 1 ? steps.at[0]! : 0;
    const after = steps.first + steps.length < page.head.steps ? steps.at[steps.length - 1]! : end;
    for (const [from, until] of [[0, before], [after, end]] as const) {
      const [left, right] = [Math.max(0, this.plane.x(from)), Math.min(this.plane.width, this.plane.x(until))];
      if (until <= from || right - left < 2) continue;
      const { context } = this.plane;
      context.globalAlpha = 0.5;
      context.fillStyle = colours().faint;
      context.fillRect(left, AXIS, right - left, this.rows.bottom - AXIS);
      context.globalAlpha = 1;
      context.fillStyle = colours().soft;
      context.textAlign = "left";
      if (right - left > 130) context.fillText("steps here are not shown", left + 8, this.rows.bottom + 10);
    }
  }

  private drawDots(past: Uint8Array | null): void {
    const { plane, cursor, rows } = this;
    const { steps } = cursor.run;
    const [from, until] = [lowerBound(steps.at, plane.from), upperBound(steps.at, plane.until)];
    if (until - from > MOST_DOTS) return;
    for (let place = from; place < until; place++) {
      const y = rows.y[steps.lane[place]!];
      if (y === undefined || Number.isNaN(y)) continue;
      plane.context.globalAlpha = past === null || past[place] === 1 ? 1 : 0.15;
      drawDot(plane.context, steps.cause[place]! as Cause, plane.x(steps.at[place]!), y);
    }
    plane.context.globalAlpha = 1;
  }

  private drawViolation(): void {
    const { plane, rows } = this;
    const { violation } = this.cursor.run;
    if (violation === null) return;
    const x = plane.x(violation.at);
    if (x < -60 || x > plane.width + 60) return;
    const { context } = plane;
    const { bad, back, font } = colours();
    context.strokeStyle = context.fillStyle = bad;
    context.lineWidth = 1.5;
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(x, AXIS);
    context.lineTo(x, rows.bottom + 4);
    context.stroke();
    context.setLineDash([]);
    const words = `✗ ${label(violation.what, 40)} breaks here`;
    context.font = `600 11px ${font}`;
    context.textAlign = "left";
    const width = context.measureText(words).width;
    const left = x + 6 + width < plane.width ? x + 6 : x - 6 - width;
    context.fillStyle = back;
    context.fillRect(left - 3, rows.bottom + 5, width + 6, 16);
    context.fillStyle = bad;
    context.fillText(words, left, rows.bottom + 13);
  }

  private drawRings(): void {
    const { pinned } = this.cursor.view;
    if (pinned >= 0) this.ring(pinned, colours().accent);
    const { hovered, plane } = this;
    if (hovered === null) return;
    if ("step" in hovered) this.ring(hovered.step, colours().soft);
    if (!("message" in hovered)) return;
    const { x, y, toX, toY } = ends(plane, this.cursor, this.rows, hovered.message);
    plane.context.strokeStyle = colours().accent;
    plane.context.lineWidth = 2.5;
    plane.context.beginPath();
    plane.context.moveTo(x, y);
    plane.context.lineTo(toX, toY);
    plane.context.stroke();
  }

  private ring(place: number, colour: string): void {
    const { steps } = this.cursor.run;
    const y = this.rows.y[steps.lane[place]!];
    if (y !== undefined && !Number.isNaN(y)) drawRing(this.plane.context, this.plane.x(steps.at[place]!), y, colour);
  }

  private click(x: number, y: number): void {
    const found = this.find(x, y);
    const { messages } = this.cursor.run;
    if (found !== null && "step" in found) return this.cursor.pin(found.step);
    if (found !== null && "message" in found) {
      const { message } = found;
      return this.cursor.pin(messages.receiver[message]! >= 0 ? messages.receiver[message]! : messages.sender[message]!);
    }
    this.cursor.goTo(this.plane.time(x));
  }

  private hover(x: number, y: number, event: PointerEvent): void {
    const found = this.find(x, y);
    this.plane.canvas.style.cursor = found === null ? "" : "pointer";
    if (JSON.stringify(found) !== JSON.stringify(this.hovered)) {
      this.hovered = found;
      this.plane.redraw();
    }
    if (found === null) return hideTip();
    const { run } = this.cursor;
    if ("fault" in found) showTip(event, found.fault);
    else showTip(event, "step" in found ? stepTip(run, found.step) : messageTip(run, found.message));
  }

  private leave(): void {
    hideTip();
    if (this.hovered !== null) this.plane.redraw();
    this.hovered = null;
  }

  private find(x: number, y: number): Found {
    const fault = this.strip.at(this.plane, x, y, AXIS);
    if (fault !== null) return { fault: faultTip(fault) };
    return this.findStep(x, y) ?? this.findMessage(x, y);
  }

  private findStep(x: number, y: number): Found {
    const { steps } = this.cursor.run;
    const lane = this.rows.y.findIndex((at) => Math.abs(at - y) <= NEAR);
    if (lane < 0) return null;
    const step = nearestStep(steps, lane, this.plane.time(x));
    return step >= 0 && Math.abs(this.plane.x(steps.at[step]!) - x) <= NEAR ? { step } : null;
  }

  private findMessage(x: number, y: number): Found {
    let best: Found = null;
    let least = NEAR;
    for (const message of this.arrows ?? []) {
      const away = distance(ends(this.plane, this.cursor, this.rows, message), x, y);
      if (away < least) [best, least] = [{ message }, away];
    }
    return best;
  }
}

function faultTip(fault: { id: string; kind: string; words: string; from: number; until: number | null }): string[] {
  const time = fault.until === null ? "" : ` to ${moment(fault.until)}, ${span(fault.until - fault.from)}`;
  return [`fault ${label(fault.id)}  ${label(fault.kind)}`, label(fault.words, 160), moment(fault.from) + time];
}

/** From a point to a line between two others. */
function distance({ x, y, toX, toY }: ReturnType<typeof ends>, atX: number, atY: number): number {
  const [dx, dy] = [toX - x, toY - y];
  const along = ((atX - x) * dx + (atY - y) * dy) / (dx * dx + dy * dy || 1);
  const share = Math.min(Math.max(along, 0), 1);
  return Math.hypot(x + share * dx - atX, y + share * dy - atY);
}

