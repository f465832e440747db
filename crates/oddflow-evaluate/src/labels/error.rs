//! What can be wrong with a table of labels. Each error is one sentence that names the file, and has a remedy.

use std::io;

/// Why a table of labels can't be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelsError {
    /// The file can't be opened or read to its end.
    #[error("the labels {file} cannot be read: {source}")]
    Read {
        /// The table.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// There is no line that names the columns.
    #[error("the labels {file} are empty: their first line should name the columns")]
    Empty {
        /// The table.
        file: String,
    },
    /// A column is missing that nothing can be said without.
    #[error("the labels {file} have no column {missing}; their first line names {found}")]
    MissingColumn {
        /// The table.
        file: String,
        /// The column, or the columns of which one is needed.
        missing: &'static str,
        /// The columns that are there.
        found: String,
    },
    /// A line ends before a column that is needed.
    #[error(
        "line {line} of the labels {file} has {cells} cells, too few for the columns that its first line names"
    )]
    ShortLine {
        /// The table.
        file: String,
        /// Number of the line, from 1.
        line: u64,
        /// How many cells it has.
        cells: usize,
    },
}

impl LabelsError {
    /// What the user can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Read { .. } => "Check the name and its permissions; a damaged .gz has to be copied again.",
            Self::Empty { .. } | Self::MissingColumn { .. } => {
                "Write the names of the columns in the first line, with tabs between them: uid, and label or type."
            }
            Self::ShortLine { .. } => {
                "Give each line a cell a column, with tabs between them; - stands for nothing."
            }
        }
    }
}
