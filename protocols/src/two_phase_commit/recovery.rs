//! What is made of a log after a crash, and how a log is put together before it grows long.

use super::bugs::Bug;
use super::config::Variant;
use super::coordinator::{Coordinator, Open, Phase, Site};
use super::message::{Answered, CoordinatorCheckpoint, ParticipantCheckpoint, Record, Tx, Write};
use super::participant::{Branch, Over, Participant, Stage, apply, locked_by};
use super::{Ctx, Options};
use sim_core::{Fact, NodeId, Time};
use std::collections::BTreeMap;

/// The life that begins now, by the log of those before.
fn next_life(disk: &[Record]) -> u32 {
    let lives = disk.iter().map(|record| match record {
        Record::Boot { life } => *life,
        Record::Coordinator(checkpoint) => checkpoint.life,
        Record::Participant(checkpoint) => checkpoint.life,
        _ => 0,
    });
    lives.max().unwrap_or(0) + 1
}

impl Coordinator {
    /// Reads the log back. What was decided is told again; under presumed commit, what was not is aborted.
    pub(super) fn recover(options: Options, disk: &[Record], ctx: &mut Ctx) -> Coordinator {
        let life = match options.on(Bug::NumbersUsedAgain) {
            true => 1,
            false => next_life(disk),
        };
        let mut node = Coordinator::new(options, life);
        node.logged = disk.len() as u32;
        let mut open = BTreeMap::<Tx, (Option<bool>, Vec<NodeId>)>::new();
        let mut committed = Vec::new();
        for record in disk {
            match record {
                Record::Initiation { tx, sites } => {
                    open.insert(*tx, (None, sites.clone()));
                }
                Record::Decision { tx, commits, sites, answer } => {
                    node.remember(answer);
                    let is_over =
                        node.options.config.variant == Variant::PresumedCommit && *commits;
                    if is_over {
                        open.remove(tx);
                        committed.push(*tx);
                    } else {
                        open.insert(*tx, (Some(*commits), sites.clone()));
                    }
                }
                Record::End { tx } => {
                    open.remove(tx);
                }
                Record::Answered(answer) => node.remember(answer),
                Record::Coordinator(checkpoint) => {
                    node.sessions = checkpoint.sessions.clone();
                    let its = checkpoint.open.iter().cloned();
                    open = its.map(|(tx, commits, sites)| (tx, (commits, sites))).collect();
                }
                _ => {}
            }
        }
        node.log(Record::Boot { life }, ctx);
        ctx.sync();
        ctx.claim(Fact::Leads { epoch: life.into() });
        // It may have crashed before it could say so.
        for tx in committed {
            ctx.claim(Fact::Concludes { transaction: tx.0, commits: true });
        }
        for (tx, (commits, sites)) in open {
            node.tell_again(tx, commits.unwrap_or(false), &sites, ctx);
        }
        node.arm(ctx);
        node
    }

    fn remember(&mut self, answer: &Answered) {
        if self.options.on(Bug::AnswersForgotten) {
            return;
        }
        self.answered += 1;
        let most = self.options.config.sessions;
        let reply = answer.reply.clone();
        self.sessions.record(answer.id, answer.oldest, reply, self.answered, most);
    }

    fn tell_again(&mut self, tx: Tx, commits: bool, sites: &[NodeId], ctx: &mut Ctx) {
        let sites = sites.iter().map(|node| (*node, Site::to_tell())).collect();
        let open = Open {
            request: None,
            sites,
            phase: Phase::Telling { commits },
            due: ctx.now() + self.options.config.retry,
            give_up: Time::NEVER,
            yes_messages: 0,
        };
        self.open.insert(tx, open);
        ctx.claim(Fact::Begins { transaction: tx.0 });
        ctx.claim(Fact::Concludes { transaction: tx.0, commits });
        self.tell(tx, commits, |_| true, ctx);
    }

