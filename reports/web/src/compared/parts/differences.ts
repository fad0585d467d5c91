// How each contender differs from the first, measure by measure.

import type { Difference } from "../format";
import { differs } from "../words";
import type { Choice } from "../choice";
import { make, section } from "../../page/dom";
import { count, counted } from "../../page/words";
import { type Chosen, forest } from "./forest";
import { beside, unfolding } from "./names";

/** So many contenders are unfolded at first. */
const OPEN = 3;

type Pick = (one: Difference, byKey: boolean) => void;

/** `pick` opens a difference seed by seed. */
export function differences(choice: Choice, pick: Pick): HTMLElement {
  const { data } = choice;
  const part = section(
    "differences",
    "Differences",
    "One row for each measure. The first two numbers are medians over all seeds on which both have it. Then, seed " +
      "by seed, the other's value beside the first's: the dot is the median of these paired differences, and the " +
      "whisker is the interval in which the true median lies with at least 95 %. They are drawn as a factor: in the " +
      "middle both have as much, to the right the other has more, and each step of the axis multiplies. Where the " +
      "first has none on some seed there is no factor, and the difference is told in numbers only.",
    "The interval lies between two order statistics: the differences of all seeds are sorted, and at each end so " +
      "many are left off that the true median lies outside of the rest at most once in twenty times (the sign test " +
      "turned round). It knows nothing of how differences are spread, outliers do not move it, and it needs six " +
      "seeds at least.",
    "Hollow dots and grey words: no difference at all lies within the interval, so that chance alone would make " +
      "what was seen. That is not proof that there is none; more seeds may show a small one. With many measures " +
      "about one interval in twenty misses the truth.",
    "The bar tells on how many seeds the other has less (empty), as much (pale) and more (full). Choose a row to " +
      "see it seed by seed.",
  );
  const main = data.differences.filter((one) => one.shown).length;
  const all = make("input", { type: "checkbox" });
  const words = `all ${counted(most(data.differences), "measure")}, not only the main ones`;
  if (main > 0 && main < data.differences.length)
    part.append(make("div", { class: "bar" }, make("label", {}, all, words)));
  if (main === 0) all.checked = true;
  const place = make("div");
  let rows: Chosen[] = [];
  const mark = () => {
    for (const { one, row, name } of rows) {
      const is = choice.look.with === one.with && choice.look.measure === one.measure;
      row.classList.toggle("now", is);
      name.setAttribute("aria-pressed", String(is));
    }
  };
  const fill = () => {
    const wasOpen = [...place.querySelectorAll<HTMLDetailsElement>(".fold")].map(({ open }) => open);
    rows = [];
    const made = (found: Difference[]) => {
      const element = forest(choice, found, pick, rows);
      mark();
      return element;
    };
    place.replaceChildren(...blocks(choice, all.checked, made, (i) => wasOpen[i] ?? i < OPEN));
  };
  all.addEventListener("change", fill);
  choice.listen((changed) => (changed.has("with") || changed.has("measure")) && mark());
  fill();
  part.append(place);
  return part;
}

/** How many measures there are beside each other at most. */
function most(all: Difference[]): number {
  const counts = new Map<number, number>();
  for (const { with: place } of all) counts.set(place, (counts.get(place) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

function blocks(
  choice: Choice,
  all: boolean,
  table: (found: Difference[]) => HTMLElement,
  isOpen: (i: number) => boolean,
): HTMLElement[] {
  const { contenders, differences: every } = choice.data;
  const [first, ...others] = contenders;
  const few = make("p", { class: "quiet" }, "Too few seeds for a comparison: six are the least.");
  if (every.length === 0)
    return [others.length === 0 ? make("p", { class: "quiet" }, "There is nobody to compare it with.") : few];
  return others.map((other, i) => {
    const of = every.filter((one) => one.with === i + 1);
    const found = of.filter((one) => all || one.shown);
    const told = `${count(found.filter(differs).length)} of ${counted(found.length, "measure")} differ`;
    const title = beside(other, first!);
    const none = of.length === 0 ? few : make("p", { class: "quiet" }, "None of the main measures was measured.");
    const fill = () => [found.length === 0 ? (none.cloneNode(true) as HTMLElement) : table(found)];
    const summary = [make("h3", {}, title), make("span", { class: "quiet" }, found.length === 0 ? "" : told)];
    if (others.length === 1) return make("div", {}, make("div", { class: "beside" }, ...summary), ...fill());
    return unfolding(summary, fill, isOpen(i));
  });
}
