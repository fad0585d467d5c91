// Makes comparisons for the page without the simulator: made-up contenders whose measures differ by known factors, with
// medians, intervals and sentences worked out as the simulator does. The same arguments give the same comparison.

import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { growthOf } from "./growth-sample.mjs";
import { FACTORS, MAIN, MEASURES } from "./measures-sample.mjs";
import { mulberry } from "./sample.mjs";

const MS = 1e6;
const QUANTILES = [10, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 980, 990, 995, 998, 999, 1000];

/** The built page with this data in it. */
export function html(data) {
  const template = readFileSync(new URL("../compared.html", import.meta.url), "utf8");
  const packed = deflateRawSync(Buffer.from(JSON.stringify(data)), { level: 1 }).toString("base64");
  return template.replace("@@COMPARED@@", packed);
}

/** Contenders of these names on so many seeds; of the first `values` of them each value is in the page. */
export function compared({
  names = ["raft", "pbft"],
  seeds = 100,
  values = seeds,
  first = "0",
  seed = 7,
  broken = true,
  measures = MEASURES,
} = {}) {
  const random = mulberry(seed);
  // What a seed does to all contenders alike.
  const luck = Array.from({ length: seeds }, () => normal(random));
  const contenders = names.map((name, place) => contender(name, place, seeds, first, broken, random));
  const tables = measures.map(([measure, unit, usual, spread]) => ({
    measure,
    unit,
    of: names.map((name, place) => luck.map((all) => value(measure, usual, spread, name, place, all, random))),
  }));
  const differences = names.slice(1).flatMap((name, i) =>
    measures.flatMap(([measure, unit, , , about], n) => {
      const found = difference(tables[n].of[0], tables[n].of[i + 1], first);
      if (found === null) return [];
      const one = { measure, unit, about, shown: n < MAIN, with: i + 1, ...found };
      return [{ ...one, words: sentence(one, names[0], name) }];
    }),
  );
  for (const table of tables) table.of = table.of.map((row) => row.slice(0, values));
  return {
    schema: "splitbrain.compared/1",
    engine: "splitbrain 0.1.0",
    scenarios: [
      {
        name: "consensus/crash-vs-byzantine-price",
        title: "Raft with 3 nodes is cheaper than PBFT with 4, which would survive a liar in place of a crash",
      },
    ],
    reproduce: `splitbrain compare consensus/crash-vs-byzantine-price --seeds ${seeds} --report compared.html`,
    first,
    count: seeds,
    contenders,
    differences,
    values: { seeds: Math.min(values, seeds), measures: tables },
    expected: [
      { scope: "between", text: "messages-per-op: pbft > 4 x raft", measured: "24.92 and 4.76", met: true },
      { scope: "between", text: "bytes-per-op: pbft > 3 x raft", measured: "2130.49 and 407.96", met: true },
      { scope: "between", text: "latency.p99: pbft > raft", measured: "30ms and 509ms", met: false },
      { scope: "between", text: "failover.p50: pbft > raft", measured: "on 4 seeds", met: null },
    ],
    growth: [],
  };
}

function value(measure, usual, spread, name, place, all, random) {
  if (measure === "failover.p50" && random() < 0.6) return null;
  const times = FACTORS[name]?.[measure] ?? (place === 0 ? 1 : 1 + ((place * 7) % 11) * 0.02);
  return Math.round(usual * times * Math.exp(spread * (0.8 * all + 0.35 * normal(random))));
}

function contender(name, place, seeds, first, broken, random) {
  const breaks = broken && place === 1 ? Math.ceil(seeds * 0.03) : 0;
  const beyond = place === 0 ? Math.ceil(seeds * 0.12) : 0;
  const seedAt = (i) => String(BigInt(first) + BigInt(i));
  const breach = (i, property, promised) => ({
    seed: seedAt(i),
    property,
    why: promised
      ? `n${(i % 4) + 1} decided put x ${i} at slot ${40 + i}, and n1 decided put x ${i + 1} there`
      : `c2 read x = ${i} after c1 had been told that x = ${i + 3} was written`,
    promised,
    replay: `splitbrain replay consensus/crash-vs-byzantine-price --protocol ${name} --seed ${seedAt(i)}`,
  });
  return {
    name,
    scenario: "consensus/crash-vs-byzantine-price",
    protocol: name.replace(/@.*/, ""),
    variant: name.includes("@") ? name.replace(/.*@/, "") : null,
    laid: name.includes("@") ? [`nodes = ${name.replace(/.*-/, "")}`] : place === 0 ? ['raft.reads = "log"'] : [],
    verdict: breaks > 0 ? "broken" : place === 2 ? "unknown" : "holds",
    held: seeds - breaks - (place === 2 ? 1 : 0),
    broken: breaks,
    unknown: place === 2 ? 1 : 0,
    nodes: name.includes("@") ? [Number(name.replace(/.*-/, ""))] : [3 + place],
    duration: 10e9,
    settle: 8.3e9,
    clients: 4,
    load: "kv",
    replay: `splitbrain replay consensus/crash-vs-byzantine-price --protocol ${name} --seed `,
    properties: [
      { property: "agreement", promised: true, held: seeds - breaks, broken: breaks, unpromised: 0, unknown: 0 },
      {
        property: "linearizable",
        promised: place !== 0,
        held: seeds - beyond,
        broken: 0,
        unpromised: beyond,
        unknown: place === 2 ? 1 : 0,
      },
      { property: "election-safety", promised: true, held: seeds, broken: 0, unpromised: 0, unknown: 0 },
    ],
    breaches: [
      ...Array.from({ length: breaks }, (_, i) => breach(i * 7 + 4, "agreement", true)),
      ...Array.from({ length: beyond }, (_, i) => breach(i * 5 + 2, "linearizable", false)),
    ],
    expected: [{ scope: "each", text: "ok >= 300", measured: "1 121", met: true }],
    fired: [
      { kind: "crash", times: seeds, seeds },
      { kind: "cut", times: seeds, seeds },
    ],
    measures: spreads(name, place, seeds, random),
    rhythm: rhythm(name, place, seeds, random),
  };
}

