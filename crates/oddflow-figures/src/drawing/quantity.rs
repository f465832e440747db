//! What kind of number a figure shows, which decides how it is written.

use crate::drawing::numbers;

/// What kind of number a figure shows, which decides how it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quantity {
    /// Things that are counted: `1,243,021`.
    #[default]
    Count,
    /// Bytes, in powers of 1000: `1.24 GB`.
    Bytes,
    /// A time in seconds: `3.20 s`, `1.5 h`, `2.3 days`.
    Seconds,
    /// Anything else, to three digits: `0.0213`.
    Plain,
}

impl Quantity {
    /// `value` with its unit.
    pub(crate) fn text(self, value: f64) -> String {
        match self {
            _ if !value.is_finite() => numbers::value(value),
            // Up to here every whole number is an f64.
            Self::Count if value.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&value) => {
                numbers::count(value as u64)
            }
            Self::Count | Self::Plain => numbers::value(value),
            Self::Bytes => numbers::scaled(
                value,
                &[(1.0, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB"), (1e15, "PB")],
            ),
            Self::Seconds => numbers::scaled(
                value,
                &[(1e-6, "µs"), (1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h"), (86_400.0, "days")],
            ),
        }
    }

    /// `value` as short as a tick's label has to be. A tick is a round number.
    pub(crate) fn tick(self, value: f64) -> String {
        match self {
            Self::Bytes if value.abs() >= 1e3 && value.abs() < 1e12 => {
                let tick = numbers::tick(value);
                let (number, suffix) = tick.split_at(tick.len() - 1);
                format!("{number} {suffix}B")
            }
            _ => numbers::tick(value),
        }
    }
}
