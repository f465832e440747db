//! The levels that the training rows held, and the one-hot columns that follow from them.

use serde::{Deserialize, Serialize};

use super::levels::{MAX_LEVEL_BYTES, MAX_LEVELS};
use super::{Categorical, ModelError};

/// The levels of the five categorical columns, each list sorted bytewise.
///
/// The first level of a column is dropped: it has no one-hot column and encodes, like an unseen level, as zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    proto: Vec<String>,
    service: Vec<String>,
    conn_state: Vec<String>,
    local_orig: Vec<String>,
    local_resp: Vec<String>,
}

impl Vocabulary {
    /// The levels of one column, sorted bytewise, the dropped first level included.
    #[must_use]
    pub fn levels(&self, column: Categorical) -> &[String] {
        match column {
            Categorical::Proto => &self.proto,
            Categorical::Service => &self.service,
            Categorical::ConnState => &self.conn_state,
            Categorical::LocalOrig => &self.local_orig,
            Categorical::LocalResp => &self.local_resp,
        }
    }

    pub(super) fn set(&mut self, column: Categorical, levels: Vec<String>) {
        *match column {
            Categorical::Proto => &mut self.proto,
            Categorical::Service => &mut self.service,
            Categorical::ConnState => &mut self.conn_state,
            Categorical::LocalOrig => &mut self.local_orig,
            Categorical::LocalResp => &mut self.local_resp,
        } = levels;
    }

    /// The one-hot columns in the order of a row: `(column, level)`.
    pub(super) fn one_hot(&self) -> impl Iterator<Item = (Categorical, &str)> {
        Categorical::ALL
            .into_iter()
            .flat_map(|column| self.levels(column).iter().skip(1).map(move |level| (column, level.as_str())))
    }

    /// Checks what [`super::Fitter`] guarantees, for a vocabulary that came from elsewhere.
    pub(super) fn check(&self) -> Result<(), ModelError> {
        for column in Categorical::ALL {
            let (levels, name) = (self.levels(column), column.name());
            if levels.len() > MAX_LEVELS || levels.iter().any(|level| level.len() > MAX_LEVEL_BYTES) {
                return Err(ModelError::TooManyLevels { column: name });
            }
            if levels.windows(2).any(|pair| pair[0] >= pair[1]) {
                return Err(ModelError::UnsortedLevels { column: name });
            }
        }
        Ok(())
    }
}
