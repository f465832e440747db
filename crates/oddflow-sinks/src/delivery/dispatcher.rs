//! Takes what is due from an outbox, hands it to the sinks, and marks what became of it.
//!
//! An entry is marked only after its sink has said that it is delivered. Whatever stops the program in between, the entry is still there and is
//! delivered again: at least once. The oldest entry of a sink has to go before the next is tried, so order is kept.

use jiff::{SignedDuration, Timestamp};

use super::worker::{Outcome, Worker};
use super::{Outbox, Policy};
use crate::{Notice, Sink, Trouble};

/// Sinks are told the time this often while there is nothing to deliver.
const TICK: SignedDuration = SignedDuration::from_secs(60);

/// Delivers to any number of sinks, none of which holds up another.
///
/// Dropping it waits for deliveries that are under way, as long as their time-outs; they are not marked, and so made again.
pub struct Dispatcher {
    lanes: Vec<Lane>,
    policy: Policy,
}

/// A sink and what it is doing.
struct Lane {
    worker: Worker,
    state: State,
    ticked: Option<Timestamp>,
    report: SinkReport,
}

enum State {
    Idle,
    Ticking,
    /// In the order in which they were handed over.
    Delivering(Vec<Taken>),
    /// What became of them, not yet marked.
    Done(Vec<Taken>, Outcome),
}

/// An entry that was handed over.
struct Taken {
    id: i64,
    /// That failed before.
    attempts: u32,
}

/// What became of notices, sink by sink.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order in which the sinks were given.
    pub sinks: Vec<SinkReport>,
}

/// What became of one sink's notices. The counts are those since the last report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SinkReport {
    /// Name of the sink.
    pub name: String,
    /// Entries that arrived.
    pub delivered: u64,
    /// Attempts that failed and will be made again.
    pub retried: u64,
    /// Entries that were given up.
    pub dead: u64,
    /// Entries that wait, those under way included.
    pub depth: u64,
    /// Whether it is at work.
    pub is_busy: bool,
    /// When the oldest entry is due; `None` where nothing waits, or it is under way.
    pub next_due: Option<Timestamp>,
    /// What went wrong last, since something last went well.
    pub error: Option<String>,
}

impl Report {
    /// Entries that arrived, at all sinks.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.sinks.iter().map(|sink| sink.delivered).sum()
    }

    /// Attempts that failed and will be made again.
    #[must_use]
    pub fn retried(&self) -> u64 {
        self.sinks.iter().map(|sink| sink.retried).sum()
    }

    /// Entries that were given up.
    #[must_use]
    pub fn dead(&self) -> u64 {
        self.sinks.iter().map(|sink| sink.dead).sum()
    }

    /// Entries that wait.
    #[must_use]
    pub fn depth(&self) -> u64 {
        self.sinks.iter().map(|sink| sink.depth).sum()
    }

    /// When the next entry is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.sinks.iter().filter_map(|sink| sink.next_due).min()
    }

    /// Whether any sink is at work.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.sinks.iter().any(|sink| sink.is_busy)
    }
}

impl Dispatcher {
    /// Starts a thread for each sink.
    ///
    /// # Errors
    /// Where the system gives no more threads.
    pub fn new(sinks: Vec<Box<dyn Sink>>, policy: Policy) -> std::io::Result<Self> {
        let lane = |sink| {
            let worker = Worker::start(sink)?;
            let report = SinkReport { name: worker.name().to_owned(), ..SinkReport::default() };
            Ok(Lane { worker, state: State::Idle, ticked: None, report })
        };
        Ok(Self { lanes: sinks.into_iter().map(lane).collect::<std::io::Result<_>>()?, policy })
    }

    /// Marks what was done since the last call, hands over what is due, and returns at once.
    ///
    /// # Errors
    /// Where the outbox fails. Nothing is lost: what could not be marked is marked by the next call.
    pub fn poll<O: Outbox>(&mut self, outbox: &mut O, now: Timestamp) -> Result<Report, O::Error> {
        for lane in &mut self.lanes {
            lane.finish(outbox, &self.policy, now, false)?;
            lane.start(outbox, now)?;
        }
        self.report(outbox)
    }

    /// Delivers all that is due, and waits for it: before the program ends, and in tests.
    ///
    /// # Errors
    /// As for [`poll`](Self::poll).
    pub fn run<O: Outbox>(&mut self, outbox: &mut O, now: Timestamp) -> Result<Report, O::Error> {
        loop {
            for lane in &mut self.lanes {
                lane.finish(outbox, &self.policy, now, false)?;
                lane.start(outbox, now)?;
            }
            if self.lanes.iter().all(|lane| matches!(lane.state, State::Idle)) {
                return self.report(outbox);
            }
            self.settle(outbox, now)?;
        }
    }

    /// Waits for what is under way and marks it, without beginning anything.
    ///
    /// # Errors
    /// As for [`poll`](Self::poll).
    pub fn finish<O: Outbox>(&mut self, outbox: &mut O, now: Timestamp) -> Result<Report, O::Error> {
        self.settle(outbox, now)?;
        self.report(outbox)
    }

