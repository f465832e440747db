//! What a model was trained on.

use serde::{Deserialize, Serialize};

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
