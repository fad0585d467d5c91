//! Garcia-Molina's own form: halt, appoint, make ready (1982, section III and its appendix).

use super::{Ask, Bug, Bully, Message, Standing, Timer};
use serde::Serialize;
use sim_core::{Context, Fact, NodeId};
use std::collections::BTreeSet;
use std::fmt;

/// What a node is about: the paper's status, but for "down", which needs no word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub enum Status {
    /// It belongs to nobody.
    #[default]
    Election,
    /// It has a coordinator and no task yet.
    Reorganisation,
    /// It works.
    Normal,
}

/// The paper's state vector.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Reorganisation {
    /// What the node is about.
    pub status: Status,
    /// Its coordinator, unless it is in an election.
    pub coordinator: Option<NodeId>,
    /// Its task, when it is normal: the election in which it was defined.
    pub task: Option<u64>,
    /// Who has halted it last, and in which election.
    halted: Option<(NodeId, u64)>,
    /// The nodes that it has halted: those that it takes for up.
    up: BTreeSet<NodeId>,
    /// Who has to answer yet, and what.
    open: BTreeSet<NodeId>,
    asks: Option<Ask>,
    /// The election that it holds.
    number: u64,
}

impl fmt::Display for Reorganisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((by, number)) = self.halted {
            write!(f, ", {:?}, halted by {by} in {number}", self.status)?;
        }
        self.task.map_or(Ok(()), |task| write!(f, ", task {task}"))
    }
}

impl Bully {
    /// The paper's state.
    pub fn reorganisation(&self) -> &Reorganisation {
        &self.reorganisation
    }

    /// Is anybody higher up?
    pub(super) fn look_for_the_higher(&mut self, ctx: &mut Context<Self>) {
        let number = self.new_number(ctx).max(self.reorganisation.number + 1);
        self.reorganisation = Reorganisation { number, ..Reorganisation::default() };
        let higher: Vec<NodeId> = self.higher(ctx).collect();
        match higher.is_empty() {
            true => self.halt_the_lower(ctx),
            false => self.ask_all(Ask::AreYouThere, higher, ctx),
        }
    }

    fn ask_all(&mut self, what: Ask, whom: Vec<NodeId>, ctx: &mut Context<Self>) {
        let number = self.reorganisation.number;
        self.reorganisation.asks = Some(what);
        for node in &whom {
            ctx.send(*node, Message::Ask { what, number });
        }
        self.reorganisation.open = whom.into_iter().collect();
        ctx.set_timer(Timer::Answer, self.config.answer);
    }

    /// Nobody is: everybody lower stops what it does.
    fn halt_the_lower(&mut self, ctx: &mut Context<Self>) {
        self.reorganisation.halted = Some((self.id, self.reorganisation.number));
        let lower: Vec<NodeId> = self.lower().collect();
        if self.bugs.on(Bug::BullyHaltSkipped) {
            self.reorganisation.up = lower.into_iter().collect();
            return self.appoint(ctx);
        }
        match lower.is_empty() {
            true => self.appoint(ctx),
            false => self.ask_all(Ask::Halt, lower, ctx),
        }
    }

    /// "I am your coordinator", to all who have stopped.
    fn appoint(&mut self, ctx: &mut Context<Self>) {
        self.reorganisation.status = Status::Reorganisation;
        self.reorganisation.coordinator = Some(self.id);
        let up: Vec<NodeId> = self.reorganisation.up.iter().copied().collect();
        match up.is_empty() {
            true => self.define_task(ctx),
            false => self.ask_all(Ask::NewCoordinator, up, ctx),
        }
    }

    /// All have accepted: they get their task, and the coordinator leads.
    fn define_task(&mut self, ctx: &mut Context<Self>) {
        self.epoch = self.reorganisation.number;
        self.standing = Standing::Leads;
        self.reorganisation.status = Status::Normal;
        self.reorganisation.task = Some(self.epoch);
        ctx.claim(Fact::Leads { epoch: self.epoch });
        let up: Vec<NodeId> = self.reorganisation.up.iter().copied().collect();
        self.ask_all(Ask::Ready, up, ctx);
        if self.reorganisation.open.is_empty() {
            ctx.cancel_timer(Timer::Answer);
        }
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
    }

    /// The procedure Check: the coordinator looks whether everybody is normal, also those that were down.
    pub(super) fn check_members(&mut self, ctx: &mut Context<Self>) {
        let number = self.reorganisation.number;
        let (all, members) = (ctx.peers(), self.reorganisation.up.clone());
        let skipped = self.bugs.on(Bug::BullyCheckSkipped);
        for node in all.filter(|node| !skipped || members.contains(node)) {
            ctx.send(node, Message::Ask { what: Ask::AreYouNormal, number });
        }
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
    }

    /// Somebody asks, or orders.
    pub(super) fn on_ask(&mut self, from: NodeId, what: Ask, number: u64, ctx: &mut Context<Self>) {
        let yes = match what {
            Ask::AreYouThere => true,
            Ask::AreYouNormal => self.is_normal_under(from, number, ctx),
            Ask::Halt => self.stop_for(from, number, ctx),
            Ask::NewCoordinator => self.accept(from, number, ctx),
            Ask::Ready => self.begin_task(from, number, ctx),
        };
        ctx.send(from, Message::Answer { what, number, yes });
    }

