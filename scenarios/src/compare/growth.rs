//! How measures grow with a number that was swept.
//!
//! On every seed a line is laid through the logarithms of the key and of what was measured (least squares); its slope
//! is the power with which the measure grows. Of all seeds' powers the median is told, with its interval, so that
//! luck of a seed that is good to all sizes says nothing. Beside it stands what the protocol's own formula gives.

use super::{FEWEST, between, quantities};
use crate::run::Course;
use sim_core::compared::{Between, Closed, Contender, Growth, Line, Point};
use sim_core::measure::Unit;
use std::collections::BTreeSet;

/// Every measure that was taken, against every key that was swept.
pub(super) fn growth(courses: &[(String, Course<'_>)], contenders: &[Contender]) -> Vec<Growth> {
    let mut keys: Vec<String> = Vec::new();
    for (key, _) in contenders.iter().flat_map(|one| &one.swept) {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    let mut found = Vec::new();
    for key in keys {
        let families = families(&key, contenders);
        for (measure, unit) in quantities() {
            let line = |family: &Family| line(&key, &measure, unit, family, courses, contenders);
            let lines: Vec<Line> = families.iter().filter_map(line).collect();
            if !lines.is_empty() {
                found.push(Growth { key: key.clone(), measure, unit, lines });
            }
        }
    }
    found
}

/// Contenders that differ in nothing but one key: what they have in common, and their places with the key's values.
struct Family {
    name: String,
    members: Vec<(f64, usize)>,
}

fn families(key: &str, contenders: &[Contender]) -> Vec<Family> {
    let several =
        |of: fn(&Contender) -> &str| contenders.iter().map(of).collect::<BTreeSet<_>>().len() > 1;
    let by_scenario = several(file_of);
    let by_protocol = several(|one| &one.summary.protocol);
    let mut families: Vec<Family> = Vec::new();
    for (place, one) in contenders.iter().enumerate() {
        let Some((_, value)) = one.swept.iter().find(|(swept, _)| swept == key) else { continue };
        let mut parts = Vec::new();
        if by_scenario {
            parts.push(file_of(one).to_owned());
        }
        if by_protocol {
            parts.push(one.summary.protocol.clone());
        }
        if !one.family.is_empty() {
            parts.push(one.family.clone());
        }
        let others = one.swept.iter().filter(|(swept, _)| swept != key);
        parts.extend(others.map(|(swept, value)| format!("{swept} = {value}")));
        let name = parts.join(" ");
        match families.iter_mut().find(|family| family.name == name) {
            Some(family) => family.members.push((*value, place)),
            None => families.push(Family { name, members: vec![(*value, place)] }),
        }
    }
    for family in &mut families {
        family.members.sort_by(|a, b| a.0.total_cmp(&b.0));
        family.members.dedup_by(|a, b| a.0 == b.0);
    }
    families.retain(|family| family.members.len() > 1);
    families
}

/// The name of a contender's scenario without its variant.
fn file_of(one: &Contender) -> &str {
    let scenario = one.summary.scenario.as_str();
    let variant = one.variant.as_deref().and_then(|variant| scenario.strip_suffix(variant));
    variant.and_then(|file| file.strip_suffix('@')).unwrap_or(scenario)
}

fn line(
    key: &str,
    measure: &str,
    unit: Unit,
    family: &Family,
    courses: &[(String, Course<'_>)],
    contenders: &[Contender],
) -> Option<Line> {
    let mut points = Vec::new();
    for (x, place) in &family.members {
        let one = contenders.get(*place)?;
        let values: Vec<u64> =
            one.measured.values().filter_map(|seed| seed.get(measure)).copied().collect();
        if values.is_empty() {
            return None;
        }
        points.push(Point { x: *x, contender: *place, value: between(values) });
    }
    if points.iter().all(|point| point.value.median == 0 && point.value.to == 0) {
        return None;
    }
    let power = power(measure, family, contenders);
    let form = courses.get(family.members[0].1).and_then(|(_, course)| {
        let forms = course.entry().closed_forms();
        forms.iter().find(|form| key == "nodes" && form.measure == measure)
    });
    let closed = form.map(|form| {
        let scale = if unit == Unit::Ratio { 1_000 } else { 1 };
        let values = points.iter().map(|point| (form.of)(point.x as u64) * scale);
        let (formula, about) = (form.formula.to_owned(), form.about.to_owned());
        Closed { formula, about, values: values.collect() }
    });
    Some(Line { name: family.name.clone(), points, power, closed })
}

/// The power with which a measure grows, in thousandths; none where too few seeds have it everywhere.
fn power(measure: &str, family: &Family, contenders: &[Contender]) -> Option<Between<i64>> {
    let (_, first) = family.members[0];
    let slope = |seed: &u64| {
        let points = family.members.iter().map(|(x, place)| {
            let value = *contenders[*place].measured.get(seed)?.get(measure)?;
            (value > 0 && *x > 0.0).then(|| (libm::log(*x), libm::log(value as f64)))
        });
        slope(&points.collect::<Option<Vec<_>>>()?)
    };
    let slopes = contenders[first].measured.keys().filter_map(slope);
    let slopes: Vec<i64> = slopes.map(|slope| libm::round(slope * 1_000.0) as i64).collect();
    (slopes.len() >= FEWEST).then(|| between(slopes))
}

/// That of the line through these points with the least squares.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let spread: f64 = points.iter().map(|point| (point.0 - x) * (point.0 - x)).sum();
    let together: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    (spread > 0.0).then(|| together / spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::summary::Summary;
    use std::collections::BTreeMap;

    fn contender(protocol: &str, n: u64, value: impl Fn(u64) -> u64) -> Contender {
        let measured = |seed| BTreeMap::from([("messages".to_owned(), value(n) + seed % 3)]);
        Contender {
            name: format!("{protocol}@nodes-{n}"),
            summary: Summary { protocol: protocol.to_owned(), ..Summary::default() },
            swept: vec![("nodes".to_owned(), n as f64)],
            measured: (0..20).map(|seed| (seed, measured(seed))).collect(),
            ..Contender::default()
        }
    }

    #[test]
    fn powers_are_found_for_each_protocol() {
        let all: Vec<Contender> = [4, 8, 16, 32]
            .into_iter()
            .flat_map(|n| {
                [contender("linear", n, |n| 5_000 * n), contender("square", n, |n| 300 * n * n)]
            })
            .collect();
        let found = growth(&[], &all);
        assert_eq!(found.len(), 1);
        let Growth { key, measure, lines, .. } = &found[0];
        assert_eq!((key.as_str(), measure.as_str()), ("nodes", "messages"));
        let told: Vec<(&str, i64)> = lines
            .iter()
            .map(|line| (line.name.as_str(), line.power.expect("twenty seeds").median))
            .collect();
        assert_eq!(told, [("linear", 1_000), ("square", 2_000)]);
        let xs: Vec<f64> = lines[0].points.iter().map(|point| point.x).collect();
        assert_eq!(xs, [4.0, 8.0, 16.0, 32.0]);
    }

    #[test]
    fn what_is_nothing_or_alone_has_no_growth() {
        let nothing = [4, 8].map(|n| contender("none", n, |_| 0));
        assert!(growth(&[], &nothing[..1]).is_empty(), "one point");
        let mut silent = nothing;
        for seed in silent.iter_mut().flat_map(|one| one.measured.values_mut()) {
            seed.insert("messages".to_owned(), 0);
        }
        assert!(growth(&[], &silent).is_empty(), "nothing was sent");
    }
}
