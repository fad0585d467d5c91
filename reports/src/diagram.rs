//! A space-time diagram in characters: a column a node, time downwards, messages as arrows.

use crate::colour::{BAD, Colour, DIM, GOOD, NAME, WARN};
use crate::lives::{Life, Lives, is_crash};
use crate::past::{Matters, Row, facts};
use crate::words::{WIDTH, count, cut, width, wrap};
use anstyle::{AnsiColor, Style};
use sim_core::fault::Role;
use sim_core::trace::{Trace, TraceCause, TraceStep};
use sim_core::{Fact, NodeId, Time};
use std::fmt::Write;

/// Where the first column stands.
const LEFT: usize = 16;
/// From the last column to the words.
const GAP: usize = 7;
/// As wide as a diagram with many columns gets; one with few keeps to [`WIDTH`].
const WIDEST: usize = 120;
/// As many gaps as say how much they leave out.
const MAX_ELISIONS: usize = 3;
/// A gap says what it leaves out when it is as many steps as this.
const MIN_ELIDED: usize = 3;

const CRASH: char = '╳';
const BOOT: char = '○';
const CANDIDATE: char = '●';
const LEADER: char = '★';
const PASSES: char = '╫';
const PAUSE: char = '‖';
const LEGEND: [(char, &str); 6] = [
    (CRASH, "crash"),
    (BOOT, "boot"),
    (CANDIDATE, "candidate"),
    (LEADER, "leader"),
    (PASSES, "passes by"),
    (PAUSE, "pause"),
];

/// Draws the steps that matter. `explain` says in words what a step was, given what everybody is before it.
pub(crate) fn draw(
    trace: &Trace,
    matters: &Matters,
    explain: impl Fn(&Row, &Lives) -> String,
    colour: Colour,
) -> String {
    if matters.rows.is_empty() || matters.columns.is_empty() {
        return String::new();
    }
    let mut diagram = Diagram::new(&matters.columns, colour);
    diagram.head();
    let told = elisions(&matters.rows);
    let (mut lives, mut next) = (Lives::default(), 0);
    let mut last = None;
    for (number, row) in matters.rows.iter().enumerate() {
        for step in &trace.steps[next..row.step] {
            lives.advance(step);
        }
        if told.contains(&number) {
            let words = format!("… {} steps like these", count(row.elided as u64));
            diagram.line(None, diagram.lifelines(&lives), &words, true);
        }
        let step = &trace.steps[row.step];
        let words = explain(row, &lives);
        let before = lives.clone();
        lives.advance(step);
        next = row.step + 1;
        let canvas = diagram.row(step, row, &before, &lives);
        diagram.line((last != Some(step.at)).then_some(step.at), canvas, &words, false);
        last = Some(step.at);
    }
    diagram.legend();
    diagram.out
}

/// The rows before which most was left out.
fn elisions(rows: &[Row]) -> Vec<usize> {
    let mut gaps: Vec<usize> =
        (1..rows.len()).filter(|row| rows[*row].elided >= MIN_ELIDED).collect();
    gaps.sort_by_key(|row| std::cmp::Reverse(rows[*row].elided));
    gaps.truncate(MAX_ELISIONS);
    gaps
}

struct Diagram<'a> {
    columns: &'a [NodeId],
    /// From one column to the next.
    apart: usize,
    /// Where the words begin, and how wide they may be.
    words_at: usize,
    words: usize,
    colour: Colour,
    used: Vec<char>,
    out: String,
}

impl<'a> Diagram<'a> {
    fn new(columns: &'a [NodeId], colour: Colour) -> Self {
        let apart = match columns.len() {
            0..=3 => 14,
            4 => 13,
            5 => 11,
            6 => 10,
            _ => 9,
        };
        let words_at = LEFT + (columns.len() - 1) * apart + GAP;
        let width = if words_at + 40 <= WIDTH { WIDTH } else { WIDEST };
        let words = width - words_at;
        Diagram { columns, apart, words_at, words, colour, used: Vec::new(), out: String::new() }
    }

    fn x(&self, column: usize) -> usize {
        LEFT + column * self.apart
    }

    fn column(&self, node: NodeId) -> Option<usize> {
        self.columns.iter().position(|column| *column == node)
    }

    fn head(&mut self) {
        let mut head = String::new();
        for (place, node) in self.columns.iter().enumerate() {
            let blanks = self.x(place).saturating_sub(width(&head));
            let _ = write!(head, "{}{node}", " ".repeat(blanks));
        }
        let _ = writeln!(self.out, "{}", self.colour.paint(NAME, &head));
    }

    /// The columns as nobody does anything.
    fn lifelines(&self, lives: &Lives) -> Vec<char> {
        let mut canvas = vec![' '; self.words_at];
        for (place, node) in self.columns.iter().enumerate() {
            canvas[self.x(place)] = lifeline(lives.of(*node));
        }
        canvas
    }

