//! Rarity of who talks to whom: -log2 of how often a connection's (originator, responder, port, protocol) came in training.
//!
//! A plain count knows a single rarity for all that is new, and nothing can be ranked by it. The count is smoothed with what
//! is expected if originator, responder and service had nothing to do with each other, weighing as much as one connection:
//!
//! p = (count + e) / (N + 1), e = p(originator) · p(responder) · p(port, protocol), each (count + ½) / (N + 1).
//!
//! This is the back-off to independent parts of language models (Chen, Goodman 1999), in its simplest form.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use foldhash::fast::FixedState;

use super::{Scorer, SimpleRow};

type Counts<K> = HashMap<K, u64, FixedState>;

/// How often each connection and each of its parts came.
#[derive(Clone, Debug, Default)]
pub struct TupleRarity {
    rows: u64,
    tuples: Counts<(IpAddr, IpAddr, u16, u64)>,
    originators: Counts<IpAddr>,
    responders: Counts<IpAddr>,
    ports: Counts<(u16, u64)>,
}

impl TupleRarity {
    /// Counts the rows.
    #[must_use]
    pub fn fit(rows: &[SimpleRow]) -> Self {
        let mut counts = Self { rows: rows.len() as u64, ..Self::default() };
        for row in rows {
            *counts.tuples.entry((row.orig_h, row.resp_h, row.resp_p, row.proto)).or_default() += 1;
            *counts.originators.entry(row.orig_h).or_default() += 1;
            *counts.responders.entry(row.resp_h).or_default() += 1;
            *counts.ports.entry((row.resp_p, row.proto)).or_default() += 1;
        }
        counts
    }
}

impl Scorer for TupleRarity {
    /// In bits.
    fn score(&self, row: &SimpleRow) -> f64 {
        let all = self.rows as f64 + 1.0;
        let expected = (count(&self.originators, &row.orig_h) + 0.5) / all
            * ((count(&self.responders, &row.resp_h) + 0.5) / all)
            * ((count(&self.ports, &(row.resp_p, row.proto)) + 0.5) / all);
        let seen = count(&self.tuples, &(row.orig_h, row.resp_h, row.resp_p, row.proto));
        -((seen + expected) / all).log2()
    }
}

fn count<K: Eq + Hash>(counts: &Counts<K>, key: &K) -> f64 {
    counts.get(key).copied().unwrap_or(0) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ordinary, strange};

    #[test]
    fn bits_of_a_known_and_of_a_new_connection() {
        // Seven responders, each twice.
        let rarity = TupleRarity::fit(&ordinary(14));
        let expected = (14.5 / 15.0) * (2.5 / 15.0) * (14.5 / 15.0);
        let bits = -f64::log2((2.0 + expected) / 15.0);
        assert!((rarity.score(&ordinary(1)[0]) - bits).abs() < 1e-12);
        let expected = (14.5 / 15.0) * (0.5 / 15.0) * (0.5 / 15.0);
        let bits = -f64::log2(expected / 15.0);
        assert!((rarity.score(&strange()) - bits).abs() < 1e-12);
    }

    #[test]
    fn of_what_is_new_that_with_known_parts_is_less_rare() {
        let rarity = TupleRarity::fit(&ordinary(50));
        let known_port = SimpleRow { resp_h: strange().resp_h, ..ordinary(1)[0] };
        assert!(rarity.score(&known_port) < rarity.score(&strange()));
    }
}
