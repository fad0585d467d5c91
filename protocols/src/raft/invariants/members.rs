//! What configurations may do: no two quorums decide apart, and none decides without the voters.

use super::super::config::Changes;
use super::super::log::{Index, Payload};
use super::super::members::Membership;
use super::super::{Raft, Role};
use super::PerMachine;
use crate::quorum::majority;
use sim_core::context::Kinds;
use sim_core::{Fact, Invariant, NodeSet, Nodes, Service, Step, Violation};

/// Any two quorums that could decide have a server in common, whatever configurations they are of;
/// and no leader appends a configuration while the one before it is not committed, nor one that changes a single server
/// before it has committed an entry of its own term (Ongaro, raft-dev, July 2015); and each server goes by the
/// configurations of its log.
///
/// A server could decide when a quorum of the configuration in force on it would vote for it, by
/// their logs as they are: one whose configuration is long out of date could not.
#[derive(Clone, Debug, Default)]
pub struct ConfigurationSafety(PerMachine<Option<(Index, Membership)>>);

/// What a server would need to decide, and what it would get: its configuration and those who live
/// and would vote for it.
struct Could {
    members: Membership,
    voters: NodeSet,
}

impl Could {
    fn decide<S: Service>(raft: &Raft<S>, nodes: &Nodes<Raft<S>>) -> Option<Could> {
        let position = |raft: &Raft<S>| (raft.log().last_term(), raft.log().last_index());
        let willing = nodes.live().filter(|(_, voter)| position(voter) <= position(raft));
        let voters = willing.map(|(machine, _)| nodes.identity(machine)).collect();
        let members = raft.membership();
        members.has_quorum(voters).then_some(Could { members, voters })
    }

    /// Whether quorums of the two may have no server in common.
    fn apart_from(&self, other: &Could) -> bool {
        let mut pairs = self
            .members
            .groups()
            .flat_map(|ours| other.members.groups().map(move |theirs| (ours, theirs)));
        pairs.all(|(ours, theirs)| {
            let (us, them) = (ours.and(self.voters), theirs.and(other.voters));
            let more_of_us = majority(ours.len()).saturating_sub(us.without(them).len());
            let more_of_them = majority(theirs.len()).saturating_sub(them.without(us).len());
            more_of_us + more_of_them <= us.and(them).len()
        })
    }
}

impl ConfigurationSafety {
    /// Why the newest configuration is not that of the log: "a server always uses the latest configuration in its log"
    /// (section 6). What a snapshot covers cannot be compared.
    fn unlogged<S: Service>(raft: &Raft<S>) -> Option<String> {
        let (index, members) = raft.members().newest();
        let entry = raft.log().get(index).map(|entry| &entry.payload);
        let is_logged = match entry {
            Some(Payload::Members(change)) => change.members == members,
            Some(_) => false,
            None => index <= raft.log().base(),
        };
        (!is_logged)
            .then(|| format!("goes by the voters {members} of {index}, which are not in its log"))
    }

    /// Why what a leader has just appended is too early.
    fn too_early<S: Service>(
        raft: &Raft<S>,
        before: Option<(Index, Membership)>,
    ) -> Option<String> {
        let (index, members) = raft.members().newest();
        let is_own = raft.log().term_at(index) == Some(raft.term());
        if raft.role() != Role::Leader || !is_own || before.is_none_or(|(old, _)| index <= old) {
            return None;
        }
        let committed = raft.commit_index();
        let open = raft.members().before_newest().map(|(open, _)| open);
        if let Some(open) = open.filter(|open| *open > committed) {
            return Some(format!(
                "appends the voters {members} at {index} while the change at {open} is not committed"
            ));
        }
        let knows = raft.config().changes == Changes::Joint
            || raft.log().term_at(committed).is_none_or(|term| term == raft.term());
        (!knows).then(|| {
            format!(
                "appends the voters {members} at {index} before it has committed an entry of its term {}",
                raft.term()
            )
        })
    }
}

impl<S: Service> Invariant<Raft<S>> for ConfigurationSafety {
    const PROPERTIES: &'static [&'static str] = &["configuration-safety"];
    const CONCERNS: Option<Kinds> = Some(Kinds::WRITES.and(Kinds::CLAIMS));

    #[inline]
    fn check(&mut self, nodes: &Nodes<Raft<S>>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        let Some(raft) = nodes.process(step.machine) else { return Ok(()) };
        let known = self.0.of(nodes, step.machine);
        let now = raft.members().newest();
        let before = known.replace(now);
        let violation = |why: String| {
            let why = format!("{} {why}", step.node);
            Err(Violation { property: "configuration-safety", why })
        };
        if let Some(why) = Self::unlogged(raft) {
            return violation(why);
        }
        let leads = || step.facts().any(|fact| matches!(fact, Fact::Leads { .. }));
        if before.unwrap_or((0, now.1)) == now && !leads() {
            return Ok(());
        }
        if let Some(why) = Self::too_early(raft, before) {
            return violation(why);
        }
        let Some(could) = Could::decide(raft, nodes) else { return Ok(()) };
        let others = nodes.live().filter(|(machine, _)| *machine != step.machine);
        for (machine, other) in others {
            if let Some(there) = Could::decide(other, nodes)
                && could.apart_from(&there)
            {
                return violation(format!(
                    "could decide with the voters {} and {} with the voters {}, and without each other",
                    could.members,
                    nodes.identity(machine),
                    there.members
                ));
            }
        }
        Ok(())
    }
}
