//! Inputs that got somewhere new.

use super::mutate;
use crate::format::Choices;
use crate::run::{Case, Course};
use serde::{Deserialize, Serialize};
use sim_core::fault::Plan;
use sim_core::outcome::Outcome;
use sim_core::random::{Rng, Stream, key};
use sim_core::reach::event_name;

/// Everything that a run depends on beside its scenario, as plain data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Input {
    /// The seed from which everything is drawn that happens in the run.
    pub seed: u64,
    /// How many nodes there are.
    pub nodes: u32,
    /// What was chosen for the keys of the scenario's `[swarm]`.
    pub choices: Choices,
    /// What goes wrong.
    pub plan: Plan,
}

impl Input {
    /// What a case depends on.
    pub fn of(case: Case<'_>) -> Input {
        let Case { seed, nodes, choices, plan, .. } = case;
        Input { seed, nodes, choices, plan }
    }
}

/// An input that got somewhere new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Found {
    /// The input.
    pub input: Input,
    /// The coarse states that its run met.
    pub states: Vec<u16>,
}

/// What a range has kept so far: its inputs, and how far each of them got.
pub(super) struct Corpus {
    kept: Vec<Kept>,
    /// In how many runs each state was met.
    met: Vec<u32>,
    /// How many runs had an event of each kind.
    events: [u32; 256],
}

struct Kept {
    input: Input,
    states: Vec<u16>,
    /// The kinds of event that its nodes had.
    events: Vec<u8>,
}

/// One of so many inputs is drawn anew.
const FRESH: u64 = 4;
/// A parent is the best of so many.
const RIVALS: usize = 6;

impl Corpus {
    /// A corpus that begins with what is known.
    pub(super) fn new(known: &[Input]) -> Corpus {
        let kept =
            |input: &Input| Kept { input: input.clone(), states: Vec::new(), events: Vec::new() };
        Corpus { kept: known.iter().map(kept).collect(), met: vec![0; 1 << 16], events: [0; 256] }
    }

    /// The next input: one that was kept, changed, or every so often one that is drawn anew.
    pub(super) fn next<'a>(&self, course: &Course<'a>, number: u64) -> Case<'a> {
        let mut rng = Rng::named(key(number, Stream::Search), 0);
        if self.kept.is_empty() || rng.below(FRESH) == 0 {
            return course.case(number);
        }
        let parent = self.choose(&mut rng);
        let other = self.choose(&mut rng);
        let rare = self.rarest_event(parent);
        mutate::mutate(&parent.input, &other.input, rare, course, number, &mut rng)
    }

    /// Of some that were kept, the one whose run got furthest.
    fn choose(&self, rng: &mut Rng) -> &Kept {
        let mut best = &self.kept[rng.index(self.kept.len())];
        let mut most = self.worth(best);
        for _ in 1..RIVALS {
            let rival = &self.kept[rng.index(self.kept.len())];
            let worth = self.worth(rival);
            if worth > most {
                (best, most) = (rival, worth);
            }
        }
        best
    }

    /// How far a run got: in how many states it was, each the less worth the more runs have met it.
    fn worth(&self, kept: &Kept) -> u64 {
        let met = |state: &u16| u64::from(self.met[usize::from(*state)].max(1));
        kept.states.iter().map(|state| (1 << 16) / met(state)).sum()
    }

    /// The event of an input's nodes that the fewest runs had.
    fn rarest_event(&self, kept: &Kept) -> Option<&'static str> {
        let rarest = kept.events.iter().min_by_key(|event| self.events[usize::from(**event)]);
        rarest.map(|event| event_name(*event))
    }

    /// Notes where a run got, and gives its input back if it was somewhere first.
    pub(super) fn take(&mut self, input: Input, outcome: &Outcome) -> Option<Found> {
        let reached = outcome.reached.as_ref()?;
        let mut is_first = false;
        for state in &reached.states {
            let met = &mut self.met[usize::from(*state)];
            is_first |= *met == 0;
            *met += 1;
        }
        let mut events: Vec<u8> = reached.transitions.iter().map(|(_, to)| *to).collect();
        events.sort_unstable();
        events.dedup();
        events.iter().for_each(|event| self.events[usize::from(*event)] += 1);
        let states = reached.states.clone();
        self.kept.push(Kept { input: input.clone(), states: states.clone(), events });
        is_first.then_some(Found { input, states })
    }
}
