//! Data carried out slowly, in pieces, so that no single transfer stands out.
//!
//! Imitates scheduled exfiltration to a rented server (MITRE ATT&CK T1029, T1030, T1048): the household's storage,
//! which otherwise fetches updates and little else, uploads 3 to 12 MB over TLS two or three times an hour for two
//! days, throttled to some 150 kB/s. Bytes go out where they otherwise come in.

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
struct SlowExfiltration {
    from: Device,
    to: Ipv4Addr,
    name: String,
}

pub(super) fn new(network: &Network, rng: &mut Rng) -> Box<dyn Attack> {
    let from = network.nth(Role::Storage, 0).clone();
    Box::new(SlowExfiltration { from, to: super::stranger(rng), name: super::unknown_name(rng) })
}

impl Attack for SlowExfiltration {
    fn attacker(&self) -> Option<IpAddr> {
        Some(self.from.v4.into())
    }

    fn target(&self) -> Option<IpAddr> {
        Some(self.to.into())
    }

    fn step(&mut self, nth: u64, _steps: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let mut at = at;
        if nth.is_multiple_of(4) {
            let resolver = network.upstream.into();
            let answers = vec![Answer::Address(self.to.into())];
            let question = Question { name: self.name.clone(), qtype: A, rcode: 0, answers, ttl: 3_600 };
            at = ask(&self.from, resolver, vec![question], at, network, out);
        }
        let rng = &mut out.rng;
        let sent = rng.between(3e6, 1.2e7);
        let load = Load {
            sent: sent as u64,
            received: (sent / 4_000.0) as u64 + rng.range(300, 900),
            seconds: sent / rng.lognormal(150_000.0, 0.15),
        };
        let orig = Endpoint::new(self.from.v4, self.from.ephemeral_port(rng));
        let rtt = 0.158 * rng.lognormal(1.0, 0.1);
        let secure =
            Secure { name: Some(&self.name), modern: true, rtt, ending: Ending::Closed, alpn: false };
        secure.emit(orig, Endpoint::new(self.to, 443), load, at, network, out);
    }
}
