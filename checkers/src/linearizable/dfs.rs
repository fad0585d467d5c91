//! Depth-first search with dominance: best where many operations crashed and an order exists.
//!
//! Wing and Gong, "Testing and verifying concurrent objects" (1993), with the linked list and the memory of
//! configurations of Lowe, "Testing for linearizability" (2017). Added to it: a crashed operation is optional,
//! identical crashed operations are counted instead of told apart, and a configuration is given up when an
//! earlier one could have done all that it can ([`Antichains`]).

use crate::linearizable::space::Space;
use crate::linearizable::timeline::{Antichains, Bits, Point, Timeline, Used, set};
use crate::model::Model;

/// A search under way; it can be left and resumed.
pub struct Dfs<'t> {
    timeline: &'t Timeline,
    /// A circular list of the points that are still ahead; point `i` is node `i + 1`, and 0 is its head.
    next: Vec<u32>,
    prev: Vec<u32>,
    /// The nodes of each required operation's call and return.
    nodes: Vec<(u32, u32)>,
    used: Used,
    state: u32,
    frames: Vec<Frame>,
    /// The choices of all frames, one after another.
    choices: Vec<u32>,
    seen: Antichains<(u32, u32, Bits)>,
    deepest: Vec<u32>,
    /// Whether the longest path is kept when the search turns back from it; that takes time.
    pub remember: bool,
    /// How many configurations it has looked at, those among them that others make needless.
    pub spent: u64,
}

/// A configuration on the current path.
struct Frame {
    /// Where its choices begin, and the next one to try.
    first: usize,
    at: usize,
    /// The choice that led here, and the state before it.
    made: u32,
    before: u32,
}

const NONE: u32 = u32::MAX;

