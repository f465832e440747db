//! What was forgotten because there was no room for it.

/// How much was forgotten because a map was full, by what it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evictions {
    /// Statistics of sources, destinations and services.
    pub hosts: u64,
    /// Statistics of pairs and channels.
    pub pairs: u64,
    /// Counts of what was seen.
    pub counts: u64,
    /// Bytes of connections that were still open: what comes of them next is counted from zero.
    pub open: u64,
}

impl Evictions {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.hosts + self.pairs + self.counts + self.open
    }

    /// What was forgotten since.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            hosts: self.hosts - before.hosts,
            pairs: self.pairs - before.pairs,
            counts: self.counts - before.counts,
            open: self.open - before.open,
        }
    }
}

impl std::ops::AddAssign for Evictions {
    fn add_assign(&mut self, other: Self) {
        self.hosts += other.hosts;
        self.pairs += other.pairs;
        self.counts += other.counts;
        self.open += other.open;
    }
}
