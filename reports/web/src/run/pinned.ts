// The causal past of the pinned step, worked out once for each pin.

import type { Cursor } from "./cursor";
import { causalPast } from "./model/past";

let known: { place: number; past: Uint8Array } | null = null;

/** For each step whether it is in the past of the pinned one; none while no past is asked for. */
export function pinnedPast(cursor: Cursor): Uint8Array | null {
  const { past, pinned } = cursor.view;
  if (!past || pinned < 0) return null;
  if (known?.place !== pinned) known = { place: pinned, past: causalPast(cursor.run.steps, pinned) };
  return known.past;
}
