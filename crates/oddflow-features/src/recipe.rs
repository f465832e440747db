//! The recipes by name, as a command line and a model file have them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which features are made of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recipe {
    /// One record, one row: 11 numbers and the one-hot levels of five columns. See [`crate::classic`].
    Classic,
    /// The row, what its hosts have been doing, and what is new. See [`crate::behaviour`].
    Behaviour,
}

impl Recipe {
    /// Every recipe, in the order in which help texts list them.
    pub const ALL: [Self; 2] = [Self::Behaviour, Self::Classic];

    /// The name that options and model files use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Behaviour => "behaviour",
        }
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Recipe {
    type Err = UnknownRecipe;

    fn from_str(name: &str) -> Result<Self, UnknownRecipe> {
        Self::ALL
            .into_iter()
            .find(|recipe| recipe.name() == name)
            .ok_or_else(|| UnknownRecipe { name: name.to_owned() })
    }
}

/// A name that belongs to no recipe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no recipe named {name:?}; known: {}", Recipe::ALL.map(Recipe::name).join(", "))]
pub struct UnknownRecipe {
    /// The name that was asked for.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_recipe() {
        for recipe in Recipe::ALL {
            assert_eq!(recipe.name().parse(), Ok(recipe));
            assert_eq!(serde_json::to_string(&recipe).unwrap(), format!("{:?}", recipe.name()));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let error = "Classic".parse::<Recipe>().unwrap_err();
        assert_eq!(error.to_string(), "there is no recipe named \"Classic\"; known: behaviour, classic");
    }
}
