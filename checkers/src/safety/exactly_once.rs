//! A request changes the state at one slot, however often it was sent.

use super::Ring;
use sim_core::context::Kinds;
use sim_core::{Fact, Invariant, Nodes, Process, Step, Violation};

/// How many requests of a client are remembered. An older one that is done again goes unseen.
const REQUESTS: usize = 4_096;

/// Where each request was done.
#[derive(Clone, Debug, Default)]
pub struct ExactlyOnce {
    /// By client: the slots at which its requests were done; 0 where none was.
    clients: Vec<Ring<u64, REQUESTS>>,
}

impl ExactlyOnce {
    /// A request of a client is done at a slot: wrong, if it was done at another.
    #[inline]
    pub fn execute(&mut self, client: u32, number: u32, slot: u64) -> Result<(), String> {
        if self.clients.len() <= client as usize {
            self.clients.resize(client as usize + 1, Ring::default());
        }
        match self.clients[client as usize].at(number.into()) {
            Some(done) if *done == 0 => *done = slot,
            Some(done) if *done != slot => {
                let client = client + 1;
                return Err(format!(
                    "request {number} of c{client} is done at slot {slot}, and was done at slot {done}"
                ));
            }
            _ => {}
        }
        Ok(())
    }

    /// Looks at the facts of a step.
    #[inline]
    pub fn see<P: Process>(&mut self, step: &Step<'_, P>) -> Result<(), String> {
        for fact in step.facts() {
            if let Fact::Executes { slot, client, number } = *fact {
                self.execute(client, number, slot)?;
            }
        }
        Ok(())
    }
}

impl<P: Process> Invariant<P> for ExactlyOnce {
    const PROPERTIES: &'static [&'static str] = &["exactly-once"];
    const CONCERNS: Option<Kinds> = Some(Kinds::CLAIMS);

    #[inline]
    fn check(&mut self, _: &Nodes<P>, step: &Step<'_, P>) -> Result<(), Violation> {
        self.see(step).map_err(|why| Violation { property: "exactly-once", why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_is_done_at_two_slots_is_told() {
        let mut checker = ExactlyOnce::default();
        assert_eq!(checker.execute(0, 2, 5), Ok(()));
        assert_eq!(checker.execute(0, 1, 6), Ok(()), "requests may overtake each other");
        assert_eq!(checker.execute(0, 2, 5), Ok(()), "another node does the same");
        let why = checker.execute(0, 2, 9).unwrap_err();
        assert_eq!(why, "request 2 of c1 is done at slot 9, and was done at slot 5");
    }

    #[test]
    fn the_memory_slides_and_raises_no_false_alarm() {
        let mut checker = ExactlyOnce::default();
        for number in 1..=3 * REQUESTS as u32 {
            checker.execute(4, number, u64::from(number)).unwrap();
        }
        assert_eq!(checker.execute(4, 1, 77), Ok(()), "forgotten");
        assert!(checker.execute(4, 3 * REQUESTS as u32, 77).is_err());
    }
}
