//! Questions that no type answers: whether numbers fit protocols, and whether a scenario could ever
//! be run.

use super::file::Chosen;
use super::limits::{self, grouped, steps};
use super::problem::{Draft, Found, clip};
use super::scenario::{Clients, Count, Kinds, Nemesis};
use super::value::suggestion;
use super::vocabulary::ProtocolWords;
use sim_core::Span;
use sim_core::fault::{FaultKind, Target};
use sim_core::settings::{Costs, Delay, NetworkSettings};
use std::collections::BTreeMap;
use std::ops::Range;

/// `raft`, or `raft and pbft`; empty when there is none.
pub(super) fn listed(protocols: &[&dyn ProtocolWords]) -> String {
    let names: Vec<&str> = protocols.iter().map(|words| words.name()).collect();
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.to_string(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// The roles that mean the same in every protocol, and those that some protocol lacks or means
/// differently.
pub(super) fn roles(
    protocols: &[&dyn ProtocolWords],
) -> (BTreeMap<String, Target>, BTreeMap<String, String>) {
    let (mut shared, mut foreign) = (BTreeMap::new(), BTreeMap::new());
    for words in protocols {
        for (role, target) in words.roles() {
            let lacks = protocols.iter().find(|other| {
                !other.roles().iter().any(|(name, means)| *name == role && *means == target)
            });
            match lacks {
                None => drop(shared.insert(role.to_string(), target)),
                Some(other) => drop(foreign.insert(role.to_string(), other.name().to_string())),
            }
        }
    }
    (shared, foreign)
}

/// Whether the protocols work with so many nodes. The fewest and the most that this can come to, if
/// they do.
pub(super) fn nodes(
    count: &Count,
    place: &Range<usize>,
    subjects: &[Chosen<'_>],
    found: &mut Found,
) -> Option<(u32, u32)> {
    let most = grouped(u64::from(*limits::NODES.end()));
    let mut wrong = |message: String, help: &str| {
        found.say(Draft::at(place.clone(), message).help(help));
        None
    };
    let counts: Vec<(u32, &str, std::ops::RangeInclusive<u32>)> = match count {
        Count::Any(counts) if counts.is_empty() || counts.len() > limits::CHOICES => {
            let message = format!("{} numbers of nodes to choose from", counts.len());
            return wrong(message, &format!("list 1 to {}", limits::CHOICES));
        }
        Count::Tolerate(faults) if *faults > *limits::NODES.end() => {
            return wrong(
                "no cluster is large enough for that".into(),
                &format!("at most {most} nodes"),
            );
        }
        count => subjects
            .iter()
            .flat_map(|(words, options)| {
                let counts = match count {
                    Count::N(count) => vec![*count],
                    Count::Any(counts) => counts.clone(),
                    Count::Tolerate(faults) => vec![words.tolerating(*faults, options)],
                };
                counts.into_iter().map(|count| (count, words.name(), words.nodes()))
            })
            .collect(),
    };
    let alone = match count {
        Count::N(count) => vec![*count],
        Count::Any(counts) => counts.clone(),
        Count::Tolerate(_) => counts.iter().map(|(count, ..)| *count).collect(),
    };
    if let Some(bad) = alone.iter().find(|count| !limits::NODES.contains(count)) {
        let message = match bad {
            0 => "a cluster has at least one node".to_string(),
            _ => "that is more nodes than fit into a run".to_string(),
        };
        return wrong(message, &format!("clusters have 1 to {most} nodes"));
    }
    for (count, name, works) in counts {
        if !works.contains(&count) {
            let (least, most) = (works.start(), works.end());
            let message = format!("{name} does not run on {count} nodes");
            let (least, most) = (grouped(u64::from(*least)), grouped(u64::from(*most)));
            return wrong(message, &format!("it runs on {least} to {most}"));
        }
    }
    Some((alone.iter().copied().min()?, alone.iter().copied().max()?))
}

/// Whether a nemesis has anything to do, and no more than fits. The places are those of `kinds`,
/// `except`, `every`, `for`, `at-once` and `moments`.
pub(super) fn nemesis(
    nemesis: &Nemesis,
    [kinds, except, every, lasts, at_once, moments]: &[Range<usize>; 6],
    subjects: &[Chosen<'_>],
    duration: Option<Span>,
    found: &mut Found,
) {
    let these: &[FaultKind] = match &nemesis.kinds {
        Kinds::These(these) => these,
        Kinds::All => &FaultKind::ALL,
        Kinds::Promised => &[],
    };
    let drawn = |kind: &FaultKind| *kind != FaultKind::Restart && !nemesis.except.contains(kind);
    if matches!(nemesis.kinds, Kinds::These(_)) {
        if these.contains(&FaultKind::Restart) {
            let wrong =
                Draft::at(kinds.clone(), "a nemesis boots what it crashed when `for` has passed");
            found.say(wrong.help("leave out `restart`"));
        }
        if !these.iter().any(drawn) {
            let wrong = Draft::at(kinds.clone(), "this leaves the nemesis nothing to do");
            found.say(wrong.help("write \"promised\", or name kinds that `except` does not"));
        }
    }
    for (words, options) in subjects.iter().filter(|_| !nemesis.beyond) {
        let survives = words.survives(options);
        let not = these.iter().filter(|kind| drawn(kind) && !survives.contains(kind));
        let not: Vec<&str> = not.map(|kind| kind.name()).collect();
        if !not.is_empty() {
            let name = words.name();
            let message = format!("{name} does not promise to survive {}", not.join(", "));
            let help = "leave it out, write kinds = \"promised\", or add beyond = true";
            found.say(Draft::at(kinds.clone(), message).help(help));
            break;
        }
        if nemesis.kinds == Kinds::Promised && !survives.iter().any(drawn) {
            let message = format!("nothing is left of what {} promises to survive", words.name());
            found.say(
                Draft::at(except.clone(), message).help("name its kinds, and add beyond = true"),
            );
        }
    }
    let step = nemesis.every.from;
    let strikes = duration.map_or(0, |duration| steps(duration, step));
    if step == Span::ZERO {
        let wrong = Draft::at(every.clone(), "this strikes without a pause, which never ends");
        found.say(wrong.help("write every = \"100ms\" or more"));
    } else if strikes > limits::STRIKES {
        let (strikes, most) = (grouped(strikes), grouped(limits::STRIKES));
        let wrong = Draft::at(every.clone(), format!("this strikes up to {strikes} times"));
        found.say(wrong.help(format!("a nemesis strikes at most {most} times")));
    }
    if nemesis.lasts.to == Span::ZERO {
        found.say(Draft::at(lasts.clone(), "faults that last no time do nothing"));
    }
    self::moments(nemesis, moments, subjects, found);
    if nemesis.at_once == 0 {
        found.say(
            Draft::at(at_once.clone(), "with no fault at once there is none")
                .help("write 1 or more"),
        );
    }
}

/// Whether there are the moments that a nemesis names, and whether it waits for any.
fn moments(nemesis: &Nemesis, place: &Range<usize>, subjects: &[Chosen<'_>], found: &mut Found) {
    for (words, _) in subjects {
        let events = words.events();
        let strange = nemesis.moments.iter().find(|moment| !events.contains(&moment.as_str()));
        if let Some(event) = strange {
            let message = format!("{} has no event `{}`", words.name(), clip(event, 60));
            found.say(Draft::at(place.clone(), message).help(suggestion(event, &events)));
        }
    }
    if !nemesis.moments.is_empty() && !nemesis.swarm {
        let wrong = Draft::at(place.clone(), "only a swarm waits for moments");
        found.say(wrong.help("add swarm = true"));
    }
}

/// What bounds the work of a run.
pub(super) struct Run<'a> {
    pub(super) subjects: &'a [Chosen<'a>],
    pub(super) duration: &'a Option<(Span, Range<usize>)>,
    pub(super) settle: &'a Option<(Span, Range<usize>)>,
    pub(super) clients: &'a Clients,
    pub(super) nodes: u32,
}

impl Run<'_> {
    /// Whether the run would end in anybody's lifetime.
    pub(super) fn check(
        &self,
        network: &NetworkSettings,
        costs: &Costs,
        places: &BTreeMap<String, Range<usize>>,
        found: &mut Found,
    ) {
        let Some((duration, at)) = self.duration else { return };
        let settle = self.settle.as_ref().map_or(Span::ZERO, |(settle, _)| *settle);
        let length = *duration + settle;
        if length > limits::LENGTH {
            let wrong = Draft::at(at.clone(), "a run lasts a year at most");
            let settle = self.settle.as_ref().map(|(_, at)| at.clone());
            found.say(wrong.also(settle, "with this").help("shorten `duration` or `settle`"));
            return;
        }
        for (words, options) in self.subjects {
            let (name, tick) = (words.name(), words.tick(options));
            let rings = steps(length, tick).saturating_mul(u64::from(self.nodes));
            if rings > limits::RINGS {
                let times = if tick == Span::ZERO { "endless".into() } else { grouped(rings) };
                let (length, nodes) = (length.short(), self.nodes);
                let message = format!(
                    "in {length} a timer of {tick} would ring {times} times on {nodes} {name} nodes"
                );
                let wrong = Draft::at(at.clone(), message);
                let wrong = wrong.also(places.get(name).cloned(), "its timers are set here");
                let most = grouped(limits::RINGS);
                let help = format!("at most {most} times: shorten the run or lengthen the timer");
                found.say(wrong.help(help));
            }
        }
        self.operations(length, shortest_round(network, costs), at, places, found);
    }

    /// How many operations clients may begin, each taking no less than a round trip and a pause.
    fn operations(
        &self,
        length: Span,
        round: Span,
        at: &Range<usize>,
        places: &BTreeMap<String, Range<usize>>,
        found: &mut Found,
    ) {
        let Clients { count, think, interval, operations, .. } = self.clients;
        let step = interval.unwrap_or(think.from + round);
        let each = match operations {
            0 => steps(length, step),
            limit => steps(length, step).min(u64::from(*limit)),
        };
        let all = each.saturating_mul(u64::from(*count));
        if *count == 0 || all <= limits::OPERATIONS {
            return;
        }
        let message = if step == Span::ZERO {
            "with no pause and no delay, clients would ask without end in no time".to_string()
        } else {
            format!("in {} clients would begin up to {} operations", length.short(), grouped(all))
        };
        let wrong = Draft::at(at.clone(), message);
        let wrong = wrong.also(places.get("clients").cloned(), "clients are set here");
        let most = grouped(limits::OPERATIONS);
        found.say(wrong.help(format!("at most {most}: raise `think` or limit `operations`")));
    }
}

/// The least time from a request to its answer.
fn shortest_round(network: &NetworkSettings, costs: &Costs) -> Span {
    let delay = match (&network.topology, network.delay) {
        (None, Delay::Uniform(range)) => range.from,
        // What a curve or a map may draw is short, and never nothing.
        _ => Span::micros(1),
    };
    delay * 2 + costs.message * 2
}