    /// The columns at a step.
    fn row(&self, step: &TraceStep, row: &Row, before: &Lives, after: &Lives) -> Vec<char> {
        let mut canvas = self.lifelines(before);
        if let TraceCause::Fault { kind, phase, hit, .. } = &step.cause {
            let symbol = match (*phase, *kind) {
                ("strikes", "pause") => Some(PAUSE),
                ("strikes", kind) if is_crash(kind) => Some(CRASH),
                _ => None,
            };
            for place in hit.iter().filter_map(|node| self.column(*node)) {
                if let Some(symbol) = symbol {
                    canvas[self.x(place)] = symbol;
                }
            }
        }
        let Some(place) = step.node.and_then(|node| self.column(node)) else { return canvas };
        let life = after.of(self.columns[place]);
        let (symbol, label) = mark(step, life);
        canvas[self.x(place)] = symbol;
        let to = row.arrow.as_ref().and_then(|(to, kind)| Some((self.column(*to)?, kind)));
        match to {
            Some((to, kind)) if to != place && symbol != CANDIDATE => {
                self.arrow(&mut canvas, place, to, kind);
            }
            _ => self.label(&mut canvas, place, &label),
        }
        canvas
    }

    /// Words beside a symbol, where there is room: beside the last column the explanation stands.
    fn label(&self, canvas: &mut [char], place: usize, label: &str) {
        if place + 1 < self.columns.len() && width(label) + 3 <= self.apart {
            write_at(canvas, self.x(place) + 2, label);
        }
    }

    fn arrow(&self, canvas: &mut [char], from: usize, to: usize, kind: &str) {
        let (sender, receiver) = (self.x(from), self.x(to));
        let is_left = receiver < sender;
        let (low, high) = (sender.min(receiver), sender.max(receiver));
        for place in canvas.iter_mut().take(high).skip(low + 1) {
            *place = if *place == ' ' { '─' } else { PASSES };
        }
        if canvas[sender] == '│' {
            canvas[sender] = if is_left { '┤' } else { '├' };
        }
        let head = if is_left { receiver + 1 } else { receiver - 1 };
        canvas[head] = if is_left { '◄' } else { '►' };
        let kind = cut(kind, self.apart.saturating_sub(5));
        let segment = if is_left { receiver + 1 } else { receiver + 1 - self.apart };
        write_at(canvas, segment + (self.apart - 1 - width(&kind)) / 2, &kind);
    }

    /// One line: the time, the columns, and words, which may go on in further lines.
    fn line(&mut self, at: Option<Time>, canvas: Vec<char>, words: &str, is_aside: bool) {
        for (symbol, _) in LEGEND {
            if canvas.contains(&symbol) && !self.used.contains(&symbol) {
                self.used.push(symbol);
            }
        }
        let time = at.map(Time::short).unwrap_or_default();
        let time = format!("{time:>9}");
        let rest: Vec<char> = canvas.iter().map(|c| still(*c)).collect();
        let style = if is_aside { DIM } else { Style::new() };
        let lines = wrap(words, self.words);
        let lines = if lines.is_empty() { vec![String::new()] } else { lines };
        for (number, words) in lines.iter().enumerate() {
            let canvas = if number == 0 { &canvas } else { &rest };
            let time = if number == 0 { time.as_str() } else { "         " };
            let columns = self.paint(&canvas[9..]);
            let line = format!("{time}{columns}{}", self.colour.paint(style, words));
            let _ = writeln!(self.out, "{}", line.trim_end());
        }
    }

    fn paint(&self, canvas: &[char]) -> String {
        canvas
            .iter()
            .map(|symbol| self.colour.paint(style_of(*symbol), &symbol.to_string()))
            .collect()
    }

    fn legend(&mut self) {
        let used = LEGEND.iter().filter(|(symbol, _)| self.used.contains(symbol));
        let legend: Vec<String> = used.map(|(symbol, word)| format!("{symbol} {word}")).collect();
        if !legend.is_empty() {
            let legend = format!("{}{}", " ".repeat(LEFT), legend.join("  "));
            let _ = writeln!(self.out, "{}", self.colour.paint(DIM, &legend));
        }
    }
}

fn write_at(canvas: &mut [char], at: usize, text: &str) {
    for (place, symbol) in canvas.iter_mut().skip(at).zip(text.chars()) {
        *place = symbol;
    }
}

fn lifeline(life: Life) -> char {
    match life {
        Life { is_down: true, .. } => ' ',
        Life { pauses: 1.., .. } => PAUSE,
        Life { role: Role::Leader, .. } => LEADER,
        _ => '│',
    }
}

/// How a column goes on below a line.
fn still(symbol: char) -> char {
    match symbol {
        '│' | '┤' | '├' | PASSES | BOOT | CANDIDATE => '│',
        LEADER | PAUSE => symbol,
        _ => ' ',
    }
}

/// The symbol of a node at a step, and a word or two beside it.
fn mark(step: &TraceStep, life: Life) -> (char, String) {
    for fact in facts(step) {
        match fact {
            Fact::Leads { epoch } => return (LEADER, format!("leads {epoch}")),
            Fact::Campaigns { .. } => return (CANDIDATE, "asks".to_owned()),
            _ => {}
        }
    }
    match step.cause {
        TraceCause::Boot => (BOOT, "boots".to_owned()),
        _ => (lifeline(life), String::new()),
    }
}

fn style_of(symbol: char) -> Style {
    match symbol {
        CRASH => BAD,
        LEADER => GOOD,
        CANDIDATE | PAUSE => WARN,
        BOOT => AnsiColor::Cyan.on_default(),
        '│' => DIM,
        _ => Style::new(),
    }
}
