//! Files that are right, and what they come to.

use crate::words::{Catalogue, Kv, Raft, as_type};
use scenarios::format::{Count, Kinds, LineLasts, Scenario, What, read};
use sim_core::fault::{DiskLoss, Fault, FaultKind, Links, Messages, Role, Target};
use sim_core::settings::{Delay, Transport};
use sim_core::{Chance, NodeId, Span, SpanRange, Time};

pub const DEPOSED: &str = r#"#:schema ../scenario.schema.json
title    = "What a leader without a majority takes is not kept"
claim    = "minority-leader"
protocol = "raft"
nodes    = 5
duration = "20s"
settle   = "10s"
seeds    = 100

[raft]
election-timeout = "100ms..200ms"
heartbeat        = "20ms"
bugs             = ["vote-not-persisted"]

[clients]
count = 4
load  = "kv"
keys  = 3

[[faults]]
at  = "4s..6s"
cut = "leader a-follower | rest"
for = "5s"
as  = "deposed"

[[faults]]
at    = "7s"
pause = "deposed"
for   = "1s"

[expect.each]
elections          = ">= 2"
commits-by-deposed = 0

[expect.all]
failover.p99 = "< 2s"
"#;

pub const FLAPPING: &str = r#"
title    = "A link comes and goes"
protocol = "raft"
nodes    = { any = [3, 5] }
duration = "20s"

[[faults]]
at    = "2s"
cut   = "leader | a-follower"
for   = "100ms..300ms"
every = "400ms..600ms"
until = "12s"
"#;

pub const HOLDER: &str = r#"
title    = "The holder sleeps past its lease"
protocol = "lock"
nodes    = 3
duration = "60s"
[clients]
count = 2
load  = "lock"
[[faults]]
at    = "5s"
on    = { event = "enters", after = "1ms" }
pause = "holder"
for   = "35s"
[expect]
breaks = ["mutual-exclusion"]
"#;

pub const BLOCKED: &str = r#"
title    = "Nobody knows what the coordinator decided"
protocol = "two-phase-commit"
nodes    = 4
duration = "30s"
[clients]
count = 1
[[faults]]
on    = { event = "receives yes", by = "coordinator", nth = 3, before = true }
crash = { nodes = "coordinator", disk = "synced" }
for   = "10s"
[expect.each]
blocked.max = "10s..11s"
"#;

pub const SPLIT: &str = r#"
title    = "Two sides, two leaders"
protocol = "bully"
nodes    = 5
duration = "20s"
[[faults]]
at  = "5s"
cut = "n1 n2 | rest"
for = "10s"
[expect]
breaks = ["single-leader"]
"#;

pub const SOAK: &str = r#"
title    = "Whatever is promised, for a minute"
protocol = "raft"
nodes    = { any = [3, 5, 7] }
duration = "60s"
seeds    = 20_000
[network]
delay     = { median = "2ms", p99 = "20ms" }
loss      = "1%"
duplicate = 0.001
transport = "stream"
[clocks]
skew      = "10ms"
drift-ppm = 100
[nemesis]
kinds = "promised"
every = "500ms..3s"
for   = "100ms..5s"
"#;

