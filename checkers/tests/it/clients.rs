//! Clients of the key-value store against a cluster in a nutshell: one node leads, the others send on or
//! refuse, and messages are lost, doubled and late.

use checkers::check;
use checkers::model::kv::{Kv, KvClient, KvLoad, KvReply, Reads};
use sim_core::history::{History, Operation};
use sim_core::outcome::Verdict;
use sim_core::{
    Answer, Client, ClientContext, ClientEffect, ClientSettings, Ending, Fact, Matching, NodeId,
    Request, RequestId, Rng, Service, Span, SpanRange, Time,
};
use std::collections::{BTreeMap, BTreeSet};

const NODES: u32 = 3;

/// How nodes and network behave.
#[derive(Clone, Copy, Default)]
struct Manner {
    /// In a hundred: messages lost, and messages doubled.
    lost: u64,
    doubled: u64,
    /// Whether nodes that do not lead know who does.
    hints: bool,
    /// Whether nobody leads, and whether nobody even answers.
    leaderless: bool,
    silent: bool,
}

enum Event {
    Timer(usize, u32, u64),
    Request(NodeId, Request<Kv>),
    Answer(NodeId, RequestId, Answer<KvReply>),
}

struct Nutshell {
    manner: Manner,
    rng: Rng,
    now: Time,
    queue: BTreeMap<(Time, u64), Event>,
    events: u64,
    clients: Vec<(KvClient, Rng)>,
    /// When a client's timer was last set; an older one is void.
    timers: BTreeMap<(usize, u32), u64>,
    store: Kv,
    answered: BTreeMap<RequestId, KvReply>,
    history: History<Kv>,
    claims: Vec<Fact>,
    most_open: usize,
    requests: Vec<Request<Kv>>,
}

fn settings(load: KvLoad) -> ClientSettings<KvLoad> {
    ClientSettings {
        written: None,
        think: SpanRange::millis(5, 15),
        interval: None,
        timeout: Span::millis(100),
        patience: Span::secs(1),
        persists_from: Time::NEVER,
        operations: 0,
        until: Time::ZERO + Span::secs(5),
        matching: Default::default(),
        load,
    }
}

fn named(name: &str) -> KvLoad {
    KvClient::loads().into_iter().find(|(other, _)| *other == name).unwrap().1
}

fn run(settings: &ClientSettings<KvLoad>, count: u32, manner: Manner, seed: u64) -> Nutshell {
    let client = |i| (KvClient::new(settings, i, count), Rng::named(seed, 1_000 + u64::from(i)));
    let mut world = Nutshell {
        manner,
        rng: Rng::named(seed, 0),
        now: Time::ZERO,
        queue: BTreeMap::new(),
        events: 0,
        clients: (0..count).map(client).collect(),
        timers: BTreeMap::new(),
        store: Kv::default(),
        answered: BTreeMap::new(),
        history: History::new(),
        claims: Vec::new(),
        most_open: 0,
        requests: Vec::new(),
    };
    for index in 0..world.clients.len() {
        world.step(index, |client, ctx| client.start(ctx));
    }
    while let Some(((now, _), event)) = world.queue.pop_first() {
        if now > Time::ZERO + Span::secs(20) {
            break;
        }
        world.now = now;
        world.handle(event);
    }
    world
}

impl Nutshell {
    fn step(&mut self, index: usize, act: impl Fn(&mut KvClient, &mut ClientContext<Kv>)) {
        let id = NodeId::client(index as u32);
        let (client, rng) = &mut self.clients[index];
        let fresh = Rng::named(rng.below(u64::MAX), 0);
        let mut ctx = ClientContext::new(id, NODES, self.now, fresh);
        act(client, &mut ctx);
        for effect in ctx.take() {
            match effect {
                ClientEffect::Invoke { id, op } => self.history.invoke(id, op, self.now),
                ClientEffect::Return { id, ending } => self.history.ret(id, ending, self.now),
                ClientEffect::Ask { to, request } => {
                    self.requests.push(request.clone());
                    self.send(|| Event::Request(to, request.clone()));
                }
                ClientEffect::SetTimer { timer, after } => {
                    self.events += 1;
                    self.timers.insert((index, timer), self.events);
                    let event = Event::Timer(index, timer, self.events);
                    self.queue.insert((self.now + after, self.events), event);
                }
                ClientEffect::CancelTimer { timer } => drop(self.timers.remove(&(index, timer))),
                ClientEffect::Claim(fact) => self.claims.push(fact),
            }
        }
        let open = self.history.operations.iter().filter(|one| one.returned.is_none());
        self.most_open = self.most_open.max(open.count());
    }

