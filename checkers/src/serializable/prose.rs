//! A cycle told in sentences, as Elle tells it: each dependency with its reason.

use crate::serializable::cycles::{Cycle, Step};
use crate::serializable::graph::Kind;
use crate::serializable::known::{Known, past};
use crate::serializable::transaction::{Micro, Status};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Who takes part, and why each went before the next.
pub fn tell(known: &Known<'_>, cycle: &Cycle) -> String {
    let mut text = String::new();
    let mut met = BTreeSet::new();
    for step in &cycle.steps {
        if met.insert(step.from) {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{}.", transaction(known, step.from));
        }
    }
    for (place, step) in cycle.steps.iter().enumerate() {
        let (from, to) = (step.from + 1, step.to + 1);
        let then = if place == 0 { "" } else { "but " };
        let end = if place + 1 == cycle.steps.len() { ": a contradiction." } else { ";\n" };
        let _ =
            write!(text, "{then}T{from} went before T{to}, because {}{end}", reason(known, step));
    }
    text
}

/// One transaction with its process, its times and what it did.
fn transaction(known: &Known<'_>, txn: u32) -> String {
    let one = &known.transactions[txn as usize];
    let told = |micro: &&Micro| one.status == Status::Ok || micro.written().is_some();
    let micros: Vec<_> = one.micros.iter().filter(told).map(past).collect();
    let end = match (one.status, one.returned) {
        (Status::Unknown, _) | (_, None) => "end unknown".to_string(),
        (_, Some(at)) => format!("to {at}"),
    };
    let (process, invoked) = (one.process, one.invoked);
    format!("T{} (process {process}, {invoked} {end}) {}", txn + 1, micros.join(", "))
}

fn reason(known: &Known<'_>, step: &Step) -> String {
    let (from, to, edge) = (step.from + 1, step.to + 1, &step.edge);
    let key = known.keys.get(edge.key as usize).map_or("", |key| key.name);
    let before = edge.before.unwrap_or_default();
    let after = edge.after.unwrap_or_default();
    let read = |txn: u32| {
        let micros = &known.transactions[txn as usize].micros;
        micros.get(edge.read as usize).map(Micro::to_string).unwrap_or_default()
    };
    let lists = known.keys.get(edge.key as usize).is_some_and(|key| key.lists);
    match edge.kind {
        Kind::WriteWrite if edge.unseen => format!(
            "T{from} appended {before} to {key}, the last that any read shows, and T{to} \
                appended {after}, which must have come later"
        ),
        Kind::WriteWrite if !lists => {
            format!("T{from} wrote {key} = {before}, which T{to} read and replaced with {after}")
        }
        Kind::WriteWrite => {
            format!("T{from} appended {before} to {key}, and T{to} appended {after} next after it")
        }
        Kind::WriteRead => {
            let wrote = if lists { "appended" } else { "wrote" };
            format!("T{to} {}, of which T{from} {wrote} {after}", read(step.to))
        }
        Kind::ReadWrite if edge.unseen || lists => {
            format!("T{from} {}, to which T{to} later appended {after}", read(step.from))
        }
        Kind::ReadWrite => {
            format!("T{from} {}, which T{to} later replaced with {after}", read(step.from))
        }
        Kind::Process => format!(
            "T{from} had ended when T{to} began in the same session, of process {}",
            known.transactions[step.from as usize].process
        ),
        Kind::RealTime | Kind::Through => {
            let ended = known.transactions[step.from as usize].returned.unwrap_or_default();
            let began = known.transactions[step.to as usize].invoked;
            format!("T{from} had ended at {ended} when T{to} began at {began}")
        }
    }
}
