//! What is followed, and how patiently.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use zeek_log::ReadOptions;

/// A folder in which the logs of one sensor appear: Zeek's log folder, its spool, or an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The folder. Folders below it are looked through, links are followed.
    pub path: PathBuf,
    /// The sensor whose logs they are.
    pub sensor: Arc<str>,
}

/// When a log is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// When it is finished: rotated, and whole. What lies in `current/` isn't read.
    #[default]
    Rotated,
    /// As it grows, in `current/` and wherever else a log lies that has no time in its name. What was not read before it was
    /// rotated is read then.
    Live,
}

/// What is done with logs that were there before anyone followed them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum History {
    /// They are read.
    #[default]
    Read,
    /// Those that were last written before this time and of which nothing was read are passed over. The time must stay the same
    /// when the follower is started again, else it passes over what was written while it did not run.
    Since(SystemTime),
}

/// Settings of a follower.
#[derive(Clone, Debug)]
pub struct Settings {
    /// When a log is read. Default: when it is finished.
    pub mode: Mode,
    /// The log that is followed. Default `conn`.
    pub main: Arc<str>,
    /// Logs that are handed out beside the main one of the same hour, in the order in which they are to be read. Default none.
    pub beside: Vec<Arc<str>>,
    /// What is done with logs from before. Default: they are read.
    pub history: History,
    /// How long a plain rotated file without `#close` has to stay as it is until it counts as finished, and how long logs beside
    /// a finished one are waited for that have not appeared yet. Default 5 s.
    pub settle: Duration,
    /// How long a log that is there and not finished holds back later ones of the same logger, so that logs are read in order,
    /// and how long a finished one waits for unfinished ones beside it. Default 60 s.
    pub patience: Duration,
    /// After how long without a change a damaged file, or one whose last line has no end, is read as it is. Default 10 min.
    pub give_up: Duration,
    /// How long rows of the main log wait in live mode where logs beside it are there, so that what these say of the same
    /// connections can be read before. Default 3 s.
    pub behind: Duration,
    /// How many files are looked into at most in one poll, the oldest first; the live ones besides. Default 1024.
    pub looks: usize,
    /// How logs are read. An unfinished last line is always held; see [`LogHead::complete`](zeek_log::LogHead::complete).
    pub read: ReadOptions,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            main: "conn".into(),
            beside: Vec::new(),
            history: History::default(),
            settle: Duration::from_secs(5),
            patience: Duration::from_secs(60),
            give_up: Duration::from_secs(600),
            behind: Duration::from_secs(3),
            looks: 1024,
            read: ReadOptions { hold_unfinished_line: true, ..ReadOptions::default() },
        }
    }
}

/// The time of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Time since some fixed moment; never goes back. Everything that waits waits by it.
    pub monotonic: Duration,
    /// The calendar's time. It is only compared with the times at which files were last written: to tell what has long been
    /// finished when it is seen for the first time, and what changed so lately that its time may not show a second change.
    pub wall: SystemTime,
}
