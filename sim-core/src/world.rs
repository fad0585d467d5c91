//! Every node, every client, and everything in flight.
use crate::nodes::Nodes;
use crate::observe::Machine;
use crate::process::*;
use crate::service::*;
/// what can happen
#[derive(Clone, Debug)]
pub enum Event<P: Process> {
    /// a
    Message {
        /// a
        from: NodeId,
        /// a
        to: Machine,
        /// a
        message: P::Message,
    },
    /// b
    Request {
        /// a
        to: Machine,
        /// a
        request: Request<P::Service>,
    },
}
/// stub
pub struct World<P: Process> {
    /// nodes
    pub nodes: Nodes<P>,
}
