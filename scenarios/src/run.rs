//! A scenario over many seeds: a job for each seed, all cores busy, one summary.
//!
//! One run is one thread, and many seeds are many independent runs. What they come to is merged in a way that
//! does not depend on the order in which they finish, so a summary is the same with any number of jobs.

use crate::campaign::corpus::Input;
use crate::format::{
    self, Bound, Choices, Expect, ProtocolWords, Scenario, Subject, Vocabulary, Wanted,
};
use crate::nemesis::{self, Field};
use crate::plan;
use crate::tally::Collector;
use crate::words::Words;
use protocols::{Catalogue, Entry, Job, Options, Ran};
use rayon::prelude::*;
use sim_core::fault::{FaultKind, Plan};
use sim_core::outcome::Outcome;
use sim_core::summary::Summary;
use sim_core::{ClientSettings, Settings, Time};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// As many configurations as the linearizability checker visits for a key before it gives up.
pub const BUDGET: u64 = 500_000;
/// As many events as may happen in one run before it is given up.
pub const LIMIT: u64 = 200_000_000;

/// One protocol under one scenario.
pub struct Course<'a> {
    /// The scenario's name: `raft/minority-leader`, or its path; with its variant: `raft/reads@lease`.
    pub name: String,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The protocol, and its options for this scenario.
    pub subject: &'a Subject,
    /// Bugs that were planted beside those of the scenario.
    pub planted: Vec<String>,
    entry: &'static dyn Entry,
    change: Change,
    options: Options,
    words: Words,
}

/// What is done to a protocol's options before it runs.
enum Change {
    /// These bugs are planted.
    Plant(Vec<String>),
    /// What would hide this bug is taken away.
    Unmask(String),
}

impl Change {
    fn apply(&self, entry: &dyn Entry, options: &Options) -> Result<Options, String> {
        let unknown = |bug: &str| format!("{} has no bug `{bug}`", entry.name());
        match self {
            Change::Plant(bugs) => bugs.iter().try_fold(options.clone(), |options, bug| {
                entry.plant(&options, bug).ok_or_else(|| unknown(bug))
            }),
            Change::Unmask(bug) => entry.unmask(options, bug).ok_or_else(|| unknown(bug)),
        }
    }

    /// The options with what would hide the bugs taken away, and without the bugs.
    fn without_bugs(&self, entry: &dyn Entry, options: &Options) -> Options {
        let bugs = match self {
            Change::Plant(bugs) => bugs.as_slice(),
            Change::Unmask(bug) => std::slice::from_ref(bug),
        };
        let unmask =
            |options: Options, bug: &String| entry.unmask(&options, bug).unwrap_or(options);
        bugs.iter().fold(options.clone(), unmask)
    }
}

/// Everything that the run of one seed depends on: what the seed has drawn from a scenario, or what somebody has put in
/// the place of that.
#[derive(Clone)]
pub struct Case<'a> {
    /// The seed, from which everything is drawn that happens in the run.
    pub seed: u64,
    /// What was chosen for the keys of the scenario's `[swarm]`.
    pub choices: Choices,
    /// The scenario as these choices make it.
    pub scenario: Cow<'a, Scenario>,
    /// The options of the protocol, as they were drawn.
    pub drawn: Options,
    /// The same, planted bugs included.
    pub options: Options,
    /// The load's own options.
    pub load: Option<Options>,
    /// How many nodes there are.
    pub nodes: u32,
    /// What goes wrong.
    pub plan: Plan,
}

/// What may be asked of a run beside its outcome.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extras {
    /// Write it down.
    pub trace: bool,
    /// Write down what nodes show of themselves and what clients saw, too.
    pub show: bool,
    /// Keep the digest after every step.
    pub record: bool,
    /// Tell where it gets.
    pub reach: bool,
    /// Write out what happens to single messages and what clients ask for.
    pub write_out: bool,
    /// End as soon as the cluster has recovered and what is written for clients is over.
    pub brief: bool,
}

/// A seed that did not give the same run twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsteady {
    /// Which seed.
    pub seed: u64,
    /// The first step that differed; none when only the end did.
    pub step: Option<u64>,
}

