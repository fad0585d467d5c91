// Steps of the space-time diagram: a dot for a message, and other shapes for other causes.

import { Cause } from "../format";
import type { Steps } from "../model/steps";
import { colours } from "../../page/colours";

export function drawDot(context: CanvasRenderingContext2D, cause: Cause, x: number, y: number): void {
  const { ink, back } = colours();
  context.fillStyle = ink;
  context.strokeStyle = ink;
  context.lineWidth = 1.2;
  context.beginPath();
  switch (cause) {
    case Cause.Boot:
      context.arc(x, y, 4.5, 0, 7);
      context.fillStyle = back;
      break;
    case Cause.Timer:
      polygon(context, [x, y - 4, x + 4, y, x, y + 4, x - 4, y]);
      break;
    case Cause.Synced:
      context.rect(x - 2.5, y - 2.5, 5, 5);
      context.fillStyle = back;
      break;
    case Cause.Client:
      polygon(context, [x - 3, y - 3.5, x + 4, y, x - 3, y + 3.5]);
      break;
    default:
      context.arc(x, y, 1.9, 0, 7);
  }
  context.fill();
  if (cause === Cause.Boot || cause === Cause.Synced) context.stroke();
}

function polygon(context: CanvasRenderingContext2D, points: number[]): void {
  context.moveTo(points[0]!, points[1]!);
  for (let i = 2; i < points.length; i += 2) context.lineTo(points[i]!, points[i + 1]!);
  context.closePath();
}

/** A ring around a step. */
export function drawRing(context: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(x, y, 8, 0, 7);
  context.stroke();
}

/** The step of the lane that is nearest to a moment. */
export function nearestStep(steps: Steps, lane: number, time: number): number {
  const own = steps.ofLane[lane]!;
  let from = 0;
  let until = own.length;
  while (from < until) {
    const middle = (from + until) >>> 1;
    if (steps.at[own[middle]!]! < time) from = middle + 1;
    else until = middle;
  }
  const [after, before] = [own[from] ?? -1, own[from - 1] ?? -1];
  if (after < 0 || before < 0) return Math.max(after, before);
  return steps.at[after]! - time < time - steps.at[before]! ? after : before;
}
