//! A protocol whose nodes do what they are told upon a cue, and a stage that notes what they do and when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::drive::timed;
use sim_core::fault::{Fault, FaultId, Lasts, Plan, Strike};
use sim_core::observe::{FaultPhase, Lost};
use sim_core::settings::{Costs, Delay, NetworkSettings};
use sim_core::*;
use std::sync::Arc;

/// Upon what a node acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Cue {
    Boot,
    Timer(u8),
    Hear(u32),
}

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Act {
    /// Sends a word to the node with this number, counted from 1.
    Send(u32, u32),
    /// Sends a word to all others.
    Broadcast(u32),
    Append(u32),
    Sync,
    /// Sets a timer, in milliseconds.
    Set(u8, u64),
    Cancel(u8),
    Leads(u64),
}

/// Who acts, upon what, and how.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Line(pub u32, pub Cue, pub Vec<Act>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Role(pub Vec<Line>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Puppet {
    role: Arc<Role>,
}

impl Puppet {
    fn act(&self, cue: Cue, ctx: &mut Context<Self>) {
        let me = ctx.id().0 + 1;
        for Line(_, _, acts) in self.role.0.iter().filter(|line| line.0 == me && line.1 == cue) {
            for act in acts {
                match *act {
                    Act::Send(to, word) => ctx.send(NodeId(to - 1), word),
                    Act::Broadcast(word) => ctx.broadcast(word),
                    Act::Append(record) => ctx.append(record),
                    Act::Sync => ctx.sync(),
                    Act::Set(timer, after) => ctx.set_timer(timer, Span::millis(after)),
                    Act::Cancel(timer) => ctx.cancel_timer(timer),
                    Act::Leads(epoch) => ctx.claim(Fact::Leads { epoch }),
                }
            }
        }
    }
}

impl Process for Puppet {
    type Message = u32;
    type Timer = u8;
    type Record = u32;
    type Service = Mute;
    type Config = Role;
    const KINDS: &'static [&'static str] = &["odd", "even"];
    const HURT_DISKS_LIE: bool = true;
    const LIES: &'static [(&'static str, &'static str)] = &[
        ("a-hundred-more", "adds a hundred to a word"),
        ("big-words-only", "adds a thousand to words from ten on"),
    ];

    fn boot(config: &Role, _: &[u32], ctx: &mut Context<Self>) -> Self {
        let role = if config.0.is_empty() { Arc::default() } else { Arc::new(config.clone()) };
        let puppet = Puppet { role };
        puppet.act(Cue::Boot, ctx);
        puppet
    }
    fn on_message(&mut self, _: NodeId, word: &u32, ctx: &mut Context<Self>) {
        self.act(Cue::Hear(*word), ctx);
    }
    fn on_timer(&mut self, timer: u8, ctx: &mut Context<Self>) {
        self.act(Cue::Timer(timer), ctx);
    }
    fn lie(lie: &str, word: &u32, _: NodeId, _: &mut Liar<'_>) -> Option<Vec<u32>> {
        match lie {
            "a-hundred-more" => Some(vec![word + 100]),
            _ => (*word >= 10).then(|| vec![word + 1_000]),
        }
    }
    fn kind(word: &u32) -> usize {
        usize::from(word.is_multiple_of(2))
    }
}

/// Nobody asks anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Mute;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Nobody;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct NoLoad {}

impl Service for Mute {
    type Op = u32;
    type Reply = u32;
    type Client = Nobody;
    fn apply(&mut self, op: &u32) -> u32 {
        *op
    }
}

impl Client for Nobody {
    type Service = Mute;
    type Load = NoLoad;
    fn loads() -> Vec<(&'static str, NoLoad)> {
        vec![("none", NoLoad {})]
    }
    fn new(_: &ClientSettings<NoLoad>, _: u32, _: u32) -> Self {
        Nobody
    }
    fn start(&mut self, _: &mut ClientContext<Mute>) {}
    fn on_answer(&mut self, _: NodeId, _: RequestId, _: &Answer<u32>, _: &mut ClientContext<Mute>) {
    }
    fn on_timer(&mut self, _: u32, _: &mut ClientContext<Mute>) {}
}

