//! A tunnel through DNS: data in the names asked for and in the answers.
//!
//! Imitates dnscat2 and iodine through the ordinary resolver (MITRE ATT&CK T1071.004, T1572): TXT, CNAME and NULL
//! questions for names of 100 to 200 characters below one unknown domain, hexadecimal, never the same twice, each
//! over a socket of its own, several a second while there is data and slower while there is none. In `conn.log` only
//! sizes and counts show it; in `dns.log` it is plain.

use std::net::IpAddr;

use super::Attack;
use crate::emitter::Emitter;
use crate::event::{Answer, Body};
use crate::flow::{Endpoint, Micros, Udp, micros};
use crate::network::{Device, Network, Role};
use crate::random::Rng;
use crate::traffic::lookup::{Question, TXT};

const NULL: u16 = 10;
const CNAME: u16 = 5;

#[derive(Debug)]
struct DnsTunnel {
    from: Device,
    name: String,
}

pub(super) fn new(network: &Network, rng: &mut Rng) -> Box<dyn Attack> {
    Box::new(DnsTunnel { from: network.nth(Role::Laptop, 2).clone(), name: super::unknown_name(rng) })
}

/// Labels of at most 60 hexadecimal digits.
fn data(rng: &mut Rng, digits: usize) -> String {
    let mut text = String::with_capacity(digits + digits / 60 + 1);
    for i in 0..digits {
        if i > 0 && i % 60 == 0 {
            text.push('.');
        }
        text.push(char::from(b"0123456789abcdef"[rng.below(16)]));
    }
    text
}

impl Attack for DnsTunnel {
    fn attacker(&self) -> Option<IpAddr> {
        Some(self.from.v4.into())
    }

    fn target(&self) -> Option<IpAddr> {
        None
    }

    fn step(&mut self, _nth: u64, _steps: u64, at: Micros, network: &Network, out: &mut Emitter) {
        let rng = &mut out.rng;
        let busy = rng.chance(0.7);
        let digits = if busy { rng.range(120, 186) } else { rng.range(34, 60) } as usize;
        let qtype = *rng.pick(&[TXT, TXT, CNAME, NULL]);
        let name = format!("{}.{}", data(rng, digits), self.name);
        let answer_digits = if rng.chance(0.5) { rng.range(80, 180) } else { 34 } as usize;
        let text = match qtype {
            CNAME => format!("{}.{}", data(rng, answer_digits), self.name),
            _ => format!("TXT {answer_digits} {}", data(rng, answer_digits).replace('.', "")),
        };
        // Zeek doesn't render NULL records.
        let answers = if qtype == NULL { Vec::new() } else { vec![Answer::Text(text)] };
        let question = Question { name, qtype, rcode: 0, answers, ttl: 1 };
        let received = question.size() + 14 + answer_digits as u64;
        let resolver = Endpoint::new(network.upstream, 53);
        let orig = Endpoint::new(self.from.v4, self.from.ephemeral_port(rng));
        // All the way to the tunnel's own name server: the resolver never has it cached.
        let rtt = rng.lognormal(0.074, 0.18);
        let flow =
            Udp::exchange(question.size(), received, rtt).between(at, orig, resolver, rng).service("dns");
        let row = question.row(rng.next() as u16, Some(micros(rtt)));
        out.flow_with(network, flow, [(0, micros(rtt), Body::Dns(row))]);
    }
}
