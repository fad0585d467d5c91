// The line of a row: thick while its node leads, dashed while it asks to, dotted while paused, none while down.

import type { Run } from "../model/run";
import type { Life } from "../model/lives";
import { upperBound } from "../model/search";
import { colours, epochColour } from "../../page/colours";
import { cross, type Plane } from "../canvas/plane";

export function drawLifeline(plane: Plane, run: Run, lane: number, y: number): void {
  const lives = run.lives.ofLane[lane]!;
  if (run.page.lanes[lane]!.is === "client") return drawClient(plane, y);
  const first = Math.max(0, upperBound(run.lives.starts[lane]!, plane.from) - 1);
  for (let i = first; i < lives.length && lives[i]!.from <= plane.until; i++) {
    drawLife(plane, lives[i]!, y);
    if (lives[i]!.is === "down" && lives[i - 1]?.is !== "down" && i > 0) drawCrash(plane, plane.x(lives[i]!.from), y);
  }
  drawReigns(plane, run, lane, y);
}

function drawClient(plane: Plane, y: number): void {
  const { context } = plane;
  context.strokeStyle = colours().client;
  context.lineWidth = 1;
  stroke(context, 0, plane.width, y);
}

function drawLife(plane: Plane, life: Life, y: number): void {
  if (life.is === "down") return;
  const { context } = plane;
  const leads = life.role === "leader";
  // What epoch a follower is of is not told.
  context.strokeStyle = life.role === "follower" ? colours().down : epochColour(life.epoch);
  context.lineWidth = leads ? 6 : life.role === "candidate" ? 3 : 1.5;
  if (life.is === "paused") context.setLineDash(leads ? [3, 4] : [2, 4]);
  else if (life.role === "candidate") context.setLineDash([7, 4]);
  stroke(context, Math.max(plane.x(life.from), -9), Math.min(plane.x(life.until), plane.width + 9), y);
  context.setLineDash([]);
}

function stroke(context: CanvasRenderingContext2D, left: number, right: number, y: number): void {
  context.beginPath();
  context.moveTo(left, y);
  context.lineTo(right, y);
  context.stroke();
}

function drawCrash(plane: Plane, x: number, y: number): void {
  const { context } = plane;
  context.strokeStyle = colours().ink;
  context.lineWidth = 2;
  cross(context, x, y, 5);
}

/** Says above its line what a node leads, where there is room. */
function drawReigns(plane: Plane, run: Run, lane: number, y: number): void {
  const { context } = plane;
  context.font = `600 11px ${colours().font}`;
  context.textAlign = "left";
  for (const reign of run.lives.leaders) {
    if (reign.lane !== lane || reign.until < plane.from || reign.at > plane.until) continue;
    const left = Math.max(plane.x(reign.at), 4);
    const room = Math.min(plane.x(reign.until), plane.width) - left;
    const words = [`leads epoch ${reign.epoch}`, `leads ${reign.epoch}`, String(reign.epoch)];
    const name = words.find((text) => context.measureText(text).width < room);
    if (name === undefined) continue;
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeStyle = colours().back;
    context.strokeText(name, left, y - 12);
    context.fillStyle = colours().ink;
    context.fillText(name, left, y - 12);
  }
}
