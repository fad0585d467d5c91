//! The Byzantine generals: every strategy of one traitor among four, and the paper's counts.

use protocols::generals::oral::{Council, Path, Tree, paths};
use protocols::generals::{Algorithm, Bugs, Config, General, Order};
use sim_core::drive::timed;
use sim_core::fault::Plan;
use sim_core::measure::Measures;
use sim_core::outcome::Outcome;
use sim_core::settings::{Delay, NetworkSettings};
use sim_core::{NodeId, Settings, Span, SpanRange, Time, World};

/// What a traitor may say: one order, the other, or nothing.
const SAYINGS: [Option<Order>; 3] = [Some(Order::Attack), Some(Order::Retreat), None];

fn hears(tree: &mut Tree, path: Path, said: Option<Order>) {
    if let Some(order) = said {
        tree.hear(path, order);
    }
}

/// What the loyal lieutenants of a cluster of `generals` come to when n1 tells each lieutenant `ordered` and the
/// traitor, if he is a lieutenant, tells them `relayed`.
fn om1(
    generals: u32,
    ordered: &[Option<Order>],
    traitor: u32,
    relayed: &[Option<Order>],
) -> Vec<Order> {
    let commander = NodeId(0);
    let lieutenants: Vec<u32> = (1..generals).collect();
    let loyal = lieutenants.iter().copied().filter(|me| *me != traitor);
    loyal
        .enumerate()
        .map(|(place, me)| {
            let mut tree = Tree::default();
            hears(&mut tree, Path::of(commander), ordered[me as usize - 1]);
            for other in lieutenants.iter().filter(|other| **other != me) {
                let path = Path::of(commander).then(NodeId(*other));
                // Who has heard nothing passes on "retreat".
                let honest = Some(ordered[*other as usize - 1].unwrap_or_default());
                hears(&mut tree, path, if *other == traitor { relayed[place] } else { honest });
            }
            tree.decide(&Council {
                me: NodeId(me),
                commander,
                generals,
                depth: 2,
                bugs: Bugs::default(),
            })
        })
        .collect()
}

/// Every list of so many sayings.
fn sayings(count: usize) -> Vec<Vec<Option<Order>>> {
    (0..count).fold(vec![Vec::new()], |lists, _| {
        let longer = |list: Vec<Option<Order>>| {
            SAYINGS.map(|said| list.iter().copied().chain([said]).collect::<Vec<_>>())
        };
        lists.into_iter().flat_map(longer).collect()
    })
}

#[test]
fn four_generals_agree_whatever_one_of_them_does() {
    for ordered in sayings(3) {
        // A traitorous commander: IC1.
        let decided = om1(4, &ordered, 0, &[]);
        assert!(decided.windows(2).all(|pair| pair[0] == pair[1]), "{ordered:?}: {decided:?}");
    }
    for order in [Order::Attack, Order::Retreat] {
        for traitor in 1..4 {
            for relayed in sayings(2) {
                // A loyal commander: IC2, and with it IC1.
                let decided = om1(4, &[Some(order); 3], traitor, &relayed);
                assert_eq!(decided, [order; 2], "{traitor} says {relayed:?}");
            }
        }
    }
}

#[test]
fn three_generals_do_not() {
    let disobeys = |relayed: &Vec<Option<Order>>| {
        om1(3, &[Some(Order::Attack); 2], 2, relayed) != [Order::Attack]
    };
    assert!(sayings(1).iter().any(disobeys));
}

/// What is sent in one battle without traitors.
fn messages(generals: u32, config: Config) -> u64 {
    let delay = Delay::Uniform(SpanRange::exactly(Span::millis(1)));
    let network = NetworkSettings { delay, ..NetworkSettings::default() };
    let settings = Settings { nodes: generals, network, ..Settings::default() };
    let period = config.period();
    let mut world = World::<General>::new(settings, config, Vec::new(), Plan::default(), 1);
    let mut measures = Measures::new(Time::ZERO);
    world.start(&mut measures);
    // Two battles: from the first beat to just before the third.
    timed::run(&mut world, Time(3 * period.0 - 1), u64::MAX, &mut measures);
    let mut outcome = Outcome::default();
    measures.finish(world.now(), &mut outcome);
    assert_eq!(outcome.counts["commits"], 2);
    outcome.counts["messages"] / 2
}

#[test]
fn oral_messages_are_as_many_as_the_paper_says() {
    // (n − 1) + (n − 1)(n − 2) + … + (n − 1)(n − 2)…(n − m − 1)
    for (generals, traitors, expected) in [(4, 1, 9), (7, 2, 156), (10, 3, 3_609)] {
        let config = Config { traitors, ..Config::default() };
        assert_eq!(messages(generals, config), expected);
    }
}

#[test]
fn a_signed_order_of_a_loyal_commander_passes_everybody_once() {
    for generals in [3, 4, 7] {
        let config = Config { algorithm: Algorithm::Signed, ..Config::default() };
        let n = u64::from(generals);
        assert_eq!(messages(generals, config), (n - 1) + (n - 1) * (n - 2));
    }
}

#[test]
fn the_tree_has_as_many_leaves_as_there_are_orders_of_passing_on() {
    // (n − 2)(n − 3)…(n − m − 1)
    assert_eq!(paths(2, NodeId(0), NodeId(1), 4).len(), 2);
    assert_eq!(paths(3, NodeId(0), NodeId(1), 7).len(), 5 * 4);
    assert_eq!(paths(4, NodeId(0), NodeId(1), 10).len(), 8 * 7 * 6);
}
