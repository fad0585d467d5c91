//! Single messages, named by their links and by when they are sent: those to which something is to happen, and those
//! to which something has happened.

use crate::fault::{Disturbance, Trouble};
use crate::process::NodeId;
use crate::time::Time;
use std::collections::BTreeMap;

/// What is to happen to single messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Script(BTreeMap<(u32, u32), Vec<Due>>);

/// Something that waits for its message.
#[derive(Clone, Copy, Debug)]
struct Due {
    /// Only messages that are sent then or later count.
    at: Time,
    /// How many of these there still are until it is the one.
    left: u32,
    what: Trouble,
}

impl Script {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, link: (u32, u32), message: &Disturbance) {
        let Disturbance { at, nth, what, .. } = *message;
        let due = self.0.entry(link).or_default();
        // What happens to one message happens in the order in which it is written.
        let place = due.partition_point(|other| other.at <= at);
        due.insert(place, Due { at, left: nth.max(1), what });
    }

    /// What happens to a message that a link carries now. A link's messages come in the order of time.
    pub(super) fn due(&mut self, link: (u32, u32), now: Time) -> Vec<Trouble> {
        let Some(all) = self.0.get_mut(&link) else { return Vec::new() };
        let mut found = Vec::new();
        for due in all.iter_mut().take_while(|due| due.at <= now) {
            due.left -= 1;
            if due.left == 0 {
                found.push(due.what);
            }
        }
        if !found.is_empty() {
            all.retain(|due| due.left > 0);
        }
        found
    }
}

/// What has happened to single messages.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    written: Vec<Disturbance>,
    /// By link: the instant of the last message, and how many there were at that instant.
    counts: BTreeMap<(usize, usize), (Time, u32)>,
    /// Which of its instant the message is that a link carries now.
    nth: u32,
}

impl Journal {
    /// A link carries a message.
    pub(super) fn count(&mut self, link: (usize, usize), now: Time) {
        let (at, count) = self.counts.entry(link).or_insert((now, 0));
        if *at != now {
            (*at, *count) = (now, 0);
        }
        *count += 1;
        self.nth = *count;
    }

    /// What happens to the message that was counted last.
    pub(super) fn note(&mut self, from: NodeId, to: NodeId, at: Time, what: Trouble) {
        self.written.push(Disturbance { from, to, at, nth: self.nth, what });
    }

    /// In the order of sending.
    pub(super) fn written(&self) -> &[Disturbance] {
        &self.written
    }
}
