//! What Zeek's other logs say of a connection: names asked for, programs, certificates, logins, files.
//!
//! A [`CompanionReader`] makes a [`CompanionRow`] of a row of `dns.log`, `http.log` and so on, in any thread. A
//! [`CompanionState`] takes these rows in the order of their log and gives each its [`CompanionFeatures`]: up to 35 numbers that
//! grow with oddness and are 0 where nothing is known. The features of all rows with a connection's uid, joined by the larger
//! value, are those of the connection. A row may come before its connection or after it: one waits for its connection, the
//! other is a late addition.
//!
//! As in [`behaviour`](crate::behaviour) a number stands on the rows that contribute to it, novelty is measured against counts
//! that are frozen with the baseline, time is the rows' own, and no name or address is kept in clear.
//!
//! Invariants: the state is bounded, and what it forgets is counted; a state that is written and read back goes on to the same
//! bits; each log has a memory of its own, so that the order between two logs, or between a log and the connections, changes
//! no feature; a run without companion logs has features of 0 throughout.

mod columns;
mod counts;
mod dns;
mod domain;
mod evidence;
mod features;
mod files;
mod health;
mod http;
mod join;
mod kind;
mod parse;
mod reader;
mod row;
mod smb;
mod ssh;
mod state;
mod tls;

pub use columns::{COLUMNS, WIDTH, describe, kind_of};
pub use evidence::{Evidence, EvidenceRows};
pub use features::CompanionFeatures;
pub use health::{Health, KindHealth};
pub use kind::Kind;
pub use reader::CompanionReader;
pub use row::{BesideRow, CompanionRow, uid_hash};
pub use state::CompanionState;
