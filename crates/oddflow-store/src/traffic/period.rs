//! A period cut into days, each with its half hours.

use oddflow_rollups::HALF;

/// Half hours of a day.
const HALVES: i64 = 48;

/// Half hours since 1970, the second one excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    from: i64,
    to: i64,
}

/// The half hours of a day that lie in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// Days since 1970.
    pub(super) day: i64,
    from: i64,
    to: i64,
}

impl Period {
    /// From the half hour that `from` lies in to before the one that begins at or after `to`.
    pub(super) fn new(from: Option<f64>, to: Option<f64>) -> Self {
        let half = |time: f64| time / HALF as f64;
        let from = from.map_or(i64::MIN / HALVES, |from| half(from).floor() as i64);
        let to = to.map_or(i64::MAX / HALVES, |to| half(to).ceil() as i64);
        Self { from, to: to.max(from) }
    }

    /// The days that it touches, the first and the last.
    pub(super) fn days(self) -> (i64, i64) {
        (self.from.div_euclid(HALVES), self.to.saturating_sub(1).div_euclid(HALVES))
    }

    /// What lies in it of a day.
    pub(super) fn part(self, day: i64) -> Part {
        let within = |half: i64| half.saturating_sub(day * HALVES).clamp(0, HALVES);
        Part { day, from: within(self.from), to: within(self.to) }
    }

    /// Its beginning and its end in seconds since 1970, where they are given.
    pub(super) fn bounds(self) -> (Option<i64>, Option<i64>) {
        let time = |half: i64, open: i64| (half != open).then(|| half.saturating_mul(HALF));
        (time(self.from, i64::MIN / HALVES), time(self.to, i64::MAX / HALVES))
    }
}

impl Part {
    pub(super) fn is_whole(self) -> bool {
        (self.from, self.to) == (0, HALVES)
    }

    /// When the half of an hour begins, in seconds since 1970; `None` where it doesn't lie in the part.
    pub(super) fn time(self, hour: u8, half: usize) -> Option<i64> {
        let half = 2 * i64::from(hour) + half as i64;
        (self.from..self.to).contains(&half).then(|| (self.day * HALVES + half) * HALF)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_cut_at_half_hours() {
        let period = Period::new(Some(86_400.0 + 1_799.0), Some(3.0 * 86_400.0 + 1.0));
        assert_eq!(period.days(), (1, 3));
        assert_eq!(period.bounds(), (Some(86_400), Some(3 * 86_400 + 1_800)));
        assert!(period.part(1).is_whole() && period.part(2).is_whole());
        assert_eq!(period.part(3), Part { day: 3, from: 0, to: 1 });
        assert_eq!((period.part(3).time(0, 0), period.part(3).time(0, 1)), (Some(3 * 86_400), None));
        let is_empty = |part: Part| part.from >= part.to;
        assert!(is_empty(period.part(0)) && is_empty(period.part(4)));
    }

    #[test]
    fn a_period_may_be_open_or_empty() {
        let all = Period::new(None, None);
        assert_eq!(all.bounds(), (None, None));
        assert!(all.part(0).is_whole() && all.part(2_932_896).is_whole());
        let none = Period::new(Some(7_200.0), Some(3_600.0));
        assert_eq!((none.part(0).from, none.part(0).to), (4, 4));
        for strange in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            let period = Period::new(Some(strange), Some(strange));
            let (first, last) = period.days();
            assert!(first <= last + 1);
            let _ = (period.part(0), period.bounds());
        }
    }
}
