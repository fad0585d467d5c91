// What clients asked for, and what came of it.

import type { Operations as Packed } from "../format";
import { highestYet } from "./search";
import type { TextReader } from "./texts";

export const OK = 0;
export const FAILED = 1;
export const UNKNOWN = 2;

export interface Operations {
  length: number;
  lane: Int16Array;
  op: Int32Array;
  reply: Int32Array;
  call: Float64Array;
  /** When it returned; the end of the run for one that never did. */
  end: Float64Array;
  /** The latest end of this and all called before. */
  latest: Float64Array;
  /** Whether it returned. */
  returned: Uint8Array;
  ending: Uint8Array;
  key: Int32Array;
  /** When it can have taken effect; -1 for none. */
  point: Float64Array;
  /** Which of its client's lines it is drawn on, so that those that overlap stay apart. */
  line: Uint8Array;
  /** How many lines each lane needs. */
  lines: number[];
}

const MOST_LINES = 4;

export function decodeOperations(packed: Packed, lanes: number, end: number, reader: TextReader): Operations {
  const length = packed.lane.length;
  const all: Operations = {
    length,
    lane: Int16Array.from(packed.lane),
    op: new Int32Array(length),
    reply: new Int32Array(length),
    call: new Float64Array(length),
    end: new Float64Array(length),
    latest: new Float64Array(0),
    returned: new Uint8Array(length),
    ending: Uint8Array.from(packed.ending),
    key: Int32Array.from(packed.key),
    point: new Float64Array(length),
    line: new Uint8Array(length),
    lines: new Array<number>(lanes).fill(1),
  };
  let now = 0;
  for (let i = 0; i < length; i++) {
    all.op[i] = reader.at(packed.op, i);
    all.reply[i] = reader.at(packed.reply, i);
    all.call[i] = now += packed.call[i]!;
    const returned = packed.took[i]! >= 0;
    all.returned[i] = returned ? 1 : 0;
    all.end[i] = returned ? now + packed.took[i]! : end;
    all.point[i] = packed.point[i]! >= 0 ? now + packed.point[i]! : -1;
  }
  layOut(all);
  all.latest = highestYet(all.end);
  return all;
}

/** An operation that never returned leaves its line to the next: its client has gone on without it. */
function layOut(all: Operations): void {
  const busy = all.lines.map(() => [0]);
  for (let i = 0; i < all.length; i++) {
    const lines = busy[all.lane[i]!];
    if (lines === undefined) continue;
    let line = lines.findIndex((until) => until <= all.call[i]!);
    if (line < 0) line = lines.length < MOST_LINES ? lines.push(0) - 1 : MOST_LINES - 1;
    lines[line] = all.returned[i] ? all.end[i]! : all.call[i]!;
    all.line[i] = line;
  }
  busy.forEach((lines, lane) => (all.lines[lane] = lines.length));
}
