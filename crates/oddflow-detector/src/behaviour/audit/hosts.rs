//! Local hosts that hardly appear: visitors, mistaken addresses, or what an intruder plugged in.
//!
//! Only IPv4: hosts change their IPv6 addresses day by day (RFC 8981), and most of these hardly appear.

use std::collections::{BTreeMap, BTreeSet};

use oddflow_features::behaviour::{Direction, Flow};

use super::book::AddressBook;
use super::meaning::Meaning;
use super::{Candidate, Shortlist, words};

/// A host hardly appears that began at most so many connections.
const FEW: u64 = 3;
/// Most hosts that are told, and of the local hosts no more than this share: where most come and go, none is news.
const MOST_TOLD: usize = 5;
const LARGEST_SHARE: f64 = 0.2;
/// Most hosts that are counted.
const MOST_HOSTS: usize = 1 << 16;
/// The least that is told.
const SCORE: f64 = 1.5;

pub(super) fn find(flows: &[Flow], book: &AddressBook, found: &mut Shortlist) {
    let mut counts: BTreeMap<u64, (u64, usize)> = BTreeMap::new();
    for (row, flow) in flows.iter().enumerate() {
        let is_local = matches!(flow.class.direction(), Direction::Out | Direction::Internal);
        if is_local && (counts.len() < MOST_HOSTS || counts.contains_key(&flow.originator())) {
            counts.entry(flow.originator()).or_insert((0, row)).0 += 1;
        }
    }
    let is_host = |host: u64| {
        book.get(host)
            .is_some_and(|address| address.is_ipv4() && !address.is_unspecified() && !address.is_loopback())
    };
    let rare: Vec<(u64, usize)> = counts
        .iter()
        .filter(|(host, (count, _))| *count <= FEW && is_host(**host))
        .map(|(host, (_, row))| (*host, *row))
        .collect();
    if rare.is_empty() || rare.len() > MOST_TOLD || rare.len() as f64 > LARGEST_SHARE * counts.len() as f64 {
        return;
    }
    found.offer(SCORE, || {
        let hosts: BTreeSet<u64> = rare.iter().map(|(host, _)| *host).collect();
        let names = super::meaning::named(&hosts, book).unwrap_or_default();
        let words = match names.as_slice() {
            [only] => format!("{only} began {FEW} connections at most"),
            all => format!("{} began {FEW} connections at most each", words::list(all)),
        };
        let starts = || rare.iter().map(|(_, row)| flows[*row].start);
        let span = (starts().fold(f64::INFINITY, f64::min), starts().fold(0.0, f64::max));
        Candidate {
            words,
            span: Some(span),
            // What they began, not what came to them: a router is asked by everybody.
            meaning: Some(Meaning { sources: hosts, ..Meaning::default() }),
            own: usize::MAX,
        }
    });
}
