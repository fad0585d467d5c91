//! Drivers: who picks what happens next.
//!
//! A world does not run by itself. Each driver here picks in its own way, and whichever it is, the same observers
//! see the same kinds of step.
//!
//! | driver | picks |
//! |---|---|
//! | [`timed`] | the earliest event: the simulation |
//! | [`scripted`] | the event that a golden script names |
//! | [`replay`] | the event that a recording names, and says where a run departs from it |

pub mod replay;
pub mod scripted;
pub mod timed;
