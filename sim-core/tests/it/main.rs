//! The world, with a protocol that does what it is told.

mod barrier;
mod clocks;
mod drawing;
mod lies;
mod network;
mod puppet;
mod strikes;
mod timers;
