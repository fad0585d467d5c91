// The built page of a run in a real browser: what it shows, that its panes move together, and that it asks for nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { Browser, complaints, frames, press } from "./browser.mjs";
import { hostile, html, sample } from "./sample.mjs";

let browser;
before(async () => (browser = await Browser.launch()));
after(() => browser.close());

const look = (...given) => browser.look(...given);
const cursor = (page) => page.evaluate(() => window.splitbrain.cursor());
const shown = (page) => page.evaluate(() => window.splitbrain.window());
const drawing = (page) => page.getAttribute("#diagram canvas", "aria-label");
const atCursor = (page) => page.textContent("#events .row.now .number");
const whereabouts = (page) => page.textContent("#where");
const stateTable = (page) => page.textContent("#state table");

describe("a broken run", () => {
  const data = sample();
  const content = html(data);
  const broken = data.findings[0];
  const number = String(broken.step).replace(/\B(?=(\d{3})+$)/g, "\u202f");

  test("tells what it was and what broke", () =>
    look(content, async (page) => {
      const header = await page.textContent("header");
      for (const part of ["✗ Broken", data.head.title, "raft/lease", data.head.reproduce, "lease-without-drift", broken.why]) {
        assert.ok(header.includes(part), part);
      }
      assert.ok((await page.textContent("#story")).includes("How it came about"));
      assert.ok((await page.textContent("#operations")).includes(data.blame.sentence));
    }));

  test("begins at the violation and shows all of the run", () =>
    look(content, async (page) => {
      assert.equal(await cursor(page), broken.at);
      assert.deepEqual(await shown(page), [0, data.head.end]);
    }));

  test("one key goes to the violation, in all panes", () =>
    look(content, async (page) => {
      for (let i = 0; i < 3; i++) await press(page, "f");
      assert.notEqual(await cursor(page), broken.at);
      await press(page, "v");
      assert.equal(await cursor(page), broken.at);
      const [from, until] = await shown(page);
      assert.ok(from < broken.at && broken.at < until && until - from < data.head.end / 5);
      assert.ok((await drawing(page)).includes(`step ${number}`));
      assert.equal(await atCursor(page), number);
      assert.ok((await page.textContent("#events .details")).includes(`Step ${number}`));
      assert.ok((await stateTable(page)).includes(`${(broken.at / 1e9).toFixed(3)}`));
      assert.ok((await whereabouts(page)).includes(`step ${number}`));
      assert.ok(await page.locator("#events .row.now").isVisible());
    }));

  test("a finding leads to where it was seen", () =>
    look(content, async (page) => {
      await press(page, "f", "f");
      await page.getByRole("button", { name: "Go there" }).click();
      await frames(page);
      assert.equal(await cursor(page), broken.at);
      assert.equal(await atCursor(page), number);
    }));

  test("steps move all panes", () =>
    look(content, async (page) => {
      const views = async () => Promise.all([cursor(page), drawing(page), atCursor(page), stateTable(page), whereabouts(page)]);
      const first = await views();
      await press(page, "Shift+ArrowRight");
      const second = await views();
      first.forEach((view, i) => assert.notEqual(view, second[i]));
      await press(page, "Shift+ArrowLeft");
      assert.deepEqual(await views(), first);
      const lane = await page.textContent("#events .row.now .who");
      await press(page, "]");
      assert.equal(await page.textContent("#events .row.now .who"), lane);
      assert.notEqual(await cursor(page), first[0]);
      await press(page, "[");
      assert.deepEqual(await views(), first);
    }));

  test("goes to faults and leaders, and zooms", () =>
    look(content, async (page) => {
      await page.click("#events .row >> nth=0");
      await press(page, "0", "F", "F", "F", "F", "f");
      assert.equal(await cursor(page), data.faults[1].from);
      await press(page, "l");
      const leads = data.lives.at.filter((at, i) => data.lives.role[i] === "leader" && data.lives.is[i] === "up" && at > data.faults[1].from);
      assert.equal(await cursor(page), leads[0]);
      await press(page, "+");
      const [from, until] = await shown(page);
      assert.ok(Math.abs(until - from - data.head.end / 2) < 2);
      await press(page, "0");
      assert.deepEqual(await shown(page), [0, data.head.end]);
    }));

  test("the wheel zooms at the pointer, and a drag pans", () =>
    look(content, async (page) => {
      await press(page, "v", "0");
      const box = await page.locator("#diagram canvas").boundingBox();
      const [x, y] = [box.x + box.width / 4, box.y + 80];
      await page.waitForTimeout(400);
      await page.mouse.move(x, y);
      await page.mouse.wheel(0, -400);
      await frames(page);
      const [from, until] = await shown(page);
      assert.ok(until - from < data.head.end);
      assert.ok(Math.abs(from + (until - from) / 4 - data.head.end / 4) < data.head.end * 0.02);
      await page.mouse.down();
      await page.mouse.move(x - 100, y, { steps: 3 });
      await page.mouse.up();
      await frames(page);
      assert.ok((await shown(page))[0] > from);
    }));

  test("tells about the message under the pointer, and a click pins it", () =>
    look(content, async (page) => {
      await press(page, "v");
      const box = await page.locator("#diagram canvas").boundingBox();
      let told = "";
      for (let x = 20; x < box.width && !/→/.test(told); x += 5) {
        await page.mouse.move(box.x + x, box.y + 150);
        told = (await page.locator("#tip").isVisible()) ? await page.textContent("#tip") : "";
        if (/→/.test(told)) {
          assert.match(told, /sent .* (arrived|lost)/);
          await page.mouse.click(box.x + x, box.y + 150);
          await frames(page);
        }
      }
      assert.match(told, /→/);
      assert.match(await page.textContent("#events .details"), /Made by step|What it made/);
    }));

  test("search finds, forwards and backwards", () =>
    look(content, async (page) => {
      await press(page, "/");
      assert.equal(await page.evaluate(() => document.activeElement.id), "search");
      await page.keyboard.type("request-vote");
      await page.waitForFunction(() => /match/.test(document.querySelector("#events .bar [role=status]").textContent));
      await frames(page);
      assert.match(await page.textContent("#events .row.now"), /request-vote/);
      const at = await cursor(page);
      await press(page, "Enter");
      const next = await cursor(page);
      assert.notEqual(next, at);
      await press(page, "Shift+Enter");
      assert.equal(await cursor(page), at);
      await press(page, "Escape");
      assert.notEqual(await page.evaluate(() => document.activeElement.id), "search");
    }));

  test("the list keeps to a lane, or to the causal past", () =>
    look(content, async (page) => {
      const whose = () => page.locator("#events .row .who").allTextContents();
      await page.selectOption("#events select", { label: "n2" });
      await frames(page);
      assert.deepEqual([...new Set(await whose())], ["n2"]);
      await page.selectOption("#events select", { label: "all steps" });
      await press(page, "v");
      await page.check("#events input[type=checkbox]");
      await frames(page);
      const size = Number(await page.getAttribute("#events .row >> nth=0", "aria-setsize"));
      assert.ok(size > 10 && size < broken.step);
      assert.equal(await page.getAttribute(".toolbar [aria-pressed]", "aria-pressed"), "true");
      await press(page, "Escape");
      assert.equal(Number(await page.getAttribute("#events .row >> nth=0", "aria-setsize")), data.steps.at.length);
    }));

  test("a node can be hidden", () =>
    look(content, async (page) => {
      const height = async () => (await page.locator("#diagram canvas").boundingBox()).height;
      const whole = await height();
      await page.getByLabel("n3", { exact: true }).uncheck();
      await frames(page);
      assert.ok((await height()) < whole);
      await page.getByLabel("n3", { exact: true }).check();
      await frames(page);
      assert.equal(await height(), whole);
      await page.getByRole("button", { name: "Hide 4 clients" }).click();
      await frames(page);
      assert.ok((await height()) < whole - 100);
    }));

  test("help lists the keys, and both themes are there", () =>
    look(content, async (page) => {
      await press(page, "?");
      assert.match(await page.textContent("#help[open]"), /first thing that broke/);
      await press(page, "Escape");
      assert.equal(await page.locator("#help[open]").count(), 0);
      const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await back();
      await page.getByRole("button", { name: "Light or dark" }).click();
      assert.notEqual(await back(), light);
    }));

  test("the window can be set by the keyboard", () =>
    look(content, async (page) => {
      await page.focus(".handle.left");
      await press(page, "ArrowRight", "ArrowRight");
      assert.ok(Math.abs((await shown(page))[0] - data.head.end / 50) < 10);
      assert.equal(await cursor(page), broken.at);
    }));

  for (const colorScheme of ["light", "dark"]) {
    test(`axe finds nothing wrong in ${colorScheme}`, () =>
      look(content, async (page) => {
        await press(page, "v", "c");
        assert.deepEqual(await complaints(page), []);
      }, { colorScheme }));
  }

  test("fits 800 pixels", () =>
    look(content, async (page) => {
      await press(page, "v");
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 800);
    }, { width: 800 }));
});

