//! Every node, every client, and everything in flight.
//!
//! A world knows what *can* happen: its queue holds every pending event. [`World::step`] lets the earliest
//! happen; [`World::fire`] lets a driver choose another. Ties are broken by the order in which events were made,
//! so a world that is built twice from the same settings, plan and seed goes through the same steps.
//!
//! | room | what is in it |
//! |---|---|
//! | this file | building a world, taking a step, handing events to nodes |
//! | `effects` | what nodes ask for: the sync barrier, timers, sending |
//! | `clients` | the same for clients |
//! | `strikes` | faults: when they strike, what they wait for, when they heal |
//! | `find` | whom a fault hits |
//! | `inflict` | what it does to them, and how that is taken back |
//! | `lies` | liars and twins: what they make of what honest software says |
//! | `by_hand` | what a script does to a world, outside any plan |

mod by_hand;
mod clients;
mod effects;
mod find;
mod inflict;
mod lies;
mod strikes;

use crate::context::Context;
use crate::fault::{Disturbance, Fired, Plan};
use crate::network::Network;
use crate::nodes::Nodes;
use crate::observe::{Cause, Lost, LostTo, Machine, Observer};
use crate::process::{NodeId, Process, Reply};
use crate::queue::Queue;
use crate::random::{Rng, Stream, key};
use crate::seal::{Seal, Spoiled};
use crate::service::{Answer, ClientContext, Request, RequestId, Service, Written};
use crate::settings::{Settings, Transport};
use crate::time::{Span, Time};
use clients::Customer;
use lies::Liars;
use strikes::Strikes;

/// Something that can happen.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the fields say it
pub enum Event<P: Process> {
    /// A message arrives.
    Message { from: NodeId, to: Machine, message: P::Message },
    /// A client's request arrives.
    Request { to: Machine, request: Request<P::Service>, spoiled: Spoiled },
    /// A node's answer arrives at a client.
    Answer { client: u32, from: NodeId, id: RequestId, answer: Answer<Reply<P>> },
    /// A timer runs out.
    Timer { node: Machine, timer: P::Timer },
    /// A client's timer runs out.
    ClientTimer { client: u32, timer: u32 },
    /// A sync ends.
    Synced { node: Machine, sync: u64 },
    /// A process that stood still when a sync ended looks at it.
    Released { node: Machine },
    /// A busy node has time again for what waits in its inbox.
    Wake { node: Machine, life: u32 },
    /// A fault of the plan strikes, or begins to wait for its moment.
    Strike { index: u32 },
    /// The moment has come that a fault waited for.
    Moment { index: u32 },
    /// A fault is over.
    Heal { active: u64 },
    /// Everything heals.
    HealAll,
}

/// Something that waits at its sender because its stream is cut.
#[derive(Clone, Debug)]
struct Stalled<P: Process> {
    from: NodeId,
    to: NodeId,
    event: Event<P>,
    size: u32,
}

type ClientOf<P> = <<P as Process>::Service as Service>::Client;

/// Every node, every client, and everything in flight.
#[derive(Clone, Debug)]
pub struct World<P: Process> {
    config: P::Config,
    settings: Settings,
    nodes: Nodes<P>,
    clients: Vec<Customer<ClientOf<P>>>,
    queue: Queue<Event<P>>,
    network: Network,
    strikes: Strikes,
    /// What was sent on streams that are cut, in the order of sending.
    stalled: Vec<Stalled<P>>,
    fired: Fired,
    liars: Liars<P>,
    /// By how many millionths a clock has run fast or slow at most.
    drift: u64,
    now: Time,
    /// How many steps were taken, and how many events were made.
    steps: u64,
    made: u64,
    node_streams: Vec<Rng>,
    client_streams: Vec<Rng>,
    disk_streams: Vec<Rng>,
    context: Context<P>,
    client_context: ClientContext<P::Service>,
    spare: Vec<crate::context::Effect<P>>,
}

