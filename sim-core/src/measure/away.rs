//! Leaders that others may have lost: a cut has hit them, or they stand still. Whether they were lost, only stepping
//! down and succession tell, and then they were since the fault.

use crate::process::NodeId;
use crate::time::Time;

/// A leader that a fault keeps from the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Away {
    pub node: NodeId,
    epoch: u64,
    pub since: Time,
    /// Whoever succeeds it by then has taken its absence for a loss.
    until: Time,
    /// Whether its loss is counted.
    is_lost: bool,
}

impl Away {
    pub fn new(node: NodeId, epoch: u64, since: Time) -> Away {
        Away { node, epoch, since, until: Time::NEVER, is_lost: false }
    }

    /// Whether it is not back.
    pub fn lasts(&self) -> bool {
        self.until == Time::NEVER
    }

    /// It has been lost, as is known now: since when, and its epoch. None when that was told before, or when it had
    /// been back for long.
    pub fn lose(&mut self, now: Time) -> Option<(Time, u64)> {
        let is_news = now <= self.until && !std::mem::replace(&mut self.is_lost, true);
        is_news.then_some((self.since, self.epoch))
    }

    /// It is back from having stood still. An election that was under way may yet end; one that begins when it has
    /// been back for as long as it was away is about something else.
    pub fn wakes(&mut self, now: Time) {
        self.until = now + (now - self.since);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leader_that_stood_still_is_lost_since_then_or_not_at_all() {
        let mut away = Away::new(NodeId(1), 7, Time(100));
        away.wakes(Time(150));
        assert_eq!(away.lose(Time(160)), Some((Time(100), 7)), "its successor was on the way");
        assert_eq!(away.lose(Time(170)), None, "once");
        let mut away = Away::new(NodeId(1), 7, Time(100));
        away.wakes(Time(150));
        assert_eq!(away.lose(Time(201)), None, "it led on");
    }
}
