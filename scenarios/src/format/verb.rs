//! The verbs of a fault, as a file writes them: `crash = "leader"`, `loss = { links = "all", rate =
//! "10%" }`.

use super::fault::{Leap, What};
use super::limits;
use super::lying::{Dawdling, Forging, Lying, Spoiling};
use super::problem::{Draft, Found};
use super::target::{Meaning, Nodes};
use super::value::{Value, explain, parse};
use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::fault::{DiskLoss, Fault, Lie, Messages, Target, Targets};
use sim_core::{Chance, SpanRange};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// What goes wrong. Each variant is a verb, and its value the verb's parameters.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verb {
    /// The process ends, and boots again when `for` has passed.
    Crash(Crash),
    /// A process that a crash ended boots before its time.
    Restart(Whom),
    /// The process stands still (a long garbage collection); what arrives waits.
    Pause(Whom),
    /// Everything that the process does takes `factor` times as long.
    SlowNode(Slow),
    /// `A | B`: no message passes either way. `A > B`: none from A to B. A node on two sides is a
    /// bridge.
    Cut(Between),
    /// Messages are lost.
    Loss(Rated),
    /// Messages take longer, by a span drawn for each.
    Delay(Delayed),
    /// Messages arrive twice.
    Duplicate(Doubled),
    /// Messages are held back by a span drawn for each, so that later ones overtake them.
    Reorder(Reordered),
    /// Messages are damaged on the way, which a checksum notices, and dropped.
    Corrupt(Rated),
    /// Syncs take `factor` times as long.
    SlowDisk(Slow),
    /// Nothing more can be written, and no sync ends.
    FullDisk(Whom),
    /// Syncs end at once and have written nothing; a crash then loses it.
    LyingSync(Whom),
    /// A synced record becomes unreadable, which shows at the next boot.
    BitRot(Whom),
    /// The wall clock leaps; the monotonic clock does not.
    ClockJump(Leapt),
    /// The clock runs fast by so many millionths, or slow when negative.
    ClockDrift(Drifting),
    /// A liar says nothing: to all, to some, or of some kinds.
    Silence(Lying),
    /// A liar tells some of its peers one thing and others another, or nothing.
    Equivocate(Lying),
    /// A liar says what an honest node would not, in its own name.
    Forge(Forging),
    /// A liar says again what it said before.
    Replay(Lying),
    /// A liar says things late.
    Dawdle(Dawdling),
    /// A liar gives clients false replies.
    FalseReply(Lying),
    /// Requests of these clients convince some nodes and not others.
    BigMac(Spoiling),
    /// Two copies of a node go on under its identity, each in touch with some of the others.
    Twins(Whom),
}

/// Nodes that something happens to.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Whom {
    /// Which nodes.
    nodes: Nodes,
}

/// A crash.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Crash {
    /// Which nodes.
    nodes: Nodes,
    /// What the disk keeps.
    #[serde(default)]
    disk: DiskLoss,
}

/// A slowdown.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Slow {
    /// Which nodes.
    nodes: Nodes,
    /// How many times as long.
    #[schemars(with = "u32", range(min = 1, max = 1_000_000))]
    factor: Spanned<u32>,
}

/// A cut.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Between {
    /// `A | B` or `A > B`.
    sides: Nodes,
}

/// Something that happens to some messages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rated {
    /// On which links: `all`, those of some nodes, `A | B` or `A > B`.
    links: Nodes,
    /// Of which kinds; left out: of any, and what clients send and are sent too.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    kinds: Vec<Spanned<String>>,
    /// How often.
    rate: Chance,
}

/// Messages that arrive twice.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Doubled {
    /// On which links: `all`, those of some nodes, `A | B` or `A > B`.
    links: Nodes,
    /// Of which kinds; left out: of any, and what clients send and are sent too.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    kinds: Vec<Spanned<String>>,
    /// How often.
    rate: Chance,
    /// How much later such a message arrives again, drawn for each; left out: as if it were sent anew. With it a copy
    /// counts as delayed, too.
    by: Option<SpanRange>,
}

/// A delay.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Delayed {
    /// On which links: `all`, those of some nodes, `A | B` or `A > B`.
    links: Nodes,
    /// Of which kinds; left out: of any, and what clients send and are sent too.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    kinds: Vec<Spanned<String>>,
    /// By how much, drawn for each message.
    by: SpanRange,
}

/// A change of order.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reordered {
    /// On which links: `all`, those of some nodes, `A | B` or `A > B`.
    links: Nodes,
    /// Of which kinds; left out: of any, and what clients send and are sent too.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    kinds: Vec<Spanned<String>>,
    /// How often.
    rate: Chance,
    /// By how much such a message is held back.
    by: SpanRange,
}

/// A leap.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Leapt {
    /// Which nodes.
    nodes: Nodes,
    /// By how much; back when negative.
    by: Leap,
}

