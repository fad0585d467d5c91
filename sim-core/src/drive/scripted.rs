//! Golden scripts: a text of commands, and below it what happened.
//!
//! A script picks every event itself, so it can put a protocol into exactly the corner that a rule is about. Its
//! commands, one a line (`#` begins a comment):
//!
//! | command | what it does |
//! |---|---|
//! | `cluster 3 [key=value …]` | begins with so many nodes; options of the protocol as in a scenario file |
//! | `fire n1 [timer]` | lets a timer of the node run out now, the earliest or the one whose name holds the word |
//! | `deliver n3 [from n1] [kind] [last]` | delivers the oldest message for the node, or the newest |
//! | `deliver all [n1 n2]` | delivers what is under way, among these nodes if some are named, and what that sends, until no message is left; disks sync meanwhile |
//! | `drop n3 [from n1] [kind] [last]` | takes such a message away |
//! | `drop all [n3]` | takes every message away, or every one for the node |
//! | `double n3 [from n1] [kind] [last]` | the network makes a second copy of such a message |
//! | `sync n1`, `sync all` | lets the disk finish what it was asked to sync |
//! | `sync n1 once` | lets it finish what it was asked to sync first |
//! | `elect n1 [n2]` | fires the election timer of the node (the earliest, if none is called so) and delivers everything, among these nodes if more are named, until it leads |
//! | `ask n1 put x 1 [as c2]` | a client's request reaches the node |
//! | `again n1 c1#1` | the same request reaches the node once more |
//! | `cut n3 \| n1 n2`, `cut n3 > n1`, `heal` | cuts links, and heals every cut |
//! | `lie n1 silence [to n2]`, `honest` | a node lies from here on: `silence`, `equivocate`, `replay`, `false-reply`, or one of the protocol's own lies; all lies end |
//! | `crash n2 [kept\|torn\|wiped]`, `boot n2` | ends a process, and starts it from its disk |
//! | `clock n1 back 2s`, `clock n1 on 2s` | sets a wall clock wrong |
//! | `wait 2s` | lets time pass in which nothing happens |
//! | `run 2s` | lets time pass as the simulation would |
//! | `state [n1]` | shows what nodes keep in memory |
//! | `disk [n1]` | shows what nodes have on their disks |
//! | `show timers` | shows from here on how timers are set |
//! | `quietly …` | does what follows it without a word on what happened |
//!
//! Messages, syncs, requests and replies take no time of their own here; timers ring only when told to, or in
//! `run`.

use crate::context::{Effect, Target};
use crate::fault::Lie;
use crate::nodes::Nodes;
use crate::observe::{Cause, ClientStep, FaultPhase, FaultStep, Observer, Step};
use crate::process::{NodeId, Process};
use crate::service::{Answer, Request, RequestId, Service};
use crate::settings::{Costs, Delay, NetworkSettings, Settings};
use crate::time::{Span, SpanRange};
use crate::world::{Event, World};
use std::fmt::Write as _;

const NO_SUCH: &str = "no such command; the commands are listed in sim_core::drive::scripted";

/// Runs a script and returns what happened, or says which line cannot be done and why.
///
/// `configure` turns the options of the `cluster` line, joined by line breaks, into the protocol's configuration.
pub fn run<P: Process>(
    script: &str,
    configure: impl Fn(&str) -> Result<P::Config, String>,
) -> Result<String, String> {
    let mut stage: Option<Stage<P>> = None;
    let mut output = String::new();
    for (number, line) in script.lines().enumerate() {
        let command = without_comment(line).trim();
        if command.is_empty() {
            continue;
        }
        let failed = |why: String| format!("line {}: `{command}`: {why}", number + 1);
        let words: Vec<&str> = command.split_whitespace().collect();
        let _ = writeln!(output, "> {command}");
        if words[0] == "cluster" {
            let new = Stage::new(&words[1..], &configure).map_err(failed)?;
            let stage = stage.insert(new);
            output.push_str(&stage.told());
            continue;
        }
        let Some(stage) = stage.as_mut() else {
            return Err(failed("a script begins with `cluster 3`".into()));
        };
        let is_quiet = words[0] == "quietly";
        stage.command(&words[usize::from(is_quiet)..]).map_err(failed)?;
        let told = stage.told();
        if !is_quiet {
            output.push_str(&told);
        }
    }
    Ok(output)
}

