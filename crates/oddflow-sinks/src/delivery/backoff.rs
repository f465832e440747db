//! How long to wait before the next attempt.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// When a delivery that failed is tried again, and when no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Before the second attempt. Each later wait is twice the one before.
    pub first_retry: Duration,
    /// The longest wait.
    pub longest_retry: Duration,
    /// Attempts before an entry is given up.
    pub attempts: u32,
}

impl Default for Policy {
    /// From 2 s to an hour; 60 attempts, which take a day and a half on average: a receiver may be away overnight.
    fn default() -> Self {
        Self { first_retry: Duration::from_secs(2), longest_retry: Duration::from_secs(3_600), attempts: 60 }
    }
}

/// No wait is shorter, whatever the settings say.
const SHORTEST: Duration = Duration::from_millis(500);

impl Policy {
    /// The wait after the `attempts`-th failure of an entry: half of first * 2^(attempts - 1), at most the longest, and of the other half a
    /// share that is drawn from the entry's number. Entries that failed together so don't come back together, and the same entry
    /// waits the same time in every run.
    #[must_use]
    pub fn wait(&self, id: i64, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(30);
        let full = self.first_retry.saturating_mul(1 << doublings).min(self.longest_retry);
        let draw = splitmix64(id.cast_unsigned().wrapping_add(u64::from(attempts) << 48));
        // 53 bits make every share a double of its own.
        let share = (draw >> 11) as f64 / (1u64 << 53) as f64;
        full.mul_f64(0.5 + 0.5 * share).max(SHORTEST)
    }

    /// When to try again; a receiver that asked for more time gets it, up to the longest wait.
    pub(super) fn next_try(
        &self,
        now: Timestamp,
        id: i64,
        attempts: u32,
        asked: Option<Duration>,
    ) -> Timestamp {
        let asked = asked.unwrap_or_default().min(self.longest_retry);
        let wait = self.wait(id, attempts).max(asked);
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_hours(1));
        now.checked_add(wait).unwrap_or(now)
    }
}

/// Spreads close numbers far apart (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
fn splitmix64(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn waits_double_up_to_the_longest(id: i64, attempts in 1u32..1_000) {
            let policy = Policy::default();
            let full = 2.0 * 2f64.powi(attempts.min(40) as i32 - 1);
            let wait = policy.wait(id, attempts).as_secs_f64();
            prop_assert!(wait >= 0.5 * full.min(3_600.0) && wait <= full.min(3_600.0));
            prop_assert_eq!(policy.wait(id, attempts), policy.wait(id, attempts));
        }
    }

    #[test]
    fn sixty_attempts_take_a_day_and_a_half() {
        let policy = Policy::default();
        let days =
            |id| (1..policy.attempts).map(|n| policy.wait(id, n).as_secs_f64()).sum::<f64>() / 86_400.0;
        let (least, most) =
            (0..100).map(days).fold((f64::MAX, 0.0), |(l, m): (f64, f64), d| (l.min(d), m.max(d)));
        assert!(least > 1.3 && most < 1.8, "{least} to {most} days");
    }

    #[test]
    fn entries_that_failed_together_come_back_apart() {
        let waits: std::collections::BTreeSet<_> = (0..100).map(|id| Policy::default().wait(id, 5)).collect();
        assert_eq!(waits.len(), 100);
    }

    #[test]
    fn a_receiver_that_asks_for_time_gets_it_up_to_the_longest() {
        let (policy, now) = (Policy::default(), Timestamp::UNIX_EPOCH);
        let after = |asked| policy.next_try(now, 1, 1, Some(Duration::from_secs(asked))).as_second();
        assert_eq!((after(120), after(1_000_000)), (120, 3_600));
        assert!((1..=2).contains(&after(0)));
    }
}
