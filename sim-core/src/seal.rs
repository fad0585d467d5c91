//! Who said what: seals, which stand for signatures and for vectors of message authentication codes.
//!
//! The network tells a receiver truly from whom a message came. That is not enough when somebody passes on what
//! another has said: a replica shows a client's request, or another's vote. So a process may put a [`Seal`] on a
//! value, and whoever is shown both can tell whether it was that process that sealed that value.
//!
//! **Nobody can forge.** A seal is made by the world alone, in the name of the identity that asks for it
//! ([`Context::seal`](crate::Context::seal)) or of the client that sent a request
//! ([`Context::request_seal`](crate::Context::request_seal)). It has no public constructor, and no reader of files
//! makes one. A liar may copy seals and show them again, with the value that they were put on or with another, and
//! may put its own on whatever it likes. That is all.
//!
//! **Two readings.** As a *signature* a seal is valid for everybody or for nobody. As a *vector of codes*, one for
//! each reader, it may be valid for some readers only: whoever made it may have made some of the codes wrong
//! (Castro and Liskov, "Practical Byzantine Fault Tolerance and Proactive Recovery", TOCS 2002, section 3; Clement
//! et al., "Making Byzantine Fault Tolerant Systems Tolerate Byzantine Faults", NSDI 2009, the big MAC attack). So
//! a reader that holds a valid one cannot be sure that it will convince another.

use crate::drive::replay::hash_of;
use crate::process::NodeId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::hash::Hash;

/// How a protocol authenticates what is passed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Authentication {
    /// By signatures: what convinces one reader convinces all.
    #[default]
    Signatures,
    /// By a vector of codes, one for each reader.
    Macs,
}

/// Readers for whom a seal's code is wrong: one bit a node, for the first 64 of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Spoiled(pub(crate) u64);

/// That somebody has said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Seal {
    author: NodeId,
    /// The fold of what was said.
    of: u64,
    spoiled: u64,
}

impl Seal {
    pub(crate) fn new(author: NodeId, content: &impl Hash, spoiled: Spoiled) -> Seal {
        Seal { author, of: hash_of(content), spoiled: spoiled.0 }
    }

    /// Who is said to have said it. Only [`Seal::convinces`] tells whether that is so.
    pub fn author(&self) -> NodeId {
        self.author
    }

    /// Whether `reader` is convinced that `author` has said `content`.
    pub fn convinces(
        &self,
        reader: NodeId,
        by: Authentication,
        author: NodeId,
        content: &impl Hash,
    ) -> bool {
        let spoiled = match by {
            Authentication::Signatures => self.spoiled != 0,
            Authentication::Macs => reader.index() < 64 && self.spoiled >> reader.index() & 1 == 1,
        };
        self.author == author && !spoiled && self.of == hash_of(content)
    }
}

/// What a liar has at hand when it makes up messages: its own name, randomness, and nothing of anybody else.
#[derive(Debug)]
pub struct Liar<'a> {
    pub(crate) id: NodeId,
    pub(crate) nodes: u32,
    pub(crate) rng: &'a mut crate::random::Rng,
}

impl Liar<'_> {
    /// Its own identity.
    pub fn id(&self) -> NodeId {
        self.id
    }
    /// How many nodes the cluster has.
    pub fn nodes(&self) -> u32 {
        self.nodes
    }
    /// Its randomness.
    pub fn rng(&mut self) -> &mut crate::random::Rng {
        self.rng
    }
    /// Its own seal on anything.
    pub fn seal(&self, content: &impl Hash) -> Seal {
        Seal::new(self.id, content, Spoiled::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READER: NodeId = NodeId(2);

    #[test]
    fn a_seal_convinces_of_its_author_and_content_alone() {
        let seal = Seal::new(NodeId(1), &"yes", Spoiled::default());
        let by = Authentication::Signatures;
        assert!(seal.convinces(READER, by, NodeId(1), &"yes"));
        assert!(!seal.convinces(READER, by, NodeId(1), &"no"));
        assert!(!seal.convinces(READER, by, NodeId(0), &"yes"));
    }

    #[test]
    fn a_vector_of_codes_may_convince_some_and_a_signature_all_or_nobody() {
        let seal = Seal::new(NodeId::client(0), &7, Spoiled(1 << 2));
        let convinces = |reader, by| seal.convinces(reader, by, NodeId::client(0), &7);
        assert!(convinces(NodeId(1), Authentication::Macs));
        assert!(!convinces(READER, Authentication::Macs));
        assert!(!convinces(NodeId(1), Authentication::Signatures));
    }
}
