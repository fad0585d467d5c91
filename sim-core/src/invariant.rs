//! Properties of every state that a run goes through.

use crate::context::Kinds;
use crate::nodes::Nodes;
use crate::observe::{FaultStep, Step};
use crate::process::Process;

/// Something that must not be, in words that name what contradicts what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Violation {
    /// The property that does not hold, by its stable name.
    pub property: &'static str,
    /// Why, for people.
    pub why: String,
}

/// A property of every state that a run goes through.
pub trait Invariant<P: Process>: Default {
    /// The properties that it checks, by their stable names.
    const PROPERTIES: &'static [&'static str];

    /// The kinds of effect that concern it: it is not shown a step that has none of them. None when every step
    /// concerns it.
    const CONCERNS: Option<Kinds> = None;

    /// Looks at what a step changed: constant work for a step, whatever the run's length.
    fn check(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) -> Result<(), Violation>;

    /// A fault struck or healed: a crashed process, say, has forgotten what it knew.
    fn fault(&mut self, _nodes: &Nodes<P>, _step: &FaultStep<'_>) {}
}

/// Several invariants, checked together: a tuple of them.
pub trait Safety<P: Process>: Default {
    /// The properties that they check.
    fn properties() -> Vec<&'static str>;
    /// Shows a step to each, and reports what each finds.
    fn check(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>, report: &mut impl FnMut(Violation));
    /// Shows a fault to each.
    fn fault(&mut self, nodes: &Nodes<P>, step: &FaultStep<'_>);
}

impl<P: Process> Safety<P> for () {
    fn properties() -> Vec<&'static str> {
        Vec::new()
    }
    #[inline]
    fn check(&mut self, _: &Nodes<P>, _: &Step<'_, P>, _: &mut impl FnMut(Violation)) {}
    fn fault(&mut self, _: &Nodes<P>, _: &FaultStep<'_>) {}
}

macro_rules! check_together {
    ($($name:ident $place:tt),+) => {
        impl<P: Process, $($name: Invariant<P>),+> Safety<P> for ($($name,)+) {
            fn properties() -> Vec<&'static str> {
                [$($name::PROPERTIES),+].concat()
            }
            #[inline]
            fn check(
                &mut self,
                nodes: &Nodes<P>,
                step: &Step<'_, P>,
                report: &mut impl FnMut(Violation),
            ) {
                $(if $name::CONCERNS.is_none_or(|kinds| step.kinds.any_of(kinds))
                    && let Err(violation) = self.$place.check(nodes, step)
                {
                    report(violation);
                })+
            }
            fn fault(&mut self, nodes: &Nodes<P>, step: &FaultStep<'_>) {
                $(self.$place.fault(nodes, step);)+
            }
        }
    };
}
check_together!(A 0);
check_together!(A 0, B 1);
check_together!(A 0, B 1, C 2);
check_together!(A 0, B 1, C 2, D 3);
check_together!(A 0, B 1, C 2, D 3, E 4);
check_together!(A 0, B 1, C 2, D 3, E 4, F 5);
check_together!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
check_together!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
check_together!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
check_together!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
check_together!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
check_together!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
