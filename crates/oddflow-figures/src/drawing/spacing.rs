//! How values lie along an axis, and places on it that a reader should find.

/// How values lie along an axis or along the colours of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spacing {
    /// Evenly.
    #[default]
    Linear,
    /// By powers of ten. Values of zero and below have no place there.
    Log,
}

impl Spacing {
    /// The label of an axis that measures `measure`: `duration (seconds, log scale)`.
    pub(crate) fn label(self, measure: &str) -> String {
        match (self, measure.strip_suffix(')')) {
            (Self::Linear, _) => measure.into(),
            (Self::Log, Some(open)) if open.contains('(') => format!("{open}, log scale)"),
            (Self::Log, _) => format!("{measure} (log scale)"),
        }
    }
}

/// A value that is marked with a line and a label: a quantile, a mean, a port.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark<'a> {
    /// What stands there, in a word or two: `p99`. The figure adds the value.
    pub label: &'a str,
    /// Where, in the unit of the axis.
    pub value: f64,
}
