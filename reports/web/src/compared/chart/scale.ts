// Scales: where a value lies between the two ends of an axis, and the round values that are written beside it.

export interface Tick {
  value: number;
  name: string;
}

export interface Scale {
  /** From 0 at the beginning of the axis to 1 at its end. */
  place: (value: number) => number;
  ticks: Tick[];
  isLog: boolean;
}

type Name = (value: number) => string;

/** Even steps from one value to another, which are moved to round ones where the axis does not begin at nothing. */
export function linear(from: number, to: number, name: Name, most = 6): Scale {
  const step = roundStep((to - from || Math.abs(to) || 1) / most);
  const low = Math.floor(from / step + 1e-9) * step;
  const high = Math.max(Math.ceil(to / step - 1e-9) * step, low + step);
  return { place: (value) => (value - low) / (high - low), ticks: named(steps(low, high, step), name), isLog: false };
}

/** As `linear`, with the axis ending where the values do. */
export function exact(from: number, to: number, name: Name, most = 6): Scale {
  const end = to > from ? to : from + 1;
  const ticks = steps(Math.ceil(from), end, roundStep((end - from) / most));
  return { place: (value) => (value - from) / (end - from), ticks: named(ticks, name), isLog: false };
}

/** How much of a logarithmic axis is for nothing, which has no logarithm. */
const ZERO = 0.07;

/** Even factors, over so many powers of ten at least. Where values are 0 too, that lies apart, at the beginning. */
export function logarithmic(values: Iterable<number>, name: Name, most = 7, powers = 0.1): Scale {
  const { least, largest, hasZero } = extent(values);
  const span = Math.log10(largest / least);
  const room = Math.max(span * 0.04, (powers - span) / 2, 0.02);
  const [low, high] = [Math.log10(least) - room, Math.log10(largest) + room];
  const start = hasZero ? ZERO : 0;
  const place = (value: number) => {
    if (value <= 0) return 0;
    return start + ((Math.log10(value) - low) / (high - low)) * (1 - start);
  };
  const ticks = named(logTicks(10 ** low, 10 ** high, most), name);
  return { place, ticks: hasZero ? [{ value: 0, name: name(0) }, ...ticks] : ticks, isLog: true };
}

/** A logarithmic scale where values are of different sizes, and an even one where they are not. */
export function fitting(values: number[], name: Name, most = 6): Scale {
  const { least, largest } = extent(values);
  if (largest / least > 12) return logarithmic(values, name, most);
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!(high > low)) return linear(0, (Number.isFinite(high) ? high : 0) || 1, name, most);
  return linear(low < (high - low) * 0.3 ? Math.min(0, low) : low, high, name, most);
}

/** The least and the largest of what is more than nothing. */
function extent(values: Iterable<number>) {
  let [least, largest, hasZero] = [Infinity, 0, false];
  for (const value of values) {
    if (value <= 0) hasZero = true;
    else [least, largest] = [Math.min(least, value), Math.max(largest, value)];
  }
  return largest === 0 ? { least: 1, largest: 10, hasZero } : { least, largest, hasZero };
}

/** Powers of ten, with as many of their multiples as there is room for. */
function logTicks(from: number, to: number, most: number): number[] {
  const [low, high] = [Math.floor(Math.log10(from)), Math.ceil(Math.log10(to))];
  const within = (value: number) => value >= from * 0.999 && value <= to * 1.001;
  const every = Math.max(1, Math.ceil((high - low) / most));
  let found: number[] = [];
  for (const multiples of [[1], [1, 3], [1, 2, 5], [1, 2, 3, 5, 7]]) {
    const more: number[] = [];
    for (let power = low; power <= high; power += every) more.push(...multiples.map((n) => n * 10 ** power));
    if (more.filter(within).length > most) break;
    found = more.filter(within);
    if (found.length >= 4) break;
  }
  if (found.length >= 3) return found;
  const step = roundStep((to - from) / Math.min(most, 5));
  return steps(Math.ceil(from / step) * step, to, step).filter(within);
}

/** A round width that is at least `least`. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= least * 0.999) ?? 10 * power;
}

function steps(from: number, to: number, step: number): number[] {
  const found = [];
  const start = Math.ceil(from / step - 1e-6);
  for (let n = start; n * step <= to + step * 1e-6 && found.length < 50; n++) found.push(n * step);
  return found;
}

/** Those that have a name; where rounded names are the same, only the first of them. */
function named(values: number[], name: Name): Tick[] {
  const ticks = values.map((value) => ({ value, name: name(value) }));
  return ticks.filter(({ name: one }, i) => one !== "" && one !== ticks[i - 1]?.name);
}
