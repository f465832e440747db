//! Names looked up that no connection follows: links on a page, search domains, reverse names, answers too late.

use super::lookup::{NXDOMAIN, PTR, Question, SVCB, TXT, ask, look_up, lost};
use super::{Activity, Pace};
use crate::emitter::Emitter;
use crate::event::{Answer, Body};
use crate::flow::{Endpoint, Micros, Udp, micros};
use crate::network::{Device, Network, Role};

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolve;

impl Activity for Resolve {
    fn share(&self) -> f64 {
        0.152
    }

    fn pace(&self) -> Pace {
        Pace::Waking
    }

    fn session(&self, _nth: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let lab = out.rng.chance(0.14);
        let device = if lab {
            let role = *out.rng.pick(&[Role::Server, Role::Scanner]);
            network.any(role, &mut out.rng)
        } else {
            network.personal(&mut out.rng)
        };
        match out.rng.unit() {
            x if x < 0.45 => {
                let mut at = at;
                for _ in 0..1 + out.rng.repeats(0.5, 6) {
                    let site = network.internet.visit(&mut out.rng);
                    let name = site.name(&mut out.rng);
                    look_up(device, site, &name, at, network, out);
                    at += micros(out.rng.exponential(0.05));
                }
            }
            x if x < 0.60 => nobody_answers(device, at, network, out),
            x if x < 0.72 => reverse(device, at, network, out),
            x if x < 0.84 => search_domain(device, at, network, out),
            x if x < 0.93 => too_late(device, at, network, out),
            x if x < 0.95 => spoiled(device, at, network, out),
            _ => special(device, at, network, out),
        }
    }
}

/// Reverse names of neighbours: no zone for them.
fn reverse(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let other = out.rng.below(network.devices.len());
    let [a, b, c, d] = network.devices[other].v4.octets();
    let resolver = network.resolver(device, &mut out.rng);
    let question = Question::empty(format!("{d}.{c}.{b}.{a}.in-addr.arpa"), PTR, NXDOMAIN);
    ask(device, resolver, vec![question], at, network, out);
}

/// A bare name tried with the search domain, and Windows looking for a proxy.
fn search_domain(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    const NAMES: [&str; 7] =
        ["wpad", "nas", "printer", "isatap", "lb._dns-sd._udp", "local", "_ldap._tcp.dc._msdcs"];
    let resolver = network.resolver(device, &mut out.rng);
    let name = format!("{}.home.arpa", out.rng.pick(&NAMES));
    let qtype = if out.rng.chance(0.7) { super::lookup::A } else { super::lookup::AAAA };
    ask(device, resolver, vec![Question::empty(name, qtype, NXDOMAIN)], at, network, out);
}

/// Names that systems ask about themselves: encrypted resolvers nearby, versions, mail policies.
fn special(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let resolver = network.resolver(device, &mut out.rng);
    let question = if out.rng.chance(0.6) {
        Question::empty("_dns.resolver.arpa", SVCB, NXDOMAIN)
    } else {
        let site = network.internet.visit(&mut out.rng);
        let text = "TXT 34 v=spf1 include:_spf.mail ip4:0.0.0.0/0 ~all";
        let answers = vec![Answer::Text(text.into())];
        Question { name: site.domain.clone(), qtype: TXT, rcode: 0, answers, ttl: 3600 }
    };
    ask(device, resolver, vec![question], at, network, out);
}

fn nobody_answers(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let site = network.internet.visit(&mut out.rng);
    let name = site.name(&mut out.rng);
    let resolver = network.resolver(device, &mut out.rng);
    let orig = network.client(device, resolver, at, &mut out.rng);
    let question = Question::empty(name, super::lookup::A, 0);
    let bytes = question.size();
    lost(vec![question], bytes, at, orig, Endpoint::new(resolver, 53), network, out);
}

/// An answer that came after Zeek had closed the connection of its question.
fn too_late(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let site = network.internet.visit(&mut out.rng);
    let name = site.name(&mut out.rng);
    let resolver = network.resolver(device, &mut out.rng);
    let rng = &mut out.rng;
    let orig = network.client(device, resolver, at, rng);
    let answers = site.all_v4(&name).map(|address| Answer::Address(address.into())).collect();
    let question = Question { name, qtype: super::lookup::A, rcode: 0, answers, ttl: 60 };
    let udp = Udp::answer_only(question.answer_size());
    let flow = udp.between(at, orig, Endpoint::new(resolver, 53), rng).service("dns");
    // Without the question there is no round-trip time, but the answer is logged.
    let mut row = question.clone().row(rng.next() as u16, None);
    (row.rcode, row.answers) = (Some(question.rcode), question.answers);
    out.flow_with(network, flow, [(0, 0, Body::Dns(row))]);
}

/// A question with a wrong checksum: Zeek doesn't look inside, so it names no service.
fn spoiled(device: &Device, at: Micros, network: &Network, out: &mut Emitter) {
    let resolver = network.resolver(device, &mut out.rng);
    let orig = network.client(device, resolver, at, &mut out.rng);
    let bytes = out.rng.range(29, 60);
    let flow = Udp::spoiled(bytes, at, orig, Endpoint::new(resolver, 53), &mut out.rng);
    out.flow(network, flow);
}
