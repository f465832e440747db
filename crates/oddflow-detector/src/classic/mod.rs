//! The `classic` detector: one record, one row, and the mean squared error of its reconstruction.
//!
//! [`Baseline`] takes the records of normal traffic in bounded memory; [`train`] splits them, fits the recipe's encoder and the
//! autoencoder on the training part, and derives thresholds from the part that was held out. A row's score depends on the row
//! alone.

mod baseline;
mod detector;
mod model;
mod split;
mod train;

pub use baseline::{Baseline, BaselineChunk};
pub use detector::{Contribution, Detector};
pub use model::{Losses, Model, Training};
pub use split::Split;
pub use train::{Example, LEAST_ROWS, TrainError, TrainOptions, Trained, train};

#[cfg(test)]
pub(crate) use train::tests;
