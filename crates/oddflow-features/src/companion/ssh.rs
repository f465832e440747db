//! SSH logins: those that failed, and one that succeeds after many.

use serde::{Deserialize, Serialize};

use super::columns::at;
use super::counts::{Decayed, Novelty, NoveltySize, TEN_MINUTES, log};
use super::features::CompanionFeatures;
use super::row::CompanionRow;
use crate::behaviour::bounded::BoundedMap;
use crate::behaviour::hash::join;
use crate::behaviour::portable::{BadState, Out};

/// A session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SshFacts {
    /// Whether the login succeeded; `None` where Zeek couldn't tell.
    pub(super) success: Option<bool>,
    /// Attempts seen, at most [`MOST_ATTEMPTS`].
    pub(super) attempts: f32,
    /// The client's version text.
    pub(super) client: u64,
}

/// More attempts than this in one session are a number made up.
pub(super) const MOST_ATTEMPTS: u64 = 1000;

#[derive(Clone, Debug)]
pub(super) struct Ssh {
    novelty: Novelty,
    /// Failed attempts by host.
    hosts: BoundedMap<Decayed>,
    /// Failed attempts by both hosts.
    pairs: BoundedMap<Decayed>,
}

const NOVELTY: NoveltySize = NoveltySize { network: 1 << 14, hosts: 1 << 14, of_host: 16 };
const HOSTS: usize = 1 << 14;
const PAIRS: usize = 1 << 14;

impl Ssh {
    pub(super) fn new() -> Self {
        Self { novelty: Novelty::new(NOVELTY), hosts: BoundedMap::new(HOSTS), pairs: BoundedMap::new(PAIRS) }
    }

    pub(super) fn novelty(&mut self) -> &mut Novelty {
        &mut self.novelty
    }

    pub(super) fn update(&mut self, row: &CompanionRow, facts: &SshFacts, out: &mut CompanionFeatures) {
        let now = row.ts;
        let values = &mut out.values;
        let nth = self.novelty.begin_row(now, row.source);
        if facts.client != 0 {
            values[at::SSH_NEW_CLIENT] = self.novelty.in_network(nth, at::SSH_NEW_CLIENT, facts.client).bits;
        }
        self.novelty.end_row();
        let Some(success) = facts.success else { return };
        let failed = if success { 0.0 } else { f64::from(facts.attempts.max(1.0)) };
        let of_host = self.hosts.at(row.source, nth.row, || Decayed::new(now)).add(now, TEN_MINUTES, failed);
        let pair = join(row.source, row.destination);
        let of_pair = self.pairs.at(pair, nth.row, || Decayed::new(now)).add(now, TEN_MINUTES, failed);
        if success {
            values[at::SSH_SUCCESS_AFTER] = log(of_pair);
        } else {
            values[at::SSH_FAILURES] = log(of_host);
            values[at::SSH_FAILURES_OF_PAIR] = log(of_pair);
        }
    }

    pub(super) fn evicted(&self) -> u64 {
        self.novelty.evicted() + self.hosts.evicted() + self.pairs.evicted()
    }

    pub(super) fn write(&self, out: &mut impl Out) {
        self.novelty.write(out);
        self.hosts.write(out);
        self.pairs.write(out);
    }

    pub(super) fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        Ok(Self {
            novelty: Novelty::read(NOVELTY, from)?,
            hosts: BoundedMap::read(HOSTS, from)?,
            pairs: BoundedMap::read(PAIRS, from)?,
        })
    }
}
