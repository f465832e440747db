//! Follows the logs of the [Zeek](https://zeek.org) network monitor as they grow, rotate, are compressed and moved.
//!
//! [`Follower::poll`] looks at the folders and says which logs are ready to be read, in which order and from where, which wait and
//! why, and what went wrong. Whoever reads them keeps a [`Ledger`] of how far each was read. A log is known by its content, never by
//! its name; so it is read once, from where it was left, wherever it goes. [`Merge`] puts the rows of several loggers of one sensor in order.
//!
//! Nothing is watched by notifications of the system, as network file systems have none: a poll a second is the design, and a poll
//! asks little. Time is an argument.
//!
//! What this crate doesn't know: what the rows are read for, and where the ledger is kept. What is handled and what is not stands in
//! `docs/following.md`.

mod behind;
mod file;
mod folders;
mod follower;
mod merge;
mod names;
mod plan;
mod poll;
mod settings;

pub use follower::{Follower, Held};
pub use merge::{LoggerState, Merge, MergeLimits, MergeState, Merged};
pub use poll::{Hour, Ledger, LedgerError, Poll, Problem, ProblemKind, ReadyLog, Reason, Waiting};
pub use settings::{History, Mode, Now, Root, Settings};
