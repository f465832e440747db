//! Addresses lent and renewed.

use std::net::Ipv4Addr;

use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::flow::{Endpoint, Micros, Udp};
use crate::network::{Network, Role};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dhcp;

impl Activity for Dhcp {
    fn share(&self) -> f64 {
        0.000_43
    }

    fn pace(&self) -> Pace {
        Pace::Constant
    }

    fn session(&self, _nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let rng = &mut out.rng;
        let device = &network.devices[rng.below(network.devices.len())];
        let renews = device.role != Role::Router && rng.chance(0.72);
        let (from, to) = if renews {
            (device.v4, Network::gateway(device))
        } else {
            (Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST)
        };
        let (orig, resp) = (Endpoint::new(from, 68), Endpoint::new(to, 67));
        let bytes = 300 + rng.range(0, 28);
        let udp = if renews {
            Udp::exchange(bytes, 300 + rng.range(0, 36), rng.lognormal(0.012, 0.8))
        } else {
            // Discover and request, both answered by broadcast, which Zeek sees as another connection.
            let packets = rng.range(1, 2);
            Udp::unanswered(bytes, packets, rng.lognormal(0.9, 0.4))
        };
        let flow = udp.between(at, orig, resp, rng).service("dhcp");
        out.flow(network, flow);
    }
}
