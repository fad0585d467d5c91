// What a comparison report holds: the JSON that `splitbrain compare --format json` prints, which the page carries inside
// itself, deflated and in base64 as the page of a run does (`load.ts`).
//
// `reports::compared` and `reports::matrix` write it. Times are nanoseconds of virtual time, ratios thousandths (of a
// factor, and of measures whose unit is `ratio`), counts plain numbers. A contender is named by its place everywhere.

/** Either of the two. */
export type Data = Compared | Matrix;

/** Contenders on the same seeds, with the same faults, clients and luck. */
export interface Compared {
  schema: "splitbrain.compared/1";
  engine: string;
  /** The scenarios, in the order in which they were named. */
  scenarios: { name: string; title: string }[];
  /** The command that gives the same. */
  reproduce: string;
  /** The first seed, in digits: it may be larger than what a number holds exactly. */
  first: string;
  /** How many there are, from the first on. */
  count: number;
  contenders: Contender[];
  /** Each contender but the first with the first, measure by measure. */
  differences: Difference[];
  /** What each seed measured, of the first `values.seeds` seeds. */
  values: Values;
  /** `[expect.between]`: what was expected of how they stand to each other. */
  expected: Expected[];
  /** How measures grow with what was swept; empty unless a number was. */
  growth: Growth[];
}

export interface Contender {
  /** What it is called here: `raft`, `lease`, `pbft@nodes-7`. */
  name: string;
  scenario: string;
  protocol: string;
  /** Its variant of the scenario; none where there is only one. */
  variant: string | null;
  /** What the variant lays over the scenario, a line each: `raft.reads = "lease"`. */
  laid: string[];
  verdict: "holds" | "broken" | "unknown";
  /** On how many seeds all that was promised held, broke, or stayed undecided. */
  held: number;
  broken: number;
  unknown: number;
  /** Cluster sizes that were drawn. */
  nodes: number[];
  /** How long faults struck, and how long it then had to recover. */
  duration: number;
  settle: number;
  clients: number;
  load: string;
  /** The command that replays a seed, but for the seed in digits at its end. */
  replay: string;
  properties: Property[];
  /** What broke, by seed; a promise or not. At most a hundred. */
  breaches: Breach[];
  /** What the scenario expects of each alone. */
  expected: Expected[];
  fired: { kind: string; times: number; seeds: number }[];
  measures: Measured[];
  rhythm: Rhythm;
}

export interface Property {
  property: string;
  /** Whether the protocol promises it under the faults of this scenario. */
  promised: boolean;
  held: number;
  broken: number;
  /** It broke under faults under which it is not promised. */
  unpromised: number;
  unknown: number;
}

export interface Breach {
  /** In digits. */
  seed: string;
  property: string;
  why: string;
  promised: boolean;
  replay: string;
}

export interface Expected {
  /** `each`, `all`, `between`, `holds` or `breaks`. */
  scope: string;
  /** `messages-per-op: pbft > 4 x raft` */
  text: string;
  /** In words: `24.92 and 4.76`. */
  measured: string;
  /** None where too few seeds were run to judge. */
  met: boolean | null;
}

export type Unit = "count" | "time" | "ratio";

/** All samples of all seeds together. */
export interface Measured {
  name: string;
  unit: Unit;
  samples: number;
  total: number;
  min: number;
  max: number;
  /** The values at `QUANTILES`; empty for what a run has one value of. */
  curve: number[];
}

/** Where `curve` was taken, in thousandths of all samples: from the middle of the first to the last. */
export const QUANTILES = [10, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 980, 990, 995, 998, 999, 1000];

/** What happened when, over all seeds together. The last bin may be only partly in the run. */
export interface Rhythm {
  /** How long a bin is. */
  bin: number;
  /** When the last fault has healed. */
  heal: number;
  /** Successes in each bin, of all seeds together. */
  ok: number[];
  /** How many seeds' runs lasted into each bin. */
  ran: number[];
  /** In how many seeds a fault lasted, or struck, in each bin. */
  struck: number[];
}

