//! TLS handshakes: the server's name and certificate, and what the client's hello looks like.

use serde::{Deserialize, Serialize};

use super::columns::at;
use super::counts::{Hours, Novelty, NoveltySize, log};
use super::features::CompanionFeatures;
use super::row::CompanionRow;
use crate::behaviour::bounded::BoundedMap;
use crate::behaviour::hash::join;
use crate::behaviour::portable::{BadState, Out};

/// A handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct TlsFacts {
    /// The registered domain of the server name.
    pub(super) domain: u64,
    /// Whether the client named no server, where its hello was seen.
    pub(super) has_no_name: bool,
    /// The client's fingerprint: JA4, else JA3.
    pub(super) client: u64,
    /// What is wrong with the certificate; 0 where it is fine, or wasn't seen.
    pub(super) invalid: u64,
    pub(super) issuer: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Tls {
    novelty: Novelty,
    /// By host and domain, of domains that the network doesn't know.
    hours: BoundedMap<Hours>,
}

const NOVELTY: NoveltySize = NoveltySize { network: 1 << 16, hosts: 1 << 14, of_host: 1 << 16 };
const UNKNOWN: usize = 1 << 15;

impl Tls {
    pub(super) fn new() -> Self {
        Self { novelty: Novelty::new(NOVELTY), hours: BoundedMap::new(UNKNOWN) }
    }

    pub(super) fn novelty(&mut self) -> &mut Novelty {
        &mut self.novelty
    }

    pub(super) fn update(&mut self, row: &CompanionRow, facts: &TlsFacts, out: &mut CompanionFeatures) {
        let values = &mut out.values;
        let novelty = &mut self.novelty;
        let nth = novelty.begin_row(row.ts, row.source);
        if facts.domain != 0 {
            let news = novelty.in_network(nth, at::TLS_NEW_DOMAIN, facts.domain);
            values[at::TLS_NEW_DOMAIN] = news.bits;
            if news.is_unknown {
                let hours = self.hours.at(join(facts.domain, row.source), nth.row, || Hours::new(row.ts));
                values[at::TLS_NEW_HOURS] = log(hours.add(row.ts));
            }
            values[at::TLS_NEW_DOMAIN_OF_SRC] =
                novelty.for_host(nth, at::TLS_NEW_DOMAIN_OF_SRC, facts.domain);
        }
        if facts.has_no_name {
            values[at::TLS_NO_NAME] = novelty.for_host(nth, at::TLS_NO_NAME, 0);
        }
        if facts.client != 0 {
            values[at::TLS_NEW_CLIENT] = novelty.in_network(nth, at::TLS_NEW_CLIENT, facts.client).bits;
        }
        if facts.invalid != 0 {
            // By server: the printer that signs its own certificate is known, another one isn't.
            let fault = join(facts.invalid, row.destination);
            values[at::TLS_BAD_CERTIFICATE] = novelty.in_network(nth, at::TLS_BAD_CERTIFICATE, fault).bits;
        }
        if facts.issuer != 0 {
            values[at::TLS_NEW_ISSUER] = novelty.in_network(nth, at::TLS_NEW_ISSUER, facts.issuer).bits;
        }
        novelty.end_row();
    }

    pub(super) fn evicted(&self) -> u64 {
        self.novelty.evicted() + self.hours.evicted()
    }

    pub(super) fn write(&self, out: &mut impl Out) {
        self.novelty.write(out);
        self.hours.write(out);
    }

    pub(super) fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        Ok(Self { novelty: Novelty::read(NOVELTY, from)?, hours: BoundedMap::read(UNKNOWN, from)? })
    }
}
