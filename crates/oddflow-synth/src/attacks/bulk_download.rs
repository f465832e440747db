//! A bulk download: one machine fetches tens of gigabytes within the hour.
//!
//! Imitates somebody hoarding an archive from a file host (or a stolen data set being pulled in): a dozen or more TLS
//! connections of 0.4 to 3 GB each, some at once, at what the line gives. A film has the same direction but a tenth of
//! the bytes and the rate.

use std::net::{IpAddr, Ipv4Addr};

use super::Attack;
use crate::emitter::Emitter;
use crate::event::Answer;
use crate::flow::{Ending, Endpoint, Micros};
use crate::network::{Device, Network, Role};
use crate::random::Rng;
use crate::traffic::lookup::{A, Question, ask};
use crate::traffic::secure::{Load, Secure};

#[derive(Debug)]
struct BulkDownload {
    by: Device,
    from: Ipv4Addr,
    name: String,
}

pub(super) fn new(network: &Network, rng: &mut Rng) -> Box<dyn Attack> {
    let by = network.nth(Role::Phone, 2).clone();
    Box::new(BulkDownload { by, from: super::stranger(rng), name: super::unknown_name(rng) })
}

impl Attack for BulkDownload {
    fn attacker(&self) -> Option<IpAddr> {
        Some(self.by.v4.into())
    }

    fn target(&self) -> Option<IpAddr> {
        Some(self.from.into())
    }

    fn step(&mut self, nth: u64, _steps: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let mut at = at;
        if nth.is_multiple_of(7) {
            let resolver = network.upstream.into();
            let answers = vec![Answer::Address(self.from.into())];
            let question = Question { name: self.name.clone(), qtype: A, rcode: 0, answers, ttl: 300 };
            at = ask(&self.by, resolver, vec![question], at, network, out);
        }
        let rng = &mut out.rng;
        let received = rng.between(4e8, 3e9);
        let load = Load {
            sent: (received / 12_000.0) as u64,
            received: received as u64,
            seconds: received / rng.lognormal(2.4e7, 0.2),
        };
        let orig = Endpoint::new(self.by.v4, self.by.ephemeral_port(rng));
        let rtt = 0.021 * rng.lognormal(1.0, 0.1);
        let secure = Secure { name: Some(&self.name), modern: true, rtt, ending: Ending::Closed, alpn: true };
        secure.emit(orig, Endpoint::new(self.from, 443), load, at, network, out);
    }
}
