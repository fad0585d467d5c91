//! One run: a world, the clients, every observer, and the verdict.

mod judged;

use crate::protocol::Protocol;
use checkers::liveness::{AllEnd, CatchUp};
use checkers::model::{Judged, Model};
use sim_core::drive::replay::{Digest, Recording};
use sim_core::drive::timed::{self, Stopped};
use sim_core::fault::{Disturbance, FaultKind, Lasts, Plan};
use sim_core::history::History;
use sim_core::measure::Measures;
use sim_core::outcome::{Finding, Outcome, Verdict};
use sim_core::reach::Reach;
use sim_core::trace::Trace;
use sim_core::{
    Client, ClientSettings, ClientStep, Fact, FaultStep, NodeId, Nodes, Observer, Process,
    RequestId, Safety, Service, Settings, Span, Step, Time, Violation, World, Written,
};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Options in a protocol's own type, which only its entry in the catalogue knows.
pub type Options = Arc<dyn Any + Send + Sync>;

/// Everything that one run depends on.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// The seed.
    pub seed: u64,
    /// What surrounds the cluster.
    pub settings: Settings,
    /// The protocol's options.
    pub options: &'a Options,
    /// The clients: their settings, with the load's own options; none for no clients.
    pub clients: Option<ClientSettings<Options>>,
    /// What goes wrong.
    pub plan: Plan,
    /// How long the cluster has to recover; the protocol's own bound when it is none.
    pub settle: Option<Span>,
    /// As many configurations as the linearizability checker may visit for each key.
    pub budget: u64,
    /// As many events as may happen before the run is given up as undecided.
    pub limit: u64,
    /// Write the run down.
    pub trace: bool,
    /// Write down what nodes show of themselves and what clients saw, too.
    pub show: bool,
    /// Fold every step into a digest, by which two runs are told apart.
    pub digest: bool,
    /// Keep the digest after every step.
    pub record: bool,
    /// Tell where the run gets.
    pub reach: bool,
    /// Write out what happens to single messages and what clients ask for.
    pub write_out: bool,
    /// End as soon as the cluster has recovered and all operations that are written are over. Else a run goes on until
    /// one that was begun after the healing has succeeded. What is found broken at a step may come later than that;
    /// what has to come about in the end, and has not, keeps a run going either way.
    pub brief: bool,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// What it came to.
    pub outcome: Outcome,
    /// The run, when it was to be written down.
    pub trace: Option<Trace>,
    /// The digest after every step, when it was to be kept.
    pub recording: Option<Recording>,
    /// What happened to single messages and what clients asked for, when it was to be written out.
    pub written: Option<WrittenOut>,
}

/// What chances came to in a run: a run that is told so needs none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenOut {
    /// What happened to single messages, in the order of sending.
    pub messages: Vec<Disturbance>,
    /// What clients asked for, in the order of asking.
    pub operations: Vec<Written>,
}

/// How often a run that should recover is asked whether it has.
const GLANCE: Span = Span::millis(50);

/// The names of properties that every protocol's runs are checked for.
pub const GENERAL: [&str; 3] = ["live-again", "catch-up", "no-panic"];

/// A property of those protocols whose members change.
pub const CHANGE_OVER: &str = "change-over";

/// A property of those protocols that do transactions.
pub const ALL_END: &str = "all-end";

/// Whether what its clients ask for are transactions.
pub(crate) fn does_transactions<P: Protocol>() -> bool {
    matches!(P::Service::judged(), Judged::Transactions(_))
}

/// Reports the first violation of each property, with when it was found.
struct Judge<S> {
    safety: S,
    found: Vec<(Violation, Time, u64)>,
}

impl<S> Judge<S> {
    fn keep(found: &mut Vec<(Violation, Time, u64)>, violation: Violation, at: Time, step: u64) {
        if found.iter().all(|(known, ..)| known.property != violation.property) {
            found.push((violation, at, step));
        }
    }
}

