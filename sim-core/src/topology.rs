//! Named layouts: sites, the lines between them, and how long a message takes from one to another.
//!
//! A layout is a graph of sites whose edges are lines with a one-way delay; a message takes the shortest way.
//! The delays are round figures in the range that public measurements between large cloud regions show. Nodes
//! are dealt out to the sites in turn, and so are clients.

use crate::time::{Span, SpanRange};
use petgraph::algo::dijkstra;
use petgraph::graph::{NodeIndex, UnGraph};

/// A named layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topology {
    /// Its name in scenario files.
    pub name: &'static str,
    /// What it is like, in a sentence.
    pub about: &'static str,
    /// Its sites.
    pub sites: &'static [&'static str],
    /// Lines between sites, by their places in `sites`, with one-way delays in microseconds.
    lines: &'static [(u32, u32, u64)],
    /// One-way delay within a site, in microseconds.
    within: u64,
}

/// Every named layout.
pub const TOPOLOGIES: [Topology; 6] = [
    Topology {
        name: "one-room",
        about: "machines on one switch",
        sites: &["room"],
        lines: &[],
        within: 100,
    },
    Topology {
        name: "three-zones",
        about: "three data centres of one region",
        sites: &["zone-a", "zone-b", "zone-c"],
        lines: &[(0, 1, 500), (1, 2, 700), (0, 2, 900)],
        within: 150,
    },
    Topology {
        name: "two-sites",
        about: "two data centres a day's drive apart",
        sites: &["north", "south"],
        lines: &[(0, 1, 6_000)],
        within: 150,
    },
    Topology {
        name: "three-continents",
        about: "America, Europe and Asia",
        sites: &["america", "europe", "asia"],
        lines: &[(0, 1, 40_000), (1, 2, 80_000), (0, 2, 75_000)],
        within: 250,
    },
    Topology {
        name: "five-continents",
        about: "America, Europe, Asia, Australia and Africa",
        sites: &["america", "europe", "asia", "australia", "africa"],
        lines: &[
            (0, 1, 40_000),
            (0, 2, 75_000),
            (1, 2, 80_000),
            (2, 3, 50_000),
            (0, 3, 70_000),
            (1, 4, 75_000),
        ],
        within: 250,
    },
    Topology {
        name: "star",
        about: "four branches that reach each other only through a hub",
        sites: &["hub", "east", "west", "north", "south"],
        lines: &[(0, 1, 5_000), (0, 2, 5_000), (0, 3, 5_000), (0, 4, 5_000)],
        within: 150,
    },
];

impl Topology {
    /// The layout with this name.
    pub fn named(name: &str) -> Option<&'static Topology> {
        TOPOLOGIES.iter().find(|topology| topology.name == name)
    }

    /// For each pair of sites, row by row, how long a message takes: the shortest way and up to a fifth more.
    pub fn delays(&self) -> Vec<SpanRange> {
        let mut graph = UnGraph::<(), u64>::new_undirected();
        let sites: Vec<NodeIndex> = self.sites.iter().map(|_| graph.add_node(())).collect();
        for (a, b, micros) in self.lines {
            graph.add_edge(sites[*a as usize], sites[*b as usize], *micros);
        }
        let mut delays = Vec::with_capacity(sites.len() * sites.len());
        for from in &sites {
            let ways = dijkstra(&graph, *from, None, |line| *line.weight());
            for to in &sites {
                let base = if from == to { self.within } else { ways[to] + self.within };
                delays.push(SpanRange { from: Span::micros(base), to: Span::micros(base * 6 / 5) });
            }
        }
        delays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_site_reaches_every_other_and_a_star_goes_through_its_hub() {
        for topology in &TOPOLOGIES {
            let sites = topology.sites.len();
            assert_eq!(topology.delays().len(), sites * sites, "{}", topology.name);
        }
        let star = Topology::named("star").expect("it is in the list").delays();
        assert_eq!(star[5 + 2].from, Span::micros(10_150), "east to west");
    }
}
