//! A replicated state cut into pieces, to be sent one by one.
//!
//! The session table goes in slices, and with the last of them the state of the service, which cannot be looked
//! into.

use crate::session::Sessions;
use serde::Serialize;
use sim_core::Service;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

/// How many bytes a session takes on the wire, and the state of a service.
const SESSION_SIZE: usize = 64;
const STATE_SIZE: usize = 1_024;

/// A piece of a state.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Piece<S: Service> {
    sessions: Sessions<S::Reply>,
    state: Option<S>,
}

impl<S: Service> Debug for Piece<S> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "[{} sessions", self.sessions.len())?;
        self.state.as_ref().map_or(Ok(()), |state| write!(f, ", {state:?}"))?;
        f.write_str("]")
    }
}

impl<S: Service> Piece<S> {
    /// The `nth` of `count` pieces of a state, from 0.
    pub(crate) fn cut(state: &S, sessions: &Sessions<S::Reply>, nth: u32, count: u32) -> Self {
        let sessions = sessions.slices(count as usize)(nth as usize);
        let state = (nth + 1 == count).then(|| state.clone());
        Piece { sessions, state }
    }

    /// The state that these pieces, in order, are all of.
    pub(crate) fn assemble(pieces: &[Arc<Piece<S>>]) -> (S, Sessions<S::Reply>) {
        let mut sessions = Sessions::default();
        pieces.iter().for_each(|piece| sessions.merge(&piece.sessions));
        let state = pieces.iter().find_map(|piece| piece.state.clone()).unwrap_or_default();
        (state, sessions)
    }

    /// About how many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.sessions.len() * SESSION_SIZE + if self.state.is_some() { STATE_SIZE } else { 0 }
    }
}
