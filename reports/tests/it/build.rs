//! Traces and summaries by hand.

use sim_core::fault::FaultKind;
use sim_core::summary::{
    Breach, Expectation, FiredSummary, MeasureSummary, PropertyTally, Summary, Tally,
};
use sim_core::trace::{Trace, TraceCause, TraceEffect, TraceLost, TraceStep};
use sim_core::{Fact, NodeId, Span, Time};

pub const N1: NodeId = NodeId(0);
pub const N2: NodeId = NodeId(1);
pub const N3: NodeId = NodeId(2);
pub const C1: NodeId = NodeId::client(0);
pub const C2: NodeId = NodeId::client(1);

/// A trace that grows step by step; messages are numbered as a world numbers its events.
#[derive(Default)]
pub struct Story {
    pub trace: Trace,
    made: u64,
}

pub fn ms(ms: u64) -> Time {
    Time(ms * 1_000_000)
}

/// A message to one node.
pub fn send(to: NodeId, kind: &'static str, text: &str) -> TraceEffect {
    TraceEffect::Send { to: Some(to), kind, text: text.into() }
}

pub fn claim(fact: Fact) -> TraceEffect {
    TraceEffect::Claim { fact }
}

impl Story {
    /// One step; gives the number of the first event that it makes.
    pub fn step(
        &mut self,
        at: Time,
        node: NodeId,
        event: u64,
        cause: TraceCause,
        effects: Vec<TraceEffect>,
    ) -> u64 {
        let next_event = self.made + 1;
        let makes = |effect: &TraceEffect| match effect {
            TraceEffect::Send { to: None, .. } => 2,
            TraceEffect::Send { .. } | TraceEffect::Ask { .. } | TraceEffect::Reply { .. } => 1,
            _ => 0,
        };
        self.made += effects.iter().map(makes).sum::<u64>();
        let number = self.trace.steps.len() as u64 + 1;
        let node = Some(node);
        self.trace.steps.push(TraceStep {
            at,
            number,
            event,
            next_event,
            node,
            cause,
            effects,
            state: None,
        });
        next_event
    }

    pub fn timer(&mut self, at: Time, node: NodeId, effects: Vec<TraceEffect>) -> u64 {
        self.step(at, node, 0, TraceCause::Timer { text: "Election".into() }, effects)
    }

    pub fn boot(&mut self, at: Time, node: NodeId) {
        self.step(at, node, 0, TraceCause::Boot, vec![claim(Fact::Follows { epoch: 3 })]);
    }

