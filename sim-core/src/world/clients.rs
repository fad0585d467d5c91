//! Clients: processes of their own on the same network.

use super::{ClientOf, Event, World};
use crate::nodes::Alarm;
use crate::observe::{ClientStep, Observer};
use crate::process::{NodeId, Process};
use crate::seal::Spoiled;
use crate::service::{Client, ClientContext, ClientEffect, RequestId};
use crate::time::Time;
use crate::world::effects::Comes;
use std::collections::{BTreeMap, VecDeque};

/// A client, and what the world keeps for it.
#[derive(Clone, Debug)]
pub(super) struct Customer<C: Client> {
    pub client: C,
    /// By name. A name stays: clients use theirs again.
    timers: BTreeMap<u32, Alarm<u32>>,
    /// How many pauses lie on it; what comes meanwhile waits.
    pub paused: u16,
    /// For which nodes the codes on its requests are wrong.
    pub spoiled: Spoiled,
    waiting: VecDeque<Waiting<C>>,
}

/// What comes to a client that stands still.
#[derive(Clone, Debug)]
enum Waiting<C: Client> {
    Answer(u64, NodeId, RequestId, AnswerOf<C>),
    Timer(u64, u32),
}
type AnswerOf<C> =
    crate::service::Answer<<<C as Client>::Service as crate::service::Service>::Reply>;

impl<C: Client> Customer<C> {
    pub fn new(client: C) -> Self {
        Customer {
            client,
            timers: BTreeMap::new(),
            paused: 0,
            spoiled: Spoiled::default(),
            waiting: VecDeque::new(),
        }
    }
}

impl<P: Process> World<P> {
    /// A node's answer reaches a client.
    pub(super) fn answer(&mut self, made: u64, event: Event<P>, watch: &mut impl Observer<P>) {
        let Event::Answer { client, from, id, answer } = event else { return };
        let customer = &mut self.clients[client as usize];
        if customer.paused > 0 {
            return customer.waiting.push_back(Waiting::Answer(made, from, id, answer));
        }
        self.with_client(client, made, Some((from, id)), watch, |client, ctx| {
            client.on_answer(from, id, &answer, ctx);
        });
    }

    pub(super) fn client_timer(
        &mut self,
        client: u32,
        timer: u32,
        at: Time,
        made: u64,
        watch: &mut impl Observer<P>,
    ) {
        let customer = &mut self.clients[client as usize];
        let Some(alarm) = customer.timers.get_mut(&timer) else { return };
        match alarm.come_up(at) {
            Comes::Void => {}
            Comes::Later(later) => self.push(later, Event::ClientTimer { client, timer }),
            Comes::Rings if customer.paused > 0 => {
                customer.waiting.push_back(Waiting::Timer(made, timer));
            }
            Comes::Rings => self.client_rings(client, timer, made, watch),
        }
    }

    fn client_rings(&mut self, client: u32, timer: u32, made: u64, watch: &mut impl Observer<P>) {
        let customer = &mut self.clients[client as usize];
        let alarm = customer.timers.get_mut(&timer);
        if !alarm.is_some_and(|alarm| std::mem::take(&mut alarm.ringing)) {
            return;
        }
        self.with_client(client, made, None, watch, |client, ctx| client.on_timer(timer, ctx));
    }

    /// A client that stood still goes on with what came meanwhile.
    pub(super) fn client_goes_on(&mut self, client: u32, watch: &mut impl Observer<P>) {
        while let Some(waiting) = self.clients[client as usize].waiting.pop_front() {
            match waiting {
                Waiting::Timer(made, timer) => self.client_rings(client, timer, made, watch),
                Waiting::Answer(made, from, id, answer) => {
                    self.with_client(client, made, Some((from, id)), watch, |client, ctx| {
                        client.on_answer(from, id, &answer, ctx);
                    });
                }
            }
        }
    }

    /// Lends the context to a client, shows the step, and lets its effects happen in order.
    pub(super) fn with_client(
        &mut self,
        index: u32,
        event: u64,
        answered: Option<(NodeId, RequestId)>,
        watch: &mut impl Observer<P>,
        act: impl FnOnce(&mut ClientOf<P>, &mut ClientContext<P::Service>),
    ) {
        let id = NodeId::client(index);
        let ctx = &mut self.client_context;
        (ctx.id, ctx.now) = (id, self.now);
        std::mem::swap(&mut ctx.rng, &mut self.client_streams[index as usize]);
        act(&mut self.clients[index as usize].client, ctx);
        std::mem::swap(&mut ctx.rng, &mut self.client_streams[index as usize]);
        let mut effects = std::mem::take(&mut ctx.effects);
        self.steps += 1;
        watch.client(&ClientStep {
            at: self.now,
            number: self.steps,
            event,
            next_event: self.made + 1,
            client: id,
            answered,
            effects: &effects,
        });
        for effect in effects.drain(..) {
            match effect {
                ClientEffect::Ask { to, request } => {
                    let spoiled = self.clients[index as usize].spoiled;
                    if self.liars.is_empty() {
                        let event = Event::Request { to: to.0, request, spoiled };
                        self.transmit(id, to, event, 64, self.now, watch);
                        continue;
                    }
                    for machine in self.machines_of(to, id) {
                        let request = request.clone();
                        let event = Event::Request { to: machine, request, spoiled };
                        self.transmit(id, to, event, 64, self.now, watch);
                    }
                }
                ClientEffect::SetTimer { timer, after } => {
                    self.set_client_timer(index, timer, self.now + after);
                }
                ClientEffect::CancelTimer { timer } => {
                    let timers = &mut self.clients[index as usize].timers;
                    if let Some(alarm) = timers.get_mut(&timer) {
                        alarm.deadline = Time::NEVER;
                        alarm.ringing = false;
                    }
                }
                ClientEffect::Invoke { .. }
                | ClientEffect::Return { .. }
                | ClientEffect::Claim(_) => {}
            }
        }
        self.client_context.effects = effects;
    }

    fn set_client_timer(&mut self, client: u32, timer: u32, at: Time) {
        let timers = &mut self.clients[client as usize].timers;
        match timers.get_mut(&timer) {
            Some(alarm) => {
                if !alarm.set(at) {
                    return;
                }
            }
            None => {
                timers.insert(timer, Alarm { timer, deadline: at, queued: at, ringing: false });
            }
        }
        self.push(at, Event::ClientTimer { client, timer });
    }
}
