// Finds steps by what they say, by the kind of their message or by who takes them.

import { Cause } from "./format";
import { causeWords } from "./describe";
import type { Run } from "./model/run";

export class Search {
  /** For each text: 0 while not looked at, 1 if it matches, 2 if not. */
  private texts: Uint8Array;
  private words = "";
  private lanes = new Set<number>();
  private kinds = new Set<number>();

  constructor(private readonly run: Run) {
    this.texts = new Uint8Array(run.texts.length + 1);
  }

  look(words: string): void {
    this.words = words.trim().toLowerCase();
    this.texts.fill(0);
    this.lanes = new Set(this.run.page.lanes.flatMap(({ name }, i) => (name.toLowerCase() === this.words ? [i] : [])));
    this.kinds = new Set(this.run.page.kinds.flatMap((name, i) => (name.toLowerCase().includes(this.words) ? [i] : [])));
  }

  get empty(): boolean {
    return this.words === "";
  }

  matches(place: number): boolean {
    const { steps } = this.run;
    if (this.lanes.has(steps.lane[place]!)) return true;
    const cause = steps.cause[place]!;
    if (cause === Cause.Message && this.kinds.has(steps.what[place]!)) return true;
    if (cause === Cause.Strikes || cause === Cause.Heals || cause === Cause.Idle || cause === Cause.Boot) {
      if (causeWords(this.run, place).toLowerCase().includes(this.words)) return true;
    }
    if (this.text(steps.says[place]!) || this.text(steps.state[place]!)) return true;
    for (let effect = steps.effects[place]!; effect < steps.effects[place + 1]!; effect++) {
      if (this.text(steps.effectSays[effect]!)) return true;
    }
    return false;
  }

  /** The nearest match from here, in this direction; -1 for none. */
  next(place: number, direction: 1 | -1): number {
    for (let i = place + direction; i >= 0 && i < this.run.steps.length; i += direction) if (this.matches(i)) return i;
    return -1;
  }

  count(): number {
    let found = 0;
    for (let i = 0; i < this.run.steps.length; i++) if (this.matches(i)) found++;
    return found;
  }

  private text(text: number): boolean {
    if (text === 0) return false;
    return (this.texts[text] ||= this.run.texts.get(text).toLowerCase().includes(this.words) ? 1 : 2) === 1;
  }
}
