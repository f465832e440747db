//! What the service says when its memory is full: once an hour of the logs' time, however much is forgotten.

use oddflow_features::behaviour::Evictions;
use tracing::warn;

use crate::detection::behaviour::BehaviourOutcome;

const HOUR: f64 = 3600.0;

/// What was forgotten and not told yet.
#[derive(Debug, Default)]
pub(super) struct Forgetting {
    evicted: Evictions,
    groups: u64,
    /// End of the newest connection when it was told last.
    told: Option<f64>,
}

impl Forgetting {
    /// Takes in what a pass came to.
    pub(super) fn passed(&mut self, outcome: &BehaviourOutcome) {
        self.evicted += outcome.evicted;
        self.groups += outcome.forgotten;
        let now = outcome.newest_end.or(self.told).unwrap_or_default();
        if self.is_due(now) {
            let Evictions { hosts, pairs, counts, open } = std::mem::take(&mut self.evicted);
            let groups = std::mem::take(&mut self.groups);
            self.told = Some(now);
            warn!(
                hosts,
                pairs,
                counts,
                open,
                groups,
                "the memory of behaviour is full, and what was used longest ago is forgotten: a flood of addresses, or more hosts than \
                 watch.memory_limit has room for"
            );
        }
    }

    fn is_due(&self, now: f64) -> bool {
        self.evicted.total() + self.groups > 0 && self.told.is_none_or(|told| (now - told).abs() >= HOUR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_once_an_hour() {
        let pass = |newest_end, hosts| BehaviourOutcome {
            newest_end,
            evicted: Evictions { hosts, ..Evictions::default() },
            ..BehaviourOutcome::default()
        };
        let mut forgetting = Forgetting::default();
        let mut waits = |newest_end, hosts| {
            forgetting.passed(&pass(newest_end, hosts));
            forgetting.evicted.hosts
        };
        assert_eq!(waits(Some(1_000.0), 7), 0, "the first at once");
        assert_eq!(waits(Some(2_000.0), 7), 7);
        assert_eq!(waits(None, 0), 7);
        assert_eq!(waits(Some(4_599.0), 2), 9);
        assert_eq!(waits(Some(4_600.0), 0), 0);
        assert_eq!(waits(Some(9_000.0), 0), 0, "nothing was forgotten");
        assert_eq!(waits(Some(9_001.0), 1), 0);
    }
}
