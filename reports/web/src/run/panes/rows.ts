// The rows of the space-time diagram: where each lane's line runs, and their names with what hides them.

import type { Cursor } from "../cursor";
import { laneName } from "../describe";
import { make } from "../../page/dom";
import type { Plane } from "../canvas/plane";

const NODE = 46;
const CLIENT = 30;
const HIDDEN = 22;

export class Rows {
  /** The height of each lane's line; none for one that is not drawn. */
  y: number[] = [];
  bottom = 0;
  private readonly tops: number[] = [];

  constructor(private readonly cursor: Cursor) {}

  layOut(top: number): void {
    const { run, view } = this.cursor;
    let y = top;
    this.y = run.page.lanes.map(() => NaN);
    for (const lane of [...run.nodes, ...(view.clients ? run.clients : [])]) {
      const hidden = view.hidden.has(lane);
      const height = hidden ? HIDDEN : run.page.lanes[lane]!.is === "node" ? NODE : CLIENT;
      this.tops[lane] = y + height / 2;
      if (!hidden) this.y[lane] = Math.round(y + height * 0.62);
      y += height;
    }
    this.bottom = y;
  }

  /** How far above its line a row's own space reaches. */
  above(lane: number): number {
    return (this.cursor.run.page.lanes[lane]!.is === "node" ? NODE : CLIENT) * 0.56;
  }

  below(lane: number): number {
    return (this.cursor.run.page.lanes[lane]!.is === "node" ? NODE : CLIENT) * 0.34;
  }

  mount(plane: Plane): void {
    const { cursor } = this;
    const { run } = cursor;
    const names = run.page.lanes.map((_, lane) => this.name(lane));
    const word = `${run.clients.length} client${run.clients.length === 1 ? "" : "s"}`;
    const clients = make("button", { type: "button", class: "fold", "aria-expanded": "true" }, word);
    clients.addEventListener("click", () => cursor.set({ clients: !cursor.view.clients }));
    plane.gutter.append(...names, ...(run.clients.length > 0 ? [clients] : []));
    const place = () => {
      names.forEach((name, lane) => {
        name.hidden = run.page.lanes[lane]!.is === "client" && !cursor.view.clients;
        const at = Number.isNaN(this.y[lane]!) ? this.tops[lane]! : this.y[lane]!;
        name.style.top = `${at - 10}px`;
        name.classList.toggle("off", cursor.view.hidden.has(lane));
      });
      clients.style.top = `${this.bottom + 2}px`;
      clients.setAttribute("aria-expanded", String(cursor.view.clients));
      clients.textContent = `${cursor.view.clients ? "Hide" : "Show"} ${word}`;
    };
    this.cursor.listen((_, changed) => {
      if (changed.has("hidden") || changed.has("clients")) place();
    });
    place();
  }

  private name(lane: number): HTMLLabelElement {
    const box = make("input", { type: "checkbox" });
    box.checked = true;
    box.addEventListener("change", () => {
      const hidden = new Set(this.cursor.view.hidden);
      if (box.checked) hidden.delete(lane);
      else hidden.add(lane);
      this.cursor.set({ hidden });
    });
    const is = this.cursor.run.page.lanes[lane]!.is;
    return make("label", { class: `lane ${is}`, title: `Show this ${is}'s row` }, box, make("span", {}, laneName(this.cursor.run, lane)));
  }
}
