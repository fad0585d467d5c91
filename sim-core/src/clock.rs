//! A node's clocks: a monotonic one that may run fast or slow, and a wall clock that also jumps.

use crate::time::{Span, Time};

/// No clock runs slower than this many millionths of its right speed, however many faults slow it down together: it
/// never stands still.
const SLOWEST: i64 = 100_000;

/// What a machine's clocks show, told from true time.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Clock {
    /// Local and true time at the last change of rate.
    local: Time,
    since: Time,
    /// Millionths by which it runs fast; negative: slow.
    ppm: i64,
    /// The wall clock less the monotonic one, in nanoseconds.
    offset: i64,
}

impl Clock {
    /// The monotonic clock at a true time.
    #[inline]
    pub fn now(&self, at: Time) -> Time {
        let passed = at.since(self.since).0;
        if self.ppm == 0 {
            return Time(self.local.0 + passed);
        }
        Time(self.local.0 + (u128::from(passed) * self.speed() / 1_000_000) as u64)
    }

    /// The wall clock when the monotonic one shows `now`.
    #[inline]
    pub fn wall(&self, now: Time) -> Time {
        Time(now.0.saturating_add_signed(self.offset))
    }

    /// How long, in true time, until the monotonic clock has gone on by `span`: at least that long.
    #[inline]
    pub fn true_span(&self, span: Span) -> Span {
        if self.ppm == 0 {
            return span;
        }
        Span((u128::from(span.0) * 1_000_000).div_ceil(self.speed()) as u64)
    }

    /// By how much the monotonic clock goes on during this true time, rounded up.
    pub fn local_span(&self, span: Span) -> Span {
        Span((u128::from(span.0) * self.speed()).div_ceil(1_000_000) as u64)
    }

    fn speed(&self) -> u128 {
        (1_000_000 + self.ppm).max(SLOWEST) as u128
    }

    /// From this true time on it runs fast by so many millionths.
    pub fn set_rate(&mut self, at: Time, ppm: i64) {
        self.local = self.now(at);
        self.since = at;
        self.ppm = ppm;
    }

    /// By how many millionths it runs fast.
    pub fn rate(&self) -> i64 {
        self.ppm
    }

    /// The wall clock leaps by so many nanoseconds.
    pub fn jump(&mut self, by: i64) {
        self.offset = self.offset.saturating_add(by);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_clock_gains_and_a_jump_moves_the_wall_clock_alone() {
        let mut clock = Clock::default();
        clock.set_rate(Time(0), 100_000);
        assert_eq!(clock.now(Time(1_000)), Time(1_100));
        clock.set_rate(Time(1_000), 0);
        assert_eq!(clock.now(Time(2_000)), Time(2_100));
        clock.jump(-100);
        let now = clock.now(Time(2_000));
        assert_eq!((now, clock.wall(now)), (Time(2_100), Time(2_000)));
    }

    #[test]
    fn a_timer_never_rings_before_its_own_clock_says_so() {
        for ppm in [-2_000_000, -300_000, -50, 0, 7, 500_000] {
            let mut clock = Clock::default();
            clock.set_rate(Time(0), ppm);
            for span in [1, 10, 999, 1_000_000_007] {
                let rings = Time(0) + clock.true_span(Span(span));
                assert!(clock.now(rings) >= Time(span), "{ppm} {span}");
            }
        }
    }
    #[test]
    fn a_clock_that_many_faults_slow_down_still_goes_on() {
        let mut clock = Clock::default();
        clock.set_rate(Time(0), -600_000);
        clock.set_rate(Time(1_000), clock.rate() - 600_000);
        assert_eq!((clock.now(Time(1_000)), clock.now(Time(2_000))), (Time(400), Time(500)));
        assert_eq!(clock.true_span(clock.local_span(Span(1_000))), Span(1_000));
        clock.set_rate(Time(2_000), clock.rate() + 1_200_000);
        assert_eq!((clock.rate(), clock.now(Time(3_000))), (0, Time(1_500)));
    }
}
