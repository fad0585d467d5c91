// What a contender's rhythm says: how many successes per second, and on which share of seeds a fault lasted.

import type { Contender } from "../format";
import { count } from "../../page/words";

export interface Row {
  place: number;
  name: string;
  /** How long a bin is, and when all has healed. */
  bin: number;
  heal: number;
  /** Successes per second of one run; a bin into which no run lasted is left out. */
  rates: number[];
  struck: number[];
  ran: number[];
}

export function rowOf({ name, rhythm }: Contender, place: number): Row {
  const { bin, heal, ok, ran, struck } = rhythm;
  // Runs end within the last bin, which makes it look as if they had slowed down.
  const many = ok.length > 1 ? ok.length - 1 : ok.length;
  const rates = [];
  for (let i = 0; i < many && (ran[i] ?? 0) > 0; i++) rates.push(ok[i]! / ran[i]! / (bin / 1e9));
  return { place, name, bin, heal, rates, struck, ran };
}

/** On how many runs a fault lasted in a bin, of how many. */
export function struckIn(rows: Row[], bin: number): [number, number] {
  let [some, all] = [0, 0];
  for (const { struck, ran } of rows) {
    some += struck[bin] ?? 0;
    all += ran[bin] ?? 0;
  }
  return [some, all];
}

export function rateWords(rate: number): string {
  return `${rate >= 100 ? count(rate) : Number(rate.toPrecision(3))}/s`;
}
