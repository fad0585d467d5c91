//! The survival matrix: every protocol against every class of faults. Text, Markdown, JSON and a page of the same data.

use crate::colour::{BAD, Colour, DIM, GOOD, NAME, WARN};
use crate::compared::TEMPLATE;
use crate::json::line;
use crate::page::filled;
use crate::words::{self, count, pad, width};
use schemars::JsonSchema;
use serde::Serialize;
use sim_core::matrix::{Cell, FaultClass, Matrix, Row, State};
use sim_core::summary::Breach;
use std::fmt::Write;

/// What stands for a state, and how it is told.
fn sign(state: State) -> (&'static str, &'static str) {
    match state {
        State::None => ("·", "does not run so"),
        State::Live => ("✓", "safe, and served"),
        State::Blocked => {
            ("▮", "safe, and not served for more than half of the time, or not again")
        }
        State::Undecided => ("?", "undecided"),
        State::Unsafe => ("✗", "unsafe"),
    }
}

/// Whether all that the state lacks had been promised.
fn is_promised(cell: &Cell) -> bool {
    let (safe, live) = cell.promises;
    safe && live
}

/// For people: classes of faults down, protocols across. With `all`, where each state is seen.
pub fn text(matrix: &Matrix, all: bool, colour: Colour) -> String {
    let mut out = String::new();
    let (from, to) = matrix.seeds;
    let seeds = words::counted(to - from, "seed");
    let _ = writeln!(out, "{} · {seeds} a cell\n", colour.paint(NAME, "what survives what"));
    let wide = matrix.faults.iter().map(|class| width(&class.name)).max().unwrap_or(0).max(8);
    let head: String = (1..=matrix.rows.len()).map(|n| format!("{n:>4} ")).collect();
    let _ = writeln!(out, "  {}{}", pad("", wide), colour.paint(DIM, head.trim_end()));
    for (place, class) in matrix.faults.iter().enumerate() {
        let cells = matrix.rows.iter().filter_map(|row| row.cells.get(place));
        let cells: String = cells.map(|cell| drawn(cell, colour)).collect();
        let _ = writeln!(out, "  {}{}", pad(&class.name, wide), cells.trim_end());
    }
    out.push('\n');
    for (number, row) in (1..).zip(&matrix.rows) {
        let kept = row.cells.iter().filter(|cell| !cell.kept && cell.state != State::None).count();
        let kept = match kept {
            0 => String::new(),
            n => colour
                .paint(BAD, &format!("  broke a promise in {}", words::counted(n as u64, "cell"))),
        };
        let _ = writeln!(out, "  {number:>4}  {} ({}){kept}", row.protocol, row.setting);
    }
    out.push('\n');
    for state in [State::Live, State::Blocked, State::Unsafe, State::Undecided, State::None] {
        let (sign, about) = sign(state);
        let is_there =
            matrix.rows.iter().flat_map(|row| &row.cells).any(|cell| cell.state == state);
        if is_there {
            let _ = writeln!(out, "  {sign}  {about}");
        }
    }
    out.push_str("  ( )  not promised under these faults, to be safe and to be served again\n");
    let shown = |row: &Row, class: &FaultClass, cell: &Cell| {
        let is_wanted = all || (!cell.kept && cell.state != State::None);
        let Breach { property, why, replay, .. } = cell.shown.as_ref().filter(|_| is_wanted)?;
        let (sign, _) = sign(cell.state);
        let where_ = format!("{sign} {} under {}", row.protocol, class.name);
        Some(format!("  {where_}: {property}: {why}\n      {replay}\n"))
    };
    let lines = matrix.rows.iter().flat_map(|row| {
        let each = matrix.faults.iter().zip(&row.cells);
        each.filter_map(move |(class, cell)| shown(row, class, cell))
    });
    let lines: String = lines.collect();
    if !lines.is_empty() {
        let _ = write!(out, "\n{lines}");
    }
    out
}

fn drawn(cell: &Cell, colour: Colour) -> String {
    let (sign, _) = sign(cell.state);
    let style = match cell.state {
        State::Live => GOOD,
        State::Blocked | State::Undecided => WARN,
        State::Unsafe => BAD,
        State::None => DIM,
    };
    let sign =
        if cell.kept || cell.state == State::None { sign.to_owned() } else { format!("{sign}!") };
    let text = if is_promised(cell) { format!(" {sign} ") } else { format!("({sign})") };
    format!(" {}", colour.paint(style, &pad(&text, 4)))
}

