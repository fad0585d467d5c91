//! Whom a fault hits, told from facts at the moment when it strikes, and how that is put into words.

use super::World;
use super::strikes::Hit;
use crate::fault::{DiskLoss, Fault, Lie, Links, Messages, Role, Sides, Target, Targets};
use crate::process::{NodeId, Process};
use crate::random::Rng;

impl<P: Process> World<P> {
    /// Finds whom a fault hits; none when somebody is missing.
    pub(super) fn find(&self, fault: &Fault, rng: &mut Rng) -> Option<Hit> {
        match fault {
            Fault::Cut { sides } => self.find_sides(sides, rng),
            Fault::Loss { of, .. }
            | Fault::Delay { of, .. }
            | Fault::Duplicate { of, .. }
            | Fault::Reorder { of, .. }
            | Fault::Corrupt { of, .. } => match &of.links {
                Links::All => Some(Vec::new()),
                Links::Of(targets) => Some(vec![self.find_group(targets, &[], rng)?]),
                Links::Between(sides) => self.find_sides(sides, rng),
            },
            Fault::Restart { nodes } => self.find_nodes(nodes, |world, n| !world.is_up(n), rng),
            Fault::Pause { nodes } => {
                self.find_nodes(nodes, |world, n| n.is_client() || world.is_up(n), rng)
            }
            Fault::Crash { nodes, .. } => self.find_nodes(nodes, Self::is_up, rng),
            Fault::BitRot { nodes } => {
                let has_records = |world: &Self, n: NodeId| {
                    !n.is_client() && world.nodes.durable(n.0).next().is_some()
                };
                self.find_nodes(nodes, has_records, rng)
            }
            Fault::SlowNode { nodes, .. }
            | Fault::SlowDisk { nodes, .. }
            | Fault::FullDisk { nodes }
            | Fault::LyingSync { nodes }
            | Fault::ClockJump { nodes, .. }
            | Fault::ClockDrift { nodes, .. } => self.find_nodes(nodes, |_, n| !n.is_client(), rng),
            Fault::Lie { nodes, .. } | Fault::Twins { nodes } => {
                self.find_nodes(nodes, Self::is_up, rng)
            }
            Fault::BigMac { clients, .. } => self.find_nodes(clients, |_, n| n.is_client(), rng),
        }
    }

    fn is_up(&self, node: NodeId) -> bool {
        !node.is_client() && self.nodes.list.get(node.index()).is_some_and(|n| n.process.is_some())
    }

    fn find_nodes(
        &self,
        targets: &Targets,
        fits: impl Fn(&Self, NodeId) -> bool,
        rng: &mut Rng,
    ) -> Option<Hit> {
        let mut found = self.find_group(targets, &[], rng)?;
        found.retain(|node| fits(self, *node));
        (!found.is_empty()).then(|| vec![found])
    }

    fn find_sides(&self, sides: &Sides, rng: &mut Rng) -> Option<Hit> {
        let mut hit: Hit = Vec::new();
        let mut taken: Vec<NodeId> = Vec::new();
        for group in &sides.groups {
            let found = match group.contains(&Target::Rest) {
                true => Vec::new(),
                false => self.find_group(group, &taken, rng)?,
            };
            taken.extend(&found);
            hit.push(found);
        }
        for (group, found) in sides.groups.iter().zip(&mut hit) {
            if !group.contains(&Target::Rest) {
                continue;
            }
            let named: Targets = group.iter().filter(|t| **t != Target::Rest).cloned().collect();
            *found = self.find_group(&named, &taken, rng)?;
            let all = (0..self.nodes.len() as u32).map(NodeId);
            found.extend(all.filter(|node| !taken.contains(node)));
        }
        Some(hit)
    }

    /// Whether there is such a node or client at all.
    fn is_known(&self, node: NodeId) -> bool {
        let count = if node.is_client() { self.clients.len() } else { self.nodes.len() };
        node.index() < count
    }

    /// The nodes of a target list. What is chosen is chosen among those that are not taken.
    pub(super) fn find_group(
        &self,
        targets: &Targets,
        taken: &[NodeId],
        rng: &mut Rng,
    ) -> Option<Vec<NodeId>> {
        let count = self.nodes.len();
        let mut found: Vec<NodeId> = Vec::new();
        for target in targets {
            let all = (0..count as u32).map(NodeId);
            let free = |node: &NodeId| !taken.contains(node) && !found.contains(node);
            let in_role = |node: &NodeId, role: Role| {
                self.nodes.role(node.0).is_some_and(|(now, _)| now == role)
            };
            let new = match target {
                Target::Node(node) => self.is_known(*node).then_some(*node).into_iter().collect(),
                Target::The(role) => vec![self.nodes.the(*role)?],
                Target::A(role) => {
                    let some: Vec<NodeId> = all.filter(|n| in_role(n, *role) && free(n)).collect();
                    rng.choose(&some, 1)
                }
                Target::Every(role) => all.filter(|node| in_role(node, *role)).collect(),
                Target::Random => {
                    let some: Vec<NodeId> = all.filter(|n| self.is_up(*n) && free(n)).collect();
                    rng.choose(&some, 1)
                }
                Target::All => all.collect(),
                Target::Rest => all.filter(free).collect(),
                Target::Clients => (0..self.clients.len() as u32).map(NodeId::client).collect(),
                Target::Majority => rng.choose(&all.collect::<Vec<_>>(), count / 2 + 1),
                Target::Minority => rng.choose(&all.collect::<Vec<_>>(), (count - 1) / 2),
                Target::Doer => vec![self.strikes.doer?],
                Target::Named(name) => self.strikes.names.get(name)?.clone(),
            };
            if new.is_empty() {
                return None;
            }
            found.extend(new.into_iter().filter(|node| !taken.contains(node) || is_bridge(target)));
        }
        Some(found)
    }
}

