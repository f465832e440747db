//! What a source does in one class of traffic: destinations it had not talked to, failures, connections.

use super::decay::{elapsed, left};
use super::portable::portable;

/// Decayed counts by source and class, for the three time constants.
#[derive(Clone, Debug, Default)]
pub(super) struct Activity {
    last: f64,
    fan: [f64; 3],
    failures: [f64; 3],
    connections: [f64; 3],
}
portable!(Activity { last, fan, failures, connections });

/// The counts with the row at hand.
pub(super) struct ActivityNow {
    pub(super) fan: [f64; 3],
    pub(super) failures: [f64; 3],
    pub(super) connections: [f64; 3],
}

impl Activity {
    /// End of the latest connection.
    pub(super) fn last(&self) -> f64 {
        self.last
    }

    pub(super) fn new(now: f64) -> Self {
        Self { last: now, fan: [0.0; 3], failures: [0.0; 3], connections: [0.0; 3] }
    }

    /// `fresh` says for each time constant whether the destination was not seen within it.
    #[inline]
    pub(super) fn update(&mut self, now: f64, fresh: [f64; 3], failed: f64) -> ActivityNow {
        let left = left(elapsed(self.last, now));
        self.last = now;
        for i in 0..3 {
            self.fan[i] = self.fan[i] * left[i] + fresh[i];
            self.failures[i] = self.failures[i] * left[i] + failed;
            self.connections[i] = self.connections[i] * left[i] + 1.0;
        }
        ActivityNow { fan: self.fan, failures: self.failures, connections: self.connections }
    }
}
