//! Operations as text: every service reads back what it shows, and clients ask for what is written out for them.

use checkers::model::bank::BankClient;
use checkers::model::decisions::DecisionClient;
use checkers::model::election::Elector;
use checkers::model::kv::KvClient;
use checkers::model::orders::OrderClient;
use sim_core::{
    Answer, Client, ClientContext, ClientEffect, ClientSettings, NodeId, RequestId, Rng, Service,
    Span, SpanRange, Time, Written,
};

type OpOf<C> = <<C as Client>::Service as Service>::Op;
type ReplyOf<C> = <<C as Client>::Service as Service>::Reply;

fn settings<L>(load: L) -> ClientSettings<L> {
    ClientSettings {
        think: SpanRange::millis(1, 1),
        interval: None,
        timeout: Span::millis(100),
        patience: Span::secs(1),
        persists_from: Time::NEVER,
        operations: 0,
        until: Time::NEVER,
        matching: Default::default(),
        load,
        written: None,
    }
}

/// A client driven by hand: whatever it asks for is answered by the specification after a millisecond.
struct Hand<C: Client> {
    client: C,
    store: C::Service,
    rng: Rng,
    now: Time,
    timers: Vec<(Time, u32)>,
    asked: Vec<(Time, OpOf<C>)>,
}

impl<C: Client> Hand<C> {
    fn begin(settings: &ClientSettings<C::Load>) -> Self {
        let mut hand = Hand {
            client: C::new(settings, 0, 2),
            store: C::Service::default(),
            rng: Rng::named(3, 3),
            now: Time::ZERO,
            timers: Vec::new(),
            asked: Vec::new(),
        };
        hand.with(&mut |client, ctx| client.start(ctx));
        hand
    }

    /// Lets so many timers run out, or all.
    fn go(mut self, steps: usize) -> Vec<(Time, OpOf<C>)> {
        for _ in 0..steps {
            self.timers.sort_unstable();
            if self.timers.is_empty() {
                break;
            }
            let (at, timer) = self.timers.remove(0);
            self.now = self.now.max(at);
            self.with(&mut |client, ctx| client.on_timer(timer, ctx));
        }
        self.asked
    }

    fn with(&mut self, act: &mut dyn FnMut(&mut C, &mut ClientContext<C::Service>)) {
        let own = Rng::named(self.rng.bits(), 0);
        let mut ctx = ClientContext::new(NodeId::client(0), 3, self.now, own);
        act(&mut self.client, &mut ctx);
        let mut answers: Vec<(RequestId, ReplyOf<C>)> = Vec::new();
        for effect in ctx.take() {
            match effect {
                ClientEffect::Invoke { op, .. } => self.asked.push((self.now, op)),
                ClientEffect::Ask { request, .. } => {
                    answers.push((request.id, self.store.apply(&request.op)));
                }
                ClientEffect::SetTimer { timer, after } => {
                    self.timers.retain(|(_, other)| *other != timer);
                    self.timers.push((self.now + after, timer));
                }
                ClientEffect::CancelTimer { timer } => {
                    self.timers.retain(|(_, other)| *other != timer);
                }
                ClientEffect::Return { .. } | ClientEffect::Claim(_) => {}
            }
        }
        for (id, reply) in answers {
            self.now = self.now + Span::millis(1);
            let answer = Answer::Done(reply);
            self.with(&mut |client, ctx| client.on_answer(NodeId(0), id, &answer, ctx));
        }
    }
}

/// Draws operations of every load of a client, writes them, reads them and lets a client ask for them again.
fn comes_back<C: Client>() {
    for (name, load) in C::loads() {
        let asked = Hand::<C>::begin(&settings(load.clone())).go(400);
        assert!(!asked.is_empty(), "{name} asks for nothing");
        let mut written = Vec::new();
        for (at, op) in &asked {
            let shown = C::Service::show_op(op);
            assert_eq!(C::Service::read_op(&shown).as_ref(), Some(op), "{name}: {shown}");
            written.push(Written { at: *at, client: 0, op: shown.clone(), draws: None });
            // What is another client's is none of its business.
            written.push(Written { at: *at, client: 1, op: shown, draws: Some(7) });
        }
        written.reverse();
        let again = ClientSettings { written: Some(written), ..settings(load.clone()) };
        assert_eq!(Hand::<C>::begin(&again).go(1_000), asked, "{name}");
        let at_an_interval = ClientSettings { interval: Some(Span::millis(7)), ..again };
        assert_eq!(Hand::<C>::begin(&at_an_interval).go(1_000), asked, "{name}");
        let nothing = ClientSettings { written: Some(Vec::new()), ..settings(load) };
        assert!(Hand::<C>::begin(&nothing).go(10).is_empty());
    }
}

#[test]
fn every_service_reads_back_what_it_shows() {
    comes_back::<KvClient>();
    comes_back::<BankClient>();
    comes_back::<OrderClient>();
    comes_back::<DecisionClient>();
    comes_back::<Elector>();
}

/// What is due while an operation is under way waits for its end in a closed loop, and not in an open one.
#[test]
fn a_closed_loop_asks_for_one_thing_after_another() {
    let op = |at: u64, op: &str| Written {
        at: Time(at * 1_000_000),
        client: 0,
        op: op.into(),
        draws: None,
    };
    let written = Some(vec![op(5, "put x 1"), op(6, "get x"), op(6, "nonsense"), op(90, "get y")]);
    let (_, load) = KvClient::loads().remove(0);
    let silent = |interval| {
        let settings =
            ClientSettings { written: written.clone(), interval, ..settings(load.clone()) };
        let mut hand = Hand::<KvClient>::begin(&settings);
        // Nobody answers: an operation ends when patience does, a second after it was invoked.
        let mut asked = Vec::new();
        for _ in 0..200 {
            hand.timers.sort_unstable();
            let Some((at, timer)) = (!hand.timers.is_empty()).then(|| hand.timers.remove(0)) else {
                break;
            };
            hand.now = hand.now.max(at);
            let mut ctx = ClientContext::new(NodeId::client(0), 3, hand.now, Rng::named(1, 1));
            hand.client.on_timer(timer, &mut ctx);
            for effect in ctx.take() {
                match effect {
                    ClientEffect::Invoke { .. } => asked.push(hand.now.0 / 1_000_000),
                    ClientEffect::SetTimer { timer, after } => {
                        hand.timers.retain(|(_, other)| *other != timer);
                        hand.timers.push((hand.now + after, timer));
                    }
                    ClientEffect::CancelTimer { timer } => {
                        hand.timers.retain(|(_, other)| *other != timer);
                    }
                    _ => {}
                }
            }
        }
        asked
    };
    assert_eq!(silent(Some(Span::millis(1))), [5, 6, 90]);
    assert_eq!(silent(None), [5, 1_005, 2_005]);
}
