// The page of a run: loads it, decodes it and puts the panes together.

import "../page/style.css";
import "./style.css";
import { Cursor } from "./cursor";
import type { Page } from "./format";
import { listenToKeys, runHelp } from "./keys";
import { decode, type Run } from "./model/run";
import { charts } from "./panes/charts";
import { diagram } from "./panes/diagram";
import { events } from "./panes/events";
import { header } from "./panes/header";
import { operations } from "./panes/operations";
import { overview } from "./panes/overview";
import { state } from "./panes/state";
import { story } from "./panes/story";
import { toolbar } from "./panes/toolbar";
import { make } from "../page/dom";
import { load } from "../page/load";
import { page, start } from "../page/start";
import { mountTip } from "../page/tip";
import { label } from "../page/words";

start("run", async () => {
  const run = decode(await load<Page>("run", "run", ["splitbrain.page/1"]));
  const cursor = new Cursor(run);
  if (run.violation !== null) begin(cursor, run);
  mount(cursor);
  // Times in nanoseconds.
  return { cursor: () => cursor.view.time, window: () => [cursor.view.from, cursor.view.until] };
});

/** What broke is what people come for. */
function begin(cursor: Cursor, { violation }: Run): void {
  if (violation!.place >= 0) cursor.step(violation!.place);
  else cursor.goTo(violation!.at);
}

function mount(cursor: Cursor): void {
  const { page: run } = cursor.run;
  document.title = `${label(run.head.scenario, 80)}, seed ${label(run.head.seed)}`;
  mountTip();
  const help = runHelp();
  const sticky = make("div", { class: "sticky" }, toolbar(cursor, help.toggle), overview(cursor));
  const panes = [diagram(cursor), operations(cursor), charts(cursor), state(cursor), events(cursor), story(run.story)];
  page().replaceChildren(header(cursor), sticky, ...panes.filter((pane) => pane !== null), help.element);
  listenToKeys(cursor, help.toggle);
}
