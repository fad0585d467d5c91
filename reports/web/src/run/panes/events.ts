// The steps around the cursor in words, to be searched and filtered.

import type { Cursor } from "../cursor";
import { laneName } from "../describe";
import { button, make, section } from "../../page/dom";
import { pinnedPast } from "../pinned";
import { Search } from "../search";
import { counted } from "../../page/words";
import { details } from "./details";
import { StepList } from "./list";

const ALL = -2;

export function events(cursor: Cursor): HTMLElement {
  const part = section(
    "events",
    "Events",
    "Everything that happens is a step: somebody gets a message, a timer rings, a disk finishes, a fault strikes. Each line tells its number, when it was, who took it, why, and what came of it.",
    "Click a step to pin it: beside the list it is told in full, with the step that made it and those that it made. The causal past of a step is everything that can have had a part in it: all that happened before on the same node, and all that led to a message that got there.",
  );
  const search = new Search(cursor.run);
  const list = new StepList(cursor, (place) => !search.empty && search.matches(place));
  const filter = filters(cursor, list);
  part.append(make("div", { class: "bar" }, ...finder(cursor, search, list), ...filter));
  part.append(make("div", { class: "columns" }, list.element, details(cursor)));
  return part;
}

function finder(cursor: Cursor, search: Search, list: StepList): HTMLElement[] {
  const box = make("input", { type: "search", id: "search", placeholder: "Search texts, kinds, nodes", "aria-label": "Search steps", autocomplete: "off" });
  const found = make("span", { class: "quiet", role: "status" });
  const go = (direction: 1 | -1) => {
    if (search.empty) return;
    const next = search.next(cursor.view.place, direction);
    if (next >= 0) cursor.pin(next);
    else found.textContent = direction > 0 ? "no more after the cursor" : "no more before the cursor";
  };
  let waiting = 0;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      search.look(box.value);
      found.textContent = search.empty ? "" : counted(search.count(), "match", "matches");
      if (!search.empty && !search.matches(cursor.view.place)) {
        const next = search.next(cursor.view.place, 1);
        const nearest = next >= 0 ? next : search.next(cursor.view.place, -1);
        if (nearest >= 0) cursor.step(nearest);
      }
      list.refresh();
    }, 120);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    go(event.shiftKey ? -1 : 1);
  });
  return [box, button("Previous", "The match before the cursor (Shift Enter)", () => go(-1)), button("Next", "The match after the cursor (Enter)", () => go(1)), found];
}

function filters(cursor: Cursor, list: StepList): HTMLElement[] {
  const { run } = cursor;
  const who = make("select", { "aria-label": "Whose steps are listed" });
  who.append(make("option", { value: String(ALL) }, "all steps"), make("option", { value: "-1" }, "faults"));
  run.page.lanes.forEach((_, lane) => who.append(make("option", { value: String(lane) }, laneName(run, lane))));
  const only = make("input", { type: "checkbox" });
  const apply = () => {
    const lane = Number(who.value);
    const past = only.checked ? pinnedPast(cursor) : null;
    list.show(lane === ALL && past === null ? null : kept(cursor, lane, past));
  };
  who.addEventListener("change", apply);
  only.addEventListener("change", () => {
    if (only.checked && cursor.view.pinned < 0) cursor.pin(cursor.view.place);
    if (only.checked) cursor.set({ past: true });
    apply();
  });
  cursor.listen((view, changed) => {
    if (changed.has("past") && !view.past && only.checked) only.checked = false;
    if (changed.has("past") || (changed.has("pinned") && only.checked && view.past)) apply();
  });
  apply();
  return [make("label", {}, "Of ", who), make("label", {}, only, "only the causal past of the pinned step")];
}

function kept(cursor: Cursor, lane: number, past: Uint8Array | null): Int32Array {
  const { steps } = cursor.run;
  const found: number[] = [];
  for (let place = 0; place < steps.length; place++) {
    if ((lane === ALL || steps.lane[place] === lane) && (past === null || past[place] === 1)) found.push(place);
  }
  return Int32Array.from(found);
}
