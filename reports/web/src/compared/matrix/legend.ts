// What signs and frames in the matrix mean.

import { make } from "../../page/dom";
import { type Promised, STATES } from "./states";

const FRAMES: [Promised, string][] = [
  ["both", "promises to stay safe and to serve again"],
  ["safe", "promises to stay safe only"],
  ["live", "promises to serve again only"],
  ["nothing", "promises nothing"],
];

export function legend(): HTMLElement {
  const list = make("ul", { class: "key" });
  for (const [state, { sign, word, about }] of Object.entries(STATES)) {
    const box = make("span", { class: `cell ${state}` }, make("span", { class: "sign" }, sign), make("span", {}, word));
    list.append(make("li", {}, box, about));
  }
  for (const [promised, words] of FRAMES) {
    list.append(make("li", {}, make("span", { class: `cell sample promised-${promised}` }), words));
  }
  const loud = make("span", { class: "cell broken" }, make("span", { class: "loud" }, "not kept"));
  list.append(make("li", {}, loud, "promised, and broken"));
  return make("details", { class: "fold", open: "" }, make("summary", {}, "Signs and frames"), list);
}
