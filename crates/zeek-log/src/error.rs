//! Why a log is refused as a whole. What is wrong within a log is a [`Problem`](crate::Problem) instead.

use std::io;

/// A log that can't be read at all, or that isn't the one asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file can't be opened or read.
    #[error("{name} cannot be read: {source}")]
    Open {
        /// Name of the file.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// The content isn't a Zeek log.
    #[error("{name} is not a Zeek log: {reason}")]
    NotZeek {
        /// Name of the file.
        name: String,
        /// What was found instead.
        reason: String,
    },
    /// A Zeek log, but of another type.
    #[error("{name} is not a conn log but `{found}`")]
    OtherLog {
        /// Name of the file.
        name: String,
        /// The log that it is.
        found: String,
    },
    /// The name leads to another log than it did when its beginning was looked at: it was rotated meanwhile.
    #[error("{name} has become another log meanwhile")]
    Changed {
        /// Name of the file.
        name: String,
    },
    /// A directory or a pattern that leads to no log.
    #[error("no conn log found in {name}")]
    NothingFound {
        /// The directory or pattern.
        name: String,
    },
    /// A pattern that isn't one.
    #[error("`{name}` is not a valid pattern: {reason}")]
    BadPattern {
        /// The pattern.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ReadError {
    /// What the user can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Open { .. } => "Check that the file exists and that you may read it.",
            Self::NotZeek { .. } => {
                "Leave it out, or name a log that Zeek wrote, as TSV with its #fields header or as JSON lines. For a log that has lost \
                 its header, give the field names with --fields."
            }
            Self::OtherLog { .. } => "Leave it out; name conn.log, or the directory that holds it.",
            Self::Changed { .. } => "Run again: what was not read is read then, under its new name.",
            Self::NothingFound { .. } => {
                "Logs are looked for by the names that Zeek gives them: conn.log, conn.HH:MM:SS-HH:MM:SS.log.gz and the \
                 like. Name a file of another name itself."
            }
            Self::BadPattern { .. } => {
                "Quote the pattern, or escape the characters that are meant as they stand."
            }
        }
    }
}
