//! ICMP and multicast housekeeping: neighbour discovery, group membership, pings, unreachable ports.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::flow::{Icmp, Micros, OtherTransport};
use crate::network::{Device, Network, Role};

const IGMP: u8 = 2;
const ALL_ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const LISTENERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x16);

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Neighbours;

impl Activity for Neighbours {
    fn share(&self) -> f64 {
        0.0276
    }

    fn pace(&self) -> Pace {
        Pace::Constant
    }

    fn session(&self, _nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let which = out.rng.below(network.devices.len());
        let device = &network.devices[which];
        match out.rng.unit() {
            x if x < 0.49 => solicit(device, at, network, out),
            x if x < 0.57 => advertise(device, at, network, out),
            x if x < 0.66 => listen(device, at, network, out),
            x if x < 0.76 => ping(device, at, network, out),
            x if x < 0.905 => unreachable(device, at, network, out),
            _ => membership(device, at, network, out),
        }
    }
}

/// Who has this address? Zeek pairs solicitation (135) with advertisement (136).
fn solicit(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let other = &network.devices[rng.below(network.devices.len())];
    let resp = if rng.chance(0.6) { network.link_local(other) } else { network.global_v6(other, at, rng) };
    let messages = 1 + rng.repeats(0.2, 4) as u64;
    let answers = if rng.chance(0.85) { messages } else { 0 };
    let seconds = rng.lognormal(0.004, 1.0) + (messages - 1) as f64 * rng.lognormal(12.0, 0.8);
    let icmp = Icmp { kind: 135, code: 136, payload: 24, messages, answer_payload: 24, answers, seconds };
    let flow = icmp.between(at, network.link_local(device), resp);
    out.flow(network, flow);
}

fn advertise(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let (from, kind, payload, to) = if rng.chance(0.5) {
        (network.nth(Role::Router, 0), 134, 88, ALL_NODES)
    } else {
        (device, 133, 8, ALL_ROUTERS)
    };
    let code = if kind == 133 { 134 } else { 133 };
    let icmp = Icmp { kind, code, payload, messages: 1, answer_payload: 0, answers: 0, seconds: 0.0 };
    let flow = icmp.between(at, network.link_local(from), to);
    out.flow(network, flow);
}

fn listen(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let messages = rng.range(1, 2);
    let payload = 4 + 20 * rng.range(1, 4);
    let seconds = rng.between(0.1, 1.0);
    let icmp = Icmp { kind: 143, code: 0, payload, messages, answer_payload: 0, answers: 0, seconds };
    let flow = icmp.between(at, network.link_local(device), LISTENERS);
    out.flow(network, flow);
}

fn ping(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let six = device.ipv6 && rng.chance(0.3);
    let site = network.internet.visit(rng);
    let near = rng.chance(0.5);
    let (orig, resp): (IpAddr, IpAddr) = match (six, near) {
        (true, _) => (network.global_v6(device, at, rng).into(), site.v6(&site.domain, rng).into()),
        (false, true) => (device.v4.into(), Network::gateway(device).into()),
        (false, false) => (device.v4.into(), site.v4(&site.domain, rng).into()),
    };
    let rtt = if near && !six { 0.0008 } else { site.provider.rtt };
    let messages = *rng.pick(&[1, 1, 3, 4, 4, 5]);
    let answers = if rng.chance(0.9) { messages } else { 0 };
    let seconds = (messages - 1) as f64 * 1.003 + rtt * rng.lognormal(1.0, 0.2);
    let (kind, code) = if six { (128, 129) } else { (8, 0) };
    let icmp = Icmp { kind, code, payload: 56, messages, answer_payload: 56, answers, seconds };
    let flow = icmp.between(at, orig, resp);
    out.flow(network, flow);
}

/// A port that nobody listens on; the message quotes the packet it is about.
fn unreachable(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    let resolver = if device.lab { Ipv4Addr::new(192, 168, 1, 1) } else { Ipv4Addr::new(75, 75, 75, 75) };
    let messages = 1 + rng.repeats(0.3, 3) as u64;
    let payload = 28 + rng.range(60, 250);
    let seconds = rng.lognormal(0.8, 1.2);
    let icmp = Icmp { kind: 3, code: 3, payload, messages, answer_payload: 0, answers: 0, seconds };
    let flow = icmp.between(at, device.v4, resolver);
    out.flow(network, flow);
}

fn membership(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let rng = &mut out.rng;
    // Version 3 reports go to one group; queries come from the router.
    let (from, to, bytes_each) = if rng.chance(0.25) {
        (Network::gateway(device), Ipv4Addr::new(224, 0, 0, 1), 12)
    } else {
        (device.v4, Ipv4Addr::new(224, 0, 0, 22), 8 + 8 * rng.range(1, 3))
    };
    let packets = rng.range(1, 2);
    let transport = OtherTransport { number: IGMP, packets, bytes_each, seconds: rng.between(0.2, 1.0) };
    let flow = transport.between(at, from, to);
    out.flow(network, flow);
}
