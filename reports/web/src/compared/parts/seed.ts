// One seed: what both measured on it, and how it is run again.

import type { Difference } from "../format";
import { factor, quantity, replayOf, seedAt, seedWords, signed } from "../words";
import type { Choice } from "../choice";
import { command } from "../../page/command";
import { button, foreign, make } from "../../page/dom";
import { count, label } from "../../page/words";
import type { Scatter } from "./scatter";

/** Tells of the seed that is held fast; before there is one, of all seeds together. */
export function seedDetails(choice: Choice, scatter: Scatter): HTMLElement {
  const box = make("div", { class: "one-seed", "aria-live": "polite" });
  const show = () => box.replaceChildren(...(choice.look.pinned >= 0 ? held(choice) : all(choice, scatter)));
  choice.listen(show);
  show();
  return box;
}

function held(choice: Choice): Node[] {
  const { data, look } = choice;
  const seed = seedAt(data.first, look.pinned);
  const difference = data.differences.find((one) => one.with === look.with && one.measure === look.measure);
  const of = data.values.measures.find((one) => one.measure === look.measure);
  const sides = [0, look.with].map((place) => ({
    one: data.contenders[place]!,
    value: of?.of[place]?.[look.pinned] ?? null,
  }));
  const free = button("Let go", "Choose no seed", () => choice.set({ pinned: -1 }));
  const found: Node[] = [make("div", { class: "headline" }, make("h3", {}, `Seed ${seedWords(seed)}`), free)];
  const list = make("dl", { class: "values" });
  const line = (name: Node | string, value: string) =>
    list.append(make("div", {}, make("dt", {}, name), make("dd", {}, value)));
  for (const { one, value } of sides) line(foreign(one.name, 60), value === null ? "none" : quantity(of!.unit, value));
  const [first, other] = sides.map(({ value }) => value);
  if (of !== undefined && first != null && other != null) {
    const times = first > 0 ? `, ${factor((other / first) * 1000)}` : "";
    line("difference", other === first ? "none" : signed(of.unit, other - first) + times);
  }
  found.push(list);
  for (const { one } of sides) {
    found.push(make("h4", {}, "Run it again with ", foreign(one.name, 60)));
    found.push(command(replayOf(one, seed), `replays this seed with ${label(one.name, 40)}`));
  }
  if (difference?.widest === seed) found.push(make("p", { class: "quiet" }, "On no other seed do they differ more."));
  return found;
}

function all(choice: Choice, { pairs }: Scatter): Node[] {
  const { data, look } = choice;
  if (pairs === null) return [];
  const { difference } = pairs;
  return [
    make("h3", {}, foreign(look.measure, 60)),
    make("p", { class: "quiet" }, foreign(difference.about, 200)),
    make("p", { class: "sentence" }, foreign(difference.words, 600)),
    spread(difference),
    widest(choice, difference, pairs.widest),
    data.values.seeds > 0
      ? make(
          "p",
          { class: "quiet hint" },
          "Click a dot, or press Enter on it, to hold its seed fast and to see how it is run again.",
        )
      : make("span"),
  ];
}

function spread({ less, equal, greater, pairs }: Difference): HTMLElement {
  return make(
    "p",
    { class: "quiet" },
    `Of ${count(pairs)} seeds: less on ${count(less)}, equal on ${count(equal)}, more on ${count(greater)}.`,
  );
}

/** The widest seed may be one of those that the page has no values of; it can be run again all the same. */
function widest(choice: Choice, { widest: seed, with: other }: Difference, place: number): HTMLElement {
  if (place >= 0) {
    const go = button(`seed ${seedWords(seed)}`, "Hold this seed fast", () => choice.set({ pinned: place }));
    go.className = "link";
    return make("p", {}, "They differ most on ", go, ".");
  }
  const { contenders } = choice.data;
  const box = make(
    "div",
    {},
    make("p", {}, "They differ most on seed ", foreign(seedWords(seed), 40), ", which is not among those drawn."),
  );
  for (const one of [contenders[0]!, contenders[other]!]) {
    box.append(make("h4", {}, "Run it again with ", foreign(one.name, 60)));
    box.append(command(replayOf(one, seed), `replays that seed with ${label(one.name, 40)}`));
  }
  return box;
}
