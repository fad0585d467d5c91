//! No two nodes may serve reads alone at one moment, whatever lets them.

use sim_core::context::Kinds;
use sim_core::{Fact, Invariant, Nodes, Process, ReadPath, Step, Time, Violation};

/// A process that may hold a lease.
pub trait Lessee {
    /// Until when, by its own clock, it may serve reads alone; none when it holds no lease.
    fn lease_until(&self) -> Option<Time>;
}

/// The spans of true time in which nodes hold leases are disjoint, as long as clocks drift within
/// the bound.
///
/// It is enough to look whenever a lease begins, is extended or is used: two that overlap do so
/// when the later of them begins.
#[derive(Clone, Debug, Default)]
pub struct LeaseDisjointness;

impl<P: Process + Lessee> Invariant<P> for LeaseDisjointness {
    const PROPERTIES: &'static [&'static str] = &["lease-disjointness"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    #[inline]
    fn check(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) -> Result<(), Violation> {
        let concerns =
            |fact: &Fact| matches!(fact, Fact::Leases { .. } | Fact::Reads { by: ReadPath::Lease });
        if !step.facts().any(concerns) {
            return Ok(());
        }
        let until = |machine| {
            let until = nodes.process(machine)?.lease_until();
            until.filter(|until| nodes.clock(machine, step.at) < *until)
        };
        if until(step.machine).is_none() {
            return Ok(());
        }
        for (machine, _) in nodes.live().filter(|(machine, _)| *machine != step.machine) {
            if let Some(until) = until(machine) {
                let why = format!(
                    "{} holds a lease, and so does {}, until {} of its clock",
                    step.node,
                    nodes.identity(machine),
                    until.short()
                );
                return Err(Violation { property: "lease-disjointness", why });
            }
        }
        Ok(())
    }
}
