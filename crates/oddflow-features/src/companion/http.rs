//! Requests: who asks, whom, how, and what comes back.

use serde::{Deserialize, Serialize};

use super::columns::at;
use super::counts::{Decayed, Hours, Novelty, NoveltySize, TEN_MINUTES, log};
use super::features::CompanionFeatures;
use super::row::CompanionRow;
use crate::behaviour::bounded::BoundedMap;
use crate::behaviour::hash::join;
use crate::behaviour::portable::{BadState, Out};

/// A request and its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct HttpFacts {
    /// The user agent but for its digits, so that an update is no news. A request without one has the empty text's hash.
    pub(super) agent: u64,
    /// The registered domain of the host.
    pub(super) domain: u64,
    pub(super) method: u64,
    /// The first content type of the answer.
    pub(super) mime: u64,
    /// Whether the host is a bare address.
    pub(super) is_address: bool,
    /// Whether the server refused: status 400 to 499.
    pub(super) is_error: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Http {
    novelty: Novelty,
    /// By host.
    errors: BoundedMap<Decayed>,
    /// By host and server, of servers or programs that the network doesn't know.
    hours: BoundedMap<Hours>,
}

const NOVELTY: NoveltySize = NoveltySize { network: 1 << 16, hosts: 1 << 14, of_host: 1 << 16 };
const HOSTS: usize = 1 << 14;
const UNKNOWN: usize = 1 << 15;

impl Http {
    pub(super) fn new() -> Self {
        Self {
            novelty: Novelty::new(NOVELTY),
            errors: BoundedMap::new(HOSTS),
            hours: BoundedMap::new(UNKNOWN),
        }
    }

    pub(super) fn novelty(&mut self) -> &mut Novelty {
        &mut self.novelty
    }

    pub(super) fn update(&mut self, row: &CompanionRow, facts: &HttpFacts, out: &mut CompanionFeatures) {
        let values = &mut out.values;
        let novelty = &mut self.novelty;
        let nth = novelty.begin_row(row.ts, row.source);
        let mut is_unknown = false;
        if facts.agent != 0 {
            let news = novelty.in_network(nth, at::HTTP_NEW_AGENT, facts.agent);
            values[at::HTTP_NEW_AGENT] = news.bits;
            is_unknown |= news.is_unknown;
            values[at::HTTP_NEW_AGENT_OF_SRC] = novelty.for_host(nth, at::HTTP_NEW_AGENT_OF_SRC, facts.agent);
        }
        // Without a name the server is its address.
        let server = if facts.domain == 0 { row.destination } else { facts.domain };
        let news = novelty.in_network(nth, at::HTTP_NEW_DOMAIN, server);
        is_unknown |= news.is_unknown;
        if facts.domain != 0 {
            values[at::HTTP_NEW_DOMAIN] = news.bits;
        }
        if is_unknown {
            let hours = self.hours.at(join(server, row.source), nth.row, || Hours::new(row.ts));
            values[at::HTTP_NEW_HOURS] = log(hours.add(row.ts));
        }
        if facts.method != 0 {
            values[at::HTTP_NEW_METHOD_OF_SRC] =
                novelty.for_host(nth, at::HTTP_NEW_METHOD_OF_SRC, facts.method);
        }
        if facts.mime != 0 {
            values[at::HTTP_NEW_MIME_OF_SRC] = novelty.for_host(nth, at::HTTP_NEW_MIME_OF_SRC, facts.mime);
        }
        if facts.is_address {
            values[at::HTTP_BARE_ADDRESS] = novelty.for_host(nth, at::HTTP_BARE_ADDRESS, 0);
        }
        novelty.end_row();
        if facts.is_error {
            let errors = self.errors.at(row.source, nth.row, || Decayed::new(row.ts));
            values[at::HTTP_ERRORS] = log(errors.add(row.ts, TEN_MINUTES, 1.0));
        }
    }

    pub(super) fn evicted(&self) -> u64 {
        self.novelty.evicted() + self.errors.evicted() + self.hours.evicted()
    }

    pub(super) fn write(&self, out: &mut impl Out) {
        self.novelty.write(out);
        self.errors.write(out);
        self.hours.write(out);
    }

    pub(super) fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        Ok(Self {
            novelty: Novelty::read(NOVELTY, from)?,
            errors: BoundedMap::read(HOSTS, from)?,
            hours: BoundedMap::read(UNKNOWN, from)?,
        })
    }
}
