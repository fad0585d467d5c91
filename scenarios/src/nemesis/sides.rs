//! Who does not reach whom: the links and the sides of cuts that a nemesis draws.

use super::{Hunt, NAMED, between};
use sim_core::Chance;
use sim_core::fault::{Links, Sides, Target, Targets};
use sim_core::random::Rng;

impl Hunt<'_> {
    /// Links: all of them, those of one node, or those from one node to the others.
    pub(super) fn links(&self, rng: &mut Rng) -> Links {
        match rng.below(4) {
            0 | 1 => Links::All,
            2 => Links::Of(vec![self.one(rng)]),
            _ => Links::Between(self.one_way(rng)),
        }
    }

    /// One node or a few and those that they do not reach, random halves, or halves with a bridge between them.
    pub(super) fn cut(&self, rng: &mut Rng) -> Sides {
        let few = self.few(rng);
        let groups = match rng.below(3) {
            0 => vec![few, self.others(rng)],
            _ if self.nodes > NAMED => vec![vec![Target::Majority], vec![Target::Rest]],
            1 if self.nodes >= 3 => self.bridge(rng),
            _ => {
                let size = between(1, self.nodes - 1, rng);
                vec![self.nodes_of(size, rng), vec![Target::Rest]]
            }
        };
        Sides { groups, one_way: false }
    }

    /// One node, or one and others that are a minority with it: what a leader still reaches keeps it
    /// believing that it leads.
    fn few(&self, rng: &mut Rng) -> Targets {
        let mut few = vec![self.one(rng)];
        let company = self.temper.company;
        if company != Chance::NEVER && self.minority() > 1 && rng.chance(company) {
            let others = between(1, (self.minority() - 1).min(NAMED), rng) as usize;
            few.extend(vec![Target::Random; others]);
        }
        few
    }

    /// Whom those few do not reach: all the rest, or only one of them.
    fn others(&self, rng: &mut Rng) -> Targets {
        let partial = self.temper.partial;
        match partial != Chance::NEVER && self.nodes > 2 && rng.chance(partial) {
            true => vec![Target::Random],
            false => vec![Target::Rest],
        }
    }

    /// Two groups that share one node, which reaches both.
    fn bridge(&self, rng: &mut Rng) -> Vec<Targets> {
        let mut left = self.nodes_of(self.nodes, rng);
        let mut right = left.split_off(left.len().div_ceil(2));
        right.extend(left.last().cloned());
        vec![left, right]
    }

    /// A few nodes that cannot be heard, or cannot hear.
    pub(super) fn one_way(&self, rng: &mut Rng) -> Sides {
        let (few, others) = (self.few(rng), self.others(rng));
        let groups = if rng.below(2) == 0 { vec![few, others] } else { vec![others, few] };
        Sides { groups, one_way: true }
    }
}
