//! Named layouts of sites.
