// What the scenario expected of measures, and what was measured.

import type { Compared, Expected } from "../format";
import { foreign, make, scrolling } from "../../page/dom";
import { count } from "../../page/words";
import { unfolding } from "./names";

/** So many that are met are shown at once, after all that are not. */
const MET = 10;
/** No more than these are shown at all. */
const MOST = 500;

interface Wish {
  one: Expected;
  /** Whose it is; none where it is about how they stand to each other. */
  of: string | null;
}

/** None where nothing was expected. */
export function expectations({ contenders, expected }: Compared): HTMLElement | null {
  const between = expected.map((one): Wish => ({ one, of: null }));
  const found = [
    ...between,
    ...contenders.flatMap(({ name, expected: own }) => own.map((one): Wish => ({ one, of: name }))),
  ];
  if (found.length === 0) return null;
  const order = (met: boolean | null) => (met === false ? 0 : met === null ? 1 : 2);
  found.sort((a, b) => order(a.one.met) - order(b.one.met));
  const first = found.filter(({ one }) => one.met !== true).length + MET;
  const shown = table("What was expected, as a table", found.slice(0, first));
  const part = make("div", {}, make("h3", {}, "What was expected"), shown);
  const rest = found.slice(first, MOST);
  const more = () => [table("What was expected as well, and is met, as a table", rest)];
  if (rest.length > 0) part.append(unfolding([`${count(rest.length)} more that are met`], more));
  if (found.length > MOST) part.append(make("p", { class: "quiet" }, `and ${count(found.length - MOST)} more`));
  return part;
}

function table(label: string, wishes: Wish[]): HTMLElement {
  const columns = ["Expected", "Of", "Measured"].map((name) => make("th", { scope: "col" }, name));
  const head = make("thead", {}, make("tr", {}, make("td"), ...columns));
  const body = make("tbody", {}, ...wishes.map(({ one, of }) => row(one, of)));
  const caption = make("caption", {}, "What was expected, and whether it is met");
  return scrolling(label, make("table", { class: "wishes" }, caption, head, body));
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
