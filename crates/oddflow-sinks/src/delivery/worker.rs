//! A thread a sink: one that waits for its receiver holds up no other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use jiff::Timestamp;

use crate::{DeliveryError, Notice, Sink};

/// What a worker is told to do.
enum Job {
    Deliver(Vec<Notice>, Timestamp),
    Tick(Timestamp),
}

/// What became of it.
pub(super) type Outcome = Result<(), DeliveryError>;

/// A sink in its thread. It is given one job at a time.
pub(super) struct Worker {
    name: String,
    batch: usize,
    /// `None` once it is told to end.
    jobs: Option<Sender<Job>>,
    outcomes: Receiver<Outcome>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    pub(super) fn start(mut sink: Box<dyn Sink>) -> std::io::Result<Self> {
        let (name, batch) = (sink.name().to_owned(), sink.batch().max(1));
        let (jobs, waiting) = channel();
        let (done, outcomes) = channel();
        let thread = std::thread::Builder::new().name(format!("sink {name}")).spawn(move || {
            for job in waiting {
                // A bug in one sink must not take the others along.
                let outcome = catch_unwind(AssertUnwindSafe(|| match job {
                    Job::Deliver(notices, now) => sink.deliver(&notices, now),
                    Job::Tick(now) => sink.tick(now),
                }));
                let outcome =
                    outcome.unwrap_or_else(|_| Err(DeliveryError::passing(0, "a bug: the sink panicked")));
                if done.send(outcome).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { name, batch, jobs: Some(jobs), outcomes, thread: Some(thread) })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The most notices at a time.
    pub(super) fn batch(&self) -> usize {
        self.batch
    }

    pub(super) fn deliver(&self, notices: Vec<Notice>, now: Timestamp) {
        self.send(Job::Deliver(notices, now));
    }

    pub(super) fn tick(&self, now: Timestamp) {
        self.send(Job::Tick(now));
    }

    fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // The thread ends only after its jobs do.
            let _ = jobs.send(job);
        }
    }

    /// What became of the job, when it is done; waits for it where `wait` says so.
    pub(super) fn outcome(&self, wait: bool) -> Option<Outcome> {
        if wait { self.outcomes.recv().ok() } else { self.outcomes.try_recv().ok() }
    }
}

impl Drop for Worker {
    /// Waits for what is under way, which its time-outs end: nobody else may use its file meanwhile.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
