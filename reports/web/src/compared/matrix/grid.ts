// The cells, with one of them chosen; arrow keys move through them.

import type { Cell, Fault, Matrix, Row } from "../format";
import { foreign, make } from "../../page/dom";
import { label } from "../../page/words";
import { promisedOf, PROMISES, stateOf } from "./states";

export class Grid {
  readonly element: HTMLElement;
  /** The cells in which a promise is not kept, row by row. */
  readonly broken: [row: number, column: number][] = [];
  row = 0;
  column = 0;
  /** What the pointer is on, while it is. */
  private over: [row: number, column: number] | null = null;
  private readonly cells: HTMLElement[][] = [];
  private readonly listeners: (() => void)[] = [];

  constructor(readonly data: Matrix) {
    data.rows.forEach((row, i) => row.cells.forEach((cell, j) => cell.kept || this.broken.push([i, j])));
    [this.row, this.column] = this.broken[0] ?? this.firstShown();
    const head = make("tr", {}, make("td", { class: "corner" }), ...data.faults.map((fault) => columnHead(fault)));
    const body = data.rows.map((row, i) => this.line(row, i));
    const table = make("table", { class: "matrix", role: "grid", "aria-label": "Protocols against classes of faults" });
    table.append(make("thead", {}, head), make("tbody", {}, ...body));
    table.addEventListener("keydown", (event) => this.key(event));
    table.addEventListener("pointerleave", () => this.hover(null));
    this.element = make("div", { class: "scroll" }, table);
  }

  /** The cell that is told of, with its protocol and its faults. */
  get shown(): { row: Row; cell: Cell; fault: Fault } | null {
    const [i, j] = this.over ?? [this.row, this.column];
    const [row, fault] = [this.data.rows[i], this.data.faults[j]];
    const cell = row?.cells[j];
    return row === undefined || fault === undefined || cell === undefined ? null : { row, cell, fault };
  }

  listen(listener: () => void): void {
    this.listeners.push(listener);
  }

  choose(row: number, column: number): void {
    const cell = this.cells[row]?.[column];
    if (cell === undefined) return;
    this.cells[this.row]?.[this.column]?.setAttribute("tabindex", "-1");
    this.cells[this.row]?.[this.column]?.setAttribute("aria-selected", "false");
    [this.row, this.column] = [row, column];
    this.over = null;
    cell.setAttribute("tabindex", "0");
    cell.setAttribute("aria-selected", "true");
    this.tell();
  }

  private focus(row: number, column: number): void {
    this.choose(row, column);
    this.cells[row]?.[column]?.focus();
  }

  /** To the next cell in which a promise is not kept, from the top again after the last. */
  nextBroken(): void {
    const after = this.broken.find(([row, column]) => row > this.row || (row === this.row && column > this.column));
    const [row, column] = after ?? this.broken[0] ?? [this.row, this.column];
    this.focus(row, column);
  }

  /** The name of a cell, which leads to it. */
  link(row: number, column: number): HTMLElement {
    const { rows, faults } = this.data;
    const words = [foreign(rows[row]!.protocol, 40), " under ", foreign(faults[column]?.name ?? "?", 40)];
    const made = make("button", { type: "button", class: "link", title: "Show this cell" }, ...words);
    made.addEventListener("click", () => this.focus(row, column));
    return made;
  }

  private firstShown(): [number, number] {
    const { rows } = this.data;
    for (const state of ["unsafe", "blocked"]) {
      const row = rows.findIndex(({ cells }) => cells.some((cell) => cell.state === state));
      if (row >= 0) return [row, rows[row]!.cells.findIndex((cell) => cell.state === state)];
    }
    return [0, 0];
  }

  private line(row: Row, i: number): HTMLElement {
    const head = make(
      "th",
      { scope: "row" },
      foreign(row.protocol, 40),
      make("div", { class: "under" }, foreign(row.setting, 60)),
    );
    const cells = this.data.faults.map((fault, j) => {
      const cell = row.cells[j];
      return cell === undefined ? make("td", { role: "gridcell" }) : this.cell(row, fault, cell, i, j);
    });
    this.cells.push(cells);
    return make("tr", {}, head, ...cells);
  }

  private cell(row: Row, fault: Fault, cell: Cell, i: number, j: number): HTMLElement {
    const { sign, word } = stateOf(cell);
    const isChosen = i === this.row && j === this.column;
    const promised = promisedOf(cell);
    const kept = cell.kept ? "" : ", a promise that is not kept";
    const where = `${label(row.protocol, 40)} under ${label(fault.name, 40)}`;
    const words = `${where}: ${word}${kept}; promised: ${PROMISES[promised]}`;
    const about = {
      role: "gridcell",
      tabindex: isChosen ? "0" : "-1",
      "aria-selected": String(isChosen),
      "aria-label": words,
    };
    const made = make("td", about);
    const state = Object.hasOwn(cell, "state") ? label(cell.state, 12).replace(/[^a-z]/g, "") : "unknown";
    const box = make("div", { class: `cell ${state} promised-${promised}${cell.kept ? "" : " broken"}` });
    box.append(make("span", { class: "sign" }, sign), make("span", {}, word));
    if (!cell.kept) box.append(make("span", { class: "loud" }, "not kept"));
    made.append(box);
    made.addEventListener("click", () => this.focus(i, j));
    made.addEventListener("pointerenter", () => this.hover([i, j]));
    return made;
  }

  private hover(over: [number, number] | null): void {
    this.over = over;
    this.tell();
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.data.faults.length - 1;
    const to: Record<string, [number, number]> = {
      ArrowLeft: [this.row, this.column - 1],
      ArrowRight: [this.row, this.column + 1],
      ArrowUp: [this.row - 1, this.column],
      ArrowDown: [this.row + 1, this.column],
      Home: [this.row, 0],
      End: [this.row, last],
      PageUp: [0, this.column],
      PageDown: [this.data.rows.length - 1, this.column],
    };
    if (!Object.hasOwn(to, event.key)) return;
    event.preventDefault();
    this.focus(...to[event.key]!);
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Written upwards, so that columns are no wider than their cells. */
function columnHead({ name, about }: Fault): HTMLElement {
  return make("th", { scope: "col", title: label(about, 200) }, make("div", { class: "upwards" }, foreign(name, 48)));
}
