// What is under the pointer, in words beside it.

import { make } from "./dom";

const tip = make("div", { id: "tip", role: "presentation", hidden: "" });

export function mountTip(): void {
  document.body.append(tip);
}

/** Shows lines, the first of them as a heading, beside a point of the window. */
export function showTip(event: { clientX: number; clientY: number }, lines: (string | Node)[]): void {
  tip.replaceChildren(...lines.map((line, i) => make(i === 0 ? "strong" : "span", {}, line)));
  tip.hidden = false;
  const { width, height } = tip.getBoundingClientRect();
  const left = event.clientX + 14 + width > innerWidth ? event.clientX - 14 - width : event.clientX + 14;
  const top = event.clientY + 16 + height > innerHeight ? event.clientY - 12 - height : event.clientY + 16;
  tip.style.transform = `translate(${Math.max(4, Math.round(left))}px, ${Math.max(4, Math.round(top))}px)`;
}

export function hideTip(): void {
  tip.hidden = true;
}
