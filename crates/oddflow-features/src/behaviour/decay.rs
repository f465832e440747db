//! Exponential decay: how much of a count is left after some time.
//!
//! Decayed counts are f64: a busy host has a million connections within an hour, and the rounding of as many f32 products would
//! add up to percents.

/// The time constants of short, middle and long memory, in seconds.
pub(crate) const TAUS: [f64; 3] = [60.0, 600.0, 3600.0];
/// The longest memory, in seconds.
pub(crate) const DAY: f64 = 86400.0;

/// Seconds between two moments; a step back counts as none.
#[inline]
pub(crate) fn elapsed(last: f64, now: f64) -> f64 {
    (now - last).max(0.0)
}

/// What is left after so many seconds, for each of [`TAUS`]: exp(-t/tau).
#[inline]
pub(crate) fn left(seconds: f64) -> [f64; 3] {
    // The constants are multiples of each other, so that one exponential does for all.
    let long = (-seconds / TAUS[2]).exp();
    let middle = (long * long) * (long * long) * (long * long);
    let (two, four) = (middle * middle, (middle * middle) * (middle * middle));
    let short = two * four * four;
    [short, middle, long]
}

/// What is left of the longest memory.
#[inline]
pub(crate) fn left_of_day(seconds: f64) -> f64 {
    (-seconds / DAY).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_exponential_does_for_three() {
        for seconds in [0.0, 0.001, 1.0, 59.0, 600.0, 3600.0, 50_000.0, 1e9] {
            for (tau, left) in TAUS.into_iter().zip(left(seconds)) {
                let exact = (-seconds / tau).exp();
                assert!((left - exact).abs() <= 1e-12 * exact + 1e-300, "{seconds} {tau}");
            }
        }
        assert_eq!(elapsed(5.0, 4.0), 0.0);
    }
}
