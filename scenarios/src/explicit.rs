//! A seed's run as a scenario of its own: everything that the seed drew before it began, written out.

use crate::format::{Count, FaultLine, Leap, LineLasts, Scenario, Subject, Wait, What};
use crate::run::Course;
use sim_core::fault::{Fault, Lasts, Plan, Strike};
use sim_core::{Span, SpanRange};

/// The scenario of which this seed, and it alone, is run, with this plan for its faults: a run step for step the same
/// as the course's own with that plan.
///
/// Bugs that were planted beside those of the scenario are among its options. What was expected of many seeds is
/// left out.
pub fn explicit(course: &Course<'_>, seed: u64, plan: &Plan) -> Scenario {
    let Scenario { expect, .. } = course.scenario;
    let mut scenario = course.scenario.clone();
    scenario.subjects =
        vec![Subject { options: course.options().clone(), ..course.subject.clone() }];
    scenario.nodes = Count::N(course.nodes(seed));
    scenario.duration = Span(plan.heal.0);
    (scenario.seeds, scenario.seed) = (1, Some(seed));
    scenario.faults = plan.strikes.iter().map(line).collect();
    scenario.messages = plan.messages.clone();
    scenario.nemesis = None;
    scenario.expect = Default::default();
    scenario.expect.holds = expect.holds.clone();
    scenario
}

/// The line that draws this strike, whatever the seed.
fn line(strike: &Strike) -> FaultLine {
    let on = strike.on.as_ref().map(|on| Wait {
        event: on.event.clone(),
        by: on.by.clone(),
        nth: on.nth,
        after: SpanRange::exactly(on.after),
        before: on.before,
    });
    FaultLine {
        id: strike.id.fault,
        nth: strike.id.nth,
        at: SpanRange::exactly(Span(strike.at.0)),
        on,
        what: what(&strike.fault),
        lasts: match strike.lasts {
            // No line lasts no time; a nanosecond is as good.
            Lasts::For(span) => LineLasts::For(SpanRange::exactly(span.max(Span(1)))),
            Lasts::UntilHealed => LineLasts::UntilHealed,
            Lasts::Forever => LineLasts::Forever,
        },
        repeat: None,
        name: strike.name.clone(),
    }
}

fn what(fault: &Fault) -> What {
    match fault {
        Fault::ClockJump { nodes, by, back } => {
            let by = by.0.min(i64::MAX as u64) as i64;
            let by = if *back { -by } else { by };
            What::ClockJump { nodes: nodes.clone(), by: Leap { from: by, to: by } }
        }
        fault => What::Fixed(fault.clone()),
    }
}
