//! Looking for software updates, at a fixed interval for each device, and fetching one when there is one.

use std::net::IpAddr;

use super::lookup::look_up;
use super::web::{Exchange, Request};
use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::flow::{Ending, Endpoint, Micros, Tcp};
use crate::network::{Device, Network, Role, SiteKind};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Update;

impl Activity for Update {
    fn share(&self) -> f64 {
        0.0050
    }

    fn pace(&self) -> Pace {
        Pace::Steady(2.4)
    }

    fn session(&self, nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let of = |device: &&Device| {
            matches!(
                device.role,
                Role::Laptop | Role::Server | Role::Storage | Role::Scanner | Role::Television
            )
        };
        let count = network.devices.iter().filter(of).count();
        let Some(device) = network.devices.iter().filter(of).nth((nth % count as u64) as usize) else {
            return;
        };
        let site = network.internet.favourite(SiteKind::Update, device.number as u64);
        let name = format!("{}.{}", if device.linux { "archive" } else { "download" }, site.domain);
        let ready = look_up(device, site, &name, at, network, out);
        let rng = &mut out.rng;
        let resp = Endpoint::new(IpAddr::V4(site.v4(&name, rng)), 80);
        let orig = network.client(device, resp.host, at, rng);
        if rng.chance(0.012) {
            // Through a proxy: HTTP first, TLS inside.
            let tcp = Tcp::new(2_100, 9_000, site.provider.rtt, rng.lognormal(2.0, 0.8), Ending::Closed);
            let service = if rng.chance(0.7) { "ssl,http" } else { "http,ssl" };
            let flow = tcp.between(ready, orig, Endpoint::new(resp.host, 8080), rng).service(service);
            out.flow(network, flow);
            return;
        }
        let (user_agent, index) = if device.linux {
            ("Debian APT-HTTP/1.3 (2.6.1)", "/debian/dists/stable/InRelease")
        } else {
            ("Microsoft-Delivery-Optimization/10.1", "/c/msdownload/update/others/wuident.cab")
        };
        let mut requests = vec![Request::get(index, 0, "text/plain")];
        if rng.chance(0.8) {
            requests[0].status = (304, "Not Modified");
        } else {
            requests[0] = Request::get(index, rng.lognormal(150_000.0, 0.3) as u64, "text/plain");
            for _ in 0..rng.repeats(0.6, 6) {
                let size = rng.pareto(40_000.0, 0.75).min(9e8) as u64;
                let package = rng.below(0xff_ffff);
                let uri =
                    format!("/pool/main/p/{package:06x}/update_{}.{}.pkg", rng.range(1, 9), rng.range(0, 30));
                requests.push(Request::get(uri, size, "application/octet-stream"));
            }
        }
        let ending = if rng.chance(0.93) { Ending::Closed } else { Ending::ResetByOrig };
        let rate = rng.lognormal(6e6, 0.5);
        Exchange { host: &name, user_agent, rtt: site.provider.rtt, rate, ending, requests }
            .emit(orig, resp, ready, network, out);
    }
}
