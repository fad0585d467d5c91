//! Distributed algorithms, one folder a protocol, each opening with an essay on its paper, its roles, its promises
//! and its caveats.
//!
//! To add one is to add its folder and two lines here: its module, and its entry in [`ALL`].

pub mod catalogue;
pub mod promise;
pub mod protocol;
pub mod run;

pub use catalogue::{Catalogue, Entry};
pub use promise::Promise;
pub use protocol::{BugAbout, Protocol};
pub use run::{Job, Options, Ran};
