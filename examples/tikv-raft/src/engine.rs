//! The crate's `RawNode` as plain data, and free of the randomness of its own.
//!
//! **Timeouts.** Whenever the crate resets a node it draws an election timeout from `rand`'s thread-local generator.
//! It is looked at by the next tick, and by nothing before. So what the crate drew never matters if another stands
//! in its place when each call into the crate has been handled: [`Engine::pin`] sees to that. A fresh one
//! is drawn, from the node's own stream, whenever the term or the role has changed, which every reset does.
//!
//! **Copies.** A process can be copied, as a liar's twin is, and a `RawNode` cannot. But between two events
//! all that it was asked to persist is in its storage and all that it wanted sent is sent, and what else it knows
//! can be read and set: a copy is a node started from that storage and told the rest.

use crate::store::Store;
use raft::{Config, RawNode, StateRole};
use serde::{Serialize, Serializer};
use splitbrain::sim_core::Rng;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};

/// A `RawNode` over our storage.
pub struct Engine {
    raw: RawNode<Store>,
    settings: Config,
    /// In ticks: the timeout that counts, and the term and role that it was drawn for.
    timeout: usize,
    drawn_for: (u64, StateRole),
}

impl Engine {
    /// Starts the crate from a storage. It panics where the crate does: when the storage contradicts itself.
    pub fn start(settings: &Config, store: Store, rng: &mut Rng) -> Engine {
        let mut engine = Engine::bare(settings, store);
        engine.draw(rng);
        engine
    }

    fn bare(settings: &Config, store: Store) -> Engine {
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let raw =
            RawNode::new(settings, store, &logger).expect("what was complained of is not run");
        let drawn_for = (raw.raft.term, raw.raft.state);
        let timeout = settings.min_election_tick();
        Engine { raw, settings: settings.clone(), timeout, drawn_for }
    }

    /// Puts our own timeout in place of whatever the crate has drawn.
    pub fn pin(&mut self, rng: &mut Rng) {
        if self.drawn_for != (self.raft.term, self.raft.state) {
            self.drawn_for = (self.raft.term, self.raft.state);
            self.draw(rng);
        }
        self.raw.raft.set_randomized_election_timeout(self.timeout);
    }

    fn draw(&mut self, rng: &mut Rng) {
        let (least, end) = (self.settings.min_election_tick(), self.settings.max_election_tick());
        self.timeout = least + rng.index(end - least);
        self.raw.raft.set_randomized_election_timeout(self.timeout);
    }

    /// What the crate reads.
    #[inline]
    pub fn store(&self) -> &Store {
        self.raw.raft.store()
    }

    /// The same, to be written.
    #[inline]
    pub fn store_mut(&mut self) -> &mut Store {
        self.raw.raft.mut_store()
    }

    /// All that it knows, as plain values.
    fn view(&self) -> View {
        let raft = &self.raw.raft;
        let mut peers: Vec<[u64; 4]> = raft
            .prs()
            .iter()
            .map(|(id, peer)| [*id, peer.matched, peer.next_idx, peer.state as u64])
            .collect();
        peers.sort_unstable();
        let mut votes: Vec<_> = raft.prs().votes().iter().map(|(id, yes)| (*id, *yes)).collect();
        votes.sort_unstable();
        let entries = self.store().entries();
        View {
            hard: [raft.term, raft.vote, raft.raft_log.committed],
            role: role_name(raft.state),
            leader: raft.leader_id,
            applied: raft.raft_log.applied,
            elapsed: [raft.election_elapsed, raft.heartbeat_elapsed(), self.timeout],
            base: self.store().base(),
            log: entries.iter().map(|entry| (entry.term, entry.data.to_vec())).collect(),
            peers,
            votes,
            reads: raft.read_only.read_index_queue.iter().cloned().collect(),
        }
    }
}

/// A role in a word.
pub fn role_name(role: StateRole) -> &'static str {
    match role {
        StateRole::Follower => "follows",
        StateRole::PreCandidate => "sounds out",
        StateRole::Candidate => "campaigns",
        StateRole::Leader => "leads",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
struct View {
    hard: [u64; 3],
    role: &'static str,
    leader: u64,
    applied: u64,
    elapsed: [usize; 3],
    base: u64,
    log: Vec<(u64, Vec<u8>)>,
    peers: Vec<[u64; 4]>,
    votes: Vec<(u64, bool)>,
    reads: Vec<Vec<u8>>,
}

impl Clone for Engine {
    fn clone(&self) -> Engine {
        let from = &self.raw.raft;
        let settings = Config { applied: from.raft_log.applied, ..self.settings.clone() };
        let mut copy = Engine::bare(&settings, self.store().clone());
        (copy.timeout, copy.drawn_for) = (self.timeout, self.drawn_for);
        let to = &mut copy.raw.raft;
        *to.mut_prs() = from.prs().clone();
        (to.term, to.vote, to.leader_id, to.state) =
            (from.term, from.vote, from.leader_id, from.state);
        to.raft_log.committed = from.raft_log.committed;
        to.lead_transferee = from.lead_transferee;
        to.pending_conf_index = from.pending_conf_index;
        to.pending_request_snapshot = from.pending_request_snapshot;
        to.read_only = from.read_only.clone();
        // Only ticking moves a leader's second clock. It has not run out, so that nothing else comes of it.
        for _ in 0..from.heartbeat_elapsed() {
            to.tick();
        }
        to.election_elapsed = from.election_elapsed;
        to.set_randomized_election_timeout(self.timeout);
        // That it leads, or whom it follows, is no news.
        if copy.raw.has_ready() {
            let news = copy.raw.ready();
            copy.raw.advance(news);
        }
        copy
    }
}

impl Deref for Engine {
    type Target = RawNode<Store>;
    #[inline]
    fn deref(&self) -> &RawNode<Store> {
        &self.raw
    }
}
impl DerefMut for Engine {
    #[inline]
    fn deref_mut(&mut self) -> &mut RawNode<Store> {
        &mut self.raw
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}
impl PartialEq for Engine {
    fn eq(&self, other: &Engine) -> bool {
        self.view() == other.view()
    }
}
impl Eq for Engine {}
impl Hash for Engine {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.view().hash(state);
    }
}
impl Serialize for Engine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.view().serialize(serializer)
    }
}
