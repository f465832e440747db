//! What to generate.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::attacks::FEWEST_ROWS;
use crate::flow::{Micros, SECOND};

/// What to generate. The same settings give the same rows, and the same bytes in files.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Rows of `conn.log`, exactly. At least 1, with attacks at least 5,000.
    pub rows: u64,
    /// Time covered, in days; from an hour (1/24) to ten years.
    pub days: f64,
    /// Beginning. Day and week rhythm are those of UTC.
    pub start: Timestamp,
    /// Devices of the household, 12 to 4,096. Each has one IPv4 address, most have IPv6 addresses that change by the
    /// day.
    pub hosts: usize,
    /// Another seed is another household and another week.
    pub seed: u64,
    /// Whether one labelled attack of each kind is planted after the first 60% of the time.
    pub attacks: bool,
}

impl Default for Settings {
    /// A week of 1,243,021 rows from Monday 2026-03-02, 26 devices, seed 42, without attacks.
    fn default() -> Self {
        Self {
            rows: 1_243_021,
            days: 7.0,
            start: Timestamp::constant(1_772_409_600, 0),
            hosts: 26,
            seed: 42,
            attacks: false,
        }
    }
}

impl Settings {
    /// Says what is wrong with the settings, if anything.
    ///
    /// # Errors
    /// [`Error::Settings`] where a value is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let wrong = |message: String| Err(Error::Settings(message));
        if self.rows == 0 {
            return wrong("there must be at least one row".into());
        }
        if self.attacks && self.rows < FEWEST_ROWS {
            return wrong(format!("attacks need at least {FEWEST_ROWS} rows around them, not {}", self.rows));
        }
        if !(1.0 / 24.0..=3_650.0).contains(&self.days) {
            return wrong(format!("the time must be between an hour and ten years, not {} days", self.days));
        }
        if !(12..=4_096).contains(&self.hosts) {
            return wrong(format!("there must be 12 to 4,096 devices, not {}", self.hosts));
        }
        let first = self.start.as_microsecond();
        if !(0..=4_000_000_000 * SECOND).contains(&first) {
            return wrong(format!("the start must lie between 1970 and 2096, not at {}", self.start));
        }
        Ok(())
    }

    /// Beginning and end of the time covered.
    #[must_use]
    pub fn span(&self) -> (Micros, Micros) {
        let begin = self.start.as_microsecond();
        (begin, begin + (self.days * 86_400.0) as Micros * SECOND)
    }
}

/// Why nothing, or not everything, was generated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting is out of its range.
    #[error("{0}")]
    Settings(String),
    /// The sink gave up.
    #[error("can't pass the rows on: {0}")]
    Sink(#[source] std::io::Error),
    /// A file could not be written.
    #[error("can't write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
