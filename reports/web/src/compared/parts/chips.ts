// Whose lines are drawn: a button for each contender, with a piece of its line.

import { type Choice, DRAWN } from "../choice";
import { swatch } from "../chart/series";
import { button, foreign, make } from "../../page/dom";
import { count } from "../../page/words";

/** None where there is only one. */
export function chips(choice: Choice): HTMLElement | null {
  const { contenders } = choice.data;
  if (contenders.length < 2) return null;
  const row = make("div", { class: "chips", role: "group", "aria-label": "Whose lines are drawn" });
  const buttons = contenders.map((one, place) => {
    const chip = make(
      "button",
      { type: "button", class: "chip", title: "Draw it, or leave it out" },
      swatch(place),
      foreign(one.name, 32),
    );
    chip.addEventListener("click", () => choice.toggle(place));
    return chip;
  });
  row.append(...buttons);
  if (contenders.length > DRAWN) {
    const places = contenders.map((_, place) => place);
    row.append(
      button(`First ${DRAWN}`, `Draw the first ${DRAWN}`, () => choice.set({ drawn: new Set(places.slice(0, DRAWN)) })),
      button(`All ${count(contenders.length)}`, "Draw all", () => choice.set({ drawn: new Set(places) })),
    );
  }
  const mark = () =>
    buttons.forEach((chip, place) => chip.setAttribute("aria-pressed", String(choice.look.drawn.has(place))));
  choice.listen((changed) => changed.has("drawn") && mark());
  mark();
  return row;
}