/// The line up to a comment: `#` at its start or before a space. `#1` names a request.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    line.find("# ").map_or(line, |end| &line[..end])
}

/// Notes what happens, in arrows.
#[derive(Default)]
struct Notes {
    text: String,
    show_timers: bool,
}

impl Notes {
    fn line(&mut self, words: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.text, "  {words}");
    }
}

impl<P: Process> Observer<P> for Notes {
    fn observe(&mut self, _: &Nodes<P>, step: &Step<'_, P>) {
        let me = step.node;
        match &step.cause {
            Cause::Boot => self.line(format_args!("{me} boots")),
            Cause::Message { from, message } => {
                self.line(format_args!("{from} -> {me}  {message:?}"));
            }
            Cause::Request(request) => {
                let op = P::Service::show_op(&request.op);
                self.line(format_args!("{} => {me}  {} {op}", request.id.client, request.id));
            }
            Cause::Timer(timer) => self.line(format_args!("{me} times out: {timer:?}")),
            Cause::Synced => self.line(format_args!("{me} has synced")),
        }
        for effect in step.effects {
            match effect {
                Effect::Send { to: Target::One(to), message } => {
                    self.line(format_args!("    {me} -> {to}  {message:?}"));
                }
                Effect::Send { to: Target::Peers, message } => {
                    self.line(format_args!("    {me} -> all  {message:?}"));
                }
                Effect::Reply { id, answer } => {
                    let client = id.client;
                    let answer = show_answer::<P>(answer);
                    self.line(format_args!("    {me} => {client}  {id} {answer}"));
                }
                Effect::Append { record, .. } => {
                    self.line(format_args!("    {me} writes {record:?}"));
                }
                Effect::Rewrite { records, .. } => {
                    self.line(format_args!("    {me} rewrites its disk: {records:?}"));
                }
                Effect::Sync => self.line(format_args!("    {me} syncs")),
                Effect::Claim(claim) => self.line(format_args!("    {me} {}", claim.fact)),
                Effect::SetTimer { timer, after } if self.show_timers => {
                    self.line(format_args!("    {me} sets {timer:?} for {after}"));
                }
                Effect::SetTimer { .. } | Effect::CancelTimer { .. } => {}
            }
        }
    }
    fn client(&mut self, _: &ClientStep<'_, P>) {}
    fn fault(&mut self, _: &Nodes<P>, step: &FaultStep<'_>) {
        if step.phase == FaultPhase::Strikes {
            self.line(format_args!("* {}", step.words));
        }
    }
}

fn show_answer<P: Process>(answer: &Answer<crate::process::Reply<P>>) -> String {
    match answer {
        Answer::Done(reply) => format!("done: {}", P::Service::show_reply(reply)),
        Answer::Refused(Some(hint)) => format!("refused, ask {hint}"),
        Answer::Refused(None) => "refused".into(),
        Answer::Expired => "expired".into(),
    }
}

struct Stage<P: Process> {
    world: World<P>,
    notes: Notes,
    asked: Vec<Request<P::Service>>,
}

/// How many messages a script may deliver by one command.
const MOST: u32 = 10_000;

impl<P: Process> Stage<P> {
    fn new(
        words: &[&str],
        configure: &impl Fn(&str) -> Result<P::Config, String>,
    ) -> Result<Self, String> {
        let nodes = words.first().and_then(|word| word.parse().ok());
        let Some(nodes @ 1..=99) = nodes else {
            return Err("say how many nodes, 1 to 99".into());
        };
        let options = words[1..].iter().map(|word| word.replacen('=', " = ", 1));
        let config = configure(&options.collect::<Vec<_>>().join("\n"))?;
        let settings = Settings {
            nodes,
            network: NetworkSettings {
                delay: Delay::Uniform(SpanRange::exactly(Span::millis(1))),
                ..NetworkSettings::default()
            },
            costs: Costs { message: Span::ZERO, sync: SpanRange::exactly(Span::micros(100)) },
            ..Settings::default()
        };
        let world = World::new(settings, config, Vec::new(), Default::default(), 0);
        let mut stage = Stage { world, notes: Notes::default(), asked: Vec::new() };
        stage.world.start(&mut stage.notes);
        Ok(stage)
    }

