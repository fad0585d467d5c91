//! What is written out instead of drawn: what happens to single messages, and what clients ask for.
//!
//! ```toml
//! messages   = [{ link = "n1 > n2", at = "1.2s", lose = true }]
//! operations = [{ at = "1.2s", client = "c1", do = "put x 1" }]
//! ```

use super::file::Nodes;
use super::limits;
use super::problem::{Draft, Found, clip};
use super::scenario::Clients;
use super::target::{numbered, range_help};
use super::value::{Value, parse, section};
use super::vocabulary::ProtocolWords;
use schemars::JsonSchema;
use serde::Deserialize;
use sim_core::fault::{Disturbance, Trouble};
use sim_core::settings::Transport;
use sim_core::{NodeId, Span, Time, Written};
use std::ops::Range;
use toml::Spanned;
use toml::de::DeValue;

/// What happens to one message: which, and exactly one thing.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct MessageLine {
    /// From whom to whom, nodes or clients: `n1 > n2`.
    #[schemars(with = "String", regex(pattern = r"^\s*[nc][0-9]+\s*>\s*[nc][0-9]+\s*$"))]
    link: Option<Spanned<String>>,
    /// The first message on this link that is sent then or later.
    #[schemars(with = "Time")]
    at: Option<Spanned<Time>>,
    /// Or the second, third, … of these, from 1; left out: the first.
    #[schemars(with = "Option<u32>", range(min = 1))]
    nth: Option<Spanned<u32>>,
    /// It is lost; on a stream it is sent again after a while.
    #[schemars(with = "Option<bool>")]
    lose: Option<Spanned<bool>>,
    /// It is damaged, which its checksum notices.
    #[schemars(with = "Option<bool>")]
    damage: Option<Spanned<bool>>,
    /// It takes so much longer.
    #[schemars(with = "Option<Span>")]
    late: Option<Spanned<Span>>,
    /// It is held back for so long that later ones overtake it.
    #[schemars(with = "Option<Span>")]
    held_back: Option<Spanned<Span>>,
    /// It arrives a second time, so long after the first.
    #[schemars(with = "Option<Span>")]
    again: Option<Spanned<Span>>,
    /// It arrives a second time, so long after the first that the copy counts as delayed, too.
    #[schemars(with = "Option<Span>")]
    stale: Option<Spanned<Span>>,
}

/// One operation of a client.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct OperationLine {
    /// When it is invoked; in a closed loop, when the client is free if that is later.
    #[schemars(with = "Time")]
    at: Option<Spanned<Time>>,
    /// Which client asks for it: `c1`.
    #[schemars(with = "String", regex(pattern = r"^c[0-9]+$"))]
    client: Option<Spanned<String>>,
    /// What is asked, as stories show it: `put x 1`.
    #[serde(rename = "do")]
    #[schemars(with = "String")]
    what: Option<Spanned<String>>,
    /// Where the client's random numbers stand then; left out: at a place that the time names.
    #[schemars(with = "Option<String>", regex(pattern = r"^[0-9a-f]{16}$"))]
    draws: Option<Spanned<String>>,
}

/// What lines are checked against.
pub(super) struct Around<'a> {
    pub(super) nodes: Option<&'a Nodes>,
    pub(super) clients: &'a Clients,
    pub(super) transport: Transport,
    pub(super) protocols: &'a [&'a dyn ProtocolWords],
}

