// The built page of a comparison in a real browser: what it tells, that its parts move together, and that it asks for
// nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { Browser, frames, press } from "./browser.mjs";
import { compared, html, swept } from "./compared-sample.mjs";

let browser;
before(async () => (browser = await Browser.launch()));
after(() => browser.close());

const look = (data, test, options) => browser.look(html(data), test, options);
const texts = (page, where) => page.locator(where).allTextContents();
const told = (page) => page.getAttribute("#seeds svg.scatter", "aria-valuetext");

describe("two contenders", () => {
  const data = compared();

  test("the verdict, what was compared and the command come first", () =>
    look(data, async (page) => {
      const header = await page.textContent("header");
      for (const part of [
        "✗ Broken",
        data.scenarios[0].title,
        "raft and pbft",
        "0 to 99",
        data.engine,
        data.reproduce,
      ]) {
        assert.ok(header.includes(part), part);
      }
      assert.ok(header.includes("broken by pbft (3 seeds); kept by the other"));
      assert.ok(header.includes("4 of 6 met, 1 missed, 1 not judged"));
      assert.match(await page.title(), /raft, pbft/);
    }));

  test("who kept what, with the commands that replay it", () =>
    look(data, async (page) => {
      const rows = await texts(page, "#kept > .scroll tbody tr");
      assert.match(rows[0], /raft.*✓ holds.*100 of 100 held.*4 clients, kv/s);
      assert.match(rows[1], /pbft.*✗ broken.*97 of 100 held3 broke/s);
      const findings = await texts(page, "#kept .findings > li");
      assert.ok(findings[0].includes(data.contenders[1].breaches[0].replay));
      assert.match(findings[0], /✗ broken.*agreement.*broke on 3 of 100 seeds/);
      assert.match(findings[1], /not promised here.*linearizable.*broke on 12 of 100 seeds/);
      await page.locator("#kept .findings > li summary").first().click();
      await frames(page);
      assert.equal(await page.locator("#kept .findings > li").first().locator("code").count(), 3);
      const wishes = await texts(page, "#kept .wishes tbody tr");
      assert.match(wishes[0], /✗ missed/);
      assert.match(wishes[1], /\? not judged/);
      assert.match(wishes[2], /✓ met/);
    }));

  test("sentences and rows tell what chance would not make", () =>
    look(data, async (page) => {
      const shown = data.differences.filter((one) => one.shown);
      assert.deepEqual(
        await texts(page, "#words dd"),
        shown.map(({ words }) => words),
      );
      assert.equal(await page.locator("#differences tbody tr").count(), shown.length);
      const isNone = ({ more }) => more[1] <= 0 && more[2] >= 0;
      assert.equal(await page.locator("#differences tr.none").count(), shown.filter(isNone).length);
      assert.match(await page.textContent("#differences tr.none"), /no difference/);
      await page.check("#differences input");
      await frames(page);
      assert.equal(await page.locator("#differences tbody tr").count(), data.differences.length);
    }));

  test("a row opens seed by seed, by click and by key", () =>
    look(data, async (page) => {
      await page.locator("#differences tbody tr").nth(2).click();
      await frames(page);
      assert.equal(await page.inputValue("#seeds select >> nth=1"), "ok");
      assert.ok(await page.locator("#seeds svg.scatter").isVisible());
      assert.equal(await page.locator("#differences tr.now").count(), 1);
      await page.locator("#differences .measure").nth(3).focus();
      await press(page, "Enter");
      assert.equal(await page.inputValue("#seeds select >> nth=1"), "messages-per-op");
      assert.ok(await page.evaluate(() => document.activeElement.matches("#seeds svg.scatter")));
      await press(page, "Escape");
      assert.equal(await page.evaluate(() => document.activeElement.textContent), "messages-per-op");
    }));

  test("keys go through the seeds and hold one fast", () =>
    look(data, async (page) => {
      await page.focus("#seeds svg.scatter");
      await press(page, "ArrowRight", "ArrowRight");
      assert.match(await told(page), /^seed 1: raft .*ms, pbft .*ms$/);
      assert.match(await page.textContent("#tip"), /^seed 1raft/);
      await press(page, "Home", "Enter");
      const seed = await page.textContent("#seeds .one-seed");
      for (const { replay } of data.contenders) assert.ok(seed.includes(`${replay}0`), seed);
      assert.equal(await page.locator("#seeds .one-seed button", { hasText: "Copy" }).count(), 2);
      await press(page, "ArrowUp");
      assert.notEqual(await told(page), "seed 0");
      await press(page, "Escape", "w");
      const widest = data.differences[0].widest;
      assert.ok((await page.textContent("#seeds .one-seed h3")).endsWith(widest));
      assert.ok((await page.textContent("#seeds .one-seed")).includes("On no other seed do they differ more."));
    }));

  test("the pointer finds dots, and a click holds one fast", () =>
    look(data, async (page) => {
      await page.locator("#seeds").scrollIntoViewIfNeeded();
      const box = await page.locator("#seeds svg.scatter").boundingBox();
      for (let i = 0; i < 400 && !(await page.locator("#tip").isVisible()); i++) {
        await page.mouse.move(box.x + ((i * 37) % box.width), box.y + ((i * 53) % box.height));
      }
      const found = /^seed (\d+)/.exec(await page.textContent("#tip"))[1];
      await page.mouse.down();
      await page.mouse.up();
      await frames(page);
      assert.ok((await page.textContent("#seeds .one-seed h3")).includes(found));
    }));

  test("percentiles and rates can be read, and lines left out", () =>
    look(data, async (page) => {
      const lines = (where) => page.locator(`${where} path.line`).count();
      assert.deepEqual([await lines("#latency"), await lines("#time")], [2, 2]);
      await page.focus("#latency svg[role=slider]");
      await press(page, "End");
      assert.match(
        await page.getAttribute("#latency svg[role=slider]", "aria-valuetext"),
        /^latency, max, raft .*s, pbft .*s$/,
      );
      await page.focus("#time svg[role=slider]");
      await press(page, "Home", "ArrowRight");
      assert.match(await page.textContent("#tip"), /0\.200s to 0\.400s.*raft.*\/s.*seeds under fault0 %/);
      await page.getByRole("button", { name: "pbft" }).first().click();
      await frames(page);
      assert.deepEqual([await lines("#latency"), await lines("#time")], [1, 1]);
      await page.selectOption("#latency select", { label: "rounds" });
      await frames(page);
      assert.match(await page.textContent("#latency table"), /raft0122444/);
    }));

  test("help lists the keys, and both themes are there", () =>
    look(data, async (page) => {
      await press(page, "?");
      assert.match(await page.textContent("#help[open]"), /differ most/);
      await press(page, "Escape");
      const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await back();
      await page.getByRole("button", { name: "Light or dark" }).click();
      assert.notEqual(await back(), light);
      await page.emulateMedia({ media: "print" });
      await frames(page);
      assert.equal(await back(), light);
    }));
});

