// What may come of a protocol under a class of faults, in signs and words.

import type { Cell } from "../format";

interface State {
  sign: string;
  word: string;
  about: string;
}

export const STATES: Record<Cell["state"], State> = {
  live: { sign: "✓", word: "live", about: "safe on every seed; clients were served while faults lasted, and again at the end" },
  blocked: {
    sign: "▮",
    word: "blocked",
    about: "safe on every seed, but for more than half of the time of the faults nobody was served, or nobody was again",
  },
  unsafe: { sign: "✗", word: "unsafe", about: "a safety property broke on some seed" },
  unknown: { sign: "?", word: "undecided", about: "a check ran out of its budget, and nothing was seen to break" },
  none: { sign: "–", word: "n/a", about: "the faults make no sense here: no disk to lose, or nobody who may lie" },
};

export function stateOf({ state }: Cell): State {
  return Object.hasOwn(STATES, state) ? STATES[state] : STATES.unknown;
}

export type Promised = "both" | "safe" | "live" | "nothing";

export function promisedOf({ promises }: Cell): Promised {
  if (promises.safe && promises.live) return "both";
  return promises.safe ? "safe" : promises.live ? "live" : "nothing";
}

export const PROMISES: Record<Promised, string> = {
  both: "to stay safe, and to serve again",
  safe: "to stay safe, not to serve again",
  live: "to serve again, not to stay safe",
  nothing: "nothing",
};
