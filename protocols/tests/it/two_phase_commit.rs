//! Two-phase commit: what it costs, exactly, under every variant; and crashes at every step of a transaction.

use checkers::model::bank::{Bank, BankReply};
use protocols::two_phase_commit::config::{Config, Deadlock, Variant};
use protocols::two_phase_commit::invariants::Invariants;
use protocols::two_phase_commit::{COORDINATOR, Message, Record, TwoPhaseCommit};
use sim_core::context::Target;
use sim_core::drive::timed;
use sim_core::fault::DiskLoss;
use sim_core::settings::{Costs, Delay, NetworkSettings};
use sim_core::{
    Answer, Effect, FaultStep, NodeId, Nodes, Observer, Request, RequestId, Safety, Service,
    Settings, Span, SpanRange, Step, Time, Violation, World,
};
use std::collections::BTreeMap;

const VARIANTS: [Variant; 3] =
    [Variant::PresumedNothing, Variant::PresumedAbort, Variant::PresumedCommit];

/// Counts messages, and what is written and forced; and checks every step.
#[derive(Default)]
struct Watch {
    invariants: Invariants,
    violations: Vec<Violation>,
    sent: BTreeMap<&'static str, u64>,
    /// By node: records of transactions, and how many of them are forced: a sync follows at once.
    writes: BTreeMap<NodeId, (u64, u64)>,
    /// How many answers were written for their own sake.
    answers: u64,
    replies: Vec<(Time, RequestId, BankReply)>,
}

impl Observer<TwoPhaseCommit> for Watch {
    fn observe(&mut self, nodes: &Nodes<TwoPhaseCommit>, step: &Step<'_, TwoPhaseCommit>) {
        let violations = &mut self.violations;
        self.invariants.check(nodes, step, &mut |violation| violations.push(violation));
        for (place, effect) in step.effects.iter().enumerate() {
            match effect {
                Effect::Send { to, message } => {
                    assert!(*to != Target::Peers && *to != Target::One(step.node));
                    *self.sent.entry(Message::KINDS[message.kind()]).or_default() += 1;
                }
                Effect::Append { record: Record::Answered(_), .. } => self.answers += 1,
                Effect::Append { record: Record::Boot { .. }, .. } => {}
                Effect::Append { .. } => {
                    let (writes, forced) = self.writes.entry(step.node).or_default();
                    *writes += 1;
                    // What is behind it is behind the answer, say, and waits for the disk by chance.
                    *forced += u64::from(step.effects.get(place + 1) == Some(&Effect::Sync));
                }
                Effect::Reply { id, answer: Answer::Done(reply) } => {
                    self.replies.push((step.at, *id, reply.clone()));
                }
                _ => {}
            }
        }
    }

    fn fault(&mut self, nodes: &Nodes<TwoPhaseCommit>, step: &FaultStep<'_>) {
        self.invariants.fault(nodes, step);
    }
}

/// A world without chance: a message takes 1 ms, a sync 100 us, and nothing else takes time.
struct Stage {
    world: World<TwoPhaseCommit>,
    watch: Watch,
}

const DELAY: Span = Span::millis(1);
const SYNC: Span = Span::micros(100);

impl Stage {
    fn new(participants: u32, config: &Config) -> Stage {
        let settings = Settings {
            nodes: participants + 1,
            network: NetworkSettings {
                delay: Delay::Uniform(SpanRange::exactly(DELAY)),
                ..NetworkSettings::default()
            },
            costs: Costs { message: Span::ZERO, sync: SpanRange::exactly(SYNC) },
            ..Settings::default()
        };
        let world = World::new(settings, config.clone(), Vec::new(), Default::default(), 1);
        let mut stage = Stage { world, watch: Watch::default() };
        stage.world.start(&mut stage.watch);
        stage.run(Span::millis(10));
        stage
    }

    fn run(&mut self, span: Span) {
        let until = self.world.now() + span;
        timed::run(&mut self.world, until, 1_000_000, &mut self.watch);
    }

    fn steps(&mut self, steps: u64) {
        timed::run(&mut self.world, Time::NEVER, steps, &mut self.watch);
    }

    fn ask(&mut self, number: u32, op: &str) {
        let op = Bank::read_op(op).unwrap_or_else(|| panic!("{op} is an operation"));
        let id = RequestId { client: NodeId::client(0), number };
        self.world.request_now(COORDINATOR, Request { id, oldest: 1, op }, &mut self.watch);
    }