describe("five sizes", () => {
  const data = swept();

  test("growth is drawn with its power and its formula", () =>
    look(data, async (page) => {
      const cards = page.locator("#growth .card");
      assert.equal(await cards.count(), 6);
      assert.match(
        await cards.first().textContent(),
        /messages-per-op by nodes.*2\(n − 1\).*grows with the power 1\.20/s,
      );
      assert.equal(await cards.first().locator("path.formula").count(), 2);
      assert.equal(await cards.nth(5).locator("path.line").count(), 0);
      await page.getByRole("button", { name: "Show 2 more measures" }).click();
      await frames(page);
      assert.equal(await cards.count(), 8);
      await cards.first().locator("svg[role=slider]").focus();
      await press(page, "ArrowRight");
      assert.match(await page.textContent("#tip"), /nodes 3raft.*\(.* to .*\)2\(n − 1\)4/);
    }));

  test("each has its own ground over time, and names do not stand on each other", () =>
    look(data, async (page) => {
      assert.equal(await page.locator("#time path.line").count(), 5);
      assert.equal(await page.locator("#time path.struck").count(), 5);
      const tops = await page
        .locator("#latency svg[role=slider] text.name")
        .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
      tops.sort((a, b) => a - b).forEach((top, i) => assert.ok(i === 0 || top - tops[i - 1] > 11, `${tops}`));
    }));

  test("what most have is folded, and unfolds", () =>
    look(data, async (page) => {
      assert.equal(await page.locator("#differences details.fold[open]").count(), 3);
      await page.locator("#differences details.fold > summary").last().click();
      await frames(page);
      assert.equal(await page.locator("#differences table").count(), 4);
    }));
});

