//! `[variants]` and `[sweep]`: one scenario several times, with other values laid over it.

use crate::errors::bad;
use crate::reads::good;
use crate::words::{Catalogue, Raft};
use scenarios::format::{self, Count, Scenario};
use sim_core::Span;

const HEAD: &str = "title = \"T\"\nprotocol = \"raft\"\nnodes = 5\nduration = \"20s\"\n";

fn names(scenario: &Scenario) -> Vec<String> {
    scenario.names()
}

fn heartbeat(scenario: &Scenario) -> Span {
    let options = &scenario.subjects[0].options;
    options.downcast_ref::<Raft>().expect("Raft's own type").heartbeat
}

#[test]
fn a_variant_is_the_scenario_with_other_values() {
    let text = format!(
        "{HEAD}[network]\ndelay = \"1ms\"\nloss = \"1%\"\n\
         [variants.slow]\ntitle = \"Slow\"\nnetwork.delay = \"90ms\"\nraft.heartbeat = \"10ms\"\n\
         [variants.small]\nnodes = 3\n"
    );
    let scenario = good(&text);
    assert_eq!((scenario.title.as_str(), scenario.variants.len()), ("T", 2));
    assert_eq!(names(&scenario), ["slow", "small"]);
    let [slow, small] = scenario.each() else { panic!("two") };
    assert_eq!((slow.title.as_str(), small.title.as_str()), ("Slow", "T"));
    assert_eq!(heartbeat(slow), Span::millis(10));
    assert_eq!((&slow.nodes, &small.nodes), (&Count::N(5), &Count::N(3)));
    assert_eq!(slow.network.loss, small.network.loss, "what is not laid over stays");
    assert_ne!(slow.network.delay, small.network.delay);
    let laid = &slow.variant.as_ref().expect("it is one").laid;
    let told = ["title = \"Slow\"", "network.delay = \"90ms\"", "raft.heartbeat = \"10ms\""];
    assert_eq!(*laid, told);
}

#[test]
fn a_sweep_takes_each_value_in_turn_and_every_variant_is_swept() {
    let text = format!(
        "{}[variants.a]\nraft.heartbeat = \"10ms\"\n[variants.b]\nraft.heartbeat = \"20ms\"\n\
         [sweep]\nnodes = [3, 5]\nsettle = [\"5s\", \"9s\"]\n",
        HEAD.replace("nodes = 5\n", "")
    );
    let scenario = good(&text);
    let all = ["a-nodes-3-settle-5s", "a-nodes-3-settle-9s", "a-nodes-5-settle-5s"];
    assert_eq!(names(&scenario)[..3], all);
    assert_eq!(scenario.variants.len(), 8);
    let (name, one) = scenario.called("here@b-nodes-5-settle-9s");
    let variant = one.variant.clone().expect("a variant");
    assert_eq!((name, one.nodes.clone(), one.settle), ("here", Count::N(5), Some(Span::secs(9))));
    assert_eq!((variant.family.as_str(), variant.swept), ("b", vec![("nodes".to_owned(), 5.0)]));
}

#[test]
fn several_protocols_are_told_apart_beside_variants_and_variants_may_differ_in_them() {
    let text = "title = \"T\"\nprotocols = [\"raft\", \"pbft\"]\nduration = \"20s\"\n\
                [sweep]\nnodes = [4, 7]\n";
    let all = ["raft@nodes-4", "pbft@nodes-4", "raft@nodes-7", "pbft@nodes-7"];
    assert_eq!(names(&good(text)), all);
    let text = "title = \"T\"\nprotocol = \"raft\"\nnodes = 4\nduration = \"20s\"\n\
                [variants.one]\nprotocols = [\"pbft\"]\n[variants.two]\nnodes = 5\n\
                [expect.between]\nmessages-per-op = \"one > two\"\n";
    let scenario = good(text);
    assert_eq!(names(&scenario), ["one", "two"]);
    let protocols: Vec<&str> =
        scenario.members().map(|(_, subject)| subject.protocol.as_str()).collect();
    assert_eq!(protocols, ["pbft", "raft"]);
    assert_eq!(scenario.expect.between.len(), 1);
}

#[test]
fn a_seed_draws_the_same_in_every_variant() {
    let text = format!(
        "{HEAD}[swarm]\nnetwork.loss = [0, \"5%\"]\nclients.think = [\"1ms\", \"9ms\"]\n\
         [variants.few]\nnodes = 3\n[variants.many]\nnodes = 7\n"
    );
    let scenario = good(&text);
    for seed in 0..20 {
        let drawn = scenario.each().iter().map(|one| {
            let choices = one.swarm.draw(seed);
            format::drawn(&one.swarm, choices, &Catalogue).expect("each value fits").0
        });
        let drawn: Vec<Scenario> = drawn.collect();
        assert_eq!(drawn[0].network.loss, drawn[1].network.loss);
        assert_eq!(drawn[0].clients.think, drawn[1].clients.think);
        assert_eq!((&drawn[0].nodes, &drawn[1].nodes), (&Count::N(3), &Count::N(7)));
        assert_eq!(drawn[1].variant.as_ref().map(|it| it.name.as_str()), Some("many"));
    }
}

#[test]
fn what_is_wrong_with_variants_is_told_once() {
    let told = |rest: &str| {
        let problems = bad(format!("{HEAD}{rest}").as_bytes()).problems;
        problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; ")
    };
    let of = [
        ("[variants]\na = 3\n", "the variant `a` is a section"),
        ("[variants.\"a b\"]\nnodes = 3\n", "`a b` is no name for a variant"),
        ("[variants.raft]\nnodes = 3\n", "`raft` is a protocol: call the variant something else"),
        ("[variants.a]\nseeds = 3\n", "variants are run with the same seeds"),
        ("[variants.a]\nclaim = \"x\"\n", "unknown key `claim`"),
        (
            "[variants.a]\nexpect.between.messages = \"a > b\"\n",
            "what is expected between variants belongs to none of them",
        ),
        (
            "[variants.a]\nraft.heartbeat = 5\n[variants.b]\nraft.heartbeat = 5\n",
            "a length of time needs a unit",
        ),
        ("[sweep]\nnodes = 3\n", "in [sweep] every value is a list"),
        ("[sweep]\ntitle = [\"a\"]\n", "unknown key `title`"),
        ("[sweep]\nnodes = [3, 3]\n", "two variants are called `nodes-3`"),
        (
            "[sweep]\nnodes = [1, 2, 3, 4, 5, 6, 7, 8, 9]\nsettle = [\"1s\", \"2s\", \"3s\", \"4s\", \
             \"5s\", \"6s\", \"7s\", \"8s\"]\n",
            "this makes more than 64 variants",
        ),
        (
            "[sweep]\nnodes = [3, 5]\n[expect.between]\nmessages-per-op = \"nodes-3 > nodes-4\"\n",
            "`nodes-4` does not run in this scenario",
        ),
        (
            "[expect.each]\nmessages-per-op = \"closed-form\"\n",
            "raft has no closed form of `messages-per-op`",
        ),
    ];
    for (rest, message) in of {
        assert_eq!(told(rest), message, "{rest}");
    }
}
