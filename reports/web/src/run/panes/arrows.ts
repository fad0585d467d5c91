// Messages of the space-time diagram: arrows where there are few, and bars of how many where there are more.

import type { Cursor } from "../cursor";
import { kindName } from "../describe";
import { lowerBound, upperBound } from "../model/search";
import { colours } from "../../page/colours";
import type { Plane } from "../canvas/plane";
import type { Rows } from "./rows";

/** More arrows than this for each pixel of width cannot be told apart. */
const DENSEST = 0.8;
/** As few arrows as these have their kind written on them. */
const NAMED = 60;
const HEAD = 6;
/** How wide a bar is, in pixels. */
const COLUMN = 3;

/** The messages that were on their way in the window, as they are drawn. */
export function inSight(plane: Plane, cursor: Cursor, rows: Rows): number[] | null {
  const { messages, steps } = cursor.run;
  const { hiddenKinds } = cursor.view;
  const first = lowerBound(messages.latest, plane.from);
  const last = upperBound(messages.sent, plane.until);
  const most = plane.width * DENSEST;
  const found: number[] = [];
  for (let i = first; i < last; i++) {
    if (messages.ended[i]! < plane.from || hiddenKinds.has(messages.kind[i]!)) continue;
    const from = steps.lane[messages.sender[i]!]!;
    // What a node tells itself would lie on its own line.
    if (from === messages.to[i]! || Number.isNaN(rows.y[from]!) || Number.isNaN(rows.y[messages.to[i]!]!)) continue;
    if (found.push(i) > most) return null;
  }
  return found;
}

type Style = { colour: string; width: number; alpha: number };

export function drawArrows(plane: Plane, cursor: Cursor, rows: Rows, found: number[], past: Uint8Array | null): void {
  const { messages } = cursor.run;
  const { message, client, accent } = colours();
  const { kind } = cursor.view;
  const many = found.length > 600 ? 0.55 : 0.9;
  const inPast = (i: number) => past === null || (messages.receiver[i]! >= 0 ? past[messages.receiver[i]!] : 0) === 1;
  const groups = new Map<string, { style: Style; found: number[] }>();
  for (const i of found) {
    const named = messages.kinds.length - 3;
    const chosen = messages.kind[i] === kind;
    const colour = chosen ? accent : messages.kind[i]! >= named ? client : message;
    const faded = !inPast(i) || (kind >= 0 && !chosen);
    const style = { colour, width: chosen ? 1.8 : 1.1, alpha: faded ? 0.14 : many };
    const key = `${colour} ${style.alpha}`;
    if (!groups.has(key)) groups.set(key, { style, found: [] });
    groups.get(key)!.found.push(i);
  }
  for (const group of groups.values()) drawGroup(plane, cursor, rows, group.found, group.style);
  if (found.length <= NAMED) nameArrows(plane, cursor, rows, found.filter(inPast));
}

interface Ends {
  x: number;
  y: number;
  toX: number;
  toY: number;
}

/** Where an arrow begins and ends on the plane; a lost one ends before it gets there. */
export function ends(plane: Plane, cursor: Cursor, rows: Rows, message: number): Ends {
  const { messages, steps } = cursor.run;
  const y = rows.y[steps.lane[messages.sender[message]!]!]!;
  const target = rows.y[messages.to[message]!]!;
  const toY = messages.receiver[message]! >= 0 ? target : y + (target - y) * 0.7;
  return { x: plane.x(messages.sent[message]!), y, toX: plane.x(messages.ended[message]!), toY };
}

function drawGroup(plane: Plane, cursor: Cursor, rows: Rows, found: number[], style: Style): void {
  const { context } = plane;
  const { messages } = cursor.run;
  const lost: Ends[] = [];
  context.globalAlpha = style.alpha;
  context.lineWidth = style.width;
  context.strokeStyle = context.fillStyle = style.colour;
  context.beginPath();
  for (const i of found) {
    const end = ends(plane, cursor, rows, i);
    context.moveTo(end.x, end.y);
    context.lineTo(end.toX, end.toY);
    if (messages.receiver[i]! < 0) lost.push(end);
  }
  context.stroke();
  context.beginPath();
  for (const i of found) if (messages.receiver[i]! >= 0) head(context, ends(plane, cursor, rows, i), found.length);
  context.fill();
  drawLosses(context, lost);
  context.globalAlpha = 1;
}

function head(context: CanvasRenderingContext2D, { x, y, toX, toY }: Ends, many: number): void {
  const size = many > 600 ? 4 : HEAD;
  const length = Math.hypot(toX - x, toY - y) || 1;
  const [dx, dy] = [(toX - x) / length, (toY - y) / length];
  // The line of the row would cover the very tip.
  const [tipX, tipY] = [toX - dx * 2, toY - dy * 2];
  context.moveTo(tipX, tipY);
  context.lineTo(tipX - dx * size - dy * size * 0.42, tipY - dy * size + dx * size * 0.42);
  context.lineTo(tipX - dx * size + dy * size * 0.42, tipY - dy * size - dx * size * 0.42);
}

