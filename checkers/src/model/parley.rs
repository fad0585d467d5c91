//! Nothing that clients could ask: for protocols whose nodes settle matters among themselves.

use super::{Access, Act, Model};
use crate::client::Silent;
use serde::Serialize;
use sim_core::Service;

/// Nobody asks for anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Parley;

impl Service for Parley {
    type Op = ();
    type Reply = ();
    type Client = Silent<Parley>;
    fn apply(&mut self, (): &()) {}
    fn read_op(text: &str) -> Option<()> {
        (text == Parley::show_op(&())).then_some(())
    }
}

impl Model for Parley {
    fn access((): &()) -> Access<()> {
        Access::Read
    }
    fn inert(_: Act<'_, Self>) -> bool {
        true
    }
}
