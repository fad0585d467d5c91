//! Judges histories: what clients saw, against what a single correct copy of the service would have done.
//!
//! | room | what is in it |
//! |---|---|
//! | [`linearizable`] | whether one order explains a history, and why not |
//! | [`liveness`] | whether what could recover did |
//! | [`safety`] | what facts alone show to be wrong at a step |
//! | [`model`] | services as sequential specifications, the key-value store of most scenarios among them |
//! | [`client`] | sessions: time-outs, retries, redirection |
//! | [`foreign`] | histories that others recorded |

pub mod client;
pub mod foreign;
pub mod linearizable;
pub mod liveness;
pub mod model;
pub mod safety;

pub use linearizable::{Judgement, check};
pub use model::Model;
