//! Which of the logs beside conn logs are read before which.
//!
//! Invariant: logs of one kind are read in the order of their hours.

use zeek_follow::Hour;

use crate::companions::Companion;
use crate::detection::behaviour::Given;

/// Each hour's own before its conn log, and before all the ends of logs whose conn log has been read.
pub(super) fn of_hours(hours: &[Hour]) -> Given {
    let mut given = Given::default();
    for hour in hours {
        match &hour.main {
            Some(main) => drop(given.of_logs.insert(main.log.name().to_owned(), of_hour(hour).collect())),
            None => given.before.extend(of_hour(hour)),
        }
    }
    given
}

/// Those of all hours as far as the connections have come, whatever hour these are of: Zeek rotates one log after the other, so that
/// what is said of the last rows of an hour may be in the next one's logs. Only words of a row are looked for in the logs of its hour
/// and the next.
pub(super) fn ahead(hours: &[Hour]) -> Given {
    let mut given = Given { in_steps: true, ..before_all(hours) };
    for (i, hour) in hours.iter().enumerate() {
        if let Some(main) = &hour.main {
            let beside = hours[i..].iter().take(2).flat_map(of_hour).collect();
            given.of_logs.insert(main.log.name().to_owned(), beside);
        }
    }
    given
}

/// All before all.
pub(super) fn before_all(hours: &[Hour]) -> Given {
    Given { before: hours.iter().flat_map(of_hour).collect(), ..Given::default() }
}

fn of_hour(hour: &Hour) -> impl Iterator<Item = Companion> {
    let beside = hour.beside.iter();
    beside.filter_map(|log| Companion::new(&log.kind, &hour.logger, log.log.clone(), log.head.clone()))
}
