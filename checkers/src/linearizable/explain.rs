//! Why no order exists, in the fewest operations that show it.
//!
//! A broken history stays broken when a prefix of it is, and an operation can be *relaxed*, that is, taken for
//! one that nobody heard the end of, without making a linearizable history broken. So the history is first cut
//! at the earliest return that cannot be explained, and then everything is relaxed without which it is still
//! broken. What remains is to blame.

use crate::linearizable::decide;
use crate::linearizable::dfs::Dfs;
use crate::linearizable::necessary;
use crate::linearizable::seen::{Seen, until};
use crate::linearizable::space::Space;
use crate::linearizable::timeline::Timeline;
use crate::linearizable::zones::{self, Zones};
use crate::model::{Access, Model};
use sim_core::history::Operation;
use sim_core::outcome::Verdict;
use sim_core::{Ending, RequestId, Time};

/// Why a history is not linearizable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The key that it shows on.
    pub key: u64,
    /// The fewest operations found that cannot be ordered, whatever the others did; by invocation.
    pub operations: Vec<RequestId>,
    /// The operations before the first return that cannot be explained, in an order that explains them; as
    /// many as could be ordered, and none when there are tens of thousands.
    pub prefix: Vec<RequestId>,
    /// When that return happened.
    pub at: Time,
    /// What is wrong, for people.
    pub sentence: String,
}

/// How many configurations one attempt may visit.
const ATTEMPT: u64 = 20_000;
/// A history of more operations is too long for many attempts.
const LONG: usize = 20_000;
/// How much work shrinking may be in all: configurations times what each has to look at.
const EFFORT: u64 = 5_000_000;

/// Explains that one of the broken keys which shows first; none when none is broken.
pub(super) fn first<S: Model>(
    initial: &S,
    history: &[Operation<S>],
    broken: &[&[Seen<'_, S>]],
) -> Option<Explanation> {
    let cuts = broken.iter().filter_map(|seen| Some((first_unexplained(initial, seen)?, *seen)));
    let (place, seen) = cuts.min_by_key(|(place, _)| *place)?;
    let fewest = shrink(initial, until(seen, place));
    let last = seen.iter().find(|one| one.ret == place)?;
    let at = history[last.index].returned.as_ref()?.0;
    let name = |index: usize| history[index].id;
    Some(Explanation {
        key: S::key(&history[last.index].op),
        operations: fewest.iter().map(|one| name(one.index)).collect(),
        prefix: order(initial, &until(seen, place.saturating_sub(1)))
            .into_iter()
            .map(name)
            .collect(),
        at,
        sentence: Teller { initial, history, fewest: &fewest }.sentence(place),
    })
}

fn is_broken<S: Model>(initial: &S, seen: &[Seen<'_, S>]) -> bool {
    decide(initial, seen, ATTEMPT).0 == Verdict::Broken
}

/// The place of the earliest return that no order explains, as far as that is found with few attempts.
fn first_unexplained<S: Model>(initial: &S, seen: &[Seen<'_, S>]) -> Option<u64> {
    let mut returns: Vec<u64> = seen.iter().filter(|one| one.required()).map(|o| o.ret).collect();
    returns.sort_unstable();
    let (mut low, mut high) = (0, returns.len().checked_sub(1)?);
    if let Some(blamed) = blamed(initial, seen) {
        // The blamed are enough, so the history is broken by the time that the last of them has returned.
        let last = blamed.iter().map(|position| seen[*position].ret).filter(|ret| *ret != u64::MAX);
        let last = last.max().unwrap_or(u64::MAX);
        high = high.min(returns.partition_point(|ret| *ret < last));
        if seen.len() > LONG {
            low = high;
        }
    }
    while low < high {
        let middle = (low + high) / 2;
        if is_broken(initial, &until(seen, returns[middle])) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(returns[low])
}

/// The required operations without which what was seen would no longer be broken.
fn shrink<'a, S: Model>(initial: &S, mut seen: Vec<Seen<'a, S>>) -> Vec<Seen<'a, S>> {
    if let Some(blamed) = blamed(initial, &seen) {
        // These alone are broken, whatever else was written.
        seen = blamed.into_iter().map(|position| seen[position]).collect();
    }
    let mut effort = 0;
    let mut size = seen.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        while from < seen.len() {
            let chunk = from..(from + size).min(seen.len());
            from = chunk.end;
            if effort > EFFORT || !seen[chunk.clone()].iter().any(|one| one.required()) {
                continue;
            }
            let attempt = relax(&seen, |position| chunk.contains(&position));
            let (verdict, spent) = decide(initial, &attempt, ATTEMPT);
            effort += (1 + spent) * attempt.len() as u64;
            if verdict == Verdict::Broken {
                // What has nothing left to say is gone from the attempt, so places have moved.
                from -= seen.len() - attempt.len();
                seen = attempt;
            }
        }
        size = if size == 1 { 0 } else { size.div_ceil(2) };
    }
    seen.retain(|one| one.required());
    seen
}

/// What the techniques that know whom to blame say.
fn blamed<S: Model>(initial: &S, seen: &[Seen<'_, S>]) -> Option<Vec<usize>> {
    necessary::violation(initial, seen).or_else(|| match zones::judge(initial, seen) {
        Zones::Broken(operations) => Some(operations),
        _ => None,
    })
}

fn relax<'a, S: Model>(seen: &[Seen<'a, S>], which: impl Fn(usize) -> bool) -> Vec<Seen<'a, S>> {
    let relaxed = |(position, one): (usize, &Seen<'a, S>)| {
        if which(position) { one.relaxed() } else { Some(*one) }
    };
    seen.iter().enumerate().filter_map(relaxed).collect()
}

