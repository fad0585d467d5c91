//! Whom a fault hits: `"n1 leader"`, `"leader a-follower | rest"`, `"leader > rest"`.

use super::problem::{Draft, Found, clip};
use super::value::suggestion;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use sim_core::NodeId;
use sim_core::fault::{Links, Sides, Target, Targets};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use toml::Spanned;

/// Ways of finding nodes that need no protocol.
pub(super) const SHAPES: [(&str, Target); 7] = [
    ("random", Target::Random),
    ("rest", Target::Rest),
    ("all", Target::All),
    ("clients", Target::Clients),
    ("majority", Target::Majority),
    ("minority", Target::Minority),
    ("doer", Target::Doer),
];

/// Text that names nodes; what it means is asked later, when the protocol is known.
#[derive(Clone, Debug)]
pub(super) struct Nodes(pub(super) Spanned<Words>);

/// The text itself.
#[derive(Clone, Debug)]
pub(super) struct Words(String);

/// What words mean in one scenario, and the places that explain why one means nothing.
pub(super) struct Meaning<'t> {
    /// The file.
    pub(super) text: &'t str,
    /// How many nodes there are in any case, when that is known.
    pub(super) nodes: Option<u32>,
    /// Where the file says how many.
    pub(super) nodes_at: Option<Range<usize>>,
    /// How many clients there are.
    pub(super) clients: u32,
    /// The roles that every protocol of the scenario knows.
    pub(super) roles: BTreeMap<String, Target>,
    /// Roles that some of them know, with one that does not.
    pub(super) foreign: BTreeMap<String, String>,
    /// The protocols, for messages; empty when none of them is known, so that any word may be a
    /// role.
    pub(super) protocols: String,
    /// The kinds of message, and the lies, that some protocol of the scenario knows.
    pub(super) kinds: Vec<String>,
    pub(super) lies: Vec<String>,
    /// Whether the fault that is read waits for an event, and so knows whose it is.
    pub(super) waits: bool,
    /// Names that earlier faults gave to what they hit.
    pub(super) named: BTreeMap<String, Range<usize>>,
    /// The ids of the faults that gave them.
    pub(super) givers: BTreeMap<String, u32>,
    /// Names that some fault gives.
    pub(super) names: BTreeSet<String>,
}

