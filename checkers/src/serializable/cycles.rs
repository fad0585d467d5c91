//! Cycles: strongly connected components tell whether there are any, and a breadth-first search inside of one
//! finds a small one.

use crate::serializable::anomaly::{Shape, Stage};
use crate::serializable::graph::{Edge, Graph, Kind};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use std::collections::VecDeque;

/// A dependency between two transactions.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub from: u32,
    pub to: u32,
    pub edge: Edge,
}

/// Transactions each of which went before the next, and the last before the first.
#[derive(Clone, Debug)]
pub struct Cycle {
    pub stage: Stage,
    pub shape: Shape,
    pub steps: Vec<Step>,
}

/// Which dependencies a search follows, from the fewest to all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Writes,
    Flow,
    /// All, but no two anti-dependencies in a row.
    Apart,
    All,
}

/// How many edges the searches in one component may follow once a cycle was found: smaller ones are welcome, but
/// looking for them from everywhere would be quadratic.
const BUDGET: usize = 1_000_000;

/// How many components of a class are told of.
const TOLD: usize = 8;

/// The worst small cycle of each knot of transactions, class by class: of one that holds a cycle which is as bad as
/// any in the class, nothing more is told. The graph is to hold the edges of all the stages up to `last`.
///
/// There is a cycle without adjacent anti-dependencies exactly when one is found here, and one of any kind likewise:
/// what levels forbid is decided by components, and only the choice of the cycle that is shown is a matter of luck.
pub fn search(graph: &Graph, last: Stage) -> Vec<Cycle> {
    let whole = View::new(graph, last, Class::All, &vec![true; graph.edges.node_count()]);
    let mut knotted = vec![false; graph.edges.node_count()];
    for component in whole.components() {
        for place in component {
            knotted[whole.of[place as usize] as usize] = true;
        }
    }
    let mut found: Vec<(Class, Cycle)> = Vec::new();
    if !knotted.contains(&true) {
        return Vec::new();
    }
    for stage in Stage::ALL.into_iter().filter(|stage| *stage <= last) {
        for class in [Class::Writes, Class::Flow, Class::Apart, Class::All] {
            let view = View::new(graph, stage, class, &knotted);
            let known: Vec<u32> = (found.iter())
                .filter(|(worse, cycle)| cycle.stage <= stage && *worse <= class)
                .flat_map(|(_, cycle)| cycle.steps.iter().map(|step| step.from))
                .collect();
            found.extend(view.cycles(graph, &known).into_iter().map(|cycle| (class, cycle)));
        }
    }
    found.into_iter().map(|(_, cycle)| cycle).collect()
}

/// The part of a graph that a class of one stage is about. Where it matters whether an anti-dependency led to a
/// node, the node is there twice.
struct View {
    edges: DiGraph<(), EdgeIndex>,
    /// Of each node here, the node that it stands for.
    of: Vec<u32>,
    carries: Vec<bool>,
}

impl View {
    fn new(graph: &Graph, stage: Stage, class: Class, within: &[bool]) -> View {
        let layers = if class == Class::Apart { 2 } else { 1 };
        let mut view = View { edges: DiGraph::new(), of: Vec::new(), carries: Vec::new() };
        let mut places = vec![u32::MAX; within.len()];
        for node in (0..within.len()).filter(|node| within[*node]) {
            places[node] = view.of.len() as u32;
            for _ in 0..layers {
                view.edges.add_node(());
                view.of.push(node as u32);
                view.carries.push(node >= graph.transactions);
            }
        }
        for edge in graph.edges.edge_references() {
            let (from, to) = (places[edge.source().index()], places[edge.target().index()]);
            let kind = edge.weight().kind;
            if from == u32::MAX || to == u32::MAX || !follows(class, stage, kind) {
                continue;
            }
            let anti = kind == Kind::ReadWrite;
            for layer in 0..layers {
                let next = match (kind, class) {
                    (Kind::Through, _) => layer,
                    (_, Class::Apart) if anti && layer == 1 => continue,
                    (_, Class::Apart) => u32::from(anti),
                    _ => 0,
                };
                let (from, to) = (from + layer, to + next);
                view.edges.add_edge(
                    NodeIndex::new(from as usize),
                    NodeIndex::new(to as usize),
                    edge.id(),
                );
            }
        }
        view
    }

    /// The components that hold a cycle, each sorted. There are no edges from a node to itself.
    fn components(&self) -> Vec<Vec<u32>> {
        let mut components: Vec<Vec<u32>> = kosaraju_scc(&self.edges)
            .into_iter()
            .filter(|component| component.len() > 1)
            .map(|component| component.into_iter().map(|node| node.index() as u32).collect())
            .collect();
        components.iter_mut().for_each(|component: &mut Vec<u32>| component.sort_unstable());
        components.sort_unstable();
        components
    }

    /// A small cycle of each component, but for those with a node that is known already.
    fn cycles(&self, graph: &Graph, known: &[u32]) -> Vec<Cycle> {
        let mut told = vec![false; graph.edges.node_count()];
        known.iter().for_each(|node| told[*node as usize] = true);
        let mut component_of = vec![u32::MAX; self.of.len()];
        let mut cycles = Vec::new();
        for (number, component) in (0..).zip(self.components()) {
            if component.iter().any(|place| told[self.of[*place as usize] as usize]) {
                continue;
            }
            component.iter().for_each(|place| component_of[*place as usize] = number);
            cycles.extend(self.smallest(graph, &component, &component_of));
            if cycles.len() == TOLD {
                break;
            }
        }
        cycles
    }