impl Case<'_> {
    /// Everything that the run depends on, as the catalogue takes it.
    pub fn job(&self, extras: Extras) -> Job<'_> {
        let Scenario { clients, network, costs, clocks, settle, operations, .. } =
            self.scenario.as_ref();
        let load = self.load.as_ref().filter(|_| clients.count > 0);
        Job {
            seed: self.seed,
            settings: Settings {
                nodes: self.nodes,
                clients: clients.count,
                network: network.clone(),
                costs: *costs,
                clocks: *clocks,
            },
            options: &self.options,
            clients: load.map(|load| ClientSettings {
                think: clients.think,
                interval: clients.interval,
                timeout: clients.timeout,
                patience: clients.patience,
                persists_from: self.plan.heal,
                operations: clients.operations,
                until: Time::NEVER,
                matching: Default::default(),
                load: load.clone(),
                written: operations.clone(),
            }),
            plan: self.plan.clone(),
            settle: *settle,
            budget: BUDGET,
            limit: LIMIT,
            trace: extras.trace,
            show: extras.show,
            digest: true,
            record: extras.record,
            reach: extras.reach,
            write_out: extras.write_out,
            brief: extras.brief,
        }
    }
}

impl<'a> Course<'a> {
    /// A scenario's protocol, ready to run, with bugs planted beside those that the scenario plants.
    ///
    /// # Errors
    ///
    /// When the protocol has no such bug.
    pub fn new(
        catalogue: Catalogue,
        name: &str,
        scenario: &'a Scenario,
        subject: &'a Subject,
        bugs: &[String],
    ) -> Result<Self, String> {
        let change = Change::Plant(bugs.to_vec());
        Course::changed(catalogue, name, scenario, subject, change)
    }

    /// The same with what a bug's configuration takes away or adds so that the bug shows, but without the bug.
    ///
    /// # Errors
    ///
    /// When the protocol has no such bug.
    pub fn unmasked(
        catalogue: Catalogue,
        name: &str,
        scenario: &'a Scenario,
        subject: &'a Subject,
        bug: &str,
    ) -> Result<Self, String> {
        Course::changed(catalogue, name, scenario, subject, Change::Unmask(bug.to_owned()))
    }

    fn changed(
        catalogue: Catalogue,
        name: &str,
        scenario: &'a Scenario,
        subject: &'a Subject,
        change: Change,
    ) -> Result<Self, String> {
        let entry = catalogue
            .get(&subject.protocol)
            .ok_or_else(|| format!("there is no protocol `{}`", subject.protocol))?;
        let options = change.apply(entry, &subject.options)?;
        let planted = match &change {
            Change::Plant(bugs) => bugs.clone(),
            Change::Unmask(_) => Vec::new(),
        };
        let words = Words::of(catalogue);
        let name = match &scenario.variant {
            Some(variant) => format!("{name}@{}", variant.name),
            None => name.to_owned(),
        };
        Ok(Course { name, scenario, subject, planted, entry, change, options, words })
    }

