//! Devices calling home: each looks its maker's server up and reports, at the same interval day and night.

use super::lookup::look_up;
use super::secure::{Load, tls};
use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::flow::Micros;
use crate::network::{Device, Network, Role, SiteKind};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telemetry;

impl Activity for Telemetry {
    fn share(&self) -> f64 {
        0.045
    }

    fn pace(&self) -> Pace {
        Pace::Steady(2.7)
    }

    fn session(&self, nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let of = |device: &&Device| {
            matches!(
                device.role,
                Role::Plug | Role::Camera | Role::Speaker | Role::Television | Role::Printer | Role::Phone
            )
        };
        let count = network.devices.iter().filter(of).count();
        let device = network.devices.iter().filter(of).nth((nth % count as u64) as usize);
        let Some(device) = device else { return };
        // A device talks to the one or two servers of its maker.
        let rank = device.number as u64 * 2 + u64::from((nth / count as u64).is_multiple_of(5));
        let site = network.internet.favourite(SiteKind::Device, rank);
        let name = format!("device-{}.{}", ["api", "log"][(rank % 2) as usize], site.domain);
        let ready = look_up(device, site, &name, at, network, out);
        let rng = &mut out.rng;
        let load = Load {
            sent: rng.lognormal(900.0, 0.25) as u64,
            received: rng.lognormal(420.0, 0.2) as u64,
            seconds: rng.lognormal(0.6, 0.3),
        };
        tls(device, (site, &name, 443), load, ready, network, out);
    }
}
