//! What is asked: scenario files, and what a seed draws from them.
//!
//! | room | what is in it |
//! |---|---|
//! | [`format`] | text in, a scenario or every problem with it out |
//! | [`plan`] | what a seed draws from a scenario: faults with their times written out |
//! | [`nemesis`] | faults that a seed makes up |

pub mod format;
pub mod nemesis;
pub mod plan;
