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
            Self::Bytes if (1e3..1e15).contains(&value.abs()) => {
                // Numbers end at giga.
                let (value, suffix) =
                    if value.abs() < 1e12 { (value, None) } else { (value / 1e3, Some("T")) };
                let tick = numbers::tick(value);
                let (number, letter) = tick.split_at(tick.len() - 1);
                format!("{number} {}B", suffix.unwrap_or(letter))
            }
            _ => numbers::tick(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_units() {
        for (quantity, value, expected) in [
            (Quantity::Count, 1_243_021.0, "1,243,021"),
            (Quantity::Count, 0.5, "0.500"),
            (Quantity::Count, 1e300, "10³⁰⁰"),
            (Quantity::Bytes, 0.0, "0 B"),
            (Quantity::Bytes, 999.0, "999 B"),
            (Quantity::Bytes, 999_999.0, "1.00 MB"),
            (Quantity::Bytes, 1.236e9, "1.24 GB"),
            (Quantity::Seconds, 0.000_25, "250 µs"),
            (Quantity::Seconds, 3.2, "3.20 s"),
            (Quantity::Seconds, 5_400.0, "1.50 h"),
            (Quantity::Plain, 0.021_34, "0.0213"),
            (Quantity::Plain, f64::NAN, "NaN"),
        ] {
            assert_eq!(quantity.text(value), expected);
        }
    }

    #[test]
    fn ticks_of_bytes_have_units() {
        for (value, expected) in
            [(0.0, "0"), (500.0, "500"), (5e3, "5 kB"), (2.5e9, "2.5 GB"), (2e12, "2 TB"), (5e14, "500 TB")]
        {
            assert_eq!(Quantity::Bytes.tick(value), expected);
        }
    }
}
