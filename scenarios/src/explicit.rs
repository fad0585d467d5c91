//! A seed's run as a scenario of its own: everything that the seed drew before it began, written out.

use crate::format::{
    Count, Expect, FaultLine, Leap, LineLasts, Scenario, Subject, Swarm, Wait, What,
};
use crate::run::{Case, Course};
use sim_core::fault::{Fault, Lasts, Strike};
use sim_core::{Span, SpanRange};

/// The scenario of which this seed, and it alone, is run, with nothing left to draw before the run begins: a run step
/// for step the same as the case's.
///
/// Bugs that were planted beside those of the scenario are among its options. What was expected of many seeds is
/// left out.
pub fn explicit(course: &Course<'_>, case: &Case<'_>) -> Scenario {
    let mut scenario = case.scenario.clone().into_owned();
    let protocol = course.entry().name().to_owned();
    let (options, load) = (case.options.clone(), case.load.clone());
    scenario.subjects = vec![Subject { protocol, options, load }];
    scenario.clients.load = course.load().map(str::to_owned);
    (scenario.variant, scenario.variants) = (None, Vec::new());
    scenario.nodes = Count::N(case.nodes);
    scenario.duration = Span(case.plan.heal.0);
    (scenario.seeds, scenario.seed) = (1, Some(case.seed));
    scenario.faults = case.plan.strikes.iter().map(line).collect();
    scenario.messages = case.plan.messages.clone();
    scenario.nemesis = None;
    scenario.swarm = Swarm::default();
    let holds = std::mem::take(&mut scenario.expect.holds);
    scenario.expect = Expect { holds, ..Expect::default() };
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
