// One measure seed by seed: every seed is a dot, the first's value across and the other's upwards.

import type { Difference } from "../format";
import { placeOf, seedAt, seedWords } from "../words";
import type { Choice } from "../choice";
import { foreign, make, section } from "../../page/dom";
import { count, counted, label } from "../../page/words";
import { Scatter } from "./scatter";
import { seedDetails } from "./seed";

export interface Pairs {
  difference: Difference;
  /** The places of seeds on which both have a value, and these. */
  places: number[];
  first: number[];
  other: number[];
  /** On how many seeds only one of them has it. */
  onlyFirst: number;
  onlyOther: number;
  /** The place of the seed on which they differ most; -1 where it is not among those in the page. */
  widest: number;
}

/** The part of the page, the drawing in it, and what goes to the seed on which they differ most. */
export interface Seeds {
  part: HTMLElement;
  drawing: SVGSVGElement;
  toWidest: () => void;
}

export function seeds(choice: Choice): Seeds | null {
  const { data } = choice;
  if (data.differences.length === 0) return null;
  const part = section(
    "seeds",
    "Seed by seed",
    "Each dot is one seed, on which both met the same faults, clients and luck. Across is what the first " +
      "measured, upwards what the other did; on the dashed line both have as much. A cloud along the line " +
      "says that luck moves both alike, and its distance from the line is the difference. Dots far from all " +
      "others are worth a look: the command runs that seed again.",
    "With the keyboard: left and right go through the seeds, up and down to the next larger or smaller " +
      "difference, Enter holds one fast, Escape lets it go, w goes to the seed on which they differ most.",
  );
  const others = make("select", { "aria-label": "Contender" });
  data.contenders.forEach((one, i) => {
    if (i > 0) others.append(make("option", { value: String(i) }, label(one.name, 40)));
  });
  const measures = make("select", { "aria-label": "Measure" });
  const note = make("p", { class: "quiet" });
  const scatter = new Scatter(choice, () => pairs(choice));
  const first = make("span", {}, "beside ", foreign(data.contenders[0]!.name, 60), " in");
  part.append(make("div", { class: "bar" }, others, first, measures, scatter.toWidest), note);
  part.append(make("div", { class: "beside-it" }, scatter.drawing.element, seedDetails(choice, scatter)));
  const show = () => {
    const of = data.differences.filter((one) => one.with === choice.look.with);
    others.value = String(choice.look.with);
    measures.replaceChildren(...of.map(({ measure }) => make("option", {}, label(measure, 40))));
    measures.selectedIndex = of.findIndex(({ measure }) => measure === choice.look.measure);
    note.textContent = told(choice, scatter.pairs);
  };
  others.addEventListener("change", () =>
    choice.set({ with: Number(others.value), pinned: -1, ...measureOf(choice, Number(others.value)) }),
  );
  measures.addEventListener("change", () => {
    const of = data.differences.filter((one) => one.with === choice.look.with);
    choice.set({ measure: of[measures.selectedIndex]!.measure, pinned: -1 });
  });
  choice.listen((changed) => (changed.has("with") || changed.has("measure")) && show());
  show();
  return { part, drawing: scatter.drawing.svg, toWidest: () => scatter.goToWidest() };
}

/** The measure that is looked at, or another where the contender has none of it. */
function measureOf({ data, look }: Choice, other: number): { measure: string } {
  const of = data.differences.filter((one) => one.with === other);
  return { measure: (of.find(({ measure }) => measure === look.measure) ?? of[0])?.measure ?? "" };
}

/** What is looked at, in numbers; none where there is nothing. */
export function pairs({ data, look }: Choice): Pairs | null {
  const difference = data.differences.find((one) => one.with === look.with && one.measure === look.measure);
  if (difference === undefined) return null;
  const of = data.values.measures.find((one) => one.measure === look.measure)?.of ?? [];
  const [first, other] = [of[0] ?? [], of[look.with] ?? []];
  const widest = placeOf(data.first, difference.widest, data.values.seeds);
  const found: Pairs = { difference, places: [], first: [], other: [], onlyFirst: 0, onlyOther: 0, widest };
  for (let place = 0; place < Math.max(first.length, other.length); place++) {
    const [one, two] = [first[place] ?? null, other[place] ?? null];
    if (one !== null && two !== null) {
      found.places.push(place);
      found.first.push(one);
      found.other.push(two);
    } else if (one !== null) found.onlyFirst++;
    else if (two !== null) found.onlyOther++;
  }
  if (!found.places.includes(widest)) found.widest = -1;
  return found;
}

function told({ data, look }: Choice, found: Pairs | null): string {
  if (found === null) return "Nothing was compared: too few seeds have it on both sides.";
  const words = [`${counted(found.places.length, "seed")} on which both have it`];
  const names = [data.contenders[0]!, data.contenders[look.with]!].map(({ name }) => label(name));
  if (found.onlyFirst > 0) words.push(`${count(found.onlyFirst)} on which only ${names[0]} has it`);
  if (found.onlyOther > 0) words.push(`${count(found.onlyOther)} on which only ${names[1]} has it`);
  let line = `${words.join(", ")}.`;
  if (data.values.seeds < data.count) {
    const last = seedWords(seedAt(data.first, data.values.seeds - 1));
    const some = `${count(data.values.seeds)} of ${counted(data.count, "seed")}`;
    line += ` Drawn are the first ${some}, up to ${last}; medians and intervals are of all.`;
  }
  return line;
}
