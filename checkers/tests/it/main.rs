//! Everything that can be said of the crate from outside.

mod acceptance;
mod clients;
mod explanations;
mod foreign;
mod oracle;
mod serializable;
mod written;
