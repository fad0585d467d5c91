//! What tells one failure from another: the shape of a breach.

use sim_core::drive::replay::hash_of;

/// What breaches of one shape have in common: the property, and why it broke without what another run of the same
/// fault in the code may have otherwise. That are names and numbers, how many there are of them, and which operations
/// or transactions are to blame beside the one that is told first.
pub fn fingerprint(property: &str, why: &str) -> String {
    const BLAMES: &str = ", which no order";
    let told = match (why.split_once(BLAMES), property) {
        (Some((told, _)), _) => told,
        // The anomaly's name.
        (None, "serializable") => why.split(':').next().unwrap_or(why),
        _ => why,
    };
    let words = told.split(|c: char| !c.is_alphanumeric() && c != '.');
    let mut words: Vec<String> = words.filter(|word| !word.is_empty()).map(shape_of).collect();
    words.dedup();
    format!("{:06x}", hash_of(&(property, words, told.len() < why.len())) >> 40)
}

/// A word without its number: `n3` is any node, and `6.3s` any time, as `nil` or a hash is any value.
fn shape_of(word: &str) -> String {
    let is_hash = word.len() >= 8
        && word.chars().any(|c| c.is_ascii_digit())
        && word.chars().all(|c| c.is_ascii_hexdigit());
    match is_hash || word == "nil" || word.starts_with(|c: char| c.is_ascii_digit()) {
        true => "#".to_owned(),
        false => word.chars().filter(|c| !c.is_ascii_digit()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn a_fingerprint_is_the_shape_of_a_breach_and_nothing_else() {
        let same = [
            ("live-again", "nothing within 6s after all", "nothing within 6.3s after all"),
            ("live-again", "nothing within 6s after all", "nothing within 500ms after all"),
            ("monotonicity", "n1 went from 7 to 4", "n12 went from 19 to 3"),
            ("agreement", "n2 decides c75b22d79f7c2527", "n4 decides 1edda248dfa24904"),
            ("linearizable", "c1's get x returned 1 5 7, but", "c2's get x returned nil, but"),
            (
                "linearizable",
                "c1's get x returned 1, which no order allows after c2's put x 3 = done",
                "c4's get x returned 1 2, which no order of it and 9 other operations allows",
            ),
            ("serializable", "lost update: T1 read 3", "lost update: T4 wrote 3, which T2 read"),
        ];
        for (property, one, other) in same {
            assert_eq!(fingerprint(property, one), fingerprint(property, other), "{one}; {other}");
        }
        let different = [
            ("monotonicity", "n1 went from 7 to 4", "n1 went back"),
            ("linearizable", "c1's get x returned 1", "c1's get x returned 1, which no order"),
            ("serializable", "lost update: T1 read 3", "dirty read: T1 read 3"),
        ];
        for (property, one, other) in different {
            assert_ne!(fingerprint(property, one), fingerprint(property, other), "{one}; {other}");
        }
        assert_ne!(fingerprint("one", "why"), fingerprint("other", "why"));
    }
}
