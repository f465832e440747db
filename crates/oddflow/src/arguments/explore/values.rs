//! Values of `oddflow explore` that need more than a parser: a zone, a time in that zone, a host.

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{TimeZone, db};

use crate::text::parse_time;

/// A time as it was typed: one that is sure, or one on the clock of the zone that `--tz` names.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Moment {
    /// Seconds since the Unix epoch.
    Sure(f64),
    Civil(DateTime),
}

impl Moment {
    /// Seconds since the Unix epoch, on the clock of a zone.
    pub(crate) fn on(self, zone: &TimeZone) -> f64 {
        match self {
            Self::Sure(seconds) => seconds,
            Self::Civil(time) => {
                // A time that a clock skips is taken as the one after the change.
                let instant = zone.to_ambiguous_zoned(time).compatible().map(|zoned| zoned.timestamp());
                instant.unwrap_or(Timestamp::UNIX_EPOCH).as_microsecond() as f64 / 1e6
            }
        }
    }
}

pub(super) fn parse_moment(text: &str) -> Result<Moment, String> {
    let is_number = text.parse::<f64>().is_ok();
    if !is_number
        && text.parse::<Timestamp>().is_err()
        && let Ok(time) = text.parse::<DateTime>()
    {
        return Ok(Moment::Civil(time));
    }
    parse_time(text).map(Moment::Sure).map_err(|_| {
        "give a date (2025-02-21), a date and time (2025-02-21T06:30, on the clock of --tz) or epoch seconds".into()
    })
}

pub(super) fn parse_host(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| {
        if text.contains('/') {
            "one address is looked at, not a network: name a host of it, such as 192.168.1.7".into()
        } else {
            "give one address, such as 192.168.1.7 or 2001:db8::7".into()
        }
    })
}

/// Names of zones that are suggested at most.
const SUGGESTED: usize = 8;

pub(super) fn parse_zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text).map_err(|_| {
        let like = zones_like(text);
        let ask = "give a name of the time zone database, such as America/Los_Angeles or UTC";
        if like.is_empty() { ask.into() } else { format!("{ask}. Like it: {}", like.join(", ")) }
    })
}

/// Zones whose clock has this abbreviation, whose names contain the text, or that differ from it in a letter or two.
fn zones_like(text: &str) -> Vec<String> {
    let wanted = text.trim().to_lowercase().replace(' ', "_");
    if wanted.len() < 3 {
        return Vec::new();
    }
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let mut names: Vec<(u8, String)> = Vec::new();
    for name in db().available() {
        let name = name.as_str().to_owned();
        let lower = name.to_lowercase();
        let rank = if lower.contains(&wanted) {
            0
        } else if has_abbreviation(&name, &wanted) {
            1
        } else if distance(&lower, &wanted) <= 2 || distance(&last(&name), &last(&wanted)) <= 2 {
            2
        } else {
            continue;
        };
        names.push((rank, name));
    }
    names.sort_unstable();
    names.truncate(SUGGESTED);
    names.into_iter().map(|(_, name)| name).collect()
}

/// Whether a zone's clock is called so in winter or summer.
fn has_abbreviation(name: &str, wanted: &str) -> bool {
    let Ok(zone) = TimeZone::get(name) else { return false };
    // January and July 2025.
    [1_736_000_000, 1_752_000_000]
        .into_iter()
        .filter_map(|second| Timestamp::from_second(second).ok())
        .any(|time| zone.to_offset_info(time).abbreviation().eq_ignore_ascii_case(wanted))
}

/// Letters that must be changed, added or left out to make one word of the other (Levenshtein, 1966).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let changed = before + usize::from(a != *b);
            before = row[j + 1];
            row[j + 1] = changed.min(before + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_zone() {
        let zone = TimeZone::get("America/Los_Angeles").expect("the zone is known");
        let on = |text: &str, zone: &TimeZone| parse_moment(text).expect("a time").on(zone);
        assert_eq!(on("2025-02-24", &TimeZone::UTC), 1_740_355_200.0);
        assert_eq!(on("2025-02-24", &zone), 1_740_355_200.0 + 8.0 * 3600.0);
        assert_eq!(on("2025-02-24T00:00:00Z", &zone), 1_740_355_200.0);
        assert_eq!(on("1740355200.5", &zone), 1_740_355_200.5);
        assert!(parse_moment("yesterday").is_err());
    }

    #[test]
    fn zones_are_suggested() {
        let like = |text: &str| parse_zone(text).expect_err("no zone");
        assert!(like("PST").contains("America/Los_Angeles"), "{}", like("PST"));
        assert!(like("Los Angeles").contains("America/Los_Angeles"));
        assert!(like("Europe/Berln").ends_with("Europe/Berlin"), "{}", like("Europe/Berln"));
        assert!(!like("Mars/Olympus").contains("Like it"), "{}", like("Mars/Olympus"));
    }
}
