//! The logs beside the conn logs of several loggers: their rows wait here until the merged connections call for them, so that the order in
//! which the state takes them in doesn't depend on which logger was quicker.
//!
//! Of the first rows that the loggers show of a kind, the one with the earliest time is taken first. It is taken when a connection ends as
//! late, or when its own connection comes. What is not taken counts as unread, and is read again by the next pass.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use oddflow_features::behaviour::{Fields, Flow};
use zeek_log::{ChunkReport, ConnRecord};

use super::run::BehaviourRun;
use crate::companions::{How, Placed, Role, read_rows};

/// Rows that wait at most, of all logs.
const MOST: usize = 1 << 17;
/// Seconds of event time by which rows that were read are ahead of the connections, where more can be read: as where a single logger's
/// are read in steps.
const NEAR: f64 = 600.0;

/// Rows of one kind by one logger, of all its logs.
struct Stream {
    role: Role,
    logger: Arc<str>,
    /// Each with the number of its log.
    rows: VecDeque<(usize, Placed)>,
    /// The latest time of a row.
    newest: f64,
    /// Whether there is more to be read than waits here.
    is_cut: bool,
}

/// Rows that wait.
#[derive(Default)]
pub(super) struct MergedBeside {
    streams: Vec<Stream>,
    /// How far rows have to be taken so that those of a connection are among them, by uid.
    of_uid: HashMap<u64, f64>,
    /// What was read of each log; `None` of those that were not begun.
    reports: Vec<Option<ChunkReport>>,
    taken: u64,
}

impl MergedBeside {
    /// The first row, by kind, time and connection.
    fn first(&self) -> Option<(usize, f64)> {
        let heads = self.streams.iter().enumerate().filter_map(|(number, stream)| {
            let (_, placed) = stream.rows.front()?;
            Some((number, placed.row.time(), placed.row.uid()))
        });
        heads.min_by(|a, b| a.1.total_cmp(&b.1).then(a.2.cmp(&b.2))).map(|(number, time, _)| (number, time))
    }

    /// Whether there is more to be read.
    pub(super) fn is_cut(&self) -> bool {
        self.streams.iter().any(|stream| stream.is_cut)
    }

    /// Whether more may have to be read for connections that end by some time.
    fn is_short(&self, end: f64) -> bool {
        self.streams.iter().any(|stream| stream.is_cut && stream.newest < end + NEAR)
    }
}

impl BehaviourRun<'_> {
    /// Reads what is new in the companions that are read before all.
    pub(super) fn read_merged_beside(&mut self) -> MergedBeside {
        let reader = self.model.reader(Fields::NONE);
        let exclude = &self.exclude;
        let skips = |record: &ConnRecord<'_>| exclude.matches(record);
        let (companions, runs) = (&self.named.companions, &self.named.runs);
        let mut beside = MergedBeside::default();
        for companion in companions {
            let is_of = |stream: &Stream| stream.role == companion.role && stream.logger == companion.logger;
            if !beside.streams.iter().any(is_of) {
                let (role, logger) = (companion.role, Arc::clone(&companion.logger));
                let newest = f64::NEG_INFINITY;
                beside.streams.push(Stream { role, logger, rows: VecDeque::new(), newest, is_cut: false });
            }
        }
        let mut is_torn = false;
        let most = MOST / beside.streams.len().max(1);
        for (number, (companion, run)) in companions.iter().zip(runs).enumerate() {
            let is_of =
                |stream: &&mut Stream| stream.role == companion.role && stream.logger == companion.logger;
            let stream = beside.streams.iter_mut().find(is_of).expect("it has just been put there");
            if stream.is_cut {
                beside.reports.push(None);
                continue;
            }
            let before = stream.rows.len();
            let mut rows = Vec::new();
            let (mut reports, is_whole) = read_rows(
                std::slice::from_ref(companion),
                &[run.position()],
                How { reader: &reader, skips: &skips, threads: self.threads },
                &self.options,
                &mut self.problems,
                &mut |part| {
                    rows.extend(part);
                    before + rows.len() < most
                },
            );
            stream.is_cut = before + rows.len() >= most;
            for placed in rows {
                stream.newest = stream.newest.max(placed.row.time());
                if let Some(uid) = placed.row.uid() {
                    let needed = beside.of_uid.entry(uid).or_insert(stream.newest);
                    *needed = needed.max(stream.newest);
                }
                stream.rows.push_back((number, placed));
            }
            is_torn |= !is_whole;
            beside.reports.push(reports.pop());
        }
        if is_torn {
            self.tear();
        }
        beside
    }

    /// Takes in what is to come before a connection.
    pub(super) fn take_beside(&mut self, beside: &mut MergedBeside, flow: &Flow) {
        let needed = beside.of_uid.get(&flow.uid).copied();
        self.take_beside_until(beside, needed.map_or(flow.end, |needed| needed.max(flow.end)));
    }

    /// Takes in rows up to a time.
    pub(super) fn take_beside_until(&mut self, beside: &mut MergedBeside, time: f64) {
        while let Some((number, _)) = beside.first().filter(|(_, first)| *first <= time) {
            let Some((_, Placed { row, .. })) = beside.streams[number].rows.pop_front() else { return };
            self.session.take(&row);
            if self.is_lasting {
                self.journal.beside(&row);
            }
            beside.taken += 1;
        }
    }

    /// Whether the pass has to end before connections that end by some time, as there is more to be read that may be of them.
    pub(super) fn lacks_beside(&mut self, beside: &mut MergedBeside, end: f64) -> bool {
        if !beside.is_short(end) {
            return false;
        }
        self.take_beside_until(beside, end);
        beside.taken > 0
    }

    /// Says how far logs were read.
    pub(super) fn advance_beside(&mut self, beside: &MergedBeside) {
        let mut unread: HashMap<usize, &Placed> = HashMap::new();
        for (number, placed) in beside.streams.iter().flat_map(|stream| &stream.rows) {
            unread.entry(*number).or_insert(placed);
        }
        for (number, report) in beside.reports.iter().enumerate() {
            let run = &mut self.named.runs[number];
            match (unread.get(&number), report) {
                (Some(first), _) => {
                    let report =
                        ChunkReport { rows: first.before, end: first.start, ..ChunkReport::default() };
                    run.advance(&report, 0, None);
                    self.outcome.held.insert(run.name.clone());
                }
                (None, Some(report)) => run.advance(report, 0, None),
                (None, None) => drop(self.outcome.held.insert(run.name.clone())),
            }
        }
        for stream in beside.streams.iter().filter(|stream| stream.is_cut) {
            let of_stream =
                self.named.companions.iter().zip(&self.named.runs).filter(|(companion, _)| {
                    companion.role == stream.role && companion.logger == stream.logger
                });
            self.outcome.held.extend(of_stream.map(|(_, run)| run.name.clone()));
        }
    }
}
