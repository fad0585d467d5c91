// The decoding of texts and columns, without a browser.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createServer } from "vite";
import { Packer, sample } from "./sample.mjs";

let server;
const load = (path) => server.ssrLoadModule(`/src/${path}`);
before(async () => {
  const root = new URL("..", import.meta.url).pathname;
  server = await createServer({ root, configFile: false, logLevel: "error", appType: "custom", server: { middlewareMode: true, watch: null, hmr: false, ws: false } });
});
after(() => server.close());

describe("texts", () => {
  test("numbers are told by how much they grow", async () => {
    const { Texts } = await load("run/model/texts.ts");
    const texts = new Texts({ templates: ["put x \u0001", "\u0001@\u0001", "none"], template: [0, 1, 0, 2, 1], numbers: [5, 7, 1, -2, 3, 1] });
    assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map((text) => texts.get(text)), ["", "put x 5", "7@1", "put x 3", "none", "10@2", ""]);
  });

  test("columns name the new, none and the old", async () => {
    const { TextReader } = await load("run/model/texts.ts");
    const reader = new TextReader();
    assert.deepEqual([1, 0, 1, 2, 3, 1, 2, 4, -1, -2].map((entry) => reader.next(entry)), [1, 0, 2, 2, 1, 3, 3, 1, 1, 2]);
  });

  test("what is packed comes back", async () => {
    const { Texts, TextReader } = await load("run/model/texts.ts");
    const said = ["a 1", "a 2", "", "a 1", "b", "a 9007199254740993", "007", "a 2", "1 2 3", "3 2 1", ""];
    const packer = new Packer();
    const column = said.map((text) => packer.name(text));
    const [texts, reader] = [new Texts(packer.texts), new TextReader()];
    assert.deepEqual(column.map((entry) => texts.get(reader.next(entry))), said);
  });
});

