//! From files that are not done with to what is read now and what waits.
//!
//! Rules, each for the logs of one logger:
//!
//! - Of several files that are one log, the one with the most text is read.
//! - Hours are handed out in the order of the times in their names, the live one last. Of several loggers those that were opened together are
//!   handed out together.
//! - What is there and not ready holds back what comes after it, as long as patience lasts.
//! - The logs beside the main one are handed out with it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use zeek_log::{FileEnd, LogFile, LogHead, LogIdentity, Position, ReadError};

use crate::file::{Look, Stamp, Tracked};
use crate::follower::Memory;
use crate::names::{LogName, Opened, seconds_between};
use crate::poll::{Hour, Ledger, LedgerError, Problem, ProblemKind, ReadyLog, Reason, Waiting};
use crate::settings::{Mode, Now, Root, Settings};

/// A file that is not done with.
pub(crate) struct Entry {
    path: PathBuf,
    folder: PathBuf,
    root: usize,
    name: LogName,
    stamp: Option<Stamp>,
    pub(crate) identity: Option<LogIdentity>,
    log: Option<(LogFile, LogHead)>,
    from: Position,
    /// Since its last change.
    age: Duration,
    /// Since its last change, or since it is known.
    waited: Duration,
    state: State,
}

/// What can be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nobody has looked into it yet.
    Unseen,
    Waiting(Reason),
    /// Something new can be read.
    Ready {
        grows: bool,
        /// Length of its text; `None` where it is damaged.
        bytes: Option<u64>,
    },
    /// It has been read as far as it is there.
    Read {
        bytes: u64,
    },
    /// It is finished, and read to its end.
    AtEnd,
    /// It is damaged so that not even its beginning can be read.
    Hopeless,
}

impl Entry {
    pub(crate) fn new(
        (path, folder, root): (&Path, &Path, usize),
        file: &Tracked,
        from: Position,
        now: Now,
    ) -> Self {
        Self {
            path: path.to_owned(),
            folder: folder.to_owned(),
            root,
            name: file.name.clone(),
            stamp: file.stamp,
            identity: file.identity().cloned(),
            log: None,
            from,
            age: file.age(now),
            waited: file.waited(now),
            state: State::Unseen,
        }
    }

    pub(crate) fn is_at_end(&self) -> bool {
        matches!(self.state, State::AtEnd | State::Hopeless)
    }

    /// Decides what can be done with the file. `settled` says how much of its text may be read by now; `None` for all of it.
    pub(crate) fn judge(
        &mut self,
        file: &mut Tracked,
        settings: &Settings,
        settled: Option<u64>,
        ledger: &dyn Ledger,
    ) -> Result<(), LedgerError> {
        let looked = match &mut file.look {
            Look::Never => return Ok(()),
            Look::Unreadable(_) => {
                self.state = State::Waiting(Reason::Unreadable);
                return Ok(());
            }
            Look::Refused(_) => {
                self.state = State::AtEnd;
                return Ok(());
            }
            Look::Log(looked) => looked,
        };
        let is_given_up = self.age >= settings.give_up;
        let has_rows = self.identity.is_some();
        self.state = match looked.end {
            None => State::Waiting(Reason::Unfinished),
            Some(FileEnd::Cut) => match has_rows {
                _ if !is_given_up => State::Waiting(Reason::Unfinished),
                true => State::Ready { grows: false, bytes: None },
                false => State::Hopeless,
            },
            Some(FileEnd::Whole { bytes }) if has_rows && self.from.bytes < bytes => {
                State::Ready { grows: false, bytes: Some(bytes) }
            }
            Some(FileEnd::Whole { .. }) => State::AtEnd,
            Some(FileEnd::Text { bytes, is_closed, is_line }) => {
                let is_live = self.name.is_live();
                let is_settled = is_closed || self.age >= settings.settle;
                let is_complete = !is_live && is_settled && (is_line || is_given_up);
                if is_complete && !is_line && !has_rows {
                    // Its only row is the line without an end.
                    match Tracked::complete_head(&self.name, &looked.log, settings) {
                        Ok(head) => {
                            if let Some(identity) = &head.identity {
                                self.from = ledger.position(identity)?.unwrap_or_default();
                            }
                            self.identity.clone_from(&head.identity);
                            looked.head = Some(head);
                        }
                        Err(error) => {
                            // The next poll tells.
                            file.look = Look::Refused(error);
                            self.state = State::Read { bytes };
                            return Ok(());
                        }
                    }
                }
                let waits = !is_live && !is_settled && settings.mode == Mode::Rotated;
                if self.identity.is_some() && self.from.bytes >= bytes || self.identity.is_none() && !waits {
                    if is_complete { State::AtEnd } else { State::Read { bytes } }
                } else if waits {
                    State::Waiting(Reason::Settling)
                } else {
                    // A part of a line is nothing to read.
                    match is_line
                        || is_complete
                        || looked.log.has_line(self.from.bytes, bytes).unwrap_or(false)
                    {
                        true => State::Ready { grows: !is_complete, bytes: Some(bytes) },
                        false => State::Read { bytes },
                    }
                }
            }
        };
        if let State::Ready { grows, .. } = self.state
            && let Some(head) = &mut looked.head
        {
            if self.from.bytes > 0
                && let Err(error) = head.pass_over(&looked.log, self.from, &settings.read)
            {
                // One that is another log by now is found by another name.
                file.is_stale |= matches!(error, ReadError::Changed { .. });
                self.state = State::Waiting(Reason::Unreadable);
                return Ok(());
            }
            let head = if grows { head.clone() } else { head.clone().complete() };
            self.log = Some((looked.log.clone(), head));
            self.hold_back(settled);
        }
        Ok(())
    }

