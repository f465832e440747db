//! What scores are measured against: the baseline's tails, and the errors of the calibration slice.

use oddflow_features::behaviour::{CLASSES, TrafficClass};
use oddflow_features::companion::CompanionFeatures;

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
    /// Of each number of the companion logs, over the connections of the baseline that have one.
    pub(crate) application: Vec<Reference>,
}

/// Rows of a class in the calibration slice from which it is compared with itself alone.
pub(super) const LEAST_OF_CLASS: usize = 100;
/// Least spread of the errors' logarithm: that of rows that are all alike would be none.
const LEAST_SPREAD: f32 = 1e-3;

/// Connections of the baseline with a number of the companion logs from which it counts.
const LEAST_OF_COMPANIONS: u32 = 50;
/// Most that the companion logs can count for.
const MOST_APPLICATION: f32 = 4.0;

impl Calibration {
    /// The strongest of the companion logs' numbers: how far in the tail, and which; 0 where nothing is known.
    pub(super) fn application(&self, features: &CompanionFeatures) -> (f32, usize) {
        let mut strongest = (0.0, 0);
        for (column, (reference, value)) in self.application.iter().zip(features.values).enumerate() {
            if value > 0.0 && reference.rows >= LEAST_OF_COMPANIONS {
                let surprise = reference.surprise(value).min(MOST_APPLICATION);
                if surprise > strongest.0 {
                    strongest = (surprise, column);
                }
            }
        }
        strongest
    }

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

    /// Adds a value that is known only where it isn't 0.
    #[inline]
    pub(super) fn add_known(&mut self, column: usize, value: f32) {
        if value != 0.0 {
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