/// An order that explains as much of what was seen as was found; empty when that would be too long to read.
pub(super) fn order<S: Model>(initial: &S, seen: &[Seen<'_, S>]) -> Vec<usize> {
    if seen.len() > LONG {
        return Vec::new();
    }
    let mut space = Space::new(initial, seen);
    let timeline = Timeline::new(seen, &mut space);
    let mut dfs = Dfs::new(&timeline, &mut space);
    dfs.remember = true;
    dfs.run(&mut space, ATTEMPT + timeline.points.len() as u64);
    dfs.order()
}

/// Finds words for the fewest operations.
struct Teller<'e, 'a, S: Model> {
    initial: &'e S,
    history: &'e [Operation<S>],
    fewest: &'e [Seen<'a, S>],
}

impl<S: Model> Teller<'_, '_, S> {
    fn sentence(&self, place: u64) -> String {
        let reads = self.fewest.iter().filter_map(|one| Some((one, self.value_read(one)?)));
        let mut told = reads.filter_map(|(read, value)| self.of_read(read, value));
        told.next().unwrap_or_else(|| self.of_all(place))
    }

    /// What is wrong with a read of a register, when it is one of the usual things.
    fn of_read(&self, read: &Seen<'_, S>, value: &S::Reply) -> Option<String> {
        let only = self.fewest.iter().all(|one| S::access(one.act.op) != Access::Other);
        let (who, text) = (self.name(read), S::show_reply(value));
        let initial = self.initial.clone().apply(read.act.op) == *value;
        let write = self.fewest.iter().find(|one| self.value_written(one).as_ref() == Some(value));
        if !only {
            return None;
        }
        let Some(write) = write else {
            let later = self
                .fewest
                .iter()
                .find(|one| one.ret < read.call && self.value_written(one).is_some());
            return match later {
                Some(later) if initial => Some(self.overwritten(&who, &text, later)),
                None if initial => self.went_back(read, &text, value),
                _ => self.unwritten(&who, &text, value),
            };
        };
        if read.ret < write.call {
            let writer = self.name(write);
            return Some(format!("{who} returned {text} before {writer} was even invoked"));
        }
        let between = self.fewest.iter().find(|one| {
            write.ret < one.call
                && one.ret < read.call
                && self.value_written(one).is_some_and(|other| other != *value)
        });
        if let Some(between) = between {
            return Some(self.overwritten(&who, &text, between));
        }
        self.went_back(read, &text, value)
    }

