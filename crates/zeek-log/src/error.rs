//! Why a log is refused as a whole. What is wrong within a log is a [`Problem`](crate::Problem) instead.

use std::borrow::Cow;
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
    /// A Zeek log, but another one than was asked for.
    #[error("{name} is no {wanted} log but `{found}`")]
    OtherLog {
        /// Name of the file.
        name: String,
        /// The log that was asked for: `conn`, `dns`, ...
        wanted: String,
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
    #[error("no {wanted} log found in {name}")]
    NothingFound {
        /// The directory or pattern.
        name: String,
        /// The log that was asked for.
        wanted: String,
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
    pub fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::Open { .. } => "Check that the file exists and that you may read it.".into(),
            Self::NotZeek { .. } => {
                "Leave it out, or name a log that Zeek wrote, as TSV with its #fields header or as JSON lines. For a log that has lost \
                 its header, give the field names with --fields."
                    .into()
            }
            Self::OtherLog { wanted, .. } => {
                format!("Leave it out; name {wanted}.log, or the directory that holds it.").into()
            }
            Self::Changed { .. } => {
                "Run again: what was not read is read then, under its new name.".into()
            }
            Self::NothingFound { wanted, .. } => format!(
                "Logs are looked for by the names that Zeek gives them: {wanted}.log, {wanted}.HH:MM:SS-HH:MM:SS.log.gz and the \
                 like. Name a file of another name itself."
            )
            .into(),
            Self::BadPattern { .. } => {
                "Quote the pattern, or escape the characters that are meant as they stand.".into()
            }
        }
    }
}