describe("what is missing is said", () => {
  test("too few seeds", () => {
    const data = compared({ seeds: 5 });
    return look({ ...data, differences: [] }, async (page) => {
      for (const part of ["#words", "#differences"])
        assert.match(await page.textContent(part), /Too few seeds for a comparison: six are the least/);
      assert.equal(await page.locator("#seeds").count(), 0);
    });
  });

  test("nobody else", () => {
    const data = compared({ names: ["raft"], seeds: 1 });
    return look(data, async (page) => {
      assert.match(await page.textContent("#differences"), /nobody to compare it with/);
      assert.match(await page.textContent("header"), /Seed\s*0/);
    });
  });

  test("values of all seeds, and very large seeds", () => {
    const first = "18446744073709551000";
    const data = compared({ seeds: 100, values: 20, first });
    data.differences[0].widest = "18446744073709551099";
    return look(data, async (page) => {
      assert.match(
        await page.textContent("header"),
        /18\u202f446\u202f744\u202f073\u202f709\u202f551\u202f000 to .*551\u202f099/,
      );
      assert.match(await page.textContent("#seeds"), /Drawn are the first 20 of 100 seeds/);
      assert.match(await page.textContent("#seeds .one-seed"), /which is not among those drawn/);
      assert.ok(
        (await page.textContent("#seeds .one-seed")).includes(`${data.contenders[0].replay}18446744073709551099`),
      );
      await page.focus("#seeds svg.scatter");
      await press(page, "End", "Enter");
      assert.ok(
        (await page.textContent("#seeds .one-seed")).includes(`${data.contenders[1].replay}18446744073709551019`),
      );
    });
  });

  test("no clients, no factor, nothing at all", () => {
    const data = compared();
    for (const one of data.contenders)
      Object.assign(one, {
        clients: 0,
        measures: [],
        fired: [],
        rhythm: { bin: 1, heal: 0, ok: [], ran: [], struck: [] },
      });
    Object.assign(data.differences[0], {
      times: null,
      medians: [0, 0],
      more: [0, 0, 0],
      less: 0,
      equal: 100,
      greater: 0,
    });
    for (const row of data.values.measures[0].of) row.fill(0);
    return look(data, async (page) => {
      for (const part of ["#latency", "#time", "#growth"]) assert.equal(await page.locator(part).count(), 0);
      const row = await page.textContent("#differences tbody tr");
      assert.match(row, /no factor.*equal on every seed/);
      assert.match(await page.textContent("#kept"), /no clients/);
      await page.focus("#seeds svg.scatter");
      await press(page, "ArrowRight");
      assert.match(await told(page), /raft 0s, pbft 0s/);
    });
  });

  test("a contender without clients, and many expectations", () => {
    const data = swept();
    Object.assign(data.contenders[4], { clients: 0, measures: [] });
    for (const one of data.contenders) one.expected = Array.from({ length: 4 }, () => one.expected[0]);
    return look(data, async (page) => {
      assert.equal(await page.locator("#time path.line").count(), 4);
      assert.match(await page.textContent("#time"), /raft@nodes-15 had no clients/);
      assert.match(await page.textContent("#latency"), /raft@nodes-15 had no samples of it/);
      assert.equal(await page.locator("#kept .wishes tbody tr").count(), 10);
      await page.getByText("10 more that are met").click();
      await frames(page);
      assert.equal(await page.locator("#kept .wishes tbody tr").count(), 20);
    });
  });

  test("a page that holds no comparison, or a damaged one, says so", async () => {
    const empty = readFileSync(new URL("../compared.html", import.meta.url), "utf8");
    for (const content of [
      html(compared()).replace(/(id="compared">).{3000}/, "$1"),
      empty,
      html({ schema: "other" }),
    ]) {
      const page = await browser.show(`${content}<script>window.splitbrain = { ready: true }</script>`);
      await page.waitForSelector("[role=alert]");
      assert.match(await page.textContent("main"), /damaged|holds no comparison|another version/);
      await page.context().close();
    }
  });
});
