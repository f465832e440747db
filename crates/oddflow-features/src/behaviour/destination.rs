//! What comes to a destination.

use super::decay::{TAUS, elapsed, left};
use super::novelty::Count;
use super::portable::portable;

/// Decayed counts by destination and transport.
#[derive(Clone, Debug, Default)]
pub(super) struct Load {
    last: f64,
    /// Connections within 60 s and 3600 s.
    short: f64,
    long: f64,
    /// Failed ones, 3600 s.
    failures: f64,
}
portable!(Load { last, short, long, failures });

/// The counts with the row at hand.
pub(super) struct LoadNow {
    pub(super) short: f64,
    pub(super) long: f64,
    pub(super) failures: f64,
}

/// Sources that come to a destination, and how often it was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Audience {
    last: f64,
    /// Sources that had not come within 3600 s.
    new_sources: f64,
    pub(super) seen: Count,
}
portable!(Audience { last, new_sources, seen });

impl Load {
    /// End of the latest connection.
    pub(super) fn last(&self) -> f64 {
        self.last
    }

    pub(super) fn new(now: f64) -> Self {
        Self { last: now, short: 0.0, long: 0.0, failures: 0.0 }
    }

    #[inline]
    pub(super) fn update(&mut self, now: f64, failed: f64) -> LoadNow {
        let [short, _, long] = left(elapsed(self.last, now));
        self.last = now;
        self.short = self.short * short + 1.0;
        self.long = self.long * long + 1.0;
        self.failures = self.failures * long + failed;
        LoadNow { short: self.short, long: self.long, failures: self.failures }
    }
}

impl Audience {
    pub(super) fn new(now: f64, seen: Count) -> Self {
        Self { last: now, new_sources: 0.0, seen }
    }

    /// `fresh` is 1 where the source had not come within 3600 s. Returns the count with the row at hand.
    #[inline]
    pub(super) fn update(&mut self, now: f64, fresh: f64) -> f64 {
        self.new_sources = self.new_sources * left(elapsed(self.last, now))[2] + fresh;
        self.last = now;
        self.new_sources
    }
}

/// 1 where `last` lies farther back than the longest time constant, else 0.
#[inline]
pub(super) fn fresh(last: f64, now: f64) -> f64 {
    if now - last > TAUS[2] { 1.0 } else { 0.0 }
}