    fn crash(&mut self, node: NodeId, disk: DiskLoss) {
        self.world.crash_now(node, disk, &mut self.watch);
    }

    fn boot(&mut self, node: NodeId) {
        self.world.boot_now(node, &mut self.watch);
    }

    fn sent(&self, kind: &str) -> u64 {
        self.watch.sent.get(kind).copied().unwrap_or(0)
    }

    /// Messages of the commit protocol itself: PREPARE, VOTE, decision, ACK.
    fn messages(&self) -> u64 {
        ["prepare", "vote", "decision", "ack"].map(|kind| self.sent(kind)).iter().sum()
    }

    fn writes(&self, node: u32) -> (u64, u64) {
        self.watch.writes.get(&NodeId(node)).copied().unwrap_or_default()
    }

    fn balance(&self, node: u32, account: u32) -> u64 {
        match self.world.nodes().process(node) {
            Some(TwoPhaseCommit::Participant(participant)) => participant.bank().balance(account),
            _ => panic!("n{} is a participant and up", node + 1),
        }
    }

    fn in_doubt(&self) -> Vec<u32> {
        let doubts = self.world.nodes().live().filter(|(_, process)| match process {
            TwoPhaseCommit::Participant(participant) => participant.in_doubt().next().is_some(),
            TwoPhaseCommit::Coordinator(_) => false,
        });
        doubts.map(|(machine, _)| machine).collect()
    }

    /// Participants that hold locks, or wait for some, for a transaction that they have not voted yes on.
    fn stuck(&self) -> Vec<u32> {
        let stuck = self.world.nodes().live().filter(|(_, process)| match process {
            TwoPhaseCommit::Participant(participant) => {
                !participant.is_idle() && participant.in_doubt().next().is_none()
            }
            TwoPhaseCommit::Coordinator(_) => false,
        });
        stuck.map(|(machine, _)| machine).collect()
    }

    fn is_at_rest(&self) -> bool {
        self.world.nodes().live().all(|(_, process)| match process {
            TwoPhaseCommit::Participant(participant) => participant.is_idle(),
            TwoPhaseCommit::Coordinator(coordinator) => coordinator.open().next().is_none(),
        })
    }
}

/// A transaction on a list at each of `n` sites; the first so many are only read.
fn lists(n: u32, reads: u32) -> String {
    let step = |key| {
        if key <= reads { format!("read {key}") } else { format!("append {key} {key}") }
    };
    (1..=n).map(step).collect::<Vec<_>>().join(", ")
}

fn variant(variant: Variant) -> Config {
    Config { variant, ..Config::default() }
}

#[test]
fn a_commit_costs_four_messages_a_participant_and_three_under_presumed_commit() {
    for (which, n) in VARIANTS.into_iter().flat_map(|which| (1..=7).map(move |n| (which, n))) {
        let mut stage = Stage::new(n, &variant(which));
        let begun = stage.world.now();
        stage.ask(1, &lists(n, 0));
        stage.run(Span::secs(5));
        assert_eq!(stage.watch.violations, []);
        let n64 = u64::from(n);
        let presumed = which == Variant::PresumedCommit;
        assert_eq!((stage.sent("work"), stage.sent("done")), (n64, n64));
        assert_eq!(stage.messages(), if presumed { 3 * n64 } else { 4 * n64 }, "{which:?}, {n}");
        assert_eq!(stage.writes(0), if presumed { (2, 2) } else { (2, 1) }, "{which:?}");
        for node in 1..=n {
            assert_eq!(stage.writes(node), if presumed { (2, 1) } else { (2, 2) }, "{which:?}");
        }
        assert_eq!(stage.watch.sent.values().sum::<u64>(), 2 * n64 + stage.messages());
        assert_eq!(stage.watch.answers, 0, "the decision holds the answer");
        // Two round trips, and a forced write at the participants and at the coordinator; INITIATION is a third.
        let forces = if presumed { 3 } else { 2 };
        let took = stage.watch.replies[0].0 - begun;
        assert_eq!(took, DELAY * 4 + SYNC * forces, "{which:?}");
    }
}

