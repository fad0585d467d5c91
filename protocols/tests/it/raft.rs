//! Raft in the world: with faults and without, right and with mistakes.

use crate::counter::{Asker, Call, Counter, Load, judge};
use protocols::raft::bugs::Bug;
use protocols::raft::config::{Config, Reads};
use protocols::raft::invariants::Invariants;
use protocols::raft::message::Message;
use protocols::raft::{Raft, promises};
use sim_core::context;
use sim_core::drive::timed;
use sim_core::fault::{
    DiskLoss, Fault, FaultId, Lasts, Links, Moment, Plan, Role, Sides, Strike, Target,
};
use sim_core::{
    Chance, Client, ClientEffect, ClientSettings, ClientStep, Effect, Ending, Fact, FaultStep,
    NodeId, Nodes, Observer, Rng, Safety, Settings, Span, SpanRange, Step, Time, Violation, World,
};
use std::collections::BTreeMap;

type Process = Raft<Counter>;

/// Everything that is to be known of a run.
#[derive(Default)]
struct Watch {
    invariants: Invariants,
    violations: Vec<Violation>,
    calls: Vec<Call>,
    facts: BTreeMap<usize, u64>,
    /// AppendEntries with entries, those without, and answers to either.
    appends: [u64; 3],
}

impl Observer<Process> for Watch {
    fn observe(&mut self, nodes: &Nodes<Process>, step: &Step<'_, Process>) {
        let violations = &mut self.violations;
        self.invariants.check(nodes, step, &mut |violation| violations.push(violation));
        for fact in step.facts() {
            *self.facts.entry(fact.event()).or_default() += 1;
        }
        for effect in step.effects {
            let Effect::Send { to, message } = effect else { continue };
            let copies = match to {
                context::Target::Peers => nodes.len() as u64 - 1,
                context::Target::One(to) => u64::from(*to != step.node),
            };
            let place = match message {
                Message::AppendEntries(append) => usize::from(append.entries.is_empty()),
                Message::Appended { .. } => 2,
                _ => continue,
            };
            self.appends[place] += copies;
        }
    }
    fn client(&mut self, step: &ClientStep<'_, Process>) {
        for effect in step.effects {
            match effect {
                ClientEffect::Invoke { id, op } => {
                    let (id, op, invoked) = (*id, *op, step.at);
                    self.calls.push(Call { id, op, invoked, returned: None });
                }
                ClientEffect::Return { id, ending: Ending::Ok(value) } => {
                    let call = self.calls.iter_mut().rev().find(|call| call.id == *id);
                    call.expect("it was invoked").returned = Some((step.at, *value));
                }
                _ => {}
            }
        }
    }
    fn fault(&mut self, nodes: &Nodes<Process>, step: &FaultStep<'_>) {
        <Invariants as Safety<Process>>::fault(&mut self.invariants, nodes, step);
    }
}

const HEAL: Time = Time(6_000_000_000);
const JUST_BEFORE: Time = Time(16_500_000_000);
const END: Time = Time(17_500_000_000);

/// Clients that ask until well after everything has healed.
fn clients(count: u32) -> Vec<Asker> {
    let settings = ClientSettings {
        written: None,
        think: SpanRange::millis(1, 60),
        interval: None,
        timeout: Span::millis(150),
        patience: Span::secs(2),
        persists_from: Time::NEVER,
        operations: 0,
        until: JUST_BEFORE,
        matching: Default::default(),
        load: Load::default(),
    };
    (0..count).map(|index| Asker::new(&settings, index, count)).collect()
}