    /// Leaves what is too new for later.
    fn hold_back(&mut self, settled: Option<u64>) {
        let (State::Ready { grows, bytes }, Some(settled)) = (self.state, settled) else { return };
        let Some((log, head)) = self.log.take_if(|_| bytes.is_none_or(|bytes| bytes > settled)) else {
            return;
        };
        self.state = match grows && log.has_line(self.from.bytes, settled).unwrap_or(false) {
            true => State::Ready { grows, bytes: Some(settled) },
            false => State::Waiting(Reason::Beside),
        };
        self.log = Some((log, head.until(settled)));
    }

    fn waiting(&self, reason: Reason, roots: &[Root]) -> Waiting {
        Waiting {
            path: self.path.clone(),
            sensor: Arc::clone(&roots[self.root].sensor),
            kind: Arc::clone(&self.name.log),
            reason,
            age: self.age,
        }
    }

    /// Whether it is there and not ready, and hasn't been for long.
    fn holds(&self, settings: &Settings) -> bool {
        match self.state {
            State::Unseen => true,
            State::Waiting(_) => self.waited < settings.patience,
            _ => false,
        }
    }

    fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready { .. })
    }

    fn into_ready(self) -> Option<ReadyLog> {
        let (State::Ready { grows, bytes }, Some((log, head))) = (self.state, self.log) else { return None };
        Some(ReadyLog {
            kind: self.name.log,
            log,
            head,
            from: self.from,
            bytes,
            grows,
            is_damaged: bytes.is_none(),
            path: self.path,
            folder: self.folder,
            stamp: self.stamp,
        })
    }
}

/// The order of the hours of one logger: the live one last, then by the time in the name; then whatever tells hours apart: folder,
/// name, and for a second log of the same name its path.
type Turn = (bool, Option<Opened>, u32, PathBuf, Arc<str>, PathBuf);

/// A sensor and one of its loggers.
type Logger = (Arc<str>, Arc<str>);

/// Seconds within which the loggers of a sensor open the logs of one hour.
const NEAR: i64 = 60;

/// Whether two logs may be of one hour, by when they were opened.
fn is_near(a: Option<Opened>, b: Option<Opened>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if seconds_between(a, b).abs() <= NEAR)
}

/// Logs of one hour.
#[derive(Default)]
struct Group {
    main: Option<Entry>,
    beside: Vec<Entry>,
}

/// Makes the plan of a poll.
pub(crate) struct Planner<'p> {
    pub(crate) settings: &'p Settings,
    pub(crate) roots: &'p [Root],
    pub(crate) now: Now,
    pub(crate) memory: &'p mut Memory,
}

