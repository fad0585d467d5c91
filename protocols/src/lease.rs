//! No two nodes may serve reads alone at one moment, whatever lets them.

use sim_core::context::Kinds;
use sim_core::{Fact, Invariant, Nodes, Process, ReadPath, Span, Step, Time, Violation};

/// How long a lease lasts by its holder's clock, from when the round that it rests on began, when others wait for
/// `least` by theirs: shorter, so that a slow holder's lease ends before fast clocks of others have counted that.
/// Clocks run fast or slow by `drift` millionths at most.
pub(crate) fn length(least: Span, drift: u32) -> Span {
    let drift = u128::from(drift.min(1_000_000));
    Span((u128::from(least.0) * (1_000_000 - drift) / (1_000_000 + drift)) as u64)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_holder_gives_up_before_fast_voters_go_on() {
        for drift in [0, 1, 200, 10_000, 500_000, 999_999] {
            let least = Span::millis(150);
            let held = length(least, drift);
            // True time passes by these, as nanoseconds times a million.
            let (slow, fast) = (1_000_000 - u128::from(drift), 1_000_000 + u128::from(drift));
            assert!(u128::from(held.0) * fast <= u128::from(least.0) * slow, "{drift}");
        }
        assert_eq!(length(Span::millis(150), 0), Span::millis(150));
        assert_eq!(length(Span::millis(150), u32::MAX), Span::ZERO);
    }
}
