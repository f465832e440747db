//! Zeek logs and feature rows as typed columns in Parquet files, for pandas, polars and DuckDB.
//!
//! A [`Table`] says which columns the logs of one kind have together, and of which type. [`Rows`] turns rows of any of them into a
//! [`Batch`] of those columns, in any thread. A [`Writer`] takes batches in order and writes them in row groups of
//! [`ROWS_A_GROUP`] rows. [`FeatureRows`] does for the rows of a recipe what `Rows` does for a log's.
//!
//! This crate knows no files, no recipe and no model: it is handed rows and something to write to.
//!
//! Invariant: a row is a row of the file with all of its values, or it is refused and leaves nothing behind.

mod buffer;
mod column_type;
mod error;
mod features;
mod keys;
mod rows;
mod table;
mod writer;

pub use column_type::{ColumnType, Scalar};
pub use error::{BadValue, WriteError};
pub use features::{FeatureColumns, FeatureRows};
pub use keys::Keys;
pub use rows::Rows;
pub use table::{Column, Table};
pub use writer::{Batch, FileKind, ROWS_A_GROUP, Writer, Written};
