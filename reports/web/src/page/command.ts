// A command that gives something again, with a button that copies it.

import { button, make } from "./dom";
import { shown } from "./words";

/** `does` says what the command is for, to those who do not see what is around it. */
export function command(text: string, does: string, before = ""): HTMLElement {
  const words = before === "" ? null : make("span", { class: "quiet" }, before);
  return make("p", { class: "reproduce" }, words, make("code", {}, shown(text, 600)), copyButton(text, does));
}

export function copyButton(text: string, does: string): HTMLButtonElement {
  const copy = button("Copy", `Copy the command that ${does}`, async () => {
    copy.textContent = (await copied(text)) ? "Copied" : "Select and copy it by hand";
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  });
  return copy;
}

async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
