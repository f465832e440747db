//! Films and music: a few connections that carry nearly all the bytes of the week.

use super::lookup::look_up;
use super::secure::{Load, quic, tls};
use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::flow::{Micros, micros};
use crate::network::{Network, Role, SiteKind};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream;

impl Activity for Stream {
    fn share(&self) -> f64 {
        0.013
    }

    fn pace(&self) -> Pace {
        Pace::Evening
    }

    fn session(&self, nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let device = if out.rng.chance(0.6) {
            network.any(Role::Television, &mut out.rng)
        } else {
            network.personal(&mut out.rng)
        };
        let site = network.internet.favourite(SiteKind::Media, nth % 23 + device.number as u64);
        let mut at = at;
        for _ in 0..1 + out.rng.repeats(0.7, 7) {
            let name = site.name(&mut out.rng);
            let ready = look_up(device, site, &name, at, network, out);
            let rng = &mut out.rng;
            // Segments of a few seconds of film over one connection; the tail is a whole evening's.
            let received = rng.lognormal(2.5e6, 1.6).min(4e9);
            let seconds = (received / rng.lognormal(900_000.0, 0.5))
                .max(20.0 * rng.unit() + 3.0)
                .min(rng.between(6_000.0, 9_000.0));
            let load = Load { sent: (received / 220.0) as u64 + 2_000, received: received as u64, seconds };
            if site.provider.quic && device.role != Role::Television {
                quic(device, (site, &name), load, ready, network, out);
            } else {
                tls(device, (site, &name, 443), load, ready, network, out);
            }
            at = ready + micros(out.rng.exponential(25.0));
        }
    }
}
