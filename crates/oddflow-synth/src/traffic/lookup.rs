//! DNS questions and answers on the wire and in `dns.log`, for everything that needs a name.

use std::net::IpAddr;

use crate::emitter::Emitter;
use crate::event::{Answer, Body, Dns};
use crate::flow::{Endpoint, Micros, Udp, micros};
use crate::network::{Device, Network, Role, Site};
use crate::random::{Rng, mix};

pub(crate) const A: u16 = 1;
pub(crate) const PTR: u16 = 12;
pub(crate) const TXT: u16 = 16;
pub(crate) const AAAA: u16 = 28;
pub(crate) const NB: u16 = 32;
pub(crate) const SVCB: u16 = 64;
pub(crate) const HTTPS: u16 = 65;

pub(crate) const NOERROR: u16 = 0;
pub(crate) const NXDOMAIN: u16 = 3;

/// A question with the answer it will get.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) qtype: u16,
    pub(crate) rcode: u16,
    pub(crate) answers: Vec<Answer>,
    pub(crate) ttl: u32,
}

impl Question {
    /// A question that is answered without a record.
    pub(crate) fn empty(name: impl Into<String>, qtype: u16, rcode: u16) -> Self {
        Self { name: name.into(), qtype, rcode, answers: Vec::new(), ttl: 0 }
    }

    /// Payload of the question: header, name, type and class.
    pub(crate) fn size(&self) -> u64 {
        12 + self.name.len() as u64 + 2 + 4
    }

    /// Payload of the answer, by RFC 1035 with compressed names.
    pub(crate) fn answer_size(&self) -> u64 {
        let records: u64 = self
            .answers
            .iter()
            .map(|answer| match answer {
                Answer::Address(IpAddr::V4(_)) => 16,
                Answer::Address(IpAddr::V6(_)) => 28,
                Answer::Text(text) => 14 + text.len() as u64,
            })
            .sum();
        // Without a record the zone's SOA says how long that holds.
        let authority = if self.answers.is_empty() { 73 } else { 0 };
        self.size() + records + authority
    }

    /// The row for `dns.log`.
    pub(crate) fn row(self, trans_id: u16, rtt: Option<Micros>) -> Dns {
        let answered = rtt.is_some();
        Dns {
            trans_id,
            rtt,
            query: self.name,
            qtype: self.qtype,
            rcode: answered.then_some(self.rcode),
            answers: if answered { self.answers } else { Vec::new() },
            ttl: self.ttl,
            local: false,
        }
    }
}

/// The questions that a device asks before it connects to a site: both families, and `HTTPS` records where the
/// system knows of them.
fn questions(device: &Device, site: &Site, name: &str, rng: &mut Rng) -> Vec<Question> {
    let ttl = *rng.pick(&[20, 60, 60, 120, 300, 300, 600, 3600]);
    // Providers put an edge name of their own before the address: the same for a name every time.
    let hash = name.bytes().fold(7, |hash, byte| mix(hash ^ u64::from(byte)));
    let alias = (hash % 100 < 35).then(|| {
        let label = name.split('.').next().unwrap_or_default();
        Answer::Text(format!("{label}-{:05x}.edge.{}", hash >> 44, site.domain))
    });
    let with = |answers: Vec<Answer>, qtype: u16| Question {
        name: name.to_owned(),
        qtype,
        rcode: NOERROR,
        answers: alias.clone().into_iter().chain(answers).collect(),
        ttl,
    };
    let v4 = site.all_v4(name).map(|address| Answer::Address(address.into())).collect();
    let mut questions = vec![with(v4, A)];
    if device.ipv6 || rng.chance(0.5) {
        let v6 =
            site.ipv6.then(|| site.all_v6(name).map(|address| Answer::Address(address.into())).collect());
        questions.push(with(v6.unwrap_or_default(), AAAA));
    }
    if matches!(device.role, Role::Phone | Role::Laptop) && !device.linux && rng.chance(0.6) {
        let hint =
            if site.provider.quic { vec![Answer::Text("HTTPS 1 . alpn=h3,h2".into())] } else { Vec::new() };
        questions.push(with(hint, HTTPS));
    }
    questions
}

