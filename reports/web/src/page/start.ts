// Starts a page: takes the theme, shows what is put together, or says in words why it cannot.

import { followTheme } from "./colours";
import { make } from "./dom";
import { Unreadable } from "./load";

declare global {
  interface Window {
    /** What tests look at. */
    splitbrain?: { ready: true; [name: string]: unknown };
  }
}

/** `show` fills the page and gives what tests may look at. */
export function start(what: string, show: () => Promise<Record<string, unknown>>): void {
  followTheme();
  show().then(
    (looked) => {
      page().setAttribute("aria-busy", "false");
      window.splitbrain = { ...looked, ready: true };
    },
    (error: unknown) => {
      const words = error instanceof Unreadable ? error.message : `This page cannot show its ${what}: ${String(error)}`;
      page().replaceChildren(make("p", { class: "notice", role: "alert" }, words));
      page().setAttribute("aria-busy", "false");
      if (!(error instanceof Unreadable)) throw error;
    },
  );
}

export function page(): HTMLElement {
  return document.getElementById("page")!;
}
