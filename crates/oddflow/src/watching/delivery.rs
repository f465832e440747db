//! The thread that takes notices from the outbox to the sinks.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use oddflow_sinks::{Dispatcher, Policy, Report, Sink};
use oddflow_store::Store;
use tracing::{info, warn};

use super::health::Health;
use super::outbox::StoredOutbox;
use crate::failure::Failure;

/// How often the outbox is looked at.
const PAUSE: Duration = Duration::from_millis(200);

/// Delivery under way; it ends when this is [finished](Self::finish) or dropped.
pub(super) struct Delivery {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Delivery {
    /// Starts delivering from a store. Without sinks there is nothing to do.
    pub(super) fn start(
        db: &Path,
        sinks: Vec<Box<dyn Sink>>,
        policy: Policy,
        health: Arc<Health>,
    ) -> Result<Self, Failure> {
        let stop = Arc::<AtomicBool>::default();
        if sinks.is_empty() {
            return Ok(Self { stop, thread: None });
        }
        let mut outbox = StoredOutbox(Store::open(db)?);
        health.found_in_outbox(&outbox.0.outbox_counts()?);
        let no_threads = |error| Failure::output("a thread for the sinks", &error);
        let mut dispatcher = Dispatcher::new(sinks, policy).map_err(no_threads)?;
        let asked = Arc::clone(&stop);
        #[expect(
            clippy::disallowed_methods,
            reason = "schedules and retries go by the calendar; nothing else does"
        )]
        let deliver = move || {
            let mut failing = false;
            while !asked.load(Ordering::Relaxed) {
                match dispatcher.poll(&mut outbox, Timestamp::now()) {
                    Ok(report) => {
                        failing = false;
                        health.delivered(&report);
                        tell(&report);
                    }
                    // The next poll goes on where this one failed.
                    Err(error) if !std::mem::replace(&mut failing, true) => warn!("delivery waits: {error}"),
                    Err(_) => {}
                }
                std::thread::sleep(PAUSE);
            }
            if let Ok(report) = dispatcher.finish(&mut outbox, Timestamp::now()) {
                tell(&report);
            }
        };
        let thread =
            std::thread::Builder::new().name("delivery".into()).spawn(deliver).map_err(no_threads)?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Waits for what is under way. What was not delivered waits in the outbox for the next start.
    pub(super) fn finish(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.end();
        }
    }
}

fn tell(report: &Report) {
    for sink in &report.sinks {
        if sink.delivered > 0 {
            info!(sink = sink.name, delivered = sink.delivered, waiting = sink.depth, "notices delivered");
        }
        if sink.retried > 0 {
            let error = sink.error.as_deref().unwrap_or_default();
            warn!(sink = sink.name, waiting = sink.depth, "notices are tried again: {error}");
        }
        if sink.dead > 0 {
            let error = sink.error.as_deref().unwrap_or_default();
            warn!(sink = sink.name, dead = sink.dead, "notices were given up: {error}");
        }
    }
}
