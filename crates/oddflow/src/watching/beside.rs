//! Which of the logs beside conn logs are read before which.
//!
//! Invariant: logs of one kind are read in the order of their hours.

use std::collections::HashMap;

use zeek_follow::Hour;

use crate::companions::Companion;

/// Logs beside conn logs, as a run takes them.
#[derive(Default)]
pub(super) struct Given {
    /// Those that are read before the first row of a conn log, by its name.
    pub(super) of_logs: HashMap<String, Vec<Companion>>,
    /// Those that are read before all.
    pub(super) before: Vec<Companion>,
}

impl Given {
    /// Each hour's own before its conn log, and before all the ends of logs whose conn log has been read.
    pub(super) fn of_hours(hours: &[Hour]) -> Self {
        let mut given = Self::default();
        for hour in hours {
            match &hour.main {
                Some(main) => drop(given.of_logs.insert(main.log.name().to_owned(), of_hour(hour).collect())),
                None => given.before.extend(of_hour(hour)),
            }
        }
        given
    }

    /// An hour's own and those of the next hour. Zeek rotates one log after the other, so that what is said of the last rows of an
    /// hour may be in the next one's logs.
    pub(super) fn ahead(hours: &[Hour]) -> Self {
        let mut given = Self::default();
        let mut mains = hours.iter().enumerate().filter(|(_, hour)| hour.main.is_some()).peekable();
        let mut read = 0;
        while let Some((_, hour)) = mains.next() {
            let end = mains.peek().map_or(hours.len(), |(next, _)| next + 1);
            let companions = hours[read..end].iter().flat_map(of_hour).collect();
            let name = hour.main.as_ref().map(|main| main.log.name().to_owned());
            given.of_logs.insert(name.unwrap_or_default(), companions);
            read = end;
        }
        given
    }

    /// All before all.
    pub(super) fn before_all(hours: &[Hour]) -> Self {
        Self { before: hours.iter().flat_map(of_hour).collect(), ..Self::default() }
    }
}

fn of_hour(hour: &Hour) -> impl Iterator<Item = Companion> {
    hour.beside.iter().filter_map(|log| Companion::new(&log.kind, log.log.clone(), log.head.clone()))
}