impl<P: Protocol> Observer<P> for Judge<P::Safety> {
    #[inline]
    fn observe(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) {
        // Nothing is promised of what a liar believes or claims.
        if nodes.is_liar(step.machine) {
            return;
        }
        let (found, at, number) = (&mut self.found, step.at, step.number);
        self.safety.check(nodes, step, &mut |violation| Self::keep(found, violation, at, number));
    }
    fn client(&mut self, _: &ClientStep<'_, P>) {}
    fn fault(&mut self, nodes: &Nodes<P>, step: &FaultStep<'_>) {
        self.safety.fault(nodes, step);
    }
}

/// The order in which requests were executed, as the first node to execute at each slot tells it. What it executes at a
/// slot, it executes in one step.
#[derive(Default)]
struct Order {
    requests: Vec<RequestId>,
    slot: u64,
}

impl<P: Process> Observer<P> for Order {
    #[inline]
    fn observe(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) {
        if nodes.is_liar(step.machine) {
            return;
        }
        let told = self.slot;
        for fact in step.facts() {
            if let Fact::Executes { slot, client, number } = fact
                && *slot > told
            {
                self.slot = *slot;
                let client = NodeId::client(*client);
                self.requests.push(RequestId { client, number: *number });
            }
        }
    }
}

type Watch<P> = (
    Option<Digest>,
    Measures,
    History<<P as sim_core::Process>::Service>,
    Judge<<P as Protocol>::Safety>,
    CatchUp,
    (Order, Option<AllEnd>, Option<Trace>, Option<Recording>, Option<Reach>),
);

/// Runs a protocol once and judges the run.
///
/// # Panics
///
/// When the job's options are not of the protocol's own type: the catalogue sees to it that they are.
pub fn run<P: Protocol>(job: &Job<'_>) -> Ran {
    let config = job.options.downcast_ref::<P::Config>().expect("the protocol's own options");
    let mut settle =
        job.settle.unwrap_or_else(|| P::settle(config, &job.settings) + search::<P>(job));
    let heal = job.plan.heal;
    let clients = clients::<P>(job, config);
    let has_clients = !clients.is_empty();
    let mut watch: Watch<P> = (
        job.digest.then(Digest::default),
        Measures::new(heal),
        History::default(),
        Judge { safety: P::Safety::default(), found: Vec::new() },
        CatchUp::new(heal, P::decides_in_order()),
        (
            Order::default(),
            does_transactions::<P>().then(|| AllEnd::new(heal)),
            job.trace.then(|| if job.show { Trace::showing() } else { Trace::default() }),
            job.record.then(Recording::default),
            job.reach.then(Reach::default),
        ),
    );
    let mut world =
        World::<P>::new(job.settings.clone(), config.clone(), clients, job.plan.clone(), job.seed);
    if job.write_out {
        world.write_out();
    }
    let mut ended = Ended::default();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        world.start(&mut watch);
        ended =
            until_recovered::<P>(&mut world, &mut watch, (job, config), &mut settle, has_clients);
    }));
    let mut findings = Findings::<P> { config, world: &world, list: Vec::new() };
    findings.safety(&watch.3);
    findings.panic(panicked.err());
    let judged = judged::judge::<P::Service>(&watch.2, &watch.5.0.requests, job.budget);
    if let Some(property) = judged.property {
        findings.add(property, judged.verdict, judged.why, judged.at, None);
    }
    let due = Due::of::<P>(config, &job.plan, &world);
    findings.liveness(&due, ended, has_clients, &watch, settle);
    let mut outcome = Outcome {
        seed: job.seed,
        nodes: job.settings.nodes,
        digest: watch.0.as_ref().map_or(0, Digest::value),
        waypoints: watch.0.as_ref().map_or_else(Vec::new, |digest| digest.waypoints().to_vec()),
        steps: world.steps(),
        lasted: world.now() - Time::ZERO,
        findings: findings.list,
        fired: world.fired().clone(),
        idle: world.idle_faults().iter().map(ToString::to_string).collect(),
        operations: judged.operations,
        keys: judged.keys,
        reached: watch.5.4.as_ref().map(Reach::reached),
        settle,
        ..Outcome::default()
    };
    watch.1.finish(world.now(), &mut outcome);
    let (_, _, mut trace, recording, _) = watch.5;
    if let Some(trace) = trace.as_mut().filter(|_| job.show) {
        trace.operations = judged::shown(&watch.2);
        trace.blame = judged.blame;
    }
    let written = job.write_out.then(|| WrittenOut {
        messages: world.disturbances().to_vec(),
        operations: world.invoked().to_vec(),
    });
    Ran { outcome, trace, recording, written }
}

