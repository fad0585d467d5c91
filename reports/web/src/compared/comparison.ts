// Contenders beside each other: puts the parts together.

import { Choice } from "./choice";
import type { Compared, Difference } from "./format";
import { curves } from "./parts/curves";
import { differences } from "./parts/differences";
import { growth } from "./parts/growth";
import { header } from "./parts/header";
import { kept } from "./parts/kept";
import { rhythm } from "./parts/rhythm";
import { seeds } from "./parts/seeds";
import { sentences } from "./parts/sentences";
import { bar } from "./bar";
import { page } from "../page/start";
import { label } from "../page/words";

const KEYS: [string, string][] = [
  ["Tab", "to the next button, chart or table"],
  ["Enter", "on a measure: show it seed by seed; on a dot: hold its seed fast"],
  ["← →", "on a chart: read the values one place on; on the dots: the next seed"],
  ["↑ ↓", "on the dots: the seed with the next larger or smaller difference"],
  ["Home End", "to the first or the last"],
  ["w", "hold fast the seed on which they differ most"],
  ["Esc", "close, or let go of the seed, or go back to the measure"],
  ["? h", "this list"],
];

export function comparison(data: Compared): void {
  document.title = `${data.contenders
    .map(({ name }) => label(name))
    .slice(0, 4)
    .join(", ")}: compared`;
  const choice = new Choice(data);
  const dots = seeds(choice);
  const show = () => {
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    dots?.part.scrollIntoView({ block: "nearest", behavior: isStill ? "auto" : "smooth" });
  };
  const pick = (one: Difference, byKey: boolean) => {
    choice.set({ with: one.with, measure: one.measure, pinned: -1 });
    if (byKey) dots?.drawing.focus({ preventScroll: true });
    show();
  };
  const looked = [differences(choice, pick), dots?.part ?? null, curves(choice), rhythm(choice)];
  const parts = [kept(data), sentences(data), ...looked, growth(data.growth)];
  const found = parts.filter((part) => part !== null);
  const keys: Record<string, () => void> = {};
  if (dots !== null) {
    keys["w"] = () => {
      dots.toWidest();
      show();
    };
  }
  keys["Escape"] = () => choice.set({ pinned: -1 });
  const { element, help } = bar(found, KEYS, keys);
  page().replaceChildren(header(data), element, ...found, help);
}
