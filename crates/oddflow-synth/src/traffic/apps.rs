//! Programs whose protocols Zeek has no name for: calls, games, casting, notifications, and tries that fail.

use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::flow::{Ending, Endpoint, Micros, Tcp, Udp, micros};
use crate::network::{Device, Network, Role, SiteKind};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Apps;

impl Activity for Apps {
    fn share(&self) -> f64 {
        0.040
    }

    fn pace(&self) -> Pace {
        Pace::Waking
    }

    fn session(&self, nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let device = network.personal(&mut out.rng);
        match out.rng.unit() {
            x if x < 0.26 => call(device, at, network, out),
            x if x < 0.38 => game(device, at, network, out),
            x if x < 0.50 => cast(device, at, network, out),
            x if x < 0.74 => notify(device, nth, at, network, out),
            x if x < 0.90 => unreachable(device, at, network, out),
            _ => refused(device, at, network, out),
        }
    }
}

/// Finding a way through the router (STUN), then the call itself, one flow.
fn call(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let site = network.internet.favourite(SiteKind::Sync, device.number as u64 + 40);
    let rng = &mut out.rng;
    let server = site.v4(&site.domain, rng);
    let orig = network.client(device, server.into(), at, rng);
    let rtt = site.provider.rtt * rng.lognormal(1.0, 0.2);
    for port in [3478, 19_302] {
        let rng = &mut out.rng;
        let udp =
            if rng.chance(0.7) { Udp::exchange(20 + 8, 20 + 12, rtt) } else { Udp::unanswered(28, 3, 1.5) };
        let flow = udp.between(at, orig, Endpoint::new(server, port), rng);
        out.flow(network, flow);
    }
    let rng = &mut out.rng;
    if rng.chance(0.12) {
        let seconds = rng.lognormal(420.0, 1.1).min(9_000.0);
        // Voice: fifty packets a second each way, 60 to 200 bytes; pictures raise both.
        let video = if rng.chance(0.5) { rng.between(4.0, 12.0) } else { 1.0 };
        let packets = |rng: &mut crate::random::Rng| {
            (seconds * 50.0 * rng.between(0.85, 1.0) * video.min(3.0)) as u64 + 1
        };
        let (sent, received) = (packets(rng), packets(rng));
        let each = rng.between(70.0, 190.0) * video / video.min(3.0);
        let udp = Udp {
            sent: (sent as f64 * each) as u64,
            received: (received as f64 * each * rng.between(0.9, 1.1)) as u64,
            packets_sent: sent,
            packets_received: received,
            seconds,
        };
        let port = rng.range(10_000, 59_000) as u16;
        let flow = udp.between(at + micros(rtt * 3.0), orig, Endpoint::new(server, port), rng);
        out.flow(network, flow);
    }
}

fn game(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let site = network.internet.visit(&mut out.rng);
    let rng = &mut out.rng;
    let resp = Endpoint::new(site.v4(&site.domain, rng), *rng.pick(&[3074, 27_015, 3722, 5056, 7777]));
    let orig = network.client(device, resp.host, at, rng);
    let seconds = rng.lognormal(20.0, 1.8).min(5_000.0);
    let udp = if rng.chance(0.45) {
        Udp::unanswered(rng.range(30, 90), rng.range(1, 3), rng.between(0.5, 3.0))
    } else {
        let packets = (seconds * rng.between(2.0, 30.0)) as u64 + 2;
        Udp {
            sent: packets * rng.range(40, 110),
            received: packets * rng.range(60, 300),
            packets_sent: packets,
            packets_received: packets,
            seconds,
        }
    };
    let flow = udp.between(at, orig, resp, rng);
    out.flow(network, flow);
}

/// Keeping in touch with a television or speaker.
fn cast(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let role = *rng.pick(&[Role::Television, Role::Speaker]);
    let other = network.any(role, rng);
    let resp = Endpoint::new(other.v4, *rng.pick(&[8009, 7000, 8443, 55_443]));
    let orig = network.client(device, resp.host, at, rng);
    let beats = rng.range(1, 180);
    let ending = rng.weighted(&[
        (Ending::StillOpen, 0.3),
        (Ending::Closed, 0.25),
        (Ending::ResetByOrig, 0.2),
        (Ending::NoAnswer, 0.1),
        (Ending::Midstream, 0.15),
    ]);
    let tcp = Tcp::new(110 * beats, 110 * beats, 0.004, 5.0 * beats as f64 + rng.between(0.1, 4.0), ending);
    let flow = tcp.messages(beats).between(at, orig, resp, rng);
    out.flow(network, flow);
}

/// A long connection for notifications, in Zeek's eyes pieces of one whose beginning is long past.
fn notify(device: &Device, nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
    let site = network.internet.favourite(SiteKind::Sync, device.number as u64 + nth % 2);
    let rng = &mut out.rng;
    let six = device.ipv6 && site.ipv6 && rng.chance(0.5);
    let resp = Endpoint::new(site.address(&site.domain, six, rng), *rng.pick(&[5223, 443, 5228, 443]));
    let orig = network.client(device, resp.host, at, rng);
    let beats = rng.range(0, 6);
    let ending = if rng.chance(0.75) { Ending::Midstream } else { Ending::ResetByResp };
    let tcp =
        Tcp::new(85 * beats, 62 * beats, site.provider.rtt, rng.lognormal(60.0, 1.4).min(4_000.0), ending);
    let flow = tcp.messages(beats).between(at, orig, resp, rng);
    out.flow(network, flow);
}

/// A server that doesn't answer, or a device that isn't at home.
fn unreachable(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let resp = if rng.chance(0.5) {
        let other = &network.devices[rng.below(network.devices.len())];
        Endpoint::new(other.v4, *rng.pick(&[8009, 445, 631, 7000, 22]))
    } else {
        {
            let site = network.internet.visit(rng);
            Endpoint::new(site.v4(&site.domain, rng), *rng.pick(&[443, 443, 80, 5222]))
        }
    };
    let orig = network.client(device, resp.host, at, rng);
    let flow = Tcp::attempt(0.03, Ending::NoAnswer).between(at, orig, resp, rng);
    out.flow(network, flow);
}

fn refused(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let near = rng.chance(0.4);
    let (resp, rtt) = if near {
        let other = &network.devices[rng.below(network.devices.len())];
        (Endpoint::new(other.v4, *rng.pick(&[80, 8080, 7000, 139])), 0.002)
    } else {
        let site = network.internet.visit(rng);
        (Endpoint::new(site.v4(&site.domain, rng), *rng.pick(&[80, 8080, 5223, 4070])), site.provider.rtt)
    };
    let orig = network.client(device, resp.host, at, rng);
    let flow = Tcp::attempt(rtt * rng.lognormal(1.0, 0.3), Ending::Refused).between(at, orig, resp, rng);
    out.flow(network, flow);
}
