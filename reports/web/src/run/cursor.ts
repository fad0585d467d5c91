// What is looked at: one cursor in virtual time, one window and one pinned step, shared by all panes.

import { placeAt } from "./model/steps";
import type { Run } from "./model/run";

export interface View {
  /** The moment looked at. */
  time: number;
  /** The place of the step looked at: the last one by then; -1 for none. */
  place: number;
  /** What part of the run the panes show. */
  from: number;
  until: number;
  /** The place of the pinned step; -1 for none. */
  pinned: number;
  /** Lanes and kinds of message that are not drawn. */
  hidden: ReadonlySet<number>;
  hiddenKinds: ReadonlySet<number>;
  /** The kind of message that stands out; -1 for none. */
  kind: number;
  /** Whether the rows of clients are shown. */
  clients: boolean;
  /** Whether what is not in the pinned step's causal past is faded. */
  past: boolean;
}

export type Changed = ReadonlySet<keyof View>;
type Listener = (view: Readonly<View>, changed: Changed) => void;

/** No window is narrower, in nanoseconds. */
const NARROWEST = 1000;

export class Cursor {
  view: Readonly<View>;
  private readonly listeners: Listener[] = [];
  private changed = new Set<keyof View>();

  constructor(readonly run: Run) {
    this.view = {
      time: 0,
      place: placeAt(run.steps, 0),
      from: 0,
      until: run.end,
      pinned: -1,
      hidden: new Set(),
      hiddenKinds: new Set(),
      kind: -1,
      clients: run.clients.length <= 8,
      past: false,
    };
  }

  /** Tells of every change before the next frame, however many there were. */
  listen(listener: Listener): void {
    this.listeners.push(listener);
  }

  set(patch: Partial<View>): void {
    const next = { ...this.view, ...patch };
    for (const key of Object.keys(patch) as (keyof View)[]) {
      if (next[key] === this.view[key]) continue;
      if (this.changed.size === 0) requestAnimationFrame(() => this.tell());
      this.changed.add(key);
    }
    this.view = next;
  }

  private tell(): void {
    const changed = this.changed;
    this.changed = new Set();
    for (const listener of this.listeners) listener(this.view, changed);
  }

  /** To a moment. */
  goTo(time: number): void {
    const at = Math.min(Math.max(time, 0), this.run.end);
    this.set({ time: at, place: placeAt(this.run.steps, at) });
    this.keepInSight();
  }

  /** To a step. */
  step(place: number): void {
    if (this.run.steps.length === 0) return;
    const to = Math.min(Math.max(place, 0), this.run.steps.length - 1);
    this.set({ place: to, time: this.run.steps.at[to]! });
    this.keepInSight();
  }

  /** To a step, which all panes then tell about. */
  pin(place: number): void {
    this.step(place);
    this.set({ pinned: this.view.place });
  }

  show(from: number, until: number): void {
    const end = this.run.end;
    const width = Math.min(Math.max(until - from, NARROWEST), end);
    const start = Math.min(Math.max(from, 0), end - width);
    this.set({ from: start, until: start + width });
  }

  /** Zooms by a factor, and keeps `around` where it is on the screen. */
  zoom(factor: number, around = this.view.time): void {
    const { from, until } = this.view;
    const width = Math.min(Math.max((until - from) * factor, NARROWEST), this.run.end);
    const share = Math.min(Math.max((around - from) / (until - from), 0), 1);
    this.show(around - share * width, around + (1 - share) * width);
  }

  /** Moves the window by a share of its width. */
  pan(share: number): void {
    const by = (this.view.until - this.view.from) * share;
    this.show(this.view.from + by, this.view.until + by);
  }

  private keepInSight(): void {
    const { time, from, until } = this.view;
    if (time >= from && time <= until) return;
    const half = (until - from) / 2;
    this.show(time - half, time + half);
  }
}
