//! Receiver operating characteristics: the share of attacks that are flagged against the share of normal rows that are
//! flagged with them, for every threshold.

use crate::detector::curves::{Curve, Curves, RATES};
use crate::drawing::frame::{Axis, Frame, Scale};
use crate::drawing::style;
use crate::figure::Figure;

/// Where the logarithmic axis begins: one false positive in ten thousand rows.
const LOWEST_RATE: f64 = 1e-4;

/// Straight lines are curved on a logarithmic axis: they get a point wherever the rate has grown by this factor.
const PIECE: f64 = 1.1;

/// How the false positive rate is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateAxis {
    /// From 0 to 1.
    Linear,
    /// From 0.0001 to 1 by powers of ten, so that the low rates can be read that alerts live on. What lies below stands
    /// at the left edge.
    Log,
}

/// Draws the curves of one or several detectors; points are (false positive rate, true positive rate), ascending. The
/// first curve is the one that the figure is about. At most seven are drawn.
pub fn roc_curve(curves: &[Curve<'_>], axis: RateAxis) -> Figure {
    let path = |points: &[(f64, f64)]| match axis {
        RateAxis::Linear => points.to_vec(),
        RateAxis::Log => on_log_axis(points),
    };
    let label = "false positive rate";
    let x = match axis {
        RateAxis::Linear => Axis::new(label, (0.0, 1.0), Scale::Linear { step: 0.1 }),
        RateAxis::Log => Axis::new(format!("{label} (log scale)"), (LOWEST_RATE, 1.0), Scale::Log),
    };
    let curves = Curves::new(curves, Some(path(&[(0.0, 0.0), (1.0, 1.0)])));
    let frame = Frame {
        title: "Attacks found against false alarms".into(),
        subtitle: curves.areas("area under the curve"),
        legend: Vec::new(),
        marks: 1,
        x,
        y: Axis::new("true positive rate", RATES, Scale::Linear { step: 0.2 }),
        notes: curves.notes(),
        width: style::WIDTH,
    };
    frame.draw(curves.plots(path), |pen| curves.draw_keys(pen))
}

/// The path on a logarithmic axis: what lies below it is moved to its beginning, and straight lines get more points.
fn on_log_axis(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut path: Vec<(f64, f64)> = Vec::new();
    for pair in points.windows(2) {
        let ((from_x, from_y), (to_x, to_y)) = (pair[0], pair[1]);
        let mut x = from_x.max(LOWEST_RATE);
        while x < to_x {
            path.push((x, from_y + (to_y - from_y) * (x - from_x) / (to_x - from_x)));
            x *= PIECE;
        }
        path.push((to_x.max(LOWEST_RATE), to_y));
    }
    // All that lies at or below the beginning is one place: the last of it counts.
    let below = path.iter().take_while(|point| point.0 <= LOWEST_RATE).count();
    path.split_off(below.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    fn bent(power: f64) -> Vec<(f64, f64)> {
        (0..=200).map(|i| f64::from(i) / 200.0).map(|x| (x.powi(4), x.powf(4.0 * power))).collect()
    }

    #[test]
    fn three_detectors() {
        let (a, b, c) = (bent(0.1), bent(0.3), bent(0.6));
        let curves =
            [("behaviour", &a, Some(0.966)), ("isolation forest", &b, Some(0.8917)), ("robust z", &c, None)]
                .map(|(name, points, area)| Curve { name, points, area });
        for axis in [RateAxis::Linear, RateAxis::Log] {
            check(&roc_curve(&curves, axis));
        }
        insta::assert_snapshot!(words(&roc_curve(&curves, RateAxis::Log)));
    }

    #[test]
    fn lines_bend_on_a_log_axis() {
        let path = on_log_axis(&[(0.0, 0.0), (1.0, 1.0)]);
        assert_eq!((path[0], path[path.len() - 1]), ((LOWEST_RATE, LOWEST_RATE), (1.0, 1.0)));
        assert!(path.iter().all(|point| (point.0 - point.1).abs() < 1e-12));
        // A detector that finds half without a false alarm begins at a half.
        let path = on_log_axis(&[(0.0, 0.0), (0.0, 0.5), (0.00005, 0.6), (1.0, 1.0)]);
        assert!(path[0].0 == LOWEST_RATE && (0.6..0.61).contains(&path[0].1), "{:?}", path[0]);
    }

    #[test]
    fn strange_points_and_many_curves() {
        let strange = [
            (f64::NAN, 0.0),
            (0.5, 2.0),
            (-1.0, 0.5),
            (0.0, 0.0),
            (0.0, 0.0),
            (1e-300, 1.0),
            (1.0, f64::INFINITY),
        ];
        let long =
            "a detector with a name that is longer than anybody would ever give to a detector in earnest";
        let one = [(0.3, 0.3)];
        let all: Vec<_> =
            [&strange[..], &one, &[], &strange, &strange, &strange, &strange, &strange, &strange]
                .iter()
                .map(|&points| Curve { name: long, points, area: Some(f64::NAN) })
                .collect();
        for axis in [RateAxis::Linear, RateAxis::Log] {
            for count in 0..=all.len() {
                check(&roc_curve(&all[..count], axis));
            }
        }
        let words = words(&roc_curve(&all, RateAxis::Log));
        assert!(words.contains("2 curves not drawn") && words.contains("20 points not drawn"), "{words}");
    }
}
