// The texts of a run, told apart by their number; 0 is no text.

import type { Texts as Packed, TextColumn } from "../format";

export class Texts {
  readonly length: number;
  private readonly parts: string[][];
  private readonly template: number[];
  /** Where the numbers of each text begin. */
  private readonly from: Int32Array;
  private readonly numbers: Float64Array;
  private readonly written: (string | undefined)[];

  constructor(packed: Packed) {
    this.length = packed.template.length;
    this.parts = packed.templates.map((template) => template.split("\u0001"));
    this.template = packed.template;
    this.from = new Int32Array(this.length + 1);
    this.numbers = new Float64Array(packed.numbers.length);
    this.written = new Array<string | undefined>(this.length);
    const last = this.parts.map((parts) => new Float64Array(parts.length - 1));
    let next = 0;
    for (let text = 0; text < this.length; text++) {
      const before = last[this.template[text]!]!;
      this.from[text] = next;
      for (let place = 0; place < before.length; place++) {
        this.numbers[next] = before[place] = before[place]! + packed.numbers[next]!;
        next++;
      }
    }
    this.from[this.length] = next;
  }

  /** The text of this number. Texts are put together when they are first asked for: most of a long run is never read. */
  get(number: number): string {
    if (number <= 0 || number > this.length) return "";
    return (this.written[number - 1] ??= this.put(number - 1));
  }

  private put(text: number): string {
    const parts = this.parts[this.template[text]!]!;
    let whole = parts[0]!;
    for (let i = 1; i < parts.length; i++) whole += String(this.numbers[this.from[text]! + i - 1]) + parts[i]!;
    return whole;
  }
}

/** Reads columns of texts, in the order in which they were written. */
export class TextReader {
  private named = 0;

  /** The number of the text that a column's entry names. */
  next(entry: number): number {
    if (entry === 0) return 0;
    if (entry < 0) return -entry;
    if (entry === 1) return ++this.named;
    return this.named - entry + 2;
  }

  at(column: TextColumn, place: number): number {
    return this.next(column[place]!);
  }
}
