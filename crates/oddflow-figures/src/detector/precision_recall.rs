//! Precision-recall curves: how many of the flagged rows are attacks, against the share of attacks that are flagged.

use crate::detector::curves::{Curve, Curves, RATES};
use crate::drawing::frame::{Axis, Frame, Scale};
use crate::drawing::style;
use crate::figure::Figure;

/// Draws the curves of one or several detectors; points are (recall, precision), by ascending recall. `prevalence` is the
/// share of attacks among all rows: the precision of a detector that knows nothing. It isn't drawn where it is no share.
/// The first curve is the one that the figure is about. At most seven are drawn.
///
/// Curves are drawn as steps: up to a point's recall its precision holds. The area below is the average precision.
pub fn precision_recall(curves: &[Curve<'_>], prevalence: f64) -> Figure {
    let chance = (0.0..=1.0).contains(&prevalence).then(|| vec![(0.0, prevalence), (1.0, prevalence)]);
    let curves = Curves::new(curves, chance);
    let frame = Frame {
        title: "Precision against recall".into(),
        subtitle: curves.areas("average precision"),
        legend: Vec::new(),
        marks: 1,
        x: Axis::new("recall: share of attacks that are flagged", (0.0, 1.0), Scale::Linear { step: 0.1 }),
        y: Axis::new("precision", RATES, Scale::Linear { step: 0.2 }),
        notes: curves.notes(),
        width: style::WIDTH,
    };
    frame.draw(curves.plots(steps), |pen| curves.draw_keys(pen))
}

fn steps(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut from = 0.0;
    let mut path = Vec::with_capacity(2 * points.len());
    for &(recall, precision) in points {
        path.extend([(from, precision), (recall, precision)]);
        from = recall;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, words};

    #[test]
    fn two_detectors() {
        let good: Vec<_> =
            (1..=50).map(|i| f64::from(i) / 50.0).map(|x| (x, 1.0 - 0.3 * x.powi(6))).collect();
        let bad: Vec<_> = (1..=50).map(|i| f64::from(i) / 50.0).map(|x| (x, 0.4 - 0.2 * x)).collect();
        let curves = [("behaviour", &good, Some(0.956)), ("classic", &bad, Some(0.3))]
            .map(|(name, points, area)| Curve { name, points, area });
        let figure = precision_recall(&curves, 0.15);
        check(&figure);
        insta::assert_snapshot!(words(&figure));
    }

    #[test]
    fn steps_hold_the_precision_up_to_the_recall() {
        assert_eq!(steps(&[(0.5, 1.0), (1.0, 0.4)]), [(0.0, 1.0), (0.5, 1.0), (0.5, 0.4), (1.0, 0.4)]);
        assert!(steps(&[]).is_empty());
    }

    #[test]
    fn strange_numbers() {
        let strange = [(f64::NAN, 0.5), (0.5, 0.5), (2.0, -1.0)];
        let curves = [Curve { name: "", points: &strange, area: None }];
        for prevalence in [f64::NAN, -1.0, 0.0, 0.5, 1.0, f64::INFINITY] {
            check(&precision_recall(&curves, prevalence));
            check(&precision_recall(&[], prevalence));
        }
    }
}
