// The axis of percentiles: each nine more has as much room, since the slow ones are what one looks for.

import type { Scale } from "./scale";

const HALF = Math.log10(2);
/** How much less room the faster half has than the slower one. */
const FASTER = 0.4;
/** Where the largest value stands: the samples do not tell how many nines it has. */
const MAX = 3.55;
const FIRST = 10;

function reach(thousandths: number): number {
  const share = thousandths / 1000;
  if (share >= 1) return MAX;
  if (share >= 0.5) return -Math.log10(1 - share);
  return HALF + Math.log10(share / 0.5) * FASTER;
}

const FROM = reach(FIRST);

export function nines(): Scale {
  const place = (thousandths: number) => (reach(thousandths) - FROM) / (MAX - FROM);
  const ticks = [10, 100, 500, 750, 900, 950, 990, 995, 999, 1000].map((value) => ({ value, name: percentile(value) }));
  return { place, ticks, isLog: true };
}

/** `p50`, `p99.9`, `max` */
export function percentile(thousandths: number): string {
  return thousandths >= 1000 ? "max" : `p${thousandths / 10}`;
}
