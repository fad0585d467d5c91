//! Linearizability: whether the operations that clients saw can be put into one order, in which each takes
//! effect at some instant between its invocation and its return, and in which a single copy of the service
//! would have given the same replies (Herlihy and Wing, 1990).
//!
//! Deciding it is NP-complete (Gibbons and Korach), so this is a portfolio. A history is linearizable exactly
//! when it is so key by key (Herlihy and Wing's locality), and each key goes to the cheapest technique that
//! can decide it:
//!
//! 1. a witness, `n log n`, where the system tells in which order it did things: checked, not trusted;
//! 2. zones, `n log n`, which decide registers whose written values are unique: what workloads try to be;
//! 3. necessary conditions, linear, which can only refuse;
//! 4. depth-first search and
//! 5. a just-in-time sweep, in turns. One is quick where an order exists and the other where none
//!    does, so neither is ever worse than twice the better.
//!
//! Both searches share three ideas. *Crashed operations are optional*: nobody heard of their end, so they may
//! take effect at any later time or never. *Identical ones are counted* instead of told apart, and a
//! configuration is given up when another could have done all that it can while using no more of each kind.
//! *States that nothing can tell apart are one* ([`Model::quotient`]), and what changes nothing is done as soon
//! as it can be ([`Model::inert`]).
//!
//! A search stops when its budget is spent. The budget counts configurations, not seconds, so that a verdict
//! depends on the history alone. What is broken is [explained](explain::Explanation).

mod dfs;
pub mod explain;
mod necessary;
mod seen;
mod space;
mod sweep;
mod timeline;
mod witness;
mod zones;

use crate::model::Model;
use dfs::Dfs;
use explain::Explanation;
use seen::Seen;
use sim_core::history::Operation;
use sim_core::outcome::Verdict;
use sim_core::{RequestId, Time};
use space::Space;
use sweep::Sweep;
use timeline::Timeline;
use witness::Witness;
use zones::Zones;

/// What is known of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Whether it is linearizable.
    pub verdict: Verdict,
    /// How many keys its operations were on.
    pub keys: u64,
    /// How many operations were judged: those that failed, and reads that nobody heard the end of, are not.
    pub operations: u64,
    /// How many configurations were visited.
    pub spent: u64,
    /// How many keys were not decided within the budget.
    pub undecided: u64,
    /// The budget of each key.
    pub budget: u64,
    /// Why it is broken; of several broken keys, the one that shows first.
    pub explanation: Option<Explanation>,
}

impl Judgement {
    /// Why it is broken or not known, in a sentence; empty when it holds.
    pub fn why(&self) -> String {
        match (&self.explanation, self.verdict) {
            (Some(explanation), _) => explanation.sentence.clone(),
            (None, Verdict::Holds) => String::new(),
            (None, Verdict::Broken) => "no order of the operations gives these replies".into(),
            (None, Verdict::Unknown) => format!(
                "{} of {} keys not decided within a budget of {} configurations a key",
                self.undecided, self.keys, self.budget
            ),
        }
    }
}

/// Judges a history that began with the service as it is by default, and explains what is broken.
///
/// The searches visit at most `budget` configurations for each key; a million take about a second.
pub fn check<S: Model>(history: &[Operation<S>], budget: u64) -> Judgement {
    check_from(&S::default(), history, budget)
}

/// The same for a history of which the system has told in which order it did the operations that change its
/// state. The order is checked, not trusted: where it explains what was seen, nothing has to be searched.
pub fn check_told<S: Model>(
    history: &[Operation<S>],
    order: &[RequestId],
    budget: u64,
) -> Judgement {
    let mut judgement = judge_told(history, order, budget);
    if judgement.verdict == Verdict::Broken {
        judgement.explanation = check(history, budget).explanation;
    }
    judgement
}

