//! splitbrain
