// What keys do, and the list of them.

import type { Cursor } from "./cursor";
import { alongLane, toFault, toLeader, toViolation } from "./jumps";
import { type Help, helpDialog, isTyped } from "../page/help";
import { togglePast } from "./panes/toolbar";

const HELP: [string, string][] = [
  ["← →", "one step back or on; with Shift ten"],
  ["[ ]", "the step before or after on the same node or client"],
  ["v", "to the first thing that broke, with the window around it"],
  ["f", "to the next fault; with Shift the one before"],
  ["l", "to the next change of leader; with Shift the one before"],
  ["Enter", "pin the step at the cursor (in the list or on a drawing)"],
  ["c", "show only the causal past of the pinned step"],
  ["+ −", "zoom in or out around the cursor"],
  ["0", "the whole run"],
  ["a d", "move the window left or right"],
  ["/", "search; Enter for the next match, Shift Enter for the one before"],
  ["Esc", "close, unpin, or leave the search"],
  ["? h", "this list"],
];

export function runHelp(): Help {
  return helpDialog(
    HELP,
    "On the drawings the wheel zooms, a drag moves the window, a double click zooms in, and a click puts the cursor there.",
  );
}

export function listenToKeys(cursor: Cursor, help: () => void): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    if (event.key === "Escape") return escape(cursor, target);
    if (isTyped(target) || (document.querySelector("dialog[open]") !== null && !"?h".includes(event.key))) return;
    if (event.key === "Enter" && !target.matches("canvas, .list")) return;
    const act = action(cursor, event, help);
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

function action(cursor: Cursor, event: KeyboardEvent, help: () => void): (() => void) | undefined {
  const { place } = cursor.view;
  const many = event.shiftKey ? 10 : 1;
  const inList = (event.target as HTMLElement).matches(".list");
  switch (event.key) {
    case "ArrowLeft": return () => cursor.step(place - many);
    case "ArrowRight": return () => cursor.step(place + many);
    case "ArrowUp": return inList ? () => cursor.step(place - many) : undefined;
    case "ArrowDown": return inList ? () => cursor.step(place + many) : undefined;
    case "[": return () => alongLane(cursor, -1);
    case "]": return () => alongLane(cursor, 1);
    case "v": return () => toViolation(cursor);
    case "f": return () => toFault(cursor, 1);
    case "F": return () => toFault(cursor, -1);
    case "l": return () => toLeader(cursor, 1);
    case "L": return () => toLeader(cursor, -1);
    case "c": return () => togglePast(cursor);
    case "a": return () => cursor.pan(-0.25);
    case "d": return () => cursor.pan(0.25);
    case "+":
    case "=": return () => cursor.zoom(0.5);
    case "-":
    case "_": return () => cursor.zoom(2);
    case "0": return () => cursor.show(0, cursor.run.end);
    case "Enter": return () => cursor.pin(place);
    case "/": return () => document.getElementById("search")?.focus();
    case "?":
    case "h": return help;
    default: return undefined;
  }
}

function escape(cursor: Cursor, target: HTMLElement): void {
  if (document.querySelector("dialog[open]") !== null) return;
  if (isTyped(target)) return target.blur();
  cursor.set({ pinned: -1, past: false });
}
