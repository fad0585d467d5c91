//! Inputs that got somewhere new.

use super::mutate;
use crate::format::Choices;
use crate::run::{Case, Course};
use serde::{Deserialize, Serialize};
use sim_core::fault::Plan;
use sim_core::outcome::Outcome;
use sim_core::random::{Rng, Stream, key};

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

/// What a range has kept so far.
pub(super) struct Corpus {
    inputs: Vec<Input>,
    met: Box<[u64; 1_024]>,
}

impl Corpus {
    /// A corpus that begins with what is known.
    pub(super) fn new(known: &[Input]) -> Corpus {
        Corpus { inputs: known.to_vec(), met: Box::new([0; 1_024]) }
    }

    /// The next input: one that was kept, changed, or every so often one that is drawn anew.
    pub(super) fn next<'a>(&self, course: &Course<'a>, number: u64) -> Case<'a> {
        let mut rng = Rng::named(key(number, Stream::Search), 0);
        if self.inputs.is_empty() || rng.below(4) == 0 {
            return course.case(number);
        }
        let parent = self.choose(&mut rng);
        let other = self.choose(&mut rng);
        mutate::mutate(parent, other, course, number, &mut rng)
    }

    /// One that was kept: as likely among the newest few as among all.
    fn choose(&self, rng: &mut Rng) -> &Input {
        let newest = self.inputs.len().saturating_sub(16);
        let from = if rng.below(2) == 0 { newest } else { 0 };
        &self.inputs[from + rng.index(self.inputs.len() - from)]
    }

    /// Keeps an input if its run got somewhere new, and gives it back then.
    pub(super) fn take(&mut self, input: Input, outcome: &Outcome) -> Option<Input> {
        let reached = outcome.reached.as_ref()?;
        let mut is_new = false;
        for state in &reached.states {
            let (word, bit) = (usize::from(state / 64), 1 << (state % 64));
            is_new |= self.met[word] & bit == 0;
            self.met[word] |= bit;
        }
        is_new.then(|| {
            self.inputs.push(input.clone());
            input
        })
    }
}
