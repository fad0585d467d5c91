// The entire run on one strip, and the window that the other panes show, to be moved and widened.

import type { Cursor } from "../cursor";
import { laneName } from "../describe";
import { OK } from "../model/operations";
import { colours, epochColour } from "../../page/colours";
import { make } from "../../page/dom";
import { Plane } from "../canvas/plane";
import { moment } from "../../page/words";
import { drawBands, FaultStrip } from "./bands";

const AXIS = 16;
const LEADERS = 14;
const OPERATIONS = 22;
const COLUMN = 3;

export function overview(cursor: Cursor): HTMLElement {
  const strip = new FaultStrip(cursor.run);
  const top = AXIS + strip.height;
  const bottom = top + LEADERS + OPERATIONS;
  const plane: Plane = new Plane(cursor, {
    label: "The entire run: faults, who leads, and operations",
    height: () => bottom + 2,
    redraw: [],
    whole: true,
    draw: () => {
      drawBands(plane, cursor.run.page.faults, AXIS, bottom, 0.07);
      plane.drawMarks(AXIS, bottom, 8);
      drawMissing(plane, bottom);
      strip.draw(plane, AXIS);
      drawLeaders(plane, top + LEADERS / 2);
      drawOperations(plane, bottom);
      drawViolation(plane, AXIS, bottom);
      placeBrush();
    },
  });
  for (const [name, at] of [["Faults", AXIS + strip.height / 2], ["Leader", top + LEADERS / 2], ["Operations", bottom - OPERATIONS / 2]] as const) {
    if (name === "Faults" && strip.height === 0) continue;
    plane.gutter.append(make("span", { class: "rowname", style: `top:${at - 8}px` }, name));
  }
  const placeBrush = brush(plane, cursor);
  cursor.listen((_, changed) => {
    if (changed.has("from") || changed.has("until")) placeBrush();
  });
  return plane.element;
}

function drawLeaders(plane: Plane, y: number): void {
  const { context } = plane;
  const { run } = plane.cursor;
  context.font = `600 10px ${colours().font}`;
  context.textAlign = "left";
  for (const { at, until, lane, epoch } of run.lives.leaders) {
    const [left, right] = [plane.x(at), plane.x(until)];
    context.fillStyle = epochColour(epoch);
    context.globalAlpha = 0.85;
    context.fillRect(left, y + 3, Math.max(right - left - 1, 1.5), 3);
    context.globalAlpha = 1;
    const name = laneName(run, lane);
    if (context.measureText(name).width + 4 > right - left) continue;
    context.fillStyle = colours().ink;
    context.fillText(name, left + 1, y - 2);
  }
}

/** How many operations ended well, upwards, and how many did not, downwards. */
function drawOperations(plane: Plane, bottom: number): void {
  const { operations } = plane.cursor.run;
  const columns = Math.ceil(plane.width / COLUMN) + 1;
  const well = new Uint16Array(columns);
  const ill = new Uint16Array(columns);
  for (let i = 0; i < operations.length; i++) {
    const column = Math.floor(plane.x(operations.end[i]!) / COLUMN);
    (operations.ending[i] === OK ? well : ill)[column]!++;
  }
  const most = Math.max(1, ...well, ...ill);
  const { context } = plane;
  const { client, bad } = colours();
  const base = bottom - 8;
  for (let column = 0; column < columns; column++) {
    const [up, down] = [Math.sqrt(well[column]! / most) * 13, Math.sqrt(ill[column]! / most) * 8];
    context.fillStyle = client;
    if (up > 0) context.fillRect(column * COLUMN, base - Math.max(1, up), COLUMN - 0.5, Math.max(1, up));
    context.fillStyle = bad;
    if (down > 0) context.fillRect(column * COLUMN, base + 1, COLUMN - 0.5, Math.max(2, down));
  }
}

function drawViolation(plane: Plane, top: number, bottom: number): void {
  const { violation } = plane.cursor.run;
  if (violation === null) return;
  const { context } = plane;
  const x = plane.x(violation.at);
  context.fillStyle = colours().bad;
  context.fillRect(x - 0.75, top, 1.5, bottom - top);
  context.font = `700 12px ${colours().font}`;
  context.textAlign = "center";
  context.fillText("✗", Math.min(Math.max(x, 6), plane.width - 6), bottom - 5);
}

