// Making elements. Texts go in as text, never as markup.

import { shown } from "./words";

type Child = Node | string | null;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** A foreign text, in a place of its own: its direction changes nothing around it. */
export function foreign(text: string, most = 80): HTMLElement {
  return make("bdi", {}, shown(text, most));
}

export function button(text: string, title: string, press: () => void, key = ""): HTMLButtonElement {
  const made = make("button", { type: "button", title }, text);
  if (key !== "") made.append(make("kbd", {}, key));
  made.addEventListener("click", press);
  return made;
}

/** What may be wider than its place: it scrolls, also by the keyboard. */
export function scrolling(name: string, ...children: Child[]): HTMLElement {
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, ...children);
}

/** Plain words about how something is read, folded away until they are wanted. */
export function howTo(paragraphs: string[]): HTMLElement {
  const reading = make("details", { class: "how" }, make("summary", {}, "How to read this"));
  for (const words of paragraphs) reading.append(make("p", {}, words));
  return reading;
}

/** A part of the page with its heading, and how to read it for those who do not know. */
export function section(id: string, title: string, ...how: string[]): HTMLElement {
  const head = make("div", { class: "head" }, make("h2", { id: `${id}-title` }, title), howTo(how));
  return make("section", { id, "aria-labelledby": `${id}-title` }, head);
}
