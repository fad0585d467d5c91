// Makes survival matrices, and comparisons with texts that would do harm, for the page.

import { compared, swept } from "./compared-sample.mjs";

const FAULTS = [
  ["crash", "a node stops and comes back with its disk"],
  ["crash of the leader", "whoever leads stops, and comes back with its disk"],
  ["crash that loses the disk", "a node stops and comes back without what it had written"],
  ["pause", "a node stands still and goes on without knowing it"],
  ["cut in half", "the nodes fall into two parts that do not hear each other"],
  ["one-way cut", "a node hears the others and is not heard"],
  ["loss", "messages are lost"],
  ["duplication", "messages arrive twice"],
  ["delay", "messages come late, and in another order"],
  ["clock drift", "clocks run at different speeds"],
  ["lost sync", "a disk says that it has synced and has not"],
  ["corruption", "messages arrive changed"],
  ["one liar", "a node says different things to different others"],
  ["everything at once", "all of these that the protocol promises to survive"],
];
const PROTOCOLS = [
  ["raft", "a leader with a log that most nodes have", "5 nodes, 4 clients"],
  ["multi-paxos", "a leader that numbers what most nodes accept", "5 nodes, 4 clients"],
  ["paxos", "one value, once", "5 nodes, 4 clients"],
  ["fast-paxos", "one value in one round, where nobody else asks", "5 nodes, 4 clients"],
  ["pbft", "agreement although a third may lie", "4 nodes, 4 clients"],
  ["generals", "an order that all loyal follow", "4 nodes, no clients"],
  ["bully", "the highest number leads", "5 nodes, no clients"],
  ["ring", "whoever's number comes round leads", "5 nodes, no clients"],
  ["two-phase-commit", "all or nothing, if the coordinator lives", "4 nodes, 4 clients"],
  ["saga", "steps that are undone one by one", "4 nodes, 4 clients"],
  ["read-one-write-all", "every write on every node", "3 nodes, 4 clients"],
  ["unreplicated", "one node alone", "1 node, 4 clients"],
];

export function matrix({ kept = false } = {}) {
  const cell = (protocol, i, fault, j) => {
    const at = (i * 5 + j * 3) % 17;
    const isNone = (j === 12 && i > 5) || (j === 10 && (i === 5 || i === 6));
    const state = isNone
      ? "none"
      : at < 9
        ? "live"
        : at < 12
          ? "blocked"
          : at < 15
            ? "unsafe"
            : at === 15
              ? "unknown"
              : "live";
    const safe = state !== "unsafe" && j !== 11;
    const breaks = !kept && i === 3 && j === 7;
    const now = breaks ? "unsafe" : state;
    const seeds = {
      live: now === "live" ? 100 : 88,
      blocked: now === "blocked" ? 12 : 0,
      unsafe: now === "unsafe" ? 12 : 0,
      unknown: now === "unknown" ? 12 : 0,
    };
    const replay = `splitbrain replay matrix/${protocol} --fault ${fault.replaceAll(" ", "-")} --seed 17`;
    const why =
      now === "unsafe"
        ? "n3 chose b in round 7, and n1 had chosen a"
        : now === "blocked"
          ? "c2 was not served within 8.3s after all had healed"
          : "the search gave up after 100 000 orders";
    const shown = ["live", "none"].includes(now)
      ? null
      : { seed: "17", property: now === "blocked" ? "recovers" : "agreement", why, replay };
    return {
      state: now,
      promises: { safe: safe || breaks, live: state === "live" && j !== 9 },
      kept: !breaks,
      seeds,
      unavailable: i > 4 && i < 8 ? null : (40 + at * 90) * 1e6,
      struck: isNone ? 0 : 100 + j * 13,
      shown,
    };
  };
  return {
    schema: "splitbrain.matrix/1",
    engine: "splitbrain 0.1.0",
    reproduce: "splitbrain matrix --seeds 0..100 --report matrix.html",
    first: "0",
    count: 100,
    faults: FAULTS.map(([name, about]) => ({ name, about })),
    rows: PROTOCOLS.map(([protocol, about, setting], i) => ({
      protocol,
      about,
      setting,
      cells: FAULTS.map(([fault], j) => cell(protocol, i, fault, j)),
    })),
  };
}

const MARKUP = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'\`&lt;`;
const EVIL = `${MARKUP} \u202eevil\u202c \u0000\u0007\ufeff \ud800 \u05d0\u05d1 {{}}`;

/** All texts of these data, but for those that the page goes by, replaced by texts that would do harm. */
function spoiled(value, key = "", count = { n: 0 }) {
  if (typeof value === "string") {
    if (["schema", "verdict", "unit", "state", "first", "seed", "widest"].includes(key)) return value;
    // A very long text in some places; everywhere the page would be too large to be made.
    const long = count.n++ % 40 === 7 ? "x".repeat(1_000_000) : "";
    return EVIL + long;
  }
  if (Array.isArray(value)) return value.map((entry) => spoiled(entry, key, count));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, spoiled(entry, name, count)]));
}

export function hostileComparison() {
  const data = swept();
  data.contenders[1].breaches = compared().contenders[1].breaches;
  data.contenders[1].properties = compared().contenders[1].properties;
  for (const table of data.values.measures) table.of = table.of.slice(0, 5);
  // Names of measures stay different, and are the same wherever they stand.
  const name = (measure) => `${measure}${EVIL}`;
  const made = spoiled(data);
  made.differences.forEach((one, i) => (one.measure = name(data.differences[i].measure)));
  made.values.measures.forEach((one, i) => (one.measure = name(data.values.measures[i].measure)));
  made.contenders.forEach((one, i) =>
    one.measures.forEach((measured, n) => (measured.name = name(data.contenders[i].measures[n].name))),
  );
  made.contenders[2].name = "n".repeat(1_000_000);
  made.contenders[3].replay = `${EVIL} --seed `;
  return made;
}

export function hostileMatrix() {
  return spoiled(matrix());
}
