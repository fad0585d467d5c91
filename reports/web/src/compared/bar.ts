// The bar that stays on top: where the parts of the page are, the theme and the keys.

import { toggleTheme } from "../page/colours";
import { button, make } from "../page/dom";
import { helpDialog, isTyped } from "../page/help";

/** `does` says what other keys do than those of the help. */
export function bar(
  parts: HTMLElement[],
  keys: [string, string][],
  does: Record<string, () => void>,
): { element: HTMLElement; help: HTMLElement } {
  const help = helpDialog(keys, "Everything can be reached with the Tab key; what is chosen has a frame around it.");
  const links = parts.map((part) =>
    make("a", { href: `#${part.id}` }, part.querySelector("h2")!.textContent!.replace(/ and other.*/, "")),
  );
  const nav = make("nav", { "aria-label": "Parts of this page" }, ...links);
  const theme = button("Light or dark", "Switch between light and dark", toggleTheme);
  const row = make("div", { class: "toolbar" }, nav, theme, button("Keys", "What keys do", help.toggle, "?"));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyped(event.target as HTMLElement)) return;
    const isOpen = help.element.open;
    if ("?h".includes(event.key)) help.toggle();
    else if (!isOpen && Object.hasOwn(does, event.key)) does[event.key]!();
    else return;
    event.preventDefault();
  });
  return { element: make("div", { class: "sticky" }, row), help: help.element };
}