    fn send(&mut self, event: impl Fn() -> Event) {
        let copies = if self.rng.below(100) < self.manner.doubled { 2 } else { 1 };
        for _ in 0..copies {
            if self.rng.below(100) >= self.manner.lost {
                self.events += 1;
                let at = self.now + self.rng.within(Span::millis(1), Span::millis(20));
                self.queue.insert((at, self.events), event());
            }
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Timer(index, timer, set) => {
                if self.timers.get(&(index, timer)) == Some(&set) {
                    self.timers.remove(&(index, timer));
                    self.step(index, |client, ctx| client.on_timer(timer, ctx));
                }
            }
            Event::Answer(from, id, answer) => {
                self.step(id.client.index(), |client, ctx| client.on_answer(from, id, &answer, ctx))
            }
            Event::Request(to, request) if !self.manner.silent => {
                let answer = self.serve(to, &request);
                self.send(|| Event::Answer(to, request.id, answer.clone()));
            }
            Event::Request(..) => {}
        }
    }

    /// A node's answer; the leader, `n2`, does a request once.
    fn serve(&mut self, node: NodeId, request: &Request<Kv>) -> Answer<KvReply> {
        if node != NodeId(1) || self.manner.leaderless {
            let hint = self.manner.hints.then_some(NodeId(1));
            return Answer::Refused(hint.filter(|_| !self.manner.leaderless));
        }
        let store = &mut self.store;
        let answered = self.answered.entry(request.id);
        Answer::Done(answered.or_insert_with(|| store.apply(&request.op)).clone())
    }

    fn operations(&self) -> &[Operation<Kv>] {
        &self.history.operations
    }
    fn ended(&self, how: impl Fn(&Ending<KvReply>) -> bool) -> usize {
        let endings = self.operations().iter().filter_map(|one| one.returned.as_ref());
        endings.filter(|(_, ending)| how(ending)).count()
    }
}

const ROUGH: Manner =
    Manner { lost: 20, doubled: 20, hints: true, leaderless: false, silent: false };

#[test]
fn every_load_is_linearizable_under_loss_and_doubling() {
    for (name, load) in KvClient::loads() {
        for seed in 0..5 {
            let world = run(&settings(load.clone()), 4, ROUGH, seed);
            let judgement = check(world.operations(), 1_000_000);
            assert_eq!(judgement.verdict, Verdict::Holds, "{name}: {}", judgement.why());
            let least = if name == "debits" { 4 } else { 100 };
            assert!(world.ended(|ending| matches!(ending, Ending::Ok(_))) >= least, "{name}");
        }
    }
}

#[test]
fn a_retry_under_a_new_number_is_done_twice_and_noticed() {
    let load = KvLoad { retry_as_new: true, ..named("appends") };
    let broken = (0..5).filter(|seed| {
        let world = run(&settings(load.clone()), 4, ROUGH, *seed);
        check(world.operations(), 1_000_000).verdict == Verdict::Broken
    });
    assert!(broken.count() >= 4);
}

#[test]
fn requests_name_the_oldest_that_may_still_be_sent() {
    let mut open_loop = settings(named("kv"));
    open_loop.interval = Some(Span::millis(8));
    let world = run(&open_loop, 2, ROUGH, 1);
    assert!(world.most_open > 6, "only {} were open at once", world.most_open);
    let mut oldest = BTreeMap::<NodeId, u32>::new();
    for request in &world.requests {
        let before = oldest.insert(request.id.client, request.oldest).unwrap_or(0);
        assert!(before <= request.oldest && request.oldest <= request.id.number, "{request:?}");
    }
    let judgement = check(world.operations(), 1_000_000);
    assert_eq!(judgement.verdict, Verdict::Holds);
}

