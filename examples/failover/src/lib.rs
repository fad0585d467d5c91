//! A key-value store on a primary with backups: small enough to read in one sitting, and wrong in one line if you like.
//!
//! | room | what is in it |
//! |---|---|
//! | [`message`] | what nodes tell each other, and what they write down |
//! | [`node`] | the protocol |
//! | [`options`] | what scenarios may tune, and two mistakes that can be planted |
//! | `promises` | what it promises: this is what splitbrain checks |

pub mod message;
pub mod node;
pub mod options;
mod promises;

pub use node::Failover;

/// The catalogue: the protocol under its name.
pub fn catalogue() -> splitbrain::protocols::Catalogue {
    splitbrain::catalogue! { "failover" => Failover }
}
