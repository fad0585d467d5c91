// All about the pinned step: what it says in full, what made it and what it made.

import type { Cursor } from "../cursor";
import { causeWords, effectWords, kindName, laneName, stepNumber, who } from "../describe";
import { button, make } from "../../page/dom";
import { exactly, shown, span } from "../../page/words";

const FULL = 4000;
const MOST_EFFECTS = 200;

export function details(cursor: Cursor): HTMLElement {
  const pane = make("div", { class: "details", "aria-label": "The pinned step", role: "region", tabindex: "0" });
  const render = () => pane.replaceChildren(...(cursor.view.pinned < 0 ? nothing() : about(cursor, cursor.view.pinned)));
  cursor.listen((_, changed) => {
    if (changed.has("pinned")) render();
  });
  render();
  return pane;
}

function nothing(): Node[] {
  return [make("p", { class: "quiet" }, "Click a step, here or in the diagram, to see all about it.")];
}

function about(cursor: Cursor, place: number): Node[] {
  const { run } = cursor;
  const { steps, texts } = run;
  const title = make("h3", {}, `Step ${stepNumber(run, place)}`, make("span", { class: "quiet" }, ` ${who(run, place)} at ${exactly(steps.at[place]!)}`));
  const unpin = button("Unpin", "Forget this step (Esc)", () => cursor.set({ pinned: -1 }));
  const why = make("p", { class: "cause" }, causeWords(run, place, FULL));
  const state = texts.get(steps.state[place]!);
  return [
    make("div", { class: "headline" }, title, unpin),
    why,
    ...madeBy(cursor, place),
    ...effects(cursor, place),
    ...(state === "" ? [] : [make("h4", {}, "It shows then"), make("p", { class: "text" }, shown(state, FULL))]),
    ...made(cursor, place),
  ];
}

function madeBy(cursor: Cursor, place: number): Node[] {
  const { run } = cursor;
  const by = run.steps.by[place]!;
  const before = run.steps.before[place]!;
  const links: Node[] = [];
  if (by >= 0) {
    const after = span(run.steps.at[place]! - run.steps.at[by]!);
    links.push(make("li", {}, "Made by ", link(cursor, by), ` of ${who(run, by)}, ${after} before`));
  }
  if (before >= 0) links.push(make("li", {}, "Its lane's step before: ", link(cursor, before)));
  return links.length > 0 ? [make("ul", { class: "links" }, ...links)] : [];
}

function effects(cursor: Cursor, place: number): Node[] {
  const { steps } = cursor.run;
  const [from, until] = [steps.effects[place]!, steps.effects[place + 1]!];
  const [first, last] = steps.words;
  if (place < first || place >= last) return [make("p", { class: "quiet" }, "What it said and sent is left out, so that the page stays small.")];
  if (from === until) return [make("p", { class: "quiet" }, "Nothing came of it.")];
  const list = make("ol", { class: "effects" });
  for (let effect = from; effect < Math.min(until, from + MOST_EFFECTS); effect++) list.append(make("li", {}, effectWords(cursor.run, effect, FULL)));
  if (until - from > MOST_EFFECTS) list.append(make("li", {}, `and ${until - from - MOST_EFFECTS} more`));
  return [make("h4", {}, "What it did"), list];
}

/** Where what it sent went, and when it arrived. */
function made(cursor: Cursor, place: number): Node[] {
  const { run } = cursor;
  const { messages } = run;
  const list = make("ul", { class: "links" });
  for (let i = messages.ofStep[place]!; i < messages.ofStep[place + 1]!; i++) {
    const what = `${kindName(run, messages.kind[i]!)} to ${laneName(run, messages.to[i]!)}`;
    const after = span(messages.ended[i]! - messages.sent[i]!);
    if (messages.receiver[i]! < 0) list.append(make("li", {}, `${what}: ✕ lost (${shown(messages.why[i]!, 40)}) after ${after}`));
    else list.append(make("li", {}, `${what}: `, link(cursor, messages.receiver[i]!), `, after ${after}`));
  }
  return list.childElementCount > 0 ? [make("h4", {}, "What it made"), list] : [];
}

function link(cursor: Cursor, place: number): HTMLElement {
  const made = button(`step ${stepNumber(cursor.run, place)}`, "Go to this step and pin it", () => cursor.pin(place));
  made.className = "link";
  return made;
}
