// The survival matrix: every protocol against every class of faults.

import type { Matrix } from "../format";
import { bar } from "../bar";
import { seedRange } from "../words";
import { command } from "../../page/command";
import { foreign, howTo, make, section } from "../../page/dom";
import { page } from "../../page/start";
import { verdictBadge } from "../../page/verdicts";
import { count, counted } from "../../page/words";
import { inList } from "../parts/names";
import { cellDetails } from "./cell";
import { Grid } from "./grid";
import { legend } from "./legend";

const HOW = [
  "Each cell is many simulated runs of one protocol under one class of faults, one run a seed. Nothing in " +
    "it is an opinion: the word says what was seen, the frame what the protocol promises, and where these " +
    "do not agree the cell is marked.",
  "Safe means that nothing was ever true that must not be: no two values chosen, no write lost. Live " +
    "means that after all faults had healed clients were served again. A protocol that promises less is not " +
    "worse for keeping no more than it promises.",
];

const KEYS: [string, string][] = [
  ["← → ↑ ↓", "to the next cell; what it says is told beside the matrix"],
  ["Home End", "to the first or last class of faults"],
  ["Tab", "out of the matrix, to the command that replays what is shown"],
  ["n", "to the next promise that is not kept"],
  ["? h", "this list"],
];

export function matrix(data: Matrix): void {
  document.title = "Survival matrix";
  const grid = new Grid(data);
  const part = section("matrix", "Protocols and faults", ...HOW);
  part.append(legend(), make("div", { class: "beside-matrix" }, grid.element, cellDetails(grid)));
  const words = classes(data);
  const { element, help } = bar([part, words], KEYS, { n: () => grid.nextBroken() });
  page().replaceChildren(header(data, grid), element, part, words, help);
}

function header(data: Matrix, grid: Grid): HTMLElement {
  const { broken } = grid;
  const verdict =
    broken.length > 0
      ? verdictBadge("broken", "A protocol broke something that it promises.", counted(broken.length, "broken promise"))
      : verdictBadge("holds", "Every protocol keeps what it promises.", "Promises kept");
  const list = make("dl", { class: "facts" });
  const fact = (name: string, ...value: (Node | string)[]) =>
    list.append(make("div", {}, make("dt", {}, name), make("dd", {}, ...value)));
  fact("Protocols", count(data.rows.length));
  fact("Classes of faults", count(data.faults.length));
  fact("Seeds", `${seedRange(data.first, data.count)} (${count(data.count)} for each cell)`);
  fact("Engine", foreign(data.engine));
  return make(
    "header",
    {},
    make("div", { class: "headline" }, verdict, make("h1", {}, "What survives which faults")),
    inShort(data, grid),
    list,
    command(data.reproduce, "gives this same matrix", "Run it again"),
    make("div", { class: "folds" }, howTo(HOW)),
  );
}

/** How many cells there are of each kind, and which promises are not kept. */
function inShort({ rows }: Matrix, grid: Grid): HTMLElement {
  const cells = rows.flatMap((row) => row.cells);
  const told = (["live", "blocked", "unsafe", "unknown", "none"] as const).flatMap((state) => {
    const many = cells.filter((cell) => cell.state === state).length;
    const words = { live: "live", blocked: "blocked", unsafe: "unsafe", unknown: "undecided", none: "not applicable" }[
      state
    ];
    return many > 0 ? [`${count(many)} ${words}`] : [];
  });
  const list = make("dl", { class: "short" });
  const line = (name: string, ...words: (Node | string)[]) =>
    list.append(make("div", {}, make("dt", {}, name), make("dd", {}, ...words)));
  line("Cells", told.join(", ") || "none");
  const { broken } = grid;
  if (broken.length === 0) line("Promises", "kept by all, under all faults");
  else
    line(
      "Not kept",
      inList(
        broken.map(([row, column]) => grid.link(row, column)),
        12,
      ),
    );
  return list;
}

/** The classes of faults and the protocols in words, for those who do not point at cells. */
function classes({ faults, rows }: Matrix): HTMLElement {
  const part = section("classes", "Faults and protocols", "What each column and each row of the matrix stands for.");
  const list = (name: string, entries: [string, string, string][]) => {
    const made = make("dl", { class: "sentences" });
    for (const [term, about, more] of entries) {
      const under = more === "" ? null : make("div", { class: "under" }, foreign(more, 200));
      made.append(make("div", {}, make("dt", {}, foreign(term, 60)), make("dd", {}, foreign(about, 400), under)));
    }
    return make("div", {}, make("h3", {}, name), made);
  };
  const columns = list(
    "Classes of faults",
    faults.map(({ name, about }) => [name, about, ""]),
  );
  const protocols = list(
    "Protocols",
    rows.map(({ protocol, about, setting }) => [protocol, about, setting]),
  );
  part.append(make("div", { class: "two" }, columns, protocols));
  return part;
}