impl Around<'_> {
    /// `messages = […]`.
    pub(super) fn messages(
        &self,
        (key, list): (Range<usize>, Value<'_>),
        found: &mut Found,
    ) -> Vec<Disturbance> {
        let Some(tables) = tables("messages", key, list, limits::MESSAGES, found) else {
            return Vec::new();
        };
        let mut messages = Vec::new();
        for table in tables {
            if found.full() {
                break;
            }
            let place = table.span();
            let line = section("messages", table, &[], parse::<MessageLine>, found);
            messages.extend(line.and_then(|line| self.message(line, place, found)));
        }
        messages
    }

    fn message(
        &self,
        line: MessageLine,
        place: Range<usize>,
        found: &mut Found,
    ) -> Option<Disturbance> {
        let what = self.trouble(&line, &place, found);
        let (Some(link), Some(at)) = (line.link, line.at) else {
            let wrong = Draft::at(place, "this does not say which message");
            let help = "write link = \"n1 > n2\" and at = \"1.2s\", for the first one from then on";
            found.say(wrong.help(help));
            return None;
        };
        let (from, to) = self.link(&link, found)?;
        let nth = line.nth.as_ref().map_or(1, |nth| *nth.get_ref());
        if let Some(nth) = line.nth.filter(|nth| *nth.get_ref() == 0) {
            let wrong = Draft::at(nth.span(), "messages are counted from 1");
            found.say(wrong.help("leave out nth for the first one from then on"));
            return None;
        }
        Some(Disturbance { from, to, at: at.into_inner(), nth, what: what? })
    }

    fn link(&self, link: &Spanned<String>, found: &mut Found) -> Option<(NodeId, NodeId)> {
        let Some((from, to)) = link.get_ref().split_once('>') else {
            let wrong = Draft::at(link.span(), "a message goes from one to another");
            found.say(wrong.help("write link = \"n1 > n2\""));
            return None;
        };
        let (from, to) = (from.trim(), to.trim());
        let ids = (self.address(from, link, found), self.address(to, link, found));
        if from == to {
            let wrong = Draft::at(link.span(), "what a node sends itself crosses no network");
            found.say(wrong.help("name two that differ"));
        }
        Some((ids.0?, ids.1?))
    }

    fn address(&self, word: &str, link: &Spanned<String>, found: &mut Found) -> Option<NodeId> {
        let nodes = self.nodes.map_or(u32::MAX, |nodes| nodes.least);
        let clients = self.clients.count;
        let (node, client) = (numbered(word, 'n'), numbered(word, 'c'));
        match (node.flatten(), client.flatten()) {
            (Some(n), _) if (1..=nodes).contains(&n) => return Some(NodeId(n - 1)),
            (_, Some(n)) if (1..=clients).contains(&n) => return Some(NodeId::client(n - 1)),
            _ => {}
        }
        let word = clip(word, 60);
        found.say(if client.is_some() {
            Draft::at(link.span(), format!("there is no client `{word}`"))
                .help(range_help("clients", 'c', clients))
        } else if node.is_some() {
            Draft::at(link.span(), format!("there is no node `{word}`"))
                .also(self.nodes.map(|nodes| nodes.place.clone()), format!("{nodes} nodes"))
                .help(range_help("nodes", 'n', nodes))
        } else {
            Draft::at(link.span(), format!("`{word}` is no node and no client"))
                .help("a message is named by its link: \"n1 > n2\" or \"c1 > n2\"")
        });
        None
    }

    /// The one thing that happens to the message.
    fn trouble(
        &self,
        line: &MessageLine,
        place: &Range<usize>,
        found: &mut Found,
    ) -> Option<Trouble> {
        let flag = |flag: &Option<Spanned<bool>>, trouble| {
            flag.as_ref().map(|flag| (flag.span(), trouble, *flag.get_ref()))
        };
        // No time at all is one as well: a fault has struck, and came to nothing.
        let span = |span: &Option<Spanned<Span>>, trouble: fn(Span) -> Trouble| {
            span.as_ref().map(|s| (s.span(), trouble(*s.get_ref()), true))
        };
        let said = [
            ("lose", flag(&line.lose, Trouble::Lost)),
            ("damage", flag(&line.damage, Trouble::Damaged)),
            ("late", span(&line.late, Trouble::Late)),
            ("held-back", span(&line.held_back, Trouble::HeldBack)),
            ("again", span(&line.again, Trouble::Again)),
            ("stale", span(&line.stale, Trouble::Stale)),
        ];
        let mut said = said.into_iter().filter_map(|(key, said)| Some((key, said?)));
        let Some((first, (at, what, happens))) = said.next() else {
            let wrong = Draft::at(place.clone(), "this says which message but not what happens");
            found.say(wrong.help(
                "add one of lose = true, damage = true, late = \"5ms\", held-back = \"5ms\", \
                 again = \"5ms\", stale = \"5ms\"",
            ));
            return None;
        };
        if let Some((other, (place, ..))) = said.next() {
            let message = format!("`{other}` beside `{first}`: one table is one thing");
            let wrong = Draft::at(place, message).also(Some(at), "the first");
            found.say(wrong.help("write another table for the same message"));
            return None;
        }
        if !happens {
            let wrong = Draft::at(at, "so nothing happens to the message");
            found.say(wrong.help("leave out the whole table"));
            return None;
        }
        if self.transport == Transport::Stream
            && matches!(what, Trouble::Again(_) | Trouble::Stale(_) | Trouble::HeldBack(_))
        {
            let wrong = Draft::at(at, "on a stream nothing comes twice or is overtaken");
            found.say(wrong.help("write late = \"5ms\", or transport = \"datagram\""));
            return None;
        }
        Some(what)
    }

    /// `operations = […]`.
    pub(super) fn operations(
        &self,
        (key, list): (Range<usize>, Value<'_>),
        found: &mut Found,
    ) -> Option<Vec<Written>> {
        let tables = tables("operations", key, list, limits::WRITTEN, found)?;
        let mut operations = Vec::new();
        for table in tables {
            if found.full() {
                break;
            }
            let place = table.span();
            let line = section("operations", table, &[], parse::<OperationLine>, found);
            operations.extend(line.and_then(|line| self.operation(line, place, found)));
        }
        Some(operations)
    }

    fn operation(
        &self,
        line: OperationLine,
        place: Range<usize>,
        found: &mut Found,
    ) -> Option<Written> {
        let draws = match &line.draws {
            Some(draws) => Some(state(draws, found)?),
            None => None,
        };
        let (Some(at), Some(client), Some(what)) = (line.at, line.client, line.what) else {
            let wrong = Draft::at(place, "an operation says when, who and what");
            found.say(wrong.help("write { at = \"1s\", client = \"c1\", do = \"…\" }"));
            return None;
        };
        let count = self.clients.count;
        let number = numbered(client.get_ref(), 'c').flatten();
        let number = number.filter(|number| (1..=count).contains(number));
        if number.is_none() {
            let message = format!("there is no client `{}`", clip(client.get_ref(), 60));
            let wrong = Draft::at(client.span(), message);
            found.say(wrong.help(range_help("clients", 'c', count)));
        }
        let refuses = |words: &&&dyn ProtocolWords| words.reads_op(what.get_ref()).is_none();
        if let Some(words) = self.protocols.iter().find(refuses) {
            let (name, text) = (words.name(), clip(what.get_ref(), 60));
            let wrong =
                Draft::at(what.span(), format!("clients of {name} cannot ask for `{text}`"));
            let own = words.loads().first().copied();
            let load = self.clients.load.as_deref().or(own).unwrap_or_default();
            let examples: Vec<String> = words.example_ops(load);
            found.say(match examples.is_empty() {
                true => wrong.help(format!("{name} serves no clients")),
                false => wrong.help(format!("they ask for such as: {}", examples.join("; "))),
            });
            return None;
        }
        let (at, op) = (at.into_inner(), what.into_inner());
        Some(Written { at, client: number? - 1, op, draws })
    }
}

/// The tables of a list, if there are not too many.
fn tables<'t>(
    name: &str,
    key: Range<usize>,
    list: Value<'t>,
    most: usize,
    found: &mut Found,
) -> Option<Vec<Value<'t>>> {
    let DeValue::Array(tables) = list.into_inner() else {
        let wrong = Draft::at(key, format!("`{name}` is a list"));
        found.say(wrong.help(format!("write {name} = [] and one table for each in it")));
        return None;
    };
    if tables.len() > most {
        let (count, most) = (limits::grouped(tables.len() as u64), limits::grouped(most as u64));
        found.say(
            Draft::at(key, format!("{count} {name} are too many")).help(format!("at most {most}")),
        );
        return None;
    }
    let is_table = |item: &Value<'t>| item.get_ref().as_table().is_some();
    let (tables, others): (Vec<_>, Vec<_>) = tables.into_iter().partition(is_table);
    for other in others {
        let wrong = Draft::at(other.span(), format!("each of `{name}` is a table"));
        found.say(wrong.help("write { key = value }"));
    }
    Some(tables)
}

/// Where a generator stands: 16 hexadecimal digits.
fn state(draws: &Spanned<String>, found: &mut Found) -> Option<u64> {
    let text = draws.get_ref();
    let state = u64::from_str_radix(text, 16).ok().filter(|_| text.len() == 16);
    if state.is_none() {
        let wrong = Draft::at(draws.span(), "this is no place of a random generator");
        found.say(wrong.help("leave out `draws`, unless it was written for you"));
    }
    state
}
