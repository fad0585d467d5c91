//! A participant: it does its part of a transaction under locks, votes, and does as is decided.

use super::bugs::Bug;
use super::config::Variant;
use super::locks::{Locks, Mode, Verdict, wants};
use super::message::{Message, Record, Tx, Vote, Write};
use super::show;
use super::{Alarm, COORDINATOR, Ctx, Options, Timer};
use checkers::model::bank::{Bank, Declined, Found, Item, Step};
use serde::Serialize;
use sim_core::{Fact, NodeId, Time};
use std::collections::BTreeMap;

/// How far a transaction's part is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) enum Stage {
    /// It waits for locks.
    Waiting,
    /// It is done in a workspace, and may yet be thrown away.
    Worked { found: Vec<Found>, writes: Vec<Write>, declined: bool },
    /// It was promised, and is in doubt.
    Prepared { peers: Vec<NodeId>, writes: Vec<Write>, in_doubt_too: Vec<NodeId> },
}

/// A transaction's part here.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Branch {
    pub steps: Vec<Step>,
    pub stage: Stage,
    /// When it has waited for long enough, for whatever it waits for.
    pub due: Time,
}

impl Branch {
    fn timer(&self) -> Timer {
        match self.stage {
            Stage::Waiting => Timer::Lock,
            Stage::Worked { .. } => Timer::Idle,
            Stage::Prepared { .. } => Timer::Doubt,
        }
    }
}

/// How a transaction has ended here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) enum Over {
    /// It was given up before it was promised, and will not be promised any more.
    Refused,
    /// It had only read.
    ReadOnly,
    /// This was the decision.
    Concluded { commits: bool },
}

/// A participant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Participant {
    pub(super) options: Options,
    pub(super) life: u32,
    /// Every transaction before this one is over for the coordinator.
    pub(super) floor: Tx,
    /// What is committed.
    pub(super) bank: Bank,
    pub(super) branches: BTreeMap<Tx, Branch>,
    pub(super) locks: Locks,
    /// What is over here: all that is not yet over for the coordinator, and the last of what is.
    pub(super) over: BTreeMap<Tx, Over>,
    /// How many records the log has.
    pub(super) logged: u32,
    alarms: [Alarm; 3],
}

/// How many transactions are remembered that are over for the coordinator too. One that is in doubt and cut off from
/// the coordinator may yet ask.
const REMEMBERED: usize = 256;

const TIMERS: [Timer; 3] = [Timer::Lock, Timer::Idle, Timer::Doubt];

impl Participant {
    pub(super) fn new(options: Options, life: u32) -> Participant {
        Participant {
            options,
            life,
            floor: Tx::default(),
            bank: Bank::default(),
            branches: BTreeMap::new(),
            locks: Locks::default(),
            over: BTreeMap::new(),
            logged: 0,
            alarms: [Alarm::default(); 3],
        }
    }

    pub(super) fn on_message(&mut self, from: NodeId, message: &Message, ctx: &mut Ctx) {
        match *message {
            Message::Work { tx, floor, ref steps, .. } => {
                self.pass(floor, ctx);
                self.on_work(tx, steps, ctx);
            }
            Message::Rollback { tx } => self.on_rollback(tx, ctx),
            Message::Prepare { tx, floor, life, ref peers } => {
                self.pass(floor, ctx);
                self.on_prepare(tx, life, peers, ctx);
            }
            Message::Decision { tx, commits } => self.on_decision(tx, commits, ctx),
            Message::PeerInquiry { tx } => self.on_peer_inquiry(from, tx, ctx),
            Message::PeerAnswer { tx, commits } => self.on_peer_answer(from, tx, commits, ctx),
            _ => {}
        }
        self.checkpoint(ctx);
        self.arm(ctx);
    }

    pub(super) fn on_timer(&mut self, timer: Timer, ctx: &mut Ctx) {
        let Some(place) = TIMERS.iter().position(|other| *other == timer) else { return };
        let now = self.alarms[place].rung(ctx);
        let is_due = |branch: &Branch| branch.timer() == timer && branch.due <= now;
        let due: Vec<Tx> =
            self.branches.iter().filter(|(_, branch)| is_due(branch)).map(|(tx, _)| *tx).collect();
        for tx in due {
            match timer {
                Timer::Doubt => self.inquire(tx, ctx),
                _ => self.give_up(tx, ctx),
            }
        }
        self.arm(ctx);
    }

