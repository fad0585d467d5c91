//! What a step was, in words that fit every protocol: its facts, and its messages by their kinds.

use crate::lives::{Lives, is_crash};
use crate::past::{Row, facts};
use crate::words::{cut, join};
use sim_core::fact::Number;
use sim_core::fault::Role;
use sim_core::trace::{Trace, TraceCause, TraceEffect, TraceStep};
use sim_core::{Fact, NodeId, ReadPath};

/// As much of a message as is quoted.
const QUOTED: usize = 40;
/// What protocols call an epoch, by the words that their messages use.
const EPOCHS: [&str; 4] = ["term", "view", "ballot", "round"];

/// Tells steps of one trace in words.
pub(crate) struct Explainer<'a> {
    trace: &'a Trace,
    epoch: &'static str,
}

impl<'a> Explainer<'a> {
    /// `hint` is prose about the run, which may say what the protocol calls its epochs.
    pub(crate) fn new(trace: &'a Trace, hint: &str) -> Self {
        let says = |text: &str| {
            let mut words = text.split(|c: char| !c.is_alphabetic());
            words.find_map(|word| EPOCHS.into_iter().find(|epoch| *epoch == word))
        };
        let texts = trace.steps.iter().flat_map(|step| &step.effects);
        let mut texts = texts.filter_map(|effect| match effect {
            TraceEffect::Send { text, .. } => Some(text.as_str()),
            _ => None,
        });
        let epoch = says(hint).or_else(|| texts.find_map(says)).unwrap_or("epoch");
        Explainer { trace, epoch }
    }

    /// What a step was, given what everybody was before it.
    pub(crate) fn row(&self, row: &Row, lives: &Lives) -> String {
        let step = &self.trace.steps[row.step];
        let Some(node) = step.node else { return self.fault(step, lives) };
        let origin = &self.trace.steps[row.origin];
        let mut says: Vec<String> = Vec::new();
        if step.cause == TraceCause::Boot {
            says.push("boots from its disk".to_owned());
        }
        says.extend(facts(step).filter_map(|fact| self.fact(fact, row, origin)));
        says.extend(step.effects.iter().filter_map(client_act));
        let is_campaign = facts(step).any(|fact| matches!(fact, Fact::Campaigns { .. }));
        if let Some((to, kind)) = &row.arrow
            && !is_campaign
        {
            says.push(sends(step, *to, kind));
        }
        if says.is_empty() {
            says.push(cause(&origin.cause));
        }
        says.dedup();
        let more = says.len().saturating_sub(4);
        says.truncate(4);
        if more > 0 {
            says.push(format!("{more} things more"));
        }
        format!("{node} {}", join(&says))
    }

    fn fault(&self, step: &TraceStep, lives: &Lives) -> String {
        let TraceCause::Fault { id, kind, phase, hit, text } = &step.cause else {
            return String::new();
        };
        let mut words = if id == "0" { text.clone() } else { format!("fault {id}  {text}") };
        let leaders = hit.iter().filter(|node| lives.of(**node).role == Role::Leader);
        for leader in leaders.filter(|_| *phase == "strikes") {
            let epoch = lives.of(*leader).epoch;
            words += &match (hit.as_slice(), is_crash(kind)) {
                ([_], true) => format!(", which led {} {epoch}", self.epoch),
                ([_], false) => format!(", which leads {} {epoch}", self.epoch),
                _ => format!("; {leader} leads {} {epoch}", self.epoch),
            };
        }
        words
    }

