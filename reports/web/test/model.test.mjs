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
