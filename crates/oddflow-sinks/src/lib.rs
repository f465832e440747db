//! Where notices go besides the store: a Zeek log, a log in the shape of `notice.log`, JSON lines with ECS field names, syslog
//! and webhooks; and how they get there although receivers fail.
//!
//! A [`Notice`] says what happened to an incident. Whoever raises it puts it into an [`Outbox`] once for each [`Route`] that takes
//! it, in the transaction that stores the incident. The [`Dispatcher`] takes what is due and hands it to the [`Sink`]s, each in a thread
//! of its own; an entry is marked only after its sink has said that it is delivered, so each arrives at least once and in order.
//! [`Settings`] say which sinks there are.
//!
//! Nothing here knows what made a notice, or how an outbox is stored.

mod delivery;
mod file;
pub mod format;
mod notice;
mod settings;
mod sink;
mod syslog;
#[cfg(test)]
mod testing;
mod tls;
mod webhook;

pub use delivery::{Dispatcher, Entry, Outbox, Policy, Report, SinkReport};
pub use file::{LogFileSink, LogFormat, Rotation};
pub use notice::{Connection, Event, Examples, Notice, Severity};
pub use settings::{
    Address, Built, DeliverySettings, Environment, LogFileSettings, Reach, Secret, SettingError, Settings,
    SyslogSettings, Transport, WebhookSettings,
};
pub use sink::{DeliveryError, Route, Sink, Trouble};
pub use syslog::SyslogSink;
pub use webhook::WebhookSink;
