//! How long results are kept, and how large a database may become: what `watch` does by the hour and `incidents expire` at once.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use oddflow_store::{Expired, LogEntry, LogIdentity, Store, StoreError};
use zeek_log::{LogFile, ReadError, ReadOptions};

/// Incidents, or alerts by themselves, that a step removes: some thousand rows, in well under a tenth of a second.
pub(crate) const STEP: usize = 100;
/// Bytes that are given back at once.
const GIVE_BACK: u64 = 8 << 20;
/// The latest logs, one of which must be there for others to be gone.
const WITNESSES: usize = 20;
const DAY: f64 = 86_400.0;

/// The time so many days before another.
pub(crate) fn before(time: f64, days: f64) -> f64 {
    time - days * DAY
}

/// Forgets logs that ended before a time and lie nowhere, as `lies` says, at most `most`. `None` where none of the latest logs is
/// under its name either: then the folder is not there, and nothing is known of the others.
pub(crate) fn expire_logs(
    store: &mut Store,
    before: f64,
    most: usize,
    lies: &mut dyn FnMut(&LogEntry) -> bool,
) -> Result<Option<Expired>, StoreError> {
    let mut logs = store.logs()?;
    logs.retain(|entry| entry.progress.last_ts.is_some());
    logs.sort_by(|a, b| {
        b.progress.last_ts.unwrap_or_default().total_cmp(&a.progress.last_ts.unwrap_or_default())
    });
    if !logs.iter().take(WITNESSES).any(is_there) {
        return Ok(None);
    }
    store.expire_logs(before, most, &mut |entry| !lies(entry)).map(Some)
}

/// Whether there is a file where a log was seen last, compressed maybe since then. It may be another log.
pub(crate) fn is_there(entry: &LogEntry) -> bool {
    names(&entry.file).iter().any(|path| path.exists())
}

fn names(file: &str) -> [PathBuf; 3] {
    [file.into(), format!("{file}.gz").into(), file.trim_end_matches(".gz").into()]
}

/// What lies where logs were seen last. A name says little of that: `current/conn.log` is another log every hour.
#[derive(Default)]
pub(crate) struct Places {
    /// What lies in folders that logs are written in: they are renamed there before they are archived.
    written: HashMap<PathBuf, Contents>,
}

/// The logs of some files.
#[derive(Default)]
struct Contents {
    logs: HashSet<LogIdentity>,
    /// Whether there are files that can't be read.
    is_unsure: bool,
}

impl Places {
    /// Whether a log lies under the name that it was seen under last, or beside it where logs are written, or may do so.
    pub(crate) fn may_hold(&mut self, entry: &LogEntry) -> bool {
        let mut named = Contents::default();
        names(&entry.file).iter().filter(|path| path.is_file()).for_each(|path| named.add(path));
        if named.may_hold(&entry.identity) {
            return true;
        }
        let folder = Path::new(&entry.file).parent().filter(|folder| folder.ends_with("current"));
        folder.is_some_and(|folder| {
            let written = self.written.entry(folder.to_owned()).or_insert_with(|| Contents::of(folder));
            written.may_hold(&entry.identity)
        })
    }
}

impl Contents {
    fn of(folder: &Path) -> Self {
        let mut contents = Self::default();
        // One that is gone has nothing to tell.
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_file()).for_each(|path| contents.add(&path));
        contents
    }

    fn add(&mut self, path: &Path) {
        let options = ReadOptions { hold_unfinished_line: true, ..ReadOptions::default() };
        let log = LogFile::path(path);
        // Logs without a header are known as what they were read as.
        for head in [log.conn_head(&options), log.any_head(&options)] {
            match head {
                Ok(head) => self.logs.extend(head.identity.map(|log| LogIdentity {
                    path: log.path,
                    opened: log.open,
                    first_uid: log.first,
                })),
                Err(ReadError::Open { .. }) => self.is_unsure = true,
                Err(_) => {}
            }
        }
    }

    fn may_hold(&self, log: &LogIdentity) -> bool {
        self.is_unsure || self.logs.contains(log)
    }
}

/// Gives some of what is free back to the file system; returns how many bytes. What the states take is kept free, as it is
/// needed again when they are written next, and a tenth of the file besides.
pub(crate) fn shrink(store: &mut Store) -> Result<u64, StoreError> {
    let size = store.size()?;
    store.shrink(GIVE_BACK, size.states + size.file / 10)
}
