//! Times as a reader of the report sees them: all in the zone that was chosen.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use oddflow_explore::Statistics;

/// The clock of the chosen zone.
pub(super) struct Clock {
    zone: TimeZone,
    /// The zone's name.
    pub(super) name: String,
}

impl Clock {
    pub(super) fn of(statistics: &Statistics) -> Self {
        // The name came from the same database.
        let zone = TimeZone::get(&statistics.zone).unwrap_or(TimeZone::UTC);
        Self { zone, name: statistics.zone.clone() }
    }

    /// Seconds since the Unix epoch to the second: `2025-02-21 06:55:01`.
    pub(super) fn time(&self, seconds: f64) -> String {
        self.written(seconds, "%Y-%m-%d %H:%M:%S")
    }

    /// The same to the minute.
    pub(super) fn minute(&self, seconds: f64) -> String {
        self.written(seconds, "%Y-%m-%d %H:%M")
    }

    fn written(&self, seconds: f64, format: &str) -> String {
        Timestamp::from_second(seconds.floor() as i64).map_or_else(
            |_| seconds.to_string(),
            |time| time.to_zoned(self.zone.clone()).strftime(format).to_string(),
        )
    }

    /// From the first time to the last.
    pub(super) fn span(&self, span: Option<(f64, f64)>) -> String {
        span.map_or_else(
            || "no rows".into(),
            |(first, last)| format!("{} to {}", self.time(first), self.time(last)),
        )
    }

    /// Why there are no rows, if there are none.
    pub(super) fn nothing(&self, statistics: &Statistics) -> Option<String> {
        let of = &statistics.overview;
        if of.rows > 0 {
            return None;
        }
        let Some([first, last]) = of.health.left_out else {
            return Some("The logs have no connection that could be read.".into());
        };
        let window = match of.health.asked {
            [Some(from), Some(to)] => format!("between {} and {}", self.time(from), self.time(to)),
            [Some(from), None] => format!("from {} on", self.time(from)),
            [None, Some(to)] => format!("before {}", self.time(to)),
            [None, None] => "in the time that was asked for".into(),
        };
        Some(format!(
            "No connection began {window}; those in the logs began from {} to {} ({}).",
            self.time(first),
            self.time(last),
            self.name
        ))
    }
}

/// What a time is beside a row of evidence.
pub(super) fn since(clock: &Clock, evidence: &oddflow_explore::Evidence) -> Option<String> {
    let time = clock.time(evidence.ts?);
    Some(match (evidence.peer, &evidence.uid) {
        (None, _) => format!("first seen {time}"),
        (Some(_), Some(_)) => format!("at {time}"),
        (Some(_), None) => format!("since {time}"),
    })
}
