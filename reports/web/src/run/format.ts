// What a run report holds: the JSON that the page carries inside itself, deflated and in base64 (`load.ts`).
//
// `reports::page` writes it. Times are nanoseconds of virtual time. What there are many of is in columns, arrays of
// the same length, in which neighbours are alike, so that they deflate well.

/** The whole of it. */
export interface Page {
  schema: "splitbrain.page/1";
  head: Head;
  /** How a failure came about, as it is printed; empty where nothing broke. */
  story: string;
  /** What was checked, the worst first. */
  findings: Finding[];
  faults: Fault[];
  /** Who takes steps: the nodes, then the clients. */
  lanes: Lane[];
  /** The kinds of message. */
  kinds: string[];
  texts: Texts;
  steps: Steps;
  lost: Lost;
  lives: Lives;
  operations: Operations;
  /** Why the operations cannot be ordered; none where they can. */
  blame: Blame | null;
}

export interface Head {
  scenario: string;
  title: string;
  protocol: string;
  /** In digits: it may be larger than what a number holds exactly. */
  seed: string;
  /** Planted bugs. */
  planted: string[];
  engine: string;
  digest: string;
  verdict: "holds" | "broken" | "unknown";
  /** When the last fault has healed. */
  heal: number;
  /** When the run ended. */
  end: number;
  /** How many steps the run took; `steps` may have fewer. */
  steps: number;
  /** The command that gives the same run. */
  reproduce: string;
  /** What the run was set to, a line each. */
  settings: string[];
}

export interface Finding {
  property: string;
  /** What the property says. */
  about: string;
  verdict: "holds" | "broken" | "unknown";
  /** Whether it was promised under the faults that struck. */
  promised: boolean;
  /** What is wrong; empty where it holds. */
  why: string;
  /** When that was seen, and at which step of the run. */
  at: number | null;
  step: number | null;
}

export interface Fault {
  /** `3`, or `3.2` for the second strike of a fault that repeats. */
  id: string;
  kind: string;
  /** What it does, in words. */
  words: string;
  /** Lanes that it hits; none for faults of links. */
  hit: number[];
  from: number;
  /** None for what is over at once; the end of the run for what never heals. */
  until: number | null;
}

export interface Lane {
  /** `n1`, `c1` */
  name: string;
  is: "node" | "client";
}

/**
 * Every text once, in the order of its first use. A text is a template in which each U+0001 stands for a number, and a
 * number is told by how much it is more than the one at the same place of the last text of the same template (0 before
 * the first).
 */
export interface Texts {
  templates: string[];
  /** The template of each text. */
  template: number[];
  /** The numbers of all texts, one after another. */
  numbers: number[];
}

/**
 * Where a column names a text, 0 is none, 1 is the first that was not named yet, k + 1 is the one that was first named k
 * texts ago (1: the last), and -1, -2, … are the first of all, the second, …. The order is that of the steps; in each step `says`, its effects, then `state`; and
 * operations after all steps: for each `op`, then `reply`.
 */
export type TextColumn = number[];

/** A stretch of the run without gaps. */
export interface Steps {
  /** The number of the first. */
  first: number;
  /**
   * The places, from and to before, of those that have words. Of the others `says` and `state` are 0, and effects are
   * left out but for Write and Sync.
   */
  words: [number, number];
  /** When, as nanoseconds after the step before; the first after 0. */
  at: number[];
  /** Whose: a lane, or -1 for faults. */
  lane: number[];
  cause: Cause[];
  /** How many steps before this one is the one that made its event; 0 for none, or one that is not here. */
  by: number[];
  /** For a message its kind, for a fault its place among `faults`, else 0. */
  what: number[];
  says: TextColumn;
  /** How many effects it has. */
  count: number[];
  /** Of a node that has changed, what it shows of itself now. */
  state: TextColumn;
  effects: Effects;
}

export const enum Cause {
  Boot,
  Message,
  Request,
  Answer,
  Timer,
  Synced,
  /** A client acts of its own accord. */
  Client,
  Strikes,
  Heals,
  /** A fault found nobody to strike. */
  Idle,
}

/** The effects of all steps, one after another. */
export interface Effects {
  is: Effect[];
  /** To whom: a lane and 1, or 0 for nobody or all peers. */
  to: number[];
  says: TextColumn;
}

export const enum Effect {
  Send,
  Reply,
  Claim,
  Write,
  /** Begins a sync of what was written. */
  Sync,
  Timer,
  Invoke,
  Ask,
  Return,
}

/** Messages that never arrived. */
export interface Lost {
  /** The place in `steps` of the step that sent it. */
  by: number[];
  to: number[];
  /** When it was lost. */
  at: number[];
  /** loss, cut, corrupt, crash */
  why: string[];
}

/** What nodes become, each time that something of it changes, in order of time. */
export interface Lives {
  lane: number[];
  at: number[];
  is: ("up" | "down" | "paused")[];
  role: ("follower" | "candidate" | "leader")[];
  /** Its term, view or ballot. */
  epoch: number[];
}

/** What clients asked for, in the order of asking. */
export interface Operations {
  lane: number[];
  op: TextColumn;
  reply: TextColumn;
  /** When it was asked, as nanoseconds after the one before. */
  call: number[];
  /** How long it took; -1 while nobody knows. */
  took: number[];
  /** 0 for ok, 1 for failed, 2 for not known. */
  ending: number[];
  /** The key that it is judged with. */
  key: number[];
  /** When it can have taken effect in an order that explains all replies, as nanoseconds after `call`; -1 for none. */
  point: number[];
  /** How many were left out before the first and after the last. */
  left: [number, number];
}

export interface Blame {
  key: number;
  /** The fewest operations that cannot be ordered. */
  operations: number[];
  /** When the first reply came that nothing explains. */
  at: number;
  sentence: string;
}
