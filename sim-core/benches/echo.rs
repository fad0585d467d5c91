//! What the engine costs: five nodes, each keeps one message to a random peer under way, 1 to 10 ms long.
//!
//! Beside it runs the bare loop that does the same with a binary heap and no engine, in the same process and at
//! the same time of day: trust the ratio, not the rate. `cargo bench -p sim-core`

use cpu_time::ProcessTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::drive::replay::Digest;
use sim_core::fault::Plan;
use sim_core::measure::Measures;
use sim_core::settings::Costs;
use sim_core::{
    Answer, Client, ClientContext, ClientSettings, Context, NodeId, Observer, Process, RequestId,
    Rng, Service, Settings, Span, SpanRange, Time, World,
};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const DELIVERIES: u64 = 5_000_000;
const ROUNDS: usize = 9;

/// Whoever hears a number passes it on, plus one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Echo {
    heard: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
struct NoOptions {}

impl Process for Echo {
    type Message = u64;
    type Timer = ();
    type Record = ();
    type Service = Nothing;
    type Config = NoOptions;

    fn boot(_: &NoOptions, _: &[()], ctx: &mut Context<Self>) -> Self {
        pass_on(1, ctx);
        Echo { heard: 0 }
    }
    #[inline]
    fn on_message(&mut self, _: NodeId, number: &u64, ctx: &mut Context<Self>) {
        self.heard += 1;
        pass_on(number + 1, ctx);
    }
    fn on_timer(&mut self, (): (), _: &mut Context<Self>) {}
}

#[inline]
fn pass_on(number: u64, ctx: &mut Context<Echo>) {
    let (me, others) = (ctx.id().0, u64::from(ctx.nodes()) - 1);
    let peer = ctx.rng().below(others) as u32;
    ctx.send(NodeId(if peer >= me { peer + 1 } else { peer }), number);
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
struct Nothing;
impl Service for Nothing {
    type Op = ();
    type Reply = ();
    type Client = Nobody;
    fn apply(&mut self, (): &()) {}
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct Nobody;
impl Client for Nobody {
    type Service = Nothing;
    type Load = NoOptions;
    fn loads() -> Vec<(&'static str, NoOptions)> {
        Vec::new()
    }
    fn new(_: &ClientSettings<NoOptions>, _: u32, _: u32) -> Self {
        Nobody
    }
    fn start(&mut self, _: &mut ClientContext<Nothing>) {}
    fn on_answer(
        &mut self,
        _: NodeId,
        _: RequestId,
        _: &Answer<()>,
        _: &mut ClientContext<Nothing>,
    ) {
    }
    fn on_timer(&mut self, _: u32, _: &mut ClientContext<Nothing>) {}
}

/// Millions a second of CPU time.
fn rate(count: u64, begun: ProcessTime) -> f64 {
    count as f64 / begun.elapsed().as_secs_f64() / 1e6
}

/// The same load without an engine.
fn bare() -> f64 {
    let mut rng = Rng::named(1, 1);
    let mut heap = BinaryHeap::new();
    let mut heard = [0u64; 5];
    let mut made = 0;
    for node in 0..5u32 {
        made += 1;
        heap.push(Reverse((made, made, node, 1u64)));
    }
    let begun = ProcessTime::now();
    for _ in 0..DELIVERIES {
        let Some(Reverse((at, _, node, number))) = heap.pop() else { break };
        heard[node as usize] += 1;
        let peer = rng.below(4) as u32;
        let delay = rng.within(Span::millis(1), Span::millis(10)).0;
        made += 1;
        heap.push(Reverse((
            at + delay,
            made,
            if peer >= node { peer + 1 } else { peer },
            number + 1,
        )));
    }
    let rate = rate(DELIVERIES, begun);
    assert_eq!(heard.iter().sum::<u64>(), DELIVERIES);
    rate
}

fn engine(message: Span, mut watch: impl Observer<Echo>) -> f64 {
    let costs = Costs { message, sync: SpanRange::millis(1, 2) };
    let settings = Settings { nodes: 5, costs, ..Settings::default() };
    let mut world = World::<Echo>::new(settings, NoOptions {}, Vec::new(), Plan::default(), 1);
    world.start(&mut watch);
    let begun = ProcessTime::now();
    while world.steps() < DELIVERIES {
        world.step(&mut watch);
    }
    rate(DELIVERIES, begun)
}

fn main() {
    let both = || (Digest::default(), Measures::new(Time::ZERO));
    let loads: [(&str, &dyn Fn() -> f64); 5] = [
        ("bare loop, no engine", &bare),
        ("nothing watches", &|| engine(Span::ZERO, ())),
        ("digest", &|| engine(Span::ZERO, Digest::default())),
        ("digest and measures", &|| engine(Span::ZERO, both())),
        ("the same, 5 us of work each", &|| engine(Span::micros(5), both())),
    ];
    // Turn by turn, so that whatever else the machine does hits all alike; and the best of each, because it can
    // only slow them down.
    let mut best = [0.0_f64; 5];
    for _ in 0..ROUNDS {
        for (best, (_, load)) in best.iter_mut().zip(&loads) {
            *best = best.max(load());
        }
    }
    for (rate, (what, _)) in best.iter().zip(&loads) {
        let share = rate / best[0];
        println!(
            "echo  {what:28}  {rate:5.1} M deliveries/s of CPU time, {share:.2} of the bare loop"
        );
    }
}
