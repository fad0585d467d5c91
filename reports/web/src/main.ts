// The page: loads the run, decodes it and puts the panes together.

import "./style.css";
import { Cursor } from "./cursor";
import { helpDialog, listenToKeys } from "./keys";
import { load, Unreadable } from "./load";
import { decode, type Run } from "./model/run";
import { followTheme } from "./page/colours";
import { make } from "./page/dom";
import { mountTip } from "./page/tip";
import { charts } from "./panes/charts";
import { diagram } from "./panes/diagram";
import { events } from "./panes/events";
import { header } from "./panes/header";
import { operations } from "./panes/operations";
import { overview } from "./panes/overview";
import { state } from "./panes/state";
import { story } from "./panes/story";
import { toolbar } from "./panes/toolbar";
import { label } from "./words";

declare global {
  interface Window {
    /** What tests look at: times in nanoseconds. */
    splitbrain?: { cursor(): number; window(): [number, number]; ready: true };
  }
}

followTheme();
start().catch((error: unknown) => {
  const words = error instanceof Unreadable ? error.message : `This page cannot show its run: ${String(error)}`;
  page().replaceChildren(make("p", { class: "notice", role: "alert" }, words));
  page().setAttribute("aria-busy", "false");
  if (!(error instanceof Unreadable)) throw error;
});

async function start(): Promise<void> {
  const run = decode(await load());
  const cursor = new Cursor(run);
  if (run.violation !== null) begin(cursor, run);
  mount(cursor);
  window.splitbrain = {
    cursor: () => cursor.view.time,
    window: () => [cursor.view.from, cursor.view.until],
    ready: true,
  };
}

/** What broke is what people come for. */
function begin(cursor: Cursor, { violation }: Run): void {
  if (violation!.place >= 0) cursor.step(violation!.place);
  else cursor.goTo(violation!.at);
}

function mount(cursor: Cursor): void {
  const { page: run } = cursor.run;
  document.title = `${label(run.head.scenario, 80)}, seed ${label(run.head.seed)}`;
  mountTip();
  const help = helpDialog();
  const sticky = make("div", { class: "sticky" }, toolbar(cursor, help.toggle), overview(cursor));
  const panes = [diagram(cursor), operations(cursor), charts(cursor), state(cursor), events(cursor), story(run.story)];
  page().replaceChildren(header(cursor), sticky, ...panes.filter((pane) => pane !== null), help.element);
  page().setAttribute("aria-busy", "false");
  listenToKeys(cursor, help.toggle);
}

function page(): HTMLElement {
  return document.getElementById("page")!;
}