#[test]
fn silence_is_unknown_and_refusal_fails_reads_only() {
    let manner = Manner { silent: true, ..Manner::default() };
    let world = run(&settings(named("kv")), 2, manner, 1);
    assert!(!world.operations().is_empty());
    assert_eq!(world.ended(|ending| *ending == Ending::Unknown), world.operations().len());

    let manner = Manner { leaderless: true, ..Manner::default() };
    let world = run(&settings(named("kv")), 2, manner, 1);
    assert!(world.ended(|ending| *ending == Ending::Fail) > 0);
    assert!(world.ended(|ending| *ending == Ending::Unknown) > 0);
    for one in world.operations() {
        let (at, ending) = one.returned.as_ref().unwrap();
        assert_eq!(at.since(one.invoked), Span::secs(1), "patience is a second");
        assert!(*ending == Ending::Unknown || Kv::is_read(&one.op));
    }
    // A refusal is followed by a pause of at least 20 ms.
    assert!(world.requests.len() < world.operations().len() * 50);
}

#[test]
fn what_is_asked_after_the_healing_is_asked_for_until_it_is_answered() {
    let settings =
        ClientSettings { persists_from: Time::ZERO + Span::secs(3), ..settings(named("kv")) };
    let world = run(&settings, 1, Manner { silent: true, ..Manner::default() }, 1);
    let (last, before) = world.operations().split_last().unwrap();
    assert!(
        before.iter().all(|one| one.returned.is_some() && one.invoked < settings.persists_from)
    );
    assert!(last.returned.is_none() && last.invoked >= settings.persists_from);
    let asked = world.requests.iter().filter(|request| request.id == last.id).count();
    assert!((160..=171).contains(&asked), "every 100 ms of 17 seconds, {asked} times");
}

#[test]
fn a_client_finds_the_leader_with_hints_and_without() {
    for hints in [false, true] {
        let world = run(&settings(named("kv")), 1, Manner { hints, ..Manner::default() }, 3);
        assert_eq!(world.ended(|ending| matches!(ending, Ending::Ok(_))), world.operations().len());
        assert!(world.operations().len() > 30, "{}", world.operations().len());
    }
}

#[test]
fn an_account_pays_no_more_than_it_held() {
    for seed in 0..20 {
        let world = run(&settings(named("debits")), 4, ROUGH, seed);
        let paid = world.claims.iter().map(|fact| match fact {
            Fact::Pays { account: 0, amount, opening: 10_000 } => *amount,
            other => panic!("{other:?}"),
        });
        let paid: u64 = paid.sum();
        assert!(paid == 10_000 || paid == 8_000 || paid == 5_000, "{paid}");
    }
}

#[test]
fn options_are_read_by_their_names() {
    let schema = schemars::schema_for!(KvLoad);
    assert!(schema.to_value().to_string().contains("retry-as-new"));
}

/// A client that believes two nodes which answer alike, and no fewer.
fn believer() -> (KvClient, ClientContext<Kv>, Request<Kv>) {
    let mut two = settings(named("kv"));
    two.matching = Matching { replies: 2, reads_to_all: false };
    let mut client = KvClient::new(&two, 0, 1);
    let mut ctx = ClientContext::new(NodeId::client(0), 4, Time::ZERO, Rng::named(1, 1));
    client.start(&mut ctx);
    ctx.take();
    client.on_timer(u32::MAX, &mut ctx);
    let asked = asked(&mut ctx);
    let [(to, request)] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(*to, NodeId(0), "the first node leads, as everybody knows");
    (client, ctx, request.clone())
}

