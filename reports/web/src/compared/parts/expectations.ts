// What the scenario expected of measures, and what was measured.

import type { Compared, Expected } from "../format";
import { foreign, make, scrolling } from "../../page/dom";
import { count } from "../../page/words";

/** So many are shown; one that is missed comes before one that is met. */
const MOST = 200;

/** None where nothing was expected. */
export function expectations({ contenders, expected }: Compared): HTMLElement | null {
  const found = [
    ...expected.map((one) => ({ one, of: null as string | null })),
    ...contenders.flatMap((contender) =>
      contender.expected.map((one) => ({ one, of: contender.name as string | null })),
    ),
  ];
  if (found.length === 0) return null;
  const order = (met: boolean | null) => (met === false ? 0 : met === null ? 1 : 2);
  found.sort((a, b) => order(a.one.met) - order(b.one.met));
  const columns = ["", "Expected", "Of", "Measured"];
  const head = make(
    "tr",
    {},
    ...columns.map((name) => (name === "" ? make("td") : make("th", { scope: "col" }, name))),
  );
  const rows = found.slice(0, MOST).map(({ one, of }) => row(one, of));
  const caption = make("caption", {}, "What was expected, and whether it is met");
  const table = make("table", { class: "wishes" }, caption, make("thead", {}, head), make("tbody", {}, ...rows));
  const rest = found.length > MOST ? make("p", { class: "quiet" }, `and ${count(found.length - MOST)} more`) : null;
  return make("div", {}, make("h3", {}, "What was expected"), scrolling("What was expected, as a table", table), rest);
}

function row({ scope, text, measured, met }: Expected, of: string | null): HTMLElement {
  return make(
    "tr",
    {},
    make("td", {}, sign(met)),
    make("td", {}, make("code", {}, foreign(text, 200))),
    make(
      "td",
      {},
      of === null ? make("span", { class: "quiet" }, "how they stand to each other") : foreign(of, 60),
      scopeOf(scope, of),
    ),
    make("td", {}, foreign(measured, 200)),
  );
}

/** How it is meant, where it is meant of one contender. */
function scopeOf(scope: string, of: string | null): HTMLElement | null {
  const words: Record<string, string> = {
    each: "on each seed",
    all: "over all seeds together",
    holds: "a property that must hold",
    breaks: "a property that must break",
  };
  if (of === null) return null;
  return make("span", { class: "quiet" }, " ", Object.hasOwn(words, scope) ? words[scope]! : foreign(scope, 40));
}

function sign(met: boolean | null): HTMLElement {
  const [kind, mark, word] =
    met === null ? ["unknown", "?", "not judged"] : met ? ["holds", "✓", "met"] : ["broken", "✗", "missed"];
  return make("span", { class: `sign ${kind}` }, make("span", { "aria-hidden": "true" }, mark), ` ${word}`);
}
