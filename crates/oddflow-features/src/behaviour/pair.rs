//! What goes on between a source and a destination over one transport.

use super::decay::{TAUS, elapsed, left};
use super::portable::portable;

/// Decayed counts by source, destination and transport.
#[derive(Clone, Debug, Default)]
pub(super) struct Pair {
    last: f64,
    /// Ports that had not been used.
    vertical: [f64; 3],
    connections: [f64; 3],
}
portable!(Pair { last, vertical, connections });

/// The counts with the row at hand.
pub(super) struct PairNow {
    pub(super) vertical: [f64; 3],
    pub(super) connections: [f64; 3],
}

/// Decayed count of services not used before, by source, port and transport.
#[derive(Clone, Debug, Default)]
pub(super) struct Sweep {
    last: f64,
    horizontal: [f64; 3],
}
portable!(Sweep { last, horizontal });

/// For each time constant 1 where `last` lies farther back than it, else 0.
#[inline]
pub(super) fn fresh(last: f64, now: f64) -> [f64; 3] {
    TAUS.map(|tau| if now - last > tau { 1.0 } else { 0.0 })
}

impl Pair {
    /// End of the latest connection.
    pub(super) fn last(&self) -> f64 {
        self.last
    }

    /// A pair that was never seen.
    pub(super) fn new() -> Self {
        Self { last: f64::NEG_INFINITY, vertical: [0.0; 3], connections: [0.0; 3] }
    }

    /// For each time constant 1 where the pair was not seen within it, else 0.
    #[inline]
    pub(super) fn fresh(&self, now: f64) -> [f64; 3] {
        fresh(self.last, now)
    }

    /// `fresh_service` says the same of the responder's port.
    #[inline]
    pub(super) fn update(&mut self, now: f64, fresh_service: [f64; 3]) -> PairNow {
        let left = left(elapsed(self.last, now));
        self.last = now;
        for i in 0..3 {
            self.vertical[i] = self.vertical[i] * left[i] + fresh_service[i];
            self.connections[i] = self.connections[i] * left[i] + 1.0;
        }
        PairNow { vertical: self.vertical, connections: self.connections }
    }
}

impl Sweep {
    pub(super) fn new(now: f64) -> Self {
        Self { last: now, horizontal: [0.0; 3] }
    }

    /// The count with the row at hand.
    #[inline]
    pub(super) fn update(&mut self, now: f64, fresh_service: [f64; 3]) -> [f64; 3] {
        let left = left(elapsed(self.last, now));
        self.last = now;
        for i in 0..3 {
            self.horizontal[i] = self.horizontal[i] * left[i] + fresh_service[i];
        }
        self.horizontal
    }
}
