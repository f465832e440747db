//! The rhythm of day and week.

use crate::flow::{Micros, SECOND};
use crate::random::mix;
use crate::traffic::Pace;

pub(crate) const HOUR: Micros = 3_600 * SECOND;
const DAY: Micros = 24 * HOUR;

/// How busy people are in each hour of a working day, from midnight.
const WORKDAY: [f64; 24] = [
    0.35, 0.18, 0.12, 0.10, 0.10, 0.16, 0.40, 0.80, 0.95, 1.00, 1.00, 1.02, 0.95, 1.00, 1.02, 1.05, 1.15,
    1.30, 1.50, 1.70, 1.75, 1.60, 1.20, 0.70,
];
/// The same on Saturday and Sunday.
const WEEKEND: [f64; 24] = [
    0.60, 0.35, 0.20, 0.12, 0.10, 0.10, 0.16, 0.30, 0.60, 0.95, 1.20, 1.30, 1.30, 1.30, 1.35, 1.40, 1.45,
    1.50, 1.65, 1.80, 1.85, 1.75, 1.40, 0.95,
];
/// How much is watched in each hour.
const EVENING: [f64; 24] = [
    0.50, 0.20, 0.10, 0.05, 0.05, 0.05, 0.10, 0.20, 0.20, 0.20, 0.20, 0.20, 0.30, 0.30, 0.30, 0.40, 0.60,
    1.00, 1.80, 2.60, 3.00, 2.80, 1.80, 1.00,
];

/// How much of a pace falls into a piece of time that lies within one hour. Only ratios mean something.
pub(crate) fn weight(pace: Pace, begin: Micros, end: Micros, seed: u64) -> f64 {
    let (day, hour) = (begin.div_euclid(DAY), (begin.rem_euclid(DAY) / HOUR) as usize);
    // 1970-01-01 was a Thursday.
    let weekend = matches!((day + 3).rem_euclid(7), 5 | 6);
    let level = match pace {
        Pace::Constant | Pace::Steady(_) => 1.0,
        Pace::Night => f64::from(u8::from((1..4).contains(&hour))),
        Pace::Waking => (if weekend { WEEKEND } else { WORKDAY })[hour] * mood(day, seed),
        Pace::Evening => EVENING[hour] * mood(day, seed) * if weekend { 1.3 } else { 1.0 },
    };
    level * (end - begin) as f64
}

/// No day is like another: 0.8 to 1.2.
fn mood(day: i64, seed: u64) -> f64 {
    0.8 + 0.4 * (mix(seed ^ mix(day as u64)) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_are_quiet_and_weekends_are_not_workdays() {
        // Monday 2026-03-02 and the Saturday after it.
        let (monday, saturday) = (1_772_409_600 * SECOND, 1_772_841_600 * SECOND);
        let at =
            |day: Micros, hour: Micros| weight(Pace::Waking, day + hour * HOUR, day + (hour + 1) * HOUR, 1);
        assert!(at(monday, 20) > 8.0 * at(monday, 3));
        assert!(at(saturday, 7) / at(saturday, 20) < at(monday, 7) / at(monday, 20));
        assert_eq!(weight(Pace::Night, monday + 12 * HOUR, monday + 13 * HOUR, 1), 0.0);
    }
}