impl<P: Process> World<P> {
    /// A world in which nothing has happened yet. Call [`World::start`] next.
    ///
    /// There are as many clients as are given, whatever the settings say.
    pub fn new(
        mut settings: Settings,
        config: P::Config,
        clients: Vec<ClientOf<P>>,
        mut plan: Plan,
        seed: u64,
    ) -> Self {
        let messages = std::mem::take(&mut plan.messages);
        settings.clients = clients.len() as u32;
        let count = settings.nodes;
        let streams = |stream, count: u32| {
            let key = key(seed, stream);
            (0..u64::from(count)).map(|i| Rng::named(key, i)).collect::<Vec<Rng>>()
        };
        let rng = Rng::named(0, 0);
        let strikes = Strikes::new::<P>(plan, seed);
        World {
            context: Context {
                id: NodeId(0),
                nodes: count,
                now: Time::ZERO,
                wall: Time::ZERO,
                rng: rng.clone(),
                effects: Vec::new(),
                request_seal: None,
            },
            client_context: ClientContext {
                id: NodeId(0),
                nodes: count,
                now: Time::ZERO,
                rng,
                effects: Vec::new(),
                invoked: None,
            },
            nodes: Nodes::new(count),
            network: Network::new(&settings, seed)
                .disturbed_by(&messages)
                .healing_at(strikes.heal()),
            node_streams: streams(Stream::Node, count),
            client_streams: streams(Stream::Client, settings.clients),
            disk_streams: streams(Stream::Disk, count),
            clients: clients.into_iter().map(Customer::new).collect(),
            strikes,
            queue: Queue::default(),
            stalled: Vec::new(),
            fired: Fired::default(),
            liars: Liars::default(),
            drift: 0,
            now: Time::ZERO,
            steps: 0,
            made: 0,
            spare: Vec::new(),
            config,
            settings,
        }
        .with_wrong_clocks(seed)
    }

    fn with_wrong_clocks(mut self, seed: u64) -> Self {
        let clocks = self.settings.clocks;
        if clocks == Default::default() {
            return self;
        }
        let key = key(seed, Stream::Clock);
        for (i, node) in self.nodes.list.iter_mut().enumerate() {
            let mut rng = Rng::named(key, i as u64);
            let clock = &mut node.rare().clock;
            let drift = i64::from(clocks.drift_ppm);
            clock.set_rate(Time::ZERO, rng.below(2 * drift as u64 + 1) as i64 - drift);
            self.drift = self.drift.max(clock.rate().unsigned_abs());
            clock.jump(rng.below(2 * clocks.skew.0 + 1) as i64 - clocks.skew.0 as i64);
        }
        self
    }

    /// From now on the world writes out what happens to single messages and what clients ask for: call it before
    /// [`World::start`]. It changes nothing that happens.
    pub fn write_out(&mut self) {
        self.network.write_out();
        self.client_context.invoked.get_or_insert_default();
    }

    /// What has happened to single messages, in the order of sending, when it was to be written out.
    pub fn disturbances(&self) -> &[Disturbance] {
        self.network.written()
    }

    /// What clients have asked for, in the order of asking, when it was to be written out.
    pub fn invoked(&self) -> &[Written] {
        self.client_context.invoked.as_deref().unwrap_or_default()
    }

    /// Boots every node, starts every client, and puts the plan's faults into the queue.
    pub fn start(&mut self, watch: &mut impl Observer<P>) {
        for index in 0..self.strikes.len() {
            let at = self.strikes.at(index);
            self.push(at, Event::Strike { index });
        }
        if let Some(heal) = self.strikes.heal() {
            self.push(heal, Event::HealAll);
        }
        for machine in 0..self.nodes.len() as Machine {
            self.boot(machine, watch);
        }
        for client in 0..self.clients.len() as u32 {
            self.with_client(client, 0, None, watch, |client, ctx| {
                crate::service::Client::start(client, ctx);
            });
        }
    }

    /// Lets the earliest event happen. False when nothing is pending any more.
    #[inline]
    pub fn step(&mut self, watch: &mut impl Observer<P>) -> bool {
        self.step_until(Time::NEVER, watch)
    }

    /// Lets the earliest event happen, unless it is later than `until`; false then.
    #[inline]
    pub fn step_until(&mut self, until: Time, watch: &mut impl Observer<P>) -> bool {
        let Some((at, made, event)) = self.queue.pop(until) else { return false };
        self.happen(at, made, event, watch);
        true
    }

    /// Every pending event, with its time and the number that it was made as, in no particular order.
    pub fn pending(&self) -> impl Iterator<Item = (Time, u64, &Event<P>)> {
        self.queue.iter()
    }

    /// How many events are pending.
    #[inline]
    pub fn count_pending(&self) -> usize {
        self.queue.len()
    }

