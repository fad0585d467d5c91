//! A node can be copied, and the copy goes on as the first does.

use crate::{course, scenario};

#[test]
fn placeholder() {
    let scenario = scenario("soak.toml");
    let _ = course("soak.toml", &scenario);
}
