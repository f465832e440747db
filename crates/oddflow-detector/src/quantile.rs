//! Quantiles of reconstruction errors.

/// The quantiles that a model keeps the error of, so that a threshold can be chosen without training again.
pub const QUANTILES: [f64; 12] =
    [0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998, 0.9999];

/// The quantile `q` (0 to 1) of ascending values, linearly interpolated between the two nearest ranks as numpy does by default:
/// rank `q * (n - 1)`, counted from 0.
///
/// # Panics
/// Where there are no values.
#[must_use]
pub fn quantile(ascending: &[f32], q: f64) -> f64 {
    assert!(!ascending.is_empty(), "a quantile needs a value");
    let rank = q.clamp(0.0, 1.0) * (ascending.len() - 1) as f64;
    let below = rank.floor() as usize;
    let above = (below + 1).min(ascending.len() - 1);
    interpolate(ascending[below], ascending[above], rank - below as f64)
}

/// Between two neighbours, `fraction` (0 to 1) of the way.
pub(crate) fn interpolate(below: f32, above: f32, fraction: f64) -> f64 {
    // Equal neighbours may be infinite, and infinity minus itself is no number.
    if below >= above {
        return f64::from(below);
    }
    f64::from(below) + (f64::from(above) - f64::from(below)) * fraction
}

/// A quantile as people say it: `99th percentile`, `99.5th percentile`.
#[must_use]
pub fn quantile_label(q: f64) -> String {
    // Rounded, since 0.9998 * 100 isn't quite 99.98.
    let percent = (q * 1e8).round() / 1e6;
    let text = format!("{percent}");
    let suffix = match text.as_str() {
        whole if whole.contains('.') => "th",
        whole if whole.ends_with("11") || whole.ends_with("12") || whole.ends_with("13") => "th",
        whole if whole.ends_with('1') => "st",
        whole if whole.ends_with('2') => "nd",
        whole if whole.ends_with('3') => "rd",
        _ => "th",
    };
    format!("{text}{suffix} percentile")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_ranks_is_linear() {
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.5), 2.5);
        assert!((quantile(&[1.0, 2.0, 3.0, 4.0], 0.95) - 3.85).abs() < 1e-12);
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 1.0), 4.0);
        assert_eq!(quantile(&[7.0], 0.99), 7.0);
        assert_eq!(quantile(&[1.0, f32::INFINITY, f32::INFINITY], 0.9), f64::INFINITY);
    }

    #[test]
    fn labels_read_well() {
        assert_eq!(quantile_label(0.99), "99th percentile");
        assert_eq!(quantile_label(0.9998), "99.98th percentile");
        assert_eq!(quantile_label(0.91), "91st percentile");
        assert_eq!(quantile_label(0.5), "50th percentile");
    }
}