/// What happened, a line a step: `6ms n2 hears 7`.
#[derive(Default)]
pub struct Notes(pub Vec<String>);

impl Observer<Puppet> for Notes {
    fn observe(&mut self, _: &Nodes<Puppet>, step: &Step<'_, Puppet>) {
        let what = match &step.cause {
            Cause::Boot => "boots".to_owned(),
            Cause::Message { message, .. } => format!("hears {message}"),
            Cause::Timer(timer) => format!("rings {timer}"),
            Cause::Synced => "synced".to_owned(),
            Cause::Request(_) => "is asked".to_owned(),
        };
        self.0.push(format!("{} {} {what}", Span(step.at.0), step.node));
    }
    fn fault(&mut self, _: &Nodes<Puppet>, step: &FaultStep<'_>) {
        let what = match step.phase {
            FaultPhase::Strikes => format!("* {}", step.words),
            FaultPhase::Heals => "* over".to_owned(),
            FaultPhase::Idle => "* idle".to_owned(),
        };
        self.0.push(format!("{} {what}", Span(step.at.0)));
    }
    fn lost(&mut self, lost: &Lost) {
        self.0.push(format!("{} lost {} -> {}", Span(lost.at.0), lost.from, lost.to));
    }
}

/// A world of puppets: messages take 1 ms, syncs 5 ms and work no time, unless a test says otherwise.
pub struct Stage {
    pub settings: Settings,
    pub lines: Vec<Line>,
    pub plan: Plan,
    pub seed: u64,
}

pub const fn ms(n: u64) -> Time {
    Time(n * 1_000_000)
}

pub fn n(number: u32) -> sim_core::fault::Target {
    sim_core::fault::Target::Node(NodeId(number - 1))
}

impl Stage {
    pub fn new(nodes: u32, lines: &[Line]) -> Stage {
        let delay = Delay::Uniform(SpanRange::exactly(Span::millis(1)));
        let settings = Settings {
            nodes,
            network: NetworkSettings { delay, ..NetworkSettings::default() },
            costs: Costs { message: Span::ZERO, sync: SpanRange::exactly(Span::millis(5)) },
            ..Settings::default()
        };
        Stage { settings, lines: lines.to_vec(), plan: Plan::default(), seed: 1 }
    }

    /// Adds a fault that strikes at a time and lasts so long, in milliseconds; 0 stands for until all is healed.
    pub fn fault(mut self, at: u64, lasts: u64, fault: Fault) -> Stage {
        let lasts = if lasts == 0 { Lasts::UntilHealed } else { Lasts::For(Span::millis(lasts)) };
        let id = FaultId { fault: self.plan.strikes.len() as u32 + 1, nth: 1 };
        self.plan.strikes.push(Strike { id, at: ms(at), on: None, fault, lasts, name: None });
        self
    }

    /// Changes the fault that was added last.
    pub fn with(mut self, change: impl FnOnce(&mut Strike)) -> Stage {
        change(self.plan.strikes.last_mut().expect("a fault"));
        self
    }

    pub fn build(&self) -> World<Puppet> {
        let role = Role(self.lines.clone());
        World::new(self.settings.clone(), role, Vec::new(), self.plan.clone(), self.seed)
    }

    /// What happens in a second.
    pub fn play(&self) -> Vec<String> {
        self.end().1
    }

    pub fn end(&self) -> (World<Puppet>, Vec<String>) {
        let mut world = self.build();
        let mut notes = Notes::default();
        world.start(&mut notes);
        timed::run(&mut world, ms(1_000), 100_000, &mut notes);
        (world, notes.0)
    }
}

/// The lines about one node, without its booting at the beginning.
pub fn about(notes: &[String], who: &str) -> Vec<String> {
    let is_about =
        |line: &&String| line.split(' ').nth(1) == Some(who) && *line != &format!("0s {who} boots");
    notes.iter().filter(is_about).cloned().collect()
}
