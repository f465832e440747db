//! How often something was seen, and how much news it is in bits.
//!
//! Counts go on for ever, but what is compared with is a frozen copy: of the moment when calibration begins, then of the end
//! of the baseline, and from then on of the day before yesterday at most. So an attack can't teach itself in.

use super::decay::DAY;
use super::logarithm::ln_1p;
use super::portable::{BadState, Out, Portable, portable};

/// How often one thing was seen: now, at the last freezing, and as far as it is believed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    live: u32,
    taken: u32,
    believed: u32,
    /// Freezings that these counts know of.
    era: u32,
}
portable!(Count { live, taken, believed, era });

/// The moments at which counts are frozen, and the count of all rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calendar {
    era: u32,
    total: Frozen,
    /// When the next freezing is due; `None` before the first row after the baseline.
    due: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Frozen {
    live: u64,
    taken: u64,
    believed: u64,
}
portable!(Frozen { live, taken, believed });

/// Days after which a silence has no further effect.
const MOST_DAYS: f64 = 4.0;
/// Freezings that are believed at once: the beginning of calibration and the end of the baseline.
const AT_ONCE: u32 = 2;

impl Calendar {
    /// Freezes the counts and believes them: calibration begins.
    pub(crate) fn begin_calibration(&mut self) {
        assert_eq!(self.era, 0, "calibration begins once");
        self.freeze();
    }

    /// Freezes the counts and believes them: the baseline is over.
    pub(crate) fn end_baseline(&mut self) {
        assert_eq!(self.era, 1, "the baseline ends once, after calibration has begun");
        self.freeze();
    }

    /// Lets time go on to the row at hand.
    #[inline]
    pub(crate) fn advance(&mut self, now: f64) {
        if self.era < AT_ONCE {
            return;
        }
        let mut due = self.due.unwrap_or(now + DAY);
        if now >= due {
            let days = ((now - due) / DAY).floor() + 1.0;
            // After some days of silence nothing changes any more.
            for _ in 0..days.min(MOST_DAYS) as u32 {
                self.freeze();
            }
            due += days * DAY;
        }
        // One row from the far future must not stop the days that follow.
        if due - now > 2.0 * DAY {
            due = now + DAY;
        }
        self.due = Some(due);
    }

    fn freeze(&mut self) {
        self.era += 1;
        let Frozen { live, taken, believed } = &mut self.total;
        *believed = if self.era <= AT_ONCE { *live } else { *taken };
        *taken = *live;
    }

    /// The rows that counts are compared with.
    #[inline]
    pub(crate) fn rows(&self) -> u64 {
        if self.era == 0 { self.total.live } else { self.total.believed }
    }

    #[inline]
    pub(crate) fn add_row(&mut self) {
        self.total.live += 1;
    }

    /// A count of something that was never seen.
    #[inline]
    pub(crate) fn never(&self) -> Count {
        Count { era: self.era, ..Count::default() }
    }
}

impl Count {
    /// The believed count before the row at hand, which is then counted.
    #[inline]
    pub(crate) fn add(&mut self, calendar: &Calendar) -> u32 {
        match calendar.era - self.era {
            0 => {}
            1 if calendar.era > AT_ONCE => {
                self.believed = self.taken;
                self.taken = self.live;
            }
            _ => {
                self.believed = self.live;
                self.taken = self.live;
            }
        }
        self.era = calendar.era;
        let before = if calendar.era == 0 { self.live } else { self.believed };
        self.live = self.live.saturating_add(1);
        before
    }
}

/// log2((rows + 1) / (count + 0.5)): how much news it is that something came that was seen `count` times in `rows`.
#[inline]
pub(crate) fn bits(count: u32, rows: u64) -> f32 {
    ((rows as f32 + 1.0) / (count as f32 + 0.5)).log2()
}

/// What [`bits_of`] takes for a count.
#[inline]
pub(super) fn surplus(count: u32, rows: u64) -> f32 {
    (rows as f32 + 1.0) / (count as f32 + 0.5) - 1.0
}

/// Replaces surpluses by [`bits`], all at once.
#[inline]
pub(super) fn bits_of(surpluses: &mut [f32]) {
    ln_1p(surpluses);
    surpluses.iter_mut().for_each(|bits| *bits *= std::f32::consts::LOG2_E);
}

impl Portable for Calendar {
    fn write(&self, out: &mut impl Out) {
        self.era.write(out);
        self.total.write(out);
        // NaN is no time.
        self.due.unwrap_or(f64::NAN).write(out);
    }

    fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        let era = u32::read(from)?;
        let total = Frozen::read(from)?;
        let due = f64::read(from)?;
        Ok(Self { era, total, due: (!due.is_nan()).then_some(due) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_believed_at_the_end_of_the_baseline_and_then_a_day_late() {
        let mut calendar = Calendar::default();
        let mut count = calendar.never();
        assert_eq!((count.add(&calendar), count.add(&calendar)), (0, 1));
        calendar.begin_calibration();
        assert_eq!((count.add(&calendar), count.add(&calendar)), (2, 2));
        calendar.end_baseline();
        calendar.advance(1000.0);
        assert_eq!((count.add(&calendar), count.add(&calendar)), (4, 4));
        // The first day is over: what came in it is kept, but not yet believed.
        calendar.advance(1000.0 + DAY);
        assert_eq!((count.add(&calendar), count.add(&calendar)), (4, 4));
        calendar.advance(1000.0 + 2.0 * DAY);
        assert_eq!(count.add(&calendar), 6);
        // What was seen first on the second day counts from the fourth on.
        let mut later = calendar.never();
        assert_eq!((later.add(&calendar), later.add(&calendar)), (0, 0));
        calendar.advance(1000.0 + 3.0 * DAY);
        assert_eq!(later.add(&calendar), 0);
        calendar.advance(1000.0 + 4.0 * DAY);
        assert_eq!(later.add(&calendar), 2);
    }

    #[test]
    fn a_count_that_slept_wakes_up_as_if_it_had_not() {
        let mut calendar = Calendar::default();
        let mut slept = calendar.never();
        slept.add(&calendar);
        calendar.begin_calibration();
        calendar.end_baseline();
        calendar.advance(0.0);
        calendar.advance(30.0 * DAY);
        assert_eq!(slept.add(&calendar), 1);
        // Only a silence of months is cut short.
        calendar.advance(400.0 * DAY);
        assert_eq!(slept.add(&calendar), 2);
    }

    #[test]
    fn a_moment_far_away_is_no_end_of_days() {
        let mut calendar = Calendar::default();
        let mut count = calendar.never();
        calendar.begin_calibration();
        calendar.end_baseline();
        calendar.advance(0.0);
        calendar.advance(1e300);
        calendar.advance(10.0);
        assert_eq!(count.add(&calendar), 0);
        calendar.advance(10.0 + DAY);
        calendar.advance(10.0 + 2.0 * DAY);
        assert_eq!(count.add(&calendar), 1);
    }

    #[test]
    fn news_is_what_was_seldom_seen() {
        assert!(bits(0, 1000) > bits(1, 1000) && bits(1, 1000) > bits(500, 1000));
        assert!((bits(0, 1023) - 11.0).abs() < 1e-6);
    }
}