/// `yes` of `n` participants vote yes; the others have lost their work in a crash, and vote no.
fn abort(which: Variant, n: u32, yes: u32) -> Stage {
    let mut stage = Stage::new(n, &variant(which));
    stage.ask(1, &lists(n, 0));
    stage.run(Span::micros(2_050));
    for node in (yes + 1..=n).map(NodeId) {
        stage.crash(node, DiskLoss::Synced);
        stage.boot(node);
    }
    stage.run(Span::secs(5));
    assert_eq!(stage.watch.violations, []);
    assert_eq!(stage.watch.replies[0].2, BankReply::Aborted, "one no aborts all");
    assert!(stage.is_at_rest());
    stage
}

#[test]
fn an_abort_costs_what_each_presumption_says() {
    let cases = (1..=7).flat_map(|n| (0..n).map(move |yes| (n, yes)));
    for (which, (n, yes)) in VARIANTS.into_iter().flat_map(|v| cases.clone().map(move |c| (v, c))) {
        let stage = abort(which, n, yes);
        let (messages, own, each) = match which {
            Variant::PresumedNothing => (4 * n, (2, 1), (2, 2)),
            Variant::PresumedAbort => (2 * n + yes, (0, 0), (2, 1)),
            Variant::PresumedCommit => (2 * n + 2 * yes, (2, 1), (2, 2)),
        };
        assert_eq!(stage.messages(), u64::from(messages), "{which:?}, {yes} of {n}");
        assert_eq!(stage.writes(0), own, "{which:?}, {yes} of {n}");
        for node in 1..=n {
            let writes = if node <= yes { each } else { (0, 0) };
            assert_eq!(stage.writes(node), writes, "{which:?}, {yes} of {n}, n{}", node + 1);
        }
        // What is not in the decision is written for the client's sake, and nobody else waits for that.
        assert_eq!(stage.watch.answers, u64::from(which != Variant::PresumedNothing));
    }
}

#[test]
fn who_has_only_read_costs_two_messages_and_writes_nothing() {
    let cases = (1..=7).flat_map(|n| (0..=n).map(move |reads| (n, reads)));
    for (which, (n, reads)) in VARIANTS.into_iter().flat_map(|v| cases.clone().map(move |c| (v, c)))
    {
        let mut stage = Stage::new(n, &variant(which));
        stage.ask(1, &lists(n, reads));
        stage.run(Span::secs(5));
        assert_eq!(stage.watch.violations, []);
        assert!(matches!(stage.watch.replies[0].2, BankReply::Lists(_)));
        let presumed = which == Variant::PresumedCommit;
        let messages = 2 * reads + if presumed { 3 } else { 4 } * (n - reads);
        assert_eq!(stage.messages(), u64::from(messages), "{which:?}, {reads} of {n} read");
        (1..=reads).for_each(|node| assert_eq!(stage.writes(node), (0, 0)));
        if reads == n {
            assert_eq!(stage.writes(0), (0, 0), "nobody has anything to commit");
        }
        // Without the option all are alike.
        let config = Config { read_only: false, ..variant(which) };
        let mut stage = Stage::new(n, &config);
        stage.ask(1, &lists(n, reads));
        stage.run(Span::secs(5));
        assert_eq!(stage.messages(), u64::from(if presumed { 3 * n } else { 4 * n }));
    }
}

#[test]
fn an_inquiry_of_all_costs_a_message_to_each_other_and_its_answer() {
    for n in 2..=7 {
        let mut stage = Stage::new(n, &Config::default());
        stage.ask(1, &lists(n, 0));
        // All have voted, and nobody has heard.
        stage.run(Span::micros(3_050));
        stage.crash(COORDINATOR, DiskLoss::Synced);
        stage.run(Span::millis(250));
        let (n, all) = (u64::from(n), u64::from(n) * (u64::from(n) - 1));
        assert_eq!(stage.sent("inquiry"), n);
        assert_eq!((stage.sent("peer-inquiry"), stage.sent("peer-answer")), (all, all));
    }
}

/// What came of a transfer of 30 from account 1 at n2 to account 2 at n3, with crashes.
struct Crashed {
    stage: Stage,
    /// Who was in doubt when the outage was about to end.
    blocked: Vec<u32>,
    /// Who was not in doubt then, and still had a part in it.
    stuck: Vec<u32>,
    coordinator_was_down: bool,
    down: Vec<NodeId>,
}