/// The numbers of kinds of message; none when none are named.
pub(super) fn kinds_named<P: Process>(names: &[String]) -> Option<Vec<usize>> {
    let known = |name: &String| P::KINDS.iter().position(|kind| kind == name);
    (!names.is_empty()).then(|| names.iter().filter_map(known).collect())
}

/// A node that is named outright may stand on two sides.
fn is_bridge(target: &Target) -> bool {
    matches!(target, Target::Node(_) | Target::Named(_) | Target::The(_) | Target::Doer)
}
/// What a fault does, in words.
pub(super) fn words(fault: &Fault, hit: &Hit) -> String {
    let list = |nodes: &[NodeId]| nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" ");
    let groups: Vec<String> = hit.iter().map(|group| list(group)).collect();
    let nodes = groups.first().cloned().unwrap_or_default();
    let on = |of: &Messages| {
        let links = match &of.links {
            Links::All => "every link".to_owned(),
            Links::Of(_) => format!("links of {nodes}"),
            Links::Between(sides) => groups.join(if sides.one_way { " > " } else { " | " }),
        };
        match of.kinds.is_empty() {
            true => format!("on {links}"),
            false => format!("of {} on {links}", of.kinds.join(", ")),
        }
    };
    match fault {
        Fault::Crash { disk, .. } => match disk {
            DiskLoss::Kept => format!("crash {nodes}, whose disk keeps everything"),
            DiskLoss::Synced => format!("crash {nodes}"),
            DiskLoss::Torn => format!("crash {nodes} in the middle of a write"),
            DiskLoss::Wiped => format!("crash {nodes} and wipe the disk"),
        },
        Fault::Restart { .. } => format!("restart {nodes}"),
        Fault::Pause { .. } => format!("pause {nodes}"),
        Fault::SlowNode { factor, .. } => format!("slow {nodes} down {factor} times"),
        Fault::Cut { sides } => {
            format!("cut {}", groups.join(if sides.one_way { " > " } else { " | " }))
        }
        Fault::Loss { of, rate } => format!("lose {rate} {}", on(of)),
        Fault::Delay { of, by } => match of.kinds.is_empty() {
            true => format!("delay by {by} {}", on(of)),
            false => format!("delay by {by} what is {}", on(of)),
        },
        Fault::Duplicate { of, rate, by: None } => format!("duplicate {rate} {}", on(of)),
        Fault::Duplicate { of, rate, by: Some(by) } => {
            format!("duplicate {rate} {by} later {}", on(of))
        }
        Fault::Reorder { of, rate, by } => format!("hold {rate} back {by} {}", on(of)),
        Fault::Corrupt { of, rate } => format!("damage {rate} {}", on(of)),
        Fault::SlowDisk { factor, .. } => format!("slow the disk of {nodes} down {factor} times"),
        Fault::FullDisk { .. } => format!("fill the disk of {nodes}"),
        Fault::LyingSync { .. } => format!("let the disk of {nodes} lie about syncs"),
        Fault::BitRot { .. } => format!("rot a record of {nodes}"),
        Fault::ClockJump { by, back, .. } => {
            format!("set the clock of {nodes} {} by {by}", if *back { "back" } else { "forward" })
        }
        Fault::ClockDrift { ppm, .. } => format!("let the clock of {nodes} run {ppm} ppm fast"),
        Fault::Lie { lie, about, .. } => {
            let kinds = match about.kinds.is_empty() {
                true => String::new(),
                false => format!(" about {}", about.kinds.join(", ")),
            };
            let some = match about.to.is_empty() {
                true => "",
                false => " to some",
            };
            let how = match lie {
                Lie::Silence => "keep silent",
                Lie::Equivocate => "tell some one thing and others another",
                Lie::Forge(None) => "lie",
                Lie::Forge(Some(name)) => name,
                Lie::Replay => "repeat itself",
                Lie::Dawdle(by) => return format!("make {nodes} dawdle by {by}{some}{kinds}"),
                Lie::FalseReply => "give clients false replies",
            };
            format!("make {nodes} {how}{some}{kinds}")
        }
        Fault::BigMac { .. } => format!("spoil the codes of {nodes} for some nodes"),
        Fault::Twins { .. } => format!("let two copies of {nodes} go on under one identity"),
    }
}
