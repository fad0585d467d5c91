//! The report of a run: what a page has in it, read back.

use crate::build::{N1, N2, Story, forgotten_vote, ms, send};
use crate::limits::busy_for;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reports::page::{About, page};
use serde_json::Value;
use sim_core::fault::FaultKind;
use sim_core::outcome::{Finding, Outcome, Verdict};
use sim_core::trace::{Trace, TraceBlame, TraceCause, TraceOperation};
use sim_core::{NodeId, RequestId, Span, Time};

const TEMPLATE: &str = include_str!("../../web/run.html");
const ABOUT: About<'_> = About {
    scenario: "raft/small",
    title: "Small",
    protocol: "raft",
    planted: &[],
    clients: 2,
    heal: Time(1_000_000_000),
    reproduce: "splitbrain replay raft/small --seed 7",
    settings: &[],
    story: "",
    property: &|property| format!("what {property} says"),
};

fn outcome(trace: &Trace, broken: Option<u64>) -> Outcome {
    let finding = |property: &str, verdict, step| Finding {
        property: property.to_owned(),
        verdict,
        promised: true,
        why: String::new(),
        at: None,
        step,
        beyond: Vec::new(),
    };
    let mut findings = vec![finding("log-matching", Verdict::Holds, None)];
    findings.extend(broken.map(|step| finding("election-safety", Verdict::Broken, Some(step))));
    Outcome {
        seed: 7,
        nodes: 3,
        steps: trace.steps.len() as u64,
        lasted: Span(trace.steps.last().map_or(0, |step| step.at.0)),
        findings,
        ..Outcome::default()
    }
}

/// The run in a page, and that the page is nothing else.
fn read(page: &str) -> Value {
    let (before, after) = TEMPLATE.split_once("@@RUN@@").expect("a place for the run");
    let run = page.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    let packed = BASE64_STANDARD.decode(run.expect("the page is the template and the run"));
    let json = miniz_oxide::inflate::decompress_to_vec(&packed.expect("base64"));
    serde_json::from_slice(&json.expect("deflated")).expect("JSON")
}

fn ints(value: &Value) -> Vec<i64> {
    value.as_array().expect("a column").iter().map(|n| n.as_i64().expect("a number")).collect()
}

/// The texts of a run, decoded as a page does.
struct Texts {
    all: Vec<String>,
    known: usize,
}

