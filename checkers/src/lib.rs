//! Judges histories and facts: what clients saw, against what a single correct copy of the service would have done,
//! and what nodes claim, against what must never be.
//!
//! | room | what is in it |
//! |---|---|
//! | [`linearizable`] | whether one order explains a history, and why not |
//! | [`serializable`] | whether transactions saw what their isolation level promises, and which anomaly if not |
//! | [`safety`] | what no run may ever show: one file a checker, from facts alone |
//! | [`liveness`] | whether what could recover did |
//! | [`model`] | services as sequential specifications, the key-value store of most scenarios among them |
//! | [`client`] | sessions: time-outs, retries, redirection |
//! | [`foreign`] | histories that others recorded |

pub mod client;
pub mod foreign;
pub mod linearizable;
pub mod liveness;
pub mod model;
pub mod safety;
pub mod serializable;

pub use linearizable::{Judgement, check};
pub use model::Model;
