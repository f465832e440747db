//! What a sink is: a place that takes notices and says how many of them it has.

use std::time::Duration;

use jiff::Timestamp;

use crate::{Event, Notice, Severity};

/// A place where notices go.
///
/// A sink is used by one thread at a time and keeps nothing that matters between two calls: whoever calls it knows what it
/// took, from what it said.
pub trait Sink: Send {
    /// Its name in outbox, settings and reports: `zeek_log`, `webhook`.
    fn name(&self) -> &str;

    /// Delivers notices in order. `now` is the time by which logs are rotated.
    ///
    /// When it returns `Ok`, all of them are where they belong, as surely as the receiver can say: a file is on the disk, a web
    /// server has answered.
    ///
    /// # Errors
    /// Says how many of the first notices were delivered all the same, and whether trying again can help.
    fn deliver(&mut self, notices: &[Notice], now: Timestamp) -> Result<(), DeliveryError>;

    /// Does what is due without notices: rotates a log whose time is over.
    ///
    /// # Errors
    /// Where that fails; it is tried again next time.
    fn tick(&mut self, now: Timestamp) -> Result<(), DeliveryError> {
        let _ = now;
        Ok(())
    }

    /// The most notices that it wants at a time.
    fn batch(&self) -> usize {
        100
    }
}

/// Why notices were not delivered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DeliveryError {
    /// How many of the first notices were delivered. The one behind them is what the rest is about.
    pub delivered: usize,
    /// Whether trying again can help.
    pub trouble: Trouble,
    /// What went wrong, in a sentence without secrets.
    pub message: String,
}

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It may: the receiver is away, or full, or lets nobody in today.
    Passing {
        /// How long the receiver asked to be left alone.
        wait: Option<Duration>,
    },
    /// It doesn't: the receiver will never take this notice.
    Permanent,
}

impl DeliveryError {
    /// Trying again may help.
    pub fn passing(delivered: usize, message: impl Into<String>) -> Self {
        Self { delivered, trouble: Trouble::Passing { wait: None }, message: message.into() }
    }

    /// The receiver will never take the first notice that isn't delivered.
    pub fn permanent(delivered: usize, message: impl Into<String>) -> Self {
        Self { delivered, trouble: Trouble::Permanent, message: message.into() }
    }
}

/// Which notices a sink is meant for. Whoever fills the outbox asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Name of the sink.
    pub sink: String,
    /// The least severity that it is meant for.
    pub minimum: Severity,
    /// Whether it is told of changes of incidents that it knows.
    pub changes: bool,
}

impl Route {
    /// Whether a notice is meant for this sink. A test always is.
    #[must_use]
    pub fn takes(&self, notice: &Notice) -> bool {
        match notice.event {
            Event::Raised => notice.severity >= self.minimum,
            Event::Changed => self.changes && notice.severity >= self.minimum,
            Event::Test => true,
        }
    }
}
