//! A vertical scan: one host tries port after port of another.
//!
//! Imitates `nmap -sT`, the scan of whoever has a shell but no privileges: full connections from ephemeral ports, by
//! nmap's order of popularity first and then at random (<https://nmap.org/book/man-port-scanning-techniques.html>).
//! A phone that was taken over looks at the household's storage. Closed ports refuse at once (REJ, `Sr`), a few are
//! open (RSTO, `ShAR`: connected and aborted), a filtered range says nothing (S0).

use std::net::IpAddr;

use super::Attack;
use crate::emitter::Emitter;
use crate::flow::{Ending, Endpoint, Micros, Tcp};
use crate::network::{Device, Network, Role};
use crate::random::{Rng, mix};

#[derive(Debug)]
struct VerticalScan {
    from: Device,
    to: Device,
}

pub(super) fn new(network: &Network, _rng: &mut Rng) -> Box<dyn Attack> {
    let (from, to) = (network.nth(Role::Phone, 1).clone(), network.nth(Role::Storage, 0).clone());
    Box::new(VerticalScan { from, to })
}

/// What nmap tries first.
const POPULAR: [u16; 24] = [
    80, 23, 443, 21, 22, 25, 3389, 110, 445, 139, 143, 53, 135, 3306, 8080, 1723, 111, 995, 993, 5900, 1025,
    587, 8888, 199,
];
/// What the storage serves.
const OPEN: [u16; 8] = [22, 80, 139, 443, 445, 548, 5000, 5001];

impl Attack for VerticalScan {
    fn attacker(&self) -> Option<IpAddr> {
        Some(self.from.v4.into())
    }

    fn target(&self) -> Option<IpAddr> {
        Some(self.to.v4.into())
    }

    fn step(&mut self, nth: u64, _steps: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let port = match POPULAR.get(nth as usize) {
            Some(&port) => port,
            None => 1 + ((nth * 28_657 + 4_711) % 65_535) as u16,
        };
        let rng = &mut out.rng;
        let rtt = rng.lognormal(0.0035, 0.4);
        let orig = Endpoint::new(self.from.v4, self.from.ephemeral_port(rng));
        let tcp = if OPEN.contains(&port) {
            Tcp::new(0, 0, rtt, 0.0002, Ending::ResetByOrig)
        } else if mix(u64::from(port / 256)).is_multiple_of(9) {
            Tcp::attempt(rtt, Ending::NoAnswer)
        } else {
            Tcp::attempt(rtt, Ending::Refused)
        };
        let flow = tcp.between(at, orig, Endpoint::new(self.to.v4, port), rng);
        out.flow(network, flow);
    }
}