    /// A message arrives that was sent as this event.
    pub fn gets(
        &mut self,
        at: Time,
        node: NodeId,
        (event, from, kind, text): (u64, NodeId, &'static str, &str),
        effects: Vec<TraceEffect>,
    ) -> u64 {
        let cause = TraceCause::Message { from, kind, text: text.into() };
        self.step(at, node, event, cause, effects)
    }

    pub fn fault(
        &mut self,
        at: Time,
        (id, kind, phase): (&str, FaultKind, &'static str),
        hit: &[NodeId],
        text: &str,
    ) {
        let number = self.trace.steps.len() as u64 + 1;
        let cause = TraceCause::Fault {
            id: id.into(),
            kind: kind.name(),
            phase,
            hit: hit.to_vec(),
            text: text.into(),
        };
        let next_event = self.made + 1;
        let (node, effects) = (None, Vec::new());
        self.trace.steps.push(TraceStep {
            at,
            number,
            event: 0,
            next_event,
            node,
            cause,
            effects,
            state: None,
        });
    }

    /// `rounds` heartbeats of a leader to a follower, a millisecond apart, and their acknowledgements.
    pub fn heartbeats(&mut self, from: Time, rounds: u64, leader: NodeId, follower: NodeId) {
        for round in 0..rounds {
            let at = from + Span::millis(round);
            let text = "Append { term: 3, entries: [] }";
            let beat = self.timer(at, leader, vec![send(follower, "append", text)]);
            let ack = send(leader, "append-ack", "Ack { term: 3 }");
            let at = at + Span::micros(300);
            let ack = self.gets(at, follower, (beat, leader, "append", text), vec![ack]);
            let at = at + Span::micros(300);
            self.gets(at, leader, (ack, follower, "append-ack", "Ack { term: 3 }"), vec![]);
        }
    }
}

/// Two leaders in one term, because a vote was not on disk when its voter crashed.
pub fn forgotten_vote() -> (Trace, Breach) {
    let mut story = Story::default();
    for node in [N1, N2, N3] {
        story.boot(Time::ZERO, node);
    }
    story.timer(ms(160), N1, vec![claim(Fact::Campaigns { epoch: 3 })]);
    story.timer(ms(161), N1, vec![claim(Fact::Leads { epoch: 3 })]);
    story.heartbeats(ms(200), 40, N1, N2);
    story.heartbeats(ms(300), 40, N1, N3);
    story.fault(ms(5_000), ("1", FaultKind::Crash, "strikes"), &[N1], "crash n1");
    story.fault(ms(5_000), ("2", FaultKind::Cut, "strikes"), &[N1, N2], "cut n1 | n2");
    let ask = "Ask { term: 4 }";
    let vote = "Vote { term: 4, granted: true }";
    let asks = TraceEffect::Send { to: None, kind: "ask", text: ask.into() };
    let campaigns = || vec![claim(Fact::Campaigns { epoch: 4 }), asks.clone()];
    let asked = story.timer(ms(5_187), N2, campaigns());
    let voted = story.gets(
        ms(5_190),
        N3,
        (asked + 1, N2, "ask", ask),
        vec![TraceEffect::Timer { text: "Election in 200ms".into() }, send(N2, "vote", vote)],
    );
    story.fault(
        ms(5_190) + Span::micros(400),
        ("3", FaultKind::Crash, "strikes"),
        &[N3],
        "crash n3",
    );
    let leads = || vec![claim(Fact::Leads { epoch: 4 })];
    story.gets(ms(5_193), N2, (voted, N3, "vote", vote), leads());
    story.fault(ms(5_200), ("1", FaultKind::Crash, "heals"), &[N1], "crash n1 is over");
    story.boot(ms(5_200), N1);
    let asked = story.timer(ms(5_388), N1, campaigns());
    story.fault(ms(5_390), ("3", FaultKind::Crash, "heals"), &[N3], "crash n3 is over");
    story.boot(ms(5_390), N3);
    let voted =
        story.gets(ms(5_391), N3, (asked + 1, N1, "ask", ask), vec![send(N1, "vote", vote)]);
    story.gets(ms(5_393), N1, (voted, N3, "vote", vote), leads());
    let step = story.trace.steps.len() as u64;
    story.trace.lost.push(TraceLost {
        at: ms(5_188),
        event: asked,
        from: N2,
        to: N1,
        why: "crash",
    });
    story.heartbeats(ms(5_400), 5, N1, N3);
    let breach = Breach {
        seed: 17,
        property: "election-safety".into(),
        why:
            "n2 and n1 both lead term 4: n3 voted for both, because its first vote was not on disk."
                .into(),
        at: Some(ms(5_393)),
        step: Some(step),
        promised: true,
        digest: 0x4be1_c077_09c2_11aa,
        fingerprint: "9c41e7".into(),
        replay: "splitbrain replay failures/raft-election-safety-9c41e7.json".into(),
        ..Breach::default()
    };
    (story.trace, breach)
}

/// A read that missed a write, as a checker tells of it: by operations, without a step.
pub fn stale_read() -> (Trace, Breach) {
    let mut story = Story::default();
    for node in [N1, N2, N3] {
        story.boot(Time::ZERO, node);
    }
    story.timer(ms(160), N1, vec![claim(Fact::Leads { epoch: 1 })]);
    story.heartbeats(ms(200), 20, N1, N2);
    let operation = |story: &mut Story,
                     at: Time,
                     client: NodeId,
                     node: NodeId,
                     id: &str,
                     what: (&str, &str)| {
        let (op, reply) = what;
        let asked = format!("{id} {op}");
        let effects = vec![
            TraceEffect::Invoke { text: asked.clone() },
            TraceEffect::Ask { to: node, text: asked.clone() },
        ];
        let request = story.step(at, client, 0, TraceCause::Client, effects);
        let cause = TraceCause::Request { client, text: asked };
        let effects = vec![TraceEffect::Reply { client, text: format!("{id} Done({reply})") }];
        let answer = story.step(at + Span::millis(2), node, request, cause, effects);
        let cause = TraceCause::Answer { from: node, text: id.into() };
        let effects = vec![TraceEffect::Return { text: format!("{id} {reply}"), ok: true }];
        story.step(at + Span::millis(4), client, answer, cause, effects);
    };
    story.fault(ms(400), ("1", FaultKind::Pause, "strikes"), &[N1], "pause n1");
    story.timer(ms(600), N2, vec![claim(Fact::Campaigns { epoch: 2 })]);
    story.timer(ms(604), N2, vec![claim(Fact::Leads { epoch: 2 })]);
    operation(&mut story, ms(700), C1, N2, "c1#5", ("put x 2", "ok"));
    story.fault(ms(705), ("1", FaultKind::Pause, "heals"), &[N1], "pause n1 is over");
    operation(&mut story, ms(710), C2, N1, "c2#3", ("get x", "1"));
    let breach = Breach {
        seed: 4,
        property: "linearizable".into(),
        why:
            "x: c2#3 read 1, which c1#5 had overwritten\n  c1#5 put x 2 had ended before c2#3 began"
                .into(),
        at: Some(ms(714)),
        promised: true,
        fingerprint: "77aa01".into(),
        replay: "splitbrain replay raft/lease --seed 4".into(),
        ..Breach::default()
    };
    (story.trace, breach)
}

pub fn tally(property: &str, held: u64, broken: u64) -> PropertyTally {
    PropertyTally { property: property.into(), promised: true, held, broken, ..Default::default() }
}

pub fn times(name: &str, [p50, p90, p99, max]: [u64; 4]) -> MeasureSummary {
    let unit = "time".into();
    let (samples, min, p999) = (100, p50 / 2, max);
    let total = p50 * samples;
    MeasureSummary {
        name: name.into(),
        unit,
        samples,
        total,
        min,
        p50,
        p90,
        p99,
        p999,
        max,
        quantiles: Vec::new(),
    }
}

pub fn number(name: &str, unit: &str, total: u64) -> MeasureSummary {
    let each = total / 100;
    MeasureSummary {
        name: name.into(),
        unit: unit.into(),
        samples: 100,
        total,
        min: each,
        p50: each,
        p90: each,
        p99: each,
        p999: each,
        max: each,
        quantiles: Vec::new(),
    }
}

pub fn expected(scope: &str, text: &str, measured: &str, met: Option<bool>) -> Expectation {
    Expectation {
        scope: scope.into(),
        text: text.into(),
        measured: measured.into(),
        met,
        seeds: if met == Some(true) { 100 } else { 99 },
        missed_by: (met == Some(false)).then_some(3),
    }
}

/// The run that a first-time user sees.
pub fn minority_leader() -> Summary {
    let sound = [
        "election-safety",
        "log-matching",
        "leader-completeness",
        "state-machine-safety",
        "leader-append-only",
        "no-double-vote",
        "monotonic-terms",
        "durable-commits",
        "sessions",
        "no-lost-writes",
    ];
    let mut properties: Vec<PropertyTally> = sound.iter().map(|name| tally(name, 100, 0)).collect();
    properties.push(tally("linearizable", 100, 0));
    let detail = "again at most 3.1s after healing, bound 10s".into();
    properties.push(PropertyTally { detail, ..tally("live", 100, 0) });
    let ns = |ms: [u64; 4]| ms.map(|ms| ms * 1_000_000);
    let fired = |kind, times| FiredSummary { kind, times, seeds: 100 };
    Summary {
        scenario: "raft/minority-leader".into(),
        title: "A leader cut off with one follower keeps nothing that it could not commit".into(),
        protocol: "raft".into(),
        nodes: vec![5],
        duration: Span::secs(20),
        settle: Span::secs(10),
        clients: 4,
        load: "kv".into(),
        seeds: Tally { run: 100, held: 100, broken: 0, unknown: 0 },
        properties,
        expectations: vec![
            expected("each", "elections >= 2", "2 to 5", Some(true)),
            expected("each", "commits-by-deposed = 0", "0", Some(true)),
            expected("all", "failover.p99 < 2s", "612ms", Some(true)),
        ],
        measures: vec![
            times("failover", ns([341, 488, 612, 803])),
            times("latency", [6_123_456, 11_400_000, 1_130_000_000, 1_940_000_000]),
            times("unavailable", ns([412, 560, 689, 911])),
            times("recovery", ns([12, 31, 120, 3_100])),
            number("ok", "count", 98_000),
            number("messages", "count", 961_200),
            number("syncs", "count", 294_700),
            number("bytes", "count", 140_500_000),
            number("elections", "count", 300),
        ],
        fired: vec![
            fired(FaultKind::Crash, 100),
            fired(FaultKind::Pause, 1_612),
            fired(FaultKind::Cut, 100),
        ],
        operations: 98_214,
        keys: 412,
        virtual_time: Span::secs(3_000),
        digest: 0x4be1_c077_09c2_11aa,
        ..Summary::default()
    }
}

/// A run in which a planted bug was caught.
pub fn flaky_voter() -> Summary {
    let mut summary = minority_leader();
    let (_, breach) = forgotten_vote();
    summary.scenario = "raft/flaky-voter".into();
    summary.title.clear();
    summary.planted = vec!["vote-not-persisted".into()];
    summary.seeds = Tally { run: 100, held: 97, broken: 3, unknown: 0 };
    summary.properties[0] = tally("election-safety", 97, 3);
    summary.properties[10] = tally("linearizable", 97, 3);
    for seed in [17, 41, 88] {
        summary.broken.push(Breach { seed, ..breach.clone() });
        let (property, fingerprint) = ("linearizable".into(), "07bb3c".into());
        let why = "x: c2#3 read 1, which c1#5 had overwritten".into();
        summary.broken.push(Breach { seed, property, fingerprint, why, ..breach.clone() });
    }
    summary
}
