// The kinds of message, as switches: what is switched off is not drawn, and the one pointed at stands out.

import type { Cursor } from "../cursor";
import { kindName } from "../describe";
import { make } from "../../page/dom";
import { count } from "../../page/words";

export function legend(cursor: Cursor): HTMLElement {
  const { counts } = cursor.run.messages;
  const kinds = counts.flatMap((n, kind) => (n > 0 ? [kind] : [])).sort((a, b) => counts[b]! - counts[a]!);
  const group = make("div", { class: "legend", role: "group", "aria-label": "Kinds of message that are drawn" });
  group.append(make("span", { class: "quiet" }, "Messages"), ...kinds.map((kind) => chip(cursor, kind)));
  group.append(make("span", { class: "hint", hidden: "" }, "Bars tell how many; zoom in to see each as an arrow."));
  return group;
}

function chip(cursor: Cursor, kind: number): HTMLElement {
  const made = make("button", { type: "button", class: "chip", "aria-pressed": "true" });
  made.title = "Draw these messages, or not";
  made.append(kindName(cursor.run, kind), make("span", { class: "quiet" }, count(cursor.run.messages.counts[kind]!)));
  made.addEventListener("click", () => {
    const hiddenKinds = new Set(cursor.view.hiddenKinds);
    if (!hiddenKinds.delete(kind)) hiddenKinds.add(kind);
    made.setAttribute("aria-pressed", String(!hiddenKinds.has(kind)));
    cursor.set({ hiddenKinds, kind: hiddenKinds.has(kind) ? -1 : kind });
  });
  const stand = () => cursor.set({ kind: cursor.view.hiddenKinds.has(kind) ? -1 : kind });
  const fall = () => cursor.set({ kind: -1 });
  made.addEventListener("pointerenter", stand);
  made.addEventListener("pointerleave", fall);
  made.addEventListener("focus", stand);
  made.addEventListener("blur", fall);
  return made;
}
