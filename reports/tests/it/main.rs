//! What reports look like, and what they must never do.

mod build;
mod exports;
mod limits;
mod machine;
mod page;
mod stories;
mod texts;