    fn fact(&self, fact: &Fact, row: &Row, origin: &TraceStep) -> Option<String> {
        let term = self.epoch;
        Some(match fact {
            Fact::Campaigns { epoch } => match origin.cause {
                TraceCause::Timer { .. } => format!("times out: candidate in {term} {epoch}"),
                _ => format!("is a candidate in {term} {epoch}"),
            },
            Fact::Leads { epoch } => format!("leads {term} {epoch}{}", self.votes(row)),
            Fact::Follows { epoch } => format!("follows in {term} {epoch}"),
            Fact::Decides { slot, epoch, value, .. } => {
                format!("decides slot {slot} of {term} {epoch}, value {}", short_hash(*value))
            }
            Fact::Installs { slot, .. } => format!("takes over a state up to slot {slot}"),
            Fact::Truncates { slot } => format!("drops its log from slot {slot} on"),
            Fact::Compacts { slot } => format!("puts a snapshot in place of slots up to {slot}"),
            Fact::Reads { by } => format!("answers a read {}", read_path(*by)),
            Fact::Leases { .. } => "may read alone for a while".to_owned(),
            Fact::Deduplicates { client, number } => {
                format!("gives the old answer to {}", request(*client, *number))
            }
            Fact::Executes { slot, client, number } => {
                format!("executes {} at slot {slot}", request(*client, *number))
            }
            Fact::Transfers { epoch, to } => {
                format!("hands {term} {epoch} over to {}", NodeId(*to))
            }
            Fact::Overtakes { slot } => {
                format!("knows that {slot} is chosen, before all that precede it are")
            }
            Fact::Reconfigures { slot, members } => {
                format!("has {members} members from slot {slot} on")
            }
            Fact::Begins { transaction } => {
                format!("takes charge of transaction {}", Number(*transaction))
            }
            Fact::Ends { transaction } => {
                format!("is done with transaction {}", Number(*transaction))
            }
            Fact::Votes { transaction, yes: true } => {
                format!("votes yes on {}, and is in doubt", Number(*transaction))
            }
            Fact::Votes { transaction, yes: false } => {
                format!("will not do its part of {}", Number(*transaction))
            }
            Fact::Concludes { transaction, commits } => {
                let does = if *commits { "commits" } else { "aborts" };
                format!("{does} transaction {}", Number(*transaction))
            }
            Fact::Waits { transaction } => {
                format!("lets {} wait for locks", Number(*transaction))
            }
            Fact::Acquires { transaction } => {
                format!("gives {} its locks", Number(*transaction))
            }
            Fact::Shows { transaction } => {
                format!(
                    "shows what {} wrote, which it does not know to have ended",
                    Number(*transaction)
                )
            }
            Fact::Does { transaction, step, .. } => {
                format!("does step {step} of {}", Number(*transaction))
            }
            Fact::Undoes { transaction, step, .. } => {
                format!("undoes step {step} of {}", Number(*transaction))
            }
            Fact::Declines { transaction, step, .. } => {
                format!("declines step {step} of {}, for good", Number(*transaction))
            }
            Fact::DeadLetters { transaction, .. } => {
                format!("puts aside an event of {}, a dead letter", Number(*transaction))
            }
            Fact::Pays { account, amount, .. } => {
                format!("is granted {amount} from account {account}")
            }
        })
    }

    /// Whose messages made a leader, as far as they are of the kind that came last.
    fn votes(&self, row: &Row) -> String {
        let origin = &self.trace.steps[row.origin];
        let TraceCause::Message { kind: last, .. } = &origin.cause else { return String::new() };
        let mut from: Vec<NodeId> = Vec::new();
        for step in self.trace.steps[..=row.origin].iter().rev() {
            if step.node != origin.node {
                continue;
            }
            if let TraceCause::Message { from: voter, kind, .. } = &step.cause
                && kind == last
                && !from.contains(voter)
            {
                from.push(*voter);
            }
            if facts(step).any(|fact| matches!(fact, Fact::Campaigns { .. })) {
                from.sort_unstable();
                let from: Vec<String> = from.iter().map(NodeId::to_string).collect();
                return format!(", after {last} from {}", join(&from));
            }
        }
        String::new()
    }
}

/// A request's name from its parts; clients are told by their index from 0, or by their whole address.
fn request(client: u32, number: u32) -> String {
    let client = NodeId(client);
    let client = if client.is_client() { client } else { NodeId::client(client.0) };
    format!("{client}#{number}")
}

fn read_path(by: ReadPath) -> &'static str {
    match by {
        ReadPath::Log => "through the log",
        ReadPath::ReadIndex => "after a confirming round",
        ReadPath::FollowerReadIndex => "after asking the leader for its index",
        ReadPath::Lease => "by its lease",
        ReadPath::Local => "from its own state",
    }
}