function drawLosses(context: CanvasRenderingContext2D, lost: Ends[]): void {
  if (lost.length === 0) return;
  context.strokeStyle = colours().bad;
  context.lineWidth = 1.6;
  context.beginPath();
  for (const { toX, toY } of lost) {
    context.moveTo(toX - 3.5, toY - 3.5);
    context.lineTo(toX + 3.5, toY + 3.5);
    context.moveTo(toX + 3.5, toY - 3.5);
    context.lineTo(toX - 3.5, toY + 3.5);
  }
  context.stroke();
}

/** Writes kinds where they do not cover each other. */
function nameArrows(plane: Plane, cursor: Cursor, rows: Rows, found: number[]): void {
  const { context } = plane;
  const { soft, back, font } = colours();
  context.font = `10px ${font}`;
  context.textAlign = "center";
  context.lineWidth = 3;
  context.lineJoin = "round";
  context.strokeStyle = back;
  context.fillStyle = soft;
  const taken: [number, number, number][] = [];
  for (const i of found) {
    const { x, y, toX, toY } = ends(plane, cursor, rows, i);
    const name = kindName(cursor.run, cursor.run.messages.kind[i]!);
    const half = context.measureText(name).width / 2;
    const [midX, midY] = [x + (toX - x) * 0.45, y + (toY - y) * 0.45];
    if (midX < half || midX > plane.width - half) continue;
    if (taken.some(([a, b, w]) => Math.abs(a - midX) < w + half + 6 && Math.abs(b - midY) < 13)) continue;
    taken.push([midX, midY, half]);
    context.strokeText(name, midX, midY);
    context.fillText(name, midX, midY);
  }
}

/** For each row how many messages it sent, above its line, and how many of what it sent were lost, below. */
export function drawDensity(plane: Plane, cursor: Cursor, rows: Rows, past: Uint8Array | null): void {
  const { messages, steps } = cursor.run;
  const { hiddenKinds, kind } = cursor.view;
  const lanes = rows.y.length;
  const columns = Math.ceil(plane.width / COLUMN) + 1;
  const [sent, lost, chosen] = [0, 1, 2].map(() => new Uint16Array(lanes * columns)) as [Uint16Array, Uint16Array, Uint16Array];
  const last = upperBound(messages.sent, plane.until);
  const scale = (plane.x(plane.until) - plane.x(plane.from)) / (plane.until - plane.from);
  const start = plane.x(plane.from);
  for (let i = lowerBound(messages.sent, plane.from); i < last; i++) {
    if (hiddenKinds.has(messages.kind[i]!) || steps.lane[messages.sender[i]!] === messages.to[i]) continue;
    const column = ((start + (messages.sent[i]! - plane.from) * scale) / COLUMN) | 0;
    const at = steps.lane[messages.sender[i]!]! * columns + column;
    sent[at]!++;
    if (messages.receiver[i]! < 0) lost[at]!++;
    const stands = past === null ? messages.kind[i] === kind : messages.receiver[i]! >= 0 && past[messages.receiver[i]!] === 1;
    if (stands) chosen[at]!++;
  }
  const most = sent.reduce((a, b) => Math.max(a, b), 1);
  const { message, accent, bad } = colours();
  const share = (n: number) => Math.sqrt(n / most);
  const faded = past !== null || kind >= 0;
  rows.y.forEach((y, lane) => {
    if (Number.isNaN(y)) return;
    const up = rows.above(lane) - 4;
    const down = rows.below(lane) - 3;
    bars(plane, sent, lane, columns, message, faded ? 0.25 : 0.6, (n) => [y - up * share(n), up * share(n)]);
    if (faded) bars(plane, chosen, lane, columns, accent, 0.9, (n) => [y - up * share(n), up * share(n)]);
    bars(plane, lost, lane, columns, bad, 0.8, (n) => [y, down * Math.max(0.25, share(n))]);
  });
}

function bars(
  plane: Plane,
  counts: Uint16Array,
  lane: number,
  columns: number,
  colour: string,
  alpha: number,
  place: (n: number) => [number, number],
): void {
  const { context } = plane;
  context.fillStyle = colour;
  context.globalAlpha = alpha;
  for (let column = 0; column < columns; column++) {
    const n = counts[lane * columns + column]!;
    if (n === 0) continue;
    const [top, height] = place(n);
    context.fillRect(column * COLUMN, top, COLUMN - 0.5, height);
  }
  context.globalAlpha = 1;
}
