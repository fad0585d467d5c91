//! No two servers may serve reads alone at one moment.

use super::super::Raft;
use sim_core::context::Kinds;
use sim_core::{Fact, Invariant, Nodes, ReadPath, Service, Step, Violation};

/// The spans of true time in which servers hold leases are disjoint, as long as clocks drift within
/// the bound.
///
/// It is enough to look whenever a lease begins, is extended or is used: two that overlap do so
/// when the later of them begins.
#[derive(Clone, Debug, Default)]
pub struct LeaseDisjointness;

impl<S: Service> Invariant<Raft<S>> for LeaseDisjointness {
    const PROPERTIES: &'static [&'static str] = &["lease-disjointness"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    #[inline]
    fn check(&mut self, nodes: &Nodes<Raft<S>>, step: &Step<'_, Raft<S>>) -> Result<(), Violation> {
        let concerns =
            |fact: &Fact| matches!(fact, Fact::Leases { .. } | Fact::Reads { by: ReadPath::Lease });
        if !step.facts().any(concerns) {
            return Ok(());
        }
        let until = |machine| {
            let raft = nodes.process(machine)?;
            raft.lease_until().filter(|until| nodes.clock(machine, step.at) < *until)
        };
        if until(step.machine).is_none() {
            return Ok(());
        }
        for (machine, other) in nodes.live().filter(|(machine, _)| *machine != step.machine) {
            if let Some(until) = until(machine) {
                let why = format!(
                    "{} holds a lease, and so does {}, leader of term {}, until {} of its clock",
                    step.node,
                    nodes.identity(machine),
                    other.term(),
                    until.short()
                );
                return Err(Violation { property: "lease-disjointness", why });
            }
        }
        Ok(())
    }
}
