// How made-up measures grow with the number of nodes.

const NODES = [3, 5, 7, 9, 15];

export function growthOf() {
  const line = (name, power, at, formula) => {
    const points = NODES.map((x, contender) => {
      const median = Math.round(at * x ** power * (1 + 0.06 * Math.sin(x * 7)));
      return { x, contender, median, from: Math.round(median * 0.93), to: Math.round(median * 1.08) };
    });
    const closed =
      formula === null
        ? null
        : { formula, values: NODES.map((n) => (formula.includes("n²") ? 2 * n * (n - 1) : 2 * (n - 1)) * 1000) };
    const [told, from, to] = [power, power - 0.05, power + 0.06].map((value) => value.toFixed(2));
    const words = `grows with the power ${told} of nodes (${from} to ${to})`;
    return { name, points, power: [power * 1000, power * 1000 - 50, power * 1000 + 60], closed, words };
  };
  const measure = (name, unit, ...lines) => ({ key: "nodes", measure: name, unit, lines });
  return [
    measure("messages-per-op", "ratio", line("raft", 1.2, 1500, "2(n − 1)"), line("pbft", 2.05, 1900, "2n² − 2n")),
    measure("latency.p50", "time", line("raft", 0.08, 9.8e6, null), line("pbft", 0.22, 13e6, null)),
    measure("bytes-per-op", "ratio", line("", 1.05, 120_000, null)),
    measure("syncs-per-op", "ratio", line("", 0.98, 900, null)),
    measure("failover.p50", "time", line("raft", 0.02, 226e6, null)),
    measure("elections", "count", {
      ...line("", 0.4, 1, null),
      power: null,
      words: "no power can be told",
      points: [{ x: 3, contender: 0, median: 2, from: 2, to: 2 }],
    }),
    measure("campaigns", "count", {
      ...line("", 0.4, 2, null),
      points: NODES.map((x, contender) => ({ x, contender, median: contender, from: 0, to: 2 * contender })),
    }),
    measure("ok", "count", line("", -0.03, 1200, null)),
  ];
}