/// A crash after so many steps of the transfer, of this node, of what is left on its disk.
type Crash = (u64, NodeId, DiskLoss);

const OUTAGE: Span = Span::secs(4);

/// Crashes, an outage in which everything has time to happen that can, recovery, and the client asks again.
fn transfer_with(which: Variant, crashes: &[Crash]) -> Crashed {
    let mut stage = Stage::new(2, &variant(which));
    stage.ask(1, "transfer 1 2 30");
    let mut done = 0;
    let mut down = Vec::new();
    for (step, node, disk) in crashes {
        stage.steps(step - done);
        done = *step;
        stage.crash(*node, *disk);
        down.push(*node);
    }
    stage.run(OUTAGE);
    let (blocked, stuck) = (stage.in_doubt(), stage.stuck());
    let coordinator_was_down = down.contains(&COORDINATOR);
    down.sort_unstable();
    down.dedup();
    down.iter().for_each(|node| stage.boot(*node));
    stage.run(Span::secs(4));
    stage.ask(1, "transfer 1 2 30");
    stage.run(Span::secs(4));
    Crashed { stage, blocked, stuck, coordinator_was_down, down }
}

/// Everything that must be so, whatever crashed when. Whether anybody was blocked.
fn judge(crashed: &Crashed, case: &str) -> bool {
    let Crashed { stage, blocked, stuck, coordinator_was_down, down } = crashed;
    assert_eq!(*stuck, [0; 0], "{case}: who has not voted gives up, whoever is away");
    assert_eq!(stage.watch.violations, [], "{case}");
    assert!(stage.is_at_rest(), "{case}: all ends, and all locks are given back");
    let balances = (stage.balance(1, 1), stage.balance(2, 2));
    let replies = &stage.watch.replies;
    let last = &replies.last().unwrap_or_else(|| panic!("{case}: the client has no answer")).2;
    let expected = if *last == BankReply::Done { (70, 130) } else { (100, 100) };
    assert_eq!(balances, expected, "{case}: {last:?}");
    assert!(replies.iter().all(|(.., reply)| reply == last), "{case}: the answer stands");
    // Blocked is who is in doubt while the coordinator is away and every participant that can be reached is in doubt.
    let live: Vec<u32> = (1..=2).filter(|node| !down.contains(&NodeId(*node))).collect();
    if !blocked.is_empty() {
        assert!(coordinator_was_down, "{case}: who can ask the coordinator is not blocked");
        assert_eq!(*blocked, live, "{case}: who can ask one that is not in doubt is not blocked");
    }
    !blocked.is_empty()
}

const NODES: [NodeId; 3] = [NodeId(0), NodeId(1), NodeId(2)];
const LOSSES: [DiskLoss; 2] = [DiskLoss::Synced, DiskLoss::Kept];

/// How many steps the transfer takes when nothing goes wrong.
fn steps_of(which: Variant) -> u64 {
    let mut stage = Stage::new(2, &variant(which));
    let before = stage.world.steps();
    stage.ask(1, "transfer 1 2 30");
    stage.run(Span::millis(50));
    assert!(stage.is_at_rest());
    stage.world.steps() - before
}

#[test]
fn a_crash_at_any_step_of_any_node_leaves_one_outcome_and_blocks_where_it_must() {
    for which in VARIANTS {
        let (mut blocked, mut committed, mut cases) = ([0; 3], 0, 0);
        for step in 0..=steps_of(which) {
            for (node, disk) in NODES.into_iter().flat_map(|n| LOSSES.map(|disk| (n, disk))) {
                let crashed = transfer_with(which, &[(step, node, disk)]);
                let case = format!("{which:?}, {node} after {step} steps, {disk:?}");
                blocked[node.index()] += u64::from(judge(&crashed, &case));
                committed += u64::from(crashed.stage.balance(1, 1) == 70);
                cases += 1;
            }
        }
        assert!(blocked[0] > 0, "{which:?}: without a coordinator somebody is blocked");
        assert_eq!(blocked[1..], [0, 0], "{which:?}: nobody is, without a participant");
        assert!(committed > 0 && committed < cases, "{which:?}: {committed} of {cases}");
    }
}