    /// Puts the log together when it is long. What is not decided has left no trace in it, but for initiations.
    pub(super) fn checkpoint(&mut self, ctx: &mut Ctx) {
        if self.logged <= self.options.config.checkpoint {
            return;
        }
        self.logged = 1;
        let initiates = self.initiates();
        let open = self.open.iter().filter_map(|(tx, open)| {
            let (commits, sites) = match open.phase {
                Phase::Telling { commits } => (Some(commits), open.to_be_told()),
                Phase::Preparing if initiates => (None, self.voters(open)),
                Phase::Working | Phase::Preparing => return None,
            };
            (!sites.is_empty()).then_some((*tx, commits, sites))
        });
        let (life, open) = (self.life, open.collect());
        let sessions = self.sessions.clone();
        let checkpoint = CoordinatorCheckpoint { life, open, sessions };
        ctx.rewrite(vec![Record::Coordinator(Box::new(checkpoint))]);
    }
}

impl Participant {
    /// Reads the log back. What is in doubt is locked as it was, and asked about.
    pub(super) fn recover(options: Options, disk: &[Record], ctx: &mut Ctx) -> Participant {
        let life = next_life(disk);
        let mut node = Participant::new(options, life);
        node.logged = disk.len() as u32;
        let mut in_doubt = BTreeMap::<Tx, (Vec<NodeId>, Vec<Write>)>::new();
        for record in disk {
            match record {
                Record::Prepared { tx, peers, writes } => {
                    in_doubt.insert(*tx, (peers.clone(), writes.clone()));
                }
                Record::Outcome { tx, commits } => {
                    if let Some((_, writes)) = in_doubt.remove(tx)
                        && *commits
                    {
                        apply(&mut node.bank, &writes);
                    }
                    node.over.insert(*tx, Over::Concluded { commits: *commits });
                }
                Record::Participant(checkpoint) => {
                    node.floor = checkpoint.floor;
                    node.bank = checkpoint.bank.clone();
                    let its = checkpoint.in_doubt.iter().cloned();
                    in_doubt = its.map(|(tx, peers, writes)| (tx, (peers, writes))).collect();
                    let over =
                        |(tx, commits): &(Tx, bool)| (*tx, Over::Concluded { commits: *commits });
                    node.over = checkpoint.outcomes.iter().map(over).collect();
                }
                _ => {}
            }
        }
        node.log(Record::Boot { life }, ctx);
        ctx.sync();
        // It may have crashed before it could say so.
        for (tx, over) in &node.over {
            if let Over::Concluded { commits } = *over {
                ctx.claim(Fact::Concludes { transaction: tx.0, commits });
            }
        }
        for (tx, (peers, writes)) in in_doubt {
            if !node.options.on(Bug::LocksNotRebuilt) {
                node.locks.seize(tx, locked_by(&writes));
            }
            ctx.claim(Fact::Acquires { transaction: tx.0 });
            ctx.claim(Fact::Votes { transaction: tx.0, yes: true });
            let in_doubt_too = Vec::new();
            let stage = Stage::Prepared { peers, writes, in_doubt_too };
            node.branches.insert(tx, Branch { steps: Vec::new(), stage, due: Time::ZERO });
        }
        node.inquire_about_all(ctx);
        node.arm(ctx);
        node
    }

    /// Puts the log together when it is long.
    pub(super) fn checkpoint(&mut self, ctx: &mut Ctx) {
        if self.logged <= self.options.config.checkpoint {
            return;
        }
        self.logged = 1;
        let in_doubt = self.branches.iter().filter_map(|(tx, branch)| match &branch.stage {
            Stage::Prepared { peers, writes, .. } => Some((*tx, peers.clone(), writes.clone())),
            _ => None,
        });
        let outcomes = self.over.iter().filter_map(|(tx, over)| match over {
            Over::Concluded { commits } => Some((*tx, *commits)),
            _ => None,
        });
        let mut checkpoint = ParticipantCheckpoint {
            life: self.life,
            floor: self.floor,
            bank: self.bank.clone(),
            in_doubt: in_doubt.collect(),
            outcomes: outcomes.collect(),
        };
        if self.options.on(Bug::CheckpointLeavesDoubtOut) {
            checkpoint.in_doubt.clear();
        }
        ctx.rewrite(vec![Record::Participant(Box::new(checkpoint))]);
    }
}
