// The steps that the page holds, by their place: 0 is the first that is here, whatever its number in the run.

import { Cause, Effect, type Steps as Packed } from "../format";
import type { TextReader } from "./texts";
import { upperBound } from "./search";

export interface Steps {
  length: number;
  /** The number in the run of the step at place 0. */
  first: number;
  /** The places, from and to before, of those whose words are here. */
  words: [number, number];
  at: Float64Array;
  /** -1 for faults. */
  lane: Int16Array;
  cause: Uint8Array;
  /** The place of the step that made this one's event; -1 for none that is here. */
  by: Int32Array;
  what: Int32Array;
  says: Int32Array;
  state: Int32Array;
  /** Where the effects of each begin; one more entry than there are steps. */
  effects: Int32Array;
  effect: Uint8Array;
  /** A lane; -1 for nobody or all peers. */
  to: Int16Array;
  effectSays: Int32Array;
  /** The places of each lane's steps. */
  ofLane: Int32Array[];
  /** The place of the step before in the same lane; -1 for none. */
  before: Int32Array;
}

export function decodeSteps(packed: Packed, lanes: number, reader: TextReader): Steps {
  const length = packed.at.length;
  const many = packed.effects.is.length;
  const steps: Steps = {
    length,
    first: packed.first,
    words: packed.words ?? [0, length],
    at: new Float64Array(length),
    lane: Int16Array.from(packed.lane),
    cause: Uint8Array.from(packed.cause),
    by: new Int32Array(length),
    what: Int32Array.from(packed.what),
    says: new Int32Array(length),
    state: new Int32Array(length),
    effects: new Int32Array(length + 1),
    effect: Uint8Array.from(packed.effects.is),
    to: Int16Array.from(packed.effects.to, (to) => to - 1),
    effectSays: new Int32Array(many),
    ofLane: [],
    before: new Int32Array(length).fill(-1),
  };
  let now = 0;
  let effect = 0;
  for (let place = 0; place < length; place++) {
    steps.at[place] = now += packed.at[place]!;
    steps.by[place] = packed.by[place]! > 0 && packed.by[place]! <= place ? place - packed.by[place]! : -1;
    steps.says[place] = reader.at(packed.says, place);
    for (const until = effect + packed.count[place]!; effect < until; effect++) {
      steps.effectSays[effect] = reader.at(packed.effects.says, effect);
    }
    steps.effects[place + 1] = effect;
    steps.state[place] = reader.at(packed.state, place);
  }
  linkLanes(steps, lanes);
  return steps;
}

function linkLanes(steps: Steps, lanes: number): void {
  const found: number[][] = Array.from({ length: lanes }, () => []);
  for (let place = 0; place < steps.length; place++) {
    const own = found[steps.lane[place]!];
    if (own === undefined) continue;
    steps.before[place] = own.at(-1) ?? -1;
    own.push(place);
  }
  steps.ofLane = found.map((places) => Int32Array.from(places));
}

/** The last step at or before this moment; -1 for none. */
export function placeAt(steps: Steps, time: number): number {
  return upperBound(steps.at, time) - 1;
}

/** Whether the step was caused by something that another lane sent. */
export function arrives(cause: Cause): boolean {
  return cause === Cause.Message || cause === Cause.Request || cause === Cause.Answer;
}

/** Whether the effect sends something to another lane. */
export function sends(effect: Effect): boolean {
  return effect === Effect.Send || effect === Effect.Ask || effect === Effect.Reply;
}
