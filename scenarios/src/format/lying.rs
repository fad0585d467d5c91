//! The verbs of liars: `silence = { nodes = "primary", to = "a-backup" }`, `forge = { nodes = "n1", lie =
//! "wrong-view" }`, `twins = "n1"`.

use super::problem::{Draft, Found};
use super::target::{Meaning, Nodes, known};
use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::fault::{About, Fault, Lie, Target};
use sim_core::{Chance, SpanRange};
use toml::Spanned;

/// A lie in some of what nodes say.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Lying {
    /// Which nodes.
    nodes: Nodes,
    /// To whom; left out: to anybody.
    to: Option<Nodes>,
    /// In messages of which kinds; left out: of any.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    kinds: Vec<Spanned<String>>,
    /// In how many of them; left out: in all.
    rate: Option<Chance>,
}

/// A lie in the protocol's own words.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Forging {
    /// Which nodes.
    nodes: Nodes,
    /// Which lie; left out: any. `splitbrain explain PROTOCOL` lists them.
    #[schemars(with = "Option<String>")]
    lie: Option<Spanned<String>>,
    /// To whom; left out: to anybody.
    to: Option<Nodes>,
    /// In messages of which kinds; left out: of any.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    kinds: Vec<Spanned<String>>,
    /// In how many of them; left out: in all.
    rate: Option<Chance>,
}

/// Things said late.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Dawdling {
    /// Which nodes.
    nodes: Nodes,
    /// How late, drawn for each message.
    by: SpanRange,
    /// To whom; left out: to anybody.
    to: Option<Nodes>,
    /// In messages of which kinds; left out: of any.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    kinds: Vec<Spanned<String>>,
    /// In how many of them; left out: in all.
    rate: Option<Chance>,
}

/// Clients whose codes are wrong for some nodes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Spoiling {
    /// Which clients.
    clients: Nodes,
    /// For which nodes the codes are wrong; left out: for some that are drawn.
    at: Option<Nodes>,
}

impl Lying {
    /// The fault that it means.
    pub(super) fn resolve(
        self,
        lie: Lie,
        meaning: &Meaning<'_>,
        found: &mut Found,
    ) -> Option<Fault> {
        let Lying { nodes, to, kinds, rate } = self;
        let nodes = meaning.nodes(&nodes, found)?;
        let to = match to {
            Some(to) => meaning.nodes(&to, found)?,
            None => Vec::new(),
        };
        let kinds = meaning.kinds(kinds, found)?;
        let about = About { to, kinds, rate: rate.unwrap_or(Chance::ALWAYS) };
        Some(Fault::Lie { nodes, lie, about })
    }
}

impl Forging {
    /// The fault that it means.
    pub(super) fn resolve(self, meaning: &Meaning<'_>, found: &mut Found) -> Option<Fault> {
        let Forging { nodes, lie, to, kinds, rate } = self;
        if let Some(lie) = &lie {
            known("lie", lie, &meaning.lies, found)?;
        }
        let lie = Lie::Forge(lie.map(Spanned::into_inner));
        Lying { nodes, to, kinds, rate }.resolve(lie, meaning, found)
    }
}

impl Dawdling {
    /// The fault that it means.
    pub(super) fn resolve(self, meaning: &Meaning<'_>, found: &mut Found) -> Option<Fault> {
        let Dawdling { nodes, by, to, kinds, rate } = self;
        Lying { nodes, to, kinds, rate }.resolve(Lie::Dawdle(by), meaning, found)
    }
}

impl Spoiling {
    /// The fault that it means.
    pub(super) fn resolve(self, meaning: &Meaning<'_>, found: &mut Found) -> Option<Fault> {
        let clients = meaning.nodes(&self.clients, found)?;
        let is_client = |target: &Target| match target {
            Target::Clients => true,
            Target::Node(id) => id.is_client(),
            _ => false,
        };
        let at = match &self.at {
            Some(at) => meaning.nodes(at, found)?,
            None => Vec::new(),
        };
        if clients.iter().all(is_client) {
            return Some(Fault::BigMac { clients, at });
        }
        let wrong = Draft::at(self.clients.0.span(), "this fault hits clients, not nodes");
        found.say(wrong.help("name clients: \"c1\", or \"clients\""));
        None
    }
}
