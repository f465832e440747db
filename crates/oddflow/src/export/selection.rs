//! Which rows are wanted: those within a time, and which no filter leaves out.

use zeek_filter::Filters;
use zeek_log::ConnRecord;

/// The rows that are wanted.
pub(crate) struct Selection<'f> {
    from: f64,
    to: f64,
    bounds_time: bool,
    exclude: &'f Filters,
}

impl<'f> Selection<'f> {
    /// Rows from one time to before another, in seconds since the Unix epoch, that match no filter.
    pub(crate) fn new(from: Option<f64>, to: Option<f64>, exclude: &'f Filters) -> Self {
        Self {
            from: from.unwrap_or(f64::NEG_INFINITY),
            to: to.unwrap_or(f64::INFINITY),
            bounds_time: from.is_some() || to.is_some(),
            exclude,
        }
    }

    /// Whether the time of a row matters.
    pub(crate) fn bounds_time(&self) -> bool {
        self.bounds_time
    }

    /// Whether rows are looked at as connections.
    pub(crate) fn has_filters(&self) -> bool {
        !self.exclude.is_empty()
    }

    /// Whether a time is within; one that isn't known isn't.
    pub(crate) fn holds_time(&self, ts: Option<f64>) -> bool {
        !self.bounds_time || ts.is_some_and(|ts| (self.from..self.to).contains(&ts))
    }

    /// Whether a filter leaves a connection out.
    pub(crate) fn excludes(&self, record: &ConnRecord<'_>) -> bool {
        self.exclude.matches(record)
    }
}
