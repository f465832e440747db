//! Clocks set by the network: every device asks its servers at a fixed interval.

use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::flow::{Endpoint, Micros, Udp};
use crate::network::{Network, SiteKind};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ntp;

impl Activity for Ntp {
    fn share(&self) -> f64 {
        0.0013
    }

    fn pace(&self) -> Pace {
        Pace::Steady(1.0)
    }

    fn session(&self, nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let device = &network.devices[(nth % network.devices.len() as u64) as usize];
        let site = network.internet.favourite(SiteKind::Device, device.number as u64 % 4 + 900);
        let rng = &mut out.rng;
        let (orig, resp) = (Endpoint::new(device.v4, 123), Endpoint::new(site.v4(&site.domain, rng), 123));
        let rtt = site.provider.rtt * rng.lognormal(1.0, 0.15);
        let udp = if rng.chance(0.96) { Udp::exchange(48, 48, rtt) } else { Udp::unanswered(48, 1, 0.0) };
        let flow = udp.between(at, orig, resp, rng).service("ntp");
        out.flow(network, flow);
    }
}