    fn overwritten(&self, who: &str, text: &str, by: &Seen<'_, S>) -> String {
        let by = self.name(by);
        format!(
            "{who} returned {text}, but {text} was overwritten by {by}, \
             which finished before the read began"
        )
    }

    /// Two reads that returned one value after another and then the one again.
    fn went_back(&self, read: &Seen<'_, S>, text: &str, value: &S::Reply) -> Option<String> {
        let newer = self.fewest.iter().find(|one| {
            one.ret < read.call && self.value_read(one).is_some_and(|other| other != value)
        })?;
        let older = self.fewest.iter().find(|one| {
            one.ret < newer.call
                && (self.value_read(one) == Some(value)
                    || self.value_written(one).as_ref() == Some(value))
        });
        let known = match older {
            Some(older) => format!("{} had come before that", self.name(older)),
            None if self.initial.clone().apply(read.act.op) == *value => {
                "that is what it held in the beginning".to_string()
            }
            None => return None,
        };
        let (who, other) = (self.name(read), self.name(newer));
        let answer = S::show_reply(self.value_read(newer)?);
        Some(format!("{who} returned {text} after {other} had returned {answer}, and {known}"))
    }

    /// What can always be said.
    fn of_all(&self, place: u64) -> String {
        let last = self.fewest.iter().find(|one| one.ret == place).or(self.fewest.last());
        let Some(last) = last else {
            return "no order of the operations gives these replies".into();
        };
        let (who, reply) = (self.name(last), self.reply(last));
        let others: Vec<_> = self
            .fewest
            .iter()
            .filter(|one| one.index != last.index)
            .map(|one| format!("{} = {}", self.name(one), self.reply(one)))
            .collect();
        match others.as_slice() {
            [] => format!("{who} returned {reply}, which nothing that was invoked can lead to"),
            [other] if self.fewest.iter().any(|one| one.ret < last.call) => format!(
                "{who} returned {reply}, which no order allows after {other}, \
                 which finished before it began"
            ),
            [..] if others.len() <= 6 => {
                let others = others.join("; ");
                format!("{who} returned {reply}, which no order allows together with {others}")
            }
            [..] => format!(
                "{who} returned {reply}, which no order of it and {} other operations allows",
                others.len()
            ),
        }
    }

    /// A value that was read and never written, as far as every operation says what it writes.
    fn unwritten(&self, who: &str, text: &str, value: &S::Reply) -> Option<String> {
        if self.fewest.len() > 1 {
            return None;
        }
        let mut failed = None;
        for one in self.history {
            match S::access(&one.op) {
                Access::Other => return None,
                Access::Write(other) | Access::MayWrite(other) if other == *value => {
                    let Some((_, Ending::Fail)) = one.returned else { return None };
                    failed = Some(format!("{}'s {}", one.id.client, S::show_op(&one.op)));
                }
                _ => {}
            }
        }
        Some(match failed {
            None => format!("{who} returned {text}, but nobody ever wrote {text}"),
            Some(failed) => format!("{who} returned {text}, but {failed} had failed"),
        })
    }

    /// The value that it returned.
    fn value_read<'s>(&self, one: &Seen<'s, S>) -> Option<&'s S::Reply> {
        one.act.reply.filter(|_| S::access(one.act.op) == Access::Read)
    }

    /// The value that it certainly wrote.
    fn value_written(&self, one: &Seen<'_, S>) -> Option<S::Reply> {
        match S::access(one.act.op) {
            Access::Write(value) => Some(value),
            Access::MayWrite(value) if !S::inert(one.act) => Some(value),
            _ => None,
        }
    }

    fn name(&self, one: &Seen<'_, S>) -> String {
        format!("{}'s {}", self.history[one.index].id.client, S::show_op(one.act.op))
    }

    fn reply(&self, one: &Seen<'_, S>) -> String {
        one.act.reply.map(S::show_reply).unwrap_or_else(|| "?".into())
    }
}
