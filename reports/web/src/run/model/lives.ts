// What each node was at every moment: up, down or paused; follower, candidate or leader; of which epoch.

import type { Lives as Packed } from "../format";
import { upperBound } from "./search";

export interface Life {
  from: number;
  until: number;
  is: "up" | "down" | "paused";
  role: "follower" | "candidate" | "leader";
  epoch: number;
}

export interface Lives {
  /** Of each lane, in order of time and without gaps from its first. */
  ofLane: Life[][];
  /** When each of them begins. */
  starts: number[][];
  /** When a node became the leader of an epoch. */
  leaders: { at: number; lane: number; epoch: number; until: number }[];
}

export function decodeLives(packed: Packed, lanes: number, end: number): Lives {
  const ofLane: Life[][] = Array.from({ length: lanes }, () => []);
  packed.lane.forEach((lane, i) => {
    const own = ofLane[lane];
    if (own === undefined) return;
    const last = own.at(-1);
    const life = { from: packed.at[i]!, until: end, is: packed.is[i]!, role: packed.role[i]!, epoch: packed.epoch[i]! };
    if (last !== undefined) last.until = life.from;
    own.push(life);
  });
  const starts = ofLane.map((lives) => lives.map((life) => life.from));
  return { ofLane, starts, leaders: leaders(ofLane) };
}

function leaders(ofLane: Life[][]): Lives["leaders"] {
  const found: Lives["leaders"] = [];
  ofLane.forEach((lives, lane) => {
    let reign: Lives["leaders"][number] | null = null;
    for (const life of lives) {
      const leads = life.role === "leader" && life.is !== "down";
      if (leads && reign?.epoch === life.epoch && reign.until === life.from) reign.until = life.until;
      else if (leads) found.push((reign = { at: life.from, lane, epoch: life.epoch, until: life.until }));
      else reign = null;
    }
  });
  return found.sort((a, b) => a.at - b.at || a.lane - b.lane);
}

/** What a lane was at this moment; none before it first was anything. */
export function lifeAt(lives: Lives, lane: number, time: number): Life | null {
  return lives.ofLane[lane]![upperBound(lives.starts[lane]!, time) - 1] ?? null;
}