/// A drift.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Drifting {
    /// Which nodes.
    nodes: Nodes,
    /// By how many millionths.
    #[schemars(with = "i32", range(min = -500_000, max = 500_000))]
    ppm: Spanned<i32>,
}

/// A verb's name, the key that a bare string stands for, whether that key is all it needs, and an
/// example.
pub(super) struct Form {
    pub(super) verb: &'static str,
    key: &'static str,
    pub(super) bare: bool,
    example: &'static str,
}

const fn form(verb: &'static str, key: &'static str, bare: bool, example: &'static str) -> Form {
    Form { verb, key, bare, example }
}

/// Every verb.
pub(super) const FORMS: [Form; 24] = [
    form("crash", "nodes", true, "crash = { nodes = \"leader\", disk = \"torn\" }"),
    form("restart", "nodes", true, "restart = \"n1\""),
    form("pause", "nodes", true, "pause = \"leader\""),
    form("slow-node", "nodes", false, "slow-node = { nodes = \"leader\", factor = 10 }"),
    form("cut", "sides", true, "cut = \"leader | rest\""),
    form("loss", "links", false, "loss = { links = \"all\", rate = \"10%\" }"),
    form("delay", "links", false, "delay = { links = \"all\", by = \"50ms..200ms\" }"),
    form("duplicate", "links", false, "duplicate = { links = \"all\", rate = \"1%\" }"),
    form("reorder", "links", false, "reorder = { links = \"all\", rate = \"10%\", by = \"50ms\" }"),
    form("corrupt", "links", false, "corrupt = { links = \"all\", rate = \"1%\" }"),
    form("slow-disk", "nodes", false, "slow-disk = { nodes = \"leader\", factor = 10 }"),
    form("full-disk", "nodes", true, "full-disk = \"leader\""),
    form("lying-sync", "nodes", true, "lying-sync = \"leader\""),
    form("bit-rot", "nodes", true, "bit-rot = \"a-follower\""),
    form("clock-jump", "nodes", false, "clock-jump = { nodes = \"leader\", by = \"-2s\" }"),
    form("clock-drift", "nodes", false, "clock-drift = { nodes = \"leader\", ppm = -500 }"),
    form("silence", "nodes", true, "silence = { nodes = \"n1\", to = \"n2\" }"),
    form("equivocate", "nodes", true, "equivocate = \"primary\""),
    form("forge", "nodes", true, "forge = { nodes = \"n1\", lie = \"wrong-view\" }"),
    form("replay", "nodes", true, "replay = { nodes = \"n1\", rate = \"10%\" }"),
    form("dawdle", "nodes", false, "dawdle = { nodes = \"primary\", by = \"200ms\" }"),
    form("false-reply", "nodes", true, "false-reply = \"n1\""),
    form("big-mac", "clients", true, "big-mac = \"c1\""),
    form("twins", "nodes", true, "twins = \"n1\""),
];

/// Reads a verb's value. A bare string stands for the table that holds only nodes, sides or links.
pub(super) fn read<'t>(
    key: Spanned<DeString<'t>>,
    form: &Form,
    value: Value<'t>,
    found: &mut Found,
) -> Option<Verb> {
    let place = value.span();
    let example = || format!("write {}", form.example);
    let one = |key, value: Value<'t>| {
        let mut table = DeTable::new();
        table.insert(key, value);
        Spanned::new(place.clone(), DeValue::Table(table))
    };
    let value = match value.get_ref() {
        DeValue::String(_) => one(Spanned::new(key.span(), form.key.into()), value),
        DeValue::Table(_) => value,
        other => {
            let wrong =
                format!("`{}` takes nodes, not {} {}", form.verb, a(other), other.type_str());
            found.say(Draft::at(place, wrong).help(example()));
            return None;
        }
    };
    match parse::<Verb>(one(key, value)) {
        Ok(verb) => Some(verb),
        Err(error) => {
            let missing = error.message().starts_with("missing field");
            let wrong = explain(&error, place.clone(), &[]);
            found.say(if missing { wrong.help(example()) } else { wrong });
            None
        }
    }
}

