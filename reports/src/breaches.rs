//! Breaches over many seeds, those of one shape together, in sentences.

use crate::words::{self, count, counted, of};
use sim_core::summary::{Breach, Summary};
use std::collections::{BTreeMap, BTreeSet};

/// The breaches of promises by property and fingerprint, in the order in which the seeds found them.
pub(crate) fn fingerprints(summary: &Summary) -> Vec<Vec<&Breach>> {
    let mut places = BTreeMap::new();
    let mut groups: Vec<Vec<&Breach>> = Vec::new();
    for breach in summary.broken.iter().filter(|breach| breach.promised) {
        let key = (&breach.property, &breach.fingerprint);
        let place = *places.entry(key).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(breach);
    }
    groups
}

/// A sentence for each group of breaches. When the first breach `is_told` already, only its other seeds are, and
/// nothing is said of what broke in seeds only in which the same property broke: it most likely follows.
pub(crate) fn others(summary: &Summary, is_told: bool) -> Vec<String> {
    let groups = fingerprints(summary);
    let told =
        groups.first().map(|group| seeds_of(summary, &group[0].property)).unwrap_or_default();
    let mut sentences = Vec::new();
    for (place, group) in groups.iter().enumerate() {
        let first = group[0];
        let seeds: Vec<u64> = group.iter().map(|breach| breach.seed).collect();
        if place == 0 && is_told {
            if seeds.len() > 1 {
                let (seeds, print) = (words::seeds(&seeds[1..]), &first.fingerprint);
                sentences.push(format!("Also broken: {seeds} (the same fingerprint, {print})."));
            }
            continue;
        }
        let is_other = groups[0][0].property != first.property;
        if is_told && is_other && seeds.iter().all(|seed| told.contains(seed)) {
            continue;
        }
        let at = first.at.map(|at| format!(" at {}", at.short())).unwrap_or_default();
        let why = first.why.lines().next().unwrap_or_default();
        let (property, print) = (&first.property, &first.fingerprint);
        let seeds = words::seeds(&seeds);
        sentences
            .push(format!("Broken: {property} in {seeds} (fingerprint {print}), first{at}: {why}"));
    }
    if summary.broken.len() >= Summary::MAX_BREACHES {
        sentences.push(format!(
            "Only the first {} breaches are kept.",
            count(summary.broken.len() as u64)
        ));
    }
    sentences
}

/// The seeds in which a promised property broke.
fn seeds_of(summary: &Summary, property: &str) -> BTreeSet<u64> {
    let breaches = summary.broken.iter();
    breaches.filter(|b| b.promised && b.property == property).map(|b| b.seed).collect()
}

/// What held beside the first thing that broke, in a sentence; none when nothing broke or nothing else is promised.
pub(crate) fn held(summary: &Summary) -> Option<String> {
    let groups = fingerprints(summary);
    let first = groups.first()?[0];
    let seeds_of = |property: &str| seeds_of(summary, property);
    let told = seeds_of(&first.property);
    let (mut whole, mut run, mut parts) = (0, 0, Vec::new());
    for tally in summary.properties.iter().filter(|tally| tally.promised) {
        let all = tally.held + tally.broken + tally.unknown;
        if tally.property == first.property {
            continue;
        }
        if tally.held == all {
            (whole, run) = (whole + 1, all);
            continue;
        }
        let seeds = seeds_of(&tally.property);
        let shared = match seeds.intersection(&told).count() {
            0 => String::new(),
            n => format!(" ({n} of {} broke in the same seeds)", seeds.len()),
        };
        parts.push(format!("{} {}{shared}", tally.property, of(tally.held, all)));
    }
    if whole > 0 {
        parts.insert(0, format!("{} {}", counted(whole, "other promise"), of(run, run)));
    }
    (!parts.is_empty()).then(|| format!("Held: {}.", parts.join(", ")))
}
