//! How well scores put malicious rows above benign ones. Rows of the same score can't be told apart: they are always taken
//! together.

use super::{JudgedRow, curves};
use crate::labels::Truth;

/// How many rows score at least as much as one of the scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    /// Malicious ones.
    pub(super) hits: u64,
    /// Benign ones.
    pub(super) false_alarms: u64,
}

/// Rows from the highest score to the lowest, as the row figures need them. Rows that are left out aren't there.
#[derive(Clone, Debug)]
pub struct Ranking {
    /// A step for each score that occurs, from the highest on.
    steps: Vec<Step>,
}

impl Ranking {
    /// Sorts the rows by score.
    #[must_use]
    pub fn new(rows: &[JudgedRow]) -> Self {
        let judged = |row: &JudgedRow| match row.truth {
            Truth::Benign => Some((orderly(row.score), false)),
            Truth::Malicious(_) => Some((orderly(row.score), true)),
            Truth::LeftOut => None,
        };
        let mut rows: Vec<(f64, bool)> = rows.iter().filter_map(judged).collect();
        rows.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let mut so_far = Step { hits: 0, false_alarms: 0 };
        let steps = rows.chunk_by(|a, b| a.0 == b.0).map(|tied| {
            let hits = tied.iter().filter(|row| row.1).count();
            so_far.hits += hits as u64;
            so_far.false_alarms += (tied.len() - hits) as u64;
            so_far
        });
        Self { steps: steps.collect() }
    }

    /// How many rows are malicious.
    #[must_use]
    pub fn malicious(&self) -> u64 {
        self.steps.last().map_or(0, |step| step.hits)
    }

    /// How many rows are benign.
    #[must_use]
    pub fn benign(&self) -> u64 {
        self.steps.last().map_or(0, |step| step.false_alarms)
    }

    /// Area under the receiver operating characteristic: the chance that a malicious row scores higher than a benign one,
    /// where equal scores count half (the statistic of Mann and Whitney, 1947). `None` unless there are rows of both kinds.
    #[must_use]
    pub fn auroc(&self) -> Option<f64> {
        // Twice the pairs in the right order, so that half ones are whole numbers.
        let mut twice: u128 = 0;
        for (last, step) in self.increments() {
            let (hits, tied) = (step.hits - last.hits, step.false_alarms - last.false_alarms);
            let below = self.benign() - step.false_alarms;
            twice += u128::from(hits) * u128::from(2 * below + tied);
        }
        let pairs = self.malicious() as f64 * self.benign() as f64;
        (pairs > 0.0).then(|| twice as f64 / 2.0 / pairs)
    }

    /// Area under the precision-recall curve as average precision: the sum over the scores of precision times the recall
    /// gained there, without interpolation. `None` without malicious rows.
    #[must_use]
    pub fn auprc(&self) -> Option<f64> {
        let gained = |(last, step): (Step, Step)| (step.hits - last.hits) as f64 * precision(step);
        let sum: f64 = self.increments().map(gained).sum();
        (self.malicious() > 0).then(|| sum / self.malicious() as f64)
    }

    /// The true positive rate at a false positive rate `f`: the share of malicious rows strictly above the benign score at
    /// place floor(`f` · benign rows), from 0, in descending order. `None` unless there are rows of both kinds.
    #[must_use]
    pub fn tpr_at(&self, f: f64) -> Option<f64> {
        if self.malicious() == 0 || self.benign() == 0 {
            return None;
        }
        let place = ((f * self.benign() as f64) as u64).min(self.benign() - 1);
        // The last step before the one that the benign row at that place belongs to.
        let above = self.steps.iter().take_while(|step| step.false_alarms <= place).last();
        Some(above.map_or(0, |step| step.hits) as f64 / self.malicious() as f64)
    }

    /// The receiver operating characteristic to be drawn: (false, true) positive rate, from (0, 0) to (1, 1). At most about
    /// `most` points are left, so chosen that the curve is as exact on a logarithmic axis from 1e-5 as on a linear one.
    /// Empty unless there are rows of both kinds.
    #[must_use]
    pub fn roc(&self, most: usize) -> Vec<(f64, f64)> {
        if self.malicious() == 0 || self.benign() == 0 {
            return Vec::new();
        }
        let point = |step: &Step| {
            (step.false_alarms as f64 / self.benign() as f64, step.hits as f64 / self.malicious() as f64)
        };
        let points: Vec<_> = std::iter::once((0.0, 0.0)).chain(self.steps.iter().map(point)).collect();
        curves::thinned(&points, most, curves::roc_distance)
    }

    /// The precision-recall curve to be drawn: (recall, precision), a point for a score, from the highest score on. At most
    /// about `most` points are left. Empty without malicious rows.
    #[must_use]
    pub fn precision_recall(&self, most: usize) -> Vec<(f64, f64)> {
        if self.malicious() == 0 {
            return Vec::new();
        }
        let point = |step: &Step| (step.hits as f64 / self.malicious() as f64, precision(*step));
        let points: Vec<_> = self.steps.iter().map(point).collect();
        curves::thinned(&points, most, curves::plain_distance)
    }

