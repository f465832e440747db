//! Curves with as many points as can be seen.

/// False positive rates below this are off the logarithmic axis.
const LOWEST_RATE: f64 = 1e-5;
/// The first try of a step; it becomes wider until few enough points are left.
const FINEST: f64 = 1e-4;
const WIDER: f64 = 1.5;

/// How far apart two points look, where 1 is the size of the figure.
type Distance = fn((f64, f64), (f64, f64)) -> f64;

/// As on a figure with two linear axes.
pub(super) fn plain_distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).abs().max((a.1 - b.1).abs())
}

/// As on a figure whose x axis is linear or logarithmic, whichever shows more.
pub(super) fn roc_distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    let place = |x: f64| 1.0 - x.max(LOWEST_RATE).log10() / LOWEST_RATE.log10();
    plain_distance(a, b).max((place(a.0) - place(b.0)).abs())
}

/// The first and the last point and, between them, those that are far enough from the one kept before.
pub(super) fn thinned(points: &[(f64, f64)], most: usize, distance: Distance) -> Vec<(f64, f64)> {
    let most = most.max(2);
    if points.len() <= most {
        return points.to_vec();
    }
    let mut step = FINEST;
    loop {
        let mut kept: Vec<(f64, f64)> = Vec::new();
        for &point in points {
            if kept.last().is_none_or(|&last| distance(last, point) >= step) {
                kept.push(point);
            }
        }
        let last = points[points.len() - 1];
        if kept.last() != Some(&last) {
            kept.push(last);
        }
        // No two points of a figure are farther apart than 1, so that a wider step leaves two.
        if kept.len() <= most || step > 1.0 {
            return kept;
        }
        step *= WIDER;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn few_points_from_the_first_to_the_last(
            mut points in proptest::collection::vec((0.0f64..=1.0, 0.0f64..=1.0), 1..400),
            most in 0usize..100,
        ) {
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            for distance in [plain_distance as Distance, roc_distance] {
                let kept = thinned(&points, most, distance);
                prop_assert!(kept.len() <= most.max(2));
                prop_assert_eq!((kept.first(), kept.last()), (points.first(), points.last()));
            }
        }
    }

    #[test]
    fn low_rates_keep_their_points() {
        let points: Vec<_> = (0..=100_000).map(|i| f64::from(i) / 100_000.0).map(|x| (x, x.sqrt())).collect();
        let kept = thinned(&points, 300, roc_distance);
        assert!(kept.len() <= 300);
        assert!(kept.iter().filter(|point| point.0 < 0.001).count() > 30);
    }
}
