//! Where an axis that the pen draws has its numbers.

use crate::drawing::frame::nice_step;
use crate::drawing::spacing::Spacing;

/// At most about `most` round numbers between `from` and `to`, in ascending order. A range without an extent, or one
/// that no number can stand for, has none.
pub(crate) fn ticks((from, to): (f64, f64), spacing: Spacing, most: u32) -> Vec<f64> {
    let most = most.max(1);
    let extent = to - from;
    if !extent.is_finite() || extent <= f64::EPSILON * from.abs().max(to.abs()) {
        return Vec::new();
    }
    match spacing {
        Spacing::Log if from > 0.0 => decades(from, to, most),
        _ => {
            let step = nice_step(extent / f64::from(most));
            // Whole numbers of steps: adding steps would add up their rounding.
            let (first, last) = ((from / step - 1e-9).ceil(), (to / step + 1e-9).floor());
            (0..=(last - first).clamp(0.0, 1000.0) as u32).map(|i| (first + f64::from(i)) * step).collect()
        }
    }
}

/// Powers of ten; where they are fewer than three, their double and their half as well.
fn decades(from: f64, to: f64, most: u32) -> Vec<f64> {
    let within = |v: &f64| *v >= from * (1.0 - 1e-9) && *v <= to * (1.0 + 1e-9);
    let (first, last) = (from.log10().floor() as i32, to.log10().ceil() as i32);
    let every = (last - first).unsigned_abs().div_ceil(most).max(1);
    let powers: Vec<f64> = (first..=last)
        .filter(|n| n.rem_euclid(every as i32) == 0)
        .map(|n| 10f64.powi(n))
        .filter(within)
        .collect();
    if powers.len() > 2 {
        return powers;
    }
    let finer: Vec<f64> =
        (first..=last).flat_map(|n| [1.0, 2.0, 5.0].map(|f| f * 10f64.powi(n))).filter(within).collect();
    if finer.len() as u32 <= most { finer } else { powers }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_ticks_are_round() {
        assert_eq!(ticks((0.0, 10.0), Spacing::Linear, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks((-1.0, 1.0), Spacing::Linear, 4), [-1.0, -0.5, 0.0, 0.5, 1.0]);
        assert_eq!(ticks((3.0, 3.0), Spacing::Linear, 5), [] as [f64; 0]);
        assert_eq!(ticks((0.0, f64::INFINITY), Spacing::Linear, 5), [] as [f64; 0]);
        assert_eq!(ticks((f64::MIN, f64::MAX), Spacing::Linear, 5), [] as [f64; 0]);
    }

    #[test]
    fn log_ticks_are_powers_of_ten() {
        assert_eq!(ticks((1.0, 1000.0), Spacing::Log, 5), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(ticks((1.0, 9.0), Spacing::Log, 5), [1.0, 2.0, 5.0]);
        assert!(ticks((1e-300, 1e300), Spacing::Log, 5).len() <= 6);
    }
}
