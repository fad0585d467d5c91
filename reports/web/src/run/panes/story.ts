// How a failure came about, as the command prints it.

import { make, section } from "../../page/dom";
import { count, visibleLines } from "../../page/words";

const MOST = 200_000;

export function story(text: string): HTMLElement | null {
  if (text === "") return null;
  const part = section(
    "story",
    "Story",
    "The few steps of the run that led to what broke, from top to bottom, as the command line prints them: a column for each node that had a part in it, and in words what happened.",
  );
  const rest = text.length > MOST ? `\n… (abridged: ${count(text.length)} characters)` : "";
  part.append(make("pre", { tabindex: "0", role: "region", "aria-label": "The story, as text" }, visibleLines(text.slice(0, MOST)) + rest));
  return part;
}
