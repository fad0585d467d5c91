//! The coordinator: it hands out the work, asks for votes, decides, and sees to it that all know.

use super::bugs::Bug;
use super::config::Variant;
use super::message::{Answered, Message, Record, Tx, Vote};
use super::show::outcome;
use super::{Alarm, Ctx, Options, Timer};
use crate::session::{Known, Sessions};
use checkers::model::bank::{Bank, BankReply, Found, Step};
use serde::Serialize;
use sim_core::{Fact, NodeId, Request, Time};
use std::collections::BTreeMap;

/// How far a transaction is at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) enum Stage {
    /// It was sent its part.
    Asked,
    /// It has done it, in this life of its own.
    Worked { life: u32 },
    /// It has voted.
    Voted(Vote),
    /// It has acknowledged the decision.
    Acked,
}

/// A site of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Site {
    pub steps: Vec<Step>,
    pub stage: Stage,
    pub found: Vec<Found>,
}

impl Site {
    /// One that has to be told, of which nothing else is known any more.
    pub fn to_tell() -> Site {
        Site { steps: Vec::new(), stage: Stage::Voted(Vote::Yes), found: Vec::new() }
    }

    fn writes(&self) -> bool {
        self.steps.iter().any(Step::writes)
    }
}

/// What is being done about a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) enum Phase {
    /// The sites do their parts.
    Working,
    /// They vote.
    Preparing,
    /// They are told.
    Telling { commits: bool },
}

/// A transaction that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Open {
    /// Who asked for it; none after a crash.
    pub request: Option<Request<Bank>>,
    pub sites: BTreeMap<NodeId, Site>,
    pub phase: Phase,
    /// When what was not answered is sent again.
    pub due: Time,
    /// When it is given up, unless it is decided.
    pub give_up: Time,
    /// How many yes votes have come: asked by a planted mistake alone.
    pub yes_messages: u32,
}

impl Open {
    pub fn all(&self, is_so: impl Fn(&Site) -> bool) -> bool {
        self.sites.values().all(is_so)
    }

    /// Who needs to know the decision.
    pub fn to_be_told(&self) -> Vec<NodeId> {
        self.nodes(|site| site.stage != Stage::Voted(Vote::ReadOnly))
    }

    pub fn nodes(&self, is_so: impl Fn(&Site) -> bool) -> Vec<NodeId> {
        self.sites.iter().filter(|(_, site)| is_so(site)).map(|(node, _)| *node).collect()
    }
}

/// The coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Coordinator {
    pub(super) options: Options,
    pub(super) life: u32,
    /// The number of the last transaction of this life.
    pub(super) last: u32,
    pub(super) open: BTreeMap<Tx, Open>,
    pub(super) sessions: Sessions<BankReply>,
    /// How many requests were answered, by which the sessions are told apart that were used last.
    pub(super) answered: u64,
    /// How many records the log has.
    pub(super) logged: u32,
    alarm: Alarm,
}

impl Coordinator {
    pub(super) fn new(options: Options, life: u32) -> Coordinator {
        Coordinator {
            options,
            life,
            last: 0,
            open: BTreeMap::new(),
            sessions: Sessions::default(),
            answered: 0,
            logged: 0,
            alarm: Alarm::default(),
        }
    }

    /// What it presumes.
    pub fn variant(&self) -> Variant {
        self.options.config.variant
    }

    /// The oldest transaction that is not over.
    fn floor(&self) -> Tx {
        let next = Tx::new(self.life, self.last + 1);
        self.open.keys().next().copied().unwrap_or(next)
    }

    pub(super) fn on_request(&mut self, request: &Request<Bank>, ctx: &mut Ctx) {
        match self.sessions.find(request.id) {
            Known::Done(reply) => {
                let (client, number) = (request.id.client.index() as u32, request.id.number);
                ctx.claim(Fact::Deduplicates { client, number });
                ctx.reply(request.id, reply.clone());
            }
            Known::Forgotten => {}
            Known::Expired => ctx.expire(request.id),
            Known::New => {
                let is_its =
                    |open: &Open| open.request.as_ref().is_some_and(|other| other.id == request.id);
                if !self.open.values().any(is_its) {
                    self.begin(request, ctx);
                }
            }
        }
        self.arm(ctx);
    }

    fn begin(&mut self, request: &Request<Bank>, ctx: &mut Ctx) {
        self.last += 1;
        let tx = Tx::new(self.life, self.last);
        let parts = request.op.parts(ctx.nodes() - 1);
        let sites = parts.into_iter().map(|(site, steps)| {
            (NodeId(site + 1), Site { steps, stage: Stage::Asked, found: Vec::new() })
        });
        let (now, config) = (ctx.now(), &self.options.config);
        let open = Open {
            request: Some(request.clone()),
            sites: sites.collect(),
            phase: Phase::Working,
            due: now + config.retry,
            give_up: now + config.give_up,
            yes_messages: 0,
        };
        self.open.insert(tx, open);
        ctx.claim(Fact::Begins { transaction: tx.0 });
        self.ask(tx, ctx);
    }

