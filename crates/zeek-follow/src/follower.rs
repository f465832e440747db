//! The follower: what it remembers from poll to poll.
//!
//! Invariant: what is handed out depends on the files and the ledger. What is remembered saves work and says what to wait for;
//! a follower that has just been made hands out the same rows.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use zeek_log::{LogIdentity, Position};

use crate::file::{Look, Tracked, hash};
use crate::folders::Folders;
use crate::plan::{Entry, Planner};
use crate::poll::{Ledger, LedgerError, Poll, Problem, ProblemKind, ReadyLog};
use crate::settings::{History, Mode, Now, Root, Settings};

/// Files that are done with whose stamps are asked for in one poll, in turn: one may be overwritten without its folder's time
/// telling.
const RECHECKED: usize = 128;

/// Logs that are remembered as read to their ends.
const FINISHED: usize = 8192;

/// Which logs lie below the roots, whatever their files are called.
#[derive(Debug)]
pub struct Held {
    /// Hashes of their identities.
    logs: HashSet<u64>,
    /// Whether all folders could be reached, and all files have been looked into.
    is_sure: bool,
}

impl Held {
    /// Whether a log is among them; `None` where that is not known, as a folder can't be reached or a file has not been looked into.
    #[must_use]
    pub fn holds(&self, log: &LogIdentity) -> Option<bool> {
        if self.logs.contains(&hash(log)) { Some(true) } else { self.is_sure.then_some(false) }
    }
}

/// Follows the logs below some folders.
#[derive(Debug)]
pub struct Follower {
    roots: Vec<Root>,
    paths: Vec<PathBuf>,
    settings: Settings,
    folders: Folders,
    /// Which of the files that are done with is asked for next.
    turn: usize,
    pub(crate) memory: Memory,
    /// What the last poll told.
    told: BTreeSet<Problem>,
    /// Whether the last poll reached all folders, and has left no file for the next one.
    has_seen_all: bool,
}

/// What is remembered of logs, rather than of files.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    finished: BTreeSet<LogIdentity>,
    order: VecDeque<LogIdentity>,
    /// Logs that were gone from their places before they were read to their ends: by place, with the time.
    pub(crate) lost: BTreeMap<PathBuf, (LogIdentity, Duration)>,
    /// Places of live logs whose predecessors are known.
    known: BTreeSet<PathBuf>,
    /// The newest log of which something was read, by sensor and logger.
    pub(crate) newest: BTreeMap<(Arc<str>, Arc<str>), (u32, u32)>,
}

impl Memory {
    pub(crate) fn finish(&mut self, log: LogIdentity) {
        if self.finished.insert(log.clone()) {
            self.order.push_back(log);
        }
        if self.order.len() > FINISHED
            && let Some(oldest) = self.order.pop_front()
        {
            self.finished.remove(&oldest);
        }
    }

    pub(crate) fn is_finished(&self, log: &LogIdentity) -> bool {
        self.finished.contains(log)
    }

    /// Remembers that a log is gone from its place.
    fn lose(&mut self, path: PathBuf, log: LogIdentity, now: Now) {
        if !self.is_finished(&log) {
            self.lost.insert(path, (log, now.monotonic));
        }
    }
}

impl Follower {
    /// A follower of the logs below these roots. Where one root lies within another, its logs are the first one's.
    #[must_use]
    pub fn new(roots: Vec<Root>, settings: Settings) -> Self {
        let paths = roots.iter().map(|root| root.path.clone()).collect();
        Self {
            roots,
            paths,
            settings,
            folders: Folders::default(),
            turn: 0,
            memory: Memory::default(),
            told: BTreeSet::new(),
            has_seen_all: false,
        }
    }

