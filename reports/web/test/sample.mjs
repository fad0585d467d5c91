// Makes runs for the page without the simulator: a small made-up cluster with leaders, faults and clients, which gives
// the same run for the same size each time.

import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";

const MS = 1e6;
const CAUSE = { boot: 0, message: 1, request: 2, answer: 3, timer: 4, synced: 5, client: 6, strikes: 7, heals: 8, idle: 9 };
const EFFECT = { send: 0, reply: 1, claim: 2, write: 3, sync: 4, timer: 5, invoke: 6, ask: 7, return: 8 };
const NODES = 5;
const CLIENTS = 4;
const KINDS = ["append", "appended", "request-vote", "vote"];

/** A page's data of about this many steps. */
export function sample({ steps = 3000, seed = 7, broken = true } = {}) {
  return new Cluster(steps, seed, broken).page();
}

/** The built page with this data in it. */
export function html(data) {
  const template = readFileSync(new URL("../run.html", import.meta.url), "utf8");
  const packed = deflateRawSync(Buffer.from(JSON.stringify(data)), { level: 1 }).toString("base64");
  return template.replace("@@RUN@@", packed);
}

/** Packs texts as `format.ts` tells, each once in the order of its first use. */
export class Packer {
  texts = { templates: [], template: [], numbers: [] };
  #templates = new Map();
  #known = new Map();
  #last = [];

  name(text) {
    if (!text) return 0;
    const known = this.#known.get(text);
    if (known !== undefined) return this.#known.size - known + 1;
    this.#known.set(text, this.#known.size);
    this.#add(text);
    return 1;
  }

  #add(text) {
    const numbers = [];
    const template = text.replace(/(?<!\d)(0|[1-9]\d{0,14})(?!\d)/g, (digits) => {
      numbers.push(Number(digits));
      return "\u0001";
    });
    if (!this.#templates.has(template)) {
      this.#templates.set(template, this.texts.templates.push(template) - 1);
      this.#last.push(numbers.map(() => 0));
    }
    const at = this.#templates.get(template);
    this.texts.template.push(at);
    numbers.forEach((number, i) => {
      this.texts.numbers.push(number - this.#last[at][i]);
      this.#last[at][i] = number;
    });
  }
}

class Cluster {
  now = 0;
  queue = [];
  order = 0;
  steps = [];
  lost = [];
  lives = [];
  operations = [];
  epoch = 0;
  leader = -1;
  log = 0;
  value = 0;

  constructor(most, seed, broken) {
    this.most = most;
    this.broken = broken;
    this.random = mulberry(seed);
    this.nodes = Array.from({ length: NODES }, () => ({ up: true, paused: false, log: 0, commit: 0, voted: 0, role: "follower" }));
    this.length = (most / 1150) * 1e9;
    this.faults = [
      { id: "1", kind: "crash", words: "crash n1, which leads", hit: [0], from: this.length * 0.22, until: this.length * 0.36 },
      { id: "2", kind: "loss", words: "lose 15% on every link", hit: [], from: this.length * 0.5, until: this.length * 0.7 },
      { id: "3", kind: "pause", words: "pause n2, which leads", hit: [1], from: this.length * 0.58, until: this.length * 0.66 },
      { id: "4", kind: "clock", words: "n4's clock jumps 40ms", hit: [3], from: this.length * 0.8, until: null },
    ];
    this.run();
  }

  run() {
    for (let node = 0; node < NODES; node++) this.at(0, () => this.boot(node));
    this.at(2 * MS, () => this.elect(0));
    for (let client = 0; client < CLIENTS; client++) this.at((20 + client * 3) * MS, () => this.invoke(client));
    this.faults.forEach((fault, i) => {
      this.at(fault.from, () => this.strike(fault, i));
      if (fault.until !== null) this.at(fault.until, () => this.heal(fault, i));
    });
    while (this.steps.length < this.most && this.queue.length > 0) {
      const event = this.pop();
      this.now = event.at;
      event.act();
    }
  }

