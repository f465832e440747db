//! How long results are kept, and how large a database may become: what `watch` does by the hour and `incidents expire` at once.

use std::path::Path;

use oddflow_store::{Expired, LogEntry, Store, StoreError};

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

/// Forgets logs that ended before a time and whose files are gone, at most `most`. `None` where none of the latest logs is
/// there either: then the folder is not, and nothing is known of the others.
pub(crate) fn expire_logs(
    store: &mut Store,
    before: f64,
    most: usize,
) -> Result<Option<Expired>, StoreError> {
    let mut logs = store.logs()?;
    logs.retain(|entry| entry.progress.last_ts.is_some());
    logs.sort_by(|a, b| {
        b.progress.last_ts.unwrap_or_default().total_cmp(&a.progress.last_ts.unwrap_or_default())
    });
    if !logs.iter().take(WITNESSES).any(is_there) {
        return Ok(None);
    }
    store.expire_logs(before, most, &mut |entry| !is_there(entry)).map(Some)
}

/// Whether a log still lies where it was seen last, compressed maybe since then.
fn is_there(entry: &LogEntry) -> bool {
    let there = |path: &str| Path::new(path).exists();
    there(&entry.file) || there(&format!("{}.gz", entry.file)) || there(entry.file.trim_end_matches(".gz"))
}

/// Gives some of what is free back to the file system; returns how many bytes. What the states take is kept free, as it is
/// needed again when they are written next, and a tenth of the file besides.
pub(crate) fn shrink(store: &mut Store) -> Result<u64, StoreError> {
    let size = store.size()?;
    store.shrink(GIVE_BACK, size.states + size.file / 10)
}
