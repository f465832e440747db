//! What `oddflow export` does: which logs, which rows of them, and how they reach a Parquet file.

mod destination;
mod features;
mod find;
mod recipe;
mod rows;
mod selection;

use std::collections::BTreeSet;

use crate::input::ProblemReport;

pub(crate) use self::destination::Destination;
pub(crate) use self::features::export_features;
pub(crate) use self::find::Found;
pub(crate) use self::recipe::Source;
pub(crate) use self::rows::export_rows;
pub(crate) use self::selection::Selection;

/// What an export came to.
pub(crate) struct Exported {
    /// Rows of the file.
    pub(crate) rows: u64,
    pub(crate) columns: usize,
    pub(crate) row_groups: usize,
    /// Size of the file.
    pub(crate) bytes: u64,
    pub(crate) logs: u64,
    /// Rows that the selection left out.
    pub(crate) left_out: u64,
    /// Columns that logs had and the file hasn't.
    pub(crate) missing: BTreeSet<String>,
    pub(crate) problems: ProblemReport,
}
