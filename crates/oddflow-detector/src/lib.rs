//! The detector: trained on a baseline, kept in a model file, it scores connections and says why.
//!
//! [`Baseline`] takes the records of normal traffic in bounded memory; [`train`] splits them, fits the recipe's encoder and the
//! autoencoder on the training part, and derives the threshold from the part that was held out. The [`Model`] that results is
//! data: JSON and tensors in one file whose hash is its name. A [`Detector`] is a model made ready to score.
//!
//! This crate knows neither databases nor the network, and it never reads a clock.

mod baseline;
mod detector;
mod model;
mod model_file;
mod quantile;
mod split;
mod train;

pub use baseline::{Baseline, BaselineChunk};
pub use detector::{Contribution, Detector};
pub use model::{Losses, Manifest, ManifestFile, Model, Training};
pub use model_file::{FORMAT_VERSION, ModelFileError};
pub use quantile::{QUANTILES, quantile, quantile_label};
pub use split::Split;
pub use train::{Example, LEAST_ROWS, TrainError, TrainOptions, Trained, train};
