//! Passwords tried over SSH from outside, and one that fits.
//!
//! Imitates THC Hydra or a botnet's worm against a forwarded port 22: key exchange, up to three passwords, closed by
//! the server (MITRE ATT&CK T1110.001). Zeek sees a greeting from the server (`ShAdDa...`), some 1.5 kB up and 2.2 kB
//! down within two or three seconds, each like the other, several a minute, four at once. The very last one gets in:
//! twenty minutes and commands.

use std::net::{IpAddr, Ipv4Addr};

use super::Attack;
use crate::emitter::Emitter;
use crate::flow::{Ending, Endpoint, Micros, Tcp};
use crate::network::{Network, Role};
use crate::random::Rng;

#[derive(Debug)]
struct SshBruteForce {
    from: Ipv4Addr,
    to: Ipv4Addr,
}

pub(super) fn new(network: &Network, rng: &mut Rng) -> Box<dyn Attack> {
    let from = network.outsiders[rng.below(network.outsiders.len())];
    Box::new(SshBruteForce { from, to: network.nth(Role::Server, 0).v4 })
}

impl Attack for SshBruteForce {
    fn attacker(&self) -> Option<IpAddr> {
        Some(self.from.into())
    }

    fn target(&self) -> Option<IpAddr> {
        Some(self.to.into())
    }

    fn step(&mut self, nth: u64, steps: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let rng = &mut out.rng;
        let rtt = rng.lognormal(0.145, 0.06);
        let orig = Endpoint::new(self.from, rng.range(32_768, 60_999) as u16);
        let tcp = if nth + 1 == steps {
            Tcp::new(9_400, 61_000, rtt, 1_240.0, Ending::Closed).messages(210)
        } else {
            let tries = rng.range(1, 3);
            let ending = rng.weighted(&[
                (Ending::Closed, 0.86),
                (Ending::ResetByOrig, 0.08),
                (Ending::ResetByResp, 0.06),
            ]);
            let sent = 1_150 + tries * 144 + 8 * rng.range(0, 9);
            let received = 1_730 + tries * 52 + 8 * rng.range(0, 9);
            // A wrong password costs about two seconds each (PAM's delay).
            let seconds = 6.0 * rtt + tries as f64 * rng.between(0.6, 2.1);
            Tcp::new(sent, received, rtt, seconds, ending).messages(6 + tries)
        };
        let flow = tcp.greeted().between(at, orig, Endpoint::new(self.to, 22), rng).service("ssh");
        out.flow(network, flow);
    }
}
