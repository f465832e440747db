//! A trained detector as data: what its file holds.

use oddflow_autoencoder::Network;
use oddflow_features::Recipe;
use oddflow_features::classic::ClassicEncoder;
use serde::{Deserialize, Serialize};

use crate::split::Split;

/// A trained detector.
#[derive(Clone, Debug)]
pub struct Model {
    /// Hash of its content, in hexadecimal digits: two models of one id are the same model.
    pub(crate) id: String,
    pub(crate) content: Content,
    pub(crate) network: Network,
    /// What the recipe carries from row to row at the end of the baseline; empty for `classic`, which carries nothing.
    pub(crate) state: Vec<u8>,
}

/// All of a model but its numbers; the JSON part of its file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) recipe: Recipe,
    /// Name and version of the program that trained it.
    pub(crate) tool: String,
    /// Widths of the network from input to output.
    pub(crate) widths: Vec<usize>,
    pub(crate) encoder: ClassicEncoder,
    /// The quantile that the default threshold stands for.
    pub(crate) default_quantile: f64,
    /// Quantiles of the errors of the held-out part, ascending: `(quantile, error)`.
    pub(crate) thresholds: Vec<(f64, f64)>,
    pub(crate) training: Training,
    pub(crate) manifest: Manifest,
}

/// How a model was trained, and how well it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// How the rows were divided.
    pub split: Split,
    /// The seed of sample, split, weights and order.
    pub seed: u64,
    /// Rows of the training, validation and test part.
    pub rows: [usize; 3],
    /// Rows a step.
    pub batch: usize,
    /// Adam's rate.
    pub rate: f64,
    /// Training and validation loss of each epoch, in order.
    pub epochs: Vec<(f64, f64)>,
    /// The epoch whose weights were kept, from 1.
    pub best_epoch: usize,
    /// The losses of the final network.
    pub losses: Losses,
}

/// Mean squared error over rows and columns, by part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    /// Of the part that was learned from.
    pub training: f64,
    /// Of the part that decided when to stop.
    pub validation: f64,
    /// Of the part that was held out.
    pub test: f64,
}

impl Losses {
    /// Test loss over training loss: well above 1 the network has learned its rows by heart.
    #[must_use]
    pub fn over_fit(&self) -> f64 {
        self.test / self.training
    }
}

/// What a model was trained on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The logs, in the order in which they were read.
    pub files: Vec<ManifestFile>,
    /// Rows that were read from them.
    pub rows_read: u64,
    /// Rows that were used: fewer where they had to be sampled.
    pub rows_used: u64,
    /// Rows that could not be read.
    pub rows_unreadable: u64,
}

impl Manifest {
    /// Earliest and latest start of a connection, in seconds since the Unix epoch.
    #[must_use]
    pub fn span(&self) -> Option<(f64, f64)> {
        self.files.iter().filter_map(|file| file.span).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

/// One log that a model was trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Its name, as it was given or found.
    pub name: String,
    /// Rows that were read from it.
    pub rows: u64,
    /// Earliest and latest start of a connection, in seconds since the Unix epoch.
    pub span: Option<(f64, f64)>,
}

impl Model {
    /// Hash of its content, in hexadecimal digits: two models of one id are the same model.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Which features it looks at.
    #[must_use]
    pub fn recipe(&self) -> Recipe {
        self.content.recipe
    }

    /// Name and version of the program that trained it.
    #[must_use]
    pub fn tool(&self) -> &str {
        &self.content.tool
    }

    /// The encoder of its features.
    #[must_use]
    pub fn encoder(&self) -> &ClassicEncoder {
        &self.content.encoder
    }

    /// Its network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// What its recipe carries from row to row at the end of the baseline; empty for a recipe that carries nothing.
    #[must_use]
    pub fn state(&self) -> &[u8] {
        &self.state
    }

    /// How it was trained.
    #[must_use]
    pub fn training(&self) -> &Training {
        &self.content.training
    }

    /// What it was trained on.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.content.manifest
    }

    /// The quantile that its default threshold stands for.
    #[must_use]
    pub fn default_quantile(&self) -> f64 {
        self.content.default_quantile
    }

    /// The quantiles of held-out errors that it keeps, ascending, each with its error.
    #[must_use]
    pub fn thresholds(&self) -> &[(f64, f64)] {
        &self.content.thresholds
    }

    /// The error that so large a share (0 to 1) of the held-out rows doesn't exceed; `None` where the model doesn't keep it.
    #[must_use]
    pub fn threshold(&self, quantile: f64) -> Option<f64> {
        self.content.thresholds.iter().find(|kept| (kept.0 - quantile).abs() < 1e-9).map(|kept| kept.1)
    }
}
