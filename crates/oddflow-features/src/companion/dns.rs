//! Names asked for: tunnels by how many new names below one domain and how much they carry, generated domains by how many don't
//! exist.

use serde::{Deserialize, Serialize};

use super::columns::at;
use super::counts::{Decayed, HOUR, Hours, Names, Novelty, NoveltySize, TEN_MINUTES, log};
use super::features::CompanionFeatures;
use super::row::CompanionRow;
use crate::behaviour::bounded::BoundedMap;
use crate::behaviour::hash::join;
use crate::behaviour::portable::{BadState, Out, portable};

/// A query and its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct DnsFacts {
    /// The whole name.
    pub(super) name: u64,
    /// The registered domain; 0 for a name that nobody registered.
    pub(super) domain: u64,
    /// Bytes of the name, and of what stands below the domain without dots.
    pub(super) length: u16,
    pub(super) below: u16,
    /// Information in what stands below the domain, in bits.
    pub(super) information: f32,
    pub(super) query_type: u64,
    /// Whether the name doesn't exist; `None` without an answer.
    pub(super) nxdomain: Option<bool>,
}

#[derive(Clone, Debug)]
pub(super) struct Dns {
    novelty: Novelty,
    /// By host and name.
    names: Names,
    /// By host and domain.
    below: BoundedMap<Below>,
    /// By host.
    lookups: BoundedMap<Lookups>,
    /// By host and domain, of domains that the network doesn't know.
    hours: BoundedMap<Hours>,
}

/// New names below a domain that a host asked for.
#[derive(Clone, Debug, Default)]
struct Below {
    names: Decayed,
    bytes: Decayed,
}
portable!(Below { names, bytes });

/// Lookups of a host, those that failed, and failed ones of new names.
#[derive(Clone, Debug, Default)]
struct Lookups {
    answered: Decayed,
    nxdomain: Decayed,
    new_nxdomain: Decayed,
}
portable!(Lookups { answered, nxdomain, new_nxdomain });

const NOVELTY: NoveltySize = NoveltySize { network: 1 << 16, hosts: 1 << 14, of_host: 1 << 15 };
const NAMES: usize = 1 << 17;
const BELOW: usize = 1 << 16;
const HOSTS: usize = 1 << 14;
const UNKNOWN: usize = 1 << 15;

/// Added to the lookups before a share is taken, so that one of one is no share.
const FEW: f64 = 3.0;

impl Dns {
    pub(super) fn new() -> Self {
        Self {
            novelty: Novelty::new(NOVELTY),
            names: Names::new(NAMES),
            below: BoundedMap::new(BELOW),
            lookups: BoundedMap::new(HOSTS),
            hours: BoundedMap::new(UNKNOWN),
        }
    }

    pub(super) fn novelty(&mut self) -> &mut Novelty {
        &mut self.novelty
    }

    pub(super) fn update(&mut self, row: &CompanionRow, facts: &DnsFacts, out: &mut CompanionFeatures) {
        let (now, source) = (row.ts, row.source);
        let values = &mut out.values;
        let nth = self.novelty.begin_row(now, source);
        if facts.query_type != 0 {
            values[at::DNS_NEW_TYPE] = self.novelty.for_host(nth, at::DNS_NEW_TYPE, facts.query_type);
        }
        if facts.domain != 0 {
            let new = self.names.is_new(join(facts.name, source), nth.row, now, HOUR);
            values[at::DNS_QUERY_LENGTH] = log(facts.length.into());
            values[at::DNS_ENTROPY] = log(facts.information.into());
            let news = self.novelty.in_network(nth, at::DNS_NEW_DOMAIN, facts.domain);
            values[at::DNS_NEW_DOMAIN] = news.bits;
            if news.is_unknown {
                let hours = self.hours.at(join(facts.domain, source), nth.row, || Hours::new(now));
                values[at::DNS_NEW_HOURS] = log(hours.add(now));
            }
            if new && facts.below > 0 {
                let below = self.below.at(join(facts.domain, source), nth.row, || Below {
                    names: Decayed::new(now),
                    bytes: Decayed::new(now),
                });
                values[at::DNS_NEW_NAMES] = log(below.names.add(now, HOUR, 1.0));
                values[at::DNS_CARRIED] = log(below.bytes.add(now, HOUR, facts.below.into()));
            }
            if let Some(nxdomain) = facts.nxdomain {
                let failed = f64::from(u8::from(nxdomain));
                let lookups = self.lookups.at(source, nth.row, || Lookups {
                    answered: Decayed::new(now),
                    nxdomain: Decayed::new(now),
                    new_nxdomain: Decayed::new(now),
                });
                let answered = lookups.answered.add(now, TEN_MINUTES, 1.0);
                let failures = lookups.nxdomain.add(now, TEN_MINUTES, failed);
                if nxdomain {
                    let new = lookups.new_nxdomain.add(now, TEN_MINUTES, f64::from(u8::from(new)));
                    values[at::DNS_NXDOMAIN] = log(new);
                    values[at::DNS_NXDOMAIN_RATIO] = (failures / (answered + FEW)) as f32;
                }
            }
        }
        self.novelty.end_row();
    }

    pub(super) fn evicted(&self) -> u64 {
        self.novelty.evicted()
            + self.names.evicted()
            + self.below.evicted()
            + self.lookups.evicted()
            + self.hours.evicted()
    }

    pub(super) fn write(&self, out: &mut impl Out) {
        self.novelty.write(out);
        self.names.write(out);
        self.below.write(out);
        self.lookups.write(out);
        self.hours.write(out);
    }

    pub(super) fn read(from: &mut &[u8]) -> Result<Self, BadState> {
        Ok(Self {
            novelty: Novelty::read(NOVELTY, from)?,
            names: Names::read(NAMES, from)?,
            below: BoundedMap::read(BELOW, from)?,
            lookups: BoundedMap::read(HOSTS, from)?,
            hours: BoundedMap::read(UNKNOWN, from)?,
        })
    }
}
