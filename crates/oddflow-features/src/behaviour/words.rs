//! What a column's value means, in words.

use super::columns::{COLUMNS, Column, NUMERIC, Unit};
use super::tokens::token_name;

/// A sentence on one column: what it says of the connection, its value and the value that was expected, in natural units.
///
/// `column` counts in a whole row; for a token the values are 0 or 1 and a probability.
///
/// # Panics
/// There is no such column.
#[must_use]
pub fn describe(column: usize, value: f64, expected: f64) -> String {
    let Some(known) = COLUMNS.get(column) else {
        let name = token_name(column - NUMERIC);
        let is = value >= 0.5;
        let likely = 100.0 * if is { expected } else { 1.0 - expected };
        let not = if is { "" } else { "not " };
        return format!("{not}{name}; the model gave that {}%", number(likely.clamp(0.0, 100.0)));
    };
    format!("{} is {}, expected about {}", known.words, amount(known, value), amount(known, expected))
}

/// A few characters on one column.
///
/// # Panics
/// There is no such column.
#[must_use]
pub fn brief(column: usize, value: f64) -> String {
    match COLUMNS.get(column) {
        Some(known) => known.name.into(),
        None if value >= 0.5 => token_name(column - NUMERIC),
        None => token_name(column - NUMERIC).replacen('=', "≠", 1),
    }
}

impl Column {
    /// A natural value with its unit.
    #[must_use]
    pub fn amount(&self, natural: f64) -> String {
        amount(self, natural)
    }
}

fn amount(column: &Column, natural: f64) -> String {
    match column.unit {
        Unit::Count => number(natural),
        Unit::Bytes => bytes(natural),
        Unit::BytesPerSecond => format!("{}/s", bytes(natural)),
        Unit::Seconds => seconds(natural),
        Unit::Ratio | Unit::LogRatio => number(natural),
        Unit::Bits => format!("{} bits", number(natural)),
    }
}

fn bytes(value: f64) -> String {
    for (unit, size) in [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)] {
        if value >= size {
            return format!("{} {unit}", number(value / size));
        }
    }
    format!("{} bytes", number(value))
}

fn seconds(value: f64) -> String {
    for (unit, size) in [("days", 86_400.0), ("h", 3600.0), ("min", 60.0)] {
        if value >= 2.0 * size {
            return format!("{} {unit}", number(value / size));
        }
    }
    format!("{} s", number(value))
}

/// A number in as many digits as one reads.
fn number(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 100.0 || (value - value.round()).abs() < 1e-3 * magnitude || value == 0.0 {
        format!("{:.0}", value + 0.0)
    } else if magnitude >= 1.0 {
        format!("{value:.1}")
    } else if magnitude >= 0.01 {
        format!("{value:.2}")
    } else {
        format!("{value:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_in_words() {
        let place = |name: &str| COLUMNS.iter().position(|column| column.name == name).unwrap();
        for (column, value, expected, words) in [
            (place("duration"), 7200.0, 0.25, "duration is 2 h, expected about 0.25 s"),
            (
                place("horizontal_60"),
                214.0,
                1.2,
                "new hosts tried on this port in a minute is 214, expected about 1.2",
            ),
            (
                place("pair_out_24h"),
                5.5e9,
                1234.0,
                "bytes sent to the responder in a day is 5.5 GB, expected about 1.2 kB",
            ),
            (place("new_src"), 12.25, 3.0, "novelty of the originator is 12.2 bits, expected about 3 bits"),
            (NUMERIC + 3, 1.0, 0.02, "service=dns; the model gave that 2%"),
            (NUMERIC + 3, 0.0, 0.98, "not service=dns; the model gave that 2%"),
        ] {
            assert_eq!(describe(column, value, expected), words);
        }
        assert_eq!(brief(NUMERIC, 0.0), "proto≠tcp");
        assert_eq!(brief(0, 3.0), "duration");
    }
}
