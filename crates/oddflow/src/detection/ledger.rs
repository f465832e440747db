//! How far each log of a run has been read, beside what the store says.

use oddflow_store::{LogIdentity, Progress, Store, StoreError};
use zeek_log::{ChunkReport, Position};

/// One log of a run.
pub(super) struct LogRun {
    /// The name that it has now, as the user knows it.
    pub(super) name: String,
    /// The same from any folder.
    pub(super) place: String,
    /// What it is known by; `None` for a log without rows, which leaves no trace.
    pub(super) identity: Option<LogIdentity>,
    /// What the store says; `None` where it doesn't know the log.
    pub(super) stored: Option<Progress>,
    /// What is true now.
    pub(super) now: Progress,
    /// Rows that had been read when it was looked up.
    before: u64,
}

impl LogRun {
    /// Asks the store how far a log was read. `read` is how far this run has come with it under another name, which is all
    /// that is known where there is no store.
    pub(super) fn look_up(
        name: &str,
        identity: Option<zeek_log::LogIdentity>,
        store: Option<(&Store, &str)>,
        read: Option<&Progress>,
    ) -> Result<Self, StoreError> {
        let identity = identity.map(|id| LogIdentity { path: id.path, opened: id.open, first_uid: id.first });
        let stored = match (store, &identity) {
            (Some((store, model)), Some(identity)) => {
                store.ledger(model, identity)?.map(|entry| entry.progress)
            }
            _ => None,
        };
        // Absolute, so that an alert leads to its log from any folder.
        let path = std::path::absolute(name).ok().filter(|path| path.exists());
        let place = path.map_or_else(|| name.into(), |path| path.display().to_string());
        let now = read.or(stored.as_ref()).cloned().unwrap_or_default();
        Ok(Self { name: name.into(), place, identity, before: now.rows, now, stored })
    }

    /// Rows read since it was looked up.
    pub(super) fn new_rows(&self) -> u64 {
        self.now.rows - self.before
    }

    /// Where reading goes on.
    pub(super) fn position(&self) -> Position {
        Position { bytes: self.now.bytes, lines: self.now.lines }
    }

    /// Takes in what came of the next part of the log.
    pub(super) fn advance(&mut self, report: &ChunkReport, scored: u64, span: Option<(f64, f64)>) {
        let now = &mut self.now;
        // A log that became shorter has nothing new; its end lies before what was read.
        now.bytes = now.bytes.max(report.end.bytes);
        now.lines = now.lines.max(report.end.lines);
        now.rows += report.rows;
        now.rows_scored += scored;
        for problem in report.problems.sorted() {
            // A line that is held back will be read, or counted, when it is finished.
            if problem.kind != zeek_log::ProblemKind::UnfinishedLine {
                *now.unreadable.entry(problem.kind.name().into()).or_default() += problem.count;
            }
        }
        if let Some((first, last)) = span {
            now.first_ts = Some(now.first_ts.map_or(first, |known| known.min(first)));
            now.last_ts = Some(now.last_ts.map_or(last, |known| known.max(last)));
        }
    }

    /// Whether the store has yet to learn something.
    pub(super) fn is_ahead(&self) -> bool {
        let stored = self.stored.as_ref().map_or(0, |stored| stored.bytes);
        self.identity.is_some() && self.now.bytes > stored
    }
}
