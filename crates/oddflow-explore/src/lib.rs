//! Statistics of Zeek's conn logs in one pass over any number of rows.

mod statistics;

pub use statistics::*;
