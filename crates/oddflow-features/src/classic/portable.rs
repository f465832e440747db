//! An encoder as data in a model file: columns, vocabulary and scaler, checked when they come back.
//!
//! Invariant: no encoder exists whose parts disagree. A file that somebody edited gives an error, never a panic.

use serde::{Deserialize, Serialize};

use super::{ClassicEncoder, Scaler, Vocabulary};

/// What is written. The columns follow from the vocabulary; they are written for those who read the file,
/// and compared when it is read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Portable {
    columns: Vec<String>,
    vocabulary: Vocabulary,
    scaler: Scaler,
}

impl From<ClassicEncoder> for Portable {
    fn from(encoder: ClassicEncoder) -> Self {
        let ClassicEncoder { columns, vocabulary, scaler, .. } = encoder;
        Self { columns, vocabulary, scaler }
    }
}

impl TryFrom<Portable> for ClassicEncoder {
    type Error = ModelError;

    fn try_from(read: Portable) -> Result<Self, ModelError> {
        let Portable { columns, vocabulary, scaler } = read;
        vocabulary.check()?;
        let named = super::encoder::columns(&vocabulary);
        if let Some(expected) = named.iter().zip(&columns).position(|(expected, found)| expected != found) {
            return Err(ModelError::WrongColumn {
                expected: named[expected].clone(),
                found: columns[expected].clone(),
            });
        }
        for (what, found) in
            [("columns", columns.len()), ("means", scaler.mean.len()), ("scales", scaler.scale.len())]
        {
            if found != named.len() {
                return Err(ModelError::WrongLength { what, expected: named.len(), found });
            }
        }
        for (column, (&mean, &scale)) in named.iter().zip(scaler.mean.iter().zip(&scaler.scale)) {
            if !mean.is_finite() || !scale.is_finite() || scale <= 0.0 {
                return Err(ModelError::BadScale { column: column.clone() });
            }
        }
        Ok(Self::assemble(vocabulary, scaler))
    }
}

/// Why an encoder that was read can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// More levels than the recipe holds, or a longer one.
    #[error("the vocabulary of {column} is larger than the classic recipe allows")]
    TooManyLevels {
        /// The categorical column.
        column: &'static str,
    },
    /// Levels must be sorted bytewise and unique.
    #[error("the vocabulary of {column} is not sorted or repeats a level")]
    UnsortedLevels {
        /// The categorical column.
        column: &'static str,
    },
    /// A list does not have an entry for each column.
    #[error("the encoder has {found} {what} where its vocabulary makes {expected} columns")]
    WrongLength {
        /// Which list.
        what: &'static str,
        /// Columns that the vocabulary makes.
        expected: usize,
        /// Entries in the list.
        found: usize,
    },
    /// A column is not the one that the vocabulary puts there.
    #[error("the encoder names the column {found:?} where its vocabulary makes {expected:?}")]
    WrongColumn {
        /// Name by the vocabulary.
        expected: String,
        /// Name in the list of columns.
        found: String,
    },
    /// Means must be finite; scales finite and above zero.
    #[error("the mean or the scale of the column {column:?} is no usable number")]
    BadScale {
        /// The column.
        column: String,
    },
}