/// A mixture of faults of every kind that Raft is promised to stand.
fn trouble(seed: u64, nodes: u32) -> Plan {
    let mut rng = Rng::named(77, seed);
    let mut strikes = Vec::new();
    let mut at = Span::millis(300 + rng.below(300));
    while Time(at.0) < HEAL {
        let fault = draw(&mut rng, nodes);
        let lasts = Lasts::For(Span::millis(20 + rng.below(900)));
        let id = FaultId { fault: strikes.len() as u32 + 1, nth: 1 };
        strikes.push(Strike { id, at: Time(at.0), on: None, fault, lasts, name: None });
        at += Span::millis(20 + rng.below(350));
    }
    if nodes >= 3 && rng.below(3) == 0 {
        let fault = Fault::Crash { nodes: vec![Target::The(Role::Leader)], disk: DiskLoss::Synced };
        let id = FaultId { fault: strikes.len() as u32 + 1, nth: 1 };
        let at = Time(HEAL.0 - 1 - rng.below(1_000_000_000));
        strikes.push(Strike { id, at, on: None, fault, lasts: Lasts::Forever, name: None });
    }
    Plan { strikes, messages: Vec::new(), heal: HEAL }
}

fn draw(rng: &mut Rng, nodes: u32) -> Fault {
    let some = |rng: &mut Rng| match rng.below(3) {
        0 => vec![Target::The(Role::Leader)],
        _ => vec![Target::Random],
    };
    let by = SpanRange::millis(20, if rng.below(3) == 0 { 2_000 } else { 400 });
    let disk = if rng.below(2) == 0 { DiskLoss::Synced } else { DiskLoss::Torn };
    match rng.below(16) {
        0..=1 => Fault::Crash { nodes: some(rng), disk },
        2 => Fault::Crash { nodes: vec![Target::Minority], disk },
        3 => Fault::Crash { nodes: vec![Target::All], disk },
        4 => Fault::Pause { nodes: some(rng) },
        5..=7 => {
            let groups = vec![some(rng), vec![Target::Rest]];
            Fault::Cut { sides: Sides { groups, one_way: rng.below(3) == 0 } }
        }
        8 => {
            let count = 1 + rng.below(u64::from(nodes.max(2)) / 2) as usize;
            let all: Vec<u32> = (0..nodes).collect();
            let side = rng.choose(&all, count).into_iter();
            let side = side.map(|node| Target::Node(sim_core::NodeId(node))).collect();
            Fault::Cut { sides: Sides { groups: vec![side, vec![Target::Rest]], one_way: false } }
        }
        9 => Fault::Loss { of: Links::All.into(), rate: Chance::percent(20) },
        10 => Fault::Delay { of: Links::Of(some(rng)).into(), by },
        11 => Fault::Duplicate { of: Links::All.into(), rate: Chance::percent(30), by: None },
        12 => Fault::Reorder { of: Links::All.into(), rate: Chance::percent(30), by },
        13..=14 => Fault::ClockJump {
            nodes: some(rng),
            by: Span::millis(rng.below(3_000)),
            back: rng.below(3) > 0,
        },
        _ => Fault::SlowDisk { nodes: some(rng), factor: 50 },
    }
}

