//! What reports look like, and what they must never do.

mod build;
mod limits;
mod machine;
mod stories;
mod texts;