fn client_act(effect: &TraceEffect) -> Option<String> {
    match effect {
        TraceEffect::Invoke { text } => {
            let (request, op) = text.split_once(' ').unwrap_or((text, ""));
            Some(format!("begins {} ({request})", cut(op, QUOTED)))
        }
        TraceEffect::Return { text, .. } => {
            let (request, how) = text.split_once(' ').unwrap_or((text, ""));
            Some(format!("ends {request}: {}", cut(how, QUOTED)))
        }
        _ => None,
    }
}

/// That a message was sent, and what it said.
fn sends(step: &TraceStep, to: NodeId, kind: &str) -> String {
    let text = step.effects.iter().find_map(|effect| match effect {
        TraceEffect::Send { to: one, kind: other, text } if *other == kind => {
            one.is_none_or(|one| one == to).then_some(text)
        }
        TraceEffect::Reply { client, text } if kind == "answer" && *client == to => Some(text),
        TraceEffect::Ask { to: one, text } if kind == "request" && *one == to => Some(text),
        _ => None,
    });
    let text = text.map(|text| quote(text)).unwrap_or_default();
    let (request, says) = text.split_once(' ').unwrap_or((&text, ""));
    let begins = step.effects.iter().any(|effect| matches!(effect, TraceEffect::Invoke { .. }));
    match kind {
        "answer" if to.is_client() => format!("answers {request}: {says}"),
        // What it asks for was told when the operation began.
        "request" if begins || text.is_empty() => format!("asks {to}"),
        "request" => format!("asks {to}: {text}"),
        _ if text.is_empty() => format!("sends {kind} to {to}"),
        _ => format!("sends {kind} to {to}: {text}"),
    }
}

/// A message in as few words as its fields allow: `Vote { term: 4, granted: true }` says `term 4, granted`. What
/// has parts of its own is left as it is.
fn quote(text: &str) -> String {
    let mut inner = text.trim();
    while let Some((name, rest)) = inner.split_once('(')
        && name.chars().all(char::is_alphanumeric)
        && let Some(rest) = rest.strip_suffix(')')
    {
        inner = rest;
    }
    let fields = inner.split_once(" { ").and_then(|(_, rest)| rest.strip_suffix(" }"));
    let fields = match fields {
        Some(fields) if !fields.contains(['{', '(', '"', '[']) => fields,
        _ => return cut(text, QUOTED),
    };
    let field = |field: &str| match field.split_once(": ") {
        Some((name, "true")) => name.replace('_', " "),
        Some((name, "false")) => format!("not {}", name.replace('_', " ")),
        Some((name, value)) => format!("{} {value}", name.replace('_', " ")),
        None => field.to_owned(),
    };
    cut(&fields.split(", ").map(field).collect::<Vec<_>>().join(", "), QUOTED)
}

fn cause(cause: &TraceCause) -> String {
    match cause {
        TraceCause::Boot => "boots".to_owned(),
        TraceCause::Message { from, kind, text } => {
            format!("gets {kind} from {from}: {}", quote(text))
        }
        TraceCause::Request { text, .. } => format!("gets {}", cut(text, QUOTED)),
        TraceCause::Answer { from, text } => {
            format!("is answered by {from}: {}", cut(text, QUOTED))
        }
        TraceCause::Timer { text } => format!("has its timer {} run out", cut(text, QUOTED)),
        TraceCause::Synced => "has synced its disk".to_owned(),
        TraceCause::Client => "acts of its own accord".to_owned(),
        TraceCause::Fault { text, .. } => cut(text, QUOTED),
    }
}

/// Enough of a hash to tell two values apart.
fn short_hash(value: u64) -> String {
    let mut text = format!("{value:016x}");
    text.truncate(6);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_quoted_in_few_words() {
        assert_eq!(quote("Vote { term: 4, granted: true }"), "term 4, granted");
        assert_eq!(
            quote("Reply(Vote { last_term: 4, granted: false })"),
            "last term 4, not granted"
        );
        assert_eq!(quote("Append { entries: [1] }"), "Append { entries: [1] }");
        assert_eq!(quote("c1#5 Done(ok)"), "c1#5 Done(ok)");
        assert_eq!(quote(""), "");
    }
}