    /// Lets the event happen that was made as this number, whatever else is earlier. False when there is none.
    ///
    /// Time never runs backwards: what was due earlier and happens later happens at the later time.
    pub fn fire(&mut self, number: u64, watch: &mut impl Observer<P>) -> bool {
        let Some((at, event)) =
            self.queue.iter().find(|e| e.1 == number).map(|e| (e.0, e.2.clone()))
        else {
            return false;
        };
        self.queue.retain(|made, _| made != number);
        self.happen(at, number, event, watch);
        true
    }

    /// Takes an event out of the queue without letting it happen. False when there is none.
    pub fn discard(&mut self, number: u64) -> bool {
        let before = self.queue.len();
        self.queue.retain(|made, _| made != number);
        self.queue.len() < before
    }

    /// Moves time on to an instant when nothing happens, if it is later than now.
    pub fn wait_until(&mut self, at: Time) {
        self.now = self.now.max(at);
    }

    /// Now, in true time.
    pub fn now(&self) -> Time {
        self.now
    }
    /// How many steps were taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }
    /// The nodes.
    pub fn nodes(&self) -> &Nodes<P> {
        &self.nodes
    }
    /// What surrounds them.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
    /// How often each kind of fault has struck.
    pub fn fired(&self) -> &Fired {
        &self.fired
    }
    /// By how many millionths any node's clock has run fast or slow at most.
    pub fn worst_drift(&self) -> u64 {
        self.drift
    }
    /// What a client is at the moment.
    pub fn client(&self, index: u32) -> Option<&ClientOf<P>> {
        self.clients.get(index as usize).map(|customer| &customer.client)
    }

    #[inline(always)]
    fn push(&mut self, at: Time, event: Event<P>) {
        self.made += 1;
        self.queue.push(at, self.made, event);
    }

    #[inline(always)]
    fn happen(&mut self, at: Time, made: u64, event: Event<P>, watch: &mut impl Observer<P>) {
        self.now = self.now.max(at);
        match event {
            Event::Message { from, to, .. } => {
                if self.reaches(from, self.nodes.identity(to), made, watch) {
                    self.arrive(to, made, event, watch);
                }
            }
            Event::Request { to, ref request, .. } => {
                if self.reaches(request.id.client, self.nodes.identity(to), made, watch) {
                    self.arrive(to, made, event, watch);
                }
            }
            Event::Answer { client, from, .. } => {
                if self.reaches(from, NodeId::client(client), made, watch) {
                    self.answer(made, event, watch);
                }
            }
            Event::Timer { node, timer } => {
                if self.rings(node, timer, at) {
                    self.arrive(node, made, event, watch);
                }
            }
            Event::ClientTimer { client, timer } => {
                self.client_timer(client, timer, at, made, watch)
            }
            Event::Synced { node, sync } => self.synced(node, sync, made, watch),
            Event::Released { node } => self.arrive(node, made, event, watch),
            Event::Wake { node, life } => self.wake(node, life, watch),
            Event::Strike { index } => self.strike_or_wait(index, watch),
            Event::Moment { index } => self.strike(index, watch),
            Event::Heal { active } => self.heal(active, watch),
            Event::HealAll => self.heal_all(watch),
        }
    }

    /// Whether a message that was under way arrives after all: its link may have been cut meanwhile.
    #[inline]
    fn reaches(
        &mut self,
        from: NodeId,
        to: NodeId,
        made: u64,
        watch: &mut impl Observer<P>,
    ) -> bool {
        let (source, target) = (self.network.address(from), self.network.address(to));
        if self.network.transport == Transport::Stream || !self.network.is_cut(source, target) {
            return true;
        }
        watch.lost(&Lost { at: self.now, event: made, from, to, why: LostTo::Cut });
        false
    }

    /// Handled at once, or queued at a node that is busy or stands still.
    #[inline(always)]
    fn arrive(&mut self, to: Machine, made: u64, event: Event<P>, watch: &mut impl Observer<P>) {
        let node = &mut self.nodes.list[to as usize];
        if node.process.is_none() {
            return self.lost_to_crash(to, made, &event, watch);
        }
        if node.paused > 0 || node.busy > self.now {
            let (is_paused, busy) = (node.paused > 0, node.busy);
            node.rare().inbox.push_back((made, event));
            if !is_paused {
                self.wake_later(to, busy);
            }
            return;
        }
        self.handle(to, made, event, watch);
    }

