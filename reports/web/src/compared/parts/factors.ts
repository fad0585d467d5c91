// The axis of factors on which differences are drawn: one in the middle, and as far to both sides as medians go.

import type { Difference } from "../format";
import { factor } from "../words";

export interface Factors {
  /** From 0 at the left end to 1 at the right end, cut at both. */
  place: (thousandths: number) => number;
  ticks: { at: number; name: string }[];
}

const ROUND = [1.1, 1.2, 1.5, 2, 3, 5, 10, 20, 50, 100, 1000, 10_000, 100_000];
/** An interval may be much wider than the medians differ: no more of it than this is drawn beyond them. */
const BEYOND = 2;

export function factors(differences: Difference[]): Factors {
  let [medians, ends] = [0, 0];
  for (const { times } of differences) {
    if (times === null) continue;
    medians = Math.max(medians, size(times[0]));
    ends = Math.max(ends, size(times[1]), size(times[2]));
  }
  const reach = Math.min(ends, Math.max(medians * 1.2, medians + Math.log10(BEYOND)));
  const last = ROUND.find((value) => Math.log10(value) >= reach) ?? 1e6;
  const half = Math.log10(last) * 1.2;
  const place = (thousandths: number) => {
    const log = thousandths <= 0 ? -half : Math.log10(thousandths / 1000);
    return Math.min(Math.max(0.5 + log / (2 * half), 0), 1);
  };
  const marks = marksUpTo(last);
  const all = [...marks.map((mark) => 1000 / mark).reverse(), 1000, ...marks.map((mark) => 1000 * mark)];
  return { place, ticks: all.map((at) => ({ at: place(at), name: name(at) })) };
}

function size(thousandths: number): number {
  return thousandths <= 0 ? 0 : Math.abs(Math.log10(thousandths / 1000));
}

/** At most two to a side: the outermost, and one about half of the way. */
function marksUpTo(last: number): number[] {
  const half = [1.1, 1.2, 1.5, 2, 3, 5, 10, 30, 100, 300, 1000].filter((mark) => mark <= Math.sqrt(last) * 1.2).at(-1);
  return half === undefined || half >= last ? [last] : [half, last];
}

function name(thousandths: number): string {
  const value = thousandths / 1000;
  if (value >= 1 || value < 0.01) return value >= 1 ? `${Number(value.toPrecision(3))}×` : factor(thousandths);
  return `${Number(value.toPrecision(2))}×`;
}
