// Successes per second over the time of a run, and when faults struck.

import { moment } from "../../page/words";
import type { Choice } from "../choice";
import { Drawing } from "../chart/drawing";
import { Reader } from "../chart/reader";
import { draw } from "../chart/svg";
import { percent } from "../words";
import { make, section } from "../../page/dom";
import { chips } from "./chips";
import { inList, names } from "./names";
import { height, paintPanels } from "./panels";
import { rateWords, type Row, rowOf, struckIn } from "./rates";

/** More lines than these are drawn below each other. */
const OVERLAID = 3;

export function rhythm(choice: Choice): HTMLElement | null {
  const { contenders } = choice.data;
  if (contenders.every((one) => one.rhythm.ok.length === 0 || one.clients === 0)) return null;
  const part = section(
    "time",
    "Over time",
    "How many operations succeeded in each second of virtual time, for one run: the successes of all " +
      "seeds in a bin, divided by how many runs lasted into it and by how long it is. The hatched ground " +
      "tells on how many seeds a fault lasted or struck at that time; its full height is all of them. The " +
      "dotted line is where the last fault has healed. The last bin is left out, since runs end within it.",
    "Faults of a swarm strike at other times on each seed: then the ground is even and dips wash out, " +
      "since this is a mean over seeds.",
  );
  const rows = () =>
    contenders
      .flatMap((one, place) => (choice.look.drawn.has(place) && one.clients > 0 ? [rowOf(one, place)] : []))
      .filter((row) => row.rates.length > 0);
  const drawing = new Drawing(
    "Successes per second over time",
    (wide) => [wide, height(groups(rows()))],
    (made) => {
      const found = rows();
      const { x, top, bottom } = paintPanels(made, groups(found));
      const longest = found.reduce((most, row) => (row.rates.length > most.rates.length ? row : most), found[0]!);
      reader.read({
        many: longest?.rates.length ?? 0,
        x: (bin) => x((bin + 0.5) * longest.bin),
        top,
        bottom,
        tell: (bin) => ({
          title: `${moment(bin * longest.bin)} to ${moment((bin + 1) * longest.bin)}`,
          values: [
            ...found.map((row): [string, string] => [
              row.name,
              row.rates[bin] === undefined ? "ended" : rateWords(row.rates[bin]!),
            ]),
            ["seeds under fault", percent(...struckIn(found, bin))],
          ],
        }),
      });
    },
  );
  const reader = new Reader(drawing, "Successes per second over time");
  const bar = make("div", { class: "bar" });
  const legend = chips(choice);
  if (legend !== null) bar.append(legend);
  const idle = contenders.filter(({ clients }) => clients === 0);
  if (idle.length > 0) {
    part.append(make("p", { class: "quiet" }, inList(names(idle)), " had no clients, and nothing to succeed with."));
  }
  part.append(bar, signs(), drawing.element);
  choice.listen((changed) => changed.has("drawn") && drawing.redraw());
  return part;
}

/** What is drawn on the same ground. */
function groups(rows: Row[]): Row[][] {
  if (rows.length === 0) return [];
  return rows.length <= OVERLAID ? [rows] : rows.map((row) => [row]);
}

/** What ground and dotted line mean. */
function signs(): HTMLElement {
  const ground = draw("svg", { viewBox: "0 0 24 12", width: 24, height: 12, "aria-hidden": "true" });
  ground.append(
    draw("rect", { width: 24, height: 12, class: "struck" }),
    draw("path", { d: hatch(24, 12), class: "hatch" }),
  );
  const line = draw("svg", { viewBox: "0 0 24 12", width: 24, height: 12, "aria-hidden": "true" });
  line.append(draw("line", { x1: 12, x2: 12, y1: 0, y2: 12, class: "healed" }));
  return make(
    "p",
    { class: "signs quiet" },
    make("span", {}, ground, " share of seeds under fault, the full height is all of them"),
    make("span", {}, line, " all faults healed"),
  );
}

/** Slanted lines over an area, as one path. */
export function hatch(width: number, high: number): string {
  let lines = "";
  for (let x = -high; x < width; x += 6) lines += `M${x} ${high}l${high} ${-high}`;
  return lines;
}
