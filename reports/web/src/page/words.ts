// How times, counts and foreign texts are written.

const THIN = "\u202f";

/** A count with its digits in groups of three. */
export function count(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, THIN);
}

/** `1 step`, `2 steps` */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A length of time with three digits that matter: `1.23s`, `12.3ms`. */
export function span(ns: number): string {
  if (ns === 0) return "0s";
  for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]] as const) {
    if (ns >= size) return shortest(ns / size) + unit;
  }
  return `${Math.round(ns)}ns`;
}

function shortest(value: number): string {
  return value >= 1000 ? count(value) : String(Number(value.toPrecision(3)));
}

/** A moment of the run, to the millisecond: `7.578s`. */
export function moment(ns: number): string {
  return `${(Math.floor(ns / 1e6) / 1e3).toFixed(3)}s`;
}

/** A moment to the microsecond, where neighbours must be told apart: `7.578123s`. */
export function exactly(ns: number): string {
  return `${(Math.floor(ns / 1e3) / 1e6).toFixed(6)}s`;
}

/** A moment on an axis whose marks are `step` apart. */
export function mark(ns: number, step: number): string {
  const digits = Math.max(0, -Math.floor(Math.log10(step / 1e9) + 1e-9));
  return `${(ns / 1e9).toFixed(Math.min(9, digits))}s`;
}

// Characters that cannot be seen, or that change how others are shown, would let a text lie about itself.
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

/** A text with what cannot be seen in it shown by its number: `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(UNSEEN, escape);
}

/** The same for a text of several lines. */
export function visibleLines(text: string): string {
  return text.replace(UNSEEN, (found) => (found === "\n" ? found : escape(found)));
}

function escape(found: string): string {
  return `\\u{${found.codePointAt(0)!.toString(16)}}`;
}

/** A foreign text as it is shown where there is room for `most` characters of it. */
export function shown(text: string, most = 2000): string {
  if (text.length <= most) return visible(text);
  return `${visible(text.slice(0, most))}… (abridged: ${count(text.length)} characters)`;
}

/** A foreign name in a label. */
export function label(text: string, most = 24): string {
  return text.length <= most ? visible(text) : `${visible(text.slice(0, most - 1))}…`;
}
