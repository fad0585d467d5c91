//! What carries messages.