describe("a run", () => {
  test("its columns become steps, messages and operations", async () => {
    const { decode } = await load("run/model/run.ts");
    const data = sample();
    const run = decode(data);
    const { steps, messages, operations } = run;
    assert.equal(steps.at.at(-1), data.steps.at.reduce((a, b) => a + b, 0));
    for (let i = 0; i < messages.length; i++) {
      assert.ok(messages.sent[i] <= messages.ended[i]);
      const place = messages.receiver[i];
      if (place >= 0) assert.equal(steps.lane[place], messages.to[i]);
    }
    assert.equal(messages.why.filter((why) => why !== "").length, data.lost.at.length);
    const arrived = run.texts.get(steps.says[messages.receiver.find((place) => place >= 0)]);
    assert.match(arrived, /^[a-z-]+: term 1|^c\d#\d/);
    for (let i = 0; i < operations.length; i++) assert.match(run.texts.get(operations.op[i]), /^(put|get) [xyz]/);
    assert.equal(run.violation.place, data.findings[0].step - 1);
  });

  test("the causal past holds what led to a step and nothing after it", async () => {
    const { decode } = await load("run/model/run.ts");
    const { causalPast } = await load("run/model/past.ts");
    const { steps } = decode(sample());
    const past = causalPast(steps, 500);
    assert.equal(past[500], 1);
    assert.ok(past.slice(501).every((is) => is === 0));
    for (let place = 0; place <= 500; place++) {
      if (past[place] === 0) continue;
      for (const earlier of [steps.by[place], steps.before[place]]) if (earlier >= 0) assert.equal(past[earlier], 1);
    }
    assert.ok(past.includes(0));
  });

  test("a write is synced once a sync that began after it has ended", async () => {
    const { decode } = await load("run/model/run.ts");
    const { diskAt } = await load("run/model/disks.ts");
    const run = decode(sample());
    let unsynced = 0;
    for (const disk of run.disks.slice(0, 5)) {
      for (const place of disk.place) {
        const { written, synced } = diskAt(disk, place);
        assert.ok(synced < written);
        unsynced += written - synced;
      }
    }
    assert.ok(unsynced > 0);
  });

  test("what a node was is found at every moment", async () => {
    const { decode } = await load("run/model/run.ts");
    const { lifeAt } = await load("run/model/lives.ts");
    const data = sample();
    const run = decode(data);
    const crash = data.faults[0];
    assert.equal(lifeAt(run.lives, 0, crash.from - 1).role, "leader");
    assert.equal(lifeAt(run.lives, 0, crash.from + 1).is, "down");
    assert.equal(lifeAt(run.lives, 0, crash.until).is, "up");
    assert.equal(run.lives.leaders[0].lane, 0);
  });
});

describe("words", () => {
  test("times and counts", async () => {
    const { count, exactly, moment, span } = await load("page/words.ts");
    assert.deepEqual([0, 12, 1500, 12_340_000, 1_234_000_000, 3.6e12].map(span), ["0s", "12ns", "1.5µs", "12.3ms", "1.23s", "3\u202f600s"]);
    assert.deepEqual([moment(7_578_123_456), exactly(7_578_123_456)], ["7.578s", "7.578123s"]);
    assert.deepEqual([0, 999, 1000, 1234567].map(count), ["0", "999", "1\u202f000", "1\u202f234\u202f567"]);
  });

  test("what cannot be seen is shown by its number", async () => {
    const { visible, visibleLines, shown } = await load("page/words.ts");
    assert.equal(visible("a\u202eb\u0000\n\u200b\ud800\u{1f600}é"), "a\\u{202e}b\\u{0}\\u{a}\\u{200b}\\u{d800}\u{1f600}é");
    assert.equal(visibleLines("a\nb\r"), "a\nb\\u{d}");
    assert.equal(shown("x".repeat(1_000_000), 5), "xxxxx… (abridged: 1\u202f000\u202f000 characters)");
  });
});

describe("comparisons", () => {
  test("measures, factors and seeds in words", async () => {
    const { factor, percent, placeOf, quantity, replayOf, seedAt, seedRange, signed } = await load("compared/words.ts");
    const ratios = [0, 76, 4760, 24_920, 405_600, 2_150_714];
    assert.deepEqual(ratios.map((value) => quantity("ratio", value)), ["0", "0.076", "4.76", "24.9", "405.6", "2\u202f150.7"]);
    assert.deepEqual([0, 62, 123, 999, 5249, 24_900, 1_234_567].map(factor), ["0.000×", "0.062×", "0.12×", "1.00×", "5.25×", "24.9×", "1\u202f235×"]);
    assert.deepEqual([signed("time", -5.1e6), signed("count", 0), signed("count", 1168)], ["\u22125.1ms", "0", "+1\u202f168"]);
    assert.deepEqual([percent(0, 9), percent(1, 1000), percent(999, 1000), percent(9, 9)], ["0 %", "under 1 %", "99 %", "100 %"]);
    assert.equal(seedAt("18446744073709551000", 615), "18446744073709551615");
    assert.equal(seedRange("5", 1000), "5 to 1\u202f004");
    assert.deepEqual(["1004", "1005", "4", "x"].map((seed) => placeOf("5", seed, 1000)), [999, -1, -1, -1]);
    const replays = ["replay x --seed ", "replay x --seed=", "replay x --seed"].map((replay) => replayOf({ replay }, "7"));
    assert.deepEqual(replays, ["replay x --seed 7", "replay x --seed=7", "replay x --seed 7"]);
  });

  test("axes have round values, and nothing has a place of its own", async () => {
    const { fitting, linear, logarithmic } = await load("compared/chart/scale.ts");
    const names = ({ ticks }) => ticks.map(({ name }) => name);
    assert.deepEqual(names(linear(0, 47, String)), ["0", "10", "20", "30", "40", "50"]);
    assert.deepEqual(names(logarithmic([0, 3, 800], String)), ["0", "3", "10", "30", "100", "300", "1000"]);
    const { place } = logarithmic([0, 3, 800], String);
    assert.equal(place(0), 0);
    assert.ok(place(3) > 0.05 && place(800) < 1);
    for (const values of [[], [0], [0, 0], [7], [5, 5], [1, 1e9], [1e-3, 2e-3]]) {
      const { ticks, place: at } = fitting(values, String);
      assert.ok(ticks.length > 0 && ticks.length < 12, `${values}`);
      for (const value of values) assert.ok(at(value) >= 0 && at(value) <= 1, `${values}`);
    }
  });

  test("names at the ends of lines are a line apart", async () => {
    const { spread } = await load("compared/chart/series.ts");
    assert.deepEqual(spread([50, 51, 52, 200], 0, 200), [50, 65, 80, 200]);
    assert.deepEqual(spread([190, 195, 199], 0, 200), [170, 185, 200]);
  });

  test("the axis of factors has one in the middle and is as wide as medians go", async () => {
    const { factors } = await load("compared/parts/factors.ts");
    const of = (...times) => factors(times.map((one) => ({ times: one })));
    const { place, ticks } = of([5200, 5100, 5300], [62, 60, 63], null);
    assert.equal(place(1000), 0.5);
    assert.equal(place(0), 0);
    assert.ok(Math.abs(place(5000) + place(200) - 1) < 1e-9);
    assert.deepEqual(ticks.map(({ name }) => name), ["0.05×", "0.2×", "1×", "5×", "20×"]);
    assert.ok(of([1000, 1, 1e9]).place(3000) === 1, "one wide interval does not make all others dots");
    assert.ok(of().ticks.length >= 3);
  });
});
