//! The scenarios that ship: that each is read, shows what it says, and that together they show what they must.

use scenarios::format::{Scenario, read};
use scenarios::library::{LIBRARY, Shipped, named};
use scenarios::run::{Course, Extras};
use scenarios::words::Words;
use sim_core::Span;
use sim_core::outcome::Verdict;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// What the library has to show.
const CLAIMS: [&str; 50] = [
    "bank-overdraft",
    "bully-highest-wins",
    "bully-split-brain",
    "byzantine-generals",
    "cap-cp",
    "cluster-size-cost",
    "consensus-latency",
    "consensus-properties",
    "crash-vs-byzantine-price",
    "election-compared",
    "even-adds-nothing",
    "even-no-split-brain",
    "flp",
    "no-quorum-reads",
    "paxos-any-proposer",
    "paxos-fast",
    "paxos-reconfiguration",
    "pbft-beyond-f",
    "pbft-message-cost",
    "pbft-one-of-four",
    "pbft-state-transfer",
    "pbft-view-change",
    "quorum-arithmetic",
    "quorums-intersect",
    "raft-clock-and-leases",
    "raft-election-timeline",
    "raft-equal-timeouts-livelock",
    "raft-failover-time",
    "raft-heartbeat-interval",
    "raft-leader-lease",
    "raft-membership",
    "raft-one-round",
    "raft-order-vs-paxos-order",
    "raft-partition-3-2",
    "raft-slow-leader",
    "raft-slow-minority",
    "raft-three-subproblems",
    "raft-two-leaders-two-terms",
    "raft-two-of-five-down",
    "raft-uncommitted-lost",
    "ring-linear",
    "saga-choreography-vs-orchestration",
    "saga-no-locks-no-isolation",
    "saga-order",
    "saga-vs-2pc",
    "split-brain-without-quorum",
    "two-phase-commit-atomic",
    "two-phase-commit-blocks",
    "two-phase-commit-wal",
    "wait-for-all-blocks",
];

fn scenario(shipped: &Shipped) -> Scenario {
    let words = Words::of(protocols::all());
    read(shipped.text.as_bytes(), shipped.name, &words)
        .unwrap_or_else(|problems| panic!("{problems}"))
}

/// Every scenario file below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("the library is beside the tests");
    for entry in entries {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_of_the_library_is_carried_under_its_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    assert_eq!(paths.len(), LIBRARY.len());
    for path in paths {
        let name = path.strip_prefix(&root).expect("it is below").with_extension("");
        let name = name.to_string_lossy().replace('\\', "/");
        let shipped = named(&name).unwrap_or_else(|| panic!("{name} is not carried"));
        assert_eq!(shipped.text, std::fs::read_to_string(&path).expect("it is text"), "{name}");
    }
}

#[test]
fn every_claim_is_shown() {
    let shown: BTreeSet<String> =
        LIBRARY.iter().filter_map(|shipped| scenario(shipped).claim).collect();
    let missing: Vec<&str> = CLAIMS.into_iter().filter(|claim| !shown.contains(*claim)).collect();
    assert!(missing.is_empty(), "nothing shows {missing:?}");
}

#[test]
fn no_two_scenarios_have_one_title_and_each_expects_something() {
    let mut titles = BTreeSet::new();
    for shipped in LIBRARY {
        let scenario = scenario(shipped);
        for one in scenario.each() {
            let bounds = one.expect.each.len() + one.expect.all.len();
            assert!(bounds > 0, "{} expects nothing that is measured", shipped.name);
        }
        assert!(titles.insert(scenario.title.clone()), "{}: {}", shipped.name, scenario.title);
        let first = shipped.text.lines().next();
        assert_eq!(first, Some("#:schema ../../scenario.schema.json"), "{}", shipped.name);
    }
}

/// What needs all seeds of a scenario to be judged is left to `splitbrain run`.
#[test]
fn every_scenario_holds_on_its_first_seeds_and_runs_alike_twice() {
    for shipped in LIBRARY {
        let scenario = scenario(shipped);
        // Of a table of two hundred, one seed of each.
        let seeds = if scenario.members().count() > 50 { 1 } else { 2 };
        for (scenario, subject) in scenario.members() {
            let course = Course::new(protocols::all(), shipped.name, scenario, subject, &[])
                .unwrap_or_else(|problem| panic!("{}: {problem}", shipped.name));
            let summary = course.run_all(0..seeds, &AtomicBool::new(false), &|_, _| {});
            assert_eq!(summary.seeds.held, seeds, "{}: {:?}", shipped.name, summary.broken);
            for expectation in summary.expectations {
                assert_ne!(expectation.met, Some(false), "{}: {expectation:?}", shipped.name);
            }
            let digest = || course.run(0, Extras::default()).outcome.digest;
            assert_eq!(digest(), digest(), "{}", shipped.name);
        }
    }
}

/// A node is a liar from the moment that a fault makes it one, and nobody looks any more at what it does. What others
/// then do with what it had said in good faith breaks no promise, though it has not told a lie yet.
#[test]
fn nothing_is_promised_while_more_nodes_are_liars_than_a_protocol_reckons_with() {
    let scenario = scenario(named("survival/matrix").expect("it ships"));
    let (_, many_liars) = scenario.called("survival/matrix@many-liars");
    let subject = many_liars.subjects.iter().find(|one| one.protocol == "multi-paxos");
    let course = Course::new(protocols::all(), "", &many_liars, subject.expect("it runs"), &[]);
    let outcome = course.expect("no bugs").run(2, Extras::default()).outcome;
    let broken = outcome.finding("learner-consistency").expect("it is checked");
    assert_eq!(broken.verdict, Verdict::Broken, "the seed is no good any more");
    assert!(!broken.promised, "{broken:?}");
}

/// Where replicas take turns of seconds after the healing, whoever asks for something then must not stop listening
/// meanwhile.
#[test]
fn what_is_asked_after_the_healing_is_served_however_slowly() {
    let scenario = scenario(named("pbft/swarm").expect("it ships"));
    let course = Course::new(protocols::all(), "", &scenario, &scenario.subjects[0], &[]);
    let outcome = course.expect("no bugs").run(1_000_014, Extras::default()).outcome;
    assert_eq!(outcome.finding("live-again").expect("it is checked").verdict, Verdict::Holds);
    let recovery = outcome.samples["recovery"].0[0];
    assert!(recovery > Span::secs(10).0, "the seed is no good any more: {recovery} ns");
}