fn a(value: &DeValue<'_>) -> &'static str {
    if matches!(value, DeValue::Integer(_) | DeValue::Array(_)) { "an" } else { "a" }
}

impl Verb {
    /// The fault that the verb means.
    pub(super) fn resolve(self, meaning: &Meaning<'_>, found: &mut Found) -> Option<What> {
        let fault = match self {
            Verb::Crash(Crash { nodes, disk }) => {
                Fault::Crash { nodes: meaning.nodes(&nodes, found)?, disk }
            }
            Verb::Restart(whom) => Fault::Restart { nodes: meaning.nodes(&whom.nodes, found)? },
            Verb::Pause(whom) => Fault::Pause { nodes: meaning.nodes(&whom.nodes, found)? },
            Verb::SlowNode(slow) => {
                let factor = slow.factor(found);
                Fault::SlowNode { nodes: meaning.nodes(&slow.nodes, found)?, factor: factor? }
            }
            Verb::Cut(cut) => Fault::Cut { sides: meaning.sides(&cut.sides, found)? },
            Verb::Loss(Rated { links, kinds, rate }) => {
                Fault::Loss { of: messages(&links, kinds, meaning, found)?, rate }
            }
            Verb::Delay(Delayed { links, kinds, by }) => {
                Fault::Delay { of: messages(&links, kinds, meaning, found)?, by }
            }
            Verb::Duplicate(Doubled { links, kinds, rate, by }) => {
                Fault::Duplicate { of: messages(&links, kinds, meaning, found)?, rate, by }
            }
            Verb::Reorder(Reordered { links, kinds, rate, by }) => {
                Fault::Reorder { of: messages(&links, kinds, meaning, found)?, rate, by }
            }
            Verb::Corrupt(Rated { links, kinds, rate }) => {
                Fault::Corrupt { of: messages(&links, kinds, meaning, found)?, rate }
            }
            Verb::SlowDisk(slow) => {
                let factor = slow.factor(found);
                Fault::SlowDisk { nodes: disks(meaning, &slow.nodes, found)?, factor: factor? }
            }
            Verb::FullDisk(whom) => Fault::FullDisk { nodes: disks(meaning, &whom.nodes, found)? },
            Verb::LyingSync(whom) => {
                Fault::LyingSync { nodes: disks(meaning, &whom.nodes, found)? }
            }
            Verb::BitRot(whom) => Fault::BitRot { nodes: disks(meaning, &whom.nodes, found)? },
            Verb::ClockJump(Leapt { nodes, by }) => {
                return Some(What::ClockJump { nodes: meaning.nodes(&nodes, found)?, by });
            }
            Verb::ClockDrift(drift) => {
                let (ppm, at) = (*drift.ppm.get_ref(), drift.ppm.span());
                let within = limits::PPM.contains(&ppm);
                if !within {
                    found.say(out_of(
                        at,
                        "a clock runs fast or slow by at most half",
                        "ppm",
                        limits::PPM,
                    ));
                }
                let nodes = meaning.nodes(&drift.nodes, found)?;
                return within.then_some(What::Fixed(Fault::ClockDrift { nodes, ppm }));
            }
            Verb::Silence(lying) => lying.resolve(Lie::Silence, meaning, found)?,
            Verb::Equivocate(lying) => lying.resolve(Lie::Equivocate, meaning, found)?,
            Verb::Forge(forging) => forging.resolve(meaning, found)?,
            Verb::Replay(lying) => lying.resolve(Lie::Replay, meaning, found)?,
            Verb::Dawdle(dawdling) => dawdling.resolve(meaning, found)?,
            Verb::FalseReply(lying) => lying.resolve(Lie::FalseReply, meaning, found)?,
            Verb::BigMac(spoiling) => spoiling.resolve(meaning, found)?,
            Verb::Twins(whom) => Fault::Twins { nodes: meaning.nodes(&whom.nodes, found)? },
        };
        Some(What::Fixed(fault))
    }
}

impl Slow {
    fn factor(&self, found: &mut Found) -> Option<u32> {
        let (factor, at) = (*self.factor.get_ref(), self.factor.span());
        if limits::FACTOR.contains(&factor) {
            return Some(factor);
        }
        found.say(out_of(at, "nothing becomes so many times slower", "factor", limits::FACTOR));
        None
    }
}

fn out_of<N: std::fmt::Display>(
    at: Range<usize>,
    message: &str,
    key: &str,
    limits: std::ops::RangeInclusive<N>,
) -> Draft {
    Draft::at(at, message).help(format!("`{key}` is from {} to {}", limits.start(), limits.end()))
}

/// Messages on some links, and of some kinds where any are named.
fn messages(
    links: &Nodes,
    kinds: Vec<Spanned<String>>,
    meaning: &Meaning<'_>,
    found: &mut Found,
) -> Option<Messages> {
    Some(Messages { links: meaning.links(links, found)?, kinds: meaning.kinds(kinds, found)? })
}

/// Nodes whose disks are meant: clients have none.
fn disks(meaning: &Meaning<'_>, nodes: &Nodes, found: &mut Found) -> Option<Targets> {
    let targets = meaning.nodes(nodes, found)?;
    let client = |target: &Target| match target {
        Target::Clients => true,
        Target::Node(id) => id.is_client(),
        _ => false,
    };
    if targets.iter().any(client) {
        found.say(Draft::at(nodes.0.span(), "clients have no disk").help("name nodes only"));
        return None;
    }
    Some(targets)
}
