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

/// What a range has kept so far: inputs whose runs got where few others did.
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

/// An input is kept while so few runs have met one of its states.
const RARE: u32 = 2;

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
        if self.kept.is_empty() || rng.below(3) == 0 {
            return course.case(number);
        }
        let parent = self.choose(&mut rng);
        let other = self.choose(&mut rng);
        let rare = self.rarest_event(parent);
        mutate::mutate(&parent.input, &other.input, rare, course, number, &mut rng)
    }

    /// Of three that were kept, the one that met the rarest state.
    fn choose(&self, rng: &mut Rng) -> &Kept {
        let mut one = || &self.kept[rng.index(self.kept.len())];
        let some = [one(), one(), one()];
        let rarity =
            |kept: &&Kept| kept.states.iter().map(|state| self.met[usize::from(*state)]).min();
        some.into_iter().min_by_key(rarity).unwrap_or(some[0])
    }

    /// The event of an input's nodes that the fewest runs had.
    fn rarest_event(&self, kept: &Kept) -> Option<&'static str> {
        let rarest = kept.events.iter().min_by_key(|event| self.events[usize::from(**event)]);
        rarest.map(|event| event_name(*event))
    }

    /// Keeps an input if its run got where few others did, and gives it back if it was the first there.
    pub(super) fn take(&mut self, input: Input, outcome: &Outcome) -> Option<Found> {
        let reached = outcome.reached.as_ref()?;
        let mut fewest = u32::MAX;
        for state in &reached.states {
            let met = &mut self.met[usize::from(*state)];
            *met += 1;
            fewest = fewest.min(*met);
        }
        let mut events: Vec<u8> = reached.transitions.iter().map(|(_, to)| *to).collect();
        events.sort_unstable();
        events.dedup();
        events.iter().for_each(|event| self.events[usize::from(*event)] += 1);
        if fewest > RARE {
            return None;
        }
        let states = reached.states.clone();
        self.kept.push(Kept { input: input.clone(), states: states.clone(), events });
        (fewest == 1).then_some(Found { input, states })
    }
}