    /// The protocol.
    pub fn entry(&self) -> &'static dyn Entry {
        self.entry
    }

    /// The protocol's options, planted bugs included, before a seed draws any.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What its clients do; none when there are none.
    pub fn load(&self) -> Option<&str> {
        let clients = &self.scenario.clients;
        let own = self.entry.loads().first().copied().filter(|_| clients.count > 0);
        clients.load.as_deref().or(own)
    }

    /// What a seed draws.
    ///
    /// Faults are drawn for the options without the planted bugs: those must not change what strikes. What would hide
    /// them is taken away before, so that the same strikes when nothing is planted and only that is taken away.
    pub fn case(&self, seed: u64) -> Case<'a> {
        let (scenario, choices) = self.lay(self.scenario.swarm.draw(seed));
        let (drawn, options, load) = self.options_in(&scenario);
        let (nodes, plan) = match self.words() {
            Some(words) => {
                let nodes = plan::nodes(&scenario.nodes, words, &options, seed);
                (nodes, plan::draw(&scenario, words, &drawn, seed, nodes))
            }
            None => (1, Plan::default()),
        };
        Case { seed, choices, drawn, options, load, nodes, plan, scenario }
    }

    /// The case of an input: nothing is drawn.
    pub fn case_of(&self, input: &Input) -> Case<'a> {
        let (scenario, choices) = self.lay(input.choices.clone());
        let (drawn, options, load) = self.options_in(&scenario);
        let Input { seed, nodes, plan, .. } = input.clone();
        Case { seed, choices, drawn, options, load, nodes, plan, scenario }
    }

    /// The scenario with the values that were chosen for the keys of its `[swarm]`, and those of them that fit.
    fn lay(&self, choices: Choices) -> (Cow<'a, Scenario>, Choices) {
        let swarm = &self.scenario.swarm;
        let drawn = match choices.is_empty() {
            true => None,
            false => format::drawn(swarm, choices, &self.words),
        };
        match drawn {
            Some((scenario, choices)) => (Cow::Owned(scenario), choices),
            None => (Cow::Borrowed(self.scenario), Choices::new()),
        }
    }

    /// The protocol's options in a drawn scenario, without planted bugs and with them, and the load's.
    fn options_in(&self, scenario: &Scenario) -> (Options, Options, Option<Options>) {
        let protocol = self.entry.name();
        let subject = scenario.subjects.iter().find(|subject| subject.protocol == protocol);
        let subject = subject.unwrap_or(self.subject);
        // That the protocol knows the bugs was seen when the course was made.
        let options = self.change.apply(self.entry, &subject.options);
        let options = options.unwrap_or_else(|_| subject.options.clone());
        (self.change.without_bugs(self.entry, &subject.options), options, subject.load.clone())
    }

    /// What is expected of a run of so many nodes: with what closed forms come to then.
    pub fn expect(&self, nodes: u32) -> Cow<'_, Expect> {
        let expect = &self.scenario.expect;
        let is_open = |one: &Wanted| matches!(one.bound, Bound::ClosedForm { .. });
        if !expect.each.iter().chain(&expect.all).any(is_open) {
            return Cow::Borrowed(expect);
        }
        let mut expect = expect.clone();
        for wanted in expect.each.iter_mut().chain(&mut expect.all) {
            let forms = self.entry.closed_forms();
            if let Bound::ClosedForm { gives, .. } = &mut wanted.bound {
                let form = forms.iter().find(|form| form.measure == wanted.measure);
                *gives = form.map(|form| (form.of)(u64::from(nodes)));
            }
        }
        Cow::Owned(expect)
    }

    /// What scenarios may say of the protocol.
    pub fn words(&self) -> Option<&dyn ProtocolWords> {
        self.words.protocol(self.entry.name())
    }

    /// The kinds of fault that may strike in a case: those of the file, and those that its nemesis may make up.
    pub fn allowed(&self, case: &Case<'_>) -> Vec<FaultKind> {
        let scenario = case.scenario.as_ref();
        let mut kinds: Vec<FaultKind> =
            scenario.faults.iter().map(|line| line.what.kind()).collect();
        if let (Some(nemesis), Some(field)) = (&scenario.nemesis, self.field(case)) {
            kinds.extend(nemesis::allowed(nemesis, &field));
        }
        kinds
    }

    /// What the nemesis of a case strikes at.
    pub(crate) fn field<'b>(&'b self, case: &'b Case<'_>) -> Option<Field<'b>> {
        let words = self.words()?;
        Some(Field::of(&case.scenario, words, &case.drawn, case.nodes))
    }

    /// The moments that a search may aim at.
    pub fn moments(&self) -> Vec<String> {
        match (&self.scenario.nemesis, self.words()) {
            (Some(nemesis), Some(words)) => nemesis::moments(nemesis, words),
            _ => Vec::new(),
        }
    }

    /// Runs one seed.
    pub fn run(&self, seed: u64, extras: Extras) -> Ran {
        self.run_case(&self.case(seed), extras)
    }

    /// Runs what a seed has drawn, or what was put in the place of that.
    pub fn run_case(&self, case: &Case<'_>, extras: Extras) -> Ran {
        self.entry.run(&case.job(extras))
    }

    /// Runs every seed of a range on all cores and sums up.
    ///
    /// `seen` is called after each run, from any thread and in any order; when `stop` is set, runs that have not
    /// begun are left out.
    pub fn run_all(
        &self,
        seeds: Range<u64>,
        stop: &AtomicBool,
        seen: &(impl Fn(&Case<'_>, &Outcome) + Sync),
    ) -> Summary {
        let first = seeds.start;
        let collected = seeds
            .into_par_iter()
            .fold(Collector::default, |mut collector, seed| {
                if !stop.load(Ordering::Relaxed) {
                    let case = self.case(seed);
                    let outcome = self.run_case(&case, Extras::default()).outcome;
                    seen(&case, &outcome);
                    let expect = self.expect(outcome.nodes);
                    collector.add(outcome, &expect);
                }
                collector
            })
            .reduce(Collector::default, Collector::merge);
        collected.sum_up(self, first)
    }

    /// Runs every seed twice and names the first that did not give the same run.
    pub fn run_twice(&self, seeds: Range<u64>, stop: &AtomicBool) -> Option<Unsteady> {
        let differs = |seed: &u64| {
            let digest = || self.run(*seed, Extras::default()).outcome.digest;
            !stop.load(Ordering::Relaxed) && digest() != digest()
        };
        let seed = seeds.into_par_iter().find_first(differs)?;
        let record = || self.run(seed, Extras { record: true, ..Extras::default() }).recording;
        let step = match (record(), record()) {
            (Some(first), Some(second)) => first.first_difference(&second),
            _ => None,
        };
        Some(Unsteady { seed, step })
    }
}
