// A list of steps of which only the rows in sight exist.

import type { Cursor } from "../cursor";
import { causeWords, effectsLine, stepNumber, who } from "../describe";
import { upperBound } from "../model/search";
import { make } from "../../page/dom";
import { exactly } from "../../page/words";

export const ROW = 25;
/** A list of more rows than this would be taller than a browser can scroll. */
const TALLEST = 16_000_000;
const SPARE = 6;

export class StepList {
  readonly element = make("div", { class: "list", role: "listbox", tabindex: "0", "aria-label": "Steps" });
  private readonly filler = make("div", { class: "filler", role: "presentation" });
  /** The places of the rows; none for all steps. */
  private places: Int32Array | null = null;
  /** The rows that exist, by their places. */
  private rows = new Map<number, HTMLElement>();
  // What the browser would have to lay out the page for, if it were asked each time.
  private top = 0;
  private height = 0;

  constructor(
    private readonly cursor: Cursor,
    private readonly mark: (place: number) => boolean,
  ) {
    this.element.append(this.filler);
    this.element.addEventListener("scroll", () => {
      this.top = this.element.scrollTop;
      this.render();
    });
    new ResizeObserver(() => {
      this.height = this.element.clientHeight;
      this.reveal();
      this.render();
    }).observe(this.element);
    cursor.listen((_, changed) => {
      if (changed.has("place")) this.reveal();
      if (changed.has("place") || changed.has("pinned")) this.render();
    });
  }

  private get length(): number {
    return this.places?.length ?? this.cursor.run.steps.length;
  }

  private get spread(): number {
    return Math.min(ROW, TALLEST / Math.max(1, this.length));
  }

  /** Shows these steps only, or all. */
  show(places: Int32Array | null): void {
    this.places = places;
    this.rows.clear();
    this.filler.style.height = `${this.length * this.spread}px`;
    this.reveal();
    this.render();
  }

  /** The row of the step at the cursor, or of the last before it that is in the list. */
  private row(): number {
    const { place } = this.cursor.view;
    return this.places === null ? place : upperBound(this.places, place) - 1;
  }

  /** Scrolls to the step at the cursor, unless it is in sight. */
  private reveal(): void {
    const top = this.row() * this.spread;
    if (this.height === 0 || (top >= this.top + ROW && top <= this.top + this.height - 2 * ROW)) return;
    this.element.scrollTop = top - this.height / 2 + ROW / 2;
    this.top = this.element.scrollTop;
  }

  /** Makes the rows in sight anew where they are marked differently now. */
  refresh(): void {
    this.rows.clear();
    this.render();
  }

  private render(): void {
    const { element, spread } = this;
    const first = Math.max(0, Math.floor(this.top / spread) - SPARE);
    const last = Math.min(this.length, first + Math.ceil(this.height / ROW) + 2 * SPARE);
    const rows = new Map<number, HTMLElement>();
    for (let row = first; row < last; row++) {
      const place = this.places?.[row] ?? row;
      const made = this.rows.get(place) ?? this.make(place, row);
      made.style.top = `${row * spread + (row - first) * (ROW - spread)}px`;
      this.point(made, place);
      rows.set(place, made);
    }
    this.replace(rows);
    const { place } = this.cursor.view;
    if (rows.has(place)) element.setAttribute("aria-activedescendant", `step-${place}`);
    else element.removeAttribute("aria-activedescendant");
  }

  private replace(rows: Map<number, HTMLElement>): void {
    const isSame = rows.size === this.rows.size && rows.size > 0 && [...rows.keys()].every((place) => this.rows.has(place));
    this.rows = rows;
    if (isSame) return;
    const none = make("div", { class: "row none", role: "option", "aria-selected": "false", "aria-disabled": "true" }, "No step is like this.");
    this.filler.replaceChildren(...(this.length === 0 ? [none] : rows.values()));
  }

  /** Shows whether a row is at the cursor, or pinned. */
  private point(row: HTMLElement, place: number): void {
    const { view } = this.cursor;
    row.classList.toggle("now", place === view.place);
    row.classList.toggle("pinned", place === view.pinned);
    row.setAttribute("aria-selected", String(place === view.place));
  }

  private make(place: number, row: number): HTMLElement {
    const { run } = this.cursor;
    const classes = ["row"];
    if (this.mark(place)) classes.push("match");
    if (run.steps.lane[place]! < 0) classes.push("fault");
    const made = make("div", {
      class: classes.join(" "),
      id: `step-${place}`,
      role: "option",
      "aria-posinset": String(row + 1),
      "aria-setsize": String(this.length),
    });
    made.append(
      make("span", { class: "number" }, stepNumber(run, place)),
      make("span", { class: "time" }, exactly(run.steps.at[place]!)),
      make("span", { class: "who" }, who(run, place)),
      make("span", { class: "what" }, causeWords(run, place)),
    );
    const effects = effectsLine(run, place);
    if (effects !== "") made.append(make("span", { class: "effects" }, effects));
    made.addEventListener("click", () => this.cursor.pin(place));
    return made;
  }
}
