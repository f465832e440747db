//! A channel: one source, one destination, one port, one transport. Its rhythm and its sizes.

use super::decay::{elapsed, left};
use super::pair::fresh;
use super::portable::portable;

/// Running statistics of a channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Channel {
    /// End and start of the last connection.
    last_end: f64,
    last_start: f64,
    first_start: f64,
    /// Connections so far.
    count: u32,
    /// Decayed count, 3600 s.
    recent: f64,
    /// Mean gap between starts in seconds, and its mean deviation.
    gap: f32,
    gap_deviation: f32,
    /// Mean of ln(1 + orig_bytes), and its mean deviation.
    size: f32,
    size_deviation: f32,
}
portable!(Channel {
    last_end,
    last_start,
    first_start,
    count,
    recent,
    gap,
    gap_deviation,
    size,
    size_deviation
});

/// The statistics with the row at hand.
pub(super) struct ChannelNow {
    pub(super) recent: f64,
    /// 0 to 1: how much like clockwork it is.
    pub(super) regularity: f32,
    /// Deviation of the gaps over their mean, at most 3; 1 while there are fewer than 4 connections.
    pub(super) variation: f32,
    /// Mean gap, in seconds.
    pub(super) gap: f32,
    /// Deviation of this row's size from the mean, in natural logarithms.
    pub(super) size_off: f32,
    /// Since the first start, in seconds.
    pub(super) age: f32,
}

/// Weight of the newest value in a running mean, once there are enough of them.
const LEAST_WEIGHT: f32 = 0.1;
/// Connections from which a rhythm is spoken of, and more that make it certain.
const RHYTHM: u32 = 4;
const CERTAIN: f32 = 12.0;
/// Shorter gaps are the inside of a session, not a rhythm. Seconds.
const SHORTEST_GAP: f32 = 2.0;

impl Channel {
    /// A channel whose first connection is the row at hand.
    pub(super) fn new(start: f64, size: f32) -> Self {
        Self {
            last_end: f64::NEG_INFINITY,
            last_start: start,
            first_start: start,
            count: 0,
            recent: 0.0,
            gap: 0.0,
            gap_deviation: 0.0,
            size,
            size_deviation: 0.0,
        }
    }

    /// For each time constant 1 where the channel was not used within it, else 0.
    #[inline]
    pub(super) fn fresh(&self, now: f64) -> [f64; 3] {
        fresh(self.last_end, now)
    }

    /// `size` is ln(1 + orig_bytes).
    #[inline]
    pub(super) fn update(&mut self, start: f64, now: f64, size: f32) -> ChannelNow {
        self.recent = self.recent * left(elapsed(self.last_end, now))[2] + 1.0;
        self.last_end = now;
        let mut size_off = 0.0;
        if self.count > 0 {
            let count = self.count as f32;
            let weight = LEAST_WEIGHT.max(1.0 / count);
            let gap = (start - self.last_start).abs() as f32;
            let off = gap - self.gap;
            self.gap += weight * off;
            self.gap_deviation += weight * (off.abs() - self.gap_deviation);
            let weight = LEAST_WEIGHT.max(1.0 / (count + 1.0));
            size_off = (size - self.size).abs();
            self.size += weight * (size - self.size);
            self.size_deviation += weight * (size_off - self.size_deviation);
        }
        self.count = self.count.saturating_add(1);
        self.last_start = start;
        let variation = if self.count >= RHYTHM { self.gap_deviation / (self.gap + 1e-3) } else { 1.0 };
        let regularity = if self.count >= RHYTHM && self.gap > SHORTEST_GAP {
            let certainty = ((self.count - (RHYTHM - 1)) as f32 / CERTAIN).min(1.0);
            (1.0 - variation).max(0.0) * (1.0 - self.size_deviation).max(0.0) * certainty
        } else {
            0.0
        };
        ChannelNow {
            recent: self.recent,
            regularity,
            variation: variation.min(3.0),
            gap: self.gap,
            size_off,
            age: elapsed(self.first_start, now) as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::logarithm;
    use super::*;

    fn size(bytes: f64) -> f32 {
        logarithm::one(bytes as f32)
    }

    fn run(gaps: impl IntoIterator<Item = f64>, sizes: impl Fn(usize) -> f64) -> f32 {
        let mut start = 0.0;
        let mut channel = Channel::new(start, size(sizes(0)));
        let mut regularity = channel.update(start, start + 0.1, size(sizes(0))).regularity;
        for (i, gap) in gaps.into_iter().enumerate() {
            start += gap;
            regularity = channel.update(start, start + 0.1, size(sizes(i + 1))).regularity;
        }
        regularity
    }

    #[test]
    fn clockwork_is_regular_and_people_are_not() {
        // The first gap counts as a deviation, which takes a while to be forgotten.
        assert!(run([60.0; 60], |_| 300.0) > 0.99);
        assert!(run([60.0; 20], |i| [10.0, 1e6][i % 2]) < 0.01);
        assert!(run((0..20).map(|i| [1.0, 400.0, 30.0][i % 3]), |_| 300.0) < 0.2);
        // Too few, or too fast, to be a rhythm.
        assert_eq!(run([60.0; 2], |_| 300.0), 0.0);
        assert_eq!(run([1.0; 20], |_| 300.0), 0.0);
    }
}