/// The clients of a run; they go on asking until its end.
fn clients<P: Protocol>(job: &Job<'_>, config: &P::Config) -> Vec<<P::Service as Service>::Client> {
    type ClientOf<P> = <<P as sim_core::Process>::Service as Service>::Client;
    type Load<P> = <ClientOf<P> as Client>::Load;
    let Some(settings) = &job.clients else { return Vec::new() };
    let load = settings.load.downcast_ref::<Load<P>>().expect("the load's own options");
    let settings = ClientSettings {
        think: settings.think,
        interval: settings.interval,
        timeout: settings.timeout,
        patience: settings.patience,
        persists_from: settings.persists_from,
        operations: settings.operations,
        until: settings.until,
        matching: P::matching(config, job.settings.nodes),
        load: load.clone(),
        written: settings.written.clone(),
    };
    let count = job.settings.clients;
    (0..count).map(|index| Client::new(&settings, index, count)).collect()
}

/// How many operations are written for the clients of a run; none when they draw what they ask for.
fn asked<P: Protocol>(job: &Job<'_>) -> Option<u64> {
    let written = job.clients.as_ref()?.written.as_ref()?;
    let own = written
        .iter()
        .filter(|one| one.client < job.settings.clients && P::Service::read_op(&one.op).is_some());
    Some(own.count() as u64)
}

/// How long a client may take to find somebody who is up, when as many nodes are down for good as the protocol stands:
/// it asks one after the other, and each of these costs it a time-out.
fn search<P: Protocol>(job: &Job<'_>) -> Span {
    let Some(clients) = &job.clients else { return Span::ZERO };
    let nodes = job.settings.nodes;
    let down = (0..nodes).rev().find(|down| P::tolerating(*down) <= nodes).unwrap_or(0);
    clients.timeout * u64::from(down)
}

/// How a run came to its end.
#[derive(Debug, Default)]
struct Ended {
    /// Its events were up.
    at_limit: bool,
    /// It had recovered. That may be over again: members change, and the newest may have to catch up.
    recovered: bool,
    /// A change of the members that was not over whenever it was looked.
    open_change: Option<String>,
}