    pub(super) fn on_message(&mut self, from: NodeId, message: &Message, ctx: &mut Ctx) {
        match *message {
            Message::Done { tx, life, ref found } => self.on_done(from, tx, life, found, ctx),
            Message::Failed { tx } => self.on_failed(tx, ctx),
            Message::Vote { tx, vote } => self.on_vote(from, tx, vote, ctx),
            Message::Ack { tx } => self.on_ack(from, tx, ctx),
            Message::Inquiry { tx } => self.on_inquiry(from, tx, ctx),
            _ => {}
        }
        self.checkpoint(ctx);
        self.arm(ctx);
    }

    /// What was not answered is sent again, and what takes too long is given up.
    pub(super) fn on_retry(&mut self, ctx: &mut Ctx) {
        let now = self.alarm.rung(ctx);
        let due = self.open.iter().filter(|(_, open)| open.due <= now).map(|(tx, _)| *tx);
        for tx in due.collect::<Vec<Tx>>() {
            let Some(open) = self.open.get_mut(&tx) else { continue };
            open.due = ctx.now() + self.options.config.retry;
            let is_late = open.give_up <= now;
            match open.phase {
                Phase::Working if is_late => self.roll_back(tx, BankReply::Aborted, ctx),
                Phase::Preparing if is_late => self.abort(tx, BankReply::Aborted, true, ctx),
                Phase::Working | Phase::Preparing => self.ask(tx, ctx),
                Phase::Telling { commits } => self.tell(tx, commits, |_| true, ctx),
            }
        }
        self.checkpoint(ctx);
        self.arm(ctx);
    }

    pub(super) fn arm(&mut self, ctx: &mut Ctx) {
        let due = self.open.values().map(|open| open.due).min();
        self.alarm.set(Timer::Retry, due, ctx);
    }

    /// Asks all that have not answered in this phase.
    fn ask(&self, tx: Tx, ctx: &mut Ctx) {
        let Some(open) = self.open.get(&tx) else { return };
        let Some(request) = open.request.as_ref().map(|request| request.id) else { return };
        let (floor, peers) = (self.floor(), self.voters(open));
        for (node, site) in &open.sites {
            match (open.phase, site.stage) {
                (Phase::Working, Stage::Asked) => {
                    let steps = site.steps.clone();
                    ctx.send(*node, Message::Work { tx, floor, request, steps });
                }
                (Phase::Preparing, Stage::Worked { life }) => {
                    let peers = peers.clone();
                    ctx.send(*node, Message::Prepare { tx, floor, life, peers });
                }
                _ => {}
            }
        }
    }

    /// Who will be in doubt when it has voted yes.
    pub(super) fn voters(&self, open: &Open) -> Vec<NodeId> {
        open.nodes(|site| site.writes() || !self.options.config.read_only)
    }

    fn on_done(&mut self, from: NodeId, tx: Tx, life: u32, found: &[Found], ctx: &mut Ctx) {
        let Some(open) = self.open.get_mut(&tx) else {
            return ctx.send(from, Message::Rollback { tx });
        };
        let Some(site) = open.sites.get_mut(&from) else { return };
        match site.stage {
            Stage::Asked => {
                site.stage = Stage::Worked { life };
                site.found = found.to_vec();
            }
            // It has crashed since, and begun anew: what it found first is locked no more.
            Stage::Worked { life: known } if known != life && open.phase == Phase::Working => {
                return self.roll_back(tx, BankReply::Aborted, ctx);
            }
            _ => return,
        }
        if open.phase == Phase::Working && open.all(|site| site.stage != Stage::Asked) {
            self.prepare(tx, ctx);
        }
    }

    /// Phase one.
    fn prepare(&mut self, tx: Tx, ctx: &mut Ctx) {
        let Some(open) = self.open.get_mut(&tx) else { return };
        open.phase = Phase::Preparing;
        open.due = ctx.now() + self.options.config.retry;
        open.give_up = ctx.now() + self.options.config.give_up;
        if self.options.on(Bug::ParticipantLeftOut)
            && open.sites.len() > 1
            && let Some(mut last) = open.sites.last_entry()
        {
            last.get_mut().stage = Stage::Voted(Vote::ReadOnly);
        }
        let sites = self.open.get(&tx).map(|open| self.voters(open)).unwrap_or_default();
        if self.initiates() && !sites.is_empty() {
            self.log(Record::Initiation { tx, sites }, ctx);
            ctx.sync();
        }
        self.ask(tx, ctx);
    }

    /// Whether it writes down who takes part, before it asks for votes.
    pub(super) fn initiates(&self) -> bool {
        self.variant() == Variant::PresumedCommit
            && !self.options.on(Bug::PresumeCommitWithoutInitiation)
    }

