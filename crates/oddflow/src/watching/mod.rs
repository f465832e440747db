//! `oddflow watch`: a service that follows logs and loses nothing.
//!
//! `service` polls, scores and commits, a `lane` for each sensor; what it must know of files `zeek-follow` tells, what it must know of rows the run of
//! `detection/behaviour`. `delivery` takes notices from the store's outbox to sinks, in a thread and on a connection of its own.
//! `retention` has what is old go between passes. `health` knows how it goes, in the numbers of `metrics`, and tells it over HTTP.

mod beside;
mod choice;
mod delivery;
mod exposition;
mod forgetting;
mod health;
mod incidents;
mod lane;
mod learning;
mod ledger;
mod metrics;
mod outbox;
mod priority;
mod retention;
mod retraining;
mod service;
mod stretch;

pub(crate) use health::WatchedDashboard;
pub(crate) use learning::Learn;
pub(crate) use retention::Retention;
pub(crate) use service::{Watch, watch};
