//! No replication at all: every node is a server of its own, with a copy of its own.
//!
//! This is what there is without consensus, and what the others are measured against. Whoever is asked executes
//! the request alone, writes it to its journal, and answers when its disk has it. After a crash the journal is
//! replayed. No node sends another anything.
//!
//! **Roles.** None: all are alike and strangers to each other.
//!
//! **Promises.** That it answers as long as any node is up. **Caveats.** With one node it is linearizable, and
//! the cheapest service that is: one sync a write, no message. With more it is not, because two clients that ask
//! two nodes work on two histories; so it is not promised, and scenarios with one node expect it by name.

use crate::promise::{CRASH_RECOVERY, Promise};
use crate::protocol::Protocol;
use crate::session::{Known, Sessions};
use checkers::Model;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::drive::replay::hash_of;
use sim_core::fact::ReadPath;
use sim_core::fault::Target;
use sim_core::{Context, Fact, NodeId, Nodes, Process, Request, Service, Settings, Span};

/// The options of unreplicated copies.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// How many client sessions a node keeps. When there are more, the one least recently used expires.
    pub sessions: u32,
}

impl Default for Config {
    fn default() -> Self {
        Config { sessions: 1_000 }
    }
}

/// A node and its copy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Unreplicated<S: Service> {
    service: S,
    sessions: Sessions<S::Reply>,
    /// How many requests have changed the copy.
    executed: u64,
    most_sessions: u32,
}

impl<S: Service> Process for Unreplicated<S> {
    type Message = ();
    type Timer = ();
    type Record = Request<S>;
    type Service = S;
    type Config = Config;

    fn boot(config: &Config, disk: &[Request<S>], ctx: &mut Context<Self>) -> Self {
        let mut node = Unreplicated {
            service: S::default(),
            sessions: Sessions::default(),
            executed: 0,
            most_sessions: config.sessions,
        };
        for request in disk {
            node.execute(request, ctx);
        }
        node
    }

    fn on_message(&mut self, _: NodeId, (): &(), _: &mut Context<Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<Self>) {}

    /// A read is answered from the copy. The world holds its answer back while a write that it may have seen is
    /// on its way to the disk, so that no crash takes back what somebody has read.
    fn on_request(&mut self, request: &Request<S>, ctx: &mut Context<Self>) {
        if S::is_read(&request.op) {
            ctx.claim(Fact::Reads { by: ReadPath::Local });
            return ctx.reply(request.id, self.service.apply(&request.op));
        }
        match self.sessions.find(request.id) {
            Known::New => {
                ctx.append(request.clone());
                ctx.sync();
                let reply = self.execute(request, ctx);
                ctx.reply(request.id, reply);
            }
            Known::Done(reply) => {
                let (client, number) = (request.id.client.index() as u32, request.id.number);
                ctx.claim(Fact::Deduplicates { client, number });
                ctx.reply(request.id, reply.clone());
            }
            Known::Forgotten => {}
            Known::Expired => ctx.expire(request.id),
        }
    }
}

impl<S: Service> Unreplicated<S> {
    /// Changes the copy. Where there is one copy, its requests are the slots of one log; where there are more,
    /// there is no log in common of which anything could be said.
    fn execute(&mut self, request: &Request<S>, ctx: &mut Context<Self>) -> S::Reply {
        let reply = self.service.apply(&request.op);
        self.executed += 1;
        let slot = self.executed;
        let (id, most) = (request.id, self.most_sessions);
        self.sessions.record(id, request.oldest, reply.clone(), slot, most);
        if ctx.nodes() == 1 {
            let (client, number) = (id.client.index() as u32, id.number);
            ctx.claim(Fact::Executes { slot, client, number });
            ctx.claim(Fact::Decides { slot, epoch: 1, value: hash_of(request), state: 0 });
        }
        reply
    }
}

impl<S: Model> Protocol for Unreplicated<S> {
    type Safety = ();

    fn about() -> &'static str {
        "every node a copy of its own, no replication: what there is without consensus"
    }

    fn promises(_: &Config) -> Vec<Promise> {
        let words = "when faults have healed, requests are done within the stated bound";
        vec![Promise { property: "live-again", under: CRASH_RECOVERY.to_vec(), words }]
    }

    fn roles() -> Vec<(&'static str, Target)> {
        Vec::new()
    }

    fn sizes() -> std::ops::RangeInclusive<u32> {
        1..=1_000_000
    }

    /// The copies that are left go on.
    fn tolerating(faults: u32) -> u32 {
        faults.saturating_add(1)
    }

    fn can_go_on(nodes: &Nodes<Self>) -> bool {
        nodes.live().count() > 0
    }

    /// A client finds another node when one is silent, and a disk that was slow works off what it was given.
    fn settle(_: &Config, settings: &Settings) -> Span {
        Span::secs(5) + settings.costs.sync.to * 100
    }

    /// It sets no timer at all; this is the pace at which one may count on something to happen.
    fn shortest_timer(_: &Config) -> Span {
        Span::secs(1)
    }

    fn complaint(config: &Config) -> Option<String> {
        (config.sessions == 0).then(|| "sessions must be at least 1".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::fault::FaultKind;

    #[test]
    fn several_copies_promise_no_more_than_answers() {
        let promised = Unreplicated::<checkers::model::kv::Kv>::promises(&Config::default());
        let names: Vec<&str> = promised.iter().map(|promise| promise.property).collect();
        assert_eq!(names, ["live-again"]);
        for lost in [FaultKind::WipedCrash, FaultKind::LyingSync, FaultKind::BitRot] {
            assert!(!promised[0].under.contains(&lost));
        }
    }
}