    /// Once PREPARE was sent, this counts for nothing: it may come from an earlier life of a site that has done its
    /// part again since, and votes yes. Whoever has given up in this life answers PREPARE with a no.
    fn on_failed(&mut self, tx: Tx, ctx: &mut Ctx) {
        if self.open.get(&tx).is_some_and(|open| open.phase == Phase::Working) {
            self.roll_back(tx, BankReply::Aborted, ctx);
        }
    }

    fn on_vote(&mut self, from: NodeId, tx: Tx, vote: Vote, ctx: &mut Ctx) {
        let Some(open) = self.open.get_mut(&tx) else {
            // It is over. Whoever votes yes now is in doubt, and is told as if it had asked.
            if vote == Vote::Yes {
                self.on_inquiry(from, tx, ctx);
            }
            return;
        };
        let Some(site) = open.sites.get_mut(&from) else { return };
        open.yes_messages += u32::from(vote == Vote::Yes);
        if matches!(site.stage, Stage::Worked { .. }) {
            site.stage = Stage::Voted(vote);
        }
        match open.phase {
            Phase::Working => {}
            Phase::Preparing => self.count(tx, vote, ctx),
            Phase::Telling { commits: true } => {}
            Phase::Telling { commits: false } => {
                // Under presumed nothing it was told already.
                if vote == Vote::Yes && self.variant() != Variant::PresumedNothing {
                    ctx.send(from, Message::Decision { tx, commits: false });
                }
                self.end_when_all_know(tx, ctx);
            }
        }
    }

    /// A vote has come while nothing is decided.
    fn count(&mut self, tx: Tx, vote: Vote, ctx: &mut Ctx) {
        if let Vote::No { declined } = vote {
            let reply = if declined { BankReply::Declined } else { BankReply::Aborted };
            return self.abort(tx, reply, false, ctx);
        }
        let Some(open) = self.open.get(&tx) else { return };
        let counted = self.options.on(Bug::VoteCountNotSet)
            && open.yes_messages as usize >= self.voters(open).len();
        let only_yes = self.options.on(Bug::ReadOnlyVoteNotCounted);
        let consents = |site: &Site| match site.stage {
            Stage::Voted(Vote::ReadOnly) => !only_yes,
            stage => matches!(stage, Stage::Voted(_)),
        };
        if counted || open.all(consents) {
            self.commit(tx, ctx);
        }
    }

    /// It comes to nothing before anybody was asked to prepare: nobody is in doubt, and no log has to know.
    fn roll_back(&mut self, tx: Tx, reply: BankReply, ctx: &mut Ctx) {
        let Some(open) = self.open.remove(&tx) else { return };
        ctx.claim(Fact::Concludes { transaction: tx.0, commits: false });
        ctx.claim(Fact::Ends { transaction: tx.0 });
        open.sites.keys().for_each(|node| ctx.send(*node, Message::Rollback { tx }));
        if let Some(request) = open.request {
            let answer = self.answer(&request, reply);
            self.reply_durably(answer, ctx);
        }
    }

    /// What a client is answered, once and for all.
    pub(super) fn answer(&mut self, request: &Request<Bank>, reply: BankReply) -> Answered {
        self.answered += 1;
        let (id, oldest) = (request.id, request.oldest);
        let most = self.options.config.sessions;
        self.sessions.record(id, oldest, reply.clone(), self.answered, most);
        Answered { id, oldest, reply }
    }

    /// Whoever hears that its transaction was aborted must never see it done, by a second copy of its request and after
    /// a crash of the coordinator. So the disk has the answer first; nobody but the client waits for that.
    pub(super) fn reply_durably(&mut self, answer: Answered, ctx: &mut Ctx) {
        let (id, reply) = (answer.id, answer.reply.clone());
        self.log(Record::Answered(answer), ctx);
        ctx.sync();
        ctx.reply(id, reply);
    }

    pub(super) fn log(&mut self, record: Record, ctx: &mut Ctx) {
        self.logged += 1;
        ctx.append(record);
    }

    /// Whether a transaction is under way of which nothing is decided.
    pub fn is_undecided(&self, tx: Tx) -> bool {
        let phase = self.open.get(&tx).map(|open| open.phase);
        matches!(phase, Some(Phase::Working | Phase::Preparing))
    }

    /// What it has under way.
    pub fn open(&self) -> impl Iterator<Item = Tx> + '_ {
        self.open.keys().copied()
    }

    pub(super) fn glance(&self) -> String {
        let open = self.open.iter().map(|(tx, open)| {
            let phase = match open.phase {
                Phase::Working => "works".to_owned(),
                Phase::Preparing => "prepares".to_owned(),
                Phase::Telling { commits } => format!("tells all to {}", outcome(commits)),
            };
            format!("{tx:?} {phase}")
        });
        let open: Vec<String> = open.collect();
        format!(
            "life {}, {}",
            self.life,
            if open.is_empty() { "idle".into() } else { open.join(", ") }
        )
    }
}
