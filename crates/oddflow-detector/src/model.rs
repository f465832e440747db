//! A trained detector of either recipe.

use oddflow_autoencoder::Network;
use oddflow_features::Recipe;

use crate::manifest::Manifest;
use crate::{behaviour, classic};

/// A trained detector.
#[derive(Clone, Debug)]
pub enum Model {
    /// Of the `classic` recipe.
    Classic(Box<classic::Model>),
    /// Of the `behaviour` recipe.
    Behaviour(Box<behaviour::Model>),
}

impl Model {
    /// Hash of its content, in hexadecimal digits: two models of one id are the same model.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Classic(model) => model.id(),
            Self::Behaviour(model) => model.id(),
        }
    }

    /// Which features it looks at.
    #[must_use]
    pub fn recipe(&self) -> Recipe {
        match self {
            Self::Classic(_) => Recipe::Classic,
            Self::Behaviour(_) => Recipe::Behaviour,
        }
    }

    /// Name and version of the program that trained it.
    #[must_use]
    pub fn tool(&self) -> &str {
        match self {
            Self::Classic(model) => model.tool(),
            Self::Behaviour(model) => model.tool(),
        }
    }

    /// What it was trained on.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        match self {
            Self::Classic(model) => model.manifest(),
            Self::Behaviour(model) => model.manifest(),
        }
    }

    /// Its network.
    #[must_use]
    pub fn network(&self) -> &Network {
        match self {
            Self::Classic(model) => model.network(),
            Self::Behaviour(model) => model.network(),
        }
    }
}