  // A heap, so that a hundred thousand steps are made in no time.
  at(at, act) {
    const heap = this.queue;
    heap.push({ at, order: this.order++, act });
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!before(heap[i], heap[parent])) break;
      [heap[i], heap[parent]] = [heap[parent], heap[i]];
      i = parent;
    }
  }

  pop() {
    const heap = this.queue;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length > 0) heap[0] = last;
    for (let i = 0; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      let least = i;
      if (left < heap.length && before(heap[left], heap[least])) least = left;
      if (right < heap.length && before(heap[right], heap[least])) least = right;
      if (least === i) return first;
      [heap[i], heap[least]] = [heap[least], heap[i]];
      i = least;
    }
  }

  step(lane, cause, { by = -1, what = 0, says = "", effects = [], state = "" } = {}) {
    this.steps.push({ at: this.now, lane, cause, by, what, says, effects, state });
    return this.steps.length - 1;
  }

  live(node) {
    const { up, paused, role } = this.nodes[node];
    this.lives.push({ lane: node, at: this.now, is: up ? (paused ? "paused" : "up") : "down", role: up ? role : "follower", epoch: this.epoch });
  }

  show(node) {
    const { log, commit, voted } = this.nodes[node];
    return `epoch ${this.epoch}, voted n${voted + 1}, log ..${log}, commit ${commit}`;
  }

  boot(node) {
    this.nodes[node].up = true;
    this.nodes[node].role = "follower";
    this.live(node);
    this.step(node, CAUSE.boot, { effects: [{ is: EFFECT.timer, says: `Election in ${150 + Math.floor(this.random() * 150)}ms` }], state: this.show(node) });
  }

  delay() {
    return (1 + this.random() * 4) * MS;
  }

  losing() {
    const { from, until } = this.faults[1];
    return this.now >= from && this.now < until && this.random() < 0.15;
  }

  /** Delivers what a step sent, or loses it. */
  deliver(by, to, kind, says, then) {
    const at = this.now + this.delay();
    if (this.losing()) return this.lost.push({ by, to, at: this.now + this.delay() / 2, why: "loss" });
    this.at(at, () => {
      if (!this.nodes[to].up) return this.lost.push({ by, to, at: this.now, why: "crash" });
      then(kind, says, by);
    });
    return 0;
  }

  elect(node) {
    if (!this.nodes[node].up || this.nodes[node].paused) return;
    const epoch = ++this.epoch;
    this.leader = -1;
    this.nodes[node].role = "candidate";
    this.nodes[node].voted = node;
    this.live(node);
    const says = `request-vote: term ${epoch}, last ${this.nodes[node].log}@${epoch - 1}`;
    const by = this.step(node, CAUSE.timer, {
      says: "Election",
      effects: [{ is: EFFECT.write, says: `vote for n${node + 1} in term ${epoch}` }, { is: EFFECT.sync }, { is: EFFECT.send, says }],
      state: this.show(node),
    });
    let votes = 1;
    for (let peer = 0; peer < NODES; peer++) {
      if (peer === node) continue;
      this.deliver(by, peer, 2, says, () => {
        this.nodes[peer].voted = node;
        this.nodes[peer].role = "follower";
        this.live(peer);
        const vote = `vote: term ${epoch}, granted`;
        const got = this.step(peer, CAUSE.message, { by, what: 2, says, effects: [{ is: EFFECT.send, to: node, says: vote }], state: this.show(peer) });
        this.deliver(got, node, 3, vote, () => {
          votes++;
          const wins = votes === 3 && this.epoch === epoch;
          if (wins) {
            this.leader = node;
            this.nodes[node].role = "leader";
            this.live(node);
          }
          this.step(node, CAUSE.message, { by: got, what: 3, says: vote, effects: wins ? [{ is: EFFECT.claim, says: `leads ${epoch}` }] : [], state: wins ? this.show(node) : "" });
          if (wins) this.beat(node, epoch);
        });
      });
    }
    this.at(this.now + 60 * MS, () => {
      if (this.epoch === epoch && this.leader !== node) this.elect(node);
    });
  }

  /** Followers ask to lead once the leader has been silent for a while. */
  miss(node) {
    this.at(this.now + 220 * MS, () => {
      const heir = (node + 1) % NODES;
      if (this.nodes[heir].up && this.leader === node) this.depose(node, heir);
    });
  }

  depose(node, heir) {
    this.elect(heir);
    if (this.nodes[node].up && !this.nodes[node].paused) {
      this.nodes[node].role = "follower";
      this.live(node);
    }
  }

  beat(node, epoch) {
    if (this.epoch !== epoch || !this.nodes[node].up || this.nodes[node].paused) return;
    this.append(node, CAUSE.timer, "Heartbeat", null);
    this.at(this.now + 50 * MS, () => this.beat(node, epoch));
  }

  append(node, cause, causeSays, request) {
    const own = this.nodes[node];
    if (request) own.log = ++this.log;
    const entry = request ? ` ${own.log}@${this.epoch}(${request.op})` : "";
    const says = `append: term ${this.epoch}, after ${own.log} [${entry.trim()}], commit ${own.commit}`;
    const effects = [{ is: EFFECT.send, says }];
    if (request) effects.unshift({ is: EFFECT.write, says: `entry${entry}` }, { is: EFFECT.sync });
    const by = this.step(node, cause, { by: request?.by ?? -1, says: causeSays, effects, state: request ? this.show(node) : "" });
    if (request) this.sync(node, by);
    let acks = 1;
    const { log } = own;
    for (let peer = 0; peer < NODES; peer++) {
      if (peer !== node) this.deliver(by, peer, 0, says, () => this.follow(node, peer, by, says, log, () => ++acks === 3 && request?.done(log)));
    }
  }

  sync(node, by) {
    this.at(this.now + 0.8 * MS, () => this.nodes[node].up && this.step(node, CAUSE.synced, { by }));
  }

  follow(node, peer, by, says, log, ack) {
    const own = this.nodes[peer];
    const grows = log > own.log;
    own.log = Math.max(own.log, log);
    own.commit = Math.max(own.commit, log - 1);
    const answer = `appended: term ${this.epoch}, ..${log}`;
    const effects = [{ is: EFFECT.send, to: node, says: answer }];
    if (grows) effects.unshift({ is: EFFECT.write, says: `entries ..${log}@${this.epoch}` }, { is: EFFECT.sync });
    const got = this.step(peer, CAUSE.message, { by, what: 0, says, effects, state: grows ? this.show(peer) : "" });
    if (grows) this.sync(peer, got);
    this.deliver(got, node, 1, answer, () => {
      const counts = ack();
      const sends = counts ? [counts] : [];
      if (counts) this.nodes[node].commit = Math.max(this.nodes[node].commit, log);
      const place = this.step(node, CAUSE.message, { by: got, what: 1, says: answer, effects: sends.map(({ effect }) => effect), state: counts ? this.show(node) : "" });
      if (counts) counts.then(place);
    });
  }

  invoke(client) {
    const lane = NODES + client;
    const number = this.operations.length;
    const writes = this.random() < 0.6;
    const key = Math.floor(this.random() * 3);
    const op = writes ? `put ${"xyz"[key]} ${++this.value}` : `get ${"xyz"[key]}`;
    const id = `c${client + 1}#${number}`;
    const operation = { lane, op, reply: "", call: this.now, took: -1, ending: 2, key, point: -1 };
    this.operations.push(operation);
    const target = this.leader >= 0 ? this.leader : 0;
    const says = `${id} ${op}`;
    const asked = this.step(lane, CAUSE.client, { effects: [{ is: EFFECT.invoke, says }, { is: EFFECT.ask, to: target, says }] });
    let over = false;
    const end = (ending, reply, by) => {
      if (over) return;
      over = true;
      Object.assign(operation, { ending, reply, took: ending === 2 ? -1 : this.now - operation.call });
      if (ending === 0) operation.point = operation.took * 0.6;
      this.step(lane, by < 0 ? CAUSE.timer : CAUSE.answer, { by, says: by < 0 ? "Patience" : id, effects: [{ is: EFFECT.return, says: `${id} ${["", "fails", "unknown"][ending] || reply}` }] });
      this.at(this.now + (20 + this.random() * 25) * MS, () => this.invoke(client));
    };
    const answer = (node, reply) => ({
      effect: { is: EFFECT.reply, to: lane, says: `${id} Done(${reply})` },
      then: (place) => this.at(this.now + this.delay(), () => end(reply === "no" ? 1 : 0, reply, place)),
    });
    this.at(this.now + this.delay(), () => {
      const node = this.nodes[target];
      if (!node.up || node.paused) return this.lost.push({ by: asked, to: target, at: this.now, why: node.up ? "cut" : "crash" });
      if (this.leader !== target) {
        const no = answer(target, "no");
        return no.then(this.step(target, CAUSE.request, { by: asked, says, effects: [no.effect] }));
      }
      const done = () => answer(target, writes ? "ok" : String(Math.max(0, this.value - 1)));
      this.append(target, CAUSE.request, says, { op, by: asked, done });
      return 0;
    });
    this.at(this.now + 120 * MS, () => end(2, "", -1));
  }

  strike(fault, what) {
    this.step(-1, CAUSE.strikes, { what, says: fault.words });
    const node = this.nodes[fault.hit[0]];
    if (fault.kind === "crash") node.up = false;
    if (fault.kind === "pause") node.paused = true;
    if (fault.kind !== "crash" && fault.kind !== "pause") return;
    this.live(fault.hit[0]);
    this.miss(fault.hit[0]);
  }

  heal(fault, what) {
    this.step(-1, CAUSE.heals, { what, says: fault.words });
    if (fault.kind === "crash") this.boot(0);
    if (fault.kind === "pause") {
      this.nodes[1].paused = false;
      this.nodes[1].role = "follower";
      this.live(1);
    }
  }

  page() {
    const end = Math.ceil(this.now + MS);
    const packer = new Packer();
    const { steps, effects } = packSteps(this.steps, packer);
    const blame = this.broken ? this.blame() : null;
    const operations = packOperations(this.operations, packer);
    const finding = (property, about, verdict, more = {}) => ({ property, about, verdict, promised: true, why: "", at: null, step: null, ...more });
    const broken = blame && finding("linearizable", "reads and writes look as if one copy had done them in order", "broken", { why: blame.sentence, at: blame.at, step: blame.place + 1 });
    return {
      schema: "splitbrain.page/1",
      head: {
        scenario: "raft/lease",
        title: "A leader that trusts its clock answers reads that are no longer true",
        protocol: "raft",
        seed: "4",
        planted: this.broken ? ["lease-without-drift"] : [],
        engine: "0.9.0",
        digest: "8c8c57fe473f",
        verdict: this.broken ? "broken" : "holds",
        heal: Math.round(this.length * 0.8),
        end,
        steps: this.steps.length,
        reproduce: "splitbrain run raft/lease --seed 4 --bug lease-without-drift",
        settings: ["nodes 5", "duration 20s", "[raft]", "election-timeout 150ms..300ms", "heartbeat 50ms"],
      },
      story: this.broken ? STORY : "",
      findings: [
        ...(broken ? [broken] : []),
        finding("election-safety", "no two nodes lead the same term", "holds"),
        finding("log-matching", "logs that agree at an index agree up to it", "holds"),
        finding("recovery", "once all faults have healed, requests are answered again", this.broken ? "unknown" : "holds", this.broken ? { why: "the run ended before that could be told" } : {}),
      ],
      faults: this.faults.map((fault) => ({ ...fault, from: Math.round(fault.from), until: fault.until && Math.round(fault.until) })),
      lanes: [
        ...Array.from({ length: NODES }, (_, i) => ({ name: `n${i + 1}`, is: "node" })),
        ...Array.from({ length: CLIENTS }, (_, i) => ({ name: `c${i + 1}`, is: "client" })),
      ],
      kinds: KINDS,
      texts: packer.texts,
      steps: { ...steps, effects },
      lost: columns(this.lost, ["by", "to", "at", "why"]),
      lives: columns(this.lives, ["lane", "at", "is", "role", "epoch"]),
      operations,
      blame: blame && { key: blame.key, operations: blame.operations, at: blame.at, sentence: blame.sentence },
    };
  }

  /** Two operations that cannot be ordered: a read that another client's write had overtaken. */
  blame() {
    const ended = this.operations.map((operation, i) => ({ ...operation, i })).filter(({ ending }) => ending === 0);
    const read = ended.filter(({ op }) => op.startsWith("get"))[Math.floor(ended.length * 0.16)];
    const write = ended.findLast(({ op, key, call, took }) => op.startsWith("put") && key === read.key && call + took < read.call);
    for (const { i } of [read, write]) this.operations[i].point = -1;
    const at = Math.round(read.call) + Math.round(read.took);
    const place = this.steps.findIndex((step) => Math.round(step.at) >= at && step.lane === read.lane);
    return {
      key: read.key,
      operations: [write.i, read.i],
      at: Math.round(this.steps[place].at),
      place,
      sentence: `c${read.lane - NODES + 1}#${read.i} read ${read.reply}, which c${write.lane - NODES + 1}#${write.i} had overwritten: ${write.op} had ended before ${read.op} began`,
    };
  }
}

