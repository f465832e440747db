//! What scores are measured against: the baseline's tails, and the errors of the calibration slice.

use oddflow_features::behaviour::{CLASSES, TrafficClass};

use super::families::{NOVELTIES, WATCHED};
use super::reference::Reference;

/// The references of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Median of the logarithm of the network's error over the calibration slice.
    pub(crate) error_q50: f32,
    /// Its 99th percentile.
    pub(crate) error_q99: f32,
    /// Of each watched column over the baseline.
    pub(crate) watched: Vec<Reference>,
    /// Of regularity on new pairs, over the calibration slice.
    pub(crate) new_regular: Reference,
    /// Of the novelties over the calibration slice: of all classes, and of each that has enough rows.
    pub(crate) all: [Reference; NOVELTIES],
    pub(crate) by_class: [Option<Box<[Reference; NOVELTIES]>>; CLASSES],
}

/// Rows of a class in the calibration slice from which it is compared with itself alone.
pub(super) const LEAST_OF_CLASS: usize = 100;
/// Least spread of the errors' logarithm: that of rows that are all alike would be none.
const LEAST_SPREAD: f32 = 1e-3;

impl Calibration {
    #[inline]
    pub(super) fn error_spread(&self) -> f32 {
        (self.error_q99 - self.error_q50).max(LEAST_SPREAD)
    }

    /// What the novelties of a class are compared with.
    #[inline]
    pub(super) fn novelty(&self, class: TrafficClass) -> &[Reference; NOVELTIES] {
        self.by_class[class.index()].as_deref().unwrap_or(&self.all)
    }

    /// The reference of a watched column, by its place among them.
    #[must_use]
    pub fn watched(&self, place: usize) -> Option<&Reference> {
        self.watched.get(place)
    }
}

/// Collects the values that references are made of.
pub(super) struct Collector {
    values: Vec<Vec<f32>>,
    zeros: Vec<u64>,
}

impl Collector {
    pub(super) fn new(columns: usize) -> Self {
        Self { values: vec![Vec::new(); columns], zeros: vec![0; columns] }
    }

    #[inline]
    pub(super) fn add(&mut self, column: usize, value: f32) {
        if value == 0.0 {
            self.zeros[column] += 1;
        } else {
            self.values[column].push(value);
        }
    }

    pub(super) fn finish(self) -> Vec<Reference> {
        self.values.into_iter().zip(self.zeros).map(|(values, zeros)| Reference::new(values, zeros)).collect()
    }
}

/// The watched columns alone, of all rows of the baseline.
pub(super) fn watched() -> Collector {
    Collector::new(WATCHED)
}
