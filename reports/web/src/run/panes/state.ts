// What every node is at the cursor.

import type { Cursor } from "../cursor";
import { laneName } from "../describe";
import { diskAt } from "../model/disks";
import { lifeAt } from "../model/lives";
import { upperBound } from "../model/search";
import { make, section } from "../../page/dom";
import { count, exactly, shown, span } from "../../page/words";

const LAST_WRITES = 3;
/** As much of a state is shown, in characters. */
const MOST = 700;

export function state(cursor: Cursor): HTMLElement {
  const part = section(
    "state",
    "State at the cursor",
    "What each node is, and what it shows of itself, at the moment of the cursor. What the node's last change altered is underlined and in bold. A node's memory is gone after a crash; what it wrote to its disk and synced is not.",
  );
  const body = make("tbody");
  const heads = ["Node", "Is", "Shows", "Writes, synced", "Last written"];
  const head = make("tr", {}, ...heads.map((name) => make("th", { scope: "col" }, name)));
  const when = make("span", { class: "quiet" });
  const table = make("table", {}, make("caption", {}, "Nodes ", when), make("thead", {}, head), body);
  part.append(make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "State of the nodes" }, table));
  const render = () => {
    when.textContent = `at ${exactly(cursor.view.time)}`;
    body.replaceChildren(...cursor.run.nodes.map((lane) => row(cursor, lane)));
  };
  cursor.listen((_, changed) => {
    if (changed.has("time") || changed.has("place")) render();
  });
  render();
  return part;
}

function row(cursor: Cursor, lane: number): HTMLTableRowElement {
  const { steps } = cursor.run;
  const { place } = cursor.view;
  const name = make("th", { scope: "row" }, laneName(cursor.run, lane));
  const here = steps.lane[place] === lane;
  if (here) name.append(make("span", { class: "here" }, " ◂ this step"));
  const cells = [is(cursor, lane), shows(cursor, lane), writes(cursor, lane), lastWritten(cursor, lane)];
  return make("tr", here ? { class: "now" } : {}, name, ...cells.map((cell) => make("td", {}, ...cell)));
}

function is(cursor: Cursor, lane: number): (Node | string)[] {
  const life = lifeAt(cursor.run.lives, lane, cursor.view.time);
  if (life === null || life.is === "down") return [make("span", { class: "tag down" }, "down")];
  const epoch = life.role === "follower" ? [] : [make("span", { class: "quiet" }, ` epoch ${life.epoch}`)];
  const tag = make("span", { class: `tag ${life.role}` }, life.role);
  const paused = life.is === "paused" ? [make("span", { class: "tag paused" }, "paused")] : [];
  return [tag, ...paused, ...epoch];
}

/** What it shows of itself, with the parts marked that its last change altered. */
function shows(cursor: Cursor, lane: number): (Node | string)[] {
  const { steps, texts } = cursor.run;
  const { place, time } = cursor.view;
  const own = steps.ofLane[lane]!;
  const found: number[] = [];
  for (let i = upperBound(own, place) - 1; i >= 0 && found.length < 2; i--) if (steps.state[own[i]!]! > 0) found.push(own[i]!);
  const [last, before] = found;
  const isLeftOut = place >= steps.words[1] || (last === undefined && steps.words[0] > 0);
  if (isLeftOut) return [make("span", { class: "quiet" }, "left out here, so that the page stays small")];
  if (last === undefined) return [make("span", { class: "quiet" }, "nothing yet")];
  const now = parts(shown(texts.get(steps.state[last]!), MOST));
  const then = new Set(before === undefined ? [] : parts(shown(texts.get(steps.state[before]!), MOST)));
  const words = now.map((part) => (before === undefined || then.has(part) ? part : make("mark", {}, part)));
  const joined = words.flatMap((word, i) => (i === 0 ? [word] : [", ", word]));
  const ago = time - steps.at[last]!;
  return [...joined, make("span", { class: "quiet" }, ago === 0 ? " now" : ` ${span(ago)} ago`)];
}

/** Cuts a state at the commas that are not inside brackets. */
export function parts(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if ("([{".includes(c)) depth++;
    else if (")]}".includes(c)) depth--;
    else if (c === "," && text[i + 1] === " " && depth <= 0) {
      found.push(text.slice(from, i));
      from = i + 2;
    }
  }
  return [...found, text.slice(from)];
}

function writes(cursor: Cursor, lane: number): (Node | string)[] {
  const { written, synced } = diskAt(cursor.run.disks[lane]!, cursor.view.place);
  if (written === 0) return [make("span", { class: "quiet" }, "none")];
  const words = `${count(written)}, ${count(synced)} synced`;
  return written > synced ? [words, make("span", { class: "tag warn" }, `${count(written - synced)} not yet`)] : [words];
}

function lastWritten(cursor: Cursor, lane: number): (Node | string)[] {
  const { steps, texts, disks } = cursor.run;
  const disk = disks[lane]!;
  const { written, synced } = diskAt(disk, cursor.view.place);
  const list = make("ol", { class: "writes" });
  for (let i = written - 1; i >= Math.max(0, written - LAST_WRITES); i--) {
    const text = shown(texts.get(steps.effectSays[disk.effect[i]!]!), 100) || "a record";
    list.append(make("li", {}, text, i >= synced ? make("span", { class: "quiet" }, " (not synced)") : null));
  }
  return written === 0 ? [] : [list];
}