    pub(super) fn arm(&mut self, ctx: &mut Ctx) {
        for (place, timer) in TIMERS.into_iter().enumerate() {
            let its = self.branches.values().filter(|branch| branch.timer() == timer);
            let due = its.map(|branch| branch.due).min();
            self.alarms[place].set(timer, due, ctx);
        }
    }

    /// The coordinator is done with all before this one: what was not promised of that never will be, and what has
    /// ended need not be remembered for long.
    fn pass(&mut self, floor: Tx, ctx: &mut Ctx) {
        if floor <= self.floor {
            return;
        }
        self.floor = floor;
        let passed = self.branches.range(..floor);
        let unpromised = passed.filter(|(_, branch)| branch.timer() != Timer::Doubt);
        let unpromised: Vec<Tx> = unpromised.map(|(tx, _)| *tx).collect();
        let frees = !unpromised.is_empty();
        unpromised.into_iter().for_each(|tx| self.refuse(tx, ctx));
        while self.over.len() > REMEMBERED
            && self.over.first_key_value().is_some_and(|(tx, _)| *tx < floor)
        {
            self.over.pop_first();
        }
        if frees {
            self.grant(ctx);
        }
    }

    fn on_work(&mut self, tx: Tx, steps: &[Step], ctx: &mut Ctx) {
        if tx < self.floor {
            return;
        }
        match (self.branches.get(&tx), self.over.get(&tx)) {
            (Some(_), _) => return self.tell_done(tx, ctx),
            (None, Some(Over::Refused)) => {
                return ctx.send(COORDINATOR, Message::Failed { tx });
            }
            (None, Some(_)) => return,
            (None, None) => {}
        }
        let due = ctx.now() + self.options.config.lock_wait;
        let branch = Branch { steps: steps.to_vec(), stage: Stage::Waiting, due };
        self.branches.insert(tx, branch);
        self.locks.ask(tx, wants(steps));
        self.grant(ctx);
        if self.locks.waiting().contains(&tx) {
            ctx.claim(Fact::Waits { transaction: tx.0 });
        }
    }

