// What lanes sent each other, in the order of sending: messages, requests of clients and answers to them.

import { Cause, Effect, type Lost } from "../format";
import { arrives, sends, type Steps } from "./steps";
import { highestYet } from "./search";
import type { Texts } from "./texts";

export interface Messages {
  length: number;
  /** The place of the step that sent it. */
  sender: Int32Array;
  /** The place of the step that it caused; -1 for one that was lost. */
  receiver: Int32Array;
  to: Int16Array;
  sent: Float64Array;
  /** When it arrived or was lost. */
  ended: Float64Array;
  /** The latest end of this and all sent before. */
  latest: Float64Array;
  kind: Int16Array;
  text: Int32Array;
  /** Why it was lost; empty for one that arrived. */
  why: string[];
  /** Where the messages of each step begin; one more entry than there are steps. */
  ofStep: Int32Array;
  /** The message that caused each step; -1 for none. */
  cause: Int32Array;
  /** The kinds, requests and answers among them. */
  kinds: string[];
  /** How many there are of each kind. */
  counts: number[];
}

interface Draft {
  sender: number;
  receiver: number;
  to: number;
  ended: number;
  kind: number;
  text: number;
  why: string;
}

export function decodeMessages(steps: Steps, lost: Lost, names: string[], texts: Texts): Messages {
  const kinds = [...names, "request", "answer", "other"];
  const drafts = arrivals(steps, names.length);
  const kindOf = new Map<number, number>();
  for (const { text, kind } of drafts) kindOf.set(text, kind);
  const guess = (text: number) => kindOf.get(text) ?? kindByName(texts.get(text), names) ?? names.length + 2;
  drafts.push(...losses(steps, lost, drafts, guess, names.length));
  return inOrder(steps, drafts, kinds);
}

function arrivals(steps: Steps, kinds: number): Draft[] {
  const found: Draft[] = [];
  for (let place = 0; place < steps.length; place++) {
    const cause = steps.cause[place]!;
    const sender = steps.by[place]!;
    if (sender < 0 || !arrives(cause)) continue;
    const kind = cause === Cause.Message ? steps.what[place]! : cause === Cause.Request ? kinds : kinds + 1;
    found.push({
      sender,
      receiver: place,
      to: steps.lane[place]!,
      ended: steps.at[place]!,
      kind,
      text: steps.says[place]!,
      why: "",
    });
  }
  return found;
}

/** The sender's effect that a lost message must have been: one that nobody got, if there is one. */
function losses(steps: Steps, lost: Lost, arrived: Draft[], kind: (text: number) => number, kinds: number): Draft[] {
  const losers = new Set(lost.by);
  const got = new Set<string>();
  for (const { sender, to, text } of arrived) if (losers.has(sender)) got.add(`${sender} ${to} ${text}`);
  const found: Draft[] = [];
  lost.by.forEach((sender, i) => {
    if (!(sender >= 0 && sender < steps.length)) return;
    const to = lost.to[i]!;
    let best = -1;
    for (let effect = steps.effects[sender]!; effect < steps.effects[sender + 1]!; effect++) {
      if (!sends(steps.effect[effect]!) || (steps.to[effect] !== to && steps.to[effect] !== -1)) continue;
      const missed = !got.has(`${sender} ${to} ${steps.effectSays[effect]}`);
      if (best < 0 || missed) best = effect;
      if (missed) break;
    }
    const text = best < 0 ? 0 : steps.effectSays[best]!;
    if (best >= 0) got.add(`${sender} ${to} ${text}`);
    const is = best < 0 ? Effect.Send : steps.effect[best]!;
    const sort = is === Effect.Ask ? kinds : is === Effect.Reply ? kinds + 1 : kind(text);
    found.push({ sender, receiver: -1, to, ended: lost.at[i]!, kind: sort, text, why: lost.why[i]! });
  });
  return found;
}

function kindByName(text: string, names: string[]): number | undefined {
  const found = names.findIndex((name) => text.startsWith(`${name}:`) || text === name);
  return found < 0 ? undefined : found;
}

function inOrder(steps: Steps, drafts: Draft[], kinds: string[]): Messages {
  const length = drafts.length;
  const ofStep = new Int32Array(steps.length + 1);
  for (const { sender } of drafts) ofStep[sender + 1]!++;
  for (let place = 0; place < steps.length; place++) ofStep[place + 1]! += ofStep[place]!;
  const next = ofStep.slice();
  const all: Messages = {
    length,
    sender: new Int32Array(length),
    receiver: new Int32Array(length),
    to: new Int16Array(length),
    sent: new Float64Array(length),
    ended: new Float64Array(length),
    latest: new Float64Array(0),
    kind: new Int16Array(length),
    text: new Int32Array(length),
    why: new Array<string>(length).fill(""),
    ofStep,
    cause: new Int32Array(steps.length).fill(-1),
    kinds,
    counts: kinds.map(() => 0),
  };
  for (const draft of drafts) {
    const i = next[draft.sender]!++;
    all.sender[i] = draft.sender;
    all.receiver[i] = draft.receiver;
    all.to[i] = draft.to;
    all.sent[i] = steps.at[draft.sender]!;
    all.ended[i] = draft.ended;
    all.kind[i] = Math.min(draft.kind, kinds.length - 1);
    all.text[i] = draft.text;
    all.why[i] = draft.why;
    all.counts[all.kind[i]!]!++;
    if (draft.receiver >= 0) all.cause[draft.receiver] = i;
  }
  all.latest = highestYet(all.ended);
  return all;
}
