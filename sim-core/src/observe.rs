//! What is seen: steps, and the observers that see them.
//!
//! Traces, invariants, histories, measurements and golden output are all observers. None is wired into the
//! world, and none can change what happens.

use crate::context::{Effect, Kinds};
use crate::fact::{Claim, Fact};
use crate::fault::{FaultId, FaultKind};
use crate::nodes::Nodes;
use crate::process::{NodeId, Process};
use crate::service::{ClientEffect, Request, RequestId};
use crate::time::Time;

/// A machine: what has a disk and a clock, and what cuts and crashes name. The identity that it bears is its
/// [`NodeId`]; they are told apart because two machines may one day bear one identity.
pub type Machine = u32;

/// One step of a node: what it was given, and the effects that happened then.
#[derive(Debug)]
pub struct Step<'a, P: Process> {
    /// When, in true time.
    pub at: Time,
    /// The steps of a run count from 1, the clients' and the faults' among them.
    pub number: u64,
    /// The event that caused it, by its place in the order in which events were made.
    pub event: u64,
    /// Events that this step makes are numbered from here on.
    pub next_event: u64,
    /// Who, by identity.
    pub node: NodeId,
    /// Who, by machine.
    pub machine: Machine,
    /// Why.
    pub cause: Cause<'a, P>,
    /// What happened of what it asked for. What waits behind a barrier comes later, with [`Cause::Synced`].
    pub effects: &'a [Effect<P>],
    /// Of which kinds those are, so that who looks for one kind need not look through all.
    pub kinds: Kinds,
}

/// Why a node took a step.
#[derive(Debug)]
pub enum Cause<'a, P: Process> {
    /// It booted.
    Boot,
    /// A message arrived.
    Message {
        /// From whom.
        from: NodeId,
        /// What it says.
        message: &'a P::Message,
    },
    /// A request arrived.
    Request(&'a Request<P::Service>),
    /// A timer ran out.
    Timer(P::Timer),
    /// The disk has what was written; what waited for that now happens.
    Synced,
}

impl<P: Process> Step<'_, P> {
    /// The facts that the node claimed in this step.
    #[inline]
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        let effects = if self.kinds.any_of(Kinds::CLAIMS) { self.effects } else { &[] };
        effects.iter().filter_map(|effect| match effect {
            Effect::Claim(Claim { group: 0, fact }) => Some(fact),
            _ => None,
        })
    }
}

/// One step of a client.
#[derive(Debug)]
pub struct ClientStep<'a, P: Process> {
    /// When.
    pub at: Time,
    /// The step's number in the run.
    pub number: u64,
    /// The event that caused it.
    pub event: u64,
    /// Events that this step makes are numbered from here on.
    pub next_event: u64,
    /// Who.
    pub client: NodeId,
    /// The request that was answered and by whom, if an answer caused the step.
    pub answered: Option<(NodeId, RequestId)>,
    /// What the client did.
    pub effects: &'a [ClientEffect<P::Service>],
}

/// Something that went wrong, or went right again.
#[derive(Clone, Debug)]
pub struct FaultStep<'a> {
    /// When.
    pub at: Time,
    /// The step's number in the run.
    pub number: u64,
    /// Events that this step makes are numbered from here on.
    pub next_event: u64,
    /// Which fault.
    pub id: FaultId,
    /// Of which kind.
    pub kind: FaultKind,
    /// What became of it.
    pub phase: FaultPhase,
    /// The machines that it hit; for cuts, those on its sides; clients count from [`NodeId::client`].
    pub hit: &'a [NodeId],
    /// What happened, in words.
    pub words: &'a str,
}

/// What became of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultPhase {
    /// It struck.
    Strikes,
    /// It is over.
    Heals,
    /// It found nobody to strike.
    Idle,
}

/// A message that did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// When that was decided.
    pub at: Time,
    /// The event that would have been its arrival.
    pub event: u64,
    /// From whom.
    pub from: NodeId,
    /// For whom.
    pub to: NodeId,
    /// Why.
    pub why: LostTo,
}

/// Why a message did not arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LostTo {
    /// The link lost it.
    Chance,
    /// The link was cut.
    Cut,
    /// It was damaged.
    Corruption,
    /// Its receiver was down.
    Crash,
}

/// Sees every step. It can change nothing.
pub trait Observer<P: Process> {
    /// A node took a step. `nodes` are as they are after it.
    fn observe(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>);
    /// A client took a step.
    #[inline]
    fn client(&mut self, _step: &ClientStep<'_, P>) {}
    /// A fault struck or healed. `nodes` are as they are after it.
    #[inline]
    fn fault(&mut self, _nodes: &Nodes<P>, _step: &FaultStep<'_>) {}
    /// A message was lost.
    #[inline]
    fn lost(&mut self, _lost: &Lost) {}
}

impl<P: Process> Observer<P> for () {
    #[inline]
    fn observe(&mut self, _: &Nodes<P>, _: &Step<'_, P>) {}
}

impl<P: Process, O: Observer<P> + ?Sized> Observer<P> for &mut O {
    #[inline]
    fn observe(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) {
        (**self).observe(nodes, step);
    }
    #[inline]
    fn client(&mut self, step: &ClientStep<'_, P>) {
        (**self).client(step);
    }
    #[inline]
    fn fault(&mut self, nodes: &Nodes<P>, step: &FaultStep<'_>) {
        (**self).fault(nodes, step);
    }
    #[inline]
    fn lost(&mut self, lost: &Lost) {
        (**self).lost(lost);
    }
}

impl<P: Process, O: Observer<P>> Observer<P> for Option<O> {
    #[inline]
    fn observe(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) {
        if let Some(observer) = self {
            observer.observe(nodes, step);
        }
    }
    #[inline]
    fn client(&mut self, step: &ClientStep<'_, P>) {
        if let Some(observer) = self {
            observer.client(step);
        }
    }
    #[inline]
    fn fault(&mut self, nodes: &Nodes<P>, step: &FaultStep<'_>) {
        if let Some(observer) = self {
            observer.fault(nodes, step);
        }
    }
    #[inline]
    fn lost(&mut self, lost: &Lost) {
        if let Some(observer) = self {
            observer.lost(lost);
        }
    }
}

macro_rules! observe_together {
    ($($name:ident $place:tt),+) => {
        impl<P: Process, $($name: Observer<P>),+> Observer<P> for ($($name,)+) {
            #[inline]
            fn observe(&mut self, nodes: &Nodes<P>, step: &Step<'_, P>) {
                $(self.$place.observe(nodes, step);)+
            }
            #[inline]
            fn client(&mut self, step: &ClientStep<'_, P>) {
                $(self.$place.client(step);)+
            }
            #[inline]
            fn fault(&mut self, nodes: &Nodes<P>, step: &FaultStep<'_>) {
                $(self.$place.fault(nodes, step);)+
            }
            #[inline]
            fn lost(&mut self, lost: &Lost) {
                $(self.$place.lost(lost);)+
            }
        }
    };
}
observe_together!(A 0, B 1);
observe_together!(A 0, B 1, C 2);
observe_together!(A 0, B 1, C 2, D 3);
observe_together!(A 0, B 1, C 2, D 3, E 4);
observe_together!(A 0, B 1, C 2, D 3, E 4, F 5);
