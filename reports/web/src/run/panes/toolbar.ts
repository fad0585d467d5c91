// What can be done from everywhere, and where the cursor is.

import type { Cursor } from "../cursor";
import { causeWords, stepNumber, who } from "../describe";
import { toFault, toLeader, toViolation } from "../jumps";
import { toggleTheme } from "../../page/colours";
import { button, make } from "../../page/dom";
import { exactly } from "../../page/words";

export function toolbar(cursor: Cursor, help: () => void): HTMLElement {
  const bar = make("div", { class: "toolbar", role: "toolbar", "aria-label": "Cursor and window" });
  const step = (by: number) => () => cursor.step(cursor.view.place + by);
  const past = button("Causal past", "Fade all that cannot have had a part in the pinned step", () => togglePast(cursor), "c");
  past.setAttribute("aria-pressed", "false");
  const back = button("‹", "One step back (left arrow)", step(-1));
  back.setAttribute("aria-label", "One step back");
  const on = button("›", "One step on (right arrow)", step(1));
  on.setAttribute("aria-label", "One step on");
  const plus = button("+", "Zoom in (+)", () => cursor.zoom(0.5));
  plus.setAttribute("aria-label", "Zoom in");
  const minus = button("−", "Zoom out (-)", () => cursor.zoom(2));
  minus.setAttribute("aria-label", "Zoom out");
  bar.append(back, on);
  if (cursor.run.violation !== null) bar.append(button("Violation", "To the first thing that broke", () => toViolation(cursor), "v"));
  if (cursor.run.page.faults.length > 0) bar.append(button("Fault", "To the next fault", () => toFault(cursor, 1), "f"));
  if (cursor.run.lives.leaders.length > 0) bar.append(button("Leader", "To the next change of leader", () => toLeader(cursor, 1), "l"));
  bar.append(past, make("span", { class: "split" }), minus, plus, button("Whole run", "Show all of it", () => cursor.show(0, cursor.run.end), "0"));
  bar.append(where(cursor), button("Light or dark", "Switch between light and dark", toggleTheme), button("Keys", "What keys do", help, "?"));
  cursor.listen((view, changed) => {
    if (changed.has("past")) past.setAttribute("aria-pressed", String(view.past));
  });
  return bar;
}

/** Pins the step at the cursor first, if none is pinned. */
export function togglePast(cursor: Cursor): void {
  const past = !cursor.view.past;
  if (past && cursor.view.pinned < 0) cursor.pin(cursor.view.place);
  cursor.set({ past });
}

/** Tells where the cursor is, also to those who do not see it. */
function where(cursor: Cursor): HTMLElement {
  const time = make("b");
  const words = make("span");
  const line = make("p", { class: "where", id: "where", role: "status", "aria-live": "polite" }, time, words);
  const tell = () => {
    const { place } = cursor.view;
    time.textContent = exactly(cursor.view.time);
    words.textContent = place < 0 ? " before the first step" : ` step ${stepNumber(cursor.run, place)}: ${who(cursor.run, place)} ${causeWords(cursor.run, place, 100)}`;
    line.title = words.textContent;
  };
  cursor.listen((_, changed) => {
    if (changed.has("place") || changed.has("time")) tell();
  });
  tell();
  return line;
}
