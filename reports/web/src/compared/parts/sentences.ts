// The differences in sentences, for those who read rather than look.

import type { Compared, Difference } from "../format";
import { differs } from "../words";
import { foreign, make, section } from "../../page/dom";
import { beside, unfolding } from "./names";

/** So many contenders are told at once. */
const OPEN = 4;

export function sentences(data: Compared): HTMLElement {
  const part = section(
    "words",
    "In words",
    "One sentence for each measure: the medians of both, then how much more or how many times as much the " +
      "other has, with the interval in which the true median lies (95 %), then on how many seeds it goes " +
      "that way. Sentences in grey tell of no difference that chance would not make.",
  );
  const [first, ...others] = data.contenders;
  others.forEach((other, i) => {
    const all = data.differences.filter((one) => one.with === i + 1);
    const title = beside(other, first!);
    const fill = () => [
      list(
        all.filter(({ shown }) => shown),
        all.length,
      ),
    ];
    if (others.length <= OPEN) part.append(make("h3", {}, title), ...fill());
    else part.append(unfolding([make("b", {}, title)], fill, i < OPEN));
  });
  if (others.length === 0) part.append(make("p", { class: "quiet" }, "There is nobody to compare it with."));
  return part;
}

function list(found: Difference[], all: number): HTMLElement {
  if (all === 0) return make("p", { class: "quiet" }, "Too few seeds for a comparison: six are the least.");
  if (found.length === 0)
    return make("p", { class: "quiet" }, "None of the main measures was measured; others are below.");
  const made = make("dl", { class: "sentences" });
  for (const one of found) {
    const kind = differs(one) ? "" : "none";
    made.append(
      make("div", { class: kind }, make("dt", {}, foreign(one.measure, 60)), make("dd", {}, foreign(one.words, 600))),
    );
  }
  return made;
}
