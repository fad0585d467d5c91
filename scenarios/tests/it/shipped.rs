//! The scenarios that ship, read with the words of the real catalogue.

use scenarios::format::{Vocabulary, read};
use scenarios::library::LIBRARY;
use scenarios::plan;
use scenarios::words::Words;

#[test]
fn every_shipped_scenario_is_read_and_planned() {
    let words = Words::of(protocols::all());
    assert!(!LIBRARY.is_empty());
    for shipped in LIBRARY {
        let scenario = read(shipped.text.as_bytes(), shipped.name, &words)
            .unwrap_or_else(|problems| panic!("{problems}"));
        for subject in &scenario.subjects {
            let protocol = words.protocol(&subject.protocol).expect("it was read");
            let nodes = plan::nodes(&scenario.nodes, protocol, &subject.options, 1);
            assert!(protocol.nodes().contains(&nodes), "{}: {nodes} nodes", shipped.name);
            let drawn = plan::draw(&scenario, protocol, &subject.options, 1, nodes);
            let asks = !scenario.faults.is_empty() || scenario.nemesis.is_some();
            assert_eq!(!drawn.strikes.is_empty(), asks, "{}", shipped.name);
        }
    }
}
