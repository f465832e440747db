//! Reads and writes the logs of the [Zeek](https://zeek.org) network monitor.
//!
//! The reader never fails on content: it returns what it could read and counts what it could not, by kind.

mod conn;
mod schema;
pub mod write;

pub use conn::ConnRecord;
pub use schema::{Column, Schema};
