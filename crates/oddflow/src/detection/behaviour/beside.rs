//! The companion logs of a run: how far they were read, their rows before those of the conn log, and what they say of a row.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use oddflow_features::behaviour::Fields;
use oddflow_features::companion::EvidenceRows;
use oddflow_store::LogIdentity;
use zeek_log::{ConnRecord, Position};

use super::incident::KeptRow;
use super::run::BehaviourRun;
use crate::companions::{Companion, How, Placed, evidence, read_rows};
use crate::detection::ledger::LogRun;
use crate::failure::Failure;

/// Seconds of event time by which companions that are read in steps are ahead of the connections, at least and after each step. Zeek
/// writes a connection within minutes of its end, when it is sure that nothing more comes; what is known of it stands before that.
const NEAR: f64 = 600.0;
const FAR: f64 = 1200.0;

/// The companions of one conn log.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) companions: Vec<Companion>,
    pub(super) runs: Vec<LogRun>,
    /// How far each has been read by now.
    reached: Vec<Reached>,
    is_read: bool,
}

/// How far a companion has been read.
#[derive(Clone, Copy)]
struct Reached {
    /// The latest time of its rows.
    newest: f64,
    is_at_end: bool,
}

impl Beside {
    /// Whether there is something to read that has not been read.
    fn is_unread(&self) -> bool {
        !self.is_read && !self.companions.is_empty()
    }

    /// Names of logs that are not read to their ends.
    pub(super) fn unread(&self) -> impl Iterator<Item = &str> {
        let unread = self.runs.iter().zip(&self.reached).filter(|(_, reached)| !reached.is_at_end);
        unread.map(|(run, _)| &*run.name)
    }

    /// Rows that were read of its logs, and how many of them are of open connections.
    pub(super) fn new_rows(&self) -> [u64; 2] {
        let mut rows = [0; 2];
        for (companion, run) in self.companions.iter().zip(&self.runs) {
            rows[0] += run.new_rows();
            rows[1] += if companion.is_interim() { run.new_rows() } else { 0 };
        }
        rows
    }
}

