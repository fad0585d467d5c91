// What each node has written to its disk, and how much of that a finished sync covers.

import { Cause, Effect } from "../format";
import { upperBound } from "./search";
import type { Steps } from "./steps";

export interface Disk {
  /** The place of the step of each write, and its effect. */
  place: number[];
  effect: number[];
  /** The places at which a sync ended, and how many writes were covered from then on. */
  synced: number[];
  covered: number[];
}

export function decodeDisks(steps: Steps, lanes: number): Disk[] {
  return Array.from({ length: lanes }, (_, lane) => decodeDisk(steps, steps.ofLane[lane]!));
}

function decodeDisk(steps: Steps, places: Int32Array): Disk {
  const disk: Disk = { place: [], effect: [], synced: [], covered: [] };
  for (const place of places) {
    const begun = steps.by[place]!;
    if (steps.cause[place] === Cause.Synced && begun >= 0) {
      const covered = upperBound(disk.effect, lastSync(steps, begun));
      disk.synced.push(place);
      disk.covered.push(Math.max(covered, disk.covered.at(-1) ?? 0));
    }
    for (let effect = steps.effects[place]!; effect < steps.effects[place + 1]!; effect++) {
      if (steps.effect[effect] !== Effect.Write) continue;
      disk.place.push(place);
      disk.effect.push(effect);
    }
  }
  return disk;
}

function lastSync(steps: Steps, place: number): number {
  for (let effect = steps.effects[place + 1]! - 1; effect >= steps.effects[place]!; effect--) {
    if (steps.effect[effect] === Effect.Sync) return effect;
  }
  return steps.effects[place + 1]! - 1;
}

/** How many writes the node had made by this step, and how many of them were synced. */
export function diskAt(disk: Disk, place: number): { written: number; synced: number } {
  const syncs = upperBound(disk.synced, place);
  return { written: upperBound(disk.place, place), synced: disk.covered[syncs - 1] ?? 0 };
}