    /// Looks at the folders and says what is ready, from where, and what waits.
    ///
    /// What it hands out is to be read, and the new positions to be in the ledger, before the next poll: what the ledger doesn't
    /// know is handed out again.
    ///
    /// # Errors
    /// What the ledger says. No file and no folder is an error: what is wrong with them is in the poll.
    pub fn poll(&mut self, now: Now, ledger: &dyn Ledger) -> Result<Poll, LedgerError> {
        let mut problems = BTreeSet::new();
        let (unreachable, gone) = self.folders.walk(&self.paths, now, &self.settings);
        for (path, error) in &unreachable {
            problems.insert(Problem {
                path: path.clone(),
                kind: ProblemKind::Folder,
                detail: error.to_string(),
            });
        }
        self.forget(gone, now);
        self.refresh(now);
        let has_more = self.look(now, ledger)?;
        let entries = self.entries(now, ledger, &mut problems)?;
        let planner = Planner { settings: &self.settings, roots: &self.roots, now, memory: &mut self.memory };
        let (hours, waiting) = planner.plan(entries, &mut problems);
        let writing = self.writing();
        let told = std::mem::replace(&mut self.told, problems);
        let problems = self.told.difference(&told).cloned().collect();
        self.has_seen_all = unreachable.is_empty() && !has_more;
        let unreachable = unreachable.into_iter().map(|(path, _)| path).collect();
        Ok(Poll { hours, waiting, problems, unreachable, writing, has_more })
    }

    /// Says that a log was read to its end, as far as that is possible, and that the ledger knows. Without it a log whose rest can't
    /// be read, as its file is damaged or too large, would be handed out in each poll. One that grows stays followed.
    pub fn finish(&mut self, log: &ReadyLog) {
        if log.grows {
            return;
        }
        let folder = self.folders.known.get_mut(&log.folder);
        if let Some(file) = folder.and_then(|folder| folder.files.get_mut(&log.path))
            && file.stamp == log.stamp
        {
            file.is_finished = true;
        }
    }

    /// Remembers which live logs were gone before they were read to their ends.
    fn forget(&mut self, gone: Vec<(PathBuf, Tracked)>, now: Now) {
        for (path, file) in gone {
            if let Some(identity) = file.identity().filter(|_| file.name.is_live()) {
                self.memory.lose(path, identity.clone(), now);
            }
        }
    }

    /// Asks which files changed.
    fn refresh(&mut self, now: Now) {
        let mut done = 0;
        let mut gone = Vec::new();
        for folder in self.folders.known.values_mut().filter(|folder| !folder.is_absent) {
            let mut missing = Vec::new();
            for (path, file) in &mut folder.files {
                if file.is_done {
                    done += 1;
                    if done <= self.turn || done > self.turn + RECHECKED {
                        continue;
                    }
                }
                match file.refresh(path, now) {
                    Ok(()) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => missing.push(path.clone()),
                    // A file system that doesn't answer: the file is as it was.
                    Err(_) => {}
                }
            }
            gone.extend(missing.into_iter().filter_map(|path| folder.files.remove_entry(&path)));
        }
        self.turn = if self.turn + RECHECKED < done { self.turn + RECHECKED } else { 0 };
        self.forget(gone, now);
    }

    /// Looks into files that are new or changed; true when some are left.
    fn look(&mut self, now: Now, ledger: &dyn Ledger) -> Result<bool, LedgerError> {
        let read = |log: &LogIdentity| Ok(ledger.position(log)?.map_or(0, |position| position.bytes));
        let mut unseen = Vec::new();
        for folder in self.folders.known.values_mut().filter(|folder| !folder.is_absent) {
            for (path, file) in &mut folder.files {
                if file.is_done || !file.is_stale || file.stamp.is_none() {
                    continue;
                }
                if matches!(file.look, Look::Never) && !file.name.is_live() {
                    unseen.push((path, file));
                    continue;
                }
                let mut before = file.identity().cloned();
                file.look::<LedgerError>(path, now, &self.settings, read)?;
                if file.name.is_live() && file.identity().is_some() && self.memory.known.insert(path.clone())
                {
                    before = before.or(ledger.last_at(path)?);
                }
                if let Some(before) = before
                    && file.name.is_live()
                    && file.identity() != Some(&before)
                    // A file that can't be read now may be the same.
                    && matches!(file.look, Look::Log(_) | Look::Refused(_))
                {
                    self.memory.lose(path.clone(), before, now);
                }
            }
        }
        unseen.sort_by_key(|(_, file)| (file.name.opened, file.name.repeat));
        let has_more = unseen.len() > self.settings.looks;
        for (path, file) in unseen.into_iter().take(self.settings.looks) {
            file.look::<LedgerError>(path, now, &self.settings, read)?;
        }
        Ok(has_more)
    }