test("a run that holds begins at its beginning", () => {
  const data = sample({ broken: false });
  return look(html(data), async (page) => {
    assert.equal(await cursor(page), 0);
    assert.ok((await page.textContent("header")).includes("✓ Holds"));
    await press(page, "v");
    assert.equal(await cursor(page), 0);
  });
});

test("a run without operations, faults or steps is shown too", () => {
  const data = sample({ steps: 50, broken: false });
  const none = Object.fromEntries(Object.keys(data.operations).map((name) => [name, []]));
  Object.assign(data, { faults: [], operations: { ...none, left: [0, 0] }, lost: { by: [], to: [], at: [], why: [] } });
  data.lives = { lane: [], at: [], is: [], role: [], epoch: [] };
  data.texts = { templates: [], template: [], numbers: [] };
  data.steps = { first: 1, words: [0, 0], at: [], lane: [], cause: [], by: [], what: [], says: [], count: [], state: [], effects: { is: [], to: [], says: [] } };
  return look(html(data), async (page) => {
    await press(page, "ArrowRight", "v", "f", "l", "c", "]", "+", "0", "Enter", "Escape");
    assert.match(await page.textContent("header"), /None of the run’s|None of the run's/);
  });
});

test("what was left out is said", () => {
  const data = sample();
  without(data, 2000);
  const many = data.steps.at.length;
  data.head.steps = 1_000_000;
  data.steps.first = 30_001;
  data.findings[0].step += 30_000;
  data.operations.left = [1200, 34];
  return look(html(data), async (page) => {
    const last = String(30_000 + many).replace(/\B(?=(\d{3})+$)/g, "\u202f");
    assert.ok((await page.textContent("header")).includes(`Shown are steps 30\u202f001 to ${last} of 1\u202f000\u202f000;`));
    assert.ok((await page.textContent("header")).includes("Of steps 30\u202f001 to 32\u202f000 the page has all words;"));
    assert.ok((await page.textContent("#operations")).includes("1\u202f200 before the first and 34 after the last"));
    await press(page, "v");
    assert.equal(await cursor(page), data.findings[0].at);
  });
});

/** Leaves out the words of the steps from here on. */
function without(data, from) {
  const { steps } = data;
  steps.words = [0, from];
  const kept = steps.count.slice(0, from).reduce((a, b) => a + b, 0);
  steps.says.fill(0, from);
  steps.state.fill(0, from);
  steps.count.fill(0, from);
  for (const name of ["is", "to", "says"]) steps.effects[name].length = kept;
  // The texts of operations that were first said in those steps cannot be told by what is counted any more.
  data.operations.op.fill(-1);
  data.operations.reply.fill(0);
}

test("a page that holds no run, or a damaged one, says so", async () => {
  for (const content of [html(sample()).replace(/(id="run">).{3000}/, "$1"), readFileSync(new URL("../run.html", import.meta.url), "utf8")]) {
    const page = await browser.show(`${content}<script>window.splitbrain = { ready: true }</script>`);
    await page.waitForSelector("[role=alert]");
    assert.match(await page.textContent("main"), /damaged|holds no run/);
    await page.context().close();
  }
});

test("texts can do no harm", () =>
  look(html(hostile()), async (page) => {
    await press(page, "v", "c", "?", "Escape", "ArrowRight");
    const text = await page.evaluate(() => document.body.innerText);
    assert.ok(!/[\u202a-\u202e\u2066-\u2069\u0000\u0007\ufeff]/.test(text));
    assert.ok(text.includes("\\u{202e}"));
    assert.ok(text.includes("</script><script>alert(1)</script>"));
    assert.ok(text.includes("1\u202f000\u202f"));
    assert.equal(await page.locator("main script, main img").count(), 0);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 1280);
    const lane = page.locator("#events select option >> nth=3");
    assert.ok((await lane.textContent()).length < 60);
  }));

test("a run of a hundred thousand steps is shown", { timeout: 120_000 }, () =>
  look(html(sample({ steps: 100_000 })), async (page) => {
    await press(page, "ArrowRight", "+", "-", "d", "0", "v", "c", "-", "]", "f", "l");
  }));
