//! What is asked: scenario files, and what a seed draws from them.
//!
//! | room | what is in it |
//! |---|---|
//! | [`mod@format`] | text in, a scenario or every problem with it out |
//! | [`plan`] | what a seed draws from a scenario: faults with their times written out |
//! | [`nemesis`] | faults that a seed makes up |
//! | [`words`] | the catalogue of protocols, as the words that scenarios may use |
//! | [`run`] | a scenario over many seeds |
//! | [`measured`] | what one run measured, number by number |
//! | [`mod@compare`] | several protocols or scenarios on the same seeds |
//! | [`campaign`] | the hunt for failures over many seeds, uniform or guided, cut and shared |
//! | [`mutants`] | bugs planted on purpose, and what notices them |
//! | [`explicit`] | a seed's run as a scenario of its own |
//! | [`mod@shrink`] | the least that still breaks as a failure did |
//! | [`library`] | the scenarios that ship |
//! | [`failure`] | a failure, kept for its replay |

pub mod between;
pub mod campaign;
pub mod compare;
pub mod explicit;
pub mod failure;
pub mod fingerprint;
pub mod format;
pub mod library;
pub mod measured;
pub mod mutants;
pub mod nemesis;
pub mod plan;
pub mod run;
pub mod shrink;
pub mod tally;
pub mod words;
