//! How Fast Paxos stands in the catalogue.

use super::FastPaxos;
use super::bugs::Bug;
use super::config::Config;
use super::message::{Message, Vote};
use super::round::Round;
use crate::paxos::Key;
use crate::paxos::invariants::{Decides, Rules, Saying};
use crate::paxos::{Paxos, promises};
use crate::planted::plants;
use crate::promise::Promise;
use crate::protocol::Protocol;
use sim_core::fault::Target;
use sim_core::{Settings, Span};
use std::ops::RangeInclusive;

impl Decides for FastPaxos {
    type Number = Round;

    fn saying(message: &Message) -> Option<(Key, Saying<Round>)> {
        Some(match *message {
            Message::Prepare { key, ballot } => (key, Saying::Begins(Round::fast(ballot))),
            Message::Promise { key, ballot, vote } => {
                (key, Saying::Promises { ballot: Round::fast(ballot), vote })
            }
            Message::Any { key, ballot } => {
                (key, Saying::Proposes { ballot: Round::fast(ballot), value: None })
            }
            Message::Accept { key, ballot, value } => {
                let ballot = Round::classic(ballot);
                (key, Saying::Proposes { ballot, value: Some(value) })
            }
            Message::Accepted { key, vote: Vote { ballot, value } } => {
                (key, Saying::Votes(Vote { ballot, value }))
            }
            Message::Nack { key, promised, .. } => (key, Saying::HasPromised(promised)),
            _ => return None,
        })
    }
}

impl Protocol for FastPaxos {
    type Safety = (Rules<Round>,);

    fn about() -> &'static str {
        "decisions on values that clients send straight to the acceptors (Lamport, 2006)"
    }

    fn promises(_: &Config) -> Vec<Promise> {
        promises::promises(true)
    }

    plants!(Bug);

    fn implied_by(property: &str) -> &'static [&'static str] {
        promises::implied_by(property)
    }

    fn roles() -> Vec<(&'static str, Target)> {
        Paxos::roles()
    }

    /// Decisions have nothing to do with each other.
    fn decides_in_order() -> bool {
        false
    }

    fn sizes() -> RangeInclusive<u32> {
        1..=101
    }

    fn settle(config: &Config, settings: &Settings) -> Span {
        Paxos::settle(&config.pace(), settings)
    }

    fn shortest_timer(config: &Config) -> Span {
        Paxos::shortest_timer(&config.pace())
    }

    fn complaint(config: &Config) -> Option<String> {
        config.pace().complaint()
    }
}
