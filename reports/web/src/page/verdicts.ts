// Verdicts as they are shown: a sign and a word, so that colour is never the only sign.

import { make } from "./dom";

export type Verdict = "holds" | "broken" | "unknown";

const WORDS: Record<Verdict, [sign: string, word: string]> = {
  holds: ["✓", "Holds"],
  broken: ["✗", "Broken"],
  unknown: ["?", "Undecided"],
};

/** Undecided, where a page says something that this one does not know. */
function known(verdict: Verdict): Verdict {
  return Object.hasOwn(WORDS, verdict) ? verdict : "unknown";
}

/** The verdict over a whole page, in its usual word or in another. */
export function verdictBadge(verdict: Verdict, sentence: string, other?: string): HTMLElement {
  const [sign, word] = WORDS[known(verdict)];
  const mark = make("span", { "aria-hidden": "true" }, sign);
  return make("p", { class: `verdict ${known(verdict)}`, title: sentence }, mark, ` ${other ?? word}`);
}

/** The verdict over one thing among others. */
export function verdictSign(verdict: Verdict): HTMLElement {
  const [sign, word] = WORDS[known(verdict)];
  return make(
    "span",
    { class: `sign ${known(verdict)}` },
    make("span", { "aria-hidden": "true" }, sign),
    ` ${word.toLowerCase()}`,
  );
}
