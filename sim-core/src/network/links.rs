//! Which messages a fault is about, by their links and kinds, and what it does to them.

use super::Sent;
use crate::time::{Chance, SpanRange};

/// A set of addresses, nodes before clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AddressSet(Vec<u64>);

impl AddressSet {
    pub fn of(addresses: impl IntoIterator<Item = usize>) -> Self {
        let mut set = AddressSet::default();
        for address in addresses {
            if set.0.len() <= address / 64 {
                set.0.resize(address / 64 + 1, 0);
            }
            set.0[address / 64] |= 1 << (address % 64);
        }
        set
    }
    #[inline]
    pub fn has(&self, address: usize) -> bool {
        self.0.get(address / 64).is_some_and(|word| word >> (address % 64) & 1 == 1)
    }
}

/// Which messages a fault is about.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    pub links: LinkSet,
    /// Of which kinds; of any, and what clients send and are sent too, when there is no list.
    pub kinds: Option<Vec<usize>>,
}

impl Traffic {
    pub(super) fn has(&self, sent: &Sent) -> bool {
        let is_of_kind = match (&self.kinds, sent.kind) {
            (None, _) => true,
            (Some(kinds), Some(kind)) => kinds.contains(&kind),
            (Some(_), None) => false,
        };
        is_of_kind && self.links.has(sent.from, sent.to)
    }
}

impl From<LinkSet> for Traffic {
    fn from(links: LinkSet) -> Traffic {
        Traffic { links, kinds: None }
    }
}

/// Which links a fault is on.
#[derive(Clone, Debug)]
pub(crate) enum LinkSet {
    All,
    Of(AddressSet),
    Between { groups: Vec<AddressSet>, one_way: bool },
}

impl LinkSet {
    pub(super) fn has(&self, from: usize, to: usize) -> bool {
        match self {
            LinkSet::All => true,
            LinkSet::Of(nodes) => nodes.has(from) || nodes.has(to),
            LinkSet::Between { groups, .. }
                if groups.iter().any(|group| group.has(from) && group.has(to)) =>
            {
                false
            }
            LinkSet::Between { groups, one_way: true } => {
                groups[0].has(from) && groups[1..].iter().any(|group| group.has(to))
            }
            LinkSet::Between { groups, one_way: false } => {
                groups.iter().any(|group| group.has(from))
                    && groups.iter().any(|group| group.has(to))
            }
        }
    }
}

/// What a fault does to messages on its links.
#[derive(Clone, Debug)]
pub(crate) enum LinkFault {
    Cut,
    Loss(Chance),
    Delay(SpanRange),
    Duplicate(Chance, Option<SpanRange>),
    Reorder(Chance, SpanRange),
    Corrupt(Chance),
}