/// Looks a site's name up as the device's system does, and returns when the last answer is there.
pub(crate) fn look_up(
    device: &Device,
    site: &Site,
    name: &str,
    at: Micros,
    network: &Network,
    out: &mut Emitter,
) -> Micros {
    let questions = questions(device, site, name, &mut out.rng);
    let resolver = network.resolver(device, &mut out.rng);
    let mut done = at;
    if device.linux && questions.len() == 2 && out.rng.chance(0.6) {
        // The C library of Linux asks for both families over one socket.
        return ask(device, resolver, questions, at, network, out);
    }
    for question in questions {
        let begin = at + micros(out.rng.between(0.0, 0.002));
        done = done.max(ask(device, resolver, vec![question], begin, network, out));
    }
    done
}

/// Sends questions over one socket and returns when they are answered. Some get lost on the way.
pub(crate) fn ask(
    device: &Device,
    resolver: IpAddr,
    questions: Vec<Question>,
    at: Micros,
    network: &Network,
    out: &mut Emitter,
) -> Micros {
    let rng = &mut out.rng;
    let orig = network.client(device, resolver, at, rng);
    let resp = Endpoint::new(resolver, 53);
    // Cached at the resolver, or fetched from the name servers of the domain.
    let rtt = if rng.chance(0.7) { rng.lognormal(0.014, 0.35) } else { rng.lognormal(0.045, 0.7) };
    let rtt = rtt.clamp(0.0006, 4.5);
    let edns = if device.linux { 11 } else { 0 };
    let count = questions.len() as u64;
    let sent = questions.iter().map(|question| question.size() + edns).sum::<u64>();
    let received = questions.iter().map(|question| question.answer_size() + edns).sum::<u64>();
    let fate = rng.unit();
    if fate < 0.025 {
        lost(questions, sent / count, at, orig, resp, network, out);
        return at + micros(1.0);
    }
    if fate < 0.04 {
        // Asked again after a second, and then answered twice or once.
        let twice = 1 + u64::from(rng.chance(0.5));
        let udp = Udp {
            sent: 2 * sent,
            received: twice * received,
            packets_sent: 2 * count,
            packets_received: twice * count,
            seconds: 1.0 + rtt,
        };
        let flow = udp.between(at, orig, resp, rng).service("dns");
        let took = micros(rtt);
        let rows = rows(questions, Some(took), micros(1.0) + took, rng);
        out.flow_with(network, flow, rows);
        return at + micros(1.0 + rtt);
    }
    let udp = Udp { sent, received, packets_sent: count, packets_received: count, seconds: rtt };
    let flow = udp.between(at, orig, resp, rng).service("dns");
    let took = micros(rtt).max(1);
    let rows = rows(questions, Some(took), took, rng);
    out.flow_with(network, flow, rows);
    at + took
}

/// Questions that nobody answers: one packet, or another after the resolver library's timeout.
pub(crate) fn lost(
    questions: Vec<Question>,
    bytes: u64,
    at: Micros,
    orig: Endpoint,
    resp: Endpoint,
    network: &Network,
    out: &mut Emitter,
) {
    let rng = &mut out.rng;
    let packets = questions.len() as u64 + u64::from(rng.chance(0.4));
    let seconds = if packets > 1 { *rng.pick(&[1.0, 1.0, 2.0, 5.0]) + 0.02 * rng.unit() } else { 0.0 };
    let flow = Udp::unanswered(bytes, packets, seconds).between(at, orig, resp, rng).service("dns");
    // Zeek gives up on an unanswered question ten seconds later.
    let rows = rows(questions, None, micros(seconds + 10.0), rng);
    out.flow_with(network, flow, rows);
}

fn rows(
    questions: Vec<Question>,
    rtt: Option<Micros>,
    written: Micros,
    rng: &mut Rng,
) -> Vec<(Micros, Micros, Body)> {
    questions
        .into_iter()
        .enumerate()
        .map(|(i, question)| {
            let id = rng.next() as u16;
            let late = 150 * i as Micros;
            (late.min(written), written, Body::Dns(question.row(id, rtt.map(|rtt| (rtt - late).max(1)))))
        })
        .collect()
}
