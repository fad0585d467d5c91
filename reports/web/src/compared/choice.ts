// What is looked at: parts of the page that show the same thing move together.

import type { Compared } from "./format";

export interface Look {
  /** Who is beside the first, and in which measure; empty while there is no difference to look at. */
  with: number;
  measure: string;
  /** The place of the seed that is held fast, or -1. */
  pinned: number;
  /** Whose lines are drawn. */
  drawn: ReadonlySet<number>;
}

/** More lines than these cannot be told apart until somebody asks for them. */
export const DRAWN = 8;

export class Choice {
  look: Look;
  private readonly listeners: ((changed: Set<keyof Look>) => void)[] = [];

  constructor(readonly data: Compared) {
    const shown = data.differences.find((one) => one.shown) ?? data.differences[0];
    const first = data.contenders.slice(0, DRAWN).map((_, place) => place);
    this.look = { with: shown?.with ?? 1, measure: shown?.measure ?? "", pinned: -1, drawn: new Set(first) };
  }

  listen(listener: (changed: Set<keyof Look>) => void): void {
    this.listeners.push(listener);
  }

  set(change: Partial<Look>): void {
    const before = this.look;
    this.look = { ...before, ...change };
    const keys = Object.keys(change) as (keyof Look)[];
    const changed = new Set(keys.filter((key) => before[key] !== this.look[key]));
    if (changed.size > 0) for (const listener of this.listeners) listener(changed);
  }

  /** Draws a contender's lines, or leaves them out. */
  toggle(place: number): void {
    const drawn = new Set(this.look.drawn);
    if (!drawn.delete(place)) drawn.add(place);
    this.set({ drawn });
  }
}