/// For documents.
pub fn markdown(matrix: &Matrix) -> String {
    let mut out = String::from("| |");
    for class in &matrix.faults {
        let _ = write!(out, " {} |", class.name);
    }
    let _ = write!(out, "\n|---|{}\n", "---|".repeat(matrix.faults.len()));
    for row in &matrix.rows {
        let _ = write!(out, "| {} |", row.protocol);
        for cell in &row.cells {
            let word = match cell.state {
                State::None => "·",
                State::Live => "✓ live",
                State::Blocked => "▮ blocked",
                State::Undecided => "? undecided",
                State::Unsafe => "✗ unsafe",
            };
            let word = if is_promised(cell) { word.to_owned() } else { format!("({word})") };
            let broke =
                if cell.kept || cell.state == State::None { "" } else { " **broke a promise**" };
            let _ = write!(out, " {word}{broke} |");
        }
        out.push('\n');
    }
    let (from, to) = matrix.seeds;
    let _ = writeln!(
        out,
        "\n{} seeds a cell. Live: safe on every seed, and clients were served. Blocked: safe, but \
         for more than half of the time of the faults nobody was served, or nobody was again at \
         the end. In brackets: not promised under these faults.",
        count(to - from)
    );
    out
}

/// As a page of HTML that needs nothing but itself.
pub fn page(matrix: &Matrix) -> String {
    let json = serde_json::to_vec(&Machine::of(matrix)).unwrap_or_default();
    filled(TEMPLATE.0, TEMPLATE.1, &json)
}

/// The machine form, one line without its end.
pub fn json(matrix: &Matrix) -> String {
    line(&Machine::of(matrix))
}

/// What `compare --matrix --format json` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Machine<'a> {
    /// `splitbrain.matrix/1`
    schema: &'static str,
    /// The version of splitbrain.
    engine: &'static str,
    /// The command that gives the same.
    reproduce: &'a str,
    /// The first seed, in digits.
    first: String,
    /// So many seeds for each cell.
    count: u64,
    /// Classes of faults, in the order in which they are shown.
    faults: Vec<Class<'a>>,
    rows: Vec<Fared<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Class<'a> {
    name: &'a str,
    about: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct Fared<'a> {
    protocol: &'a str,
    about: &'a str,
    setting: &'a str,
    /// As many as there are classes of faults.
    cells: Vec<Field<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Field<'a> {
    /// live, blocked, unsafe, unknown or none
    state: &'static str,
    promises: Promises,
    /// Whether it kept what it promises.
    kept: bool,
    seeds: Seeds,
    /// For how many nanoseconds clients waited and none was served, at most: the median of the seeds.
    unavailable: Option<u64>,
    /// How often faults struck, over all seeds.
    struck: u64,
    /// The first seed that shows the state, where it is not live.
    shown: Option<Shown<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Promises {
    safe: bool,
    live: bool,
}

#[derive(Serialize, JsonSchema)]
struct Seeds {
    live: u64,
    blocked: u64,
    r#unsafe: u64,
    unknown: u64,
}

#[derive(Serialize, JsonSchema)]
struct Shown<'a> {
    /// In digits.
    seed: String,
    property: &'a str,
    why: &'a str,
    replay: &'a str,
}

impl<'a> Machine<'a> {
    fn of(matrix: &'a Matrix) -> Self {
        let (from, to) = matrix.seeds;
        let class = |class: &'a FaultClass| Class { name: &class.name, about: &class.about };
        let row = |row: &'a Row| Fared {
            protocol: &row.protocol,
            about: &row.about,
            setting: &row.setting,
            cells: row.cells.iter().map(Field::of).collect(),
        };
        Machine {
            schema: "splitbrain.matrix/1",
            engine: env!("CARGO_PKG_VERSION"),
            reproduce: &matrix.reproduce,
            first: from.to_string(),
            count: to - from,
            faults: matrix.faults.iter().map(class).collect(),
            rows: matrix.rows.iter().map(row).collect(),
        }
    }
}

impl<'a> Field<'a> {
    fn of(cell: &'a Cell) -> Self {
        let (safe, live) = cell.promises;
        let [served, blocked, broken, unknown] = cell.seeds;
        let shown = |breach: &'a Breach| Shown {
            seed: breach.seed.to_string(),
            property: &breach.property,
            why: &breach.why,
            replay: &breach.replay,
        };
        Field {
            state: cell.state.name(),
            promises: Promises { safe, live },
            kept: cell.kept,
            seeds: Seeds { live: served, blocked, r#unsafe: broken, unknown },
            unavailable: cell.unavailable.map(|span| span.0),
            struck: cell.struck,
            shown: cell.shown.as_ref().map(shown),
        }
    }
}
