//! How far the main log may be read in live mode where others are written beside it: rows that are as new as the last seconds wait, so
//! that what the other logs say of their connections is there when they are read, however polls fall.
//!
//! Zeek writes what it knows of a connection before the connection's own row, or with it; but each log is brought to the disk by a thread
//! of its own, about once a second, and is rotated by a timer of its own.

use std::collections::VecDeque;
use std::time::Duration;

use zeek_log::LogIdentity;

use crate::settings::Now;

/// Looks at a log that are remembered for each time that rows wait: a poll may come many times a second.
const LOOKS: u32 = 8;

/// How long a growing log was when, as far back as rows wait.
#[derive(Debug, Default)]
pub(crate) struct Lengths {
    log: Option<LogIdentity>,
    /// Monotonic times and bytes, both ascending.
    seen: VecDeque<(Duration, u64)>,
}

impl Lengths {
    /// A log is this long now. What is remembered of another one is forgotten, and so is what was before it became shorter.
    pub(crate) fn see(&mut self, log: Option<&LogIdentity>, bytes: u64, now: Now, behind: Duration) {
        let is_shorter = self.seen.back().is_some_and(|(_, before)| *before > bytes);
        if self.log.as_ref() != log || is_shorter {
            self.log = log.cloned();
            self.seen.clear();
        }
        // A log without rows has nothing to read, and is known by nothing yet.
        if log.is_none() || self.seen.back().is_some_and(|(_, before)| *before == bytes) {
            return;
        }
        let step = behind / LOOKS;
        let newest = self.seen.len().checked_sub(2).map(|before| self.seen[before].0);
        match self.seen.back_mut() {
            // Two looks in one step are one, as late as the second.
            Some(last) if newest.is_some_and(|newest| now.monotonic.saturating_sub(newest) < step) => {
                *last = (now.monotonic, bytes);
            }
            _ => self.seen.push_back((now.monotonic, bytes)),
        }
    }

    /// How long it was when the rows that no longer wait were written; 0 where that is not known.
    pub(crate) fn settled(&mut self, now: Now, behind: Duration) -> u64 {
        let is_settled = |seen: &(Duration, u64)| now.monotonic.saturating_sub(seen.0) >= behind;
        while self.seen.get(1).is_some_and(is_settled) {
            self.seen.pop_front();
        }
        self.seen.front().filter(|seen| is_settled(seen)).map_or(0, |seen| seen.1)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    const BEHIND: Duration = Duration::from_secs(3);

    fn at(milliseconds: u64) -> Now {
        Now { monotonic: Duration::from_millis(milliseconds), wall: SystemTime::UNIX_EPOCH }
    }

    fn log(first: &str) -> LogIdentity {
        LogIdentity { path: "conn".into(), open: "2024".into(), first: first.into() }
    }

    #[test]
    fn what_was_there_long_enough_is_settled() {
        let mut lengths = Lengths::default();
        let log = log("C1");
        assert_eq!(lengths.settled(at(0), BEHIND), 0);
        for second in 0..10 {
            lengths.see(Some(&log), 100 + second, at(1000 * second), BEHIND);
            let settled = lengths.settled(at(1000 * second), BEHIND);
            assert_eq!(settled, if second < 3 { 0 } else { 97 + second }, "{second}");
        }
        assert_eq!(lengths.settled(at(12_999), BEHIND), 109);
        assert!(lengths.seen.len() < 6);
    }

    #[test]
    fn many_looks_are_few_lengths_and_none_is_settled_early() {
        let mut lengths = Lengths::default();
        let log = log("C1");
        for look in 0..10_000 {
            lengths.see(Some(&log), look, at(look), BEHIND);
            let settled = lengths.settled(at(look), BEHIND);
            assert!(settled <= look.saturating_sub(3000), "{settled} at {look}");
            assert!(look < 4000 || settled + 4000 >= look, "{settled} at {look}");
            assert!(lengths.seen.len() < 12);
        }
    }

    #[test]
    fn another_log_begins_anew() {
        let mut lengths = Lengths::default();
        lengths.see(Some(&log("C1")), 100, at(0), BEHIND);
        lengths.see(Some(&log("C2")), 200, at(3000), BEHIND);
        assert_eq!(lengths.settled(at(3000), BEHIND), 0);
        lengths.see(Some(&log("C2")), 50, at(5000), BEHIND);
        assert_eq!((lengths.settled(at(6000), BEHIND), lengths.settled(at(8000), BEHIND)), (0, 50));
        lengths.see(None, 60, at(9000), BEHIND);
        assert_eq!(lengths.settled(at(20_000), BEHIND), 0);
    }
}
