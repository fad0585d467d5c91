// What made-up contenders measure.

const MS = 1e6;

/** What is measured: its unit, its value for the first on a usual seed, how much seeds vary, and what it is. */
export const MEASURES = [
  ["latency.p50", "time", 11.4 * MS, 0.12, "from an operation's invocation to its success, at the client"],
  ["latency.p99", "time", 300 * MS, 1.1, "from an operation's invocation to its success, at the client"],
  ["ok", "count", 1121, 0.04, "operations that succeeded"],
  ["messages-per-op", "ratio", 4760, 0.05, "messages between nodes for each success"],
  ["bytes-per-op", "ratio", 405_600, 0.05, "bytes between nodes for each success"],
  ["syncs-per-op", "ratio", 2800, 0.06, "syncs for each success"],
  ["elections", "count", 2, 0.4, "leaders of a higher epoch than any before"],
  ["failover.p50", "time", 226 * MS, 0.4, "from the loss of a leader to the first commit under a new one"],
  [
    "unavailable.p50",
    "time",
    380 * MS,
    0.5,
    "the longest stretch of a run in which clients waited and none was served",
  ],
  [
    "recovery.p50",
    "time",
    14 * MS,
    0.3,
    "from the healing of all faults to the first success of an operation begun after it",
  ],
  ["election-time.p50", "time", 206 * MS, 0.3, "from the loss of a leader to the claim of a new one"],
  ["leaderless", "time", 610 * MS, 0.5, "how long no live node believed that it led"],
  ["campaigns", "count", 3, 0.6, "times that a node stood for election"],
  ["commits", "count", 1160, 0.05, "slots decided"],
  ["retries", "count", 40, 0.7, "times that a client sent a request again"],
  ["refused", "count", 0, 0, "answers that sent a client elsewhere"],
  ["messages", "count", 5400, 0.08, "messages sent between nodes"],
  ["bytes", "count", 455_000, 0.08, "bytes sent between nodes"],
  ["syncs", "count", 3140, 0.08, "syncs that nodes asked for"],
  ["throughput", "ratio", 61_000, 0.05, "successes a second of virtual time"],
];
/** So many of them are shown first. */
export const MAIN = 10;
/** How many times as much as the first the others have, by measure; one where nothing is said. */
export const FACTORS = {
  pbft: {
    "latency.p50": 1.46,
    "latency.p99": 0.09,
    ok: 1.03,
    "messages-per-op": 5.2,
    "bytes-per-op": 5.3,
    "syncs-per-op": 2.6,
    "failover.p50": 4,
    "unavailable.p50": 0.12,
    "recovery.p50": 1.6,
    elections: 0.8,
    messages: 5.4,
    bytes: 5.5,
    syncs: 2.7,
  },
};
