//! Just-in-time sweep with dominance: best where no order exists.
//!
//! Lowe, "Testing for linearizability" (2017). All configurations are carried along the history together; at
//! each return they are advanced until the returning operation is done in every one, and those that cannot do
//! it are dropped. When none is left, no order exists, and the return where that happened is the first that
//! cannot be explained. Crashed operations are counted and dominated as in the depth-first search.

use crate::linearizable::space::Space;
use crate::linearizable::timeline::{
    Antichains, Bits, Point, Required, Timeline, Used, clear, has, set,
};
use crate::model::Model;

/// A search under way; it can be left and resumed.
pub struct Sweep<'t> {
    timeline: &'t Timeline,
    /// The next point.
    at: usize,
    live: Vec<u32>,
    configurations: Vec<Configuration>,
    /// While a return is closed: what is to be advanced, by how many optional operations it has used. Those
    /// that used fewer go first, because they make others needless.
    levels: Vec<Vec<Configuration>>,
    level: usize,
    closing: bool,
    met: Antichains<(u32, Bits)>,
    done: Antichains<(u32, Bits)>,
    /// How many configurations it has looked at, those among them that others make needless.
    pub spent: u64,
}

#[derive(Clone)]
struct Configuration {
    state: u32,
    /// The slots of live operations that are done.
    done: Bits,
    used: Used,
}

impl Configuration {
    fn level(&self) -> usize {
        self.used.iter().map(|used| *used as usize).sum()
    }
}

impl<'t> Sweep<'t> {
    /// A search that has not begun.
    pub fn new<S: Model>(timeline: &'t Timeline, _: &Space<'_, S>) -> Sweep<'t> {
        let used = smallvec::smallvec![0; timeline.classes.len()];
        let start = Configuration { state: Space::<S>::START, done: timeline.no_bits(), used };
        Sweep {
            timeline,
            at: 0,
            live: Vec::new(),
            configurations: vec![start],
            levels: Vec::new(),
            level: 0,
            closing: false,
            met: Antichains::default(),
            done: Antichains::default(),
            spent: 0,
        }
    }

    /// Searches on until it is known whether an order exists, or `limit` configurations were visited in all.
    pub fn run<S: Model>(&mut self, space: &mut Space<'_, S>, limit: u64) -> Option<bool> {
        while let Some((place, point)) = self.timeline.points.get(self.at).copied() {
            match point {
                Point::Call(number) => self.live.push(number),
                Point::Return(number) => {
                    if !self.closing {
                        self.open_levels();
                    }
                    let returning = self.timeline.required[number as usize];
                    if !self.close(place, returning, space, limit) {
                        return None;
                    }
                    self.closing = false;
                    if self.configurations.is_empty() {
                        return Some(false);
                    }
                    self.live.retain(|live| *live != number);
                }
            }
            self.at += 1;
        }
        Some(true)
    }

    fn open_levels(&mut self) {
        self.closing = true;
        self.level = 0;
        self.met.clear();
        self.done.clear();
        for configuration in std::mem::take(&mut self.configurations) {
            self.push(configuration);
        }
    }

    fn push(&mut self, configuration: Configuration) {
        let level = configuration.level();
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Vec::new);
        }
        self.levels[level].push(configuration);
    }

    /// Advances until `returning` is done in every configuration; false when the limit came first.
    fn close<S: Model>(
        &mut self,
        place: u64,
        returning: Required,
        space: &mut Space<'_, S>,
        limit: u64,
    ) -> bool {
        while self.level < self.levels.len() {
            let Some(mut one) = self.levels[self.level].pop() else {
                self.level += 1;
                continue;
            };
            if self.spent >= limit {
                self.levels[self.level].push(one);
                return false;
            }
            self.spent += 1;
            self.absorb(&mut one, space);
            if has(&one.done, returning.slot) {
                clear(&mut one.done, returning.slot);
                if self.done.add((one.state, one.done.clone()), &one.used) {
                    self.configurations.push(one);
                }
            } else if self.met.add((one.state, one.done.clone()), &one.used) {
                self.advance(place, &one, space);
            }
        }
        true
    }

    /// Does at once what changes nothing and is possible: no order needs it later.
    fn absorb<S: Model>(&self, one: &mut Configuration, space: &mut Space<'_, S>) {
        for number in &self.live {
            let required = self.timeline.required[*number as usize];
            if required.inert
                && !has(&one.done, required.slot)
                && space.step(one.state, required.act).is_some()
            {
                set(&mut one.done, required.slot);
            }
        }
    }

    fn advance<S: Model>(&mut self, place: u64, one: &Configuration, space: &mut Space<'_, S>) {
        for i in 0..self.live.len() {
            let required = self.timeline.required[self.live[i] as usize];
            if has(&one.done, required.slot) {
                continue;
            }
            if let Some(state) = space.step(one.state, required.act) {
                let mut next = Configuration { state, ..one.clone() };
                set(&mut next.done, required.slot);
                self.push(next);
            }
        }
        for (class, optional) in self.timeline.classes.iter().enumerate() {
            let call = optional.calls.get(one.used[class] as usize);
            if call.is_none_or(|(call, _)| *call > place) {
                continue;
            }
            let step = space.step(one.state, optional.act);
            if let Some(state) = step.filter(|state| *state != one.state) {
                let mut next = Configuration { state, ..one.clone() };
                next.used[class] += 1;
                self.push(next);
            }
        }
    }
}
