// What one cell says.

import type { Cell } from "../format";
import { seedWords } from "../words";
import { command } from "../../page/command";
import { foreign, make } from "../../page/dom";
import { count, counted, label, span } from "../../page/words";
import type { Grid } from "./grid";
import { promisedOf, PROMISES, stateOf } from "./states";

/** Follows the cell that is chosen, or that the pointer is on. */
export function cellDetails(grid: Grid): HTMLElement {
  const box = make("div", { id: "cell", role: "region", "aria-label": "The chosen cell", "aria-live": "polite" });
  const show = () => box.replaceChildren(...told(grid));
  grid.listen(show);
  show();
  return box;
}

function told({ shown, data }: Grid): Node[] {
  if (shown === null) return [make("p", { class: "quiet" }, "There is no such cell.")];
  const { row, cell, fault } = shown;
  const { sign, word, about } = stateOf(cell);
  const list = make("dl", { class: "values" });
  const line = (name: string, ...value: (Node | string)[]) =>
    list.append(make("div", {}, make("dt", {}, name), make("dd", {}, ...value)));
  const found: Node[] = [
    make("h3", {}, foreign(row.protocol, 60), " under ", foreign(fault.name, 60)),
    make("p", { class: "quiet" }, foreign(fault.about, 400)),
    make("p", {}, make("b", {}, make("span", { "aria-hidden": "true" }, `${sign} `), word), `: ${about}.`),
  ];
  if (!cell.kept)
    found.push(
      make("p", { class: "alarm" }, make("b", {}, "✗ A promise is not kept."), " This is a mistake in the protocol."),
    );
  line("Promised", PROMISES[promisedOf(cell)]);
  if (cell.state !== "none") {
    line("Seeds", seeds(cell, data.count));
    line("Faults struck", cell.struck === 0 ? "never: there was nothing to strike" : counted(cell.struck, "time"));
    const unavailable =
      cell.unavailable === null ? "not measured, without clients" : `${span(cell.unavailable)} (median over seeds)`;
    line("Not served for at most", unavailable);
  }
  line("Setting", foreign(row.setting, 200));
  found.push(list);
  if (cell.shown !== null) found.push(...firstShown(cell.shown));
  return found;
}

function seeds({ seeds: { live, blocked, unsafe, unknown } }: Cell, all: number): string {
  const each = [
    [live, "live"],
    [blocked, "blocked"],
    [unsafe, "unsafe"],
    [unknown, "undecided"],
  ] as const;
  const words = each.filter(([many]) => many > 0).map(([many, word]) => `${count(many)} ${word}`);
  return words.length > 0 ? `${words.join(", ")} of ${count(all)}` : "none was run";
}

function firstShown({ seed, property, why, replay }: NonNullable<Cell["shown"]>): Node[] {
  return [
    make("h4", {}, "The first seed that shows it: ", foreign(seedWords(seed), 40)),
    make("p", { class: "why" }, make("b", {}, foreign(property)), " ", foreign(why, 1000)),
    command(replay, `replays seed ${label(seed)}`),
  ];
}