/** Percentiles of all samples; of some measures, and the last contender of many has none of one. */
function spreads(name, place, seeds, random) {
  const latency = FACTORS[name]?.["latency.p50"] ?? 1 + place * 0.13;
  const tail = FACTORS[name]?.["latency.p99"] ?? 1 / (1 + place * 0.2);
  const curve = (usual, slow, slowest) =>
    QUANTILES.map((share) => {
      const reach = share >= 1000 ? 3.6 : -Math.log10(1 - share / 1000);
      return Math.round(
        usual *
          (0.55 + 0.62 * reach) *
          (1 + (slow - 1) / (1 + Math.exp(-4 * (reach - 1.75)))) *
          (share >= 1000 ? slowest : 1),
      );
    });
  const one = (measure, unit, samples, values) => ({
    name: measure,
    unit,
    samples,
    total: Math.round(samples * values[6]),
    min: values[0],
    max: values.at(-1),
    curve: values,
  });
  const found = [
    one("latency", "time", seeds * 1121, curve(9.5 * MS * latency, 1 + 18 * tail, 1.4 + random())),
    { name: "ok", unit: "count", samples: seeds, total: seeds * 1121, min: 1002, max: 1190, curve: [] },
    one(
      "rounds",
      "count",
      seeds * 2,
      QUANTILES.map((share) => (share < 300 ? 0 : share < 900 ? 1 : share < 990 ? 2 : 4)),
    ),
  ];
  if (place < 2) found.push(one("failover", "time", 22 * (place + 1), curve(200 * MS * (1 + 3 * place), 2, 1.2)));
  return found;
}

function rhythm(name, place, seeds, random) {
  const bin = 200 * MS;
  const many = 92;
  const down = (i) => (i >= 15 && i < 15 + 6 + place * 2 ? 0.1 + 0.1 * place : i >= 35 && i < 38 ? 0.45 : 1);
  return {
    bin,
    heal: 10e9,
    ok: Array.from({ length: many }, (_, i) =>
      Math.round(
        seeds *
          12.4 *
          (1 - place * 0.07) *
          down(i) *
          (0.95 + 0.1 * random()) *
          (i === 0 ? 0.6 : i === many - 1 ? 0.3 : 1),
      ),
    ),
    ran: Array.from({ length: many }, () => seeds),
    struck: Array.from({ length: many }, (_, i) =>
      i >= 15 && i < 25 ? seeds : i >= 35 && i < 40 ? Math.round(seeds * 0.96) : 0,
    ),
  };
}

/** A difference as the simulator works it out; none where there are fewer than six pairs, or nothing was measured. */
function difference(first, other, start) {
  const pairs = first.flatMap((one, i) =>
    one === null || other[i] === null ? [] : [{ i, one, two: other[i], more: other[i] - one }],
  );
  if (pairs.length < 6 || pairs.every(({ one, two }) => one === 0 && two === 0)) return null;
  const widest = pairs.reduce((most, pair) => (Math.abs(pair.more) > Math.abs(most.more) ? pair : most));
  const times = pairs.some(({ one }) => one === 0)
    ? null
    : between(pairs.map(({ one, two }) => Math.floor((two * 1000) / one)));
  const many = (is) => pairs.filter(is).length;
  return {
    pairs: pairs.length,
    medians: [between(pairs.map(({ one }) => one))[0], between(pairs.map(({ two }) => two))[0]],
    more: between(pairs.map(({ more }) => more)),
    times,
    less: many(({ more }) => more < 0),
    equal: many(({ more }) => more === 0),
    greater: many(({ more }) => more > 0),
    widest: String(BigInt(start) + BigInt(widest.i)),
  };
}

/** The median, and the order statistics around it. */
function between(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const outside = Math.max(0, Math.floor((sorted.length - 1.96 * Math.sqrt(sorted.length)) / 2) - 1);
  return [sorted[Math.floor((sorted.length - 1) / 2)], sorted[outside], sorted[sorted.length - 1 - outside]];
}

function sentence({ unit, medians, more, times, less, greater, pairs }, first, other) {
  const told = (n) => (unit === "time" ? `${(n / MS).toPrecision(3)}ms` : String(unit === "ratio" ? n / 1000 : n));
  const both = `${first} ${told(medians[0])}, ${other} ${told(medians[1])}`;
  if (less + greater === 0) return `${both}: no difference`;
  if (more[1] <= 0 && more[2] >= 0)
    return `${both}: no difference that chance would not make (${told(more[1])} to ${told(more[2])})`;
  const [word, on] = more[0] < 0 ? ["less", less] : ["more", greater];
  const by =
    times !== null && (times[0] >= 2000 || times[0] <= 500) ? `${times[0] / 1000} times as much` : told(more[0]);
  return `${both}: ${by}, ${word} on ${on} of ${pairs} seeds`;
}

function normal(random) {
  return Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
}

/** Five sizes of two protocols, and how measures grow with them. */
export function swept() {
  const names = [3, 5, 7, 9, 15].map((nodes) => `raft@nodes-${nodes}`);
  const data = compared({ names, seeds: 40, broken: false });
  data.scenarios = [{ name: "consensus/cluster-size-cost", title: "What each further node costs" }];
  data.expected = [];
  data.growth = growthOf();
  return data;
}