    /// What has to be planned: files that are not done with.
    fn entries(
        &mut self,
        now: Now,
        ledger: &dyn Ledger,
        problems: &mut BTreeSet<Problem>,
    ) -> Result<Vec<Entry>, LedgerError> {
        let mut entries = Vec::new();
        let is_behind = self.is_behind();
        for (folder_path, folder) in &mut self.folders.known {
            if folder.is_absent {
                continue;
            }
            for (path, file) in folder.files.iter_mut().filter(|(_, file)| !file.is_done && !file.is_gone) {
                let Some(stamp) = file.stamp else { continue };
                let mut problem = |kind, detail: String| {
                    problems.insert(Problem { path: path.clone(), kind, detail });
                };
                let mut from = Position::default();
                match &file.look {
                    // Its header may still be on its way.
                    Look::Refused(_) if file.age(now) < self.settings.settle => continue,
                    Look::Refused(error) => {
                        problem(ProblemKind::NotALog, error.to_string());
                        file.is_done = true;
                        continue;
                    }
                    Look::Unreadable(error) => problem(ProblemKind::File, error.to_string()),
                    Look::Never => {}
                    Look::Log(_) => {
                        if let Some(identity) = file.identity() {
                            let known = ledger.position(identity)?;
                            from = known.unwrap_or_default();
                            if let Some(opened) = file.name.opened.filter(|_| from.bytes > 0)
                                && file.name.log == self.settings.main
                            {
                                let key = (
                                    Arc::clone(&self.roots[folder.root].sensor),
                                    Arc::clone(&file.name.logger),
                                );
                                let newest = self.memory.newest.entry(key).or_default();
                                *newest = opened.max(*newest);
                            }
                            let is_history = match self.settings.history {
                                History::Since(time) => known.is_none() && stamp.modified() < time,
                                History::Read => false,
                            };
                            if is_history && !file.name.is_live() {
                                file.is_done = true;
                                file.look = Look::Never;
                                continue;
                            }
                        }
                    }
                }
                let mut entry = Entry::new((path, folder_path, folder.root), file, from, now);
                let is_main = file.name.log == self.settings.main;
                let settled = if is_behind && is_main { file.settled(now, &self.settings) } else { None };
                entry.judge(file, &self.settings, settled, ledger)?;
                file.holds = entry.identity.as_ref().map(hash).or(file.holds);
                if entry.is_at_end() || file.is_finished {
                    file.is_done = true;
                    file.look = Look::Never;
                    if let Some(identity) = &entry.identity {
                        self.memory.finish(identity.clone());
                    }
                    if file.is_finished {
                        continue;
                    }
                }
                entries.push(entry);
            }
        }
        Ok(entries)
    }

    /// Whether the main log is followed at a distance, as others are written beside it.
    fn is_behind(&self) -> bool {
        let mut there = self.folders.known.values().flat_map(|folder| folder.files.values());
        self.settings.mode == Mode::Live && there.any(|file| file.name.log != self.settings.main)
    }

    /// Who writes a main log now.
    fn writing(&self) -> BTreeSet<(Arc<str>, Arc<str>)> {
        if self.settings.mode == Mode::Rotated {
            return BTreeSet::new();
        }
        let there = self.folders.known.values().filter(|folder| !folder.is_absent);
        let files = there.flat_map(|folder| folder.files.values().map(move |file| (folder.root, file)));
        files
            .filter(|(_, file)| file.name.is_live() && *file.name.log == *self.settings.main && !file.is_gone)
            .map(|(root, file)| (Arc::clone(&self.roots[root].sensor), Arc::clone(&file.name.logger)))
            .collect()
    }

    /// Which logs lie below the roots, as the last poll has found it. In [`Mode::Rotated`] what lies in `current` is not known of.
    #[must_use]
    pub fn held(&self) -> Held {
        let mut held = Held { logs: HashSet::new(), is_sure: self.has_seen_all };
        for file in self.folders.known.values().flat_map(|folder| folder.files.values()) {
            match file.holds() {
                Some(log) => held.logs.extend(log),
                None => held.is_sure = false,
            }
        }
        held
    }

    /// The mode in which it follows.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.settings.mode
    }
}