/// Runs through the faults and on until the cluster has recovered, or until its time or its events are up. Unless the
/// scenario says how long it may take to settle, that grows with what has to be brought to nodes.
fn until_recovered<P: Protocol>(
    world: &mut World<P>,
    watch: &mut Watch<P>,
    (job, config): (&Job<'_>, &P::Config),
    settle: &mut Span,
    has_clients: bool,
) -> Ended {
    let advance = |world: &mut World<P>, watch: &mut Watch<P>, until: Time| {
        let left = job.limit.saturating_sub(world.steps());
        timed::run(world, until, left, watch) != Stopped::AtLimit
    };
    let asked = asked::<P>(job).filter(|_| job.brief);
    let mut at = job.plan.heal;
    if !advance(world, watch, at) {
        return Ended { at_limit: true, ..Ended::default() };
    }
    if job.settle.is_none() {
        let slots = watch.4.backlog(world.nodes(), P::members(world.nodes()));
        *settle += P::bring_up(config, &job.settings, slots);
    }
    let end = at + *settle;
    // There may always be another change under way, but not always the same.
    let mut open_change = P::open_change(world.nodes());
    while at < end {
        at = (at + GLANCE).min(end);
        if !advance(world, watch, at) {
            return Ended { at_limit: true, recovered: false, open_change };
        }
        let over = asked.is_some_and(|asked| watch.1.all_over(asked));
        let served = !has_clients || watch.1.recovered() || over;
        let nodes = world.nodes();
        let caught_up = || watch.4.is_caught_up(nodes, P::members(nodes));
        open_change = open_change.and_then(|_| P::open_change(nodes));
        let lingers = || !P::unfinished(&watch.3.safety, nodes, job.plan.heal).is_empty();
        let all_ended = || watch.5.1.as_ref().is_none_or(|end| end.open().is_none());
        if served && caught_up() && open_change.is_none() && all_ended() && !lingers() {
            let afterglow = P::afterglow(config, &job.settings);
            let at_limit = !advance(world, watch, (at + afterglow).min(end));
            return Ended { at_limit, recovered: true, open_change };
        }
    }
    Ended { open_change, ..Ended::default() }
}

/// Whether the cluster has to recover at all.
enum Due {
    Yes,
    /// It could not, for this reason.
    No(String),
}

impl Due {
    fn of<P: Protocol>(config: &P::Config, plan: &Plan, world: &World<P>) -> Due {
        let nodes = world.nodes().len() as u32;
        if !P::can_go_on(world.nodes()) {
            let live = world.nodes().live().count();
            return Due::No(format!("with {live} of {nodes} honest nodes up it could not go on"));
        }
        let stands_liars = world.liars(Time::NEVER) <= P::liars(config, nodes);
        let lasting = |kind: FaultKind| {
            let over = matches!(
                kind,
                FaultKind::Crash
                    | FaultKind::TornCrash
                    | FaultKind::WipedCrash
                    | FaultKind::Restart
                    | FaultKind::ClockJump
                    | FaultKind::ClockDrift
                    | FaultKind::BitRot
            );
            let stood = stands_liars && kind.is_lie();
            !over && !stood
        };
        let forever = plan
            .strikes
            .iter()
            .find(|strike| strike.lasts == Lasts::Forever && lasting(strike.fault.kind()));
        match forever {
            Some(strike) => Due::No(format!(
                "fault {} ({}) lasts forever, so nothing was due",
                strike.id,
                strike.fault.kind()
            )),
            None => Due::Yes,
        }
    }
}

struct Findings<'a, P: Protocol> {
    config: &'a P::Config,
    world: &'a World<P>,
    list: Vec<Finding>,
}

