//! Devices announcing themselves to all others: multicast DNS, SSDP, NetBIOS, LLMNR. Nobody answers a multicast on
//! the same connection, so all of it is S0.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::lookup::{NB, PTR, Question};
use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::event::Body;
use crate::flow::{Endpoint, Micros, SECOND, Udp, micros};
use crate::network::{Device, Network, Role};

const MDNS_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const MDNS_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfb);
const SSDP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
const LLMNR_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 252);
const LLMNR_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 3);

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Announce;

impl Activity for Announce {
    fn share(&self) -> f64 {
        0.048
    }

    fn pace(&self) -> Pace {
        Pace::Constant
    }

    fn session(&self, _nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let which = out.rng.below(network.devices.len());
        let device = &network.devices[which];
        match out.rng.unit() {
            x if x < 0.70 => multicast_dns(device, at, network, out),
            x if x < 0.86 => discover(device, at, network, out),
            x if x < 0.92 => netbios(device, at, network, out),
            x if x < 0.96 => link_local_name(device, at, network, out),
            _ => television(at, network, out),
        }
    }
}

fn services_of(role: Role) -> &'static [&'static str] {
    match role {
        Role::Printer => &["_ipp._tcp.local", "_pdl-datastream._tcp.local", "_scanner._tcp.local"],
        Role::Television | Role::Speaker => {
            &["_googlecast._tcp.local", "_airplay._tcp.local", "_spotify-connect._tcp.local"]
        }
        Role::Storage | Role::Server => &["_smb._tcp.local", "_afpovertcp._tcp.local", "_adisk._tcp.local"],
        Role::Phone | Role::Laptop => &[
            "_companion-link._tcp.local",
            "_airplay._tcp.local",
            "_googlecast._tcp.local",
            "_ipp._tcp.local",
            "_homekit._tcp.local",
        ],
        _ => &["_hap._tcp.local", "_services._dns-sd._udp.local"],
    }
}

fn multicast_dns(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let (orig, resp): (IpAddr, IpAddr) = if rng.chance(0.55) {
        (network.link_local(device).into(), MDNS_V6.into())
    } else {
        (device.v4.into(), MDNS_V4.into())
    };
    let packets = 1 + rng.repeats(0.68, 11) as u64;
    let names = services_of(device.role);
    let question = |rng: &mut crate::random::Rng| Question::empty(*rng.pick(names), PTR, 0);
    let first = question(rng);
    // Later packets carry known answers, and more questions.
    let bytes = first.size() + (packets - 1) * (first.size() + rng.range(0, 160));
    let seconds = if packets > 1 { rng.lognormal(2.5 * packets as f64, 0.7).min(250.0) } else { 0.0 };
    let udp = Udp { sent: bytes, received: 0, packets_sent: packets, packets_received: 0, seconds };
    let flow = udp.between(at, Endpoint::new(orig, 5353), Endpoint::new(resp, 5353), rng).service("dns");
    let written = micros(seconds) + 10 * SECOND;
    let mut rows = Vec::new();
    let mut next = Some(first);
    for i in 0..packets.min(3) {
        let question = next.take().unwrap_or_else(|| question(rng));
        let mut row = question.row(0, None);
        row.local = true;
        rows.push((micros(seconds * i as f64 / packets as f64), written, Body::Dns(row)));
    }
    out.flow_with(network, flow, rows);
}

/// SSDP: four searches a second apart, as browsers and media programs send them.
fn discover(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let packets = *rng.pick(&[4, 4, 4, 1, 2, 3]);
    let bytes = rng.range(125, 175);
    let orig = Endpoint::new(device.v4, device.ephemeral_port(rng));
    let seconds = (packets - 1) as f64 * (1.0 + 0.004 * rng.unit());
    let flow = Udp::unanswered(bytes, packets, seconds).between(at, orig, Endpoint::new(SSDP, 1900), rng);
    out.flow(network, flow);
}

/// NetBIOS names (which Zeek logs as DNS) and the browser service beside them.
fn netbios(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let resp = Network::broadcast(device);
    if rng.chance(0.4) {
        let flow = Udp::unanswered(rng.range(187, 220), 1, 0.0).between(
            at,
            Endpoint::new(device.v4, 138),
            Endpoint::new(resp, 138),
            rng,
        );
        out.flow(network, flow);
        return;
    }
    // Three tries, three quarters of a second apart.
    let seconds = 1.5 + 0.03 * rng.unit();
    let flow = Udp::unanswered(50, 3, seconds)
        .between(at, Endpoint::new(device.v4, 137), Endpoint::new(resp, 137), rng)
        .service("dns");
    let mut row =
        Question::empty(*rng.pick(&["WORKGROUP", "NAS", "WPAD"]), NB, 0).row(rng.next() as u16, None);
    row.local = true;
    out.flow_with(network, flow, [(0, micros(seconds) + 10 * SECOND, Body::Dns(row))]);
}

fn link_local_name(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let (orig, resp): (IpAddr, IpAddr) = if rng.chance(0.5) {
        (network.link_local(device).into(), LLMNR_V6.into())
    } else {
        (device.v4.into(), LLMNR_V4.into())
    };
    let question = Question::empty(*rng.pick(&["wpad", "nas", "printer"]), super::lookup::A, 0);
    let orig = Endpoint::new(orig, device.ephemeral_port(rng));
    let flow = Udp::unanswered(question.size(), 2, 0.41 + 0.01 * rng.unit())
        .between(at, orig, Endpoint::new(resp, 5355), rng)
        .service("dns");
    let mut row = question.row(rng.next() as u16, None);
    row.local = true;
    out.flow_with(network, flow, [(0, 10 * SECOND, Body::Dns(row))]);
}

/// A television calling for its kind, on a port of its maker's own.
fn television(at: Micros, network: &Network, out: &mut Emitter) {
    let device = network.any(Role::Television, &mut out.rng);
    let resp = Endpoint::new(Network::broadcast(device), 15_600);
    let orig = Endpoint::new(device.v4, device.ephemeral_port(&mut out.rng));
    let flow = Udp::unanswered(35, 1, 0.0).between(at, orig, resp, &mut out.rng);
    out.flow(network, flow);
}
