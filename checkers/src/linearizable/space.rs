//! States and acts as small numbers, and every transition computed once.

use crate::linearizable::seen::Seen;
use crate::model::{Act, Model, Quotient};
use rustc_hash::FxHashMap;

/// The states that one key has been seen to reach. A state's number means nothing beyond its space.
pub struct Space<'a, S: Model> {
    states: Vec<S>,
    numbers: FxHashMap<S, u32>,
    acts: Vec<Act<'a, S>>,
    act_numbers: FxHashMap<Act<'a, S>, u32>,
    steps: FxHashMap<(u32, u32), u32>,
    quotient: Option<Quotient<S>>,
}

/// Where an act that is not possible leads.
const NOWHERE: u32 = u32::MAX;

impl<'a, S: Model> Space<'a, S> {
    /// The state that every search begins in.
    pub const START: u32 = 0;

    /// A space that begins at `initial`. Every operation that will be searched for must be among `seen`,
    /// relaxed or not, because the quotient merges what these cannot tell apart.
    pub fn new(initial: &S, seen: &[Seen<'a, S>]) -> Self {
        let mut acts: Vec<_> = seen.iter().map(|seen| seen.act).collect();
        acts.extend(seen.iter().filter_map(|seen| seen.relaxed()).map(|seen| seen.act));
        let mut space = Space {
            states: Vec::new(),
            numbers: FxHashMap::default(),
            acts: Vec::new(),
            act_numbers: FxHashMap::default(),
            steps: FxHashMap::default(),
            quotient: S::quotient(&acts),
        };
        space.number(initial.clone());
        space
    }

    /// The number of an act.
    pub fn act(&mut self, act: Act<'a, S>) -> u32 {
        *self.act_numbers.entry(act).or_insert_with(|| {
            self.acts.push(act);
            self.acts.len() as u32 - 1
        })
    }

    /// Whether an act leaves every state as it is.
    pub fn inert(&self, act: u32) -> bool {
        S::inert(self.acts[act as usize])
    }

    /// Where an act leads from a state; none when the reply would have been another.
    #[inline]
    pub fn step(&mut self, state: u32, act: u32) -> Option<u32> {
        let next = match self.steps.get(&(state, act)) {
            Some(next) => *next,
            None => self.first_step(state, act),
        };
        (next != NOWHERE).then_some(next)
    }

    fn first_step(&mut self, state: u32, act: u32) -> u32 {
        let Act { op, reply } = self.acts[act as usize];
        let mut after = self.states[state as usize].clone();
        let answer = after.apply(op);
        let possible = reply.is_none_or(|reply| *reply == answer);
        let next = if possible { self.number(after) } else { NOWHERE };
        self.steps.insert((state, act), next);
        next
    }

    fn number(&mut self, state: S) -> u32 {
        let state = match &self.quotient {
            Some(quotient) => quotient(state),
            None => state,
        };
        if let Some(number) = self.numbers.get(&state) {
            return *number;
        }
        let number = self.states.len() as u32;
        self.states.push(state.clone());
        self.numbers.insert(state, number);
        number
    }
}
