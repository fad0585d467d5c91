//! Faults in the words of the file: targets, links, moments and verbs.

use super::super::fault::{Leap, Wait, What};
use super::super::target::SHAPES;
use super::super::vocabulary::ProtocolWords;
use super::parts::quoted;
use sim_core::fault::{About, DiskLoss, Fault, Lie, Links, Messages, Sides, Target, Targets};
use sim_core::{Chance, Span, SpanRange};

/// Finds words for faults of one protocol.
pub(super) struct Speaker<'v> {
    roles: Vec<(&'v str, Target)>,
}

/// Keys of an inline table, each with its value as TOML.
type Keys = Vec<(&'static str, String)>;

impl<'v> Speaker<'v> {
    pub fn new(words: &'v dyn ProtocolWords) -> Self {
        Speaker { roles: words.roles() }
    }

    fn word(&self, target: &Target) -> Result<String, String> {
        match target {
            Target::Node(id) => return Ok(id.to_string()),
            Target::Named(name) => return Ok(name.clone()),
            _ => {}
        }
        let words = SHAPES.iter().chain(&self.roles);
        let word = words.into_iter().find(|(_, means)| means == target).map(|(word, _)| *word);
        word.map(str::to_owned).ok_or_else(|| format!("there is no word for {target:?}"))
    }

    fn nodes(&self, targets: &Targets) -> Result<String, String> {
        let words: Vec<String> =
            targets.iter().map(|one| self.word(one)).collect::<Result<_, _>>()?;
        if words.is_empty() { Err("a fault that hits nobody".into()) } else { Ok(words.join(" ")) }
    }

    fn sides(&self, sides: &Sides) -> Result<String, String> {
        let groups: Result<Vec<String>, String> =
            sides.groups.iter().map(|group| self.nodes(group)).collect();
        Ok(groups?.join(if sides.one_way { " > " } else { " | " }))
    }

    fn links(&self, links: &Links) -> Result<String, String> {
        match links {
            Links::All => Ok("all".into()),
            Links::Of(targets) => self.nodes(targets),
            Links::Between(sides) => self.sides(sides),
        }
    }

    /// The moment that a fault waits for.
    pub fn moment(&self, wait: &Wait) -> Result<String, String> {
        let mut keys: Keys = vec![("event", quoted(&wait.event))];
        if !wait.by.is_empty() {
            keys.push(("by", quoted(&self.nodes(&wait.by)?)));
        }
        if wait.nth != 1 {
            keys.push(("nth", wait.nth.to_string()));
        }
        if wait.after.to != Span::ZERO {
            keys.push(("after", quoted(&wait.after.to_string())));
        }
        if wait.before {
            keys.push(("before", "true".into()));
        }
        Ok(table(&keys))
    }

    /// The verb of a fault, and what stands behind it.
    pub fn verb(&self, what: &What) -> Result<(&'static str, String), String> {
        let fault = match what {
            What::Fixed(Fault::ClockJump { nodes, by, back }) => {
                let by = by.0.min(i64::MAX as u64) as i64;
                let by = if *back { -by } else { by };
                return self.jump(nodes, &Leap { from: by, to: by });
            }
            What::ClockJump { nodes, by } => return self.jump(nodes, by),
            What::Fixed(fault) => fault,
        };
        let nodes = |targets: &Targets| Ok::<_, String>(("nodes", quoted(&self.nodes(targets)?)));
        let rate = |rate: &Chance| ("rate", quoted(&rate.to_string()));
        let by = |by: &SpanRange| ("by", quoted(&by.to_string()));
        Ok(match fault {
            Fault::Crash { nodes: hit, disk } => {
                let mut keys = vec![nodes(hit)?];
                match disk {
                    DiskLoss::Synced => {}
                    DiskLoss::Kept => keys.push(("disk", quoted("kept"))),
                    DiskLoss::Torn => keys.push(("disk", quoted("torn"))),
                    DiskLoss::Wiped => keys.push(("disk", quoted("wiped"))),
                }
                ("crash", bare(&keys))
            }
            Fault::Restart { nodes: hit } => ("restart", bare(&[nodes(hit)?])),
            Fault::Pause { nodes: hit } => ("pause", bare(&[nodes(hit)?])),
            Fault::SlowNode { nodes: hit, factor } => {
                ("slow-node", table(&[nodes(hit)?, ("factor", factor.to_string())]))
            }
            Fault::SlowDisk { nodes: hit, factor } => {
                ("slow-disk", table(&[nodes(hit)?, ("factor", factor.to_string())]))
            }
            Fault::Cut { sides } => ("cut", quoted(&self.sides(sides)?)),
            Fault::Loss { of, rate: r } | Fault::Corrupt { of, rate: r } => {
                (fault.kind().name(), table(&self.messages(of, vec![rate(r)])?))
            }
            Fault::Duplicate { of, rate: r, by: later } => {
                let keys = [Some(rate(r)), later.as_ref().map(by)].into_iter().flatten();
                ("duplicate", table(&self.messages(of, keys.collect())?))
            }
            Fault::Delay { of, by: late } => ("delay", table(&self.messages(of, vec![by(late)])?)),
            Fault::Reorder { of, rate: r, by: late } => {
                ("reorder", table(&self.messages(of, vec![rate(r), by(late)])?))
            }
            Fault::FullDisk { nodes: hit } => ("full-disk", bare(&[nodes(hit)?])),
            Fault::LyingSync { nodes: hit } => ("lying-sync", bare(&[nodes(hit)?])),
            Fault::BitRot { nodes: hit } => ("bit-rot", bare(&[nodes(hit)?])),
            Fault::ClockDrift { nodes: hit, ppm } => {
                ("clock-drift", table(&[nodes(hit)?, ("ppm", ppm.to_string())]))
            }
            Fault::Lie { nodes: hit, lie, about } => {
                let mut keys = vec![nodes(hit)?];
                match lie {
                    Lie::Forge(Some(name)) => keys.push(("lie", quoted(name))),
                    Lie::Dawdle(by) => keys.push(("by", quoted(&by.to_string()))),
                    _ => {}
                }
                self.about(about, &mut keys)?;
                (fault.kind().name(), bare(&keys))
            }
            Fault::BigMac { clients, at } => {
                let mut keys = vec![("clients", quoted(&self.nodes(clients)?))];
                if !at.is_empty() {
                    keys.push(("at", quoted(&self.nodes(at)?)));
                }
                ("big-mac", bare(&keys))
            }
            Fault::Twins { nodes: hit } => ("twins", bare(&[nodes(hit)?])),
            // It is told above.
            Fault::ClockJump { .. } => return Err("a leap of the clock".into()),
        })
    }

    fn jump(&self, nodes: &Targets, by: &Leap) -> Result<(&'static str, String), String> {
        let signed =
            |ns: i64| format!("{}{}", if ns < 0 { "-" } else { "" }, Span(ns.unsigned_abs()));
        let by = match by.from == by.to {
            true => signed(by.from),
            false => format!("{}..{}", signed(by.from), signed(by.to)),
        };
        let nodes = quoted(&self.nodes(nodes)?);
        Ok(("clock-jump", table(&[("nodes", nodes), ("by", quoted(&by))])))
    }

    /// The keys that say to which messages something happens, before those that say what.
    fn messages(&self, of: &Messages, what: Keys) -> Result<Keys, String> {
        let mut keys = vec![("links", quoted(&self.links(&of.links)?))];
        if !of.kinds.is_empty() {
            keys.push(("kinds", super::list(of.kinds.iter().map(String::as_str))));
        }
        keys.extend(what);
        Ok(keys)
    }

    /// Of which messages a lie is.
    fn about(&self, about: &About, keys: &mut Keys) -> Result<(), String> {
        if !about.to.is_empty() {
            keys.push(("to", quoted(&self.nodes(&about.to)?)));
        }
        if !about.kinds.is_empty() {
            keys.push(("kinds", super::list(about.kinds.iter().map(String::as_str))));
        }
        if about.rate != Chance::ALWAYS {
            keys.push(("rate", quoted(&about.rate.to_string())));
        }
        Ok(())
    }
}

/// An inline table.
fn table(keys: &[(&'static str, String)]) -> String {
    let pairs: Vec<String> = keys.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// The value of the only key where there is one, else the table.
fn bare(keys: &[(&'static str, String)]) -> String {
    match keys {
        [(_, only)] => only.clone(),
        several => table(several),
    }
}
