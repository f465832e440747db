//! The rows of several loggers of a sensor, merged by the ends of their connections before they go through the state.
//!
//! Each logger's logs are read in threads of their own, a part ahead. A row is released only when every other logger that may still show an
//! earlier one has shown a later one, so that the order doesn't depend on which is quicker. A log counts as read up to its
//! last released row: those that wait are read again by the next pass.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, ScopedJoinHandle};

use zeek_filter::Filters;
use zeek_follow::{Merge, MergeLimits, MergeState};
use zeek_log::{ChunkReport, LogFile, LogHead, Position, Problems};

use super::flows::{FlowChunk, FlowWork};
use super::merged_beside::MergedBeside;
use super::rows::{MergedRows, Rows};
use super::run::{BehaviourOutcome, BehaviourRun, CHUNK, ROWS_A_COMMIT};
use crate::failure::Failure;
use crate::input::{Input, ProblemReport};
use crate::interrupt;
use crate::reading::{ReadEnd, Reader, Visit, read};

/// Rows that go through the state together.
const BLOCK: usize = 4096;

/// The logs of one logger.
pub(crate) struct Feed {
    pub(crate) logger: Arc<str>,
    pub(crate) input: Input,
}

/// Names of the loggers of a sensor.
pub(crate) type Loggers = BTreeSet<Arc<str>>;

/// A row that waits: which feed, and its place in the first part of it that is not released.
type Waiting = (usize, usize);

enum Message {
    Begun(LogFile, Box<LogHead>, SyncSender<Position>),
    Read(Box<Visit<FlowChunk>>),
}

/// The logs of one logger while they are read.
struct Feeding<'s> {
    logger: Arc<str>,
    from: Option<Receiver<Message>>,
    thread: Option<ScopedJoinHandle<'s, Result<ReadEnd, Failure>>>,
    /// The run's numbers of its logs, in the order in which they were begun.
    logs: Vec<usize>,
    parts: VecDeque<Part>,
    /// Rows that wait.
    waiting: usize,
    /// Whether it ended before its end: nobody knows what would have come.
    is_cut: bool,
}

/// A part of a log of which not all rows are released.
struct Part {
    log: usize,
    chunk: Arc<FlowChunk>,
    report: ChunkReport,
    released: usize,
}

/// Hands on what is read to the thread that merges.
struct Handing(SyncSender<Message>);

impl Reader<FlowChunk> for Handing {
    fn begin(&mut self, log: &LogFile, head: &LogHead) -> Result<Position, Failure> {
        let (to, position) = sync_channel(1);
        let begun = Message::Begun(log.clone(), Box::new(head.clone()), to);
        self.0.send(begun).map_err(|_| nobody())?;
        position.recv().map_err(|_| nobody())
    }

    fn take(&mut self, visit: Visit<FlowChunk>) -> Result<(), Failure> {
        self.0.send(Message::Read(Box::new(visit))).map_err(|_| nobody())
    }
}

/// The end of a thread whose work nobody wants any more; why, the one who doesn't want it says.
fn nobody() -> Failure {
    Failure::passing("the merging of loggers has ended")
}

