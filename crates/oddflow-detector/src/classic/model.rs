//! A trained detector as data: what its file holds.

use oddflow_autoencoder::Network;
use oddflow_features::Recipe;
use oddflow_features::classic::ClassicEncoder;
use serde::{Deserialize, Serialize};

use super::split::Split;
use crate::manifest::Manifest;
use crate::model_file::{self, Tensor};

/// A trained detector.
#[derive(Clone, Debug)]
pub struct Model {
    /// Hash of its content, in hexadecimal digits: two models of one id are the same model.
    pub(crate) id: String,
    pub(crate) content: Content,
    pub(crate) network: Network,
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

impl Model {
    /// Gives content and network their id.
    pub(crate) fn new(content: Content, network: Network) -> Self {
        let mut model = Self { id: String::new(), content, network };
        model.id = model_file::id(&model.json(), &model.tensors());
        model
    }

    /// Of the parts of a file, checked.
    pub(crate) fn from_parts(id: String, content: Content, network: Network) -> Result<Self, String> {
        if content.widths.first() != Some(&content.encoder.width()) {
            return Err("the network is not as wide as the features".into());
        }
        if content.thresholds.iter().any(|kept| !kept.0.is_finite() || kept.1.is_nan() || kept.1 < 0.0) {
            return Err("a threshold is no number".into());
        }
        let model = Self { id, content, network };
        if model.threshold(model.default_quantile()).is_none() {
            return Err("it has no default threshold".into());
        }
        Ok(model)
    }

    pub(crate) fn json(&self) -> String {
        serde_json::to_string(&self.content).expect("a model's content has string keys and finite numbers")
    }

    pub(crate) fn tensors(&self) -> Vec<(String, Tensor<'_>)> {
        model_file::layers(&self.network)
    }

    /// Hash of its content, in hexadecimal digits: two models of one id are the same model.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
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
