// Measures, factors and seeds in words.

import type { Contender, Difference, Unit } from "./format";
import { count, span } from "../page/words";

const MINUS = "\u2212";

/** A value of a measure, with its unit. */
export function quantity(unit: Unit, value: number): string {
  if (unit === "time") return value < 0 ? MINUS + span(-value) : span(value);
  return unit === "ratio" ? plain(value / 1000) : count(value);
}

/** The name of a mark on an axis; none for a part of what is counted in wholes. */
export function markName(unit: Unit): (value: number) => string {
  return (value) => (unit === "count" && Math.abs(value - Math.round(value)) > 1e-6 ? "" : quantity(unit, value));
}

/** How much more, with its sign. */
export function signed(unit: Unit, value: number): string {
  if (value === 0) return quantity(unit, 0);
  return (value < 0 ? MINUS : "+") + quantity(unit, Math.abs(value));
}

/** A number with three digits that matter, or to one place where it has more. */
function plain(value: number): string {
  if (value === 0) return "0";
  const digits = value < 100 ? Number(value.toPrecision(3)) : Math.round(value * 10) / 10;
  const [whole, part] = String(digits).split(".");
  return part === undefined || /e/.test(part) ? short(digits) : `${count(Number(whole))}.${part}`;
}

function short(value: number): string {
  return Number.isInteger(value) ? count(value) : String(value);
}

/** How many times as much, told in thousandths: `5.25×`. */
export function factor(thousandths: number): string {
  const value = thousandths / 1000;
  if (value >= 100) return `${count(value)}×`;
  if (value >= 10) return `${value.toFixed(1)}×`;
  return `${value < 0.1 ? value.toFixed(3) : value.toFixed(2)}×`;
}

/** Whether no difference at all lies outside of the interval. */
export function differs({ more }: Difference): boolean {
  return more[1] > 0 || more[2] < 0;
}

/** The seed at a place after the first: it may be larger than what a number holds exactly. */
export function seedAt(first: string, place: number): string {
  return /^\d{1,20}$/.test(first) ? String(BigInt(first) + BigInt(place)) : `${first} + ${place}`;
}

/** The place of a seed after the first; -1 where it has none. */
export function placeOf(first: string, seed: string, seeds: number): number {
  if (!/^\d{1,20}$/.test(first) || !/^\d{1,20}$/.test(seed)) return -1;
  const place = BigInt(seed) - BigInt(first);
  return place >= 0n && place < BigInt(seeds) ? Number(place) : -1;
}

/** The digits of a seed, in groups of three. */
export function seedWords(seed: string): string {
  return /^\d{1,20}$/.test(seed) ? seed.replace(/\B(?=(\d{3})+$)/g, "\u202f") : seed;
}

/** `0 to 99`, or the only one. */
export function seedRange(first: string, many: number): string {
  return many <= 1 ? seedWords(first) : `${seedWords(first)} to ${seedWords(seedAt(first, many - 1))}`;
}

export function replayOf(contender: Contender, seed: string): string {
  return /[\s=]$/.test(contender.replay) ? contender.replay + seed : `${contender.replay} ${seed}`;
}

/** A share of something in whole percents, where nothing is none and all is all. */
export function percent(some: number, all: number): string {
  if (all === 0 || some === 0) return "0 %";
  const share = Math.round((some / all) * 100);
  if (some < all && share === 100) return "99 %";
  return share === 0 ? "under 1 %" : `${share} %`;
}
