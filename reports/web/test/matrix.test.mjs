// The page of a comparison with a survival matrix in it; and, whatever it shows, that everybody can read it, that no text
// does harm, and that there may be much of it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Browser, complaints, frames, press } from "./browser.mjs";
import { compared, html, swept } from "./compared-sample.mjs";
import { hostileComparison, hostileMatrix, matrix } from "./matrix-sample.mjs";

let browser;
before(async () => (browser = await Browser.launch()));
after(() => browser.close());

const look = (data, test, options) => browser.look(html(data), test, options);

describe("the matrix", () => {
  const data = matrix();
  const at = (page) => page.evaluate(() => document.activeElement.getAttribute("aria-label"));

  test("every cell has a sign, a word and what is promised", () =>
    look(data, async (page) => {
      const cells = page.locator("#matrix [role=gridcell]");
      assert.equal(await cells.count(), data.rows.length * data.faults.length);
      const names = await cells.evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
      assert.equal(names[0], "raft under crash: live; promised: to stay safe, and to serve again");
      assert.equal(names.filter((name) => name.includes("a promise that is not kept")).length, 1);
      assert.match(await page.textContent("header"), /✗ 1 broken promise.*fast-paxos under duplication/s);
      assert.match(await page.textContent("#cell"), /fast-paxos under duplication.*A promise is not kept.*--seed 17/s);
    }));

  test("arrow keys move through it, and what is chosen is told", () =>
    look(data, async (page) => {
      await page.focus("#matrix [role=gridcell][tabindex='0']");
      await press(page, "Home", "PageUp");
      assert.match(await at(page), /^raft under crash:/);
      await press(page, "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowDown", "ArrowDown");
      assert.match(await at(page), /^fast-paxos under crash:/);
      assert.match(await page.textContent("#cell"), /fast-paxos under crash.*undecided.*100 000 orders/s);
      assert.equal(await page.locator("#matrix [tabindex='0'][role=gridcell]").count(), 1);
      await press(page, "ArrowLeft");
      assert.match(await at(page), /^fast-paxos under crash:/);
      await press(page, "n");
      assert.match(await at(page), /^fast-paxos under duplication:/);
    }));

  test("the pointer tells of a cell without choosing it", () =>
    look(data, async (page) => {
      await page.locator("#matrix [role=gridcell]").first().hover();
      assert.match(await page.textContent("#cell"), /raft under crash/);
      await page.locator("h1").hover();
      assert.match(await page.textContent("#cell"), /fast-paxos under duplication/);
    }));

  test("where all is kept, it says so", () =>
    look(matrix({ kept: true }), async (page) => {
      assert.match(await page.textContent("header"), /✓ Promises kept/);
      assert.equal(await page.locator("#matrix .loud").count(), 1, "only the legend");
    }));
});

const KINDS = { compared, swept, matrix };
for (const [name, make] of Object.entries(KINDS)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing wrong in ${name}, ${colorScheme}`, () =>
      look(make(), async (page) => assert.deepEqual(await complaints(page), []), { colorScheme }));
  }
  test(`${name} fits 700 pixels, and axe finds nothing wrong there`, () =>
    look(
      make(),
      async (page) => {
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 700);
        assert.deepEqual(await complaints(page), []);
      },
      { width: 700 },
    ));
}

for (const [name, make] of Object.entries({ comparison: hostileComparison, matrix: hostileMatrix })) {
  test(`texts can do no harm in a ${name}`, () =>
    look(make(), async (page) => {
      await page.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
      for (const chart of await page.locator("svg[role=slider], [role=gridcell][tabindex='0']").all()) {
        await chart.focus();
        await press(page, "ArrowRight", "Enter");
      }
      const text = await page.evaluate(
        () =>
          document.body.innerText +
          document.title +
          [...document.querySelectorAll("*")].flatMap((one) => [...one.attributes].map(({ value }) => value)).join(""),
      );
      assert.ok(!/[\u202a-\u202e\u2066-\u2069\u0000\u0007\ufeff]/.test(text));
      assert.ok(text.includes("\\u{202e}"));
      assert.ok(text.includes("</script><script>alert(1)</script>"));
      assert.ok(text.includes("1\u202f000\u202f0"));
      assert.equal(await page.locator("main script, main img").count(), 0);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 1280);
    }));
}

test("sixty-four contenders on a thousand seeds are shown", { timeout: 120_000 }, () => {
  const names = Array.from({ length: 64 }, (_, i) => (i === 0 ? "raft" : `raft@nodes-${i}`));
  return look(compared({ names, seeds: 1000, broken: false }), async (page) => {
    const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
    assert.ok(nodes < 8000, `${nodes} elements`);
    await page.getByRole("button", { name: "All 64" }).first().click();
    await frames(page);
    assert.equal(await page.locator("#latency path.line").count(), 64);
    assert.equal(await page.locator("#time path.line").count(), 64);
    await page.check("#differences input");
    await page.selectOption("#seeds select >> nth=0", "40");
    await frames(page);
    assert.equal(await page.locator("#seeds path.dots").count(), 1);
  });
});
