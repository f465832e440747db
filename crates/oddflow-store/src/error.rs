//! What can go wrong with a store. Each error is one sentence that names the file, and has a remedy.

use rusqlite::ErrorCode;

use crate::incidents::MAX_INCIDENT_ROWS;
use crate::schema::VERSION;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Opened for reading, and there is nothing.
    #[error("there is no database {file}")]
    Missing {
        /// The database.
        file: String,
    },
    /// The file can't be opened or created.
    #[error("the database {file} cannot be opened: {reason}")]
    CannotOpen {
        /// The database.
        file: String,
        /// What SQLite or the system said.
        reason: String,
    },
    /// The file holds something else.
    #[error("{file} is not a SQLite database")]
    NotADatabase {
        /// The file.
        file: String,
    },
    /// A SQLite database, but of another program.
    #[error("{file} is a SQLite database that another program wrote")]
    Foreign {
        /// The file.
        file: String,
    },
    /// A newer oddflow has written it.
    #[error("{file} has schema version {found}, but this oddflow knows only versions up to {VERSION}")]
    Newer {
        /// The database.
        file: String,
        /// Its schema version.
        found: i64,
    },
    /// An older oddflow has written it, and it was opened for reading.
    #[error("{file} has schema version {found}, older than the version {VERSION} that this oddflow reads")]
    Older {
        /// The database.
        file: String,
        /// Its schema version; 0 for an empty database.
        found: i64,
    },
    /// Its content contradicts itself.
    #[error("the database {file} is damaged: {reason}")]
    Damaged {
        /// The database.
        file: String,
        /// What was found.
        reason: String,
    },
    /// It can't be written to.
    #[error("the database {file} is open for reading only or may not be written to")]
    ReadOnly {
        /// The database.
        file: String,
    },
    /// Another process holds it.
    #[error("another process is writing to the database {file}")]
    Locked {
        /// The database.
        file: String,
    },
    /// No room.
    #[error("there is no room left for the database {file}")]
    Full {
        /// The database.
        file: String,
    },
    /// Another writer has been faster, or progress would move backwards.
    #[error("{what} in the database {file} has changed since it was read")]
    Conflict {
        /// The database.
        file: String,
        /// What has changed.
        what: String,
    },
    /// The row is in the store already.
    #[error("the database {file} holds an alert of line {line} of this log already")]
    DuplicateRow {
        /// The database.
        file: String,
        /// Line in the log.
        line: u64,
    },
    /// The model was never registered.
    #[error("the database {file} has no model {model}")]
    UnknownModel {
        /// The database.
        file: String,
        /// The model's id.
        model: String,
    },
    /// The model's own file is not in the database.
    #[error("the database {file} does not have the file of model {model}")]
    NoModelFile {
        /// The database.
        file: String,
        /// The model's id.
        model: String,
    },
    /// Something goes by the model.
    #[error("model {model} of the database {file} is in use")]
    ModelInUse {
        /// The database.
        file: String,
        /// The model's id.
        model: String,
    },
    /// Incidents or alerts of the model are kept.
    #[error("the database {file} keeps incidents or alerts of model {model}")]
    ModelHasResults {
        /// The database.
        file: String,
        /// The model's id.
        model: String,
    },
    /// There is no model to roll back to.
    #[error("in the database {file} no other model was active before this one")]
    NothingBefore {
        /// The database.
        file: String,
    },
    /// The incident was never stored, or is another model's.
    #[error("the database {file} has no incident {incident} of this model")]
    UnknownIncident {
        /// The database.
        file: String,
        /// The store's number of the incident.
        incident: i64,
    },
    /// The incident holds as many rows as it may.
    #[error("incident {incident} of the database {file} holds {MAX_INCIDENT_ROWS} rows already")]
    FullIncident {
        /// The database.
        file: String,
        /// The store's number of the incident.
        incident: i64,
    },
    /// The incident has as many notes as it may.
    #[error("incident {incident} of the database {file} has as many notes as it may")]
    FullOfNotes {
        /// The database.
        file: String,
        /// The store's number of the incident.
        incident: i64,
    },
    /// A value that must be a number is not one.
    #[error("the {field} for the database {file} is not a number")]
    NotANumber {
        /// The database.
        file: String,
        /// Which value.
        field: &'static str,
    },
    /// The question took more work than it may.
    #[error("looking through the database {file} takes too long")]
    TooMuch {
        /// The database.
        file: String,
    },
    /// Anything else that SQLite reports.
    #[error("the database {file} failed: {source}")]
    Sqlite {
        /// The database.
        file: String,
        /// SQLite's own error.
        source: rusqlite::Error,
    },
}

