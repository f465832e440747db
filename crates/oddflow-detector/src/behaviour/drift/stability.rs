//! The population stability index, by which two distributions are compared.
//!
//! PSI = sum over the parts of (p - q) * ln(p / q), with the shares p and q of the two populations in each part (N. Siddiqi, Credit
//! Risk Scorecards, 2006; it is J, the symmetric divergence of Jeffreys, 1946). Below 0.1 counts as stable, below 0.25 as a moderate shift,
//! from there on as a shift. Of two samples of n and m rows from one population of B parts it is about (B - 1) * (1/n + 1/m).

/// From here on a shift counts as moderate.
pub const MODERATE: f64 = 0.1;
/// From here on a population has shifted.
pub const SHIFTED: f64 = 0.25;
/// Smallest share that a part counts with, so that an empty one gives no infinity.
const LEAST_SHARE: f64 = 1e-4;
/// Rows that an empty part counts with: half a row was seen as little as none.
const LEAST_ROWS: f64 = 0.5;

/// The index of two populations, given the rows of each in each part. 0 where one has no rows.
pub(super) fn psi(parts: impl Iterator<Item = (u32, u32)> + Clone) -> f64 {
    let (n, m) = parts.clone().fold((0.0, 0.0), |(n, m), (a, b)| (n + f64::from(a), m + f64::from(b)));
    if n == 0.0 || m == 0.0 {
        return 0.0;
    }
    let share = |rows: u32, all: f64| (f64::from(rows).max(LEAST_ROWS) / all).max(LEAST_SHARE);
    parts.map(|(a, b)| (share(a, n), share(b, m))).map(|(p, q)| (p - q) * (p / q).ln()).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_known_value() {
        // (.5 - .25) ln 2 + (.5 - .75) ln (2 / 3)
        let expected = 0.25 * 2_f64.ln() - 0.25 * (2.0_f64 / 3.0).ln();
        assert!((psi([(50, 25), (50, 75)].into_iter()) - expected).abs() < 1e-12);
        assert_eq!(psi([(0, 5), (0, 7)].into_iter()), 0.0);
    }

    proptest! {
        #[test]
        fn zero_for_equals_symmetric_never_negative(
            rows in prop::collection::vec((0_u32..5000, 0_u32..5000), 1..12),
            factor in 1_u32..9,
        ) {
            let forth = psi(rows.iter().copied());
            let back = psi(rows.iter().map(|(a, b)| (*b, *a)));
            prop_assert!((forth - back).abs() < 1e-12 && forth >= 0.0 && forth.is_finite());
            prop_assert_eq!(psi(rows.iter().map(|(a, _)| (*a, *a))), 0.0);
            // Shares count, not rows: but for parts that are empty or nearly so.
            if rows.iter().all(|(a, _)| *a > 0) && rows.iter().map(|(a, _)| *a).sum::<u32>() < 5000 {
                let same = psi(rows.iter().map(|(a, _)| (*a, factor * a)));
                prop_assert!(same < 1e-12, "{}", same);
            }
        }
    }
}
