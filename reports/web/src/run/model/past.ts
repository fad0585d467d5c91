// The causal past of a step, in Lamport's sense: all that could have had a part in it.

import type { Steps } from "./steps";

/** For each step 1 if it is the given one, or before it in its lane, or made the event of one that is in the past. */
export function causalPast(steps: Steps, place: number): Uint8Array {
  const past = new Uint8Array(steps.length);
  past[place] = 1;
  for (let i = place; i >= 0; i--) {
    if (past[i] === 0) continue;
    if (steps.before[i]! >= 0) past[steps.before[i]!] = 1;
    if (steps.by[i]! >= 0) past[steps.by[i]!] = 1;
  }
  return past;
}