    fn told(&mut self) -> String {
        std::mem::take(&mut self.notes.text)
    }

    fn command(&mut self, words: &[&str]) -> Result<(), String> {
        match words[0] {
            "deliver" | "drop" | "double" | "cut" | "heal" | "lie" | "honest" => {
                self.traffic(words)
            }
            _ => self.machine(words),
        }
    }

    /// What happens to messages.
    fn traffic(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            ["deliver", "all", rest @ ..] => self.deliver_all(&self.list(rest)?),
            ["deliver", rest @ ..] => {
                let number = self.message(rest)?;
                self.fire(number)
            }
            ["drop", "all"] => {
                self.drop_all(None);
                Ok(())
            }
            ["drop", "all", node] => {
                self.drop_all(Some(self.node(node)?));
                Ok(())
            }
            ["double", rest @ ..] => {
                let number = self.message(rest)?;
                self.world.double(number);
                Ok(())
            }
            ["drop", rest @ ..] => {
                let number = self.message(rest)?;
                self.world.discard(number);
                Ok(())
            }
            ["cut", sides @ ..] => self.cut(&sides.join(" ")),
            ["heal"] => {
                self.world.heal_every_cut(&mut self.notes);
                Ok(())
            }
            ["lie", node, lie] => self.lie(node, lie, &[]),
            ["lie", node, lie, "to", to @ ..] => self.lie(node, lie, to),
            ["honest"] => {
                self.world.honest_now();
                Ok(())
            }
            _ => Err(NO_SUCH.into()),
        }
    }

    fn lie(&mut self, node: &str, lie: &str, to: &[&str]) -> Result<(), String> {
        let how = match lie {
            "silence" => Lie::Silence,
            "equivocate" => Lie::Equivocate,
            "replay" => Lie::Replay,
            "false-reply" => Lie::FalseReply,
            own if P::LIES.iter().any(|(name, _)| *name == own) => Lie::Forge(Some(own.into())),
            _ => return Err(format!("there is no lie `{lie}`")),
        };
        let (node, to) = (self.node(node)?, self.list(to)?);
        self.world.lie_now(node, how, &to, &mut self.notes);
        Ok(())
    }

    /// What happens on machines, and what is shown of them.
    fn machine(&mut self, words: &[&str]) -> Result<(), String> {
        match words {
            ["elect", nodes @ ..] => self.elect(&self.list(nodes)?),
            ["clock", node, way @ ("on" | "back"), span] => {
                let (node, by) = (self.node(node)?, span.parse()?);
                self.world.clock_jump_now(node, by, *way == "back", &mut self.notes);
                Ok(())
            }
            ["wait", span] => {
                let span: Span = span.parse()?;
                self.world.wait_until(self.world.now() + span);
                Ok(())
            }
            ["fire", node, rest @ ..] => {
                let number = self.timer(self.node(node)?, rest.first().copied())?;
                self.world.ring_now(number, &mut self.notes);
                Ok(())
            }
            ["sync", "all"] => {
                while let Some(number) = self.sync_of(None) {
                    self.fire(number)?;
                }
                Ok(())
            }
            ["sync", node, "once"] => {
                let node = self.node(node)?;
                let next = self.sync_of(Some(node));
                self.fire(next.ok_or_else(|| format!("{node} has nothing to sync"))?)
            }
            ["sync", node] => {
                let node = self.node(node)?;
                let mut next = self.sync_of(Some(node));
                if next.is_none() {
                    return Err(format!("{node} has nothing to sync"));
                }
                while let Some(number) = next {
                    self.fire(number)?;
                    next = self.sync_of(Some(node));
                }
                Ok(())
            }
            ["ask", node, op @ ..] => self.ask(self.node(node)?, &op.join(" ")),
            ["again", node, name] => self.again(self.node(node)?, name),
            ["crash", node] => self.crash(node, "synced"),
            ["crash", node, disk] => self.crash(node, disk),
            ["boot", node] => {
                let node = self.node(node)?;
                if self.world.nodes().process(node.0).is_some() {
                    return Err(format!("{node} is up"));
                }
                self.world.boot_now(node, &mut self.notes);
                Ok(())
            }
            ["run", span] => {
                let span: Span = span.parse()?;
                let until = self.world.now() + span;
                super::timed::run(&mut self.world, until, 1_000_000, &mut self.notes);
                Ok(())
            }
            ["show", "timers"] => {
                self.notes.show_timers = true;
                Ok(())
            }
            ["state", nodes @ ..] => {
                self.each(nodes, |stage, node| match stage.world.nodes().process(node.0) {
                    None => "is down".into(),
                    Some(process) => process.glance(),
                })
            }
            ["disk", nodes @ ..] => self.each(nodes, |stage, node| {
                let disk: Vec<&P::Record> = stage.world.nodes().durable(node.0).collect();
                format!("has on disk {disk:?}")
            }),
            _ => Err(NO_SUCH.into()),
        }
    }

