//! Runs in the forms of other tools, read back by readers that are not ours where there are any.

use crate::build::{C1, N1, N2, Story, claim, forgotten_vote, ms, send, stale_read};
use reports::export::{FORMS, Shown, form};
use serde_json::Value;
use sim_core::fault::FaultKind;
use sim_core::outcome::Outcome;
use sim_core::summary::Breach;
use sim_core::trace::{Trace, TraceCause, TraceEffect, TraceOperation};
use sim_core::{Fact, NodeId, RequestId, Time};
use std::collections::BTreeMap;

const EVIL: &str = "</script>\"'\\ \u{202e}]]>--> %% ; # <b>&amp; \u{0}\u{7}\n\t}{)(";

fn written(name: &str, title: &str, trace: &Trace, breach: &Breach) -> String {
    let shown = Shown { title, outcome: &Outcome::default(), trace, breach };
    (form(name).expect("a form").write)(&shown)
}

/// A run in which everything is hostile that a scenario or a protocol may say.
fn evil() -> (Trace, Breach) {
    let mut story = Story::default();
    story.boot(Time::ZERO, N1);
    story.boot(Time::ZERO, N2);
    let asked = vec![TraceEffect::Invoke { text: format!("c1#1 put {EVIL} 1") }];
    story.step(ms(1), C1, 0, TraceCause::Client, asked);
    story.fault(ms(2), ("1", FaultKind::Cut, "strikes"), &[N1], EVIL);
    let sent = story.timer(ms(3), N1, vec![claim(Fact::Leads { epoch: 1 }), send(N2, "m", EVIL)]);
    let leads = vec![claim(Fact::Leads { epoch: 1 })];
    story.gets(ms(4), N2, (sent, N1, "m", EVIL), leads);
    let ended = vec![TraceEffect::Return { text: format!("c1#1 {EVIL}"), ok: true }];
    story.step(ms(5), C1, 0, TraceCause::Client, ended);
    story.trace.operations = vec![TraceOperation {
        id: RequestId { client: C1, number: 1 },
        op: format!("put {EVIL} 1"),
        reply: EVIL.to_owned(),
        invoked: ms(1),
        returned: Some(ms(5)),
        done: Some(true),
        key: 0,
        point: None,
    }];
    let step = story.trace.steps.len() as u64 - 1;
    let why = format!("n1 and n2 both lead term 1 {EVIL}");
    let breach =
        Breach { property: "election-safety".into(), why, step: Some(step), ..Breach::default() };
    (story.trace, breach)
}

fn runs() -> Vec<(Trace, Breach)> {
    let empty = (Trace::default(), Breach::default());
    vec![forgotten_vote(), stale_read(), evil(), empty]
}

/// Operations as a history has them: asked in turn by two clients, the last without an end.
fn history() -> Trace {
    let mut story = Story::default();
    let all = [
        ("put x 1", "ok", Some(true)),
        ("get x", "nil", Some(true)),
        ("cas x 1 2", "", None),
        ("append \"q\\ 3", "ok", Some(false)),
        ("get x", "[1, 3]", Some(true)),
        ("get y", "", None),
    ];
    for (place, (op, reply, done)) in all.into_iter().enumerate() {
        let client = NodeId::client(place as u32 % 2);
        let id = RequestId { client, number: place as u32 / 2 + 1 };
        let (from, until) = (ms(10 * place as u64), ms(10 * place as u64 + 5));
        let is_open = place == 5;
        let asked = vec![TraceEffect::Invoke { text: format!("{id} {op}") }];
        story.step(from, client, 0, TraceCause::Client, asked);
        if !is_open {
            let ended =
                vec![TraceEffect::Return { text: format!("{id} {reply}"), ok: done == Some(true) }];
            story.step(until, client, 0, TraceCause::Client, ended);
        }
        story.trace.operations.push(TraceOperation {
            id,
            op: op.to_owned(),
            reply: reply.to_owned(),
            invoked: from,
            returned: (!is_open).then_some(until),
            done,
            key: 0,
            point: None,
        });
    }
    story.trace
}