#[test]
fn two_crashes_at_any_steps_of_any_nodes_leave_one_outcome() {
    for which in VARIANTS {
        let (mut blocked, steps) = (0, steps_of(which));
        let pairs = (0..=steps).flat_map(|one| (one..=steps).map(move |two| (one, two)));
        for (one, two) in pairs {
            for (first, second) in NODES.into_iter().flat_map(|n| NODES.map(|other| (n, other))) {
                if first == second {
                    continue;
                }
                let synced = DiskLoss::Synced;
                let crashes = [(one, first, synced), (two, second, synced)];
                let crashed = transfer_with(which, &crashes);
                let case = format!("{which:?}, {first} after {one} steps, {second} after {two}");
                blocked += u64::from(judge(&crashed, &case));
            }
        }
        assert!(blocked > 0, "{which:?}");
    }
}

#[test]
fn a_crash_in_the_middle_of_the_recovery_from_another_changes_nothing() {
    for (which, node) in VARIANTS.into_iter().flat_map(|which| NODES.map(|node| (which, node))) {
        for first in 0..=steps_of(which) {
            for second in 0..=8 {
                let mut stage = Stage::new(2, &variant(which));
                stage.ask(1, "transfer 1 2 30");
                stage.steps(first);
                stage.crash(node, DiskLoss::Synced);
                stage.run(Span::millis(300));
                stage.boot(node);
                stage.steps(second);
                stage.crash(node, DiskLoss::Synced);
                let coordinator_was_down = node == COORDINATOR;
                stage.run(OUTAGE);
                let (blocked, stuck) = (stage.in_doubt(), stage.stuck());
                stage.boot(node);
                stage.run(Span::secs(4));
                stage.ask(1, "transfer 1 2 30");
                stage.run(Span::secs(4));
                let down = vec![node];
                let crashed = Crashed { stage, blocked, stuck, coordinator_was_down, down };
                judge(&crashed, &format!("{which:?}, {node} after {first} and {second} steps"));
            }
        }
    }
}

/// Where the coordinator crashes right after PREPARE has arrived everywhere, participants are blocked until it is back,
/// and then no longer than it takes to tell them.
#[test]
fn blocking_lasts_as_long_as_the_outage_and_a_retry() {
    for which in VARIANTS {
        let mut stage = Stage::new(2, &variant(which));
        stage.ask(1, "transfer 1 2 30");
        let prepared = DELAY * 3 + SYNC * if which == Variant::PresumedCommit { 2 } else { 1 };
        stage.run(prepared + Span::micros(10));
        assert_eq!(stage.in_doubt(), [1, 2], "{which:?}");
        stage.crash(COORDINATOR, DiskLoss::Synced);
        stage.run(Span::secs(30));
        assert_eq!(stage.in_doubt(), [1, 2], "{which:?}: nobody decides alone");
        stage.boot(COORDINATOR);
        let config = Config::default();
        stage.run(config.inquire + config.retry + DELAY * 2 + SYNC * 2);
        assert_eq!(stage.in_doubt(), [0; 0], "{which:?}");
        assert_eq!(stage.watch.violations, []);
    }
}

/// Many transfers round a circle, all at once: without care they would wait for each other.
#[test]
fn transfers_in_a_circle_end_under_every_rule_against_deadlock() {
    for (deadlock, n) in [Deadlock::WaitDie, Deadlock::WoundWait, Deadlock::TimeOut]
        .into_iter()
        .flat_map(|rule| [2, 3, 5, 7].map(|n| (rule, n)))
    {
        let mut stage = Stage::new(n, &Config { deadlock, ..Config::default() });
        for from in 1..=n {
            stage.ask(from, &format!("transfer {from} {} 1", from % n + 1));
        }
        stage.run(Span::secs(10));
        assert_eq!(stage.watch.violations, [], "{deadlock:?}, {n}");
        assert!(stage.is_at_rest(), "{deadlock:?}, {n}");
        let replies = &stage.watch.replies;
        assert_eq!(replies.len(), n as usize, "everybody has an answer");
        let done = replies.iter().filter(|(.., reply)| *reply == BankReply::Done).count();
        assert!(done >= 1 || deadlock == Deadlock::TimeOut, "{deadlock:?}, {n}: {done}");
        if deadlock != Deadlock::TimeOut {
            let last = replies.iter().map(|(at, ..)| *at).max().unwrap_or_default();
            assert!(
                last < Time::ZERO + Span::millis(500),
                "{deadlock:?}: none waits for a time-out"
            );
        }
    }
}
