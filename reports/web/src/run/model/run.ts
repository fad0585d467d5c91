// A decoded run: everything that the panes read.

import type { Finding, Page } from "../format";
import { decodeDisks, type Disk } from "./disks";
import { decodeLives, type Lives } from "./lives";
import { decodeMessages, type Messages } from "./messages";
import { decodeOperations, type Operations } from "./operations";
import { decodeSteps, placeAt, type Steps } from "./steps";
import { TextReader, Texts } from "./texts";

export interface Run {
  page: Page;
  texts: Texts;
  steps: Steps;
  messages: Messages;
  lives: Lives;
  disks: Disk[];
  operations: Operations;
  blamed: Set<number>;
  nodes: number[];
  clients: number[];
  end: number;
  /** The first that went wrong, and that was promised, if any was. */
  violation: Violation | null;
}

export interface Violation {
  at: number;
  /** The place of its step; -1 if it is not here. */
  place: number;
  what: string;
}

export function decode(page: Page): Run {
  const lanes = page.lanes.length;
  const reader = new TextReader();
  const texts = new Texts(page.texts);
  const steps = decodeSteps(page.steps, lanes, reader);
  const end = Math.max(page.head.end, steps.at.at(-1) ?? 0, 1);
  const operations = decodeOperations(page.operations, lanes, end, reader);
  const which = (is: "node" | "client") => page.lanes.flatMap((lane, i) => (lane.is === is ? [i] : []));
  return {
    page,
    texts,
    steps,
    messages: decodeMessages(steps, page.lost, page.kinds, texts),
    lives: decodeLives(page.lives, lanes, end),
    disks: decodeDisks(steps, lanes),
    operations,
    blamed: new Set(page.blame?.operations ?? []),
    nodes: which("node"),
    clients: which("client"),
    end,
    violation: firstViolation(page, steps),
  };
}

function firstViolation(page: Page, steps: Steps): Violation | null {
  const broken = page.findings.filter((finding) => finding.verdict === "broken" && finding.at !== null);
  broken.sort((a, b) => Number(b.promised) - Number(a.promised) || a.at! - b.at!);
  const first = broken[0];
  if (first !== undefined) return { at: first.at!, place: placeOf(steps, first), what: first.property };
  if (page.blame === null) return null;
  return { at: page.blame.at, place: placeAt(steps, page.blame.at), what: "linearizable" };
}

/** The place of the step at which something was found; -1 if it is not here. */
export function placeOf(steps: Steps, finding: Finding): number {
  if (finding.step === null) return finding.at === null ? -1 : placeAt(steps, finding.at);
  const place = finding.step - steps.first;
  return place >= 0 && place < steps.length ? place : -1;
}