    fn lost_to_crash(
        &mut self,
        to: Machine,
        event: u64,
        what: &Event<P>,
        watch: &mut impl Observer<P>,
    ) {
        let from = match what {
            Event::Message { from, .. } => *from,
            Event::Request { request, .. } => request.id.client,
            _ => return,
        };
        let to = self.nodes.identity(to);
        watch.lost(&Lost { at: self.now, event, from, to, why: LostTo::Crash });
    }

    fn wake_later(&mut self, node: Machine, at: Time) {
        let entry = &mut self.nodes.list[node as usize];
        let life = entry.life;
        let rare = entry.rare();
        if !rare.waking && !rare.inbox.is_empty() {
            rare.waking = true;
            let at = at.max(self.now);
            self.push(at, Event::Wake { node, life });
        }
    }

    fn wake(&mut self, machine: Machine, life: u32, watch: &mut impl Observer<P>) {
        if self.nodes.list[machine as usize].life != life {
            return;
        }
        self.nodes.list[machine as usize].rare().waking = false;
        loop {
            let node = &mut self.nodes.list[machine as usize];
            if node.paused > 0 || node.process.is_none() {
                return;
            }
            if node.busy > self.now {
                let busy = node.busy;
                return self.wake_later(machine, busy);
            }
            let Some((made, event)) = node.rare().inbox.pop_front() else { return };
            self.handle(machine, made, event, watch);
        }
    }

    /// Gives a node that is ready one thing to do.
    #[inline]
    fn handle(&mut self, to: Machine, made: u64, event: Event<P>, watch: &mut impl Observer<P>) {
        if self.strikes.is_waiting() && self.strikes_before_receipt(to, &event, watch) {
            return self.arrive(to, made, event, watch);
        }
        if let Event::Released { node } = event {
            let life = self.nodes.list[node as usize].life;
            return self.let_go(node, life, made, watch);
        }
        if let Event::Timer { timer, .. } = event
            && !self.still_rings(to, timer)
        {
            return;
        }
        let leaves = self.begin(to);
        let Some(process) = &mut self.nodes.list[to as usize].process else { return };
        let cause = match &event {
            Event::Message { from, message, .. } => {
                process.on_message(*from, message, &mut self.context);
                Cause::Message { from: *from, message }
            }
            Event::Request { request, spoiled, .. } => {
                if P::SEALED_REQUESTS {
                    let seal = Seal::new(request.id.client, request, *spoiled);
                    self.context.request_seal = Some(seal);
                }
                process.on_request(request, &mut self.context);
                self.context.request_seal = None;
                Cause::Request(request)
            }
            Event::Timer { timer, .. } => {
                process.on_timer(*timer, &mut self.context);
                Cause::Timer(*timer)
            }
            _ => return,
        };
        self.end(to, made, cause, leaves, watch);
    }

    /// Lends the context to a node, makes the node busy, and says when what it does takes effect.
    #[inline]
    fn begin(&mut self, machine: Machine) -> Time {
        self.context.id = self.nodes.identity(machine);
        let node = &mut self.nodes.list[machine as usize];
        let mut cost = self.settings.costs.message;
        std::mem::swap(&mut self.context.rng, &mut self.node_streams[machine as usize]);
        match &node.rare {
            None => (self.context.now, self.context.wall) = (self.now, self.now),
            Some(rare) => {
                self.context.now = rare.clock.now(self.now);
                self.context.wall = rare.clock.wall(self.context.now);
                if rare.slow > 1 {
                    cost = cost * u64::from(rare.slow);
                }
            }
        }
        if cost != Span::ZERO {
            node.busy = self.now + cost;
        }
        self.now + cost
    }

    /// Boots what runs on a machine from what its disk has.
    fn boot(&mut self, machine: Machine, watch: &mut impl Observer<P>) {
        let disk: Vec<P::Record> = self.nodes.durable(machine).cloned().collect();
        self.nodes.list[machine as usize].life += 1;
        let leaves = self.begin(machine);
        let process = P::boot(&self.config, &disk, &mut self.context);
        self.nodes.list[machine as usize].process = Some(process);
        self.end(machine, 0, Cause::Boot, leaves, watch);
    }
}
