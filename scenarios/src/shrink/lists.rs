//! Fewer faults, operations and disturbed messages: each list alone, and all three together where one keeps another.

use super::Size;
use super::bench::Bench;
use super::ddmin::ddmin_in;
use crate::format::{FaultLine, Scenario};
use sim_core::fault::{Disturbance, FaultId};
use sim_core::{NodeId, Time, Written};
use std::collections::BTreeSet;

/// Into so many stretches of time, at most, a run is parted to take away all of one.
const STRETCHES: usize = 16;
/// Of so many elements, at most, any two are tried together.
const FEW: usize = 12;

/// Something that a scenario may do without.
#[derive(Clone)]
enum Element {
    /// When it strikes, and its name.
    Fault(Time, FaultId),
    Operation(Written),
    Message(Disturbance),
}

impl Element {
    fn at(&self) -> Time {
        match self {
            Element::Fault(at, _) => *at,
            Element::Operation(written) => written.at,
            Element::Message(message) => message.at,
        }
    }
}

impl Bench<'_> {
    /// Much fewer of all three, where that is soon known.
    pub(super) fn soon_fewer(&mut self) {
        self.fewer_stretches();
        self.fewer_links_and_askers();
        self.fewer_in_parts(STRETCHES);
    }

    /// The fewest faults, operations and disturbed messages, as often as one of the three makes another needless.
    pub(super) fn fewest(&mut self) {
        loop {
            let before = Size::of(&self.best);
            self.fewer_stretches();
            self.fewer_links_and_askers();
            self.fewer_in_parts(usize::MAX);
            self.ask_less();
            if Size::of(&self.best) == before || self.is_spent() {
                return;
            }
        }
    }

    /// Each list alone, in at most so many parts.
    fn fewer_in_parts(&mut self, most: usize) {
        // What happens to messages holds on to operations, and to faults: it goes first.
        let messages = self.best.messages.clone();
        ddmin_in(most, messages, |some| self.keep_with(|s| s.messages = some.to_vec()));
        let faults = self.best.faults.clone();
        ddmin_in(most, faults, |some| self.keep_with(|s| s.faults = some.to_vec()));
        let operations = self.best.operations.clone().unwrap_or_default();
        if !operations.is_empty() {
            let keep = |some: &[Written]| self.keep_with(|s| s.operations = Some(some.to_vec()));
            ddmin_in(most, operations, keep);
        }
    }

    /// All that happens in a stretch of time, whatever it is.
    fn fewer_stretches(&mut self) {
        let elements = self.best.elements();
        ddmin_in(STRETCHES, elements, |some| self.keep_with(|s| s.set_elements(some)));
    }

    /// All that happens to messages of one link, and all that one client asks for, with what happens to its messages.
    fn fewer_links_and_askers(&mut self) {
        let links: BTreeSet<_> = self.best.messages.iter().map(|one| (one.from, one.to)).collect();
        if links.len() > 1 {
            for link in links {
                self.keep_with(|s| s.messages.retain(|one| (one.from, one.to) != link));
            }
        }
        let askers = self.best.operations.iter().flatten().map(|written| written.client);
        let askers: BTreeSet<u32> = askers.collect();
        if askers.len() > 1 {
            for client in askers {
                self.keep_with(|s| {
                    let own = NodeId::client(client);
                    s.operations.iter_mut().for_each(|all| all.retain(|one| one.client != client));
                    s.messages.retain(|one| one.from != own && one.to != own);
                });
            }
        }
    }

    /// Those that draw what they ask for may at least ask for less.
    fn ask_less(&mut self) {
        while self.best.operations.is_none() && self.best.clients.count > 0 {
            let (count, limit) = (self.best.clients.count, self.best.clients.operations);
            let fewer = if limit == 0 { 64 } else { limit / 2 };
            let less = fewer > 0 && self.keep_with(|s| s.clients.operations = fewer);
            if !less && !self.keep_with(|s| s.set_clients(count - 1)) {
                break;
            }
        }
    }

    /// Any two of few elements, where each alone is needed. True when any could be taken away.
    pub(super) fn fewer_pairs(&mut self) -> bool {
        let elements = self.best.elements();
        if elements.len() > FEW {
            return false;
        }
        (0..elements.len()).any(|one| {
            (0..one).any(|other| {
                let mut fewer = elements.clone();
                fewer.remove(one);
                fewer.remove(other);
                self.keep_with(|s| s.set_elements(&fewer))
            })
        })
    }
}

impl Scenario {
    /// Faults, operations and disturbed messages, in the order of time.
    fn elements(&self) -> Vec<Element> {
        let name = |line: &FaultLine| FaultId { fault: line.id, nth: line.nth };
        let fault = |line: &FaultLine| Element::Fault(Time(line.at.from.0), name(line));
        let faults = self.faults.iter().map(fault);
        let messages = self.messages.iter().copied().map(Element::Message);
        let operations = self.operations.iter().flatten().cloned().map(Element::Operation);
        let mut elements: Vec<Element> = faults.chain(messages).chain(operations).collect();
        elements.sort_by_key(Element::at);
        elements
    }

    /// These, and no others. Faults stay in their order: their places are their names.
    fn set_elements(&mut self, elements: &[Element]) {
        self.messages.clear();
        self.operations.iter_mut().for_each(Vec::clear);
        let mut faults = BTreeSet::new();
        for element in elements {
            match element {
                Element::Fault(_, id) => {
                    faults.insert(*id);
                }
                Element::Message(message) => self.messages.push(*message),
                Element::Operation(written) => {
                    self.operations.get_or_insert_default().push(written.clone())
                }
            }
        }
        self.faults.retain(|line| faults.contains(&FaultId { fault: line.id, nth: line.nth }));
    }
}
