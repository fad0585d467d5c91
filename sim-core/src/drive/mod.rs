//! Who picks what happens next.
