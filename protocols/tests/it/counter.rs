//! A counter: the smallest service whose history can be judged exactly, and which shows a request done twice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::{
    Answer, Client, ClientContext, ClientSettings, Ending, NodeId, Request, RequestId, Service,
    Span, Time,
};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Counter(u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Op {
    Add,
    Read,
}

impl Service for Counter {
    type Op = Op;
    type Reply = u64;
    type Client = Asker;

    fn apply(&mut self, op: &Op) -> u64 {
        self.0 += u64::from(*op == Op::Add);
        self.0
    }
    fn is_read(op: &Op) -> bool {
        *op == Op::Read
    }
}

/// How a client asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Load {
    /// How many of a hundred operations are reads.
    pub reads: u64,
    /// Reads go to any node, not to the one that answered last.
    pub wander: bool,
}

impl Default for Load {
    fn default() -> Self {
        Load { reads: 50, wander: true }
    }
}

/// Asks one thing after another, and goes on to another node when there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Asker {
    think: (u64, u64),
    timeout: Span,
    patience: Span,
    until: Time,
    left: u32,
    load: Load,
    number: u32,
    op: Op,
    open: bool,
    favourite: NodeId,
}

const AGAIN: u32 = 0;
const GIVE_UP: u32 = 1;
const NEXT: u32 = 2;
const ASK: u32 = 3;

impl Asker {
    fn next(&mut self, ctx: &mut ClientContext<Counter>) {
        if self.left == 0 || ctx.now() >= self.until {
            return;
        }
        self.left -= 1;
        self.number += 1;
        self.open = true;
        self.op = if ctx.rng().below(100) < self.load.reads { Op::Read } else { Op::Add };
        ctx.invoke(self.id(ctx), self.op);
        ctx.set_timer(GIVE_UP, self.patience);
        if self.load.wander && self.op == Op::Read {
            self.favourite = anybody(ctx);
        }
        self.ask(ctx);
    }
    fn id(&self, ctx: &ClientContext<Counter>) -> RequestId {
        RequestId { client: ctx.id(), number: self.number }
    }
    fn ask(&mut self, ctx: &mut ClientContext<Counter>) {
        let request = Request { id: self.id(ctx), oldest: self.number, op: self.op };
        ctx.ask(self.favourite, request);
        ctx.set_timer(AGAIN, self.timeout);
    }
    fn wander(&mut self, ctx: &mut ClientContext<Counter>) {
        self.favourite = anybody(ctx);
    }
    fn end(&mut self, ending: Ending<u64>, ctx: &mut ClientContext<Counter>) {
        self.open = false;
        ctx.ret(self.id(ctx), ending);
        ctx.cancel_timer(AGAIN);
        ctx.cancel_timer(GIVE_UP);
        ctx.cancel_timer(ASK);
        let think = ctx.rng().within(Span(self.think.0), Span(self.think.1));
        if think == Span::ZERO { self.next(ctx) } else { ctx.set_timer(NEXT, think) }
    }
}

impl Client for Asker {
    type Service = Counter;
    type Load = Load;

    fn loads() -> Vec<(&'static str, Load)> {
        vec![("counter", Load::default())]
    }
    fn new(settings: &ClientSettings<Load>, index: u32, _: u32) -> Self {
        Asker {
            think: (settings.think.from.0, settings.think.to.0),
            timeout: settings.timeout,
            patience: settings.patience,
            until: settings.until,
            left: if settings.operations == 0 { u32::MAX } else { settings.operations },
            load: settings.load.clone(),
            number: 0,
            op: Op::Read,
            open: false,
            favourite: NodeId(index % 3),
        }
    }
    fn start(&mut self, ctx: &mut ClientContext<Counter>) {
        self.wander(ctx);
        self.next(ctx);
    }
    fn on_answer(
        &mut self,
        from: NodeId,
        id: RequestId,
        answer: &Answer<u64>,
        ctx: &mut ClientContext<Counter>,
    ) {
        if !self.open || id.number != self.number {
            return;
        }
        match answer {
            Answer::Done(reply) => {
                self.favourite = from;
                self.end(Ending::Ok(*reply), ctx);
            }
            Answer::Expired => self.end(Ending::Unknown, ctx),
            Answer::Refused(Some(hint)) if *hint != from => {
                self.favourite = *hint;
                ctx.set_timer(ASK, Span::millis(1));
            }
            Answer::Refused(_) => {
                self.wander(ctx);
                ctx.set_timer(AGAIN, Span::millis(10));
            }
        }
    }
    fn on_timer(&mut self, timer: u32, ctx: &mut ClientContext<Counter>) {
        match timer {
            AGAIN => {
                self.wander(ctx);
                self.ask(ctx);
            }
            ASK => self.ask(ctx),
            GIVE_UP => self.end(Ending::Unknown, ctx),
            _ => self.next(ctx),
        }
    }
}

/// One operation of a history: when it was invoked, when it ended, and with what reply.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub id: RequestId,
    pub op: Op,
    pub invoked: Time,
    pub returned: Option<(Time, u64)>,
}

/// Why a counter's history is not linearizable. Additions have different replies, which order them; an operation
/// that ended before another began must not have a later place, and a read sees neither less than what was
/// done before it nor more than what was begun before it ended.
pub fn judge(calls: &[Call]) -> Result<(), String> {
    let done = |call: &Call| call.returned.map(|(at, value)| (*call, at, value));
    let mut done: Vec<(Call, Time, u64)> = calls.iter().filter_map(done).collect();
    let mut values: Vec<u64> =
        done.iter().filter(|(call, ..)| call.op == Op::Add).map(|(_, _, value)| *value).collect();
    values.sort_unstable();
    if let Some(twice) = values.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("two additions were answered {}", twice[0]));
    }
    // In the order of their ends, the highest reply so far bounds every operation that begins later.
    done.sort_by_key(|(_, at, _)| *at);
    let mut highest: Vec<(Time, u64)> = Vec::new();
    for (_, at, value) in &done {
        let before = highest.last().map_or(0, |(_, value)| *value);
        highest.push((*at, before.max(*value)));
    }
    for (call, _, value) in &done {
        let ended = highest.partition_point(|(at, _)| *at < call.invoked);
        let floor = ended.checked_sub(1).map_or(0, |place| highest[place].1);
        let least = floor + u64::from(call.op == Op::Add);
        if *value < least {
            return Err(format!("{} {:?} was answered {value} after {floor}", call.id, call.op));
        }
    }
    let begun = |at: Time| calls.iter().filter(|c| c.op == Op::Add && c.invoked <= at).count();
    match done.iter().find(|(_, at, value)| *value > begun(*at) as u64) {
        Some((call, _, value)) => Err(format!("{} was answered {value}: too many", call.id)),
        None => Ok(()),
    }
}

fn anybody(ctx: &mut ClientContext<Counter>) -> NodeId {
    let nodes = u64::from(ctx.nodes());
    NodeId(ctx.rng().below(nodes) as u32)
}
