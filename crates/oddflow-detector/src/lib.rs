//! The detector: trained on a baseline, kept in a model file, it scores connections and says why.
//!
//! There are two, one a recipe: [`classic`] scores each row by itself, [`behaviour`] carries what hosts have done from row to
//! row and groups odd rows to incidents. A [`Model`] of either is data: JSON and tensors in one file whose hash is its name.
//!
//! This crate knows neither databases nor the network, and it never reads a clock.

pub mod behaviour;
pub mod classic;
mod loss;
mod manifest;
mod model;
mod model_file;
mod quantile;

pub use manifest::{Manifest, ManifestFile};
pub use model::Model;
pub use model_file::{FORMAT_VERSION, ModelFileError};
pub use quantile::{QUANTILES, quantile, quantile_label};
