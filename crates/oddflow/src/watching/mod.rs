//! `oddflow watch`: a service that follows logs and loses nothing.
//!
//! `service` polls, scores and commits; what it must know of files `zeek-follow` tells, what it must know of rows the run of
//! `detection/behaviour`. `delivery` takes notices from the store's outbox to sinks, in a thread and on a connection of its own.

mod delivery;
mod incidents;
mod ledger;
mod outbox;
mod service;

pub(crate) use service::{Watch, watch};
