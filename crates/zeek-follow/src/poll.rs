//! What a poll tells.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use zeek_log::{LogFile, LogHead, LogIdentity, Planned, Position};

use crate::file::Stamp;

/// Who knows how far each log was read.
pub trait Ledger {
    /// Up to where a log was read; `None` for one of which nothing was.
    ///
    /// # Errors
    /// When that can't be told. The poll fails, and the next one asks again.
    fn position(&self, log: &LogIdentity) -> Result<Option<Position>, LedgerError>;

    /// Which log was read last from a file of this name, if that is among what was read lately. A follower that has just been
    /// made asks it of logs that are being written: what is not found any more of their predecessors is looked for before they are read.
    /// A ledger that doesn't outlive its follower has nothing to say.
    ///
    /// # Errors
    /// When that can't be told.
    fn last_at(&self, path: &Path) -> Result<Option<LogIdentity>, LedgerError> {
        let _ = path;
        Ok(None)
    }
}

/// Why a ledger can't tell.
pub type LedgerError = Box<dyn std::error::Error + Send + Sync>;

/// What there is to do.
#[derive(Debug, Default)]
pub struct Poll {
    /// What is ready, in the order in which it is to be read. No log is in it twice.
    pub hours: Vec<Hour>,
    /// What is there, or should be, and isn't read yet.
    pub waiting: Vec<Waiting>,
    /// What went wrong and wasn't told by the last poll.
    pub problems: Vec<Problem>,
    /// Folders that can't be reached now. What is in them is read when they are back.
    pub unreachable: Vec<PathBuf>,
    /// The loggers that write a main log now, each with its sensor; none of those whose logs are only read when they are finished.
    pub writing: BTreeSet<(Arc<str>, Arc<str>)>,
    /// Files are left that have not been looked into: poll again when these have been read, without waiting.
    pub has_more: bool,
}

/// The logs of one logger that were opened together: an hour's, as Zeek rotates by default, or those it writes now.
#[derive(Clone, Debug)]
pub struct Hour {
    /// The sensor, as the root says.
    pub sensor: Arc<str>,
    /// The logger among those of the sensor: by the name of the file, or of the folder that a log lies in before it is archived;
    /// empty where neither tells.
    pub logger: Arc<str>,
    /// Logs beside the main one, to be read before it, in the order of the [settings](crate::Settings::beside).
    pub beside: Vec<ReadyLog>,
    /// The main log; `None` where only others have something new.
    pub main: Option<ReadyLog>,
    /// Whether the main log is older, by the time in its name, than one of the same logger that has been read.
    pub is_late: bool,
    /// Hours of one sensor and one round are to be [merged](crate::Merge): those that its loggers opened within a minute, or, live, all
    /// that there is. Rounds ascend.
    pub round: usize,
}

impl Hour {
    /// The logs in the order in which they are to be read.
    pub fn logs(&self) -> impl Iterator<Item = &ReadyLog> {
        self.beside.iter().chain(&self.main)
    }
}

/// A log that can be read now.
#[derive(Clone, Debug)]
pub struct ReadyLog {
    /// Which log: `conn`, `dns`.
    pub kind: Arc<str>,
    /// Where it lies now.
    pub log: LogFile,
    /// What its beginning tells. It is always known by something: a log without rows isn't ready.
    pub head: LogHead,
    /// Where reading goes on, as the ledger says.
    pub from: Position,
    /// The length of its text in bytes, as far as it is there; `None` for a damaged file.
    pub bytes: Option<u64>,
    /// Whether more may come: it isn't finished, and an unfinished last line is left for later.
    pub grows: bool,
    /// Whether it is read though it is damaged, as it has not changed for long.
    pub is_damaged: bool,
    pub(crate) path: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) stamp: Option<Stamp>,
}

impl ReadyLog {
    /// As [`read_parallel`](zeek_log::read_parallel) takes it, with options that hold an unfinished last line.
    #[must_use]
    pub fn planned(&self) -> Planned {
        Planned { log: self.log.clone(), head: self.head.clone(), from: self.from }
    }
}

/// A log that has to wait.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Where it lies.
    pub path: PathBuf,
    /// The sensor.
    pub sensor: Arc<str>,
    /// Which log.
    pub kind: Arc<str>,
    /// Why it waits.
    pub reason: Reason,
    /// How long its file has been as it is.
    pub age: Duration,
}

/// Why a log waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// It is still being compressed, or it is damaged.
    Unfinished,
    /// It has no `#close`, and has not been left alone for long enough.
    Settling,
    /// It can't be opened or read; it is tried again.
    Unreadable,
    /// A log beside it isn't ready.
    Beside,
    /// The main log of its hour isn't ready.
    Main,
    /// An earlier log of the same logger isn't ready.
    Earlier,
    /// A log that another logger of the sensor opened at that time or before isn't ready.
    Logger,
    /// The log that had its name before isn't found, and was not read to its end.
    Predecessor,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unfinished => "not whole yet",
            Self::Settling => "may still be written",
            Self::Unreadable => "cannot be read now",
            Self::Beside => "waits for the logs beside it",
            Self::Main => "waits for the main log of its hour",
            Self::Earlier => "waits for an earlier log",
            Self::Logger => "waits for another logger of its sensor",
            Self::Predecessor => "waits for the rest of the log that had its name",
        })
    }
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The folder or file.
    pub path: PathBuf,
    /// What is the matter with it.
    pub kind: ProblemKind,
    /// In words.
    pub detail: String,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ProblemKind {
    /// A folder can't be reached or listed.
    Folder,
    /// A file can't be opened or read; it is tried again.
    File,
    /// A file is no log, or another one than its name says; it is passed over until it changes.
    NotALog,
    /// A compressed file is cut or damaged and has not changed for long: it is read as far as it goes.
    Damaged,
    /// The rest of a log that was being read is nowhere to be found.
    LostRest,
}