function packSteps(list, packer) {
  const steps = { first: 1, words: [0, list.length], at: [], lane: [], cause: [], by: [], what: [], says: [], count: [], state: [] };
  const effects = { is: [], to: [], says: [] };
  let last = 0;
  list.forEach((step, place) => {
    const at = Math.round(step.at);
    steps.at.push(at - last);
    last = at;
    steps.lane.push(step.lane);
    steps.cause.push(step.cause);
    steps.by.push(step.by < 0 ? 0 : place - step.by);
    steps.what.push(step.what);
    steps.says.push(packer.name(step.says));
    steps.count.push(step.effects.length);
    for (const { is, to = -1, says = "" } of step.effects) {
      effects.is.push(is);
      effects.to.push(to + 1);
      effects.says.push(packer.name(says));
    }
    steps.state.push(packer.name(step.state));
  });
  return { steps, effects };
}

function packOperations(list, packer) {
  const all = { lane: [], op: [], reply: [], call: [], took: [], ending: [], key: [], point: [], left: [0, 0] };
  let last = 0;
  for (const { lane, op, reply, call, took, ending, key, point } of list) {
    all.lane.push(lane);
    all.op.push(packer.name(op));
    all.reply.push(packer.name(reply));
    all.call.push(Math.round(call) - last);
    last = Math.round(call);
    all.took.push(took < 0 ? -1 : Math.round(took));
    all.ending.push(ending);
    all.key.push(key);
    all.point.push(point < 0 ? -1 : Math.round(point));
  }
  return all;
}

