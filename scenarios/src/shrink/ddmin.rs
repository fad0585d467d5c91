//! Delta debugging: the fewest items of a list with which something still happens.

/// Takes away what it can, in parts and then one by one, until nothing that is left can be taken away alone: the
/// minimizing algorithm of Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (IEEE
/// Transactions on Software Engineering, 2002). `happens` is asked of shorter lists only, always in the same order.
pub fn ddmin<T: Clone>(items: Vec<T>, happens: impl FnMut(&[T]) -> bool) -> Vec<T> {
    ddmin_in(usize::MAX, items, happens)
}

/// The same for at most so many parts: much may be left that could be taken away, but it is soon known.
pub fn ddmin_in<T: Clone>(
    most: usize,
    items: Vec<T>,
    mut happens: impl FnMut(&[T]) -> bool,
) -> Vec<T> {
    if items.is_empty() || happens(&[]) {
        return Vec::new();
    }
    let mut left = items;
    let mut parts = 2;
    while left.len() > 1 {
        let size = left.len().div_ceil(parts);
        if parts == 2
            && let Some(part) = left.chunks(size).find(|part| happens(part))
        {
            left = part.to_vec();
            continue;
        }
        let without = (0..left.len()).step_by(size).map(|from| {
            let to = (from + size).min(left.len());
            [&left[..from], &left[to..]].concat()
        });
        // What was added last is taken away first: what came before it mostly does not need it.
        let mut without: Vec<Vec<T>> = without.collect();
        without.reverse();
        match without.into_iter().find(|rest| happens(rest)) {
            Some(rest) => {
                left = rest;
                parts = (parts - 1).max(2);
            }
            None if size == 1 || parts >= most => break,
            None => parts = (parts * 2).min(left.len()),
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs<'a>(needed: &'a [u32], asked: &'a mut u32) -> impl FnMut(&[u32]) -> bool + 'a {
        |list| {
            *asked += 1;
            needed.iter().all(|item| list.contains(item))
        }
    }

    #[test]
    fn what_is_needed_is_left_in_its_order() {
        let items: Vec<u32> = (0..1_000).collect();
        for needed in [&[][..], &[7], &[0, 999], &[1, 2, 3], &[5, 500, 501, 900]] {
            let mut asked = 0;
            assert_eq!(ddmin(items.clone(), needs(needed, &mut asked)), needed);
            assert!(asked < 200, "{asked} for {needed:?}");
        }
    }

    #[test]
    fn nothing_that_is_left_can_be_taken_away_alone() {
        // Any two of these will do, and an odd one out spoils it.
        let happens = |list: &[u32]| {
            let count = list.iter().filter(|n| **n % 3 == 0).count();
            count >= 2 && list.len() != 5
        };
        let left = ddmin((0..50).collect(), happens);
        assert!(happens(&left));
        for out in 0..left.len() {
            let mut fewer = left.clone();
            fewer.remove(out);
            assert!(!happens(&fewer), "{left:?} without {out}");
        }
    }
}
