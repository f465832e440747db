//! Command and control: an implant asks its server for orders at an interval with jitter.
//!
//! Imitates Cobalt Strike over HTTPS (MITRE ATT&CK T1071.001, T1573) with an interval of minutes and 15% jitter each
//! way: a TLS connection of nearly constant size to a host that nobody else here knows, its name looked up now and
//! then when the record has expired. One answer in forty carries an order, and what follows is larger.

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
struct Beacon {
    from: Device,
    to: Ipv4Addr,
    name: String,
}

pub(super) fn new(network: &Network, rng: &mut Rng) -> Box<dyn Attack> {
    let from = network.nth(Role::Laptop, 1).clone();
    Box::new(Beacon { from, to: super::stranger(rng), name: super::unknown_name(rng) })
}

impl Attack for Beacon {
    fn attacker(&self) -> Option<IpAddr> {
        Some(self.from.v4.into())
    }

    fn target(&self) -> Option<IpAddr> {
        Some(self.to.into())
    }

    fn step(&mut self, nth: u64, _steps: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let mut at = at;
        if nth.is_multiple_of(6) {
            let resolver = network.upstream.into();
            let answers = vec![Answer::Address(self.to.into())];
            let question = Question { name: self.name.clone(), qtype: A, rcode: 0, answers, ttl: 1_800 };
            at = ask(&self.from, resolver, vec![question], at, network, out);
        }
        let rng = &mut out.rng;
        let order = rng.chance(0.025);
        let load = Load {
            sent: if order { rng.lognormal(24_000.0, 0.8) as u64 } else { 412 + rng.range(0, 24) },
            received: if order { rng.lognormal(9_000.0, 0.9) as u64 } else { 198 + rng.range(0, 6) },
            seconds: rng.lognormal(0.42, 0.12),
        };
        let orig = Endpoint::new(self.from.v4, self.from.ephemeral_port(rng));
        let rtt = 0.082 * rng.lognormal(1.0, 0.08);
        let secure =
            Secure { name: Some(&self.name), modern: false, rtt, ending: Ending::Closed, alpn: false };
        secure.emit(orig, Endpoint::new(self.to, 443), load, at, network, out);
    }
}
