//! A SYN flood: connections half opened from forged addresses until the server's queue is full.
//!
//! Imitates `hping3 -S --flood --rand-source -p 443` (RFC 4987): one bare SYN of 40 bytes from an address that never
//! asked. While the queue has room the server answers and repeats itself (S1 in Zeek, `Sh`, up to five SYN-ACKs); once
//! it is full there is silence (S0). Some of the forged hosts exist and reset what they never began (`ShR`).

use std::net::{IpAddr, Ipv4Addr};

use super::Attack;
use crate::emitter::Emitter;
use crate::flow::{Ending, Endpoint, History, Micros, Tcp, micros};
use crate::network::{Network, Role};
use crate::random::Rng;

#[derive(Debug)]
struct SynFlood {
    to: Ipv4Addr,
}

pub(super) fn new(network: &Network, _rng: &mut Rng) -> Box<dyn Attack> {
    Box::new(SynFlood { to: network.nth(Role::Server, 0).v4 })
}

impl Attack for SynFlood {
    fn attacker(&self) -> Option<IpAddr> {
        None
    }

    fn target(&self) -> Option<IpAddr> {
        Some(self.to.into())
    }

    fn step(&mut self, nth: u64, steps: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let rng = &mut out.rng;
        let forged = Ipv4Addr::new(
            rng.range(11, 126) as u8,
            rng.next() as u8,
            rng.next() as u8,
            rng.range(1, 254) as u8,
        );
        let (orig, resp) =
            (Endpoint::new(forged, rng.range(1_024, 65_535) as u16), Endpoint::new(self.to, 443));
        // The queue is full after the first eighth; later a place is free now and then.
        let queued = rng.chance(if nth * 8 < steps { 0.8 } else { 0.1 });
        let rtt = rng.lognormal(0.09, 0.5);
        let ending = if queued && rng.chance(0.15) { Ending::ProbedOpen } else { Ending::NoAnswer };
        let mut flow = Tcp::attempt(rtt, ending).between(at, orig, resp, rng);
        if ending == Ending::NoAnswer {
            (flow.orig_pkts, flow.orig_ip_bytes, flow.duration) = (1, 40, None);
        }
        if queued && ending == Ending::NoAnswer {
            // The SYN-ACK is repeated after 1, 3, 7 and 15 seconds.
            let repeats = rng.range(0, 4);
            flow.state = "S1";
            flow.history = History::new("Sh");
            (flow.resp_pkts, flow.resp_ip_bytes) = (1 + repeats, 44 * (1 + repeats));
            flow.duration =
                Some(micros(((1u64 << repeats) - 1) as f64 + 0.000_04 + 0.02 * rng.unit()).max(1));
        }
        out.flow(network, flow);
    }
}
