//! Scenario files as their authors meet them.

mod errors;
mod hostile;
mod library;
mod plans;
mod reads;
mod schema;
mod shipped;
mod shrunk;
mod swarm;
mod tally;
mod variants;
mod words;
mod written;