/// The same without an explanation: as quick as can be.
pub fn judge_told<S: Model>(
    history: &[Operation<S>],
    order: &[RequestId],
    budget: u64,
) -> Judgement {
    let initial = S::default();
    let witness = Witness::of(order);
    let explained = |seen: &[Seen<'_, S>]| witness.explains(&initial, history, seen);
    judge_keys(&initial, seen::by_key(history).values(), budget, explained).0
}

/// Judges a history that began in the state `initial`, and explains what is broken.
pub fn check_from<S: Model>(initial: &S, history: &[Operation<S>], budget: u64) -> Judgement {
    let keys = seen::by_key(history);
    let (mut judgement, broken) = judge_keys(initial, keys.values(), budget, |_| false);
    judgement.explanation = explain::first(initial, history, &broken);
    judgement
}

/// Judges a history that began in the state `initial`, without explaining it: as quick as can be.
pub fn judge_from<S: Model>(initial: &S, history: &[Operation<S>], budget: u64) -> Judgement {
    judge_keys(initial, seen::by_key(history).values(), budget, |_| false).0
}

/// When each operation can have taken effect, in an order that explains all replies: at its invocation, or with the one
/// that comes before it in that order, whichever is later. None for those that have no effect in it, for those that no
/// order was found for, and, where no order exists, for those behind what cannot be explained.
pub fn points<S: Model>(history: &[Operation<S>]) -> Vec<Option<Time>> {
    let mut points = vec![None; history.len()];
    for seen in seen::by_key(history).values() {
        let mut now = Time::ZERO;
        for index in explain::order(&S::default(), seen) {
            now = now.max(history[index].invoked);
            points[index] = Some(now);
        }
    }
    points
}

fn judge_keys<'k, 'a: 'k, S: Model>(
    initial: &S,
    keys: impl ExactSizeIterator<Item = &'k Vec<Seen<'a, S>>>,
    budget: u64,
    explained: impl Fn(&[Seen<'a, S>]) -> bool,
) -> (Judgement, Vec<&'k [Seen<'a, S>]>) {
    let mut judgement = Judgement {
        verdict: Verdict::Holds,
        keys: keys.len() as u64,
        operations: 0,
        spent: 0,
        undecided: 0,
        budget,
        explanation: None,
    };
    let mut broken = Vec::new();
    for seen in keys {
        let (verdict, spent) = match explained(seen) {
            true => (Verdict::Holds, 0),
            false => decide(initial, seen, budget),
        };
        judgement.verdict = judgement.verdict.max(verdict);
        judgement.operations += seen.len() as u64;
        judgement.spent += spent;
        match verdict {
            Verdict::Holds => {}
            Verdict::Unknown => judgement.undecided += 1,
            Verdict::Broken => broken.push(seen.as_slice()),
        }
    }
    (judgement, broken)
}

/// One key through the portfolio: what is known, and how many configurations that took.
fn decide<S: Model>(initial: &S, seen: &[Seen<'_, S>], budget: u64) -> (Verdict, u64) {
    match zones::judge(initial, seen) {
        Zones::Linearizable => return (Verdict::Holds, 0),
        Zones::Broken(_) => return (Verdict::Broken, 0),
        Zones::DoNotApply => {}
    }
    if necessary::violation(initial, seen).is_some() {
        return (Verdict::Broken, 0);
    }
    search(initial, seen, budget)
}

/// The two searches in turns, each turn twice as long as the one before.
fn search<S: Model>(initial: &S, seen: &[Seen<'_, S>], budget: u64) -> (Verdict, u64) {
    const FIRST_TURN: u64 = 64;
    let mut space = Space::new(initial, seen);
    let timeline = Timeline::new(seen, &mut space);
    let mut dfs = Dfs::new(&timeline, &mut space);
    let mut sweep = Sweep::new(&timeline, &space);
    let mut turn = FIRST_TURN;
    loop {
        let limit = turn.min(budget.saturating_sub(sweep.spent));
        if let Some(found) = dfs.run(&mut space, limit) {
            return (verdict(found), dfs.spent + sweep.spent);
        }
        let limit = turn.min(budget.saturating_sub(dfs.spent));
        if let Some(found) = sweep.run(&mut space, limit) {
            return (verdict(found), dfs.spent + sweep.spent);
        }
        if dfs.spent + sweep.spent >= budget {
            return (Verdict::Unknown, dfs.spent + sweep.spent);
        }
        turn = turn.saturating_mul(2);
    }
}

fn verdict(linearizable: bool) -> Verdict {
    if linearizable { Verdict::Holds } else { Verdict::Broken }
}

/// A technique, to be used alone: for comparing one with another. [`check`] knows which to use when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Technique {
    /// Conditions that every linearizable history meets; they never find that one holds.
    Necessary,
    /// Zones of unique values, which apply to registers only.
    Zones,
    /// Depth-first search with dominance.
    Dfs,
    /// Just-in-time sweep with dominance.
    Sweep,
}

impl Technique {
    /// Judges a history by this technique alone; unknown when it does not apply or its budget was spent.
    pub fn judge<S: Model>(self, initial: &S, history: &[Operation<S>], budget: u64) -> Verdict {
        let keys = seen::by_key(history);
        let verdicts = keys.values().map(|seen| self.judge_key(initial, seen, budget));
        verdicts.max().unwrap_or_default()
    }

    fn judge_key<S: Model>(self, initial: &S, seen: &[Seen<'_, S>], budget: u64) -> Verdict {
        let found = match self {
            Technique::Necessary => necessary::violation(initial, seen).map(|_| false),
            Technique::Zones => match zones::judge(initial, seen) {
                Zones::Linearizable => Some(true),
                Zones::Broken(_) => Some(false),
                Zones::DoNotApply => None,
            },
            Technique::Dfs | Technique::Sweep => {
                let mut space = Space::new(initial, seen);
                let timeline = Timeline::new(seen, &mut space);
                match self {
                    Technique::Dfs => Dfs::new(&timeline, &mut space).run(&mut space, budget),
                    _ => Sweep::new(&timeline, &space).run(&mut space, budget),
                }
            }
        };
        found.map_or(Verdict::Unknown, verdict)
    }
}