#[test]
fn a_history_in_edn_is_read_by_another_reader() {
    let text = written("jepsen-edn", "t", &history(), &Breach::default());
    insta::assert_snapshot!(text);
    for (trace, breach) in runs() {
        let text = written("jepsen-edn", "t", &trace, &breach);
        for line in text.lines() {
            let read = edn_format::parse_str(line).unwrap_or_else(|why| panic!("{line}: {why}"));
            let edn_format::Value::Map(map) = read else { panic!("{line} is no map") };
            assert_eq!(map.len(), 6, "{line}");
        }
    }
    let (trace, breach) = evil();
    assert_eq!(written("jepsen-edn", EVIL, &trace, &breach).lines().count(), 2);
}

#[test]
fn a_history_in_json_says_the_same() {
    let read: Value =
        serde_json::from_str(&written("jepsen-json", "t", &history(), &Breach::default()))
            .expect("JSON");
    let events = read.as_array().expect("an array");
    let types: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(
        types,
        [
            "invoke", "ok", "invoke", "ok", "invoke", "info", "invoke", "fail", "invoke", "ok",
            "invoke"
        ]
    );
    assert_eq!(events[9]["value"], serde_json::json!(["x", [1, 3]]));
    assert_eq!(events[8]["process"], 2, "an operation that ended unknown ends its process");
}

#[test]
fn a_drawn_sequence_is_xml() {
    for (trace, breach) in runs() {
        for title in ["A run", EVIL] {
            let text = written("svg", title, &trace, &breach);
            let read =
                roxmltree::Document::parse(&text).unwrap_or_else(|why| panic!("{why}\n{text}"));
            assert_eq!(read.root_element().tag_name().name(), "svg");
            assert!(!read.descendants().any(|node| node.has_tag_name("script")));
        }
    }
}

#[test]
fn a_graph_is_read_by_another_reader() {
    for (trace, breach) in runs() {
        for title in ["A run", EVIL] {
            let text = written("graphviz", title, &trace, &breach);
            let read = dot_parser::ast::Graph::try_from(text.as_str());
            assert!(read.is_ok(), "{:?}\n{text}", read.err());
        }
    }
    let (trace, breach) = forgotten_vote();
    insta::assert_snapshot!(written("graphviz", "A run", &trace, &breach));
}

#[test]
fn diagrams_for_markdown_say_what_matters() {
    let (trace, breach) = forgotten_vote();
    insta::assert_snapshot!(written("mermaid", "A run", &trace, &breach));
    let (trace, breach) = evil();
    let hostile = written("mermaid", EVIL, &trace, &breach);
    // Mermaid itself reads both, in `web/test/exports.test.mjs`.
    insta::assert_snapshot!("a_diagram_of_hostile_texts", hostile);
    for line in hostile.lines().skip(1) {
        assert!(!line.contains(['<', ';', '"', '{']) || line.contains("#"), "{line}");
    }
}

/// The clocks of a log, each with its host, and what they say.
fn clocks(text: &str) -> Vec<(String, BTreeMap<String, u64>, String)> {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)"));
    assert_eq!(lines.next(), Some(""));
    let mut events = Vec::new();
    while let (Some(head), Some(event)) = (lines.next(), lines.next()) {
        let (host, clock) = head.split_once(' ').expect("a host and its clock");
        let clock = serde_json::from_str(clock).expect("a clock is JSON");
        events.push((host.to_owned(), clock, event.to_owned()));
    }
    events
}