    fn smallest(&self, graph: &Graph, component: &[u32], component_of: &[u32]) -> Option<Cycle> {
        let mut search = Search::new(self, component_of);
        let mut best: Option<(u32, Vec<EdgeIndex>)> = None;
        for start in component.iter().filter(|place| !self.carries[**place as usize]) {
            let limit = best.as_ref().map_or(u32::MAX, |(length, _)| *length);
            best = search.from(*start, graph, limit).or(best);
            let shortest = best.as_ref().is_some_and(|(length, _)| *length == 2);
            if shortest || (best.is_some() && search.followed > BUDGET) {
                break;
            }
        }
        best.map(|(_, path)| name(graph, &path))
    }
}

fn follows(class: Class, stage: Stage, kind: Kind) -> bool {
    kind.stage() <= stage
        && match kind {
            Kind::WriteRead => class >= Class::Flow,
            Kind::ReadWrite => class >= Class::Apart,
            _ => true,
        }
}

/// Breadth-first searches in one component. A step through a carrier costs nothing, so that a dependency costs one.
struct Search<'v> {
    view: &'v View,
    component_of: &'v [u32],
    /// Of each node the search that reached it last, the distance then, and the edge that led there.
    reached: Vec<(u32, u32, EdgeIndex)>,
    searches: u32,
    followed: usize,
}

impl<'v> Search<'v> {
    fn new(view: &'v View, component_of: &'v [u32]) -> Self {
        let reached = vec![(0, 0, EdgeIndex::end()); view.of.len()];
        Search { view, component_of, reached, searches: 0, followed: 0 }
    }

    /// The shortest way from a node back to itself, if it is shorter than the limit.
    fn from(&mut self, start: u32, graph: &Graph, limit: u32) -> Option<(u32, Vec<EdgeIndex>)> {
        self.searches += 1;
        let mut queue = VecDeque::from([(start, 0)]);
        let mut best = (limit, None);
        while let Some((place, distance)) = queue.pop_front() {
            if distance >= best.0 {
                break;
            }
            let (search, nearest, _) = self.reached[place as usize];
            if place != start && search == self.searches && nearest < distance {
                continue;
            }
            for edge in self.view.edges.edges(NodeIndex::new(place as usize)) {
                self.followed += 1;
                let next = edge.target().index();
                if self.component_of[next] != self.component_of[start as usize] {
                    continue;
                }
                let free = graph.edges[*edge.weight()].kind == Kind::Through;
                let further = distance + u32::from(!free);
                if next == start as usize {
                    if further < best.0 {
                        best = (further, Some(edge.id()));
                    }
                    continue;
                }
                let (search, nearest, _) = self.reached[next];
                if search == self.searches && nearest <= further {
                    continue;
                }
                self.reached[next] = (self.searches, further, edge.id());
                match free {
                    true => queue.push_front((next as u32, further)),
                    false => queue.push_back((next as u32, further)),
                }
            }
        }
        let (length, last) = best;
        Some((length, self.path(start, last?)))
    }

    fn path(&self, start: u32, last: EdgeIndex) -> Vec<EdgeIndex> {
        let mut path = Vec::new();
        let mut edge = last;
        while let Some((from, _)) = self.view.edges.edge_endpoints(edge) {
            path.push(self.view.edges[edge]);
            if from.index() == start as usize {
                break;
            }
            edge = self.reached[from.index()].2;
        }
        path.reverse();
        path
    }
}

/// A cycle as dependencies between transactions, and what it is called.
fn name(graph: &Graph, path: &[EdgeIndex]) -> Cycle {
    let mut steps: Vec<Step> = Vec::new();
    for edge in path {
        let Some((from, to)) = graph.edges.edge_endpoints(*edge) else { continue };
        let (from, to) = (from.index() as u32, to.index() as u32);
        let edge = graph.edges[*edge];
        match steps.last_mut() {
            Some(step) if edge.kind == Kind::Through => {
                step.to = to;
                step.edge.after = edge.after.or(step.edge.after);
            }
            _ => steps.push(Step { from, to, edge }),
        }
    }
    let kinds: Vec<Kind> = steps.iter().map(|step| step.edge.kind).collect();
    let anti = |at: usize| kinds[at % kinds.len()] == Kind::ReadWrite;
    let count = (0..kinds.len()).filter(|at| anti(*at)).count();
    let adjacent = (0..kinds.len()).any(|at| anti(at) && anti(at + 1));
    let shape = match count {
        0 if kinds.contains(&Kind::WriteRead) => Shape::Flow,
        0 => Shape::Writes,
        1 => Shape::Single,
        _ if adjacent => Shape::Skew,
        _ => Shape::Apart,
    };
    let stage = kinds.iter().map(|kind| kind.stage()).max().unwrap_or(Stage::Data);
    Cycle { stage, shape, steps }
}
