//! Bytes between two hosts, and from a host over DNS.

use super::decay::{elapsed, left, left_of_day};
use super::destination::fresh;
use super::novelty::Count;
use super::portable::portable;

/// Decayed bytes by source and destination, and how often the two were seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Volume {
    last: f64,
    out_hour: f64,
    out_day: f64,
    in_hour: f64,
    pub(super) seen: Count,
}
portable!(Volume { last, out_hour, out_day, in_hour, seen });

/// The bytes with the row at hand.
pub(super) struct VolumeNow {
    pub(super) out_hour: f64,
    pub(super) out_day: f64,
    pub(super) in_hour: f64,
    /// 1 where the two had not met within 3600 s, else 0.
    pub(super) fresh: f64,
}

/// A source: its bytes to DNS ports in 600 s, and how often it was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    last: f64,
    dns: f64,
    pub(super) seen: Count,
}
portable!(Source { last, dns, seen });

impl Volume {
    pub(super) fn new(seen: Count) -> Self {
        Self { last: f64::NEG_INFINITY, out_hour: 0.0, out_day: 0.0, in_hour: 0.0, seen }
    }

    #[inline]
    pub(super) fn update(&mut self, now: f64, orig_bytes: f64, resp_bytes: f64) -> VolumeNow {
        let fresh = fresh(self.last, now);
        let seconds = elapsed(self.last, now);
        let hour = left(seconds)[2];
        self.last = now;
        self.out_hour = self.out_hour * hour + orig_bytes;
        self.out_day = self.out_day * left_of_day(seconds) + orig_bytes;
        self.in_hour = self.in_hour * hour + resp_bytes;
        VolumeNow { out_hour: self.out_hour, out_day: self.out_day, in_hour: self.in_hour, fresh }
    }
}

impl Source {
    pub(super) fn new(now: f64, seen: Count) -> Self {
        Self { last: now, dns: 0.0, seen }
    }

    /// Only for rows to DNS ports.
    #[inline]
    pub(super) fn add_dns(&mut self, now: f64, orig_bytes: f64) -> f64 {
        self.dns = self.dns * left(elapsed(self.last, now))[1] + orig_bytes;
        self.last = now;
        self.dns
    }
}
