//! ELECTION, OK and COORDINATOR: Bully as textbooks tell it.

use super::{Bug, Bully, Message, Standing, Timer};
use sim_core::{Context, Fact, NodeId};

impl Bully {
    /// "P sends an ELECTION message to all processes with higher numbers." The highest has nobody to ask.
    pub(super) fn ask_the_higher(&mut self, ctx: &mut Context<Self>) {
        let forgets = !self.bugs.on(Bug::BullySkipDeadHighestForever);
        if forgets {
            self.silent.clear();
        }
        let asked: Vec<NodeId> =
            self.higher(ctx).filter(|node| !self.silent.contains(node)).collect();
        if asked.is_empty() {
            return self.win(ctx);
        }
        for node in asked {
            ctx.send(node, Message::Election);
        }
        ctx.set_timer(Timer::Answer, self.config.answer);
    }

    /// "If no one responds, P wins the election and becomes coordinator."
    pub(super) fn win(&mut self, ctx: &mut Context<Self>) {
        if self.bugs.on(Bug::BullySkipDeadHighestForever) {
            self.silent.extend(self.higher(ctx));
        }
        self.standing = Standing::Leads;
        self.epoch = self.new_number(ctx);
        ctx.claim(Fact::Leads { epoch: self.epoch });
        for node in self.lower() {
            ctx.send(node, Message::Coordinator { epoch: self.epoch });
        }
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
    }

    /// "The receiver sends an OK message back to the sender to indicate that he is alive and will take over. The
    /// receiver then holds an election, unless it is already holding one."
    pub(super) fn on_election(&mut self, from: NodeId, ctx: &mut Context<Self>) {
        let holds_one = matches!(self.standing, Standing::Asks | Standing::Waits);
        if !(holds_one && self.bugs.on(Bug::BullyOkSuppressed)) {
            ctx.send(from, Message::Ok);
        }
        let leads_undisputed = self.leads_undisputed(ctx);
        if self.bugs.on(Bug::BullyRestartStorm) || !holds_one && !leads_undisputed {
            self.hold_election(ctx);
        } else if leads_undisputed {
            ctx.send(from, Message::Coordinator { epoch: self.epoch });
        }
    }

    /// Whether it leads and is the highest of all, dead or alive: it would win any election without a question.
    fn leads_undisputed(&self, ctx: &Context<Self>) -> bool {
        self.standing == Standing::Leads && self.higher(ctx).next().is_none()
    }

    /// "If one of the higher-ups answers, it takes over. P's job is done", once the coordinator is known.
    pub(super) fn on_ok(&mut self, ctx: &mut Context<Self>) {
        if self.standing != Standing::Asks {
            return;
        }
        self.standing = Standing::Waits;
        ctx.cancel_timer(Timer::Answer);
        if !self.bugs.on(Bug::BullyNoWaitTimer) {
            ctx.set_timer(Timer::Coordinator, self.config.patience());
        }
    }

    /// Somebody is the coordinator, or still is.
    pub(super) fn on_coordinator(&mut self, from: NodeId, epoch: u64, ctx: &mut Context<Self>) {
        if self.bugs.on(Bug::BullySkipDeadHighestForever) && self.silent.contains(&from) {
            return;
        }
        if from < self.id && !self.bugs.on(Bug::BullyAcceptLower) {
            // It does not know of this node, and is bullied out of it; or has been, and has not heard of it yet.
            if self.leads_undisputed(ctx) && epoch <= self.epoch {
                ctx.send(from, Message::Coordinator { epoch: self.epoch });
            } else if !matches!(self.standing, Standing::Asks | Standing::Waits) {
                self.epoch = self.epoch.max(epoch);
                self.hold_election(ctx);
            }
            return;
        }
        match self.standing {
            Standing::Follows(leader) if leader == from => {}
            // Of two announcements that cross, the higher node's stands.
            Standing::Follows(leader) if leader > from && epoch <= self.epoch => return,
            _ => {
                self.standing = Standing::Follows(from);
                ctx.claim(Fact::Follows { epoch });
                for timer in [Timer::Answer, Timer::Coordinator, Timer::Heartbeat] {
                    ctx.cancel_timer(timer);
                }
            }
        }
        self.epoch = epoch;
        ctx.set_timer(Timer::Silence, self.config.silence);
    }

    /// The coordinator lets the others hear that it is alive.
    pub(super) fn let_hear(&mut self, ctx: &mut Context<Self>) {
        ctx.broadcast(Message::Heartbeat { epoch: self.epoch });
        ctx.set_timer(Timer::Heartbeat, self.config.heartbeat);
    }
}