#[test]
fn vector_clocks_count_own_steps_and_know_what_was_heard() {
    for (trace, breach) in runs() {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let mut known: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for (host, clock, event) in clocks(&written("shiviz", "t", &trace, &breach)) {
            let count = counts.entry(host.clone()).or_default();
            *count += 1;
            assert_eq!(clock[&host], *count, "{event}");
            let before = known.insert(host.clone(), clock.clone()).unwrap_or_default();
            assert!(before.iter().all(|(of, n)| clock[of] >= *n), "nothing is forgotten: {event}");
        }
    }
    let (trace, breach) = evil();
    let log = clocks(&written("shiviz", "t", &trace, &breach));
    let heard = log.iter().find(|(_, _, event)| event.contains("◄ n1 m")).expect("n2 hears n1");
    assert_eq!((heard.1["n1"], heard.1["n2"]), (3, 2), "n1 boots, is cut off, and then sends");
}

#[test]
fn a_trace_for_perfetto_has_whole_events_and_flows() {
    for (trace, breach) in runs() {
        let text = written("perfetto", EVIL, &trace, &breach);
        let read: Value = serde_json::from_str(&text).expect("JSON");
        let mut flows: BTreeMap<u64, f64> = BTreeMap::new();
        for event in read["traceEvents"].as_array().expect("events") {
            assert!(event["pid"].is_u64() && event["name"].is_string(), "{event}");
            // Some readers want these of every event.
            assert!(event["tid"].is_u64() && event["ts"].is_number(), "{event}");
            assert!(event["cat"].is_string(), "{event}");
            match event["ph"].as_str().expect("a phase") {
                "M" => assert!(event["args"]["name"].is_string()),
                "X" => assert!(
                    event["ts"].is_number() && event["dur"].as_f64() >= Some(0.0),
                    "{event}"
                ),
                "s" => {
                    flows.insert(
                        event["id"].as_u64().expect("an id"),
                        event["ts"].as_f64().unwrap(),
                    );
                }
                "f" => {
                    let begun = flows[&event["id"].as_u64().expect("an id")];
                    assert!(begun <= event["ts"].as_f64().unwrap(), "{event}");
                }
                "b" | "e" | "n" => assert!(event["id"].is_string(), "{event}"),
                other => panic!("{other} is no phase that is written"),
            }
        }
    }
}

#[test]
fn forms_have_names_of_their_own_and_one_line_each() {
    let names: Vec<&str> = FORMS.iter().map(|form| form.name).collect();
    let mut apart = names.clone();
    apart.sort_unstable();
    apart.dedup();
    assert_eq!(apart.len(), names.len());
    assert!(FORMS.iter().all(|form| !form.about.contains('\n')));
    assert!(form("dot").is_none());
}

#[test]
fn only_what_was_heard_is_a_message_whatever_number_its_event_has() {
    let mut story = Story::default();
    story.boot(ms(0), N1);
    story.boot(ms(0), N2);
    // A stream that a cut holds back: it is delivered in an event that another step makes.
    story.timer(ms(1), N1, vec![send(N2, "held", "held back")]);
    let made = story.timer(ms(2), N2, vec![send(N2, "own", "to itself")]);
    story.gets(ms(3), N2, (made, N1, "held", "held back"), vec![]);
    // A timer that was set for later meanwhile: it has a number of the time at which it queued itself again.
    let cause = TraceCause::Timer { text: "Election".into() };
    story.step(ms(4), N1, made, cause, vec![]);
    let breach = Breach::default();

    let read: Value =
        serde_json::from_str(&written("perfetto", "t", &story.trace, &breach)).expect("JSON");
    let events = read["traceEvents"].as_array().expect("events");
    let flows = |phase: &str| {
        let found = events.iter().filter(|event| event["ph"] == phase);
        found.map(|event| (event["pid"].as_u64(), event["ts"].as_f64())).collect::<Vec<_>>()
    };
    assert_eq!(flows("s"), [(Some(1), Some(1_000.0))]);
    assert_eq!(flows("f"), [(Some(2), Some(3_000.0))]);

    let log = clocks(&written("shiviz", "t", &story.trace, &breach));
    let knows: Vec<_> = log.iter().map(|(_, clock, _)| clock.len()).collect();
    assert_eq!(knows, [1, 1, 1, 1, 2, 1], "n2 hears n1, and n1 hears nobody");
}