impl Meaning<'_> {
    /// A list of nodes.
    pub(super) fn nodes(&self, nodes: &Nodes, found: &mut Found) -> Option<Targets> {
        let place = Place::of(nodes, self.text);
        let text = nodes.0.get_ref().0.as_str();
        if let Some(sign) = text.find(['|', '>']) {
            let wrong = "sides make sense for links only, and this fault hits nodes";
            found.say(Draft::at(place.span(sign, 1), wrong).help("name the nodes: \"n1 leader\""));
            return None;
        }
        self.list(text, 0, &place, false, found)
    }

    /// Two or more sides.
    pub(super) fn sides(&self, nodes: &Nodes, found: &mut Found) -> Option<Sides> {
        let place = Place::of(nodes, self.text);
        let text = nodes.0.get_ref().0.as_str();
        let one_way = text.contains('>');
        let whole = place.span(0, text.len());
        if one_way && (text.contains('|') || text.matches('>').count() > 1) {
            let wrong = Draft::at(whole, "one direction has two sides");
            found.say(wrong.help("write \"A > B\", and another fault for another direction"));
            return None;
        }
        if !text.contains(['|', '>']) {
            let side = clip(text.trim(), 60);
            let help = format!("write \"{side} | rest\", or \"{side} > rest\" for one direction");
            found.say(Draft::at(whole, "a cut has two sides").help(help));
            return None;
        }
        let mut groups = Vec::new();
        let mut start = 0;
        for side in text.split(['|', '>']) {
            groups.push(self.list(side, start, &place, true, found));
            if found.full() {
                return None;
            }
            start += side.len() + 1;
        }
        let groups = groups.into_iter().collect::<Option<Vec<Targets>>>()?;
        if groups.iter().filter(|group| group.contains(&Target::Rest)).count() > 1 {
            let wrong =
                Draft::at(whole, "`rest` stands on two sides, and means what no other names");
            found.say(wrong.help("leave it out of all sides but one"));
            return None;
        }
        Some(Sides { groups, one_way })
    }

    /// Links: all, those of some nodes, or those between sides.
    pub(super) fn links(&self, nodes: &Nodes, found: &mut Found) -> Option<Links> {
        let text = nodes.0.get_ref().0.as_str();
        if text.trim() == "all" {
            return Some(Links::All);
        }
        if text.contains(['|', '>']) {
            return self.sides(nodes, found).map(Links::Between);
        }
        self.nodes(nodes, found).map(Links::Of)
    }

    /// Kinds of message.
    pub(super) fn kinds(
        &self,
        kinds: Vec<Spanned<String>>,
        found: &mut Found,
    ) -> Option<Vec<String>> {
        for kind in &kinds {
            known("message kind", kind, &self.kinds, found)?;
        }
        Some(kinds.into_iter().map(Spanned::into_inner).collect())
    }

    /// The words of one side, which begins at `start` of the whole text.
    fn list(
        &self,
        side: &str,
        start: usize,
        place: &Place,
        has_other: bool,
        found: &mut Found,
    ) -> Option<Targets> {
        let mut targets = Some(Vec::new());
        let mut at = start;
        for word in side.split(char::is_whitespace) {
            if !word.is_empty() {
                let target = self.word(word, has_other);
                let problem = |wrong: Draft| wrong.relocate(place.span(at, word.len()));
                match target {
                    Ok(target) => targets.iter_mut().for_each(|all| all.push(target.clone())),
                    Err(wrong) => {
                        found.say(problem(wrong));
                        targets = None;
                    }
                }
                if found.full() {
                    return None;
                }
            }
            at += word.len()
                + side[at + word.len() - start..].chars().next().map_or(0, char::len_utf8);
        }
        if targets.as_ref().is_some_and(Vec::is_empty) {
            let wrong = if has_other { "this side names no node" } else { "this names no node" };
            found.say(Draft::at(place.span(start, side.len()), wrong));
            return None;
        }
        targets
    }

    /// What one word means. The place of the problem is filled in by the caller.
    fn word(&self, word: &str, has_other: bool) -> Result<Target, Draft> {
        let wrong = |message: String| Draft::at(0..0, message);
        if word == "rest" && !has_other {
            return Err(wrong("`rest` of what? it means all that no other side names".into())
                .help("use it in \"A | rest\", or write `all`"));
        }
        if word == "doer" && !self.waits {
            return Err(wrong(
                "`doer` of what? it means the node whose event the fault waits for".into(),
            )
            .help("add on = { event = \"leads\" }, or name the node"));
        }
        if let Some((_, target)) = SHAPES.iter().find(|(name, _)| *name == word) {
            return Ok(target.clone());
        }
        if let Some(number) = numbered(word, 'n') {
            return self.node(word, number);
        }
        if let Some(number) = numbered(word, 'c') {
            return match number {
                Some(n) if (1..=self.clients).contains(&n) => {
                    Ok(Target::Node(NodeId::client(n - 1)))
                }
                _ => Err(wrong(format!("there is no client `{}`", clip(word, 60)))
                    .help(range_help("clients", 'c', self.clients))),
            };
        }
        if self.named.contains_key(word) {
            return Ok(Target::Named(word.to_string()));
        }
        if let Some(target) = self.roles.get(word) {
            return Ok(target.clone());
        }
        if self.names.contains(word) {
            return Err(wrong(format!("no earlier fault is called `{word}`"))
                .help("move the fault that says `as` above this one"));
        }
        if self.protocols.is_empty() {
            return Ok(Target::Named(word.to_string()));
        }
        if let Some(protocol) = self.foreign.get(word) {
            return Err(wrong(format!("`{word}` is not the same in all of {}", self.protocols))
                .help(format!("{protocol} has no such role, or means other nodes by it")));
        }
        let shapes = SHAPES.iter().map(|(name, _)| *name);
        let words = self.roles.keys().chain(self.named.keys()).map(String::as_str);
        let known: Vec<&str> = words.chain(shapes).collect();
        Err(wrong(format!("`{}` is no node or role of {}", clip(word, 60), self.protocols))
            .help(suggestion(word, &known)))
    }

    fn node(&self, word: &str, number: Option<u32>) -> Result<Target, Draft> {
        // Without a number of nodes that problem is told, and it is the only one.
        let nodes = self.nodes.unwrap_or(u32::MAX);
        match number {
            Some(n) if (1..=nodes).contains(&n) => Ok(Target::Node(NodeId(n - 1))),
            _ => Err(Draft::at(0..0, format!("there is no node `{}`", clip(word, 60)))
                .also(self.nodes_at.clone(), format!("{nodes} nodes"))
                .help(range_help("nodes", 'n', nodes))),
        }
    }

    /// Why nothing may be called so, if anything speaks against it.
    pub(super) fn reserved(&self, name: &str) -> Option<String> {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(letters) {
            return Some("a name is made of small letters, digits and hyphens".into());
        }
        let taken = SHAPES.iter().any(|(shape, _)| *shape == name)
            || self.roles.contains_key(name)
            || numbered(name, 'n').is_some()
            || numbered(name, 'c').is_some();
        taken.then(|| format!("`{name}` already means something"))
    }
}

