//! Rows of a clock gone wrong: few, and far from all others.
//!
//! One row of 1970 or of 2106 in a week's log would make each day a line of a figure and each mean hour empty. Logs of different
//! years that are read together are no such thing: they have rows enough.

/// A silence that parts what may belong together, in quarters of an hour: a year.
const YEAR: i32 = 365 * 96;
/// Strays are fewer than one in so many of the rows of the largest part.
const FEW: u64 = 1000;

/// The first and the last quarter of each part of the time that holds strays. `quarters` are ascending, with their rows.
pub(crate) fn strays(quarters: impl Iterator<Item = (i32, u64)>) -> Vec<(i32, i32)> {
    let mut parts: Vec<(i32, i32, u64)> = Vec::new();
    for (quarter, rows) in quarters {
        match parts.last_mut().filter(|(_, last, _)| quarter - *last < YEAR) {
            Some((_, last, sum)) => (*last, *sum) = (quarter, *sum + rows),
            None => parts.push((quarter, quarter, rows)),
        }
    }
    let most = parts.iter().map(|(.., rows)| *rows).max().unwrap_or(0);
    parts.retain(|(.., rows)| rows.saturating_mul(FEW) < most);
    parts.into_iter().map(|(first, last, _)| (first, last)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_far_away_are_strays() {
        assert_eq!(strays(std::iter::empty()), []);
        let week = (0..672).map(|i| (1_900_000 + i, 15));
        assert_eq!(strays(week.clone()), []);
        assert_eq!(strays(std::iter::once((700_000, 1)).chain(week.clone())), [(700_000, 700_000)]);
        let later = [(4_000_000, 2), (4_000_001, 3)];
        assert_eq!(strays(week.clone().chain(later)), [(4_000_000, 4_000_001)]);
        // Ten rows in a thousand are a log of their own, and so is what lies half a year away.
        assert_eq!(strays(week.clone().chain([(4_000_000, 100)])), []);
        assert_eq!(strays(week.chain([(1_918_000, 1)])), []);
    }
}