    fn is_normal_under(&mut self, from: NodeId, number: u64, ctx: &mut Context<Self>) -> bool {
        let state = &self.reorganisation;
        if state.coordinator != Some(from) || state.task != Some(number) {
            return self.bugs.on(Bug::BullyCheckSkipped);
        }
        ctx.set_timer(Timer::Silence, self.config.silence);
        true
    }

    /// Only a higher node may halt this one. Of two, the later election has it, whichever is heard of first: who holds
    /// the earlier one has been halted too, or will be before the later one appoints anybody.
    fn stop_for(&mut self, from: NodeId, number: u64, ctx: &mut Context<Self>) -> bool {
        let known = self.reorganisation.halted.map(|(by, number)| (number, by));
        if known == Some((number, from)) {
            return true;
        }
        if from < self.id || known > Some((number, from)) {
            return false;
        }
        self.wait_for_a_coordinator(ctx);
        self.reorganisation = Reorganisation {
            number: self.reorganisation.number.max(number),
            halted: Some((from, number)),
            ..Reorganisation::default()
        };
        true
    }

    fn wait_for_a_coordinator(&mut self, ctx: &mut Context<Self>) {
        for timer in [Timer::Silence, Timer::Answer, Timer::Heartbeat] {
            ctx.cancel_timer(timer);
        }
        if matches!(self.standing, Standing::Leads | Standing::Follows(_)) {
            ctx.claim(Fact::Follows { epoch: self.epoch });
        }
        self.standing = Standing::Waits;
        ctx.set_timer(Timer::Coordinator, self.config.patience());
    }

    /// Who has halted this node may appoint itself.
    fn accept(&mut self, from: NodeId, number: u64, ctx: &mut Context<Self>) -> bool {
        let state = &mut self.reorganisation;
        let is_halted = state.halted == Some((from, number));
        if is_halted && state.coordinator == Some(from) {
            // It is told a second time, and it is so.
            return true;
        }
        let may_be = is_halted && state.status == Status::Election;
        if !may_be && !self.bugs.on(Bug::BullyHaltSkipped) {
            return false;
        }
        state.status = Status::Reorganisation;
        state.coordinator = Some(from);
        ctx.set_timer(Timer::Coordinator, self.config.patience());
        true
    }

    /// The task of the election for which this node was halted, and of no earlier one.
    fn begin_task(&mut self, from: NodeId, number: u64, ctx: &mut Context<Self>) -> bool {
        let is_unhalted = self.bugs.on(Bug::BullyHaltSkipped);
        let state = &mut self.reorganisation;
        let is_its = state.coordinator == Some(from)
            && (state.halted == Some((from, number)) || is_unhalted);
        if !is_its || state.status != Status::Reorganisation {
            return is_its && state.task == Some(number);
        }
        state.status = Status::Normal;
        state.task = Some(number);
        self.epoch = number;
        self.standing = Standing::Follows(from);
        ctx.claim(Fact::Follows { epoch: number });
        ctx.cancel_timer(Timer::Coordinator);
        ctx.set_timer(Timer::Silence, self.config.silence);
        true
    }

    /// Somebody has answered.
    pub(super) fn on_answer(
        &mut self,
        from: NodeId,
        what: Ask,
        number: u64,
        yes: bool,
        ctx: &mut Context<Self>,
    ) {
        if number != self.reorganisation.number {
            return;
        }
        match (what, yes) {
            // "If any node is not normal, the coordinator calls an election."
            (Ask::AreYouNormal, false) if self.standing == Standing::Leads => {
                self.hold_election(ctx);
            }
            (Ask::AreYouNormal, _) => {}
            (Ask::AreYouThere, _) if self.reorganisation.asks == Some(what) => {
                self.reorganisation.asks = None;
                self.wait_for_a_coordinator(ctx);
            }
            (_, true) if self.reorganisation.asks == Some(what) => self.count(from, what, ctx),
            (_, false) if self.reorganisation.asks == Some(what) => self.hold_election(ctx),
            _ => {}
        }
    }

    fn count(&mut self, from: NodeId, what: Ask, ctx: &mut Context<Self>) {
        if !self.reorganisation.open.remove(&from) {
            return;
        }
        if what == Ask::Halt {
            self.reorganisation.up.insert(from);
        }
        if self.reorganisation.open.is_empty() {
            ctx.cancel_timer(Timer::Answer);
            self.go_on(ctx);
        }
    }

    /// Those who have not answered in time are down. That is no matter before anybody was appointed, and then one for
    /// a new election.
    pub(super) fn on_answers_due(&mut self, ctx: &mut Context<Self>) {
        match self.reorganisation.asks {
            Some(Ask::AreYouThere | Ask::Halt) => self.go_on(ctx),
            Some(Ask::NewCoordinator | Ask::Ready) => self.hold_election(ctx),
            Some(Ask::AreYouNormal) | None => {}
        }
    }

    fn go_on(&mut self, ctx: &mut Context<Self>) {
        match self.reorganisation.asks.take() {
            Some(Ask::AreYouThere) => self.halt_the_lower(ctx),
            Some(Ask::Halt) => self.appoint(ctx),
            Some(Ask::NewCoordinator) => self.define_task(ctx),
            Some(Ask::Ready | Ask::AreYouNormal) | None => {}
        }
    }
}