function columns(list, names) {
  return Object.fromEntries(names.map((name) => [name, list.map((row) => (name === "at" ? Math.round(row.at) : row[name]))]));
}

function before(a, b) {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Numbers from 0 to 1 that are the same each time. */
export function mulberry(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const STORY = `  linearizable  "reads and writes look as if one copy had done them in order"
  How it came about: 9 of 74 steps matter
                n1           n2           c1           c2
   0.400s       ‖            │            │            │      fault 1  pause n1, which leads term 1
   0.600s       ‖            ● asks       │            │      n2 times out: candidate in term 2
   0.604s       ‖            ★ leads 2    │            │      n2 leads term 2
   0.700s       ‖            ★◄─request───┤            │      c1 begins put x 2 (c1#5) and asks n2
   0.702s       ‖            ★───answer──►│            │      n2 answers c1#5: Done(ok)
   0.710s       ★◄─request───╫────────────╫────────────┤      c2 begins get x (c2#3) and asks n1
   0.712s       ★────────────╫────────────╫───answer──►│      n1 answers c2#3: Done(1)
                ● candidate  ★ leader  ╫ passes by  ‖ pause
`;

/** The same run with texts that would do harm if they were taken for markup or shown as they are. */
export function hostile() {
  const evil = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'\`&lt; \u202eevil\u202c \u0000\u0007\ufeff \ud800 {{}}`;
  const data = sample({ steps: 400 });
  const head = data.head;
  for (const name of ["scenario", "title", "protocol", "engine", "digest", "reproduce"]) head[name] = evil;
  head.settings = [evil, "x".repeat(1_000_000)];
  head.planted = [evil];
  data.story = `${evil}\n${"long ".repeat(300_000)}`;
  data.lanes.forEach((lane, i) => (lane.name = i === 0 ? "n".repeat(1_000_000) : evil + i));
  data.kinds = data.kinds.map((kind) => evil + kind);
  data.findings.forEach((finding) => Object.assign(finding, { property: evil, about: evil, why: finding.why && evil + "w".repeat(1_000_000) }));
  data.faults.forEach((fault) => Object.assign(fault, { id: evil, kind: evil, words: evil }));
  data.blame.sentence = evil + "b".repeat(1_000_000);
  data.texts.templates = data.texts.templates.map((template, i) => (i === 1 ? "m".repeat(1_000_000) : evil) + template);
  data.lost.why = data.lost.why.map(() => evil);
  return data;
}
