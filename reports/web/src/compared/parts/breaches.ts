// What broke, on which seeds, and how each of them is run again.

import type { Breach, Compared, Contender, Property } from "../format";
import { replayOf, seedWords } from "../words";
import { command } from "../../page/command";
import { foreign, make } from "../../page/dom";
import { verdictSign } from "../../page/verdicts";
import { count, counted, label } from "../../page/words";
import { unfolding } from "./names";

/** Of what broke in the same way, so many seeds are told at once. */
const FIRST = 1;

/** Promises first, then what could not be decided, then what nobody promised; none where nothing broke at all. */
export function breaches({ contenders }: Compared): HTMLElement | null {
  const which = (is: (property: Property) => boolean, make: (one: Contender, property: Property) => HTMLElement) =>
    contenders.flatMap((one) => one.properties.filter(is).map((property) => make(one, property)));
  const found = [
    ...which(
      ({ broken }) => broken > 0,
      (one, property) => item(one, property, true),
    ),
    ...which(({ unknown, broken }) => unknown > 0 && broken === 0, undecided),
    ...which(
      ({ unpromised }) => unpromised > 0,
      (one, property) => item(one, property, false),
    ),
  ];
  if (found.length === 0) return null;
  return make("div", {}, make("h3", {}, "What broke"), make("ul", { class: "findings" }, ...found));
}

function item(one: Contender, { property, broken, unpromised }: Property, promised: boolean): HTMLElement {
  const all = one.held + one.broken + one.unknown;
  const seeds = one.breaches.filter((breach) => breach.property === property && breach.promised === promised);
  const many = promised ? broken : unpromised;
  const sign = promised
    ? verdictSign("broken")
    : make("span", { class: "sign quiet" }, make("span", { "aria-hidden": "true" }, "–"), " not promised here");
  const line = make(
    "div",
    { class: "line" },
    sign,
    make("b", {}, foreign(property)),
    make("span", {}, "of ", foreign(one.name, 60)),
    make("span", { class: "quiet" }, `broke on ${count(many)} of ${counted(all, "seed")}`),
  );
  const made = make(
    "li",
    { class: promised ? "broken" : "beyond" },
    line,
    ...seeds.slice(0, FIRST).map((seed) => told(one, seed)),
  );
  const rest = seeds.slice(FIRST);
  if (rest.length > 0) {
    const all = many > seeds.length ? `, of ${count(many - FIRST)}` : "";
    const fill = () => rest.map((seed) => told(one, seed));
    made.append(unfolding([`${counted(rest.length, "more seed")}${all}`], fill));
  }
  return made;
}

function told(one: Contender, { seed, why, replay }: Breach): HTMLElement {
  const words = make(
    "p",
    { class: "why" },
    make("b", {}, "seed ", foreign(seedWords(seed), 40)),
    " ",
    foreign(why, 1000),
  );
  return make(
    "div",
    { class: "breach" },
    words,
    command(replay || replayOf(one, seed), `replays seed ${label(seed, 24)}`),
  );
}

function undecided(one: Contender, { property, unknown }: Property): HTMLElement {
  const words = `not decided on ${counted(unknown, "seed")}: a check ran out of its budget`;
  const line = make(
    "div",
    { class: "line" },
    verdictSign("unknown"),
    make("b", {}, foreign(property)),
    make("span", {}, "of ", foreign(one.name, 60)),
    make("span", { class: "quiet" }, words),
  );
  return make("li", { class: "unknown" }, line);
}
