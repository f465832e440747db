//! A UDP flood from inside: a device of the house takes part in an attack on somebody else.
//!
//! Imitates Mirai's `udp` vector (Antonakakis et al. 2017; `attack_udp_generic` of its published source): 512-byte
//! datagrams with random ports on both sides to one address, as fast as the uplink allows. Each pair of ports is a
//! connection to Zeek: S0, one to three packets. The victim's router says now and then that it is unreachable.

use std::net::{IpAddr, Ipv4Addr};

use super::Attack;
use crate::emitter::Emitter;
use crate::flow::{Endpoint, Icmp, Micros, Udp, micros};
use crate::network::{Device, Network, Role};
use crate::random::Rng;

#[derive(Debug)]
struct UdpFlood {
    from: Device,
    to: Ipv4Addr,
}

pub(super) fn new(network: &Network, rng: &mut Rng) -> Box<dyn Attack> {
    Box::new(UdpFlood { from: network.nth(Role::Plug, 0).clone(), to: super::stranger(rng) })
}

impl Attack for UdpFlood {
    fn attacker(&self) -> Option<IpAddr> {
        Some(self.from.v4.into())
    }

    fn target(&self) -> Option<IpAddr> {
        Some(self.to.into())
    }

    fn step(&mut self, _nth: u64, _steps: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let rng = &mut out.rng;
        let orig = Endpoint::new(self.from.v4, rng.range(1_024, 65_535) as u16);
        let resp = Endpoint::new(self.to, rng.range(1, 65_535) as u16);
        let packets = rng.weighted(&[(1, 0.8), (2, 0.15), (3, 0.05)]);
        let flow = Udp::unanswered(512, packets, rng.exponential(4.0)).between(at, orig, resp, rng);
        out.flow(network, flow);
        if out.rng.chance(0.01) {
            let rng = &mut out.rng;
            let messages = rng.range(1, 4);
            let icmp = Icmp {
                kind: 3,
                code: 3,
                payload: 28 + 512,
                messages,
                answer_payload: 0,
                answers: 0,
                seconds: rng.exponential(0.4),
            };
            let flow = icmp.between(at + micros(0.09), self.to, self.from.v4);
            out.flow(network, flow);
        }
    }
}