pub const VERBS: &str = r#"
title    = "Every verb"
protocols = ["raft", "pbft"]
nodes    = { tolerate = 1 }
duration = "20s"
faults = [
    { at = "1s", crash = "leader" },
    { at = "1s", crash = { nodes = "n1", disk = "torn" }, for = "forever" },
    { at = "1s", restart = "n1" },
    { at = "1s", pause = { nodes = "random" } },
    { at = "1s", slow-node = { nodes = "leader", factor = 10 } },
    { at = "1s", cut = "n1 | n2 n3" },
    { at = "1s", cut = { sides = "n1 > rest" } },
    { at = "1s", loss = { links = "leader > rest", rate = "10%" } },
    { at = "1s", delay = { links = "all", by = "50ms..200ms" } },
    { at = "1s", duplicate = { links = "n1 n2", kinds = ["vote"], rate = 0.01, by = "1s..3s" } },
    { at = "1s", reorder = { links = "all", rate = "5%", by = "20ms" } },
    { at = "1s", corrupt = { links = "n1 | rest", rate = "1%" } },
    { at = "1s", slow-disk = { nodes = "majority", factor = 10 } },
    { at = "1s", full-disk = "minority" },
    { at = "1s", lying-sync = "all" },
    { at = "1s", bit-rot = "n2" },
    { at = "1s", clock-jump = { nodes = "c1", by = "-2s..1s" } },
    { at = "1s", clock-drift = { nodes = "n1", ppm = -500 } },
    { at = "1s", silence = { nodes = "leader", to = "n1 n2", kinds = ["vote"], rate = "50%" } },
    { at = "1s", equivocate = "n2", for = "2s" },
    { at = "1s", forge = { nodes = "n1", lie = "wrong-view" } },
    { at = "1s", replay = "n1" },
    { at = "1s", dawdle = { nodes = "n1", by = "1ms..2ms" } },
    { at = "1s", false-reply = "n1" },
    { at = "1s", big-mac = "c1" },
    { at = "1s", twins = "n1" },
]
"#;