impl StoreError {
    /// What the user can do about it: one sentence.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Missing { .. } => {
                "Check the name, or make one first: oddflow detect LOGS -m MODEL --db FILE."
            }
            Self::CannotOpen { .. } => "Check that the folder exists and that you may write to it.",
            Self::NotADatabase { .. } | Self::Foreign { .. } => {
                "Name another file; this one was left as it was."
            }
            Self::Newer { .. } => "Use the newer oddflow that wrote it, or name another file.",
            Self::Older { .. } => "Run oddflow detect with it once, which brings it up to date.",
            Self::Damaged { .. } => {
                "Restore it from a copy, or start a new database and read the logs again."
            }
            Self::ReadOnly { .. } => "Check the permissions of the file and of its folder, or copy the file.",
            Self::Locked { .. } => "Wait until the other process has ended, or name another file.",
            Self::Full { .. } => "Make room on the disk and run again: nothing is lost or stored twice.",
            Self::Conflict { .. } => {
                "Let only one process write, and run again: it goes on where the other ended."
            }
            Self::DuplicateRow { .. } => "Read the log from where the ledger says that it ended.",
            Self::UnknownModel { .. } => "Register the model before its results.",
            Self::NoModelFile { .. } => "Take it in first: oddflow model import FILE --db DB.",
            Self::ModelInUse { .. } => {
                "Activate another model, let oddflow watch go on with that one, and try again."
            }
            Self::ModelHasResults { .. } => {
                "Remove only its file, with --file-only, or let its results expire first: oddflow incidents expire."
            }
            Self::NothingBefore { .. } => "Choose one: oddflow model list, oddflow model activate ID.",
            Self::UnknownIncident { .. } => "Store the incident before its rows.",
            Self::FullIncident { .. } => "Remove a weaker row of it first, or only count this one.",
            Self::FullOfNotes { .. } => "Keep what there is to say elsewhere, and note where.",
            Self::NotANumber { .. } => {
                "Leave the row out: a value that is not a number has no place in an order."
            }
            Self::TooMuch { .. } => "Ask for less: a shorter time, or one more filter.",
            Self::Sqlite { .. } => "Run again; if it fails again, please report it with this message.",
        }
    }

    /// Gives an error of SQLite the name that a user understands.
    pub(crate) fn of(file: &str, source: rusqlite::Error) -> Self {
        let file = file.to_owned();
        let reason = || source.to_string();
        match &source {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::NotADatabase => Self::NotADatabase { file },
                ErrorCode::DatabaseCorrupt => Self::Damaged { reason: reason(), file },
                ErrorCode::ReadOnly => Self::ReadOnly { file },
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::FileLockingProtocolFailed => Self::Locked { file },
                ErrorCode::OperationInterrupted => Self::TooMuch { file },
                ErrorCode::DiskFull => Self::Full { file },
                ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                    Self::CannotOpen { reason: reason(), file }
                }
                _ => Self::Sqlite { file, source },
            },
            // A value that this crate's own writer can't have written.
            rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::Damaged { reason: reason(), file },
            _ => Self::Sqlite { file, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Errors as SQLite reports them, and what a user is told.
    #[test]
    fn sqlites_codes_have_names() {
        let check = |code, expected: &str| {
            let failure = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            let error = StoreError::of("alerts.db", failure);
            let message = error.to_string();
            assert!(message.contains("alerts.db") && message.contains(expected), "{message}");
            assert!(error.remedy().ends_with('.'));
        };
        check(rusqlite::ffi::SQLITE_NOTADB, "is not a SQLite database");
        check(rusqlite::ffi::SQLITE_CORRUPT, "is damaged");
        check(rusqlite::ffi::SQLITE_READONLY, "reading only");
        check(rusqlite::ffi::SQLITE_READONLY_DIRECTORY, "reading only");
        check(rusqlite::ffi::SQLITE_BUSY, "another process");
        check(rusqlite::ffi::SQLITE_BUSY_SNAPSHOT, "another process");
        check(rusqlite::ffi::SQLITE_INTERRUPT, "takes too long");
        check(rusqlite::ffi::SQLITE_FULL, "no room left");
        check(rusqlite::ffi::SQLITE_CANTOPEN, "cannot be opened");
        check(rusqlite::ffi::SQLITE_IOERR_READ, "failed");
    }
}
