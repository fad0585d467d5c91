// Places that a reader wants to get to at once.

import type { Cursor } from "./cursor";
import { lowerBound, upperBound } from "./model/search";

/** How many steps a jump shows before and after its target. */
const BEFORE = 110;
const AFTER = 40;

/** To a moment and its step, if that is here, with the steps around it filling the window. */
export function visit(cursor: Cursor, at: number, place: number): void {
  const { steps, end } = cursor.run;
  const near = place >= 0 ? place : lowerBound(steps.at, at);
  const from = steps.at[Math.max(0, near - BEFORE)] ?? 0;
  const until = steps.at[Math.min(steps.length - 1, near + AFTER)] ?? end;
  const least = (until - from) * 0.1;
  cursor.show(Math.min(from, at - least), Math.max(until, at + least));
  if (place >= 0) cursor.pin(place);
  else cursor.goTo(at);
  bringUp();
}

/** Scrolls to the drawings, unless a good part of them is in sight. */
function bringUp(): void {
  const drawing = document.getElementById("diagram");
  if (drawing === null) return;
  const { top, bottom } = drawing.getBoundingClientRect();
  if (bottom > innerHeight || top < 0) drawing.scrollIntoView();
}

export function toViolation(cursor: Cursor): boolean {
  const violation = cursor.run.violation;
  if (violation === null) return false;
  visit(cursor, violation.at, violation.place);
  return true;
}

/** To the next fault, or to the one before. */
export function toFault(cursor: Cursor, direction: 1 | -1): void {
  const times = cursor.run.page.faults.map((fault) => fault.from).sort((a, b) => a - b);
  next(cursor, times, direction);
}

/** To the next moment at which a node begins to lead, or to the one before. */
export function toLeader(cursor: Cursor, direction: 1 | -1): void {
  next(cursor, cursor.run.lives.leaders.map((reign) => reign.at), direction);
}

function next(cursor: Cursor, times: number[], direction: 1 | -1): void {
  const now = cursor.view.time;
  const found = direction > 0 ? times[upperBound(times, now)] : times[lowerBound(times, now) - 1];
  if (found !== undefined) cursor.goTo(found);
}

/** To the next step of the same lane, or to the one before. */
export function alongLane(cursor: Cursor, direction: 1 | -1): void {
  const { steps } = cursor.run;
  const { place } = cursor.view;
  const lane = steps.lane[place] ?? -1;
  const own = steps.ofLane[lane];
  if (own === undefined) return cursor.step(place + direction);
  const to = own[lowerBound(own, place) + direction];
  if (to !== undefined) cursor.step(to);
}
