// Who kept what it promises: a row for each contender.

import type { Compared, Contender } from "../format";
import { foreign, make, scrolling, section } from "../../page/dom";
import { verdictSign } from "../../page/verdicts";
import { count, counted, span } from "../../page/words";
import { breaches } from "./breaches";
import { expectations } from "./expectations";
import { unfolding } from "./names";

/** Of what a variant lays over its scenario, so many lines are shown at once. */
const LAID = 4;

export function kept(data: Compared): HTMLElement {
  const part = section(
    "kept",
    "Who kept what",
    "A property is something that must be true of every run. A protocol promises it under some faults and " +
      "not under others. It holds when all that was promised was true on every seed; it is broken when one " +
      "promise was broken on one seed; it is undecided when a check ran out of its budget somewhere and " +
      "nothing was seen to break.",
    "A property that breaks under faults under which nobody promised it is no mistake of the protocol; it " +
      "is told, since it is often what one wants to know. Every broken seed can be run again with the " +
      "command beside it.",
    "An expectation is what the scenario says of measures: of each contender alone, or of how they stand " +
      "to each other. With too few seeds it is not judged.",
  );
  const columns = ["Contender", "Promises", "Seeds", "Nodes", "Setting", "Faults that struck"];
  const head = make("tr", {}, ...columns.map((name) => make("th", { scope: "col" }, name)));
  const rows = data.contenders.map((one) => row(data, one));
  const table = make(
    "table",
    {},
    make("caption", {}, "Who kept what it promises"),
    make("thead", {}, head),
    make("tbody", {}, ...rows),
  );
  const broken = breaches(data);
  const wishes = expectations(data);
  part.append(scrolling("Who kept what, as a table", table));
  if (broken !== null) part.append(broken);
  if (wishes !== null) part.append(wishes);
  return part;
}

function row(data: Compared, one: Contender): HTMLElement {
  const name = make("th", { scope: "row" }, foreign(one.name, 60), ...origin(data, one));
  const cells = [
    verdictSign(one.verdict),
    seeds(one),
    one.nodes.map(String).join(", ") || "–",
    setting(one),
    fired(one),
  ];
  return make("tr", {}, name, ...cells.map((cell) => make("td", {}, cell)));
}

/** Where a name does not say it: whose scenario and which protocol it is, and what its variant changes. */
function origin({ scenarios }: Compared, one: Contender): Node[] {
  const found: Node[] = [];
  const line = (...words: (Node | string)[]) => found.push(make("div", { class: "under" }, ...words));
  if (scenarios.length > 1 && one.scenario !== one.name) line("scenario ", foreign(one.scenario, 60));
  if (one.protocol !== one.name) line("protocol ", foreign(one.protocol, 60));
  const laid = one.laid.map((words) => make("div", { class: "under" }, make("code", {}, foreign(words, 120))));
  const [first, rest] = [laid.slice(0, LAID), laid.slice(LAID)];
  found.push(...first);
  if (rest.length > 0) found.push(unfolding([`${count(rest.length)} more settings`], () => rest));
  return found;
}

function seeds({ held, broken, unknown }: Contender): HTMLElement {
  const all = held + broken + unknown;
  const words = [`${count(held)} of ${count(all)} held`];
  if (broken > 0) words.push(`${count(broken)} broke`);
  if (unknown > 0) words.push(`${count(unknown)} undecided`);
  return make("span", {}, ...words.flatMap((text, i) => (i === 0 ? [text] : [make("br"), text])));
}

function setting(one: Contender): HTMLElement {
  const clients = one.clients === 0 ? "no clients" : counted(one.clients, "client");
  const load = one.clients === 0 || one.load === "" ? [] : [", ", foreign(one.load, 60)];
  const times = make("div", { class: "under" }, `${span(one.duration)} with faults, ${span(one.settle)} to recover`);
  return make("span", {}, clients, ...load, times);
}

function fired({ fired: faults }: Contender): Node {
  if (faults.length === 0) return make("span", { class: "quiet" }, "none");
  const words = faults.slice(0, 8).map(({ kind, times, seeds: on }) => {
    const told = `on ${counted(on, "seed")}`;
    return make(
      "span",
      { class: "fault", title: told },
      foreign(kind, 40),
      ` ${count(times)}×`,
      make("span", { class: "quiet" }, ` ${told}`),
    );
  });
  if (faults.length > 8) words.push(make("span", { class: "quiet" }, `and ${count(faults.length - 8)} more kinds`));
  return make("div", { class: "faults" }, ...words);
}