impl BehaviourRun<'_> {
    /// Asks the store how far companion logs were read.
    pub(super) fn look_up_companions(&self, companions: Vec<Companion>) -> Result<Beside, Failure> {
        let store = self.store.as_deref().map(|store| (store, self.model.id()));
        let look_up = |companion: &Companion| {
            LogRun::look_up(companion.log.name(), companion.head.identity.clone(), store, None)
        };
        let runs = companions.iter().map(look_up).collect::<Result<_, _>>()?;
        let reached = vec![Reached { newest: f64::NEG_INFINITY, is_at_end: false }; companions.len()];
        Ok(Beside { companions, runs, reached, is_read: false })
    }

    /// All companions that this run knows.
    pub(super) fn all_beside(&self) -> impl Iterator<Item = &Beside> {
        self.beside.iter().chain([&self.named])
    }

    /// Reads the companions that were named, and those of a log, before its first row.
    pub(super) fn read_companions(&mut self, log: usize) {
        let reader = self.model.reader(Fields::NONE);
        let exclude = &self.exclude;
        let skips = |record: &ConnRecord<'_>| exclude.matches(record);
        let mut is_torn = false;
        for beside in [&mut self.named, &mut self.beside[log]] {
            if !beside.is_unread() {
                continue;
            }
            beside.is_read = true;
            let from: Vec<Position> = beside.runs.iter().map(LogRun::position).collect();
            let session = &mut self.session;
            let mut journal = self.is_lasting.then_some(&mut self.journal);
            let (reports, are_whole) = read_rows(
                &beside.companions,
                &from,
                How { reader: &reader, skips: &skips, threads: self.threads },
                &self.options,
                &mut self.problems,
                &mut |rows| {
                    for Placed { row, .. } in rows {
                        session.take(&row);
                        if let Some(journal) = &mut journal {
                            journal.beside(&row);
                        }
                    }
                    true
                },
            );
            for (run, report) in beside.runs.iter_mut().zip(&reports) {
                run.advance(report, 0, None);
            }
            is_torn |= self.is_lasting && !are_whole;
        }
        if is_torn {
            self.tear();
        }
    }

    /// Reads on in the companions of all logs so that they are ahead of connections that end by some time. What is read in steps is
    /// as much as the state has room for, be it the rest of seconds or of days.
    pub(super) fn read_ahead(&mut self, end: f64) {
        let reader = self.model.reader(Fields::NONE);
        let exclude = &self.exclude;
        let skips = |record: &ConnRecord<'_>| exclude.matches(record);
        let Beside { companions, runs, reached, .. } = &mut self.named;
        let (mut are_ahead, mut is_torn) = (Vec::new(), false);
        for ((companion, run), reached) in companions.iter().zip(runs).zip(reached) {
            // Logs of one kind one after the other.
            if reached.is_at_end || are_ahead.contains(&companion.role) {
                continue;
            }
            if reached.newest < end + NEAR {
                let session = &mut self.session;
                let mut journal = self.is_lasting.then_some(&mut self.journal);
                let newest = &mut reached.newest;
                let mut goes_on = true;
                let (reports, is_whole) = read_rows(
                    std::slice::from_ref(companion),
                    &[run.position()],
                    How { reader: &reader, skips: &skips, threads: self.threads },
                    &self.options,
                    &mut self.problems,
                    &mut |rows| {
                        for Placed { row, .. } in rows {
                            *newest = newest.max(row.time());
                            session.take(&row);
                            if let Some(journal) = &mut journal {
                                journal.beside(&row);
                            }
                        }
                        goes_on = *newest < end + FAR;
                        goes_on
                    },
                );
                reports.iter().for_each(|report| run.advance(report, 0, None));
                reached.is_at_end = is_whole && goes_on;
                is_torn |= !is_whole;
            }
            if !reached.is_at_end {
                are_ahead.push(companion.role);
            }
        }
        if is_torn {
            self.tear();
        }
    }

    /// The companions in which the rows of a log may be told of: its own, and those that have nothing new.
    fn companions_of(&self, log: usize) -> Vec<Companion> {
        let mut companions = self.beside[log].companions.clone();
        for known in self.companions.known(&self.logs[log].name) {
            if !companions.iter().any(|companion| companion.log.name() == known.log.name()) {
                companions.push(known);
            }
        }
        companions
    }

    /// Looks up what companion logs say of the rows that are about to be stored.
    pub(super) fn look_up_evidence(&mut self) {
        if !self.companions.are_told() && self.all_beside().all(|beside| beside.companions.is_empty()) {
            return;
        }
        let mut wanted: HashMap<Arc<LogIdentity>, HashSet<String>> = HashMap::new();
        // Also of rows whose group may be raised by a later run: that one won't read these logs again.
        for (_, incident) in self.open.values().filter(|(_, open)| open.is_dirty) {
            for kept in &incident.kept {
                if let KeptRow::Ready(row) = &kept.row
                    && let Some(uid) = row.lacks_evidence()
                {
                    wanted.entry(Arc::clone(row.identity())).or_default().insert(uid.into());
                }
            }
        }
        let look_up = |companions: &[Companion], uids: &HashSet<String>| match companions {
            [] => HashMap::new(),
            companions => evidence(companions, uids, &self.options, self.threads),
        };
        // Those that were named are read once, not once a log. What is read in steps is all that there is.
        let named = if self.reads_ahead { &[][..] } else { &self.named.companions };
        let of_named = look_up(named, &wanted.values().flatten().cloned().collect());
        for (log, uids) in wanted {
            let run = self.logs.iter().position(|run| run.identity.as_ref() == Some(&*log));
            let mut found = run.map_or_else(HashMap::new, |run| look_up(&self.companions_of(run), &uids));
            for uid in uids {
                if let Some(rows) = of_named.get(&uid) {
                    found.entry(uid).or_insert_with(EvidenceRows::default).merge(rows.clone());
                }
            }
            for (_, incident) in self.open.values_mut() {
                for kept in &mut incident.kept {
                    if let KeptRow::Ready(row) = &mut kept.row {
                        row.set_evidence(&log, &found);
                    }
                }
            }
        }
    }
}
