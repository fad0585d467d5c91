//! Leases: no two at a time, and voters that wait them out.

use super::super::config::Reads;
use super::super::log::Term;
use super::super::message::Message;
use super::super::{Raft, Role};
use super::PerMachine;
use crate::lease::LeaseDisjointness;
use sim_core::{Cause, Invariant, NodeId, Nodes, Service, Step, Time, Violation};

/// The spans in which servers hold leases are disjoint; and what makes them so: "servers would not vote" within the
/// least election timeout of having heard from a leader (thesis, sections 4.2.3 and 6.4.1), nor within that of a boot,
/// unless the leader itself has asked for the election. A server that votes too early mostly does no harm: the lease is
/// not used any more, or not renewed.
#[derive(Clone, Debug, Default)]
pub struct Leases {
    disjoint: LeaseDisjointness,
    voters: PerMachine<Voter>,
}

/// A server when it was last looked at.
#[derive(Clone, Copy, Debug, Default)]
struct Voter {
    vote: (Term, Option<NodeId>),
    leads: bool,
    /// When it heard from a leader, or booted, by its own clock.
    heard: Time,
}

impl Leases {
    /// Why a vote comes too early.
    fn too_early<S: Service>(
        &mut self,
        raft: &Raft<S>,
        nodes: &Nodes<Raft<S>>,
        step: &Step<'_, Raft<S>>,
    ) -> Option<String> {
        let now = nodes.clock(step.machine, step.at);
        let known = self.voters.of(nodes, step.machine);
        let vote = (raft.term(), raft.voted_for());
        let before = std::mem::replace(&mut known.vote, vote);
        let led = std::mem::replace(&mut known.leads, raft.role() == Role::Leader);
        let heard = known.heard;
        match &step.cause {
            Cause::Boot => known.heard = now,
            Cause::Message { from, message } => match message {
                Message::AppendEntries(_) | Message::InstallSnapshot { .. }
                    if message.term() == raft.term() =>
                {
                    known.heard = now;
                }
                Message::RequestVote(ask)
                    if !ask.transfer && vote != before && vote == (ask.term, Some(*from)) =>
                {
                    let waited = now - heard;
                    let least = raft.config().election_timeout.from;
                    return (led || waited < least).then(|| {
                        format!(
                            "votes for {from} in term {}, {} after it has heard from a leader, who may hold a lease",
                            ask.term,
                            waited.short()
                        )
                    });
                }
                _ => {}
            },
            _ => {}
        }
        None
    }
}

impl<S: Service> Invariant<Raft<S>> for Leases {
    const PROPERTIES: &'static [&'static str] = &["lease-disjointness"];

    #[inline]
    fn check(&mut self, nodes: &Nodes<Raft<S>>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        let Some(raft) = nodes.process(step.machine) else { return Ok(()) };
        if raft.config().reads != Reads::Lease {
            return Ok(());
        }
        if let Some(why) = self.too_early(raft, nodes, step) {
            let why = format!("{} {why}", step.node);
            return Err(Violation { property: "lease-disjointness", why });
        }
        self.disjoint.check(nodes, step)
    }
}
