//! What a scenario may tune.

use super::bugs::Bug;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{NodeId, Span};

/// Which algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// OM(m): nobody can prove what another said.
    #[default]
    Oral,
    /// SM(m): everybody can.
    Signed,
}

/// Who commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Commander {
    /// One general after the other.
    #[default]
    Rotates,
    /// The first, always.
    First,
}

/// The options of the generals.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// Whether messages are oral or signed.
    pub algorithm: Algorithm,
    /// How many traitors they reckon with: the paper's m.
    pub traitors: u32,
    /// Who commands.
    pub commander: Commander,
    /// How long a round takes: longer than any message.
    pub round: Span,
    /// Mistakes made on purpose.
    pub bugs: Vec<Bug>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            algorithm: Algorithm::Oral,
            traitors: 1,
            commander: Commander::Rotates,
            round: Span::millis(50),
            bugs: Vec::new(),
        }
    }
}

impl Config {
    /// From the beginning of one battle to that of the next: its m + 1 rounds, and one to rest.
    pub fn period(&self) -> Span {
        self.round * (u64::from(self.traitors) + 2)
    }

    /// Who commands a battle.
    pub fn commander_of(&self, battle: u64, generals: u32) -> NodeId {
        match self.commander {
            Commander::First => NodeId(0),
            Commander::Rotates => NodeId((battle % u64::from(generals.max(1))) as u32),
        }
    }
}
