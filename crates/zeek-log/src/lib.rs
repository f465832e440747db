//! Reads and writes the logs of the [Zeek](https://zeek.org) network monitor.
//!
//! The way in is [`find_logs`], which leads from what a user names to [`LogFile`]s; [`LogFile::conn_head`] says which log a
//! file is; [`read_parallel`] reads many of them in order, and [`LogStream`] one. Both give [`Chunk`]s, which push typed
//! [`ConnRecord`]s or untyped [`Row`]s to a sink that may stop early. Nothing is allocated for a record.
//!
//! The reader never fails on content: it returns what it could read and counts in [`Problems`] what it could not. Only a file
//! that is no log at all is an error.

mod chunk;
mod conn;
mod conn_columns;
mod conn_field;
mod decompress;
mod delimiters;
mod ending;
mod error;
mod files;
mod header;
mod identity;
mod json;
mod layout;
mod lines;
mod mark;
mod options;
mod parallel;
mod problem;
mod row;
mod schema;
mod stream;
pub mod value;
pub mod write;

pub use chunk::{Chunk, ChunkReport, Position};
pub use conn::ConnRecord;
pub use conn_field::ConnField;
pub use ending::FileEnd;
pub use error::ReadError;
pub use files::{LogFile, LogHead, find_logs};
pub use identity::LogIdentity;
pub use options::ReadOptions;
pub use parallel::{Part, Planned, read_parallel};
pub use problem::{Problem, ProblemKind, Problems};
pub use row::Row;
pub use schema::{Column, Schema};
pub use stream::LogStream;
