//! Plain detectors to compare with. Each learns from rows without labels and then gives a row a score, the higher, the odder.
//!
//! They see a connection by itself, without what happened before it: [`SimpleRow`], made of a record in one pass. Their rows
//! are grouped to incidents by [`group`], and [`run`] does it all in one call.

mod grouping;
mod isolation_forest;
mod robust_z;
mod row;
mod run;
mod tuple_rarity;

pub use grouping::group;
pub use isolation_forest::IsolationForest;
pub use robust_z::RobustZ;
pub use row::{ROW_NUMBERS, SimpleRow};
pub use run::{Run, run};
pub use tuple_rarity::TupleRarity;

/// A detector that has learnt what is normal.
pub trait Scorer: Send + Sync {
    /// How odd a row is: finite, the higher, the odder. It depends on the row and the model alone.
    fn score(&self, row: &SimpleRow) -> f64;
}

/// The kinds of baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// [`IsolationForest`].
    IsolationForest,
    /// [`TupleRarity`].
    TupleRarity,
    /// [`RobustZ`].
    RobustZ,
}

impl Baseline {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::IsolationForest, Self::TupleRarity, Self::RobustZ];

    /// Its name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::IsolationForest => "isolation_forest",
            Self::TupleRarity => "tuple_rarity",
            Self::RobustZ => "robust_z",
        }
    }

    /// Learns from rows, which may be none. The seed matters to the isolation forest alone.
    #[must_use]
    pub fn fit(self, rows: &[SimpleRow], seed: u64) -> Box<dyn Scorer> {
        match self {
            Self::IsolationForest => Box::new(IsolationForest::fit(rows, seed)),
            Self::TupleRarity => Box::new(TupleRarity::fit(rows)),
            Self::RobustZ => Box::new(RobustZ::fit(rows)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ordinary, strange};

    #[test]
    fn few_rows_score_above_a_strange_one() {
        let rows = ordinary(600);
        for baseline in Baseline::ALL {
            let scorer = baseline.fit(&rows, 7);
            let strange = scorer.score(&strange());
            // Trees don't cut beyond the rows they are made of: to a forest what lies far outside is like the outermost rows.
            let above = rows.iter().filter(|row| scorer.score(row) > strange).count();
            assert!(above <= 12, "{} {above}", baseline.name());
        }
    }

    #[test]
    fn a_seed_gives_the_same_scores() {
        let rows = ordinary(600);
        for baseline in Baseline::ALL {
            let [a, b] = [0, 1].map(|_| baseline.fit(&rows, 7));
            assert!(
                rows.iter().all(|row| a.score(row).to_bits() == b.score(row).to_bits()),
                "{}",
                baseline.name()
            );
        }
    }

    #[test]
    fn any_number_of_rows_gives_finite_scores() {
        for count in [0, 1, 2, 3, 255, 256, 257] {
            for baseline in Baseline::ALL {
                let scorer = baseline.fit(&ordinary(count), 0);
                for row in ordinary(5).iter().chain([&strange()]) {
                    assert!(scorer.score(row).is_finite(), "{} {count}", baseline.name());
                }
            }
        }
    }
}
