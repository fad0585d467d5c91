// Makes the pictures of the documents: `npm run pictures`, or `npm run pictures -- path/to/splitbrain`.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Browser, press } from "./test/browser.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const splitbrain = resolve(process.argv[2] ?? join(root, "target/release/splitbrain"));
const folder = mkdtempSync(join(tmpdir(), "splitbrain-pictures-"));
const pictures = join(root, "docs/pictures");

/** Runs a scenario and gives the path of its page. */
function report(name, ...scenario) {
  const page = join(folder, `${name}.html`);
  const run = spawnSync(splitbrain, ["run", ...scenario, "--quiet", "--failures", folder, "--report", page], { stdio: "pipe" });
  if (run.error) throw run.error;
  if (run.status > 1) throw new Error(run.stderr.toString());
  return page;
}

/** Compares and gives the path of the page. */
function comparison(name, ...what) {
  const page = join(folder, `${name}.html`);
  const run = spawnSync(splitbrain, ["compare", ...what, "--quiet", "--output", page], { stdio: "pipe" });
  if (run.error) throw run.error;
  if (run.status > 1) throw new Error(run.stderr.toString());
  return page;
}

/** Takes a picture of a page after these keys. */
async function picture(browser, name, page, options, ...keys) {
  const shown = await browser.open(page, options);
  await press(shown, ...keys);
  await shown.screenshot({ path: join(pictures, `${name}.png`) });
  await shown.context().close();
}

mkdirSync(pictures, { recursive: true });
const browser = await Browser.launch();
try {
  const broken = report("broken", "raft/soak", "--seeds", "20", "--bug", "vote-not-persisted");
  await picture(browser, "broken", broken, { width: 1280, height: 1100 }, "v");
  const held = report("held", "raft/minority-leader", "--seed", "3");
  await picture(browser, "held-dark", held, { width: 1280, height: 1100, colorScheme: "dark" });
  const prices = comparison("prices", "consensus/crash-vs-byzantine-price");
  await picture(browser, "compared", prices, { width: 1280, height: 1400 });
  const matrix = comparison("matrix", "--matrix", "--seeds", "20");
  await picture(browser, "matrix", matrix, { width: 1640, height: 1300 });
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
