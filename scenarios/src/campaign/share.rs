//! What a share of a campaign came to, written down so that the shares of several machines can be joined.

use super::Search;
use crate::failure::Failure;
use crate::tally::Collector;
use serde::{Deserialize, Serialize};
use sim_core::fault::FaultKind;

/// The name and version of the format.
pub const SCHEMA: &str = "splitbrain.campaign/1";

/// As large as such a file may be, in bytes.
pub const LARGEST: usize = 1 << 30;

/// What a share of a campaign came to.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Share {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of the engine that ran it.
    pub engine: String,
    /// What it did with each of its targets.
    pub targets: Vec<Hunted>,
}

/// One protocol under one scenario.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Hunted {
    /// The scenario's name.
    pub name: String,
    /// The scenario, word for word.
    pub scenario: String,
    /// The protocol.
    pub protocol: String,
    /// Bugs that were planted beside those of the scenario.
    pub bugs: Vec<String>,
    /// How inputs were found.
    pub search: Search,
    /// All seeds of the campaign, from the first to before the last.
    pub seeds: (u64, u64),
    /// The shares that are in here, from 0.
    pub shards: Vec<u64>,
    /// How many shares there are.
    pub of: u64,
    /// The seed before which it was cut, if it was.
    pub cut: Option<u64>,
    /// How many runs of later seeds are in here all the same.
    #[serde(default)]
    pub after_cut: u64,
    /// The digest of the inputs that a guided search began with, in hexadecimal; empty when it began with none.
    #[serde(default)]
    pub corpus: String,
    /// The kinds of fault that might have struck.
    pub might: Vec<FaultKind>,
    /// What was seen.
    pub collected: Collector,
    /// The failures, each with the campaign's seed that found it.
    pub failures: Vec<(u64, Failure)>,
}

impl Share {
    /// What was done with these targets.
    pub fn new(targets: Vec<Hunted>) -> Share {
        Share { schema: SCHEMA.into(), engine: env!("CARGO_PKG_VERSION").into(), targets }
    }

    /// Reads a share.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it, and where, when it is not a whole share of this version.
    pub fn read(text: &[u8]) -> Result<Share, String> {
        let share: Share = serde_json::from_slice(text).map_err(|e| {
            let end = if e.is_eof() { "; the file seems to be cut short" } else { "" };
            format!("{e}{end}")
        })?;
        if share.schema != SCHEMA {
            return Err(format!("it says `{}`; this version reads `{SCHEMA}`", share.schema));
        }
        if share.engine != env!("CARGO_PKG_VERSION") {
            return Err(format!(
                "version {} wrote it, and this is version {}",
                share.engine,
                env!("CARGO_PKG_VERSION")
            ));
        }
        Ok(share)
    }
}

impl Hunted {
    /// Joins another share of the same campaign to this one.
    ///
    /// # Errors
    ///
    /// When it is none: of other seeds, of another scenario, or in here already.
    pub fn join(&mut self, other: Hunted) -> Result<(), String> {
        if (self.seeds, self.of, self.search) != (other.seeds, other.of, other.search)
            || self.scenario != other.scenario
            || self.bugs != other.bugs
        {
            return Err(format!(
                "shares of {} are of different campaigns: seeds, shares, search, bugs and the scenario must be alike",
                self.name
            ));
        }
        if let Some(twice) = other.shards.iter().find(|shard| self.shards.contains(shard)) {
            return Err(format!(
                "share {} of {} of {} is there twice",
                twice + 1,
                self.of,
                self.name
            ));
        }
        self.shards.extend(other.shards);
        self.shards.sort_unstable();
        self.after_cut += other.after_cut;
        self.cut = [self.cut, other.cut].into_iter().flatten().min();
        self.collected = std::mem::take(&mut self.collected).merge(other.collected);
        self.failures.extend(other.failures);
        self.failures.sort_by_key(|(seed, _)| *seed);
        Ok(())
    }

    /// Whether a share began with other inputs than this one: what they come to together is then not what one machine
    /// would have found.
    pub fn began_otherwise(&self, other: &Hunted) -> bool {
        self.corpus != other.corpus
    }

    /// Whether it is the same target of the same protocol.
    pub fn is_like(&self, other: &Hunted) -> bool {
        (&self.name, &self.protocol) == (&other.name, &other.protocol)
    }
}
