//! Mail, files and messages kept in step: long TLS connections with little in them, and now and then an upload.

use super::lookup::look_up;
use super::secure::{Load, tls};
use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::flow::Micros;
use crate::network::{Network, SiteKind};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sync;

impl Activity for Sync {
    fn share(&self) -> f64 {
        0.016
    }

    fn pace(&self) -> Pace {
        Pace::Waking
    }

    fn session(&self, nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let device = network.personal(&mut out.rng);
        let site = network.internet.favourite(SiteKind::Sync, device.number as u64 * 3 + nth % 3);
        let name = site.name(&mut out.rng);
        let ready = if out.rng.chance(0.3) { look_up(device, site, &name, at, network, out) } else { at };
        let rng = &mut out.rng;
        let port = *rng.pick(&[443, 443, 993, 5223]);
        let load = if rng.chance(0.04) {
            // Pictures of the day, to the cloud.
            let sent = rng.lognormal(1.8e6, 1.3).min(4e8);
            let seconds = sent / rng.lognormal(1.1e6, 0.5);
            Load {
                sent: sent as u64,
                received: rng.lognormal(9_000.0, 0.6) as u64,
                seconds: seconds.max(0.8),
            }
        } else {
            let seconds = rng.lognormal(150.0, 1.5).min(rng.between(5_400.0, 7_200.0));
            let beats = (seconds / 60.0) as u64;
            Load {
                sent: rng.lognormal(1_400.0, 0.8) as u64 + 40 * beats,
                received: rng.lognormal(2_600.0, 1.1) as u64 + 55 * beats,
                seconds,
            }
        };
        tls(device, (site, &name, port), load, ready, network, out);
    }
}
