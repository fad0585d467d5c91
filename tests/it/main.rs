//! The command as its users meet it, and the house as its builders should find it.
//!
//! | room | what is tested |
//! |---|---|
//! | [`cli`] | every command, its output for people and for machines, its exit codes |
//! | [`determinism`] | the same bytes with any number of threads, and in every build |
//! | [`fuzz`] | campaigns: uniform, guided, cut, shared, killed |
//! | [`failures`] | failure files: written, replayed, damaged |
//! | [`shrinking`] | a failure reduced to a scenario |
//! | [`measures`] | what each run measured, in files |
//! | [`bad_input`] | what is no scenario, and command lines that nobody should write |
//! | [`in_tests`] | a hunt inside `cargo test` |
//! | [`library_example`] | a protocol of one's own in a small program |
//! | [`tidy`] | the walls between the crates |
//! | [`room`] | a folder of one's own in which the command is run |

mod bad_input;
mod cli;
mod compared;
mod determinism;
mod failures;
mod fuzz;
mod in_tests;
mod library_example;
mod measures;
mod room;
mod shrinking;
mod tidy;
