// Steps, messages and operations in words.

import { Cause, Effect } from "./format";
import type { Run } from "./model/run";
import { count, exactly, label, shown, span } from "../page/words";

const CAUSES: Record<Cause, string> = {
  [Cause.Boot]: "boots",
  [Cause.Message]: "gets",
  [Cause.Request]: "is asked",
  [Cause.Answer]: "is answered",
  [Cause.Timer]: "timer",
  [Cause.Synced]: "disk has synced",
  [Cause.Client]: "acts",
  [Cause.Strikes]: "strikes",
  [Cause.Heals]: "heals",
  [Cause.Idle]: "finds nobody to strike",
};

const EFFECTS: Record<Effect, string> = {
  [Effect.Send]: "sends",
  [Effect.Reply]: "answers",
  [Effect.Claim]: "claims",
  [Effect.Write]: "writes",
  [Effect.Sync]: "begins a sync",
  [Effect.Timer]: "sets timer",
  [Effect.Invoke]: "begins",
  [Effect.Ask]: "asks",
  [Effect.Return]: "ends",
};

export function laneName(run: Run, lane: number): string {
  return label(run.page.lanes[lane]?.name ?? "?");
}

/** Who takes this step: a lane, or a fault by its number. */
export function who(run: Run, place: number): string {
  const lane = run.steps.lane[place]!;
  if (lane >= 0) return laneName(run, lane);
  return `fault ${label(run.page.faults[run.steps.what[place]!]?.id ?? "?")}`;
}

export function stepNumber(run: Run, place: number): string {
  return count(run.steps.first + place);
}

/** `gets vote from n2: term 3, granted` */
export function causeWords(run: Run, place: number, most = 160): string {
  const { steps, texts, page } = run;
  const cause = steps.cause[place]! as Cause;
  const says = shown(texts.get(steps.says[place]!), most);
  const from = steps.by[place]! >= 0 ? ` by ${laneName(run, steps.lane[steps.by[place]!]!)}` : "";
  switch (cause) {
    case Cause.Message:
      return `gets from ${from === "" ? "a step not shown" : from.slice(4)}: ${withKind(kindName(run, steps.what[place]!), says)}`;
    case Cause.Request:
    case Cause.Answer:
      return `${CAUSES[cause]}${from}${says && `: ${says}`}`;
    case Cause.Strikes:
    case Cause.Heals:
    case Cause.Idle:
      return `${CAUSES[cause]}: ${shown(page.faults[steps.what[place]!]?.words ?? texts.get(steps.says[place]!), most)}`;
    default:
      return `${CAUSES[cause]}${says && `: ${says}`}`;
  }
}

/** A message's text, with its kind before it unless it begins with that itself. */
function withKind(kind: string, says: string): string {
  return says === "" || says.startsWith(kind) ? says || kind : `${kind} ${says}`;
}

export function effectWords(run: Run, effect: number, most = 160): string {
  const { steps, texts } = run;
  const is = steps.effect[effect]! as Effect;
  const to = steps.to[effect]! >= 0 ? ` to ${laneName(run, steps.to[effect]!)}` : is === Effect.Send ? " to all" : "";
  const says = shown(texts.get(steps.effectSays[effect]!), most);
  const verb = is === Effect.Ask || is === Effect.Reply ? EFFECTS[is] + to.slice(3) : EFFECTS[is] + to;
  return says === "" ? verb : `${verb}: ${says}`;
}

/** All effects of a step on one line. */
export function effectsLine(run: Run, place: number): string {
  const { steps } = run;
  const found = [];
  const [from, until] = [steps.effects[place]!, steps.effects[place + 1]!];
  for (let effect = from; effect < Math.min(until, from + 6); effect++) found.push(effectWords(run, effect, 90));
  if (until - from > 6) found.push(`and ${until - from - 6} more`);
  return found.join("  ·  ");
}

export function kindName(run: Run, kind: number): string {
  return label(run.messages.kinds[kind] ?? "message", 32);
}

export function stepTip(run: Run, place: number): string[] {
  return [
    `${who(run, place)} ${causeWords(run, place, 120)}`,
    `step ${stepNumber(run, place)}, at ${exactly(run.steps.at[place]!)}`,
    shown(effectsLine(run, place), 200),
  ].filter((line) => line !== "");
}

export function messageTip(run: Run, message: number): string[] {
  const { messages, steps, texts } = run;
  const [sent, ended] = [messages.sent[message]!, messages.ended[message]!];
  const fate = messages.receiver[message]! >= 0 ? "arrived" : `lost (${label(messages.why[message]!)})`;
  const from = laneName(run, steps.lane[messages.sender[message]!]!);
  return [
    `${kindName(run, messages.kind[message]!)}  ${from} → ${laneName(run, messages.to[message]!)}`,
    `sent ${exactly(sent)}, ${fate} ${exactly(ended)}, after ${span(ended - sent)}`,
    shown(texts.get(messages.text[message]!), 200),
  ].filter((line) => line !== "");
}

export function operationTip(run: Run, i: number): string[] {
  const { operations: ops, texts } = run;
  const took = ops.returned[i] ? `took ${span(ops.end[i]! - ops.call[i]!)}` : "never returned";
  return [
    `${laneName(run, ops.lane[i]!)}  ${shown(texts.get(ops.op[i]!), 120)}`,
    `${ENDINGS[ops.ending[i]!]}: ${shown(texts.get(ops.reply[i]!), 120) || "no reply"}`,
    `called ${exactly(ops.call[i]!)}, ${took}`,
    ops.point[i]! >= 0 ? `can have taken effect at ${exactly(ops.point[i]!)}` : "",
    run.blamed.has(i) ? "one of those that cannot be ordered" : "",
  ].filter((line) => line !== "");
}

const ENDINGS = ["ended well", "failed", "not known whether it took effect"];
