// A row for each measure: medians of both, and how much more the other has, as a dot with its interval.

import type { Difference } from "../format";
import { differs, factor, quantity, signed } from "../words";
import type { Choice } from "../choice";
import { draw } from "../chart/svg";
import { foreign, make, scrolling } from "../../page/dom";
import { count, label } from "../../page/words";
import { type Factors, factors } from "./factors";

/** A row that can be chosen. */
export interface Chosen {
  one: Difference;
  row: HTMLElement;
  name: HTMLElement;
}

/** `pick` opens a difference; `byKey` says that the keyboard chose it. What is made is put into `rows`. */
export function forest(
  choice: Choice,
  differences: Difference[],
  pick: (one: Difference, byKey: boolean) => void,
  rows: Chosen[],
): HTMLElement {
  const { data } = choice;
  const [first, other] = [data.contenders[0]!, data.contenders[differences[0]!.with]!];
  const scale = factors(differences);
  const head = make("tr", {});
  const column = (kind: string, ...name: (Node | string)[]) =>
    head.append(make("th", { scope: "col", class: kind }, ...name));
  column("", "Measure");
  column("number", foreign(first.name, 32));
  column("number", foreign(other.name, 32));
  column("plot", axis(scale));
  column("number", "Factor, 95 %");
  column("number", "Difference, 95 %");
  column("split", "Seeds with less, equal, more");
  const made = differences.map((one) => row(scale, one, pick));
  rows.push(...made);
  const words = `${label(other.name)} beside ${label(first.name)}, measure by measure`;
  const table = make(
    "table",
    { class: "forest" },
    make("caption", {}, words),
    make("thead", {}, head),
    make("tbody", {}, ...made.map(({ row }) => row)),
  );
  table.style.setProperty("--grid", grid(scale));
  return scrolling(words, table);
}

function row(scale: Factors, one: Difference, pick: (one: Difference, byKey: boolean) => void): Chosen {
  const name = make(
    "button",
    { type: "button", class: "link measure", title: "Show it seed by seed" },
    foreign(one.measure, 60),
  );
  const any = differs(one);
  const made = make(
    "tr",
    { class: any ? "" : "none" },
    make("th", { scope: "row" }, name, make("div", { class: "under" }, foreign(one.about, 160))),
    number(quantity(one.unit, one.medians[0])),
    number(quantity(one.unit, one.medians[1])),
    make("td", { class: "plot" }, plot(scale, one)),
    number(...byFactor(one)),
    number(...byDifference(one)),
    split(one),
  );
  // A click that no pointer made has no count.
  made.addEventListener("click", (event) => pick(one, event.detail === 0));
  return { one, row: made, name };
}

function number(...words: (Node | string)[]): HTMLElement {
  return make("td", { class: "number" }, ...words);
}

function under(words: string): HTMLElement {
  return make("div", { class: "under" }, words);
}

function byFactor({ times }: Difference): (Node | string)[] {
  if (times === null) return [make("span", { class: "quiet", title: "The first has none of it on some seed." }, "–")];
  return [factor(times[0]), under(`${factor(times[1])} to ${factor(times[2])}`)];
}

/** Where chance would make as much, it is not told as a difference. */
function byDifference(one: Difference): (Node | string)[] {
  const interval = `${signed(one.unit, one.more[1])} to ${signed(one.unit, one.more[2])}`;
  if (one.less + one.greater === 0) return ["none", under("equal on every seed")];
  if (!differs(one)) return ["no difference", under(interval)];
  return [signed(one.unit, one.more[0]), under(interval)];
}

/** A dot at the median and a whisker over the interval; an arrow where that goes on beyond the axis. */
function plot({ place }: Factors, one: Difference): Node {
  const { times } = one;
  if (times === null) {
    const none =
      one.medians[0] === 0 ? "no factor: the first mostly has none" : "no factor: the first has none on some seed";
    return make("span", { class: "quiet" }, none);
  }
  const [at, from, to] = times.map((value) => `${(place(value) * 100).toFixed(2)}%`) as [string, string, string];
  const words = `${factor(times[0])}, from ${factor(times[1])} to ${factor(times[2])}`;
  const svg = draw("svg", {
    class: differs(one) ? "whisker" : "whisker none",
    role: "img",
    "aria-label": words,
    height: 20,
  });
  svg.append(draw("line", { x1: from, x2: to, y1: 10, y2: 10 }));
  for (const [value, x] of [
    [times[1], from],
    [times[2], to],
  ] as const) {
    const isCut = place(value) === 0 || place(value) === 1;
    const arrow = draw(
      "text",
      { x, y: 14.5, "text-anchor": place(value) === 0 ? "start" : "end" },
      place(value) === 0 ? "◂" : "▸",
    );
    svg.append(isCut ? arrow : draw("line", { x1: x, x2: x, y1: 6, y2: 14 }));
  }
  svg.append(draw("circle", { cx: at, cy: 10, r: 4.5 }));
  return svg;
}

function split({ less, equal, greater }: Difference): HTMLElement {
  const all = Math.max(1, less + equal + greater);
  const share = (many: number) => `${((many / all) * 100).toFixed(2)}%`;
  const bar = draw("svg", { class: "shares", height: 9, "aria-hidden": "true" });
  bar.append(
    draw("rect", { class: "equal", x: share(less), width: share(equal), y: 0, height: 9 }),
    draw("rect", { class: "greater", x: share(less + equal), width: share(greater), y: 0, height: 9 }),
    draw("rect", { class: "all", x: "0.5", y: "0.5", width: "calc(100% - 1px)", height: 8 }),
  );
  const numbers = [
    [less, "less"],
    [equal, "equal"],
    [greater, "more"],
  ] as const;
  const words = numbers.map(([many, word]) =>
    make("span", { class: many === 0 ? "quiet" : "" }, `${count(many)} ${word}`),
  );
  return make("td", { class: "split" }, bar, make("div", { class: "under numbers" }, ...words));
}

function axis({ ticks }: Factors): HTMLElement {
  const names = ticks.map(({ at, name }) => {
    const mark = make("span", {}, name);
    mark.style.left = `${(at * 100).toFixed(2)}%`;
    return mark;
  });
  return make("div", { class: "factors" }, make("span", { class: "above" }, "times as much"), ...names);
}

/** Lines through all rows at the marks of the axis, the one at one stronger. */
function grid({ ticks }: Factors): string {
  const lines = ticks.map(({ at, name }) => {
    const x = `calc(${(at * 100).toFixed(2)}% - 0.5px)`;
    const colour = name === "1×" ? "var(--soft)" : "var(--line)";
    return `linear-gradient(${colour},${colour}) ${x} 0/1px 100% no-repeat`;
  });
  return lines.join(",");
}
