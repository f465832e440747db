//! How a notice is written: pure functions, a file a format.
//!
//! Whatever a notice's texts hold, a format gives one line or one frame a notice, and texts stay texts.

mod community_id;
pub mod ecs;
pub mod notice_log;
pub mod syslog;
mod text;
pub mod webhook;
pub mod zeek;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(crate) use self::text::{json_line, one_line, reasons, sentence, words};

/// The time of so many seconds since 1970, to the microsecond; `None` where the calendar ends before.
pub(crate) fn timestamp(seconds: f64) -> Option<Timestamp> {
    // The years from -9999 to 9999. Inside, microseconds fit 63 bits and are exact to a quarter of one in our century.
    let micros = (seconds * 1e6).round();
    if !micros.is_finite() || micros.abs() > 4e17 {
        return None;
    }
    Timestamp::from_microsecond(micros as i64).ok()
}

/// `2026-11-22T13:37:00.123456Z`.
pub(crate) fn iso(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// As [`iso`], of seconds since 1970.
pub(crate) fn iso_seconds(seconds: f64) -> Option<String> {
    timestamp(seconds).map(iso)
}