/** Greys the time whose steps are not in the page. */
function drawMissing(plane: Plane, bottom: number): void {
  const { steps, page } = plane.cursor.run;
  if (steps.length === 0 || steps.length >= page.head.steps) return;
  const { context } = plane;
  const [left, right] = [plane.x(steps.at[0]!), plane.x(steps.at[steps.length - 1]!)];
  context.fillStyle = colours().faint;
  if (steps.first > 1) context.fillRect(0, AXIS, left, bottom - AXIS);
  if (steps.first + steps.length < page.head.steps) context.fillRect(right, AXIS, plane.width - right, bottom - AXIS);
}

/** The window as a frame with two handles; a press elsewhere on the strip brings the window there. */
function brush(plane: Plane, cursor: Cursor): () => void {
  const frame = make("div", { class: "brush" });
  const left = handle("left", "Where the window begins");
  const right = handle("right", "Where the window ends");
  frame.append(left, right);
  plane.body.append(frame);
  const place = () => {
    const { from, until } = cursor.view;
    frame.style.left = `${plane.x(from)}px`;
    frame.style.width = `${Math.max(plane.x(until) - plane.x(from), 4)}px`;
    for (const [edge, time] of [[left, from], [right, until]] as const) {
      edge.setAttribute("aria-valuemax", String(Math.round(cursor.run.end / 1e6)));
      edge.setAttribute("aria-valuenow", String(Math.round(time / 1e6)));
      edge.setAttribute("aria-valuetext", moment(time));
    }
  };
  drag(left, plane, (time) => cursor.show(Math.min(time, cursor.view.until - 1000), cursor.view.until));
  drag(right, plane, (time) => cursor.show(cursor.view.from, Math.max(time, cursor.view.from + 1000)));
  drag(frame, plane, (time, grabbed) => {
    const width = cursor.view.until - cursor.view.from;
    cursor.show(time - grabbed * width, time + (1 - grabbed) * width);
  });
  plane.canvas.addEventListener("pointerdown", (event) => {
    const width = cursor.view.until - cursor.view.from;
    const time = plane.time(event.offsetX);
    cursor.show(time - width / 2, time + width / 2);
    cursor.goTo(time);
  });
  frame.addEventListener("dblclick", () => cursor.show(0, cursor.run.end));
  return place;
}

function handle(side: "left" | "right", label: string): HTMLElement {
  return make("div", { class: `handle ${side}`, role: "slider", tabindex: "0", "aria-label": label, "aria-valuemin": "0" });
}

function drag(element: HTMLElement, plane: Plane, move: (time: number, grabbed: number) => void): void {
  const { cursor } = plane;
  let grabbed: number | null = null;
  let start = 0;
  const time = (event: PointerEvent) => plane.time(event.clientX - plane.body.getBoundingClientRect().left);
  element.addEventListener("pointerdown", (event) => {
    event.stopPropagation();
    element.setPointerCapture(event.pointerId);
    start = event.clientX;
    grabbed = (time(event) - cursor.view.from) / (cursor.view.until - cursor.view.from);
  });
  element.addEventListener("pointermove", (event) => {
    if (grabbed !== null && Math.abs(event.clientX - start) > 2) move(time(event), grabbed);
  });
  element.addEventListener("pointerup", (event) => {
    // A press that did not move is a click on what lies under the frame.
    if (grabbed !== null && Math.abs(event.clientX - start) <= 2 && !element.classList.contains("handle")) cursor.goTo(time(event));
    grabbed = null;
  });
  element.addEventListener("keydown", (event) => {
    const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (by === 0 || !element.classList.contains("handle")) return;
    event.stopPropagation();
    event.preventDefault();
    const edge = element.classList.contains("left") ? cursor.view.from : cursor.view.until;
    move(edge + (by * cursor.run.end) / 100, 0);
  });
}

