//! `[swarm]`: keys of the scenario itself, each with the values among which every seed draws one.
//!
//! ```toml
//! [swarm]
//! network.loss = [0, "2%"]
//! raft.reads   = ["log", "read-index", "lease"]
//! clients      = [{ think = "20ms..100ms" }, { interval = "50ms" }]
//! ```
//!
//! A seed is so a configuration of its own: what is off in most runs has time to go wrong in the others (Groce, Zhang,
//! Eide, Chen and Regehr, "Swarm Testing", ISSTA 2012). A drawn value is laid over the file before that is read, so
//! that everything that a file may say can be drawn, and is checked as if it stood there. A value that is a table is
//! laid over key by key. What cannot stand beside the values drawn before it is left as the file has it.

use super::lay::{DRAWN, Key, OfLists, lay, walk};
use super::limits;
use super::problem::{Draft, Found};
use sim_core::random::{Rng, Stream, key};
use std::fmt;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What each seed draws of a scenario's own settings.
#[derive(Clone, Default)]
pub struct Swarm {
    /// In the order of the file.
    pub draws: Vec<Draw>,
    /// The file, from which a drawn scenario is read.
    pub(super) text: Arc<str>,
    /// Which variant of it.
    pub(super) variant: Option<usize>,
}

impl fmt::Debug for Swarm {
    /// What is drawn; the file around it may be written otherwise and mean the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.draws).finish()
    }
}

/// A key, and the values among which a seed draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The key with its sections: `raft.reads`.
    pub key: String,
    /// The values, as they stand in the file; at least one.
    pub values: Vec<String>,
}

/// What a seed has drawn: for each key the place of its value, or none for what the file itself says.
pub type Choices = Vec<Option<usize>>;

impl Swarm {
    /// Draws a value for each key. Each draw is named by its key, so that a key more or less changes no other.
    pub fn draw(&self, seed: u64) -> Choices {
        let stream = key(seed, Stream::Scenario);
        let named = |draw: &Draw| Rng::named(stream, name(&draw.key));
        self.draws.iter().map(|draw| Some(named(draw).index(draw.values.len()))).collect()
    }

    /// What was chosen, for people: `raft.reads = "lease"`.
    pub fn told<'a>(&'a self, choices: &'a Choices) -> impl Iterator<Item = String> + 'a {
        let drawn = self.draws.iter().zip(choices);
        drawn.filter_map(|(draw, choice)| {
            Some(format!("{} = {}", draw.key, draw.values.get((*choice)?)?))
        })
    }
}

/// The number that names a key's draws: FNV-1a, never 0, which names the draw of the number of nodes.
fn name(key: &str) -> u64 {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    key.bytes().fold(0xcbf2_9ce4_8422_2325, fold) | 1
}

/// What a file's `[swarm]` says, taken out of its table.
#[derive(Default)]
pub(super) struct Laid<'t> {
    draws: Vec<Key<'t, Vec<Spanned<DeValue<'t>>>>>,
}

impl<'t> Laid<'t> {
    /// Takes `[swarm]` out of a file.
    pub(super) fn take(table: &mut DeTable<'t>, protocols: &[&str], found: &mut Found) -> Self {
        let mut laid = Laid::default();
        let Some((key, section)) = table.remove_entry("swarm") else { return laid };
        let DeValue::Table(section) = section.into_inner() else {
            found.say(Draft::at(key.span(), "`swarm` is a section").help("write [swarm]"));
            return laid;
        };
        let known: Vec<&str> = DRAWN.into_iter().chain(protocols.iter().copied()).collect();
        let what = "the values among which a seed draws";
        let of = OfLists { name: "[swarm]", what, known: &known };
        walk(section, &of, &mut laid.draws, found);
        if laid.draws.len() > limits::DRAWS {
            let wrong = format!("[swarm] has {} keys; at most {}", laid.draws.len(), limits::DRAWS);
            found.say(Draft::at(key.span(), wrong));
        }
        laid
    }

    /// What a scenario keeps of it.
    pub(super) fn swarm(&self, text: &'t str, variant: Option<usize>) -> Swarm {
        let written = |value: &Spanned<DeValue<'t>>| text[value.span()].to_owned();
        let draws = self
            .draws
            .iter()
            .map(|key| Draw { key: key.name(), values: key.value.iter().map(written).collect() });
        let draws: Vec<Draw> = draws.collect();
        let text = if draws.is_empty() { "".into() } else { text.into() };
        Swarm { draws, text, variant }
    }

    /// Lays the values that were chosen over a file.
    pub(super) fn lay(mut self, choices: &[Option<usize>], table: &mut DeTable<'t>) {
        for (Key { path, at, value }, choice) in self.draws.iter_mut().zip(choices) {
            let Some(place) = choice.filter(|place| *place < value.len()) else { continue };
            lay(path, at, value.swap_remove(place), table);
        }
    }
}
