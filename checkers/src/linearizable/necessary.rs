//! What must be so in any order, checked in linear time.

use crate::linearizable::seen::Seen;
use crate::model::{Access, Model};
use rustc_hash::FxHashMap;

/// The positions in `seen` of operations that break a necessary condition; none when none is found, which
/// proves nothing.
///
/// The conditions are about keys whose operations only read and write whole values: every value read was there
/// in the beginning or was written, and not by a write that began after the read had returned.
pub fn violation<S: Model>(initial: &S, seen: &[Seen<'_, S>]) -> Option<Vec<usize>> {
    let mut writers = FxHashMap::<S::Reply, usize>::default();
    for (position, one) in seen.iter().enumerate() {
        match S::access(one.act.op) {
            Access::Read => {}
            // By invocation: the first to be met is the first that was invoked.
            Access::Write(value) | Access::MayWrite(value) => {
                writers.entry(value).or_insert(position);
            }
            Access::Other => return None,
        }
    }
    let reads = seen.iter().enumerate().filter(|(_, one)| S::access(one.act.op) == Access::Read);
    let mut first = None;
    for (position, read) in reads {
        let Some(value) = read.act.reply else { continue };
        let first = first.get_or_insert_with(|| initial.clone().apply(read.act.op));
        if value == first {
            continue;
        }
        match writers.get(value) {
            None => return Some(vec![position]),
            Some(writer) if seen[*writer].call > read.ret => return Some(vec![*writer, position]),
            Some(_) => {}
        }
    }
    None
}