impl Planner<'_> {
    pub(crate) fn plan(
        mut self,
        entries: Vec<Entry>,
        problems: &mut BTreeSet<Problem>,
    ) -> (Vec<Hour>, Vec<Waiting>) {
        let entries = self.one_file_a_log(entries, problems);
        let waits_for_rest = self.look_for_lost(&entries, problems);
        let mut loggers: BTreeMap<(Arc<str>, Arc<str>), BTreeMap<Turn, Group>> = BTreeMap::new();
        for entry in entries {
            let name = &entry.name;
            let logger = (Arc::clone(&self.roots[entry.root].sensor), Arc::clone(&name.logger));
            let place = (entry.folder.clone(), Arc::clone(&name.stem));
            let turn = (name.is_live(), name.opened, name.repeat, place.0, place.1, PathBuf::new());
            let groups = loggers.entry(logger).or_default();
            if *name.log != *self.settings.main {
                groups.entry(turn).or_default().beside.push(entry);
                continue;
            }
            // A plain and a compressed file may have one name and be two logs.
            let is_second = groups.get(&turn).is_some_and(|group| group.main.is_some());
            let of_second = if is_second { entry.path.clone() } else { PathBuf::new() };
            let turn = (turn.0, turn.1, turn.2, turn.3, turn.4, of_second);
            groups.entry(turn).or_default().main = Some(entry);
        }
        let (mut hours, mut waiting) = (Vec::new(), Vec::new());
        let waits_for_beside = self.waits_for_beside(&loggers, &waits_for_rest);
        let mut others = self.held_by_others(&loggers, &waits_for_rest);
        for ((sensor, logger), groups) in loggers {
            let mut held = None;
            let by_others = others.remove(&(Arc::clone(&sensor), Arc::clone(&logger)));
            for (turn, group) in groups {
                if by_others.is_some_and(|by_others| turn.1.is_some_and(|opened| opened >= by_others)) {
                    held = held.or(Some(Reason::Logger));
                }
                if waits_for_beside {
                    held = held.or(Some(Reason::Beside));
                }
                let Some(hour) = self.hour(group, &mut held, &waits_for_rest, &mut waiting) else {
                    continue;
                };
                let (main, beside) = hour;
                let newest = self.memory.newest.get(&(Arc::clone(&sensor), Arc::clone(&logger)));
                let is_late = main.as_ref().is_some_and(|main| main.from == Position::default())
                    && turn.1.is_some_and(|opened| newest.is_some_and(|newest| opened < *newest));
                let hour = Hour {
                    sensor: Arc::clone(&sensor),
                    logger: Arc::clone(&logger),
                    beside: beside.into_iter().filter_map(Entry::into_ready).collect(),
                    main: main.and_then(Entry::into_ready),
                    is_late,
                    round: 0,
                };
                hours.push((turn, hour));
            }
        }
        hours.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.count_rounds(&mut hours);
        hours.sort_by_key(|(_, hour)| hour.round);
        (hours.into_iter().map(|(_, hour)| hour).collect(), waiting)
    }

    /// Says which hours are read together.
    fn count_rounds(&self, hours: &mut [(Turn, Hour)]) {
        if self.settings.mode == Mode::Live {
            return;
        }
        struct Round {
            number: usize,
            begins: Option<Opened>,
            loggers: BTreeSet<Arc<str>>,
        }
        let mut last_of: BTreeMap<Arc<str>, Round> = BTreeMap::new();
        let mut rounds = 0;
        for (turn, hour) in hours {
            let is_of =
                |round: &&mut Round| is_near(round.begins, turn.1) && !round.loggers.contains(&hour.logger);
            let logger = Arc::clone(&hour.logger);
            if let Some(round) = last_of.get_mut(&hour.sensor).filter(is_of) {
                round.loggers.insert(logger);
                hour.round = round.number;
            } else {
                rounds += 1;
                hour.round = rounds;
                let round = Round { number: rounds, begins: turn.1, loggers: BTreeSet::from([logger]) };
                last_of.insert(Arc::clone(&hour.sensor), round);
            }
        }
    }

    /// Whether a log beside a main one is there, or was, and can't be read yet. In live mode all main logs wait for it, as nobody
    /// knows of which of their rows it tells: loggers change the logs of an hour one after the other.
    fn waits_for_beside(
        &self,
        loggers: &BTreeMap<Logger, BTreeMap<Turn, Group>>,
        waits_for_rest: &BTreeSet<PathBuf>,
    ) -> bool {
        let logs = [&self.settings.main];
        let is_main = |path: &PathBuf| LogName::parse(path, true, logs).is_some();
        let mut beside = loggers.values().flat_map(BTreeMap::values).flat_map(|group| &group.beside);
        self.settings.mode == Mode::Live
            && (waits_for_rest.iter().any(|path| !is_main(path))
                || beside.any(|entry| entry.holds(self.settings)))
    }

    /// From which opening time on the finished logs of a logger wait for the other loggers of its sensor: one of theirs isn't
    /// ready, or has not appeared yet.
    fn held_by_others(
        &self,
        loggers: &BTreeMap<Logger, BTreeMap<Turn, Group>>,
        waits_for_rest: &BTreeSet<PathBuf>,
    ) -> BTreeMap<Logger, Opened> {
        let mut held = BTreeMap::new();
        if self.settings.mode == Mode::Live {
            return held;
        }
        let newest = &self.memory.newest;
        let known: BTreeSet<&Logger> = loggers.keys().chain(newest.keys()).collect();
        // The first of each that isn't ready.
        let unready: BTreeMap<&Logger, Opened> = (loggers.iter())
            .filter_map(|(logger, groups)| {
                let first = groups.iter().find(|(_, group)| self.is_unready(group, waits_for_rest))?;
                Some((logger, first.0.1?))
            })
            .collect();
        for (logger, groups) in loggers {
            let others = known.iter().filter(|other| other.0 == logger.0 && other.1 != logger.1);
            let mut from: Option<Opened> = None;
            let mut hold = |opened: Opened| from = Some(from.map_or(opened, |from| from.min(opened)));
            for other in others {
                if let Some(opened) = unready.get(other) {
                    // Theirs may have been opened a little later.
                    let with_it = groups
                        .keys()
                        .filter_map(|turn| turn.1)
                        .find(|own| is_near(Some(*own), Some(*opened)));
                    hold(with_it.unwrap_or(*opened).min(*opened));
                }
                // One that had the hour before as well may have this one.
                let pending = loggers.get(*other).into_iter().flatten();
                let pending =
                    pending.filter(|(_, group)| group.main.is_some()).filter_map(|(turn, _)| turn.1);
                let Some(last) = pending.chain(newest.get(*other).copied()).max() else { continue };
                let mut before = newest.get(logger).copied();
                for (turn, group) in groups {
                    let (Some(opened), Some(main)) = (turn.1, &group.main) else { continue };
                    let is_behind = |of: Opened| last < of && !is_near(Some(last), Some(of));
                    if is_behind(opened)
                        && !before.is_some_and(is_behind)
                        && main.waited < self.settings.patience
                    {
                        hold(opened);
                        break;
                    }
                    before = Some(opened);
                }
            }
            if let Some(from) = from {
                held.insert(logger.clone(), from);
            }
        }
        held
    }

    /// Whether an hour's main log is there and has to wait.
    fn is_unready(&self, group: &Group, waits_for_rest: &BTreeSet<PathBuf>) -> bool {
        let Some(main) = &group.main else { return false };
        main.holds(self.settings)
            || main.is_ready()
                && (waits_for_rest.contains(&main.path)
                    || group.beside.iter().any(|entry| entry.holds(self.settings))
                    || self.beside_may_come(group))
    }

    /// Whether logs beside a finished one may be about to appear.
    fn beside_may_come(&self, group: &Group) -> bool {
        self.settings.mode == Mode::Rotated
            && group.beside.len() < self.settings.beside.len()
            && group.main.as_ref().is_some_and(|main| main.waited < self.settings.settle)
    }

    /// Leaves one file of each log: the one with the most text, of these a finished one, of these a plain one.
    fn one_file_a_log(&self, entries: Vec<Entry>, problems: &mut BTreeSet<Problem>) -> Vec<Entry> {
        type Rank = (u64, bool, bool, Reverse<PathBuf>);
        let rank = |entry: &Entry| -> Option<Rank> {
            let (bytes, grows) = match entry.state {
                State::Ready { grows, bytes } => (bytes.unwrap_or(0), grows),
                State::Read { bytes } => (bytes, true),
                _ => return None,
            };
            Some((bytes, !grows, !entry.name.is_compressed, Reverse(entry.path.clone())))
        };
        let mut best: BTreeMap<LogIdentity, Rank> = BTreeMap::new();
        for entry in &entries {
            if let (Some(identity), Some(rank)) = (&entry.identity, rank(entry))
                && best.get(identity).is_none_or(|best| *best < rank)
            {
                best.insert(identity.clone(), rank);
            }
        }
        let mut left = Vec::new();
        for entry in entries {
            let mut problem = |detail: &str| {
                let (path, detail) = (entry.path.clone(), detail.into());
                problems.insert(Problem { path, kind: ProblemKind::Damaged, detail });
            };
            let stands = match (&entry.identity, entry.state) {
                (_, State::AtEnd) => false,
                (_, State::Hopeless) => {
                    problem("compressed data is damaged from its beginning on");
                    false
                }
                (Some(identity), State::Ready { bytes: None, .. } | State::Waiting(Reason::Unfinished)) => {
                    // What is being compressed can be read elsewhere, or has been.
                    !self.memory.is_finished(identity)
                        && best.get(identity).is_none_or(|best| Some(best) == rank(&entry).as_ref())
                }
                (Some(identity), _) => match rank(&entry) {
                    Some(rank) => best.get(identity) == Some(&rank),
                    None => true,
                },
                (None, _) => true,
            };
            if stands && matches!(entry.state, State::Ready { bytes: None, .. }) {
                problem("compressed data is cut or damaged, and is read as far as it goes");
            }
            if stands {
                left.push(entry);
            }
        }
        left
    }

    /// Looks for the rests of logs that are gone from their places. Returns the places where the next log has to wait.
    fn look_for_lost(&mut self, entries: &[Entry], problems: &mut BTreeSet<Problem>) -> BTreeSet<PathBuf> {
        let there: BTreeSet<&LogIdentity> =
            entries.iter().filter_map(|entry| entry.identity.as_ref()).collect();
        let mut waits = BTreeSet::new();
        let lost = std::mem::take(&mut self.memory.lost);
        for (path, (identity, since)) in lost {
            if self.memory.is_finished(&identity) {
                continue;
            }
            if there.contains(&identity) {
                self.memory.lost.insert(path, (identity, self.now.monotonic));
            } else if self.now.monotonic.saturating_sub(since) < self.settings.patience {
                waits.insert(path.clone());
                self.memory.lost.insert(path, (identity, since));
            } else {
                let detail = format!(
                    "the rest of the log that begins with {} is not found; what was not read of it is missing",
                    identity.first
                );
                problems.insert(Problem { path, kind: ProblemKind::LostRest, detail });
            }
        }
        waits
    }

    /// What of an hour can be read now.
    fn hour(
        &self,
        group: Group,
        held: &mut Option<Reason>,
        waits_for_rest: &BTreeSet<PathBuf>,
        waiting: &mut Vec<Waiting>,
    ) -> Option<(Option<Entry>, Vec<Entry>)> {
        let settings = self.settings;
        let beside_may_come = self.beside_may_come(&group);
        let Group { main, mut beside } = group;
        let place = |entry: &Entry| settings.beside.iter().position(|log| *log == entry.name.log);
        beside.sort_by(|a, b| (place(a), &a.path).cmp(&(place(b), &b.path)));
        let main_holds = main.as_ref().is_some_and(|main| main.holds(settings));
        let beside_holds = beside.iter().any(|entry| entry.holds(settings));
        let main_is_ready = main.as_ref().is_some_and(Entry::is_ready);
        let is_next = main.as_ref().is_some_and(|main| waits_for_rest.contains(&main.path));
        let main_reason = match () {
            () if held.is_some() => *held,
            () if is_next => Some(Reason::Predecessor),
            () if beside_holds || beside_may_come => Some(Reason::Beside),
            () => None,
        };
        let main_missing = main.is_none()
            && settings.mode == Mode::Rotated
            && beside.iter().all(|entry| entry.waited < settings.patience);
        let beside_reason = match () {
            // Whatever main log is read next, what is beside any may tell of its last rows.
            () if settings.mode == Mode::Live => held.filter(|reason| *reason == Reason::Beside),
            () if held.is_some() => *held,
            () if main_holds || main_missing => Some(Reason::Main),
            () if main_is_ready => main_reason,
            () => None,
        };
        if main_holds || main_is_ready && main_reason.is_some() {
            *held = held.or(Some(Reason::Earlier));
        }
        let mut take = |entry: Entry, reason: Option<Reason>| {
            let reason = match entry.state {
                State::Ready { .. } => reason,
                State::Waiting(own) => Some(own),
                _ => return None,
            };
            match reason {
                Some(reason) => {
                    waiting.push(entry.waiting(reason, self.roots));
                    None
                }
                None => Some(entry),
            }
        };
        let beside: Vec<_> = beside.into_iter().filter_map(|entry| take(entry, beside_reason)).collect();
        let main = main.and_then(|main| take(main, main_reason));
        (main.is_some() || !beside.is_empty()).then_some((main, beside))
    }
}
