// Opens every report in the folder SPLITBRAIN_REPORTS: pages of runs and of comparisons, told apart by what they carry.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Browser, complaints, press } from "./browser.mjs";

let browser;
before(async () => (browser = await Browser.launch()));
after(() => browser.close());

const folder = process.env.SPLITBRAIN_REPORTS;
for (const name of folder ? readdirSync(folder).filter((file) => file.endsWith(".html")) : []) {
  const content = readFileSync(join(folder, name), "utf8");
  const check = content.includes('id="compared">') ? compared : content.includes('id="run">') ? run : null;
  if (check === null) continue;
  test(`the report ${name} works`, async () => {
    const page = await browser.open(join(folder, name));
    await check(page);
    assert.deepEqual(page.faults, []);
    assert.deepEqual(page.asked, []);
    await page.context().close();
  });
}

async function run(page) {
  const cursor = () => page.evaluate(() => window.splitbrain.cursor());
  await press(page, "ArrowRight", "f", "l", "+", "0");
  if ((await page.locator("header .verdict.broken").count()) === 0) return;
  const start = await cursor();
  await press(page, "v");
  const [from, until] = await page.evaluate(() => window.splitbrain.window());
  const at = await cursor();
  assert.ok(from <= at && at <= until, `${start} ${at}`);
  const most = await page.getAttribute(".handle >> nth=0", "aria-valuemax");
  assert.ok(until - from <= Number(most) * 1e6 + 1e6);
}

async function compared(page) {
  assert.equal(await page.locator("header .verdict").count(), 1);
  assert.equal(await page.locator("[role=alert]").count(), 0);
  if (await page.locator("#matrix").count()) {
    await page.focus("#matrix [role=gridcell][tabindex='0']");
    await press(page, "ArrowRight", "ArrowDown");
    assert.notEqual(await page.textContent("#cell"), "");
  } else if (await page.locator("#differences tbody button").count()) {
    await page.locator("#differences tbody button").first().click();
    assert.ok(await page.locator("#seeds svg").isVisible());
  }
  assert.deepEqual(await complaints(page), []);
}