impl BehaviourRun<'_> {
    /// Whether rows of several loggers are being merged since an earlier pass.
    pub(crate) fn is_merging(&self) -> bool {
        !self.merge.loggers.is_empty()
    }

    /// [Passes](Self::pass) over the logs of several loggers. `writing` are those that go on writing, so that their next rows are waited for;
    /// without it all is there, and all is released.
    pub(crate) fn pass_merged(
        &mut self,
        feeds: Vec<Feed>,
        writing: Option<&Loggers>,
        exclude: &Filters,
    ) -> Result<BehaviourOutcome, Failure> {
        let Some(first) = feeds.first() else { return Ok(BehaviourOutcome::default()) };
        self.options = first.input.options.clone();
        self.threads = first.input.threads;
        self.exclude = exclude.clone();
        let builders = self.counting.is_some().then(|| Arc::clone(&self.builders));
        let work = FlowWork {
            model: self.model,
            options: self.options.clone(),
            exclude,
            keeps_uids: true,
            traffic: builders.as_deref(),
        };
        let before = self.counts();
        // A connection's row may be in the log of one logger, and what others say of it in those of another.
        let mut beside = self.read_merged_beside();
        if self.is_torn {
            return Ok(self.close_pass(&before, ReadEnd::default()));
        }
        let late = self.merge.merged.late;
        let mut merge = Merge::resume(MergeLimits::default(), &self.merge);
        for logger in &self.merge.loggers {
            let is_fed = feeds.iter().any(|feed| *feed.logger == *logger.name);
            if !is_fed && !writing.is_some_and(|writing| writing.contains(&*logger.name)) {
                merge.close(&logger.name);
            }
        }
        writing.into_iter().flatten().for_each(|logger| merge.expect(logger));
        let mut problems = ProblemReport::default();
        let work = &work;
        let held = thread::scope(|scope| {
            let threads = (self.threads / feeds.len()).max(1);
            let start = |Feed { logger, mut input }: Feed| {
                let (to, from) = sync_channel(1);
                // A log without rows is known by nothing yet.
                input.logs.retain(|(_, head)| head.identity.is_some());
                input.threads = threads;
                input.options.chunk = input.options.chunk.min(CHUNK);
                let thread =
                    scope.spawn(move || read(input, "scoring", &|chunk| work.chunk(chunk), &mut Handing(to)));
                let (from, thread) = (Some(from), Some(thread));
                let (logs, parts) = (Vec::new(), VecDeque::new());
                Feeding { logger, from, thread, logs, parts, waiting: 0, is_cut: false }
            };
            let mut feeds: Vec<Feeding<'_>> = feeds.into_iter().map(start).collect();
            self.merge_feeds(&mut feeds, &mut merge, &mut beside, (writing, &mut problems))?;
            // Who still reads ends when nobody takes what it has read.
            feeds.iter_mut().for_each(|feed| feed.from = None);
            let mut held = HashSet::new();
            for feed in &feeds {
                self.advance_held(feed, exclude);
                held.extend(feed.parts.iter().map(|part| self.logs[part.log].name.clone()));
                let unread = feed.thread.as_ref().and_then(|_| feed.logs.last());
                held.extend(unread.map(|log| self.logs[*log].name.clone()));
            }
            let is_whole = merge.is_empty() && !feeds.iter().any(|feed| feed.is_cut || feed.thread.is_some());
            if is_whole && writing.is_none() {
                self.take_beside_until(&mut beside, f64::INFINITY);
                while beside.is_cut() && !self.is_torn {
                    self.advance_beside(&beside);
                    beside = self.read_merged_beside();
                    self.take_beside_until(&mut beside, f64::INFINITY);
                }
            }
            self.advance_beside(&beside);
            for feed in &mut feeds {
                if let Some(end) = feed.join() {
                    // The failure of one that nobody listens to is that nobody does.
                    problems.merge(end.map(|end| end.problems).unwrap_or_default());
                }
            }
            let state = merge.state();
            let merged = state.merged;
            self.merge = match writing {
                None if is_whole => MergeState { merged, ..MergeState::default() },
                _ => state,
            };
            Ok::<_, Failure>(held)
        })?;
        self.commit()?;
        let end = ReadEnd { problems, interrupted: interrupt::requested() };
        let mut outcome = self.close_pass(&before, end);
        outcome.rows_late = self.merge.merged.late - late;
        outcome.is_cut |= writing.is_none() && self.is_merging();
        outcome.held.extend(held);
        Ok(outcome)
    }

    /// Takes rows in their order through the state, until there are none, or enough for a commit.
    fn merge_feeds(
        &mut self,
        feeds: &mut [Feeding<'_>],
        merge: &mut Merge<Waiting>,
        beside: &mut MergedBeside,
        (writing, problems): (Option<&Loggers>, &mut ProblemReport),
    ) -> Result<(), Failure> {
        let mut block = MergedRows::default();
        'merging: loop {
            for (number, feed) in feeds.iter_mut().enumerate() {
                if !self.fill((number, feed), 1, merge, (writing, problems))? {
                    break 'merging;
                }
            }
            // As long as each logger that is read shows a row, no other row can be before the first of them.
            loop {
                let ends = feeds.iter().filter_map(Feeding::first_end);
                if ends.reduce(f64::max).is_some_and(|end| self.lacks_beside(beside, end)) {
                    break 'merging;
                }
                let Some((number, place)) = merge.pop() else {
                    // Who has shown its last row for now is waited for, until the others are far ahead.
                    let Some(number) = feeds.iter().position(|feed| feed.from.is_some()) else {
                        break 'merging;
                    };
                    let more = feeds[number].waiting + 1;
                    if !self.fill((number, &mut feeds[number]), more, merge, (writing, problems))? {
                        break 'merging;
                    }
                    continue;
                };
                let feed = &mut feeds[number];
                let Some(part) = feed.parts.front_mut() else { continue };
                self.take_beside(beside, &part.chunk.flows[place]);
                block.push(part.log, &part.chunk, place);
                part.released = place + 1;
                feed.waiting -= 1;
                self.pending_rows += 1;
                self.retire(feed);
                if block.len() >= BLOCK {
                    self.track(Rows::Merged(std::mem::take(&mut block)))?;
                    if self.pending_rows >= ROWS_A_COMMIT || self.is_laden() {
                        break 'merging;
                    }
                }
                if feed.waiting == 0 && feed.from.is_some() {
                    break;
                }
            }
        }
        self.track(Rows::Merged(block))?;
        while self.take_scored()? {}
        Ok(())
    }

    /// Reads on until so many rows of a logger wait, or it has none left; `false` where nobody knows what it would have shown.
    fn fill(
        &mut self,
        (number, feed): (usize, &mut Feeding<'_>),
        rows: usize,
        merge: &mut Merge<Waiting>,
        (writing, problems): (Option<&Loggers>, &mut ProblemReport),
    ) -> Result<bool, Failure> {
        while feed.waiting < rows {
            let Some(from) = &feed.from else { return Ok(!feed.is_cut) };
            match from.recv() {
                Ok(Message::Begun(log, head, to)) => {
                    let position = self.begin(&log, &head)?;
                    feed.logs.extend(self.visited.last());
                    // It waits for the answer.
                    let _ = to.send(position);
                }
                Ok(Message::Read(visit)) => {
                    let Visit { log, value, report } = *visit;
                    for (place, (flow, uid)) in value.flows.iter().zip(&value.uids).enumerate() {
                        merge.push(&feed.logger, flow.end, uid, (number, place));
                    }
                    feed.waiting += value.flows.len();
                    let (log, chunk) = (feed.logs[log], Arc::new(value));
                    feed.parts.push_back(Part { log, chunk, report, released: 0 });
                    self.retire(feed);
                }
                Err(_) => {
                    feed.from = None;
                    let Some(end) = feed.join().transpose()? else { return Ok(false) };
                    feed.is_cut = end.interrupted || end.problems.left_out() > 0;
                    problems.merge(end.problems);
                    if !feed.is_cut && !writing.is_some_and(|writing| writing.contains(&feed.logger)) {
                        merge.close(&feed.logger);
                    }
                    return Ok(!feed.is_cut);
                }
            }
        }
        Ok(true)
    }

    /// Counts the parts that are released to their ends.
    fn retire(&mut self, feed: &mut Feeding<'_>) {
        while let Some(part) = feed.parts.pop_front_if(|part| part.released == part.chunk.flows.len()) {
            let chunk = &part.chunk;
            self.logs[part.log].advance(&part.report, chunk.flows.len() as u64, chunk.span);
            self.outcome.count(chunk, chunk.excluded);
        }
    }

    /// Counts what is released of the first part that has rows left.
    fn advance_held(&mut self, feed: &Feeding<'_>, exclude: &Filters) {
        let Some(part) = feed.parts.front().filter(|part| part.released > 0) else { return };
        let mut chunk = part.chunk.chunk.clone();
        // They are told when its end is read.
        chunk.file_problems = Problems::default();
        let (mut rows, mut excluded) = (0, 0);
        let mut span: Option<(f64, f64)> = None;
        let report = chunk.conn_rows(&self.options, |record, _| {
            if exclude.matches(record) {
                excluded += 1;
                return ControlFlow::Continue(());
            }
            let (first, last) = span.unwrap_or((record.ts, record.ts));
            span = Some((first.min(record.ts), last.max(record.ts)));
            rows += 1;
            if rows == part.released { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        self.logs[part.log].advance(&report, rows as u64, span);
        self.outcome.count(&part.chunk, excluded);
    }
}

impl Feeding<'_> {
    /// When the connection of its first row that waits ended.
    fn first_end(&self) -> Option<f64> {
        let part = self.parts.front()?;
        part.chunk.flows.get(part.released).map(|flow| flow.end)
    }

    /// Waits for the end of its thread; a panic there is one here.
    fn join(&mut self) -> Option<Result<ReadEnd, Failure>> {
        let thread = self.thread.take()?;
        Some(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }
}
