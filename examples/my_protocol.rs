//! Chain replication (van Renesse and Schneider, 2004), without reconfiguration: the head takes what
//! clients ask, each node hands it on, and the tail answers, when all have it on disk.
use serde::Serialize;
use splitbrain::prelude::*;
use std::{collections::BTreeMap, process::ExitCode};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
struct Chain {
    store: Kv,
    replies: BTreeMap<RequestId, KvReply>,
}
impl Chain {
    fn apply(&mut self, request: &Request<Kv>) {
        self.replies.insert(request.id, self.store.apply(&request.op));
    }
}

impl Process for Chain {
    type Message = Request<Kv>;
    type Timer = ();
    type Record = Request<Kv>;
    type Service = Kv;
    type Config = NoOptions;
    fn boot(_: &NoOptions, disk: &[Request<Kv>], _: &mut Context<Self>) -> Chain {
        let mut chain = Chain::default();
        disk.iter().for_each(|request| chain.apply(request));
        chain
    }
    fn on_request(&mut self, request: &Request<Kv>, ctx: &mut Context<Self>) {
        match ctx.id() {
            NodeId(0) => self.on_message(ctx.id(), request, ctx),
            _ => ctx.refuse(request.id, Some(NodeId(0))),
        }
    }
    fn on_message(&mut self, _: NodeId, request: &Request<Kv>, ctx: &mut Context<Self>) {
        if !self.replies.contains_key(&request.id) {
            self.apply(request);
            ctx.append(request.clone());
        }
        ctx.sync(); // nobody hears of what a crash could still take back
        match ctx.peers().find(|node| *node > ctx.id()) {
            Some(next) => ctx.send(next, request.clone()),
            None => ctx.reply(request.id, self.replies[&request.id].clone()),
        }
    }
}

impl Protocol for Chain {
    type Safety = (); // what clients see is judged anyway
    fn about() -> &'static str {
        "chain replication: what enters at the head is answered by the tail"
    }
    fn promises(_: &NoOptions) -> Vec<Promise> {
        let under = vec![FaultKind::Crash, FaultKind::Pause, FaultKind::Cut, FaultKind::Loss];
        vec![Promise { property: "linearizable", under, words: "no answer is taken back" }]
    }
}
fn main() -> ExitCode {
    splitbrain::main(splitbrain::catalogue! { "mine" => Chain })
}