    /// Gives locks to whom they are due, from the oldest, until nothing changes.
    pub(super) fn grant(&mut self, ctx: &mut Ctx) {
        let rule = self.options.config.deadlock;
        loop {
            let mut changed = false;
            for tx in self.locks.waiting() {
                let branches = &self.branches;
                let in_doubt = |holder: Tx| {
                    branches.get(&holder).is_some_and(|branch| branch.timer() == Timer::Doubt)
                };
                let verdict = self.locks.judge(tx, rule, in_doubt);
                changed |= verdict != Verdict::Waits;
                match verdict {
                    Verdict::Waits => {}
                    Verdict::Granted => self.work(tx, ctx),
                    Verdict::Dies => self.fail(tx, ctx),
                    Verdict::Wounds(younger) => {
                        younger.into_iter().for_each(|tx| self.fail(tx, ctx));
                    }
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Does the work in a workspace. That an account does not hold enough is found when it is to be promised, as with
    /// constraints that are checked at the end.
    fn work(&mut self, tx: Tx, ctx: &mut Ctx) {
        ctx.claim(Fact::Acquires { transaction: tx.0 });
        let Some(branch) = self.branches.get(&tx) else { return };
        let before = self.view(branch.steps.iter().map(Step::item), ctx);
        let mut space = before.clone();
        let (mut found, mut declined) = (Vec::new(), false);
        for step in &branch.steps {
            match space.run(step) {
                Ok(seen) => found.extend(seen),
                Err(Declined) => declined = true,
            }
        }
        let changed = branch.steps.iter().filter(|step| step.writes()).map(Step::item);
        let writes = writes(changed.collect(), &before, &space);
        let only_reads = writes.is_empty();
        let due = ctx.now() + self.options.config.idle;
        if let Some(branch) = self.branches.get_mut(&tx) {
            branch.stage = Stage::Worked { found, writes, declined };
            branch.due = due;
        }
        self.tell_done(tx, ctx);
        if only_reads && self.options.on(Bug::ReadersReleaseEarly) {
            self.locks.release(tx);
        }
    }

    fn tell_done(&self, tx: Tx, ctx: &mut Ctx) {
        if let Some(Branch { stage: Stage::Worked { found, .. }, .. }) = self.branches.get(&tx) {
            let (life, found) = (self.life, found.clone());
            ctx.send(COORDINATOR, Message::Done { tx, life, found });
        }
    }

    /// It will not do its part, and says so.
    fn fail(&mut self, tx: Tx, ctx: &mut Ctx) {
        self.refuse(tx, ctx);
        ctx.send(COORDINATOR, Message::Failed { tx });
    }

    /// It has waited for long enough.
    fn give_up(&mut self, tx: Tx, ctx: &mut Ctx) {
        self.fail(tx, ctx);
        self.grant(ctx);
    }

    fn on_rollback(&mut self, tx: Tx, ctx: &mut Ctx) {
        let is_promised =
            self.branches.get(&tx).is_some_and(|branch| branch.timer() == Timer::Doubt);
        if !is_promised && tx >= self.floor {
            self.refuse(tx, ctx);
            self.grant(ctx);
        }
    }

    /// Aborts alone what was not promised: everybody's right until it votes yes.
    pub(super) fn refuse(&mut self, tx: Tx, ctx: &mut Ctx) {
        if self.branches.remove(&tx).is_some() {
            self.locks.release(tx);
            ctx.claim(Fact::Votes { transaction: tx.0, yes: false });
        }
        self.over.entry(tx).or_insert(Over::Refused);
    }

    fn on_prepare(&mut self, tx: Tx, life: u32, peers: &[NodeId], ctx: &mut Ctx) {
        let vote = match self.branches.get(&tx).map(|branch| &branch.stage) {
            Some(Stage::Prepared { .. }) => Vote::Yes,
            Some(Stage::Worked { writes, declined, .. }) if life == self.life => {
                match (declined, writes.is_empty() && self.options.config.read_only) {
                    (true, _) => Vote::No { declined: true },
                    (false, true) => return self.vote_read_only(tx, ctx),
                    (false, false) => {
                        let writes = writes.clone();
                        return self.vote_yes(tx, peers, writes, ctx);
                    }
                }
            }
            Some(_) => Vote::No { declined: false },
            None => match self.over.get(&tx) {
                Some(Over::ReadOnly) => Vote::ReadOnly,
                Some(Over::Concluded { .. }) => return,
                Some(Over::Refused) => Vote::No { declined: false },
                None if tx < self.floor => return,
                None => Vote::No { declined: false },
            },
        };
        if let Vote::No { .. } = vote {
            self.refuse(tx, ctx);
            self.grant(ctx);
        }
        ctx.send(COORDINATOR, Message::Vote { tx, vote });
    }

    /// The promise: what it takes to commit is on disk before anybody hears of it.
    fn vote_yes(&mut self, tx: Tx, peers: &[NodeId], writes: Vec<Write>, ctx: &mut Ctx) {
        let due = ctx.now() + self.options.config.inquire;
        let Some(branch) = self.branches.get_mut(&tx) else { return };
        let in_doubt_too = Vec::new();
        branch.due = due;
        branch.stage =
            Stage::Prepared { peers: peers.to_vec(), writes: writes.clone(), in_doubt_too };
        self.log(Record::Prepared { tx, peers: peers.to_vec(), writes }, ctx);
        if !self.options.on(Bug::VoteBeforeForce) {
            ctx.sync();
        }
        ctx.claim(Fact::Votes { transaction: tx.0, yes: true });
        ctx.send(COORDINATOR, Message::Vote { tx, vote: Vote::Yes });
        if self.options.on(Bug::ShownWhenPrepared) {
            self.locks.release(tx);
            self.grant(ctx);
        }
    }

    /// What its work begins with: what is committed. Shows what is in doubt as well by a planted mistake alone.
    fn view(&self, items: impl Iterator<Item = Item> + Clone, ctx: &mut Ctx) -> Bank {
        let mut space = self.bank.excerpt(items.clone());
        for (tx, branch) in &self.branches {
            let Stage::Prepared { writes, .. } = &branch.stage else { continue };
            let concerned = locked_by(writes);
            let is_seen = items.clone().any(|item| concerned.contains_key(&item));
            if is_seen && self.options.on(Bug::ShownWhenPrepared) {
                apply(&mut space, writes);
                ctx.claim(Fact::Shows { transaction: tx.0 });
            }
        }
        space
    }

    /// All locks that the transaction needs are held by now, wherever: so some may be given back.
    fn vote_read_only(&mut self, tx: Tx, ctx: &mut Ctx) {
        self.branches.remove(&tx);
        self.locks.release(tx);
        self.over.insert(tx, Over::ReadOnly);
        ctx.claim(Fact::Ends { transaction: tx.0 });
        ctx.send(COORDINATOR, Message::Vote { tx, vote: Vote::ReadOnly });
        self.grant(ctx);
    }

    /// The coordinator has decided, or answers what it was asked.
    fn on_decision(&mut self, tx: Tx, commits: bool, ctx: &mut Ctx) {
        let is_promised =
            self.branches.get(&tx).is_some_and(|branch| branch.timer() == Timer::Doubt);
        let acks = match (self.options.config.variant, commits) {
            (Variant::PresumedNothing, _) => true,
            (Variant::PresumedAbort, _) => commits,
            (Variant::PresumedCommit, _) => !commits,
        };
        if is_promised {
            self.conclude(tx, commits, ctx);
        } else if !commits && tx >= self.floor {
            // It has never voted yes, and must not any more.
            self.refuse(tx, ctx);
            self.grant(ctx);
        }
        if acks {
            ctx.send(COORDINATOR, Message::Ack { tx });
        }
    }

    /// Does as is decided. What the coordinator need not remember for it, it need not force.
    pub(super) fn conclude(&mut self, tx: Tx, commits: bool, ctx: &mut Ctx) {
        let Some(branch) = self.branches.remove(&tx) else { return };
        if let Stage::Prepared { writes, .. } = branch.stage
            && commits
        {
            apply(&mut self.bank, &writes);
        }
        self.log(Record::Outcome { tx, commits }, ctx);
        let is_presumed = match self.options.config.variant {
            Variant::PresumedNothing => false,
            Variant::PresumedAbort => !commits,
            Variant::PresumedCommit => commits,
        };
        if !is_presumed && !self.options.on(Bug::AckBeforeForce) {
            ctx.sync();
        }
        self.over.insert(tx, Over::Concluded { commits });
        self.locks.release(tx);
        ctx.claim(Fact::Concludes { transaction: tx.0, commits });
        self.grant(ctx);
    }

    pub(super) fn log(&mut self, record: Record, ctx: &mut Ctx) {
        self.logged += 1;
        ctx.append(record);
    }

    /// What is in doubt here.
    pub fn in_doubt(&self) -> impl Iterator<Item = Tx> + '_ {
        let doubts = self.branches.iter().filter(|(_, branch)| branch.timer() == Timer::Doubt);
        doubts.map(|(tx, _)| *tx)
    }

    /// What a transaction has locked here.
    pub fn locked(&self, tx: Tx) -> Option<&BTreeMap<Item, Mode>> {
        self.locks.held(tx)
    }

    /// What is committed here.
    pub fn bank(&self) -> &Bank {
        &self.bank
    }

    /// Whether no transaction has a part here.
    pub fn is_idle(&self) -> bool {
        self.branches.is_empty()
    }

    pub(super) fn glance(&self) -> String {
        let branches = self.branches.iter().map(|(tx, branch)| match &branch.stage {
            Stage::Waiting => format!("{tx:?} waits for locks"),
            Stage::Worked { writes, .. } => format!("{tx:?} has done {}", show::writes(writes)),
            Stage::Prepared { writes, .. } => {
                format!("{tx:?} is in doubt: {}", show::writes(writes))
            }
        });
        let branches: Vec<String> = branches.collect();
        let idle = if branches.is_empty() { "idle".to_owned() } else { branches.join(", ") };
        format!("life {}, {idle}, {:?}", self.life, self.bank)
    }
}

/// What these items are afterwards: the after-images that a log has.
fn writes(changed: Vec<Item>, before: &Bank, after: &Bank) -> Vec<Write> {
    let mut items = changed;
    items.sort_unstable();
    items.dedup();
    let write = |item: &Item| match *item {
        Item::Account(account) => Write::Balance { account, balance: after.balance(account) },
        Item::List(key) => {
            let known = before.list(key).len();
            Write::Append { key, values: after.list(key)[known..].to_vec() }
        }
    };
    items.iter().map(write).collect()
}

/// Lets a transaction take effect.
pub(super) fn apply(bank: &mut Bank, writes: &[Write]) {
    for write in writes {
        match write {
            Write::Balance { account, balance } => bank.set_balance(*account, *balance),
            Write::Append { key, values } => {
                values.iter().for_each(|value| {
                    // Appending cannot fail.
                    let _ = bank.run(&Step::Append { key: *key, value: *value });
                });
            }
        }
    }
}

/// What these writes have to lock.
pub(super) fn locked_by(writes: &[Write]) -> BTreeMap<Item, Mode> {
    let item = |write: &Write| match write {
        Write::Balance { account, .. } => Item::Account(*account),
        Write::Append { key, .. } => Item::List(*key),
    };
    writes.iter().map(|write| (item(write), Mode::Exclusive)).collect()
}
