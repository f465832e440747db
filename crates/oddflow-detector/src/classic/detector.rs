//! A model made ready to score: records in, errors out, and for the odd ones the reasons.

use oddflow_autoencoder::Scorer;
use oddflow_features::classic::{ClassicEncoder, numerics};
use zeek_log::ConnRecord;

use super::model::Model;

/// Scores records with a model. Shared between threads by reference.
///
/// Invariant: a record's score doesn't depend on the records around it, nor on the number of threads.
#[derive(Clone)]
pub struct Detector {
    encoder: ClassicEncoder,
    scorer: Scorer,
}

/// How much one feature contributed to a record's error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution<'d> {
    /// Name of the feature's column.
    pub name: &'d str,
    /// The record's value in natural units; 0 or 1 for one level of a category.
    pub value: f64,
    /// What the network made of it, in the same units.
    pub expected: f64,
    /// Its share of the record's error, 0 to 1.
    pub share: f32,
}

impl Detector {
    /// Makes a model ready.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        Self { encoder: model.content.encoder.clone(), scorer: model.network.scorer() }
    }

    /// Values in a feature row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.encoder.width()
    }

    /// Appends the feature row of a record.
    #[inline]
    pub fn encode(&self, record: &ConnRecord<'_>, rows: &mut Vec<f32>) {
        let start = rows.len();
        rows.resize(start + self.encoder.width(), 0.0);
        self.encoder.encode(record, &mut rows[start..]);
    }

    /// Appends the score of each feature row: its mean squared reconstruction error, 0 or more.
    pub fn score(&self, rows: &[f32], scores: &mut Vec<f32>) {
        let start = scores.len();
        scores.resize(start + rows.len() / self.width(), 0.0);
        self.scorer.errors(rows, &mut scores[start..]);
    }

    /// Writes the reconstruction of feature rows to `out`, a matrix of the same shape.
    pub fn reconstruct(&self, rows: &[f32], out: &mut [f32]) {
        self.scorer.reconstruct(rows, out);
    }

    /// The features that contributed most to the error of a record, the largest share first, at most `most` of them. `row` is
    /// its feature row.
    #[must_use]
    pub fn explain(&self, record: &ConnRecord<'_>, row: &[f32], most: usize) -> Vec<Contribution<'_>> {
        // What a single-precision row gives back of a large number is off in its last digits.
        let exact = numerics(record);
        let mut output = vec![0.0; row.len()];
        self.scorer.reconstruct(row, &mut output);
        let squares: Vec<f32> = row.iter().zip(&output).map(|(x, y)| (x - y) * (x - y)).collect();
        let total: f32 = squares.iter().sum();
        let mut order: Vec<usize> = (0..row.len()).collect();
        let most = most.min(order.len());
        let larger = |a: &usize, b: &usize| squares[*b].total_cmp(&squares[*a]).then(a.cmp(b));
        if most > 0 && most < order.len() {
            order.select_nth_unstable_by(most - 1, larger);
        }
        order.truncate(most);
        order.sort_unstable_by(larger);
        order
            .into_iter()
            .map(|column| Contribution {
                name: &self.encoder.columns()[column],
                value: match exact.get(column) {
                    Some(&value) => value,
                    // Without the sign of a zero.
                    None => self.encoder.natural(column, row[column]).round() + 0.0,
                },
                expected: self.encoder.natural(column, output[column]),
                share: if total > 0.0 { squares[column] / total } else { 0.0 },
            })
            .collect()
    }
}
