//! A horizontal scan: one host tries one port of everybody.
//!
//! Imitates Mirai on a camera looking for others of its kind (Antonakakis et al., Understanding the Mirai Botnet,
//! USENIX Security 2017): bare SYNs without options to random addresses, port 23 nine times in ten, else 2323. Nearly
//! all stay unanswered (S0, one packet of 40 bytes), a few are refused, and the few that answer get a login tried.

use std::net::{IpAddr, Ipv4Addr};

use super::Attack;
use crate::emitter::Emitter;
use crate::flow::{Ending, Endpoint, Micros, Tcp};
use crate::network::{Device, Network, Role};
use crate::random::Rng;

#[derive(Debug)]
struct HorizontalScan {
    from: Device,
}

pub(super) fn new(network: &Network, _rng: &mut Rng) -> Box<dyn Attack> {
    Box::new(HorizontalScan { from: network.nth(Role::Camera, 0).clone() })
}

impl Attack for HorizontalScan {
    fn attacker(&self) -> Option<IpAddr> {
        Some(self.from.v4.into())
    }

    fn target(&self) -> Option<IpAddr> {
        None
    }

    fn step(&mut self, _nth: u64, _steps: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let rng = &mut out.rng;
        let to = random_address(rng);
        let resp = Endpoint::new(to, if rng.chance(0.9) { 23 } else { 2_323 });
        let orig = Endpoint::new(self.from.v4, rng.range(1_024, 65_535) as u16);
        let rtt = rng.lognormal(0.17, 0.4);
        let ending =
            rng.weighted(&[(Ending::NoAnswer, 0.957), (Ending::Refused, 0.036), (Ending::Closed, 0.007)]);
        let tcp = if ending == Ending::Closed {
            let ending = if rng.chance(0.5) { Ending::Closed } else { Ending::ResetByResp };
            Tcp::new(rng.range(30, 90), rng.range(60, 260), rtt, rng.between(2.0, 12.0), ending)
                .messages(9)
                .greeted()
        } else {
            Tcp::attempt(rtt, ending)
        };
        let mut flow = tcp.between(at, orig, resp, rng);
        if ending != Ending::Closed {
            flow.orig_pkts = 1;
            flow.orig_ip_bytes = 40;
        }
        if ending == Ending::NoAnswer {
            flow.duration = None;
        }
        out.flow(network, flow);
    }
}

/// Any address that is routed on the Internet.
fn random_address(rng: &mut Rng) -> Ipv4Addr {
    loop {
        let address = Ipv4Addr::from(rng.next() as u32);
        let first = address.octets()[0];
        let special = address.is_private()
            || address.is_loopback()
            || address.is_link_local()
            || address.is_documentation()
            || first == 0
            || first >= 224;
        if !special {
            return address;
        }
    }
}