    fn node(&self, word: &str) -> Result<NodeId, String> {
        let number = word.strip_prefix('n').and_then(|digits| digits.parse::<u32>().ok());
        match number {
            Some(n) if n >= 1 && n as usize <= self.world.nodes().len() => Ok(NodeId(n - 1)),
            _ => Err(format!("`{word}` is no node of this cluster")),
        }
    }

    fn fire(&mut self, number: u64) -> Result<(), String> {
        match self.world.fire(number, &mut self.notes) {
            true => Ok(()),
            false => Err("that is no longer pending".into()),
        }
    }

    /// The event by which the oldest message arrives that fits the words; with `last`, the newest.
    fn message(&self, words: &[&str]) -> Result<u64, String> {
        let [to, rest @ ..] = words else { return Err("say to which node".into()) };
        let to = self.node(to)?;
        let (mut from, mut kind, mut newest) = (None, None, false);
        let mut rest = rest.iter();
        while let Some(word) = rest.next() {
            match *word {
                "from" => from = Some(self.node(rest.next().ok_or("from which node?")?)?),
                "last" => newest = true,
                name if P::KINDS.contains(&name) => kind = Some(name),
                other => {
                    let kinds = P::KINDS.join(", ");
                    return Err(format!("`{other}` is no kind of message; kinds: {kinds}"));
                }
            }
        }
        let fits = self.world.pending().filter_map(|(_, number, event)| match event {
            Event::Message { from: sender, to: receiver, message }
                if *receiver == to.0
                    && from.is_none_or(|from| from == *sender)
                    && kind.is_none_or(|kind| kind == P::KINDS[P::kind(message)]) =>
            {
                Some(number)
            }
            _ => None,
        });
        let found = if newest { fits.max() } else { fits.min() };
        found.ok_or_else(|| "no such message is under way".into())
    }

    fn list(&self, words: &[&str]) -> Result<Vec<NodeId>, String> {
        words.iter().map(|word| self.node(word)).collect()
    }

    /// Delivers until nothing is under way among these nodes, or among all when none is named.
    fn deliver_all(&mut self, among: &[NodeId]) -> Result<(), String> {
        let is_in = |node: NodeId| among.is_empty() || among.contains(&node);
        for _ in 0..MOST {
            let messages = self.world.pending().filter(|(_, _, event)| match event {
                Event::Message { from, to, .. } => is_in(*from) && is_in(NodeId(*to)),
                Event::Synced { node, .. } => is_in(NodeId(*node)),
                _ => false,
            });
            let Some(number) = messages.map(|(_, number, _)| number).min() else { return Ok(()) };
            self.fire(number)?;
        }
        Err(format!("{MOST} messages, and still more under way"))
    }

    fn drop_all(&mut self, to: Option<NodeId>) {
        let messages = self.world.pending().filter(|(_, _, event)| {
            matches!(event, Event::Message { to: node, .. }
                if to.is_none_or(|to| to.0 == *node))
        });
        let numbers: Vec<u64> = messages.map(|(_, number, _)| number).collect();
        for number in numbers {
            self.world.discard(number);
        }
    }

