//! Which rows a finding is about: the same connections as its filter, told by hashes.

use std::collections::BTreeSet;

use oddflow_features::behaviour::Flow;
use zeek_filter::{Filter, FilterError};

use super::book::AddressBook;

/// What has to hold of a row; what is none is left open.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Meaning {
    /// Originators, of which any may be.
    pub(super) sources: BTreeSet<u64>,
    /// Responders, of which any may be.
    pub(super) destinations: BTreeSet<u64>,
    pub(super) port: Option<u16>,
    /// Hosts, of which any may be on either side.
    pub(super) hosts: BTreeSet<u64>,
}

impl Meaning {
    /// Connections of one originator.
    pub(super) fn of_source(source: u64) -> Self {
        Self { sources: BTreeSet::from([source]), ..Self::default() }
    }

    /// Connections of one originator to one responder.
    pub(super) fn of_pair(source: u64, destination: u64) -> Self {
        Self { destinations: BTreeSet::from([destination]), ..Self::of_source(source) }
    }

    /// Whether a row is meant.
    pub(super) fn holds(&self, flow: &Flow) -> bool {
        let (destination, port) = flow.responder();
        (self.sources.is_empty() || self.sources.contains(&flow.originator()))
            && (self.destinations.is_empty() || self.destinations.contains(&destination))
            && self.port.is_none_or(|wanted| wanted == port)
            && (self.hosts.is_empty()
                || self.hosts.contains(&flow.originator())
                || self.hosts.contains(&destination))
    }

    /// The expression that means the same, of connections that began within `span`, if there is one. None where an address is no
    /// longer known, or the text would be too long.
    pub(super) fn filter(&self, span: Option<(f64, f64)>, book: &AddressBook) -> Option<Filter> {
        let mut parts = Vec::new();
        if !self.sources.is_empty() {
            let sources = named(&self.sources, book)?;
            parts.push(Filter::any_of(sources.into_iter().map(Filter::orig_h)).ok()?);
        }
        if !self.destinations.is_empty() {
            let destinations = named(&self.destinations, book)?;
            parts.push(Filter::any_of(destinations.into_iter().map(Filter::resp_h)).ok()?);
        }
        if let Some(port) = self.port {
            parts.push(Filter::resp_p(port));
        }
        if let Some((first, last)) = span {
            parts.push(Filter::started_within(first, last).ok()?);
        }
        if !self.hosts.is_empty() {
            parts.push(Filter::hosts(named(&self.hosts, book)?).ok()?);
        }
        let filter: Result<Filter, FilterError> = Filter::all_of(parts);
        filter.ok()
    }
}

/// The addresses of hosts, in order.
pub(super) fn named(hosts: &BTreeSet<u64>, book: &AddressBook) -> Option<Vec<std::net::IpAddr>> {
    let mut addresses: Vec<_> = hosts.iter().map(|host| book.get(*host)).collect::<Option<_>>()?;
    addresses.sort_unstable();
    Some(addresses)
}