    fn settle<O: Outbox>(&mut self, outbox: &mut O, now: Timestamp) -> Result<(), O::Error> {
        self.lanes.iter_mut().try_for_each(|lane| lane.finish(outbox, &self.policy, now, true))
    }

    fn report<O: Outbox>(&mut self, outbox: &mut O) -> Result<Report, O::Error> {
        for lane in &mut self.lanes {
            lane.report.depth = outbox.depth(lane.worker.name())?;
            lane.report.is_busy = !matches!(lane.state, State::Idle | State::Ticking);
        }
        let take = |lane: &mut Lane| {
            let next = SinkReport { delivered: 0, retried: 0, dead: 0, ..lane.report.clone() };
            std::mem::replace(&mut lane.report, next)
        };
        Ok(Report { sinks: self.lanes.iter_mut().map(take).collect() })
    }
}

impl Lane {
    /// Takes what its sink has done, and marks it.
    fn finish<O: Outbox>(
        &mut self,
        outbox: &mut O,
        policy: &Policy,
        now: Timestamp,
        wait: bool,
    ) -> Result<(), O::Error> {
        if matches!(self.state, State::Idle) {
            return Ok(());
        }
        if !matches!(self.state, State::Done(..)) {
            let Some(outcome) = self.worker.outcome(wait) else { return Ok(()) };
            self.state = match std::mem::replace(&mut self.state, State::Idle) {
                State::Delivering(entries) => State::Done(entries, outcome),
                _ => {
                    // That a tick went well says nothing of a delivery that is to be tried again.
                    if outcome.is_err() || self.report.next_due.is_none() {
                        self.report.error = outcome.err().map(|error| error.message);
                    }
                    return Ok(());
                }
            };
        }
        let State::Done(entries, outcome) = &self.state else { return Ok(()) };
        let sink = self.worker.name();
        let count = match outcome {
            Ok(()) => entries.len(),
            // All of them and an error all the same: the last one can't be told apart.
            Err(error) => error.delivered.min(entries.len().saturating_sub(1)),
        };
        let delivered: Vec<i64> = entries[..count].iter().map(|entry| entry.id).collect();
        if !delivered.is_empty() {
            outbox.delivered(sink, &delivered)?;
        }
        if let (Err(error), Some(&Taken { id, attempts })) = (outcome, entries.get(count)) {
            let attempts = attempts.saturating_add(1);
            match error.trouble {
                Trouble::Passing { wait } if attempts < policy.attempts => {
                    let next_try = policy.next_try(now, id, attempts, wait);
                    outbox.failed(sink, id, attempts, &error.message, next_try)?;
                    self.report.retried += 1;
                }
                Trouble::Passing { .. } | Trouble::Permanent => {
                    outbox.dead(sink, id, &error.message)?;
                    self.report.dead += 1;
                }
            }
        }
        self.report.error = outcome.as_ref().err().map(|error| error.message.clone());
        self.report.delivered += count as u64;
        self.state = State::Idle;
        Ok(())
    }

    /// The oldest entries, as long as they are due. What can't be read is given up.
    fn take<O: Outbox>(
        &mut self,
        outbox: &mut O,
        now: Timestamp,
    ) -> Result<(Vec<Taken>, Vec<Notice>), O::Error> {
        let (mut entries, mut notices) = (Vec::new(), Vec::new());
        let mut is_unreadable = true;
        self.report.next_due = None;
        // Entries that can't be read must not hide those behind them.
        while entries.is_empty() && is_unreadable {
            is_unreadable = false;
            for entry in outbox.waiting(self.worker.name(), self.worker.batch())? {
                if let Some(due) = entry.next_try.filter(|due| *due > now) {
                    self.report.next_due = entries.is_empty().then_some(due);
                    break;
                }
                match Notice::from_json(&entry.notice) {
                    Ok(notice) => {
                        entries.push(Taken { id: entry.id, attempts: entry.attempts });
                        notices.push(notice);
                    }
                    Err(error) => {
                        let error = format!("the outbox holds no notice: {error}");
                        outbox.dead(self.worker.name(), entry.id, &error)?;
                        self.report.dead += 1;
                        self.report.error = Some(error);
                        is_unreadable = true;
                    }
                }
            }
        }
        Ok((entries, notices))
    }

    /// Hands over what is due, if it isn't at work.
    fn start<O: Outbox>(&mut self, outbox: &mut O, now: Timestamp) -> Result<(), O::Error> {
        if !matches!(self.state, State::Idle) {
            return Ok(());
        }
        let (entries, notices) = self.take(outbox, now)?;
        if !entries.is_empty() {
            self.worker.deliver(notices, now);
            self.state = State::Delivering(entries);
        } else if self.ticked.is_none_or(|ticked| now.duration_since(ticked).abs() >= TICK) {
            self.ticked = Some(now);
            self.worker.tick(now);
            self.state = State::Ticking;
        }
        Ok(())
    }
}