fn asked(ctx: &mut ClientContext<Kv>) -> Vec<(NodeId, Request<Kv>)> {
    let ask = |effect| match effect {
        ClientEffect::Ask { to, request } => Some((to, request)),
        _ => None,
    };
    ctx.take().into_iter().filter_map(ask).collect()
}

fn returned(ctx: &mut ClientContext<Kv>) -> Option<Ending<KvReply>> {
    ctx.take().into_iter().find_map(|effect| match effect {
        ClientEffect::Return { ending, .. } => Some(ending),
        _ => None,
    })
}

#[test]
fn an_answer_is_believed_when_enough_nodes_give_it() {
    let (mut client, mut ctx, request) = believer();
    let mut says = |node, reply| {
        client.on_answer(NodeId(node), request.id, &Answer::Done(reply), &mut ctx);
        returned(&mut ctx)
    };
    assert_eq!(says(1, KvReply::Swapped(true)), None, "one may lie");
    assert_eq!(says(1, KvReply::Swapped(true)), None, "the same one again is no second");
    assert_eq!(says(2, KvReply::Done), None, "another answer is no second either");
    assert_eq!(says(3, KvReply::Done), Some(Ending::Ok(KvReply::Done)));
}

#[test]
fn who_needs_many_answers_asks_everybody_after_a_timeout() {
    let (mut client, mut ctx, request) = believer();
    client.on_timer(1, &mut ctx);
    let again = asked(&mut ctx);
    assert_eq!(again.iter().map(|(to, _)| to.0).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(again.iter().all(|(_, other)| *other == request), "under the same number");
}

#[test]
fn one_node_cannot_send_a_client_astray() {
    let (mut client, mut ctx, request) = believer();
    let elsewhere = |node| Answer::Refused(Some(NodeId(node)));
    client.on_answer(NodeId(3), request.id, &elsewhere(2), &mut ctx);
    assert_eq!(asked(&mut ctx), []);
    client.on_answer(NodeId(1), request.id, &elsewhere(1), &mut ctx);
    client.on_answer(NodeId(2), request.id, &elsewhere(1), &mut ctx);
    for node in [1, 2] {
        client.on_answer(NodeId(node), request.id, &Answer::Done(KvReply::Done), &mut ctx);
    }
    ctx.take();
    client.on_timer(u32::MAX, &mut ctx);
    assert_eq!(asked(&mut ctx)[0].0, NodeId(1), "two nodes said that it leads");
}

#[test]
fn reads_go_to_everybody_where_the_protocol_says_so() {
    let mut all = settings(KvLoad { gets: 1, puts: 0, appends: 0, cas: 0, ..named("kv") });
    all.matching = Matching { replies: 3, reads_to_all: true };
    let mut client = KvClient::new(&all, 0, 1);
    let mut ctx = ClientContext::new(NodeId::client(0), 4, Time::ZERO, Rng::named(1, 1));
    client.start(&mut ctx);
    client.on_timer(u32::MAX, &mut ctx);
    assert_eq!(asked(&mut ctx).len(), 4);
}

#[test]
fn who_may_ask_anybody_goes_round_those_who_are_silent() {
    let reads = KvLoad { gets: 1, puts: 0, appends: 0, cas: 0, reads: Reads::Any, ..named("kv") };
    let mut first = BTreeSet::new();
    for seed in 0..20 {
        let mut client = KvClient::new(&settings(reads.clone()), 0, 1);
        let mut ctx = ClientContext::new(NodeId::client(0), 4, Time::ZERO, Rng::named(seed, 1));
        client.start(&mut ctx);
        client.on_timer(u32::MAX, &mut ctx);
        let mut tried: Vec<u32> = asked(&mut ctx).iter().map(|(to, _)| to.0).collect();
        for _ in 0..4 {
            client.on_timer(1, &mut ctx);
            tried.extend(asked(&mut ctx).iter().map(|(to, _)| to.0));
        }
        assert_eq!(tried, (0..5).map(|nth| (tried[0] + nth) % 4).collect::<Vec<_>>());
        first.insert(tried[0]);
    }
    assert_eq!(first.len(), 4, "where it begins is drawn");
}
