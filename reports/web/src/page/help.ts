// The list of keys.

import { make } from "./dom";

export interface Help {
  element: HTMLDialogElement;
  toggle: () => void;
}

/** Keys that are apart by spaces, and what they do; then what else there is to know. */
export function helpDialog(keys: [string, string][], more: string): Help {
  const list = make("dl", { class: "keys" });
  for (const [names, does] of keys) {
    const each = names.split(" ").map((key) => make("kbd", {}, key));
    list.append(make("div", {}, make("dt", {}, ...each), make("dd", {}, does)));
  }
  const close = make("button", { type: "button" }, "Close");
  const title = make("h2", { id: "help-title" }, "Keys");
  const words = make("p", { class: "quiet" }, more);
  const element = make("dialog", { id: "help", "aria-labelledby": "help-title" }, title, list, words, close);
  close.addEventListener("click", () => element.close());
  return { element, toggle: () => (element.open ? element.close() : element.showModal()) };
}

/** Whether keys go into what has the focus. */
export function isTyped(target: HTMLElement): boolean {
  return target.matches("textarea, select, input:not([type=checkbox])");
}