    /// The first of the nodes is to lead.
    fn elect(&mut self, among: &[NodeId]) -> Result<(), String> {
        let [candidate, rest @ ..] = among else { return Err("say whom".into()) };
        let among = if rest.is_empty() { &[] } else { among };
        let election = self.timer(*candidate, Some("election"));
        let number = election.or_else(|_| self.timer(*candidate, None))?;
        self.world.ring_now(number, &mut self.notes);
        self.deliver_all(among)?;
        match self.world.nodes().leader() == Some(*candidate) {
            true => Ok(()),
            false => Err(format!("{candidate} does not lead; wait a little before it?")),
        }
    }

    fn timer(&self, node: NodeId, name: Option<&str>) -> Result<u64, String> {
        let timers = self.world.pending().filter_map(|(at, number, event)| match event {
            Event::Timer { node: other, timer } if *other == node.0 => {
                let shown = format!("{timer:?}").to_lowercase();
                name.is_none_or(|name| shown.contains(name)).then_some((at, number))
            }
            _ => None,
        });
        let live = timers.filter(|(_, number)| self.world.is_live_timer(*number));
        let found = live.min().map(|(_, number)| number);
        found.ok_or_else(|| format!("{node} has no such timer"))
    }

    fn sync_of(&self, node: Option<NodeId>) -> Option<u64> {
        let syncs = self.world.pending().filter_map(|(at, number, event)| match event {
            Event::Synced { node: other, .. } if node.is_none_or(|node| node.0 == *other) => {
                Some((at, number))
            }
            _ => None,
        });
        syncs.min().map(|(_, number)| number)
    }

    fn ask(&mut self, node: NodeId, op: &str) -> Result<(), String> {
        let (op, client) = op.rsplit_once(" as c").unwrap_or((op, "1"));
        let Some(client @ 1..) = client.parse::<u32>().ok() else {
            return Err("clients are c1, c2 and so on".into());
        };
        let Some(op) = P::Service::read_op(op) else {
            return Err(format!("the service does not know `{op}`"));
        };
        if P::Service::members(&op).is_some() && !P::CHANGES_MEMBERS {
            return Err("the members of this cluster are fixed".into());
        }
        let client = NodeId::client(client - 1);
        let before = self.asked.iter().filter(|request| request.id.client == client).count();
        let id = RequestId { client, number: before as u32 + 1 };
        let request = Request { id, oldest: 1, op };
        self.asked.push(request.clone());
        self.world.request_now(node, request, &mut self.notes);
        Ok(())
    }

    fn again(&mut self, node: NodeId, name: &str) -> Result<(), String> {
        let request = self.asked.iter().find(|request| request.id.to_string() == name).cloned();
        let request = request.ok_or("no such request was asked; name it c1#1")?;
        self.world.request_now(node, request, &mut self.notes);
        Ok(())
    }

    fn cut(&mut self, text: &str) -> Result<(), String> {
        let one_way = text.contains('>');
        let sides = text.split(['|', '>']).map(|side| {
            side.split_whitespace().map(|word| self.node(word)).collect::<Result<Vec<_>, _>>()
        });
        let sides = sides.collect::<Result<Vec<_>, _>>()?;
        if sides.len() < 2 || sides.iter().any(Vec::is_empty) {
            return Err("write `cut n3 | n1 n2`, or `cut n3 > n1` for one direction".into());
        }
        self.world.cut_now(sides, one_way, &mut self.notes);
        Ok(())
    }

    fn crash(&mut self, node: &str, disk: &str) -> Result<(), String> {
        use crate::fault::DiskLoss;
        let node = self.node(node)?;
        let disk = match disk {
            "kept" => DiskLoss::Kept,
            "synced" => DiskLoss::Synced,
            "torn" => DiskLoss::Torn,
            "wiped" => DiskLoss::Wiped,
            other => return Err(format!("`{other}`: a disk is kept, synced, torn or wiped")),
        };
        self.world.crash_now(node, disk, &mut self.notes);
        Ok(())
    }

    /// A line on each of these nodes, or on every one.
    fn each(
        &mut self,
        nodes: &[&str],
        tell: impl Fn(&Self, NodeId) -> String,
    ) -> Result<(), String> {
        let mut nodes = self.list(nodes)?;
        if nodes.is_empty() {
            nodes = (0..self.world.nodes().len() as u32).map(NodeId).collect();
        }
        for node in nodes {
            let told = tell(self, node);
            self.notes.line(format_args!("{node} {told}"));
        }
        Ok(())
    }
}
