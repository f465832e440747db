//! The order of the rows in time.

/// A time before which no log was written: 1 January 1990.
pub(crate) const EARLIEST: f64 = 631_152_000.0;

/// How the starts of rows follow each other.
#[derive(Clone, Debug)]
pub(crate) struct RowOrder {
    /// Of the first and the last row, in the order of the log.
    ends: Option<(f64, f64)>,
    /// Of the rows that are not before 1990.
    earliest: f64,
    latest: f64,
    /// Rows that start before the row above them.
    pub(crate) out_of_order: u64,
    /// How far a row lies behind the latest start above it, without those before 1990.
    pub(crate) furthest_back: f64,
    /// Rows before 1990.
    pub(crate) before_1990: u64,
}

impl Default for RowOrder {
    fn default() -> Self {
        Self {
            ends: None,
            earliest: f64::INFINITY,
            latest: f64::NEG_INFINITY,
            out_of_order: 0,
            furthest_back: 0.0,
            before_1990: 0,
        }
    }
}

impl RowOrder {
    /// Takes the next row.
    #[inline]
    pub(crate) fn add(&mut self, ts: f64) {
        let first = match self.ends {
            Some((first, last)) => {
                self.out_of_order += u64::from(ts < last);
                first
            }
            None => ts,
        };
        self.ends = Some((first, ts));
        if ts < EARLIEST {
            self.before_1990 += 1;
        } else {
            self.furthest_back = self.furthest_back.max(self.latest - ts);
            self.earliest = self.earliest.min(ts);
            self.latest = self.latest.max(ts);
        }
    }

    /// Takes the rows of a later part.
    pub(crate) fn merge(&mut self, later: &Self) {
        let Some((later_first, later_last)) = later.ends else { return };
        let Some((first, last)) = self.ends else {
            *self = later.clone();
            return;
        };
        self.out_of_order += later.out_of_order + u64::from(later_first < last);
        self.furthest_back = self.furthest_back.max(later.furthest_back).max(self.latest - later.earliest);
        self.ends = Some((first, later_last));
        self.earliest = self.earliest.min(later.earliest);
        self.latest = self.latest.max(later.latest);
        self.before_1990 += later.before_1990;
    }
}
