//! How notices get from an outbox to sinks: at least once, in order for each sink, however often a receiver fails.

mod backoff;
mod dispatcher;
mod outbox;
mod worker;

pub use self::backoff::Policy;
pub use self::dispatcher::{Dispatcher, Report, SinkReport};
pub use self::outbox::{Entry, Outbox};
