//! What can go wrong: a value that isn't what its column says, and an output that can't be written.

use std::io;

use parquet::errors::ParquetError;
use zeek_log::ProblemKind;

/// A value that isn't of its column's type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadValue {
    /// What is wrong with it.
    pub kind: ProblemKind,
    /// The column and the value, shortened.
    pub detail: String,
}

impl BadValue {
    /// Longest value that is shown, in characters.
    const SHOWN: usize = 60;

    pub(crate) fn new(kind: ProblemKind, column: &str, value: &str) -> Self {
        let shown: String = value.chars().take(Self::SHOWN).collect();
        Self { kind, detail: format!("{column} is `{}`", shown.escape_default()) }
    }
}

/// An output that could not be written.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct WriteError(#[from] ParquetError);

impl WriteError {
    /// What the system said, where it was the system.
    #[must_use]
    pub fn into_io(self) -> io::Error {
        match self.0 {
            ParquetError::External(error) => match error.downcast::<io::Error>() {
                Ok(error) => *error,
                Err(error) => io::Error::other(error),
            },
            error => io::Error::other(error),
        }
    }
}
