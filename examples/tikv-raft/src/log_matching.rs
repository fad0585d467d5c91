//! Raft's log matching (Fig. 3 of the paper), from what nodes write.

use crate::TikvRaft;
use crate::store::Record;
use splitbrain::checkers::safety::Ring;
use splitbrain::prelude::*;
use splitbrain::sim_core::Effect;
use splitbrain::sim_core::context::Kinds;
use splitbrain::sim_core::drive::replay::hash_of;

/// How many indices are remembered. What is written further behind goes unseen.
const INDICES: usize = 1 << 13;

/// How many terms are remembered at each.
const TERMS: usize = 8;

/// "If two logs contain an entry with the same index and term, then the logs are identical in all entries up through
/// the given index": each entry has one content and one predecessor, and so on down to the first.
#[derive(Clone, Debug, Default)]
pub struct LogMatching {
    written: Ring<Vec<Written>, INDICES>,
}

/// An entry, as it was first written: its term, that of the one before, and a hash of what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Written {
    term: u64,
    before: u64,
    content: u64,
}

impl LogMatching {
    fn see(&mut self, node: NodeId, index: u64, entry: Written) -> Result<(), Violation> {
        let Some(known) = self.written.at(index) else { return Ok(()) };
        let Some(first) = known.iter().find(|first| first.term == entry.term) else {
            if known.len() == TERMS {
                known.remove(0);
            }
            known.push(entry);
            return Ok(());
        };
        if *first == entry {
            return Ok(());
        }
        let Written { term, before, .. } = entry;
        let why = match first.before == before {
            true => format!(
                "{node} writes another entry of term {term} at {index} than was written before"
            ),
            false => format!(
                "{node} writes an entry of term {term} at {index} behind one of term {before}, where it \
                 stood behind one of term {} before",
                first.before
            ),
        };
        Err(Violation { property: "log-matching", why })
    }
}

impl Invariant<TikvRaft> for LogMatching {
    const PROPERTIES: &'static [&'static str] = &["log-matching"];
    const CONCERNS: Option<Kinds> = Some(Kinds::WRITES);

    fn check(
        &mut self,
        nodes: &Nodes<TikvRaft>,
        step: &Step<'_, TikvRaft>,
    ) -> Result<(), Violation> {
        let Some(node) = nodes.process(step.machine) else { return Ok(()) };
        for effect in step.effects {
            let Effect::Append { record: Record::Entry { index, term, data }, .. } = effect else {
                continue;
            };
            if let Some(before) = node.store().term_at(index - 1) {
                let entry = Written { term: *term, before, content: hash_of(data) };
                self.see(step.node, *index, entry)?;
            }
        }
        Ok(())
    }
}