impl<'t> Dfs<'t> {
    /// A search that has not begun.
    pub fn new<S: Model>(timeline: &'t Timeline, space: &mut Space<'_, S>) -> Dfs<'t> {
        let count = timeline.points.len() as u32;
        let mut nodes = vec![(0, 0); timeline.required.len()];
        for (node, (_, point)) in (1..).zip(&timeline.points) {
            match *point {
                Point::Call(number) => nodes[number as usize].0 = node,
                Point::Return(number) => nodes[number as usize].1 = node,
            }
        }
        let mut dfs = Dfs {
            timeline,
            next: (1..=count).chain([0]).collect(),
            prev: [count].into_iter().chain(0..count).collect(),
            nodes,
            used: smallvec::smallvec![0; timeline.classes.len()],
            state: Space::<S>::START,
            frames: Vec::new(),
            choices: Vec::new(),
            seen: Antichains::default(),
            deepest: Vec::new(),
            remember: false,
            spent: 0,
        };
        dfs.enter(NONE, Space::<S>::START, space);
        dfs
    }

    /// Searches on until it is known whether an order exists, or `limit` configurations were visited in all.
    pub fn run<S: Model>(&mut self, space: &mut Space<'_, S>, limit: u64) -> Option<bool> {
        while self.next[0] != 0 {
            if self.spent >= limit {
                return None;
            }
            let Some(frame) = self.frames.last_mut() else { return Some(false) };
            if frame.at == self.choices.len() {
                self.leave();
                continue;
            }
            let choice = self.choices[frame.at];
            frame.at += 1;
            self.take(choice, space);
        }
        Some(true)
    }

    /// The operations on the longest path, as they were ordered: indices into the history.
    pub fn order(&self) -> Vec<usize> {
        let path: Vec<u32> = self.path().collect();
        let longest = if path.len() > self.deepest.len() { &path } else { &self.deepest };
        let mut used = vec![0; self.timeline.classes.len()];
        let operation = |choice: &u32| match self.timeline.required.get(*choice as usize) {
            Some(required) => required.index,
            None => {
                let class = *choice as usize - self.timeline.required.len();
                used[class] += 1;
                self.timeline.classes[class].calls[used[class] - 1].1
            }
        };
        longest.iter().map(operation).collect()
    }

    fn path(&self) -> impl Iterator<Item = u32> {
        self.frames.iter().map(|frame| frame.made).filter(|made| *made != NONE)
    }

    /// Does what was chosen, unless it is not possible, or leads where nothing is to be gained.
    fn take<S: Model>(&mut self, choice: u32, space: &mut Space<'_, S>) {
        let before = self.state;
        match self.timeline.required.get(choice as usize) {
            Some(required) => {
                let Some(state) = space.step(before, required.act) else { return };
                self.state = state;
                self.lift(choice as usize);
            }
            None => {
                let class = choice as usize - self.timeline.required.len();
                let step = space.step(before, self.timeline.classes[class].act);
                let Some(state) = step.filter(|state| *state != before) else { return };
                self.state = state;
                self.used[class] += 1;
            }
        }
        self.enter(choice, before, space);
    }

    /// Goes into the configuration that now is, with its choices; or takes the choice back when an earlier
    /// configuration makes it needless.
    fn enter<S: Model>(&mut self, made: u32, before: u32, space: &mut Space<'_, S>) {
        self.spent += 1;
        let first = self.choices.len();
        let mut bits = self.timeline.no_bits();
        let mut node = self.next[0];
        let mut front = u64::MAX;
        let mut certain = None;
        while node != 0 {
            let (place, point) = self.timeline.points[node as usize - 1];
            let Point::Call(number) = point else {
                front = place;
                break;
            };
            let required = self.timeline.required[number as usize];
            set(&mut bits, required.slot);
            // What changes nothing and is possible now may as well come now: no order needs it later.
            if required.inert && certain.is_none() && space.step(self.state, required.act).is_some()
            {
                certain = Some(number);
            }
            self.choices.push(number);
            node = self.next[node as usize];
        }
        if !self.seen.add((node, self.state, bits), &self.used) {
            self.choices.truncate(first);
            self.undo(made, before);
            return;
        }
        match certain {
            Some(number) => {
                self.choices.truncate(first);
                self.choices.push(number);
            }
            None => {
                // What must be done soonest comes first.
                let nodes = &self.nodes;
                self.choices[first..].sort_unstable_by_key(|number| nodes[*number as usize].1);
                self.offer_optional(front);
            }
        }
        self.frames.push(Frame { first, at: first, made, before });
    }

    fn offer_optional(&mut self, front: u64) {
        let required = self.timeline.required.len();
        for (class, (one, used)) in self.timeline.classes.iter().zip(&self.used).enumerate() {
            if one.calls.get(*used as usize).is_some_and(|(call, _)| *call < front) {
                self.choices.push((required + class) as u32);
            }
        }
    }

    /// Goes back to the configuration before.
    fn leave(&mut self) {
        if self.remember && self.frames.len() > self.deepest.len() + 1 {
            self.deepest = self.path().collect();
        }
        if let Some(frame) = self.frames.pop() {
            self.choices.truncate(frame.first);
            self.undo(frame.made, frame.before);
        }
    }

    fn undo(&mut self, made: u32, before: u32) {
        self.state = before;
        match made as usize {
            _ if made == NONE => {}
            number if number < self.timeline.required.len() => self.unlift(number),
            optional => self.used[optional - self.timeline.required.len()] -= 1,
        }
    }

    fn lift(&mut self, number: usize) {
        let (call, ret) = self.nodes[number];
        for node in [call as usize, ret as usize] {
            let (prev, next) = (self.prev[node], self.next[node]);
            self.next[prev as usize] = next;
            self.prev[next as usize] = prev;
        }
    }

    fn unlift(&mut self, number: usize) {
        let (call, ret) = self.nodes[number];
        for node in [ret as usize, call as usize] {
            let (prev, next) = (self.prev[node], self.next[node]);
            self.next[prev as usize] = node as u32;
            self.prev[next as usize] = node as u32;
        }
    }
}
