// What was compared, and what came of it, before anything else.

import type { Compared, Contender, Expected } from "../format";
import { differs, seedRange } from "../words";
import { command } from "../../page/command";
import { foreign, howTo, make } from "../../page/dom";
import { verdictBadge } from "../../page/verdicts";
import { count, counted } from "../../page/words";
import { inList, names } from "./names";

const HOW = [
  "This page compares simulated runs of distributed systems. Every contender ran the same seeds. A seed " +
    "draws the faults and their times, what clients ask for, and the luck of every link, and draws the same " +
    "for all of them: what is compared are pairs that differ in nothing but the contender (common random " +
    "numbers). Luck that is good to both says nothing, so that a hundred pairs show what thousands of " +
    "unpaired runs would blur.",
  "The first contender is what the others are compared with. All times are times of the simulation, and " +
    "the same seeds always give the same page: the command above runs them again.",
];

type Outcome = ["holds" | "broken" | "unknown", string, string | undefined];

export function header(data: Compared): HTMLElement {
  const [verdict, sentence, word] = outcome(data);
  const { scenarios } = data;
  const title = make(
    "h1",
    {},
    scenarios.length === 1 ? foreign(scenarios[0]!.title || scenarios[0]!.name, 300) : heading(data),
  );
  return make(
    "header",
    {},
    make("div", { class: "headline" }, verdictBadge(verdict, sentence, word), title),
    inShort(data),
    facts(data),
    scenarios.length > 1 ? titles(data) : null,
    command(data.reproduce, "gives this same comparison", "Run it again"),
    make("div", { class: "folds" }, howTo(HOW)),
  );
}

/** Promises first, then what was expected. */
function outcome({ contenders, expected }: Compared): Outcome {
  const is = (verdict: Contender["verdict"]) => contenders.some((one) => one.verdict === verdict);
  const wishes = [...expected, ...contenders.flatMap((one) => one.expected)];
  if (is("broken")) return ["broken", "A contender broke something that it promises.", undefined];
  if (wishes.some(({ met }) => met === false))
    return ["broken", "Promises were kept, but an expectation is not met.", "Not as expected"];
  if (is("unknown")) return ["unknown", "Nothing was seen to break, but not everything could be decided.", undefined];
  return ["holds", "All contenders kept what they promise, and no expectation is missed.", undefined];
}

function heading({ contenders }: Compared): DocumentFragment {
  const [first, ...others] = contenders;
  if (first === undefined) return inList([]);
  if (others.length === 0) return inList(names([first]));
  const line = inList(names(others), 4);
  line.append(" beside ", foreign(first.name));
  return line;
}

/** The answers to what people open this for, a line each. */
function inShort(data: Compared): HTMLElement {
  const list = make("dl", { class: "short" });
  const line = (name: string, ...words: (Node | string)[]) => {
    list.append(make("div", {}, make("dt", {}, name), make("dd", {}, ...words)));
  };
  line("Promises", ...promises(data.contenders));
  const wishes = [...data.expected, ...data.contenders.flatMap((one) => one.expected)];
  if (wishes.length > 0) line("Expectations", expectations(wishes));
  data.contenders
    .slice(1, 5)
    .forEach((other, i) => line(i === 0 ? "Differences" : "", ...differences(data, other, i + 1)));
  if (data.contenders.length > 5) line("", `and ${count(data.contenders.length - 5)} more contenders, below`);
  return list;
}

function promises(contenders: Contender[]): (Node | string)[] {
  const broken = contenders.filter((one) => one.verdict === "broken");
  const unknown = contenders.filter((one) => one.verdict === "unknown");
  const words: (Node | string)[] = [];
  for (const [which, verb] of [
    [broken, "broken by"],
    [unknown, "not decided for"],
  ] as const) {
    if (which.length === 0) continue;
    const told = which.map((one) =>
      make("span", {}, foreign(one.name), verb === "broken by" ? ` (${counted(one.broken, "seed")})` : ""),
    );
    words.push(words.length > 0 ? "; " : "", `${verb} `, inList(told, 6));
  }
  const rest = contenders.length - broken.length - unknown.length;
  if (words.length === 0) return [contenders.length === 1 ? "kept on every seed" : "kept by all, on every seed"];
  return rest > 0 ? [...words, `; kept by ${rest === 1 ? "the other" : `the other ${count(rest)}`}`] : words;
}

function expectations(wishes: Expected[]): string {
  const [met, missed] = [wishes.filter((one) => one.met === true), wishes.filter((one) => one.met === false)];
  const open = wishes.length - met.length - missed.length;
  const parts = [`${count(met.length)} of ${count(wishes.length)} met`];
  if (missed.length > 0) parts.push(`${count(missed.length)} missed`);
  if (open > 0) parts.push(`${count(open)} not judged, for want of seeds`);
  return parts.join(", ");
}

function differences({ contenders, differences: all }: Compared, other: Contender, place: number): (Node | string)[] {
  const found = all.filter((one) => one.with === place);
  const main = found.filter((one) => one.shown);
  const who = [foreign(other.name), " beside ", foreign(contenders[0]!.name)];
  if (found.length === 0) return [...who, ": too few seeds for a comparison"];
  const [some, whole] = [main, found].map((which) => count(which.filter(differs).length));
  const every = `${whole} of all ${count(found.length)}`;
  if (main.length === 0 || main.length === found.length) return [...who, `: ${every} measures differ`];
  return [...who, `: ${some} of the ${count(main.length)} main measures differ, ${every}`];
}

function facts(data: Compared): HTMLElement {
  const list = make("dl", { class: "facts" });
  const fact = (name: string, ...value: (Node | string)[]) => {
    list.append(make("div", {}, make("dt", {}, name), make("dd", {}, ...value)));
  };
  const [only] = data.scenarios;
  if (data.scenarios.length === 1) fact("Scenario", foreign(only!.name));
  fact(data.contenders.length === 1 ? "Contender" : "Contenders", inList(names(data.contenders), 8));
  const seeds = data.count === 1 ? "" : ` (${count(data.count)}, the same for each)`;
  fact(data.count === 1 ? "Seed" : "Seeds", `${seedRange(data.first, data.count)}${seeds}`);
  fact("Engine", foreign(data.engine));
  return list;
}

function titles({ scenarios }: Compared): HTMLElement {
  const list = make("ul", { class: "titles" });
  for (const { name, title } of scenarios.slice(0, 64)) {
    list.append(
      make("li", {}, make("b", {}, foreign(name)), " ", make("span", { class: "quiet" }, foreign(title, 300))),
    );
  }
  return list;
}
