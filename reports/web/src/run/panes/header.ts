// What the run was and what came of it.

import type { Finding } from "../format";
import type { Cursor } from "../cursor";
import { visit } from "../jumps";
import { placeOf } from "../model/run";
import { command } from "../../page/command";
import { button, howTo, make } from "../../page/dom";
import { verdictBadge, verdictSign } from "../../page/verdicts";
import { count, counted, exactly, label, shown, span } from "../../page/words";

const SENTENCES = {
  holds: "Everything that was checked holds in this run.",
  broken: "Something that was promised does not hold in this run.",
  unknown: "Nothing was seen to break, but not everything could be decided.",
} as const;

const HOW = [
  "This page shows one simulated run of a distributed system: nodes that send each other messages, clients that ask them for things, and faults that strike them. All times are times of the simulation. The same seed always gives the same run, and the command above runs it again.",
  "A property is something that must be true of every run. It holds, it is broken, or it could not be decided. All drawings share one cursor, the black line, and one window of time. The strip that stays on top shows the entire run: its faults, who leads, and how many operations ended well (up) or not (down). Drag its frame to move the window, or the frame's ends to make it wider or narrower.",
];

export function header(cursor: Cursor): HTMLElement {
  const { page } = cursor.run;
  const { head } = page;
  const verdict = verdictBadge(head.verdict, SENTENCES[head.verdict] ?? SENTENCES.unknown);
  const title = make("h1", {}, shown(head.title || head.scenario, 300));
  return make(
    "header",
    {},
    make("div", { class: "headline" }, verdict, title),
    facts(cursor),
    command(head.reproduce, "gives this same run", "Run it again"),
    ...truncated(cursor),
    wrong(cursor),
    make("div", { class: "folds" }, right(cursor), settings(head.settings), howTo(HOW)),
  );
}

function facts(cursor: Cursor): HTMLElement {
  const { head } = cursor.run.page;
  const list = make("dl", { class: "facts" });
  const fact = (name: string, value: string) => list.append(make("div", {}, make("dt", {}, name), make("dd", {}, shown(value, 200))));
  fact("Scenario", head.scenario);
  fact("Protocol", head.protocol);
  fact("Seed", head.seed);
  if (head.planted.length > 0) fact(head.planted.length === 1 ? "Planted bug" : "Planted bugs", head.planted.join(", "));
  fact("Length", `${span(head.end)}, all healed at ${span(head.heal)}`);
  fact("Steps", count(head.steps));
  fact("Engine", head.engine);
  fact("Digest", head.digest);
  return list;
}

/** Says what of the run the page does not hold. */
function truncated(cursor: Cursor): HTMLElement[] {
  const { steps, page } = cursor.run;
  const all = page.head.steps;
  const found: string[] = [];
  const numbers = (from: number, until: number) => `steps ${count(steps.first + from)} to ${count(steps.first + until - 1)}`;
  if (steps.length === 0) found.push(`None of the run's ${counted(all, "step")} are in this page.`);
  else if (steps.length < all) {
    found.push(
      `Shown are ${numbers(0, steps.length)} of ${count(all)}; ${counted(all - steps.length, "step")} are left out, so that the page stays small. Who led, the faults and the verdict are of the entire run.`,
    );
  }
  const [from, until] = steps.words;
  if (until - from < steps.length) {
    const some = until > from ? `Of ${numbers(from, until)} the page has all words` : "The page has no words of steps";
    found.push(`${some}; of the other steps it tells when they were, whose and why, but not what was said or sent.`);
  }
  return found.length > 0 ? [make("p", { class: "notice" }, found.join(" "))] : [];
}

/** What does not hold, or is not known to. */
function wrong(cursor: Cursor): HTMLElement | null {
  const order = { broken: 0, unknown: 1, holds: 2 };
  const found = cursor.run.page.findings.filter((finding) => finding.verdict !== "holds");
  found.sort((a, b) => (order[a.verdict] ?? 1) - (order[b.verdict] ?? 1));
  if (found.length === 0) return null;
  return make("ul", { class: "findings" }, ...found.map((finding) => item(cursor, finding)));
}

function right(cursor: Cursor): HTMLElement | null {
  const found = cursor.run.page.findings.filter((finding) => finding.verdict === "holds");
  if (found.length === 0) return null;
  const names = make("summary", {}, `✓ ${counted(found.length, "property holds", "properties hold")}`);
  return make("details", {}, names, make("ul", { class: "findings" }, ...found.map((finding) => item(cursor, finding))));
}

function item(cursor: Cursor, finding: Finding): HTMLElement {
  const line = make("div", { class: "line" });
  line.append(
    verdictSign(finding.verdict),
    make("b", {}, label(finding.property, 80)),
    make("span", { class: "quiet" }, shown(finding.about, 300)),
  );
  if (!finding.promised) line.append(make("span", { class: "tag" }, "not promised under these faults"));
  const made = make("li", { class: finding.verdict }, line);
  if (finding.why !== "") made.append(make("p", { class: "why" }, shown(finding.why, 1000)));
  if (finding.at !== null && finding.verdict !== "holds") {
    const { at } = finding;
    const step = finding.step === null ? "" : `, step ${count(finding.step)}`;
    const go = button("Go there", "Put the cursor there", () => visit(cursor, at, placeOf(cursor.run.steps, finding)));
    made.append(make("p", { class: "where" }, `at ${exactly(at)}${step}`, go));
  }
  return made;
}

function settings(lines: string[]): HTMLElement {
  const text = lines.slice(0, 500).map((line) => shown(line, 400)).join("\n");
  return make("details", { class: "settings" }, make("summary", {}, "Settings"), make("pre", { tabindex: "0", role: "region", "aria-label": "Settings of the run" }, text || "None."));
}