pub fn good(text: &str) -> Scenario {
    read(text.as_bytes(), "good.toml", &Catalogue).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn every_section_is_read() {
    let scenario = good(DEPOSED);
    assert_eq!(scenario.claim.as_deref(), Some("minority-leader"));
    assert_eq!((scenario.nodes, scenario.seeds), (Count::N(5), 100));
    assert_eq!((scenario.duration, scenario.settle), (Span::secs(20), Some(Span::secs(10))));
    let subject = &scenario.subjects[0];
    let raft: &Raft = as_type(&subject.options);
    assert_eq!(raft.election_timeout, SpanRange::millis(100, 200));
    assert_eq!(raft.bugs.len(), 1);
    let kv: &Kv = as_type(subject.load.as_ref().unwrap());
    assert_eq!(kv, &Kv { keys: 3, reads: 50 });
    let [cut, pause] = scenario.faults.as_slice() else { panic!("two faults") };
    assert_eq!((cut.id, cut.at), (1, SpanRange::millis(4_000, 6_000)));
    assert_eq!(cut.lasts, LineLasts::For(SpanRange::exactly(Span::secs(5))));
    let What::Fixed(Fault::Cut { sides }) = &cut.what else { panic!("a cut") };
    let leader_and_one = vec![Target::The(Role::Leader), Target::A(Role::Follower)];
    assert_eq!(sides.groups, [leader_and_one, vec![Target::Rest]]);
    assert!(!sides.one_way);
    let deposed = Fault::Pause { nodes: vec![Target::Named("deposed".into())] };
    assert_eq!(pause.what, What::Fixed(deposed));
    let each: Vec<String> = scenario.expect.each.iter().map(ToString::to_string).collect();
    assert_eq!(each, ["elections >= 2", "commits-by-deposed = 0"]);
    assert_eq!(scenario.expect.all[0].to_string(), "failover.p99 < 2s");
}

#[test]
fn what_is_left_out_has_its_default() {
    let scenario = good(FLAPPING);
    assert_eq!((scenario.seeds, scenario.settle), (100, None));
    assert_eq!(scenario.nodes, Count::Any(vec![3, 5]));
    assert_eq!((scenario.clients.count, scenario.clients.load.as_deref()), (4, Some("kv")));
    assert!(scenario.nemesis.is_none());
    let repeat = scenario.faults[0].repeat.unwrap();
    assert_eq!((repeat.every, repeat.until), (SpanRange::millis(400, 600), Time(12_000_000_000)));
    let scenario = good(SPLIT);
    assert_eq!((scenario.clients.count, scenario.clients.load), (0, None));
}

#[test]
fn a_fault_may_wait_for_a_moment() {
    let scenario = good(HOLDER);
    let wait = scenario.faults[0].on.as_ref().unwrap();
    assert_eq!((wait.event.as_str(), wait.nth, wait.before), ("enters", 1, false));
    assert_eq!(wait.after, SpanRange::exactly(Span::millis(1)));
    assert_eq!(scenario.expect.breaks, ["mutual-exclusion"]);
    let scenario = good(BLOCKED);
    let fault = &scenario.faults[0];
    let wait = fault.on.as_ref().unwrap();
    assert_eq!((fault.at, wait.nth, wait.before), (SpanRange::default(), 3, true));
    assert_eq!(wait.by, [Target::The(Role::Leader)]);
}

#[test]
fn the_world_is_typed() {
    let scenario = good(SOAK);
    assert!(matches!(scenario.network.delay, Delay::LogNormal(_)));
    assert_eq!(scenario.network.loss, Chance::percent(1));
    assert_eq!(scenario.network.transport, Transport::Stream);
    assert_eq!((scenario.clocks.skew, scenario.clocks.drift_ppm), (Span::millis(10), 100));
    let nemesis = scenario.nemesis.unwrap();
    assert_eq!((nemesis.kinds, nemesis.at_once, nemesis.beyond), (Kinds::Promised, 2, false));
}

#[test]
fn every_verb_is_read() {
    let scenario = good(VERBS);
    let kinds: Vec<FaultKind> = scenario.faults.iter().map(|line| line.what.kind()).collect();
    for kind in FaultKind::ALL.into_iter().filter(|kind| *kind != FaultKind::WipedCrash) {
        assert!(kinds.contains(&kind), "{kind}");
    }
    let What::Fixed(Fault::Crash { disk, .. }) = &scenario.faults[0].what else { panic!() };
    assert_eq!(*disk, DiskLoss::Synced);
    assert_eq!(scenario.faults[1].lasts, LineLasts::Forever);
    let lie = |kind| scenario.faults.iter().find(|line| line.what.kind() == kind).unwrap();
    assert_eq!(lie(FaultKind::Silence).lasts, LineLasts::Forever, "unless told");
    assert_eq!(lie(FaultKind::Equivocate).lasts, LineLasts::For(SpanRange::exactly(Span::secs(2))));
    let What::Fixed(Fault::Lie { about, .. }) = &lie(FaultKind::Silence).what else { panic!() };
    assert_eq!((about.to.len(), about.kinds.as_slice()), (2, ["vote".to_string()].as_slice()));
    let What::Fixed(Fault::Loss { of: Messages { links: Links::Between(sides), .. }, .. }) =
        &scenario.faults[7].what
    else {
        panic!("loss between two sides")
    };
    assert!(sides.one_way);
    let doubled = &scenario.faults.iter().find(|line| line.what.kind() == FaultKind::Duplicate);
    let What::Fixed(Fault::Duplicate { of, by, .. }) = &doubled.unwrap().what else { panic!() };
    assert_eq!(of.kinds, ["vote"]);
    assert_eq!(*by, Some(SpanRange::millis(1_000, 3_000)));
    let What::ClockJump { nodes, .. } = &scenario.faults[16].what else { panic!("a leap") };
    assert_eq!(nodes, &[Target::Node(NodeId::client(0))]);
}

#[test]
fn a_byte_order_mark_and_other_line_ends_do_no_harm() {
    let text = format!("\u{feff}{}", DEPOSED.replace('\n', "\r\n"));
    assert_eq!(good(&text).faults, good(DEPOSED).faults);
}

#[test]
fn an_open_loop_is_told_by_rate_or_interval() {
    let with = |line: &str| good(&DEPOSED.replace("count = 4", &format!("count = 4\n{line}")));
    assert_eq!(with("rate = 200").clients.interval, Some(Span::millis(5)));
    assert_eq!(with("interval = \"5ms\"").clients.interval, Some(Span::millis(5)));
}
