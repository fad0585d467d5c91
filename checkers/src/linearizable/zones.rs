//! Registers in which no value is written twice: decided exactly, in the time that sorting takes.
//!
//! Gibbons and Korach, "Testing shared memories", SIAM Journal on Computing 26 (1997). All operations on one
//! value, its write and its reads, must stand together in an order. Let `f` be the earliest return among them
//! and `s` the latest invocation. When `f < s` the value was certainly there from `f` to `s`: a *forward*
//! zone. Otherwise all of them overlap and can be done at one instant somewhere in the *backward* zone from
//! `s` to `f`. There is an order exactly when no two forward zones overlap and no backward zone lies inside a
//! forward one.

use crate::linearizable::seen::Seen;
use crate::model::{Access, Model};
use rustc_hash::FxHashMap;

/// What the zones of a key show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zones {
    /// Nothing: the key is no register, or a value was written twice.
    DoNotApply,
    /// There is an order.
    Linearizable,
    /// There is none, because of these operations alone: positions in what was seen.
    Broken(Vec<usize>),
}

/// One value's operations. Places are moved up by one, to leave room for the write of the initial value.
struct Zone {
    write: Option<usize>,
    written: u64,
    first_return: (u64, Option<usize>),
    last_call: (u64, Option<usize>),
}

impl Zone {
    fn add(&mut self, call: u64, ret: u64, position: Option<usize>) {
        self.first_return = self.first_return.min((after(ret), position));
        self.last_call = self.last_call.max((after(call), position));
    }
    fn is_forward(&self) -> bool {
        self.first_return.0 < self.last_call.0
    }
    fn operations(&self) -> impl Iterator<Item = usize> {
        [self.write, self.first_return.1, self.last_call.1].into_iter().flatten()
    }
}

/// A place, moved up by one.
fn after(place: u64) -> u64 {
    place.saturating_add(1)
}

/// Judges one key by its zones.
pub fn judge<S: Model>(initial: &S, seen: &[Seen<'_, S>]) -> Zones {
    let mut values = FxHashMap::<S::Reply, u32>::default();
    let mut zones = Vec::new();
    let write = |position, call: u64, ret: u64| Zone {
        write: position,
        written: call,
        first_return: (ret, position),
        last_call: (call, position),
    };
    let mut initial_is_known = false;
    for (position, one) in seen.iter().enumerate() {
        match S::access(one.act.op) {
            Access::Read if !initial_is_known => {
                let value = initial.clone().apply(one.act.op);
                if values.insert(value, zones.len() as u32).is_some() {
                    return Zones::DoNotApply;
                }
                zones.push(write(None, 0, 0));
                initial_is_known = true;
            }
            Access::Read => {}
            Access::Write(value) => {
                if values.insert(value, zones.len() as u32).is_some() {
                    return Zones::DoNotApply;
                }
                zones.push(write(Some(position), after(one.call), after(one.ret)));
            }
            Access::MayWrite(_) | Access::Other => return Zones::DoNotApply,
        }
    }
    for (position, one) in seen.iter().enumerate() {
        // Only reads have a reply that is a value; a write's own zone has it already.
        let Some(value) = one.act.reply.filter(|_| S::access(one.act.op) == Access::Read) else {
            continue;
        };
        let Some(zone) = values.get(value).map(|zone| &mut zones[*zone as usize]) else {
            return Zones::Broken(vec![position]);
        };
        if after(one.ret) < zone.written {
            return Zones::Broken(zone.write.into_iter().chain([position]).collect());
        }
        zone.add(one.call, one.ret, Some(position));
    }
    match clash(&zones) {
        None => Zones::Linearizable,
        Some(pair) => {
            let mut operations: Vec<_> = pair.iter().flat_map(|zone| zone.operations()).collect();
            operations.sort_unstable();
            operations.dedup();
            Zones::Broken(operations)
        }
    }
}

/// Two zones that cannot both be, the one that shows first.
fn clash(zones: &[Zone]) -> Option<[&Zone; 2]> {
    let (mut forward, backward): (Vec<_>, Vec<_>) =
        zones.iter().partition(|zone| zone.is_forward());
    forward.sort_unstable_by_key(|zone| zone.first_return.0);
    let overlap = forward.windows(2).find(|pair| pair[1].first_return.0 < pair[0].last_call.0);
    if let Some(pair) = overlap {
        return Some([pair[0], pair[1]]);
    }
    backward.into_iter().find_map(|zone| {
        let begun = forward.partition_point(|other| other.first_return.0 < zone.last_call.0);
        let around = *forward.get(begun.checked_sub(1)?)?;
        (around.last_call.0 > zone.first_return.0).then_some([around, zone])
    })
}