    /// Each step with the one before it.
    fn increments(&self) -> impl Iterator<Item = (Step, Step)> + '_ {
        let before = std::iter::once(Step { hits: 0, false_alarms: 0 }).chain(self.steps.iter().copied());
        before.zip(self.steps.iter().copied())
    }
}

fn precision(step: Step) -> f64 {
    step.hits as f64 / (step.hits + step.false_alarms) as f64
}

/// A score that sorts: NaN is lower than everything, and there is one zero.
pub(super) fn orderly(score: f64) -> f64 {
    if score.is_nan() { f64::NEG_INFINITY } else { score + 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(of: &[(f64, bool)]) -> Vec<JudgedRow> {
        let truth = |malicious| if malicious { Truth::Malicious(0) } else { Truth::Benign };
        of.iter().map(|&(score, malicious)| JudgedRow { end: 0.0, score, truth: truth(malicious) }).collect()
    }

    fn split(of: &[(f64, bool)]) -> (Vec<f64>, Vec<f64>) {
        let scores = |kind| of.iter().filter(|row| row.1 == kind).map(|row| row.0).collect();
        (scores(true), scores(false))
    }

    /// Every pair of a malicious and a benign row.
    fn naive_auroc(of: &[(f64, bool)]) -> Option<f64> {
        let (malicious, benign) = split(of);
        let credit = |m: f64, b: f64| {
            if m > b {
                1.0
            } else if m == b {
                0.5
            } else {
                0.0
            }
        };
        let sum: f64 = malicious.iter().flat_map(|&m| benign.iter().map(move |&b| credit(m, b))).sum();
        let pairs = malicious.len() * benign.len();
        (pairs > 0).then(|| sum / pairs as f64)
    }

    /// For every malicious row the precision among all rows that score at least as much.
    fn naive_auprc(of: &[(f64, bool)]) -> Option<f64> {
        let (malicious, _) = split(of);
        let precision = |m: f64| {
            let above = of.iter().filter(|row| row.0 >= m);
            above.clone().filter(|row| row.1).count() as f64 / above.count() as f64
        };
        let sum: f64 = malicious.iter().map(|&m| precision(m)).sum();
        (!malicious.is_empty()).then(|| sum / malicious.len() as f64)
    }

    fn naive_tpr(of: &[(f64, bool)], f: f64) -> Option<f64> {
        let (malicious, mut benign) = split(of);
        benign.sort_by(|a, b| b.total_cmp(a));
        let place = ((f * benign.len() as f64).floor() as usize).min(benign.len().checked_sub(1)?);
        let above = malicious.iter().filter(|&&m| m > benign[place]).count();
        (!malicious.is_empty()).then(|| above as f64 / malicious.len() as f64)
    }

    fn close(a: Option<f64>, b: Option<f64>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-12,
            _ => a == b,
        }
    }

    proptest! {
        #[test]
        fn row_figures_equal_the_naive_ones(
            of in proptest::collection::vec((0u8..12, any::<bool>()), 0..60),
            f in prop_oneof![Just(0.01), Just(0.001), 0.0..1.2],
        ) {
            // Few values, so that there are many ties.
            let of: Vec<_> = of.into_iter().map(|(score, malicious)| (f64::from(score) / 4.0, malicious)).collect();
            let ranking = Ranking::new(&rows(&of));
            prop_assert!(close(ranking.auroc(), naive_auroc(&of)));
            prop_assert!(close(ranking.auprc(), naive_auprc(&of)));
            prop_assert!(close(ranking.tpr_at(f), naive_tpr(&of, f)));
        }

        #[test]
        fn the_area_under_the_points_is_the_auroc(of in proptest::collection::vec((0u8..40, any::<bool>()), 0..200)) {
            let of: Vec<_> = of.into_iter().map(|(score, malicious)| (f64::from(score), malicious)).collect();
            let ranking = Ranking::new(&rows(&of));
            let points = ranking.roc(usize::MAX);
            let area: f64 = points.windows(2).map(|p| (p[1].0 - p[0].0) * (p[0].1 + p[1].1) / 2.0).sum();
            let expected = naive_auroc(&of);
            prop_assert_eq!(points.is_empty(), expected.is_none());
            prop_assert!(expected.is_none_or(|expected| (area - expected).abs() < 1e-9));
        }
    }

    #[test]
    fn nan_is_lowest_and_zero_has_no_sign() {
        let of = [(f64::NAN, true), (f64::NAN, false), (0.0, true), (-0.0, false), (f64::INFINITY, true)];
        let ranking = Ranking::new(&rows(&of));
        // Pairs: NaN above none, ties with one; zero ties with one, above one; infinity above both.
        assert_eq!(ranking.auroc(), Some((0.5 + 1.5 + 2.0) / 6.0));
    }

    #[test]
    fn figures_that_are_not_defined() {
        let malicious = Ranking::new(&rows(&[(1.0, true)]));
        assert_eq!((malicious.auroc(), malicious.tpr_at(0.01)), (None, None));
        let benign = Ranking::new(&rows(&[(1.0, false)]));
        assert_eq!((benign.auroc(), benign.auprc(), benign.tpr_at(0.01)), (None, None, None));
        assert!(benign.roc(10).is_empty() && benign.precision_recall(10).is_empty());
    }
}