impl Texts {
    fn of(run: &Value) -> Texts {
        let texts = &run["texts"];
        let templates: Vec<&str> =
            texts["templates"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
        let mut last = vec![Vec::new(); templates.len()];
        let mut numbers = ints(&texts["numbers"]).into_iter();
        let mut all = Vec::new();
        for template in ints(&texts["template"]) {
            let template = template as usize;
            let mut parts = templates[template].split('\u{1}');
            let mut text = parts.next().unwrap().to_owned();
            for (place, part) in parts.enumerate() {
                if last[template].len() <= place {
                    last[template].push(0);
                }
                last[template][place] += numbers.next().expect("a number for each mark");
                text += &format!("{}{part}", last[template][place]);
            }
            all.push(text);
        }
        assert_eq!(numbers.next(), None);
        Texts { all, known: 0 }
    }

    fn text(&mut self, code: i64) -> &str {
        let place = match code {
            0 => return "",
            1 => {
                self.known += 1;
                self.known - 1
            }
            code if code < 0 => (-code - 1) as usize,
            code => self.known - (code as usize - 1),
        };
        &self.all[place]
    }
}

fn said(cause: &TraceCause) -> &str {
    match cause {
        TraceCause::Message { text, .. } | TraceCause::Timer { text } => text,
        _ => "",
    }
}

#[test]
fn every_step_and_word_is_read_back() {
    let (trace, breach) = forgotten_vote();
    let run = read(&page(&ABOUT, &outcome(&trace, breach.step), &trace));
    let steps = &run["steps"];
    let (says, count, state) = (ints(&steps["says"]), ints(&steps["count"]), ints(&steps["state"]));
    let effects = ints(&steps["effects"]["says"]);
    let (mut texts, mut effect, mut now) = (Texts::of(&run), 0, 0);
    for (place, step) in trace.steps.iter().enumerate() {
        now += ints(&steps["at"])[place];
        assert_eq!(now as u64, step.at.0);
        assert_eq!(texts.text(says[place]), said(&step.cause));
        assert_eq!(count[place] as usize, step.effects.len());
        for _ in &step.effects {
            texts.text(effects[effect]);
            effect += 1;
        }
        assert_eq!(texts.text(state[place]), "");
    }
    assert_eq!(effect, effects.len());
    let by = ints(&steps["by"]);
    let heard = trace.steps.iter().position(|s| matches!(s.cause, TraceCause::Message { .. }));
    assert_eq!(by[heard.unwrap()], 1, "the first heartbeat is heard in the step behind it");
    assert_eq!(run["findings"][0]["property"], "election-safety", "the worst first");
    assert_eq!(run["findings"][0]["about"], "what election-safety says");
    assert_eq!(run["head"]["seed"], "7");
    let roles = run["lives"]["role"].as_array().unwrap();
    assert!(roles.iter().any(|role| role == "leader"));
}

#[test]
fn faults_last_until_they_heal_or_the_end() {
    let mut story = Story::default();
    story.boot(Time::ZERO, NodeId(0));
    story.fault(ms(10), ("1", FaultKind::Cut, "strikes"), &[], "cut n1 | rest");
    story.fault(ms(20), ("2", FaultKind::BitRot, "strikes"), &[NodeId(1)], "rot a record of n2");
    story.fault(ms(30), ("3", FaultKind::Loss, "strikes"), &[], "lose 5%");
    story.fault(ms(40), ("1", FaultKind::Cut, "heals"), &[], "heal");
    story.fault(ms(50), ("4", FaultKind::Pause, "idle"), &[], "nobody is there");
    let run = read(&page(&ABOUT, &outcome(&story.trace, None), &story.trace));
    let until: Vec<Option<u64>> =
        run["faults"].as_array().unwrap().iter().map(|fault| fault["until"].as_u64()).collect();
    assert_eq!(until, [Some(40_000_000), None, Some(50_000_000), None]);
    assert_eq!(ints(&run["steps"]["what"]), [0, 0, 1, 2, 0, 3]);
    assert_eq!(ints(&run["steps"]["cause"]), [0, 7, 7, 7, 8, 9]);
    assert_eq!(ints(&run["faults"][1]["hit"]), [1]);
}

#[test]
fn operations_have_their_points_and_who_is_to_blame_is_found() {
    let mut story = Story::default();
    story.boot(Time::ZERO, NodeId(0));
    let id = |client, number| RequestId { client: NodeId::client(client), number };
    let operation = |id, op: &str, from, returned, point| TraceOperation {
        id,
        op: op.to_owned(),
        reply: "ok".to_owned(),
        invoked: ms(from),
        returned,
        done: Some(true),
        key: 3,
        point,
    };
    story.trace.operations = vec![
        operation(id(0, 1), "put x 1", 5, Some(ms(9)), Some(ms(6))),
        operation(id(1, 1), "get x", 7, None, None),
    ];
    story.trace.blame = Some(TraceBlame {
        key: 3,
        operations: vec![id(1, 1)],
        at: ms(9),
        sentence: "c2's get x returned 1".to_owned(),
    });
    let run = read(&page(&ABOUT, &outcome(&story.trace, None), &story.trace));
    let operations = &run["operations"];
    assert_eq!(ints(&operations["lane"]), [3, 4], "clients come after the three nodes");
    assert_eq!(ints(&operations["call"]), [5_000_000, 2_000_000]);
    assert_eq!(ints(&operations["took"]), [4_000_000, -1]);
    assert_eq!(ints(&operations["point"]), [1_000_000, -1]);
    assert_eq!(ints(&run["blame"]["operations"]), [1]);
}

#[test]
fn nothing_that_is_said_becomes_part_of_the_page() {
    let evil = "</script><script>alert(1)</script>\u{202e}\"'<!--\u{0}";
    let (mut trace, breach) = forgotten_vote();
    for step in &mut trace.steps {
        if let TraceCause::Message { text, .. } = &mut step.cause {
            text.push_str(evil);
        }
        step.state = Some(evil.repeat(3));
    }
    let huge = "9".repeat(1_000_000);
    let about = About { title: evil, scenario: &huge, story: evil, ..ABOUT };
    // It is nothing but the template and the run, or this panics.
    let run = read(&page(&about, &outcome(&trace, breach.step), &trace));
    assert_eq!(run["head"]["title"], evil);
    assert_eq!(run["head"]["scenario"], huge);
}

#[test]
fn a_long_run_fits_and_keeps_what_led_to_what_broke() {
    let mut trace = busy_for(5, 1, 120_000);
    for (step, salt) in trace.steps.iter_mut().zip(1u64..) {
        let salt = salt.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        step.state = Some(format!("log {} hash {salt:x}", salt % 1_000));
    }
    let broken = 100_000;
    let page = page(&ABOUT, &outcome(&trace, Some(broken)), &trace);
    assert!(page.len() <= 1_000_000, "{}", page.len());
    let run = read(&page);
    let first = run["steps"]["first"].as_u64().unwrap();
    let shown = run["steps"]["at"].as_array().unwrap().len() as u64;
    let words = ints(&run["steps"]["words"]);
    let (from, until) = (first + words[0] as u64, first + words[1] as u64);
    assert!(shown > 60_000 && until - from > 5_000, "{shown} steps, {from} to {until} in words");
    assert!((from..until).contains(&broken), "{from} to {until}");
}

#[test]
fn no_step_is_made_by_somebody_whom_it_did_not_hear() {
    let mut story = Story::default();
    story.boot(ms(0), N1);
    story.boot(ms(0), N2);
    story.timer(ms(1), N1, vec![send(N2, "held", "held back")]);
    let made = story.timer(ms(2), N2, vec![send(N2, "own", "to itself")]);
    story.gets(ms(3), N2, (made, N1, "held", "held back"), vec![]);
    // A timer that was set for later meanwhile has a number of the time at which it queued itself again.
    story.step(ms(4), N1, made, TraceCause::Timer { text: "Election".into() }, vec![]);
    let run = read(&page(&ABOUT, &outcome(&story.trace, None), &story.trace));
    assert_eq!(ints(&run["steps"]["by"]), [0, 0, 0, 0, 2, 0]);
}
