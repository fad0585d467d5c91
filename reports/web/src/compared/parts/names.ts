// Names of contenders, each isolated from the text around it.

import type { Contender } from "../format";
import { foreign, make } from "../../page/dom";
import { count } from "../../page/words";

export function names(contenders: Contender[]): HTMLElement[] {
  return contenders.map((one) => foreign(one.name));
}

/** `a, b and c`, and no more of them than there is room for. */
export function inList(things: Node[], most = 8): DocumentFragment {
  const list = document.createDocumentFragment();
  const told = things.length > most ? things.slice(0, most - 1) : things;
  told.forEach((thing, i) => {
    const isLast = i === told.length - 1 && told.length === things.length;
    if (i > 0) list.append(isLast ? " and " : ", ");
    list.append(thing);
  });
  if (told.length < things.length) list.append(` and ${count(things.length - told.length)} more`);
  return list;
}

/** `pbft beside raft` */
export function beside(other: Contender, first: Contender): HTMLElement {
  return make("span", {}, foreign(other.name, 60), " beside ", foreign(first.name, 60));
}

/** What is folded away, and made only when somebody asks for it. */
export function unfolding(summary: (Node | string)[], fill: () => Node[], isOpen = false): HTMLDetailsElement {
  const folded = make("details", { class: "fold" }, make("summary", {}, ...summary));
  let isFilled = false;
  const open = () => {
    if (!isFilled) folded.append(...fill());
    isFilled = true;
  };
  folded.addEventListener("toggle", () => folded.open && open());
  if (isOpen) {
    open();
    folded.open = true;
  }
  return folded;
}