impl<P: Protocol> Findings<'_, P> {
    fn add(
        &mut self,
        property: &str,
        verdict: Verdict,
        why: String,
        at: Option<Time>,
        step: Option<u64>,
    ) {
        let struck = self.world.fired().by(at.unwrap_or(Time::NEVER));
        let promises = P::promises(self.config);
        let promise = promises.iter().find(|promise| promise.property == property);
        let by = at.unwrap_or(Time::NEVER);
        let liars = self.world.liars(by) > P::liars(self.config, self.world.nodes().len() as u32);
        // A protocol that reckons with no liars may stumble over what they say.
        let always = property == "no-panic" && !liars;
        let bound = P::drift_bound(self.config, property).map(u64::from);
        let drifts = bound.is_some_and(|bound| self.world.worst_drift() > bound);
        let network = &self.world.settings().network;
        let is_slow =
            P::delay_bound(self.config).is_some_and(|bound| network.longest_delay() > bound);
        let under = |kind: &FaultKind| {
            always
                || promise.is_some_and(|promise| promise.under.contains(kind))
                    && !(drifts && *kind == FaultKind::ClockDrift)
                    && !(liars && World::<P>::makes_liars(*kind))
        };
        let mut beyond: Vec<FaultKind> = struck.filter(|kind| !under(kind)).collect();
        // What a liar says or does is not looked at from the moment that it is one, not only from its first lie on.
        for kind in self.world.became_liars(by).filter(|_| liars) {
            if !beyond.contains(&kind) {
                beyond.push(kind);
            }
        }
        if drifts && !beyond.contains(&FaultKind::ClockDrift) {
            // Clocks that were too wrong from the beginning.
            beyond.push(FaultKind::ClockDrift);
        }
        if is_slow && !beyond.contains(&FaultKind::Delay) {
            beyond.push(FaultKind::Delay);
        }
        self.list.push(Finding {
            property: property.to_owned(),
            verdict,
            promised: (always || promise.is_some()) && beyond.is_empty(),
            why,
            at,
            step,
            beyond,
        });
    }

    fn safety(&mut self, judge: &Judge<P::Safety>) {
        for property in P::Safety::properties() {
            match judge.found.iter().find(|(violation, ..)| violation.property == property) {
                None => self.add(property, Verdict::Holds, String::new(), None, None),
                Some((violation, at, step)) => {
                    let why = violation.why.clone();
                    self.add(property, Verdict::Broken, why, Some(*at), Some(*step));
                }
            }
        }
    }

    fn panic(&mut self, panicked: Option<Box<dyn Any + Send>>) {
        let Some(payload) = panicked else {
            return self.add("no-panic", Verdict::Holds, String::new(), None, None);
        };
        let words = payload.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| payload.downcast_ref::<&str>().copied());
        let why = format!("the protocol's code panicked: {}", words.unwrap_or("without words"));
        let (at, step) = (self.world.now(), self.world.steps());
        self.add("no-panic", Verdict::Broken, why, Some(at), Some(step));
    }

    fn liveness(
        &mut self,
        due: &Due,
        ended: Ended,
        has_clients: bool,
        watch: &Watch<P>,
        settle: Span,
    ) {
        let late = |what: String| format!("{what} within {settle} after everything had healed");
        let heal = watch.4.healed();
        // Who has wanted nothing, or not for long enough to be sure of an answer, is no witness against the cluster.
        let in_vain = watch.1.wanting(heal + settle) >= Span(settle.0 / 2);
        let served = !has_clients || watch.1.recovered() || !in_vain;
        let nodes = self.world.nodes();
        let lagging = watch.4.lagging(nodes, P::members(nodes)).filter(|_| !ended.recovered);
        let unserved = late("no operation that was begun after the healing succeeded".into());
        let mut checks =
            vec![("live-again", (!served).then_some(unserved)), ("catch-up", lagging.map(late))];
        let promises = P::promises(self.config);
        if promises.iter().any(|promise| promise.property == CHANGE_OVER) {
            checks.push((CHANGE_OVER, ended.open_change.map(late)));
        }
        if let Some(end) = &watch.5.1 {
            checks.push((ALL_END, end.open().map(late)));
        }
        let unfinished = P::unfinished(&watch.3.safety, nodes, heal);
        for property in P::ENDINGS {
            let found = unfinished.iter().find(|(broken, _)| broken == property);
            checks.push((property, found.map(|(_, what)| late(what.clone()))));
        }
        for (property, why) in checks {
            let (verdict, why) = match (why, due, ended.at_limit) {
                (None, Due::Yes, _) => (Verdict::Holds, String::new()),
                (_, Due::No(why), _) => (Verdict::Holds, why.clone()),
                (Some(_), _, true) => {
                    let steps = self.world.steps();
                    let pending = self.world.count_pending();
                    let why = format!(
                        "the run was given up after {steps} steps, with {pending} events pending"
                    );
                    (Verdict::Unknown, why)
                }
                (Some(why), _, false) => (Verdict::Broken, why),
            };
            let at = (verdict == Verdict::Broken).then(|| heal + settle);
            self.add(property, verdict, why, at, None);
        }
    }
}