export interface Difference {
  /** With the statistic of each seed: `latency.p50`. */
  measure: string;
  unit: Unit;
  /** What the measure is, in words. */
  about: string;
  /** Whether it is among those that are shown first. */
  shown: boolean;
  /** The place of the contender that is compared with the first. */
  with: number;
  /** On how many seeds both have it. */
  pairs: number;
  /** The medians over these seeds, of the first and of the other. */
  medians: [number, number];
  /** How much more the other has, seed by seed: the median, and the ends of its interval of 95 %. */
  more: [number, number, number];
  /** How many times as much, in thousandths, in the same way; none where the first has nothing on some seed. */
  times: [number, number, number] | null;
  /** On how many seeds the other has less, as much, and more. */
  less: number;
  equal: number;
  greater: number;
  /** The seed on which they differ most, in digits. */
  widest: string;
  /** The same in a sentence. */
  words: string;
}

export interface Values {
  /** Of so many seeds, from the first on; fewer than `count` where there are very many. */
  seeds: number;
  measures: {
    measure: string;
    unit: Unit;
    /** By contender, by seed: none where the seed has no such value. */
    of: (number | null)[][];
  }[];
}

/** One measure of contenders that differ in one number. */
export interface Growth {
  /** The key that was swept: `nodes`, `clients.count`. */
  key: string;
  measure: string;
  unit: Unit;
  lines: Line[];
}

export interface Line {
  /** What they have in common: the protocol, or the variant; empty where there is nothing to tell apart. */
  name: string;
  /** By value of the key, smallest first: the place of the contender, and the median over its seeds with its interval. */
  points: { x: number; contender: number; median: number; from: number; to: number }[];
  /** The power of the key with which the measure grows, in thousandths, with the ends of its interval of 95 %; none where it cannot be told. */
  power: [number, number, number] | null;
  /** The protocol's own formula, and what it gives at each point. */
  closed: { formula: string; values: number[] } | null;
  /** The same in a sentence. */
  words: string;
}

/** The survival matrix: every protocol against every class of faults, measured. */
export interface Matrix {
  schema: "splitbrain.matrix/1";
  engine: string;
  reproduce: string;
  first: string;
  /** So many seeds for each cell. */
  count: number;
  /** Classes of faults, in the order in which they are shown. */
  faults: Fault[];
  rows: Row[];
}

/** A class of faults. */
export interface Fault {
  name: string;
  about: string;
}

export interface Row {
  protocol: string;
  /** What it is, in a sentence. */
  about: string;
  /** How many nodes, how many clients, for people. */
  setting: string;
  /** As many as there are classes of faults. */
  cells: Cell[];
}

export interface Cell {
  /**
   * `live`: safe on every seed, and clients were served. `blocked`: safe on every seed, but on most of them nobody was
   * served for more than half of the time of the faults, or on some nobody was again at the end. `unsafe`: something broke
   * that must always hold. `unknown`: a checker's budget ran out. `none`: the protocol was not run so.
   */
  state: "live" | "blocked" | "unsafe" | "unknown" | "none";
  /** Whether the protocol promises to be safe, and to be live again, under it. */
  promises: { safe: boolean; live: boolean };
  /** Whether it keeps what it promises; false is a mistake in the protocol. */
  kept: boolean;
  /** How many seeds were live, blocked, unsafe, undecided. */
  seeds: { live: number; blocked: number; unsafe: number; unknown: number };
  /** For how long clients waited and none was served, at most: the median over seeds; none without clients. */
  unavailable: number | null;
  /** How often faults of the class struck, over all seeds. */
  struck: number;
  /** The first seed that shows the state, where that is not `live`. */
  shown: { seed: string; property: string; why: string; replay: string } | null;
}