/// What was wrong in a run, by property; nothing, if all is well.
fn run(config: &Config, nodes: u32, seed: u64) -> (Vec<(&'static str, String)>, Watch) {
    run_with(config, nodes, seed, trouble(seed, nodes))
}

fn run_with(
    config: &Config,
    nodes: u32,
    seed: u64,
    plan: Plan,
) -> (Vec<(&'static str, String)>, Watch) {
    let settings = Settings { nodes, ..Settings::default() };
    let is_deaf = |s: &Strike| s.lasts == Lasts::Forever && matches!(s.fault, Fault::Cut { .. });
    let all_can_catch_up = !plan.strikes.iter().any(is_deaf);
    let mut world = World::<Process>::new(settings, config.clone(), clients(4), plan, seed);
    let mut watch = Watch::default();
    world.start(&mut watch);
    timed::run(&mut world, JUST_BEFORE, 5_000_000, &mut watch);
    let decided = world.nodes().live().map(|(_, raft)| raft.commit_index()).max().unwrap_or(0);
    timed::run(&mut world, END, 5_000_000, &mut watch);
    let mut wrong: Vec<(&'static str, String)> =
        watch.violations.iter().map(|v| (v.property, v.why.clone())).collect();
    if let Err(why) = judge(&watch.calls) {
        wrong.push(("linearizable", why));
    }
    let bound = promises::settle(config, Span::millis(10), Span::millis(2));
    // A client gives up before the bound is over, so what it asks after the bound is looked at.
    let from = HEAL + bound;
    for call in watch.calls.iter().filter(|call| call.invoked >= from) {
        let late = call.returned.is_none() && call.invoked + Span::secs(2) < END;
        if late && config.sessions > 4 {
            wrong.push(("live-again", format!("{} {:?} has no answer", call.id, call.op)));
        }
    }
    for (machine, raft) in world.nodes().live() {
        if all_can_catch_up && raft.commit_index() < decided {
            let why = format!("n{} is at {} of {decided}", machine + 1, raft.commit_index());
            wrong.push(("catch-up", why));
        }
    }
    (wrong, watch)
}

/// The configurations in which Raft must be right.
fn configurations() -> Vec<(&'static str, Config)> {
    let base = || Config { snapshot_after: 20, ..Config::default() };
    vec![
        ("default", base()),
        ("log reads", Config { reads: Reads::Log, ..base() }),
        ("follower reads", Config { reads: Reads::FollowerReadIndex, ..base() }),
        ("lease reads", Config { reads: Reads::Lease, ..base() }),
        ("no pre-vote", Config { pre_vote: false, check_quorum: false, ..base() }),
        ("one by one", Config { batch: 1, window: 1, snapshot_chunk: 1, ..base() }),
        (
            "transfers",
            Config { transfer_every: Some(Span::millis(400)), reads: Reads::Lease, ..base() },
        ),
        ("few sessions", Config { sessions: 2, ..base() }),
    ]
}

#[test]
fn raft_stands_every_fault_that_it_promises_to() {
    let mut facts: BTreeMap<usize, u64> = BTreeMap::new();
    for (name, config) in configurations() {
        for seed in 0..12 {
            let nodes = [5, 3, 1, 4, 7, 2][seed as usize % 6];
            let (wrong, watch) = run(&config, nodes, seed);
            assert_eq!(wrong, [], "{name}, {nodes} nodes, seed {seed}");
            assert!(watch.calls.iter().filter(|call| call.returned.is_some()).count() > 100);
            watch.facts.iter().for_each(|(fact, count)| *facts.entry(*fact).or_default() += count);
        }
    }
    for (place, name) in Fact::EVENTS.iter().enumerate().take(12) {
        assert!(facts.get(&place).is_some_and(|count| *count > 0), "nothing {name}: {facts:?}");
    }
}

#[test]
fn an_undisturbed_cluster_elects_once_and_loses_nothing() {
    let settings = Settings { nodes: 5, ..Settings::default() };
    let config = Config::default();
    let mut world = World::<Process>::new(settings, config, clients(3), Plan::default(), 1);
    let mut watch = Watch::default();
    world.start(&mut watch);
    timed::run(&mut world, END, 5_000_000, &mut watch);
    assert_eq!(watch.violations, []);
    assert_eq!(watch.facts[&1], 1, "one leader");
    assert!(watch.calls.iter().all(|call| call.returned.is_some()));
    judge(&watch.calls).unwrap();
    let states: Vec<_> = world.nodes().live().map(|(_, raft)| raft.service().clone()).collect();
    assert!(states.windows(2).all(|pair| pair[0] == pair[1]), "{states:?}");
}

#[test]
fn an_entry_costs_a_round_trip_to_each_follower_and_nothing_else() {
    for nodes in [1, 2, 3, 5, 7] {
        let settings = Settings { nodes, ..Settings::default() };
        let config = Config { reads: Reads::Log, ..Config::default() };
        let mut world = World::<Process>::new(settings, config, clients(1), Plan::default(), 1);
        let mut watch = Watch::default();
        world.start(&mut watch);
        timed::run(&mut world, END, 5_000_000, &mut watch);
        assert_eq!(watch.violations, []);
        let entries = world.nodes().live().map(|(_, raft)| raft.commit_index()).max().unwrap_or(0);
        assert!(entries > 200, "{entries} entries");
        let [carried, heartbeats, answers] = watch.appends;
        let others = u64::from(nodes) - 1;
        assert_eq!(carried, entries * others, "{nodes} nodes");
        // Every one is answered, but for the heartbeats that are still under way.
        let under_way = (carried + heartbeats).abs_diff(answers);
        assert!(under_way <= others, "{under_way} without an answer");
    }
}

#[test]
fn mistakes_are_convicted_of_what_they_break() {
    for bug in Bug::ALL.iter().filter(|bug| !SELDOM.contains(bug)) {
        assert!(catch(*bug, 60).is_some(), "{bug:?} survives");
    }
}

/// Mistakes that need more seeds than a test has time for: a story convicts them, or one of the scenarios.
const SELDOM: &[Bug] = &[
    Bug::DuplicateVoteCounted,
    Bug::StaleLeaderHeartbeatResetsTimer,
    Bug::CommitOldTermEntries,
    Bug::MatchFromFollowerLast,
    Bug::AckFromOldTermCounted,
    Bug::ReadindexReusesOldAcks,
    Bug::RefusalConfirmsRound,
    Bug::LeaseVotersDoNotWait,
    Bug::PrevoteStaleTermReply,
    Bug::TransferNeverAborts,
    Bug::TimeoutnowStaleTerm,
    // These clients ask for no other members.
    Bug::SnapshotLatestConfig,
    Bug::InstallKeepsConfig,
    Bug::SingleServerNoTermCommit,
    Bug::JointOneMajority,
    Bug::JointLeaveEarly,
    Bug::ConfigEffectiveOnCommit,
    Bug::ConfigNotReverted,
    Bug::LearnerCounted,
    Bug::LearnerRefusesVote,
    Bug::UncommittedRemovalBlocksCampaign,
];

/// The first seed that convicts a mistake of a property that it breaks, and in which the right code does not err.
fn catch(bug: Bug, seeds: u64) -> Option<(u64, &'static str)> {
    let mut config = Config { snapshot_after: 20, ..Config::default() };
    bug.config(&mut config);
    (0..seeds).find_map(|seed| {
        let nodes = [3, 5, 4][seed as usize % 3];
        Some((seed, convict(bug, &config, nodes, seed, &trouble(seed, nodes))?))
    })
}

fn convict(bug: Bug, config: &Config, nodes: u32, seed: u64, plan: &Plan) -> Option<&'static str> {
    let wrong = Config { bugs: vec![bug], ..config.clone() };
    let (found, _) = run_with(&wrong, nodes, seed, plan.clone());
    let broken = |property: &&str| bug.about().breaks.contains(property);
    let property = found.into_iter().map(|(property, _)| property).find(broken)?;
    let (right, _) = run_with(config, nodes, seed, plan.clone());
    assert_eq!(right, [], "the right code on seed {seed} of {bug:?}");
    Some(property)
}

/// Faults that come one after another as a story has them.
#[derive(Default)]
struct Story(Vec<Strike>);

impl Story {
    fn then(mut self, at: u64, fault: Fault, lasts: Lasts) -> Self {
        let id = FaultId { fault: self.0.len() as u32 + 1, nth: 1 };
        let at = Time(at * 1_000_000);
        self.0.push(Strike { id, at, on: None, fault, lasts, name: None });
        self
    }
    /// The last fault waits for the first such event from its time on.
    fn on(mut self, event: &str, before: bool) -> Self {
        let (event, by, after) = (event.to_string(), vec![Target::All], Span::ZERO);
        let moment = Moment { event, by, nth: 1, after, before };
        self.0.last_mut().expect("a fault").on = Some(moment);
        self
    }
    fn named(mut self, name: &str) -> Self {
        self.0.last_mut().expect("a fault").name = Some(name.to_string());
        self
    }
}

fn ms(ms: u64) -> Lasts {
    Lasts::For(Span::millis(ms))
}

fn cut(from: Target, to: Target, one_way: bool) -> Fault {
    Fault::Cut { sides: Sides { groups: vec![vec![from], vec![to]], one_way } }
}

fn crash(node: Target) -> Fault {
    Fault::Crash { nodes: vec![node], disk: DiskLoss::Synced }
}

/// Mistakes that chance seldom finds, the number of servers, and what must happen for them to do harm.
fn stories() -> Vec<(Bug, u32, Config, Story)> {
    let the_leader = || Target::The(Role::Leader);
    let old = || Target::Named("old".to_string());
    let links = |fault: Target| Links::Of(vec![fault]);
    let base = Config::default;
    vec![
        // The word to the target is lost.
        (
            Bug::TransferNeverAborts,
            3,
            Config { transfer_every: Some(Span::millis(2_500)), ..base() },
            Story::default()
                .then(4_000, cut(the_leader(), Target::Rest, true), ms(20))
                .on("sends timeout-now", true),
        ),
        // The word to the target comes when another leads, who is cut off just then.
        (
            Bug::TimeoutnowStaleTerm,
            5,
            Config { transfer_every: Some(Span::secs(3)), ..base() },
            Story::default()
                .then(
                    2_000,
                    Fault::Delay {
                        of: links(the_leader()).into(),
                        by: SpanRange::millis(1_200, 1_200),
                    },
                    ms(3),
                )
                .on("sends timeout-now", true)
                .then(3_100, crash(the_leader()), ms(3_000))
                .then(3_100, cut(the_leader(), Target::Rest, false), ms(500))
                .on("receives timeout-now", true),
        ),
        // A deposed leader that hears nothing goes on, and the new one dies.
        (
            Bug::StaleLeaderHeartbeatResetsTimer,
            5,
            base(),
            Story::default()
                .then(2_000, Fault::SlowNode { nodes: vec![the_leader()], factor: 1 }, ms(1))
                .named("old")
                .then(2_000, cut(old(), Target::Rest, false), ms(900))
                .then(2_850, cut(Target::Rest, old(), true), Lasts::Forever)
                .then(4_500, crash(the_leader()), Lasts::Forever),
        ),
        // The longest log is in an old term, and whoever else might be elected has died.
        (
            Bug::PrevoteStaleTermReply,
            3,
            base(),
            Story::default()
                .then(2_000, cut(the_leader(), Target::Rest, false), ms(2_500))
                .then(
                    2_000,
                    Fault::Loss { of: Links::All.into(), rate: Chance::percent(60) },
                    ms(2_500),
                )
                .then(2_100, crash(the_leader()), Lasts::Forever)
                .on("leads", true),
        ),
        // A leader loses what its follower has acknowledged, and leads again when the answer comes.
        (Bug::AckFromOldTermCounted, 3, base(), late_acknowledgement()),
    ]
}

/// Node 1 crashes before its disk has what node 2 has acknowledged; node 3 elects it again; nobody hears of that
/// before it has crashed once more.
fn late_acknowledgement() -> Story {
    let [one, two, three] = [0, 1, 2].map(|index| Target::Node(NodeId(index)));
    let answers = Sides { groups: vec![vec![two.clone()], vec![one.clone()]], one_way: true };
    let by = SpanRange::millis(450, 450);
    Story::default()
        .then(2_000, Fault::SlowDisk { nodes: vec![one.clone()], factor: 100 }, ms(60))
        .then(2_000, Fault::Delay { of: Links::Between(answers).into(), by }, ms(60))
        .then(2_000, cut(one.clone(), three.clone(), false), ms(60))
        .then(2_050, crash(one.clone()), ms(30))
        .then(2_055, cut(one.clone(), two.clone(), true), ms(800))
        .then(2_055, cut(two, three, false), ms(800))
        .then(2_100, cut(one.clone(), Target::Rest, true), ms(755))
        .on("leads", true)
        .then(2_850, crash(one), ms(1_500))
}

#[test]
fn stories_convict_what_chance_seldom_finds() {
    for (bug, nodes, mut config, story) in stories() {
        bug.config(&mut config);
        let plan = Plan { strikes: story.0, messages: Vec::new(), heal: HEAL };
        let caught = (0..400).find_map(|seed| {
            let property = convict(bug, &config, nodes, seed, &plan)?;
            Some((seed, property))
        });
        assert!(caught.is_some(), "{bug:?} survives its story");
    }
}