pub(super) fn range_help(what: &str, letter: char, count: u32) -> String {
    match count {
        0 => format!("there are no {what}"),
        1 => format!("there is only {letter}1"),
        count => format!("{what} are {letter}1 to {letter}{count}"),
    }
}

/// The number in `n12`, if the word looks so; `Some(None)` when it is too large for any number.
pub(crate) fn numbered(word: &str, letter: char) -> Option<Option<u32>> {
    let digits = word.strip_prefix(letter)?;
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // A million and some: an address has room for two thousand million, and messages for a few
    // digits.
    number.then(|| digits.parse().ok().filter(|n| *n <= 100_000_000))
}

/// Where the characters of a string stand in the file.
struct Place {
    whole: Range<usize>,
    /// Where the string's first character stands; unknown when the string is written with escapes.
    first: Option<usize>,
}

impl Place {
    fn of(nodes: &Nodes, text: &str) -> Place {
        let (whole, words) = (nodes.0.span(), nodes.0.get_ref().0.as_str());
        let written = text.get(whole.clone()).unwrap_or("");
        let quotes = written.len().saturating_sub(words.len()) / 2;
        let plain = written.get(quotes..quotes + words.len()) == Some(words);
        Place { first: plain.then_some(whole.start + quotes), whole }
    }

    fn span(&self, start: usize, length: usize) -> Range<usize> {
        match self.first {
            Some(first) => first + start..first + start + length,
            None => self.whole.clone(),
        }
    }
}

impl<'de> Deserialize<'de> for Nodes {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Nodes, D::Error> {
        Spanned::<Words>::deserialize(d).map(Nodes)
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Words, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Words;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("nodes such as \"n3\", \"leader\" or \"n1 n2 | rest\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Words, E> {
                Ok(Words(text.to_string()))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Words, E> {
                Err(E::custom(format!("nodes are named by text; write \"n{number}\"")))
            }
        }
        d.deserialize_any(Text)
    }
}

impl JsonSchema for Nodes {
    fn schema_name() -> Cow<'static, str> {
        "Nodes".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "title": "nodes",
            "description": "n1, c1, a role, random, rest, all, clients, majority, minority, doer, or a name \
                            given with `as`; `A | B` for links both ways, `A > B` for one way",
            "pattern": r"^[a-z0-9 |>-]+$",
            "examples": ["leader", "n3", "a-follower", "leader a-follower | rest", "leader > rest"]
        })
    }
}

/// Whether a protocol of the scenario knows a word.
pub(super) fn known(
    what: &str,
    word: &Spanned<String>,
    words: &[String],
    found: &mut Found,
) -> Option<()> {
    if words.contains(word.get_ref()) {
        return Some(());
    }
    let message = format!("there is no {what} `{}`", clip(word.get_ref(), 60));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let wrong = Draft::at(word.span(), message);
    found.say(match words.is_empty() {
        true => wrong.help(format!("no protocol of this scenario has any {what}")),
        false => wrong.help(suggestion(word.get_ref(), &words)),
    });
    None
}
