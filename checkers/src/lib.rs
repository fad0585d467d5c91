//! checkers

pub mod safety;
