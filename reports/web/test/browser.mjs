// Opens pages in Chromium, from files and without a network, and keeps what goes wrong in them.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const ARGUMENTS = [
  "--no-sandbox",
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export class Browser {
  static async launch() {
    const made = new Browser();
    made.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGUMENTS });
    made.folder = mkdtempSync(join(tmpdir(), "run-report-"));
    return made;
  }

  async close() {
    await this.browser.close();
    rmSync(this.folder, { recursive: true });
  }

  /** Opens a page by its content. */
  async show(content, options = {}) {
    const file = join(this.folder, `${(this.count = (this.count ?? 0) + 1)}.html`);
    writeFileSync(file, content);
    return this.open(file, options);
  }

  /** Opens a page by its content, lets a test look at it, and holds that nothing went wrong in it. */
  async look(content, test, options) {
    const page = await this.show(content, options);
    try {
      await test(page);
      assert.deepEqual(page.faults, []);
      assert.deepEqual(page.asked, []);
    } finally {
      await page.context().close();
    }
  }

  /** Opens a file. `page.faults` are the errors and `page.asked` what it asked for beside itself. */
  async open(file, { colorScheme = "light", width = 1280, height = 900 } = {}) {
    const context = await this.browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
    await context.setOffline(true);
    const page = await context.newPage();
    page.faults = [];
    page.asked = [];
    page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
    page.on("pageerror", (error) => page.faults.push(error.message));
    page.on("dialog", (dialog) => page.faults.push(`dialog ${dialog.message()}`) && dialog.dismiss());
    const url = pathToFileURL(file).href;
    page.on("request", (request) => request.url() !== url && !request.url().startsWith("data:") && page.asked.push(request.url()));
    await page.addInitScript(watchForReady);
    await page.goto(url);
    await page.waitForFunction(() => window.splitbrain?.ready);
    await frames(page);
    return page;
  }
}

/** Notes when the page is ready, in milliseconds since its load began. */
function watchForReady() {
  let value;
  Object.defineProperty(window, "splitbrain", {
    configurable: true,
    get: () => value,
    set: (given) => {
      window.readyAt = performance.now();
      value = given;
    },
  });
}

/** Waits until all that was changed has been drawn. */
export async function frames(page) {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))));
}

/** Presses a key and waits until that has been drawn. */
export async function press(page, ...keys) {
  for (const key of keys) {
    await page.keyboard.press(key);
    await frames(page);
  }
}

/** What axe finds wrong when all that can be unfolded is. */
export async function complaints(page) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
  await frames(page);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ").slice(0, 400)}`);
}
