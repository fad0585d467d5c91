//! A hunt inside `cargo test`: what holds passes, what breaks panics with its story, and what is kept is played first.

use crate::room::Room;
use serde::Serialize;
use splitbrain::fuzz;
use splitbrain::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A store on one node, which answers when its disk has what it was told, or a little earlier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
struct Notebook<const HASTY: bool> {
    store: Kv,
    done: std::collections::BTreeMap<RequestId, KvReply>,
}

impl<const HASTY: bool> Notebook<HASTY> {
    fn apply(&mut self, request: &Request<Kv>) -> KvReply {
        let store = &mut self.store;
        self.done.entry(request.id).or_insert_with(|| store.apply(&request.op)).clone()
    }
}

impl<const HASTY: bool> Process for Notebook<HASTY> {
    type Message = ();
    type Timer = ();
    type Record = Request<Kv>;
    type Service = Kv;
    type Config = NoOptions;
    fn boot(_: &NoOptions, disk: &[Request<Kv>], _: &mut Context<Self>) -> Self {
        let mut book = Notebook::default();
        disk.iter().for_each(|request| drop(book.apply(request)));
        book
    }
    fn on_request(&mut self, request: &Request<Kv>, ctx: &mut Context<Self>) {
        let reply = self.apply(request);
        ctx.append(request.clone());
        if !HASTY {
            ctx.sync();
        }
        ctx.reply(request.id, reply);
    }
    fn on_message(&mut self, _: NodeId, (): &(), _: &mut Context<Self>) {}
}

impl<const HASTY: bool> Protocol for Notebook<HASTY> {
    type Safety = ();
    fn about() -> &'static str {
        "a store on one node"
    }
    fn promises(_: &NoOptions) -> Vec<Promise> {
        let under = vec![FaultKind::Crash, FaultKind::Pause, FaultKind::Loss];
        vec![Promise { property: "linearizable", under, words: "no answer is taken back" }]
    }
    fn sizes() -> std::ops::RangeInclusive<u32> {
        1..=1
    }
}

#[test]
fn what_keeps_its_promises_passes() {
    fuzz::<Notebook<false>>().nemesis(Nemesis::swarm()).seeds(0..40).check();
}

#[test]
fn what_breaks_them_panics_with_its_story_and_is_kept() {
    let room = Room::new();
    let hunt = || {
        let hunt = fuzz::<Notebook<true>>().nemesis(Nemesis::swarm()).seeds(0..200);
        let hunt = hunt.regressions(room.path("kept"));
        let panicked = catch_unwind(AssertUnwindSafe(|| hunt.check()));
        let words = panicked.expect_err("a bug").downcast::<String>().expect("words");
        *words
    };
    let story = hunt();
    for word in [
        "linearizable",
        "How it came about",
        "The least that breaks so",
        "SPLITBRAIN_REPLAY=",
        "commit",
    ] {
        assert!(story.contains(word), "no `{word}` in\n{story}");
    }
    let kept = room.files("kept");
    assert_eq!(kept.len(), 1, "{kept:?}");
    let again = hunt();
    assert!(again.contains("kept from an earlier failure"), "{again}");
}
